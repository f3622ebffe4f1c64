//! Tables: each row is an event whose fields are read from the columns that the options name.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::row::{Parsed, Row};
use super::{ImportArgs, ImportError};

/// The fields of an event that a column may fill.
const FIELDS: [&str; 23] = [
    "id",
    "kind",
    "name",
    "occurred_at",
    "visitor",
    "customer",
    "order",
    "value",
    "currency",
    "count",
    "url",
    "referrer",
    "channel",
    "country",
    "device",
    "user_agent",
    "partner",
    "offer",
    "experiment",
    "variant",
    "void",
    "version",
    "utm",
];
/// The parts of `utm`, which may also be named without it.
const UTM: [&str; 5] = ["source", "medium", "campaign", "content", "term"];

/// Reads a table.
pub(super) fn parse(text: &str, args: &ImportArgs) -> Result<Parsed, ImportError> {
    let wrong = ImportError::Options;
    let mut records = records(text, &args.delimiter)?.into_iter();
    let (_, header) = records.next().ok_or_else(|| wrong("the file is empty".to_owned()))?;
    let columns = columns(&header, args)?;
    let mut constants = args.set.clone();
    constants.extend(args.kind.clone().map(|kind| ("kind".to_owned(), kind)));
    for (field, _) in &constants {
        check_field(field)?;
    }
    let given = |name: &str| {
        columns.iter().any(|(field, _)| field == name) || constants.iter().any(|(field, _)| field == name)
    };
    for needed in ["kind", "occurred_at"] {
        if !given(needed) {
            let how = format!(
                "{needed} is missing: say --map {needed}=COLUMN; the columns are {}",
                header.join(", ")
            );
            return Err(wrong(how));
        }
    }
    let mut parsed = Parsed { lines: 1, ..Parsed::default() };
    for (number, record) in records {
        parsed.lines += 1;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            parsed.skip("an empty line");
        } else if record.len() != header.len() {
            parsed.reject(
                number,
                format!("has {} columns where the header has {}", record.len(), header.len()),
            );
        } else {
            match read(&record, &columns, &constants, args) {
                Ok((at, Some(id), fields)) => parsed.rows.push(Row::named(number, at, id, fields)),
                // Maps of serde_json are sorted, so equal rows have equal texts.
                Ok((at, None, fields)) => {
                    let identity = Value::Object(fields.clone()).to_string();
                    parsed.rows.push(Row::hashed(number, at, &identity, fields));
                }
                Err(reason) => parsed.reject(number, reason),
            }
        }
    }
    Ok(parsed)
}

/// The cells of every line, with the line's number.
pub(crate) fn records(text: &str, delimiter: &str) -> Result<Vec<(u64, Vec<String>)>, ImportError> {
    let delimiter = match delimiter {
        "space" => {
            let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect();
            return Ok((1..).zip(text.lines()).map(|(number, line)| (number, cells(line))).collect());
        }
        "tab" => b'\t',
        one => {
            let [byte] = one.as_bytes() else {
                let detail = format!("the delimiter {one:?} is neither one character nor `tab` nor `space`");
                return Err(ImportError::Options(detail));
            };
            *byte
        }
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| ImportError::Options(format!("the file is no CSV: {error}")))?;
        records.push((line_of(&record, text), record.iter().map(|cell| cell.trim().to_owned()).collect()));
    }
    Ok(records)
}

/// The line that a record begins on. The reader's own count stands before the empty lines that it passed over.
pub(super) fn line_of(record: &csv::StringRecord, text: &str) -> u64 {
    let Some(position) = record.position() else { return 0 };
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.get(start..).unwrap_or_default();
    let passed =
        rest.chars().take_while(|letter| matches!(letter, '\n' | '\r')).filter(|letter| *letter == '\n');
    position.line() + u64::try_from(passed.count()).unwrap_or(0)
}

