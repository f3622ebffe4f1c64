//! What a list and what is counted have in common and what not, for people and as a file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use chrono::NaiveDate;
use reckon_core::domain::decimal::Money;

use super::ask::{Answer, Entry, Listing};
use super::stretches::Stretch;
use super::table::{By, Columns, Table};

/// How a row and what is counted differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Nothing is known of it.
    Missing,
    /// It was withdrawn.
    Withdrawn,
    /// A robot did it.
    Robot,
    /// It was rejected.
    Rejected,
    /// It is counted at a time outside of the list's days.
    Outside,
    /// It was stored, and has expired.
    Expired,
    /// A row before is of the same order.
    DuplicateInList,
    /// It is counted, and so is another of the same name.
    DuplicateInReckon,
    /// It is counted with another value.
    ValueDiffers,
    /// It is counted, and the list does not have it.
    Extra,
}

impl Category {
    /// Every category, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::Missing,
        Self::Withdrawn,
        Self::Robot,
        Self::Rejected,
        Self::Outside,
        Self::Expired,
        Self::DuplicateInList,
        Self::ValueDiffers,
        Self::Extra,
        Self::DuplicateInReckon,
    ];

    /// Its name on the wire and in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Withdrawn => "withdrawn",
            Self::Robot => "robot",
            Self::Rejected => "rejected",
            Self::Outside => "outside",
            Self::Expired => "expired",
            Self::DuplicateInList => "duplicate_in_list",
            Self::DuplicateInReckon => "duplicate_in_reckon",
            Self::ValueDiffers => "value_differs",
            Self::Extra => "extra",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "are not in Reckon",
            Self::Withdrawn => "are in Reckon and were withdrawn",
            Self::Robot => "are in Reckon as a robot's",
            Self::Rejected => "are in Reckon and were rejected",
            Self::Outside => "are in Reckon at a time outside of these days",
            Self::Expired => "were in Reckon and have expired",
            Self::DuplicateInList => "stand in the list again",
            Self::DuplicateInReckon => "are counted in Reckon again",
            Self::ValueDiffers => "have another value in Reckon",
            Self::Extra => "are in Reckon and not in the list",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line of the file; none where only Reckon has it.
    pub line: Option<u64>,
    /// The order, or the event's id.
    pub key: String,
    /// What the list says.
    pub value: Option<Money>,
    /// What is counted.
    pub counted: Option<Money>,
    /// When it is counted.
    pub occurred_at: Option<String>,
    /// What went back to the buyer.
    pub refunded: Option<Money>,
    /// Whether the refund explains it.
    pub explained: bool,
}

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
    pub(super) fn add(&mut self, table: &Table, stretch: &Stretch, answer: Answer) {
        let Answer { matched, sums, currency, hint, .. } = &answer;
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
            let told: Vec<Line> = list.iter().map(|entry| line(table, stretch, entry)).collect();
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
            writeln!(out, "{} rows lie outside of --from and --to", self.outside)?;
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

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

fn line(table: &Table, stretch: &Stretch, entry: &Entry) -> Line {
    let row = entry.row.and_then(|row| table.rows.get(*stretch.rows.get(row)?));
    let own = match table.by {
        By::Order => entry.order.clone(),
        By::Event => entry.id.clone(),
    };
    Line {
        line: row.map(|row| row.line),
        key: own.or_else(|| entry.id.clone()).unwrap_or_default(),
        value: entry.value,
        counted: entry.counted,
        occurred_at: entry.occurred_at.clone(),
        refunded: entry.refunded,
        explained: entry.explained_by.is_some(),
    }
}

impl Line {
    const fn none() -> Self {
        Self {
            line: None,
            key: String::new(),
            value: None,
            counted: None,
            occurred_at: None,
            refunded: None,
            explained: false,
        }
    }

    fn text(&self) -> String {
        let mut text = match self.line {
            Some(line) => format!("line {line}: {}", self.key),
            None => self.key.clone(),
        };
        match (self.value, self.counted) {
            (Some(value), Some(counted)) => text += &format!(", {value} in the list, {counted} in Reckon"),
            (Some(value), None) | (None, Some(value)) => text += &format!(", {value}"),
            (None, None) => {}
        }
        if let Some(at) = &self.occurred_at {
            text += &format!(", at {at}");
        }
        match self.refunded {
            Some(refunded) if self.explained => text += &format!(", which is the refund of {refunded}"),
            Some(refunded) => text += &format!(", {refunded} of it refunded"),
            None => {}
        }
        text
    }

    fn cells(&self, category: Category) -> [String; 8] {
        let money = |value: Option<Money>| value.map(Money::text).unwrap_or_default();
        let difference = self.value.zip(self.counted).map(|(value, counted)| value - counted);
        let detail = match self.refunded {
            Some(refunded) => format!("{refunded} refunded"),
            None => String::new(),
        };
        [
            category.name().to_owned(),
            self.line.map(|line| line.to_string()).unwrap_or_default(),
            harmless(&self.key),
            money(self.value),
            money(self.counted),
            money(difference),
            self.occurred_at.clone().unwrap_or_default(),
            detail,
        ]
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
