//! What a list and what is counted have in common and what not, for people and as a file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use chrono::NaiveDate;
use reckon_core::domain::decimal::Money;
use reckon_core::render::harmless;

use crate::import::counted;

use super::ask::{Answer, Listing};
use super::difference::{Category, Line};
use super::stretches::Stretch;
use super::table::{By, Columns, Table};

/// What a list and what is counted have in common and what not.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// How many rows and events agree, and what they are worth.
    pub matched: (u64, Money),
    /// The differences.
    pub lines: BTreeMap<Category, Vec<Line>>,
    /// Differences beyond those that the deployment listed.
    pub unlisted: BTreeMap<Category, u64>,
    /// The sum of the list.
    pub list: Money,
    /// The sum of what is counted.
    pub counted: Money,
    /// What explains the difference of the sums; it adds up to it.
    pub explained: BTreeMap<String, Money>,
    /// Lines that cannot be read, and why.
    pub unreadable: Vec<(u64, String)>,
    outside: u64,
    further: u64,
    period: Option<(NaiveDate, NaiveDate)>,
    currency: String,
    hints: Vec<String>,
}

/// How many lines of each category are printed.
const SHOWN: usize = 5;

impl Summary {
    pub(super) fn begin(table: &Table, period: (NaiveDate, NaiveDate)) -> Self {
        let mut summary = Self {
            unreadable: table.unreadable.clone(),
            outside: table.outside,
            further: table.further,
            period: Some(period),
            ..Self::default()
        };
        for row in &table.repeated {
            let value = row.value.unwrap_or_default();
            summary.list += value;
            summary.move_money(Category::DuplicateInList.name(), value);
            let line = Line { line: Some(row.line), key: row.key.clone(), value: row.value, ..Line::none() };
            summary.lines.entry(Category::DuplicateInList).or_default().push(line);
        }
        summary
    }

    /// Whether nothing differs.
    pub fn agrees(&self) -> bool {
        self.lines.values().all(Vec::is_empty) && self.unlisted.is_empty() && self.unreadable.is_empty()
    }

    fn move_money(&mut self, part: &str, value: Money) {
        *self.explained.entry(part.to_owned()).or_default() += value;
    }

    /// Adds what a deployment says of a stretch.
    pub(super) fn add(&mut self, table: &Table, stretch: &Stretch, answer: &Answer) {
        let Answer { matched, sums, currency, hint, .. } = answer;
        self.matched.0 += matched.count;
        self.matched.1 += matched.value;
        self.list += sums.list;
        self.counted += sums.counted;
        self.currency.clone_from(currency);
        for (part, value) in &sums.explained {
            self.move_money(part, *value);
        }
        self.hints.extend(hint.iter().filter(|hint| !self.hints.contains(hint)).cloned().collect::<Vec<_>>());
        for category in Category::ALL {
            let Listing { count, list } = answer.listing(category);
            let told: Vec<Line> = list.iter().map(|entry| Line::of(table, stretch, entry)).collect();
            let unlisted = count.saturating_sub(told.len().try_into().unwrap_or(u64::MAX));
            if unlisted > 0 {
                *self.unlisted.entry(category).or_default() += unlisted;
            }
            self.lines.entry(category).or_default().extend(told);
        }
    }

    /// Joins what one stretch called outside of its days and another called extra: it is the same.
    pub(super) fn join(&mut self) {
        let mut extra: BTreeMap<String, Vec<Line>> = BTreeMap::new();
        for line in self.lines.remove(&Category::Extra).unwrap_or_default() {
            extra.entry(line.key.clone()).or_default().push(line);
        }
        let outside = self.lines.remove(&Category::Outside).unwrap_or_default();
        for mut line in outside {
            let same = extra.get_mut(&line.key).and_then(|found| {
                let place = found.iter().position(|other| other.occurred_at == line.occurred_at)?;
                Some(found.remove(place))
            });
            let Some(other) = same else {
                self.lines.entry(Category::Outside).or_default().push(line);
                continue;
            };
            let counted = other.counted.unwrap_or_default();
            let value = line.value.unwrap_or_default();
            self.move_money("outside", Money::ZERO - value);
            self.move_money("extra", counted);
            match line.value {
                None => self.move_money("without_value", Money::ZERO - counted),
                Some(value) => self.move_money("value_differs", value - counted),
            }
            if line.value.is_none_or(|value| value == counted) {
                self.matched.0 += 1;
                self.matched.1 += counted;
            } else {
                line.counted = other.counted;
                line.refunded = other.refunded;
                line.explained = line.refunded.is_some() && line.refunded == Some(counted - value);
                self.lines.entry(Category::ValueDiffers).or_default().push(line);
            }
        }
        self.lines.entry(Category::Extra).or_default().extend(extra.into_values().flatten());
        for lines in self.lines.values_mut() {
            lines.sort_by(|left, right| {
                (left.line, &left.occurred_at, &left.key).cmp(&(right.line, &right.occurred_at, &right.key))
            });
        }
        self.lines.retain(|_, lines| !lines.is_empty());
    }

