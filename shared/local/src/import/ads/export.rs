//! An export as entries: what each campaign cost on each day, and what the file says of itself.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::Decimal;

use super::currency::hold_to_currency;
use super::lines::{Lines, decimal, order, sort};
use super::platform::{Column, Platform};
use super::sheet::{Named, Record, Sheet};
use crate::import::ImportArgs;
use crate::import::amounts::{self, DecimalMark};
use crate::import::days::{Order, Written};
use crate::import::row::Line;

/// The most characters of a campaign's name; a platform may allow more.
const LONGEST_NAME: usize = 128;
/// The most faults that are told.
const MOST_TOLD: usize = 20;

/// Where an entry belongs: one amount for each.
pub(super) type Key = (NaiveDate, Channel, String);

/// What a campaign cost on a day: the sum of its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its first row.
    pub(super) line: Line,
    pub(super) sums: Sums,
}

/// Figures that add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) spend: Decimal,
    pub(super) impressions: Decimal,
    pub(super) clicks: Decimal,
}

/// An export, read.
#[derive(Clone, Debug)]
pub(super) struct Export {
    pub(super) platform: Platform,
    pub(super) entries: BTreeMap<Key, Entry>,
    /// Rows of campaigns.
    pub(super) rows: u64,
    /// Lines that are none, by what they are.
    pub(super) skipped: BTreeMap<&'static str, u64>,
    /// What the file's own row of totals says, where it has one; the one that agrees, of several.
    pub(super) total: Option<(u64, Sums)>,
    /// The currency that it names.
    pub(super) currency: Option<String>,
    /// What is worth knowing of how it was read.
    pub(super) notes: Vec<String>,
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.spend += other.spend;
        self.impressions += other.impressions;
        self.clicks += other.clicks;
    }
}

impl Export {
    /// What all entries add up to.
    pub(super) fn sums(&self) -> Sums {
        let mut all = Sums::default();
        self.entries.values().for_each(|entry| all += entry.sums);
        all
    }
}

/// Reads an export of one file, or says what is wrong with it, line by line, and what to do. `currency` is the site's,
/// as far as it is known.
pub(super) fn read(
    text: &str,
    file: Option<&str>,
    wanted: Option<Platform>,
    args: &ImportArgs,
    named: &Named,
    currency: Option<&str>,
) -> Result<Export, Vec<String>> {
    let sheet = Sheet::find(text, wanted, named).map_err(|error| vec![error])?;
    whole(&sheet, named)?;
    let mut lines = sort(&sheet, args)?;
    one_day_of_many(&lines)?;
    let order = order(&lines, args)?;
    let decimal = decimal(&lines, args)?;
    let named_currency = hold_to_currency(&mut lines, currency);
    let mut export = Export {
        platform: sheet.platform,
        entries: BTreeMap::new(),
        rows: 0,
        skipped: std::mem::take(&mut lines.skipped),
        total: None,
        currency: named_currency,
        notes: Vec::new(),
    };
    let (mut faults, mut strange, mut cut) = (std::mem::take(&mut lines.faults), BTreeMap::new(), 0_u64);
    for (record, first, last) in &lines.campaigns {
        let (line, cells) = record;
        match read_row(&sheet, cells, (*first, *last), order, decimal) {
            Ok((date, sums)) => {
                let (campaign, was_cut) = name_of(sheet.cell(Column::Campaign, cells));
                cut += u64::from(was_cut);
                let kind = sheet.cell(Column::Type, cells);
                let (channel, known) = sheet.platform.channel(kind);
                if !known && args.ads.channel.is_none() {
                    *strange.entry(kind.to_owned()).or_insert(0_u64) += 1;
                }
                let line = Line { file: file.map(str::to_owned), number: *line };
                let key = (date, args.ads.channel.unwrap_or(channel), campaign);
                let entry = export.entries.entry(key).or_insert(Entry { line, sums: Sums::default() });
                entry.sums += sums;
                export.rows += 1;
            }
            Err(fault) => faults.push((*line, fault)),
        }
    }
    faults.extend(bounds(&export.entries));
    if !faults.is_empty() {
        faults.sort();
        let more = faults.len().saturating_sub(MOST_TOLD);
        let mut told: Vec<String> =
            faults.into_iter().take(MOST_TOLD).map(|(line, fault)| format!("line {line}: {fault}")).collect();
        told.extend((more > 0).then(|| format!("and {more} more")));
        return Err(told);
    }
    export.total = total(&sheet, &lines.totals, decimal, export.sums());
    export.notes.extend(notes(&sheet, &strange, cut));
    if args.ads.only.is_some() {
        for entry in export.entries.values_mut() {
            (entry.sums.impressions, entry.sums.clicks) = (Decimal::ZERO, Decimal::ZERO);
        }
    }
    Ok(export)
}

/// Holds a table to having the columns without which it tells no days of campaigns.
fn whole(sheet: &Sheet, named: &Named) -> Result<(), Vec<String>> {
    let (platform, line) = (sheet.platform, sheet.line);
    if let Some((column, name)) = named.iter().find(|(column, _)| !sheet.columns.contains_key(column)) {
        let option = Column::ALL.into_iter().find(|(known, _)| known == column).map_or("", |(_, name)| name);
        return Err(vec![format!(
            "line {line}: --map {option}={name}: there is no such column; there are {}",
            sheet.shown()
        )]);
    }
    sheet.hold_to_one_of_each(named).map_err(|fault| vec![fault])?;
    if !sheet.columns.contains_key(&Column::Campaign) {
        return Err(vec![format!(
            "line {line}: no column names the campaign; add {:?} to the export, or say --map campaign=COLUMN; there are {}",
            platform.names(Column::Campaign).first().unwrap_or(&""),
            sheet.shown()
        )]);
    }
    if sheet.columns.contains_key(&Column::Day) {
        return Ok(());
    }
    Err(vec![format!(
        "line {line}: no column holds days, so this is a summary of {}, which cannot be told by day: {}. The columns are {}",
        platform.name(),
        platform.by_day(),
        sheet.shown()
    )])
}