/// Where each mapped field stands.
fn columns(header: &[String], args: &ImportArgs) -> Result<Vec<(String, usize)>, ImportError> {
    let mut columns = Vec::new();
    for (field, column) in &args.map {
        check_field(field)?;
        let mut places =
            header.iter().enumerate().filter(|(_, name)| *name == column).map(|(place, _)| place);
        let missing = || {
            ImportError::Options(format!(
                "there is no column {column:?}; the columns are {}",
                header.join(", ")
            ))
        };
        let place = places.next().ok_or_else(missing)?;
        if places.next().is_some() {
            return Err(ImportError::Options(format!("there are two columns {column:?}; rename one")));
        }
        columns.push((field.clone(), place));
    }
    Ok(columns)
}

fn check_field(field: &str) -> Result<(), ImportError> {
    let known = FIELDS.contains(&field)
        || UTM.contains(&field)
        || field.strip_prefix("utm.").is_some_and(|part| UTM.contains(&part))
        || field.strip_prefix("props.").is_some_and(|name| !name.is_empty());
    let fields = || {
        let detail = format!(
            "an event has no field {field:?}; there are {}, utm.source and so on, props.NAME",
            FIELDS.join(", ")
        );
        ImportError::Options(detail)
    };
    if known && field != "utm" { Ok(()) } else { Err(fields()) }
}

/// An event's time, its id where the table has one, and its fields.
type Event = (i64, Option<String>, Map<String, Value>);

fn read(
    record: &[String],
    columns: &[(String, usize)],
    constants: &[(String, String)],
    args: &ImportArgs,
) -> Result<Event, String> {
    let cells =
        columns.iter().filter_map(|(field, place)| Some((field.as_str(), record.get(*place)?.as_str())));
    let constants = constants.iter().map(|(field, value)| (field.as_str(), value.as_str()));
    let (mut at, mut id, mut fields) = (None, None, Map::new());
    for (field, text) in cells.chain(constants).filter(|(_, text)| !text.is_empty()) {
        match field {
            "occurred_at" => at = Some(time(text, args.date_format.as_deref(), args.time_zone)?),
            "id" => id = Some(text.to_owned()),
            "count" | "version" => {
                let number: u64 = text.parse().map_err(|_| format!("{field} {text:?} is no whole number"))?;
                fields.insert(field.to_owned(), json!(number));
            }
            "void" => {
                let flag: bool =
                    text.parse().map_err(|_| format!("void {text:?} is neither true nor false"))?;
                fields.insert(field.to_owned(), json!(flag));
            }
            _ => put(&mut fields, field, text),
        }
    }
    Ok((at.ok_or("has no time")?, id, fields))
}

/// Puts a text where its field stands: `utm.source`, `source` and `props.plan` lie one level down.
fn put(fields: &mut Map<String, Value>, field: &str, text: &str) {
    let (group, name) = match field.split_once('.') {
        Some((group, name)) => (group, name),
        None if UTM.contains(&field) => ("utm", field),
        None => {
            fields.insert(field.to_owned(), json!(text));
            return;
        }
    };
    let group = fields.entry(group).or_insert_with(|| json!({}));
    if let Some(group) = group.as_object_mut() {
        group.insert(name.to_owned(), json!(text));
    }
}

/// Reads a time, in milliseconds since 1970. A day without a time begins at its midnight.
pub(crate) fn time(text: &str, format: Option<&str>, zone: Tz) -> Result<i64, String> {
    let local = |time: NaiveDateTime| {
        // A time that a change of the clock skipped is as far after midnight as it says.
        let found = zone.from_local_datetime(&time).earliest().map(|time| time.to_utc());
        found.unwrap_or_else(|| Utc.from_utc_datetime(&time)).timestamp_millis()
    };
    let midnight = |date: NaiveDate| local(date.and_time(NaiveTime::MIN));
    let Some(format) = format else {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(time.timestamp_millis());
        }
        let remedy = "say how times are written, such as --date-format %d.%m.%Y";
        return text
            .parse()
            .map(midnight)
            .map_err(|_| format!("{text:?} is no time that is understood: {remedy}"));
    };
    if let Ok(time) = DateTime::parse_from_str(text, format) {
        return Ok(time.timestamp_millis());
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
        return Ok(local(time));
    }
    let date = NaiveDate::parse_from_str(text, format);
    date.map(midnight).map_err(|_| format!("{text:?} is not written as {format}"))
}
