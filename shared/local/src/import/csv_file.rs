//! Tables: each row is an event whose fields are read from the columns that the options name, or else are guessed.

use std::collections::{BTreeMap, HashSet};

use chrono_tz::Tz;
use reckon_core::domain::event::Kind;
use serde_json::{Map, Value, json};

use super::amounts::{self, DecimalMark};
use super::days::{self, Order};
use super::fields::{Manner, check_field, columns, is_uk, read};
use super::guess::Guess;
use super::names;
use super::records::{self, Record, Records};
use super::row::{Parsed, Row};
use super::times;
use super::{ImportArgs, ImportError};

/// A cell's line and text.
pub(crate) type Cell<'a> = (u64, &'a str);

/// Reads a table. `zone` is that of times without one.
pub(super) fn parse(text: &str, args: &ImportArgs, zone: Tz) -> Result<Parsed, ImportError> {
    let wrong = ImportError::Options;
    let Records { all, delimiter, named } = records::read(text, args.delimiter.as_deref()).map_err(wrong)?;
    let mut records = all.into_iter().skip_while(|(_, row)| row.iter().all(String::is_empty));
    let Some((_, header)) = records.next() else {
        return Err(wrong("the file is empty; its first line has to name the columns".to_owned()));
    };
    let records: Vec<Record> = records.collect();
    let guess = match args.map.as_slice() {
        [] => {
            let format = args.date_format.as_deref();
            Some(Guess::of(&header, &records, kind_in(args), format).map_err(wrong)?)
        }
        _ => None,
    };
    let columns = guess.as_ref().map_or_else(|| columns(&header, args), |guess| Ok(guess.columns.clone()))?;
    let constants = constants(args, guess.as_ref())?;
    needed(&header, &columns, &constants)?;
    let place = |wanted: &str| columns.iter().find(|(field, _)| field == wanted).map(|(_, place)| *place);
    let utc = place("occurred_at").and_then(|place| header.get(place)).filter(|name| names::is_utc(name));
    let utc = utc.filter(|_| args.time_zone.is_none());
    let zone = if utc.is_some() { Tz::UTC } else { zone };
    let manner = Manner::of(&records, &columns, args, zone, delimiter).map_err(wrong)?;
    let mut parsed = Parsed { lines: 1, headers: 1, ..Parsed::default() };
    if named {
        parsed.lines += 1;
        parsed.skip("the line that names the delimiter");
    }
    parsed.told.extend(guess.iter().flat_map(|guess| guess.told(&header, &records)));
    parsed.told.extend(utc.map(|name| format!("times of {name:?} are those of UTC, as its name says")));
    let (mut further, mut british) = (Further::new(place("order"), place("value")), false);
    for (number, record) in records {
        parsed.lines += 1;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            parsed.skip("an empty line");
        } else if record.len() != header.len() {
            parsed.reject(
                number,
                format!(
                    "has {} columns where the header has {}; a quote or a delimiter may be missing",
                    record.len(),
                    header.len()
                ),
            );
        } else if further.is_of_a_row_above(&record) {
            parsed.skip("a further row of an order, without a value of its own");
        } else {
            british |= place("country").and_then(|place| record.get(place)).is_some_and(|cell| is_uk(cell));
            let of_results = guess.as_ref().is_some_and(|guess| guess.orders_of_results);
            match read(&record, &columns, &constants, &manner, of_results) {
                Ok((at, Some(id), fields)) => parsed.rows.push(Row::named(number, at, id, fields)),
                Ok((at, None, fields)) => {
                    let identity = match &guess {
                        None => named_identity(&columns, &constants, &fields),
                        Some(_) => identity(&header, &record, &columns, &args.set, &fields),
                    };
                    parsed.rows.push(Row::hashed(number, at, &identity, fields));
                }
                Err(reason) => parsed.reject(number, reason),
            }
        }
    }
    parsed.told.extend(british.then(|| "country UK is read as GB, which is its code".to_owned()));
    Ok(parsed)
}

/// Rows below an order that name it again and have no value of their own, as shops write them for each item.
struct Further {
    columns: Option<(usize, usize)>,
    above: HashSet<String>,
}

impl Further {
    fn new(order: Option<usize>, value: Option<usize>) -> Self {
        Self { columns: order.zip(value), above: HashSet::new() }
    }

    fn is_of_a_row_above(&mut self, record: &[String]) -> bool {
        let Some((order, value)) = self.columns else { return false };
        let (order, value) = (record.get(order), record.get(value));
        let Some(order) = order.filter(|order| !order.is_empty()) else { return false };
        if value.is_some_and(String::is_empty) {
            return self.above.contains(order);
        }
        self.above.insert(order.clone());
        false
    }
}