    /// Prints it.
    pub(super) fn print(
        &self,
        file: &Path,
        columns: &Columns,
        out: &mut (dyn Write + Send),
    ) -> std::io::Result<()> {
        let by = match columns.by {
            By::Order => "order",
            By::Event => "event",
        };
        let mut read = vec![format!("{by} from {:?}", columns.key.1)];
        for (what, column) in [("value", &columns.value), ("date", &columns.date)] {
            let Some((_, name)) = column else { continue };
            read.push(format!("{what} from {name:?}"));
        }
        let days = self.period.map(|(from, to)| format!(", {from} to {to}")).unwrap_or_default();
        writeln!(out, "{}{days}: {}", file.display(), read.join(", "))?;
        if columns.value.is_none() {
            writeln!(
                out,
                "no column of values, so only what is there is compared; --value COLUMN names one"
            )?;
        }
        let currency = &self.currency;
        writeln!(out, "{} agree, {} {currency}", self.matched.0, self.matched.1)?;
        for category in Category::ALL {
            let lines = self.lines.get(&category).map(Vec::as_slice).unwrap_or_default();
            let unlisted = self.unlisted.get(&category).copied().unwrap_or(0);
            let count = u64::try_from(lines.len()).unwrap_or(u64::MAX) + unlisted;
            if count == 0 {
                continue;
            }
            writeln!(out, "{count} {}", category.sentence())?;
            for line in lines.iter().take(SHOWN) {
                writeln!(out, "  {}", line.text())?;
            }
            if count > u64::try_from(SHOWN).unwrap_or(0) {
                writeln!(out, "  and {} more", count - u64::try_from(SHOWN).unwrap_or(0))?;
            }
        }
        for (line, reason) in self.unreadable.iter().take(SHOWN) {
            writeln!(out, "line {line} cannot be read: {reason}")?;
        }
        if self.unreadable.len() > SHOWN {
            writeln!(out, "and {} lines more", self.unreadable.len() - SHOWN)?;
        }
        if self.outside > 0 {
            let rows = counted(self.outside, "row lies", "rows lie");
            writeln!(out, "{rows} outside of --from and --to")?;
        }
        if self.further > 0 {
            let rows = counted(self.further, "row is a further one", "rows are further ones");
            writeln!(out, "{rows} of an order above, without a value of its own")?;
        }
        for hint in &self.hints {
            writeln!(out, "{hint}")?;
        }
        if columns.value.is_some() {
            let difference = self.list - self.counted;
            writeln!(out, "list {} - Reckon {} = {difference} {currency}", self.list, self.counted)?;
            for (part, value) in self.explained.iter().filter(|(_, value)| **value != Money::ZERO) {
                writeln!(out, "  {part} {value}")?;
            }
        }
        if self.agrees() {
            writeln!(out, "everything agrees")?;
        }
        Ok(())
    }

    /// Writes every difference as CSV.
    pub(super) fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut file = csv::Writer::from_path(path)?;
        let header = ["category", "line", "key", "value", "counted", "difference", "occurred_at", "detail"];
        file.write_record(header)?;
        for (category, lines) in &self.lines {
            for line in lines {
                file.write_record(line.cells(*category))?;
            }
        }
        for (line, reason) in &self.unreadable {
            let line = line.to_string();
            file.write_record(["unreadable", &line, "", "", "", "", "", &harmless(reason)])?;
        }
        file.flush()
    }
}

impl Answer {
    fn listing(&self, category: Category) -> &Listing {
        match category {
            Category::Missing => &self.missing,
            Category::Withdrawn => &self.withdrawn,
            Category::Robot => &self.robot,
            Category::Rejected => &self.rejected,
            Category::Outside => &self.outside,
            Category::Expired => &self.expired,
            Category::DuplicateInList => &self.duplicate_in_list,
            Category::DuplicateInReckon => &self.duplicate_in_reckon,
            Category::ValueDiffers => &self.value_differs,
            Category::Extra => &self.extra,
        }
    }
}
