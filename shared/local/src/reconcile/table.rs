//! The caller's list, read from a CSV file whose columns are named or guessed.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use reckon_core::domain::decimal::Money;

use super::{ReconcileArgs, ReconcileError};
use crate::import::ImportError;
use crate::import::csv_file::{records, time};

/// What columns are usually called, in small letters with `_` for everything else.
const ORDERS: [&str; 9] = [
    "order",
    "order_id",
    "order_number",
    "order_no",
    "ordernumber",
    "orderid",
    "transaction_id",
    "transaction",
    "id",
];
const VALUES: [&str; 10] = [
    "value",
    "amount",
    "total",
    "total_price",
    "order_total",
    "grand_total",
    "revenue",
    "price",
    "gross",
    "order_value",
];
const DATES: [&str; 11] = [
    "date",
    "created_at",
    "occurred_at",
    "day",
    "order_date",
    "created",
    "time",
    "timestamp",
    "datetime",
    "paid_at",
    "purchased_at",
];

/// What a row is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Its order.
    Order,
    /// The id of its event.
    Event,
}

/// Which columns are read.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) by: By,
    pub(super) key: (usize, String),
    pub(super) value: Option<(usize, String)>,
    pub(super) date: Option<(usize, String)>,
    width: usize,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) key: String,
    pub(super) value: Option<Money>,
    /// Its day in the site's time zone.
    pub(super) date: Option<NaiveDate>,
    /// Its time, where the list knows more than the day.
    pub(super) at: Option<DateTime<Utc>>,
}

/// The list.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) by: By,
    pub(super) rows: Vec<Row>,
    /// Rows of an order that a row before has: the line, the order and the value.
    pub(super) repeated: Vec<Row>,
    /// Lines that cannot be read, and why.
    pub(super) unreadable: Vec<(u64, String)>,
    /// How many rows lie outside of the days that the options name.
    pub(super) outside: u64,
}

fn wrong(error: &ImportError) -> ReconcileError {
    ReconcileError::Options(error.to_string())
}

fn plain(name: &str) -> String {
    let letters = name.trim().to_lowercase();
    letters.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect()
}

impl Columns {
    /// The columns of a file, by its header and the options.
    pub(super) fn of(text: &str, args: &ReconcileArgs) -> Result<Self, ReconcileError> {
        let records = records(text, &args.delimiter).map_err(|error| wrong(&error))?;
        let Some((_, header)) =
            records.first().filter(|(_, header)| header.iter().any(|name| !name.is_empty()))
        else {
            return Err(ReconcileError::Options(
                "the file is empty; its first line has to name the columns, such as order,value,date"
                    .to_owned(),
            ));
        };
        let named = |name: &str| {
            let mut places = header.iter().enumerate().filter(|(_, column)| *column == name);
            let place = places.next().ok_or_else(|| {
                let detail = format!("there is no column {name:?}; the columns are {}", header.join(", "));
                ReconcileError::Options(detail)
            })?;
            match places.next() {
                Some(_) => {
                    Err(ReconcileError::Options(format!("there are two columns {name:?}; rename one")))
                }
                None => Ok((place.0, place.1.clone())),
            }
        };
        let guessed = |names: &[&str]| {
            let places = |wanted: &&str| header.iter().position(|column| plain(column) == **wanted);
            let place = names.iter().find_map(places);
            place.and_then(|place| Some((place, header.get(place)?.clone())))
        };
        let (by, key) = match (&args.order, &args.id) {
            (_, Some(id)) => (By::Event, named(id)?),
            (Some(order), None) => (By::Order, named(order)?),
            (None, None) => {
                let none = || {
                    ReconcileError::Options(format!(
                        "no column looks like an order: say --order COLUMN, or --id COLUMN for ids of events; \
                         the columns are {}",
                        header.join(", ")
                    ))
                };
                (By::Order, guessed(&ORDERS).ok_or_else(none)?)
            }
        };
        let optional = |name: &Option<String>, names: &[&str]| match name {
            Some(name) => named(name).map(Some),
            None => Ok(guessed(names)),
        };
        let (value, date) = (optional(&args.value, &VALUES)?, optional(&args.date, &DATES)?);
        Ok(Self { by, key, value, date, width: header.len() })
    }
}