/// What tells a row of a table whose columns are named from others: its fields, but for a currency that its amount says by
/// the way. Maps of `serde_json` are sorted, so equal rows have equal texts.
fn named_identity(
    columns: &[(String, usize)],
    constants: &[(String, String)],
    fields: &Map<String, Value>,
) -> String {
    let mut fields = fields.clone();
    let mut told = columns.iter().map(|(field, _)| field).chain(constants.iter().map(|(field, _)| field));
    let named = told.any(|field| field == "currency");
    if !named {
        fields.remove("currency");
    }
    Value::Object(fields).to_string()
}

/// What tells a row of a guessed table from others, whatever the rest of the file made us guess: its order, or else all
/// of its cells by the names of their columns.
fn identity(
    header: &[String],
    record: &[String],
    columns: &[(String, usize)],
    set: &[(String, String)],
    fields: &Map<String, Value>,
) -> String {
    let field = |name: &str| fields.get(name).cloned().unwrap_or(Value::Null);
    let (kind, value) = (field("kind"), field("value"));
    if let Some(order) = fields.get("order") {
        return json!([kind, order, value]).to_string();
    }
    let read_apart = |place: usize| {
        let apart = |(field, read): &(String, usize)| {
            *read == place && matches!(field.as_str(), "occurred_at" | "kind" | "value")
        };
        columns.iter().any(apart)
    };
    let mut cells: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (place, (name, cell)) in header.iter().zip(record).enumerate() {
        if !cell.is_empty() && !read_apart(place) {
            cells.entry(names::plain(name)).or_default().push(cell);
        }
    }
    let set: BTreeMap<&String, &String> = set.iter().map(|(field, value)| (field, value)).collect();
    json!([kind, value, cells, set]).to_string()
}

/// Fields that are the same for every row.
fn constants(args: &ImportArgs, guess: Option<&Guess>) -> Result<Vec<(String, String)>, ImportError> {
    let mut constants = args.set.clone();
    let guessed = guess.and_then(|guess| guess.kind).map(|kind| kind.as_str().to_owned());
    constants.extend(guessed.map(|kind| ("kind".to_owned(), kind)));
    constants.extend(args.kind.clone().map(|kind| ("kind".to_owned(), kind)));
    for (field, _) in &constants {
        check_field(field)?;
    }
    Ok(constants)
}

/// Holds a table to telling what each row is and when it happened.
fn needed(
    header: &[String],
    columns: &[(String, usize)],
    constants: &[(String, String)],
) -> Result<(), ImportError> {
    let given = |name: &str| {
        columns.iter().any(|(field, _)| field == name) || constants.iter().any(|(field, _)| field == name)
    };
    let Some(missing) = ["kind", "occurred_at"].into_iter().find(|name| !given(name)) else { return Ok(()) };
    let all_rows = || format!("--kind with one of {}, or ", Kind::ALL.map(Kind::as_str).join(", "));
    let or = if missing == "kind" { all_rows() } else { String::new() };
    Err(ImportError::Options(format!(
        "{missing} is missing, since with --map only the columns that it names are read: say {or}--map {missing}=COLUMN; the columns are {}",
        header.join(", ")
    )))
}

/// Whether a file is a table of one's own by its header, or cannot be told to be anything else.
pub(super) fn is_table(text: &str, args: &ImportArgs) -> bool {
    let Ok(Records { all, .. }) = records::read(text, args.delimiter.as_deref()) else { return true };
    let filled = all.iter().find(|(_, row)| row.iter().any(|cell| !cell.is_empty()));
    let holds_time = |row: &[String]| row.iter().any(|cell| times::is_time(cell));
    filled.is_none_or(|(_, header)| names::is_table(header) || holds_time(header))
        || all.iter().skip(1).take(1).any(|(_, row)| holds_time(row))
}

/// The kind that the options give to every row.
fn kind_in(args: &ImportArgs) -> Option<&str> {
    let set = args.set.iter().find(|(field, _)| field == "kind").map(|(_, kind)| kind.as_str());
    args.kind.as_deref().or(set)
}

