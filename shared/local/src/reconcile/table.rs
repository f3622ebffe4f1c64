//! The caller's list, read from a CSV file whose columns are named or guessed.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use reckon_core::domain::decimal::Money;

use super::{ReconcileArgs, ReconcileError};
use crate::import::csv_file::{self, Cell, amount};
use crate::import::days::Order;
use crate::import::records::{self, Record, Records};
use crate::import::times::time;
use crate::import::{DecimalMark, names};

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
    /// How many rows name an order of a row above and have no value of their own, as shops write them for each item.
    pub(super) further: u64,
}

/// The header of a file, and the rows below it.
fn rows(text: &str, args: &ReconcileArgs) -> Result<(Vec<String>, Vec<Record>, char), ReconcileError> {
    let read = records::read(text, args.delimiter.as_deref()).map_err(ReconcileError::Options)?;
    let Records { all, delimiter, .. } = read;
    let mut all = all.into_iter().skip_while(|(_, row)| row.iter().all(String::is_empty));
    let (_, header) = all.next().ok_or_else(|| {
        ReconcileError::Options(
            "the file is empty; its first line has to name the columns, such as order,value,date".to_owned(),
        )
    })?;
    Ok((header, all.collect(), delimiter))
}

impl Columns {
    /// The columns of a file, by its header and the options.
    pub(super) fn of(text: &str, args: &ReconcileArgs) -> Result<Self, ReconcileError> {
        let (header, rows, _) = rows(text, args)?;
        let named = |name: &str| {
            let mut places = header.iter().enumerate().filter(|(_, column)| *column == name);
            let place = places.next().ok_or_else(|| {
                let detail = format!("there is no column {name:?}; the columns are {}", header.join(", "));
                ReconcileError::Options(detail)
            })?;
            match places.next() {
                Some(_) => Err(ReconcileError::Options(format!(
                    "there are two columns {name:?}; rename or remove one, so that it is known which is read"
                ))),
                None => Ok((place.0, place.1.clone())),
            }
        };
        let guessed = |field: &str| {
            let place = if field == "order" {
                names::order_place(&header, &rows)
            } else {
                names::place(&header, field)
            };
            let place = place.map_err(|error| {
                let option = if field == "occurred_at" { "date" } else { field };
                ReconcileError::Options(error.replace("with --map", &format!("with --{option}")))
            })?;
            Ok(place.and_then(|place| Some((place, header.get(place)?.clone()))))
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
                (By::Order, guessed("order")?.ok_or_else(none)?)
            }
        };
        let optional = |name: &Option<String>, field: &str| match name {
            Some(name) => named(name).map(Some),
            None => guessed(field),
        };
        let (value, date) = (optional(&args.value, "value")?, optional(&args.date, "occurred_at")?);
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
    let mut table = Table {
        by: columns.by,
        rows: Vec::new(),
        repeated: Vec::new(),
        unreadable: Vec::new(),
        outside: 0,
        further: 0,
    };
    let mut seen = HashSet::new();
    let mut outside = BTreeSet::new();
    let (_, records, delimiter) = rows(text, args)?;
    let written = Written::of(&records, args, columns, zone, delimiter).map_err(ReconcileError::Options)?;
    for (line, record) in records {
        if record.iter().all(String::is_empty) {
            continue;
        }
        if columns.by == By::Order && is_further(&record, columns, &seen) {
            table.further += 1;
            continue;
        }
        match read_row(line, &record, args, columns, &written) {
            Err(reason) => table.unreadable.push((line, reason)),
            Ok(row) if !within(&row, args) => {
                table.outside += 1;
                outside.extend(row.date);
            }
            // An order is one result whenever it is named; an id at another time is another event.
            Ok(row) if columns.by == By::Order && !seen.insert(row.key.clone()) => table.repeated.push(row),
            Ok(row) => table.rows.push(row),
        }
    }
    let days = args.from.is_none_or(|from| args.to.is_none_or(|to| from <= to));
    match (outside.first(), outside.last()) {
        (Some(first), Some(last)) if days && table.rows.is_empty() && table.repeated.is_empty() => {
            Err(ReconcileError::Options(format!(
                "no row of the list lies within --from and --to: its days are {first} to {last}"
            )))
        }
        _ => Ok(table),
    }
}

/// Whether a row names an order of a row above, and has no value of its own.
fn is_further(record: &[String], columns: &Columns, seen: &HashSet<String>) -> bool {
    let valueless =
        columns.value.as_ref().and_then(|(place, _)| record.get(*place)).is_some_and(String::is_empty);
    valueless && record.get(columns.key.0).is_some_and(|key| seen.contains(key))
}

/// How the cells of a list are written.
struct Written {
    /// The site's zone, which tells the days.
    zone: Tz,
    /// The zone of times without one.
    own: Tz,
    order: Order,
    decimal: DecimalMark,
}

impl Written {
    fn of(
        records: &[Record],
        args: &ReconcileArgs,
        columns: &Columns,
        zone: Tz,
        delimiter: char,
    ) -> Result<Self, String> {
        let cells = |column: &Option<(usize, String)>| -> Vec<Cell<'_>> {
            let place = column.as_ref().map(|(place, _)| *place);
            let cells = records.iter().filter_map(|(line, row)| Some((*line, row.get(place?)?.as_str())));
            cells.filter(|(_, text)| !text.is_empty()).collect()
        };
        let order = match args.date_format {
            Some(_) => Order::DayFirst,
            None => csv_file::order(&cells(&columns.date))?,
        };
        let decimal = match args.decimal {
            Some(decimal) => decimal,
            None => csv_file::decimal(&cells(&columns.value), delimiter)?,
        };
        let utc = columns.date.as_ref().is_some_and(|(_, name)| names::is_utc(name));
        Ok(Self { zone, own: if utc { Tz::UTC } else { zone }, order, decimal })
    }
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
    written: &Written,
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
        Some(text) => {
            let digits = amount(text, written.decimal)?;
            Some(Money::parse(&digits).map_err(|error| format!("{text:?} {error}"))?)
        }
    };
    let (mut date, mut at) = (None, None);
    if let Some((place, name)) = &columns.date {
        let text = cell(*place);
        if text.is_empty() {
            return Err(format!("{name} is empty"));
        }
        let millis = time(text, args.date_format.as_deref(), written.own, written.order)?;
        let time = DateTime::from_timestamp_millis(millis).ok_or("is of no time that is understood")?;
        date = Some(time.with_timezone(&written.zone).date_naive());
        at = Some(time).filter(|_| text.contains(':'));
    }
    Ok(Row { line, key: key.to_owned(), value, date, at })
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