/// The day and figures of a row.
fn read_row(
    sheet: &Sheet,
    cells: &[String],
    (first, last): (Written, Option<Written>),
    order: Order,
    decimal: DecimalMark,
) -> Result<(NaiveDate, Sums), String> {
    let no_day = || format!("{:?} is no day of the calendar", sheet.cell(Column::Day, cells));
    let date = first.day(order).ok_or_else(no_day)?;
    if let Some(last) = last.and_then(|last| last.day(order)).filter(|last| *last != date) {
        return Err(format!("covers {date} to {last} in one row: {}", sheet.platform.by_day()));
    }
    Ok((date, figures(sheet, cells, decimal)?))
}

fn figures(sheet: &Sheet, cells: &[String], decimal: DecimalMark) -> Result<Sums, String> {
    let number = |column| {
        let read = amounts::read(sheet.cell(column, cells), decimal);
        read.map(Option::unwrap_or_default).map_err(|error| format!("{}: {error}", sheet.name(column)))
    };
    let count = |column| {
        let count = number(column)?;
        let whole = count.text().bytes().all(|byte| byte.is_ascii_digit());
        let fault = || format!("{}: {:?} is no count", sheet.name(column), sheet.cell(column, cells));
        whole.then_some(count).ok_or_else(fault)
    };
    Ok(Sums {
        spend: number(Column::Spend)?,
        impressions: count(Column::Impressions)?,
        clicks: count(Column::Clicks)?,
    })
}

/// Entries that no event can tell.
fn bounds(entries: &BTreeMap<Key, Entry>) -> Vec<(u64, String)> {
    let fault = |((date, _, campaign), entry): (&Key, &Entry)| {
        let sums = entry.sums;
        let most = Decimal::MAX_OF_EVENT;
        let detail = if sums.spend.is_negative() {
            format!(
                "{campaign:?} costs {} on {date}, less than nothing; a credit is no spend, leave its row out",
                sums.spend
            )
        } else if sums.spend > most || sums.impressions > most || sums.clicks > most {
            format!(
                "{campaign:?} has more than {most} on {date}; is the right mark taken for the decimal one? See --decimal"
            )
        } else {
            return None;
        };
        Some((entry.line.number, detail))
    };
    entries.iter().filter_map(fault).collect()
}

/// A campaign's name as a label, and whether it had to be cut.
fn name_of(text: &str) -> (String, bool) {
    let clean = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let name: String = clean.clone().take(LONGEST_NAME).collect();
    (name.trim_end().to_owned(), clean.count() > LONGEST_NAME)
}

/// `LinkedIn` writes the first day of a report into each row of a summary, so that it looks like one day.
fn one_day_of_many(lines: &Lines<'_>) -> Result<(), Vec<String>> {
    let sheet = lines.sheet;
    let Some((line, from, to)) = sheet.period() else { return Ok(()) };
    let is_first = |day: &Written| {
        [Order::MonthFirst, Order::DayFirst].iter().any(|order| day.day(*order) == Some(from))
    };
    let alone = lines.campaigns.iter().all(|(_, day, _)| is_first(day));
    if sheet.platform != Platform::LinkedIn || from >= to || !alone {
        return Ok(());
    }
    Err(vec![format!(
        "line {line}: the report covers {from} to {to}, and every row is of {from}, so this is a summary: {}. If there were ads on that day alone, export that day alone",
        sheet.platform.by_day()
    )])
}

/// What the file's rows of totals say: the one that agrees with the rows, or else the first.
fn total(sheet: &Sheet, totals: &[&Record], decimal: DecimalMark, sums: Sums) -> Option<(u64, Sums)> {
    let read = totals.iter().filter_map(|(line, cells)| Some((*line, figures(sheet, cells, decimal).ok()?)));
    let all: Vec<(u64, Sums)> = read.collect();
    all.iter().find(|(_, total)| *total == sums).or(all.first()).copied()
}

fn notes(sheet: &Sheet, strange: &BTreeMap<String, u64>, cut: u64) -> Vec<String> {
    let mut notes = Vec::new();
    for (kind, count) in strange {
        notes.push(format!("{count} rows are of the campaign type {kind:?}, which is not known and counts as paid_search; --channel names another"));
    }
    if cut > 0 {
        notes.push(format!(
            "{cut} rows have a campaign of more than {LONGEST_NAME} characters, which is cut there"
        ));
    }
    for (column, what) in [(Column::Impressions, "impressions"), (Column::Clicks, "clicks")] {
        if !sheet.columns.contains_key(&column) {
            notes.push(format!("it has no column of {what}, so none are told"));
        }
    }
    if sheet.platform == Platform::Meta && sheet.columns.contains_key(&Column::Clicks) {
        notes.push(format!("clicks are those of the column {:?}", sheet.name(Column::Clicks)));
    }
    if sheet.platform == Platform::LinkedIn {
        notes.push("its days are those of UTC, and are taken for the site's".to_owned());
    }
    notes
}