impl Manner {
    /// How a file is written, by all of its times and values.
    fn of(
        records: &[Record],
        columns: &[(String, usize)],
        args: &ImportArgs,
        zone: Tz,
        delimiter: char,
    ) -> Result<Self, String> {
        let cells = |field: &str| -> Vec<Cell<'_>> {
            let place = columns.iter().find(|(known, _)| known == field).map(|(_, place)| *place);
            let cells = records.iter().filter_map(|(line, row)| Some((*line, row.get(place?)?.as_str())));
            cells.filter(|(_, text)| !text.is_empty()).collect()
        };
        let order = match args.date_format {
            Some(_) => Order::DayFirst,
            None => order(&cells("occurred_at"))?,
        };
        let decimal = match args.ads.decimal {
            Some(decimal) => decimal,
            None => decimal(&cells("value"), delimiter)?,
        };
        Ok(Self { format: args.date_format.clone(), zone, order, decimal })
    }
}

/// In which order a file writes day and month, by all of its times.
pub(crate) fn order(cells: &[Cell<'_>]) -> Result<Order, String> {
    let days = cells.iter().filter_map(|(line, text)| Some((*line, *text, times::written(text)?)));
    days::order(&days.collect::<Vec<_>>())
}

/// What a file writes before decimals, by all of its amounts. `delimiter` parts its columns.
pub(crate) fn decimal(cells: &[Cell<'_>], delimiter: char) -> Result<DecimalMark, String> {
    let told = cells.iter().map(|(line, text)| (*line, *text, amounts::evidence(text, false)));
    amounts::mark(&told.collect::<Vec<_>>(), delimiter)
}

/// An amount in digits, the same however many zeros it was written with.
pub(crate) fn amount(text: &str, decimal: DecimalMark) -> Result<String, String> {
    let number = amounts::read(text, decimal)?;
    number.map(reckon_core::domain::decimal::Decimal::text).ok_or_else(|| format!("{text:?} is no number"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use proptest::prelude::*;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        import: ImportArgs,
    }

    proptest! {
        #[test]
        fn whatever_a_table_says_each_of_its_lines_is_an_event_or_told_why_not(
            header in prop::sample::subsequence(vec!["date", "total", "order", "id", "type", "count", "void", "x"], 1..8),
            cells in prop::collection::vec("[0-9.,:/ $€a-zT+-]{0,12}|2026-11-0[1-9]|1,5|1.234,56|sale|\\PC{0,6}", 0..40),
            marked in any::<bool>(),
        ) {
            let rows = cells.chunks(header.len()).map(|row| row.iter().map(|cell| format!("{cell:?}")).collect::<Vec<_>>().join(";"));
            let text = std::iter::once(header.join(";")).chain(rows).collect::<Vec<_>>().join("\n");
            let options: &[&str] = if marked { &["--map", "occurred_at=date", "--map", "value=total", "--kind", "sale"] } else { &[] };
            let line = ["import", "file", "--format", "csv"].iter().chain(options);
            let args = Arguments::parse_from(line).import;
            if let Ok(parsed) = parse(&text, &args, Tz::UTC) {
                let skipped: u64 = parsed.skipped.values().sum();
                let told = u64::try_from(parsed.rows.len() + parsed.rejected.len()).unwrap() + skipped;
                prop_assert_eq!(told + 1, parsed.lines);
            }
        }
    }

    #[test]
    fn amounts_mean_what_their_file_says_and_never_what_might_be_meant() {
        for (cells, expected) in [
            (&["49.90", "-5"][..], Ok("49.9 -5")),
            (&["1.234", "10.50"], Ok("1.234 10.5")),
            (&["1.234", "5"], Err("line 1: 1.234 may be")),
            (&["$1,234.56", "1,234,567.8 EUR", "7"], Ok("1234.56 1234567.8 7")),
            (&["12,50", "1.234"], Ok("12.5 1234")),
            (&["1.234,56"], Ok("1234.56")),
            (&["1,234"], Err("line 1: 1,234 may be")),
            (&["12,34.5"], Err("is no number")),
            (&["1,234.5", "1.234,5"], Err("line 1: 1,234.5 has a decimal point, and line 2: 1.234,5")),
            (&["five"], Err("is not a decimal number")),
        ] {
            let numbered: Vec<Cell<'_>> = (1..).zip(cells.iter().copied()).collect();
            let read = decimal(&numbered, ',')
                .and_then(|mark| cells.iter().map(|cell| amount(cell, mark)).collect::<Result<Vec<_>, _>>());
            match expected {
                Ok(amounts) => assert_eq!(read.unwrap().join(" "), amounts, "{cells:?}"),
                Err(says) => assert!(read.clone().unwrap_err().contains(says), "{cells:?}: {read:?}"),
            }
        }
    }
}