/// Reads the rows of a file.
pub(super) fn read(
    text: &str,
    args: &ReconcileArgs,
    columns: &Columns,
    zone: Tz,
) -> Result<Table, ReconcileError> {
    let mut table =
        Table { by: columns.by, rows: Vec::new(), repeated: Vec::new(), unreadable: Vec::new(), outside: 0 };
    let mut seen = std::collections::HashSet::new();
    for (line, record) in records(text, &args.delimiter).map_err(|error| wrong(&error))?.into_iter().skip(1) {
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        match read_row(line, &record, args, columns, zone) {
            Err(reason) => table.unreadable.push((line, reason)),
            Ok(row) if !within(&row, args) => table.outside += 1,
            // An order is one result whenever it is named; an id at another time is another event.
            Ok(row) if columns.by == By::Order && !seen.insert(row.key.clone()) => table.repeated.push(row),
            Ok(row) => table.rows.push(row),
        }
    }
    Ok(table)
}

fn within(row: &Row, args: &ReconcileArgs) -> bool {
    row.date
        .is_none_or(|date| args.from.is_none_or(|from| date >= from) && args.to.is_none_or(|to| date <= to))
}

fn read_row(
    line: u64,
    record: &[String],
    args: &ReconcileArgs,
    columns: &Columns,
    zone: Tz,
) -> Result<Row, String> {
    if record.len() != columns.width {
        return Err(format!("has {} columns where the header has {}", record.len(), columns.width));
    }
    let cell = |place: usize| record.get(place).map_or("", |cell| cell.trim());
    let key = cell(columns.key.0);
    if key.is_empty() {
        return Err(format!("{} is empty", columns.key.1));
    }
    let value = match columns.value.as_ref().map(|(place, _)| cell(*place)) {
        None | Some("") => None,
        Some(text) => Some(amount(text)?),
    };
    let (mut date, mut at) = (None, None);
    if let Some((place, name)) = &columns.date {
        let text = cell(*place);
        if text.is_empty() {
            return Err(format!("{name} is empty"));
        }
        let millis = time(text, args.date_format.as_deref(), zone)?;
        let time = DateTime::from_timestamp_millis(millis).ok_or("is of no time that is understood")?;
        date = Some(time.with_timezone(&zone).date_naive());
        at = Some(time).filter(|_| text.contains(':'));
    }
    Ok(Row { line, key: key.to_owned(), value, date, at })
}

/// An amount as tables have it: `49.90`, `1,234.56`, `$49.90`, `49.90 EUR`.
fn amount(text: &str) -> Result<Money, String> {
    let unit = |letter: char| letter.is_alphabetic() || "$€£¥".contains(letter) || letter.is_whitespace();
    let bare = text.trim_matches(unit);
    let wrong = || format!("{text:?} is no amount such as 1234.56");
    let (whole, decimals) = bare.split_once('.').map_or((bare, None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.trim_start_matches('-').split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = whole.contains(',');
    if grouped && (!(1..=3).contains(&first.len()) || groups.any(|group| group.len() != 3)) {
        return Err(wrong());
    }
    // `1,234` may be a thousand or a little more than one: nobody should have to guess about money.
    if grouped && decimals.is_none() {
        return Err(format!("{text:?} may be meant in two ways: write it like 1234.56"));
    }
    // Commas part groups before the point alone: `1.234,56` is written the other way round.
    let whole = whole.replace(',', "");
    let digits = decimals.map_or_else(|| whole.clone(), |decimals| format!("{whole}.{decimals}"));
    Money::parse(&digits).map_err(|_| wrong())
}

impl Table {
    /// The days that the list is complete for.
    pub(super) fn period(&self, args: &ReconcileArgs) -> Result<(NaiveDate, NaiveDate), ReconcileError> {
        let dates = || self.rows.iter().filter_map(|row| row.date);
        let (from, to) = (args.from.or_else(|| dates().min()), args.to.or_else(|| dates().max()));
        let (Some(from), Some(to)) = (from, to) else {
            let detail = if self.rows.is_empty() {
                match self.unreadable.first() {
                    Some((line, reason)) => format!("no row can be read; line {line}: {reason}"),
                    None => "the list has no rows; say --from and --to to see what it lacks".to_owned(),
                }
            } else {
                "no column tells the days: say --date COLUMN, or --from and --to".to_owned()
            };
            return Err(ReconcileError::Options(detail));
        };
        if from > to {
            return Err(ReconcileError::Options(format!("the first day, {from}, is after the last, {to}")));
        }
        Ok((from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_tables_have_them_and_never_guessed() {
        for (text, expected) in [
            ("49.90", Some("49.9")),
            ("-5", Some("-5")),
            ("$1,234.56", Some("1234.56")),
            ("1,234,567.8 EUR", Some("1234567.8")),
            ("1,234", None),
            ("12,50", None),
            ("1.234,56", None),
            ("12,34.5", None),
            ("--", None),
            ("", None),
        ] {
            assert_eq!(amount(text).ok().map(Money::text).as_deref(), expected, "{text}");
        }
    }
}
