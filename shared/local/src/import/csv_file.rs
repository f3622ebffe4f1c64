//! Tables: each row is an event whose fields are read from the columns that the options name, or else are guessed.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use super::amounts::{self, DecimalMark};
use super::days::{self, Order, Written};
use super::guess::Guess;
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

/// A cell's line and text.
pub(crate) type Cell<'a> = (u64, &'a str);

/// How the cells of a file are written.
struct Manner {
    /// How times are written, where the options say it.
    format: Option<String>,
    /// The zone of times without one.
    zone: Tz,
    /// Whether the day or the month stands first.
    order: Order,
    /// What stands before decimals.
    decimal: DecimalMark,
}

/// Reads a table. `zone` is that of times without one.
pub(super) fn parse(text: &str, args: &ImportArgs, zone: Tz) -> Result<Parsed, ImportError> {
    let wrong = ImportError::Options;
    let mut records = records(text, args.delimiter.as_deref())?;
    if records.is_empty() {
        return Err(wrong("the file is empty; its first line has to name the columns".to_owned()));
    }
    let (_, header) = records.remove(0);
    let guess = match args.map.as_slice() {
        [] => Some(Guess::of(&header, &records, kind_in(args)).map_err(wrong)?),
        _ => None,
    };
    let columns = guess.as_ref().map_or_else(|| columns(&header, args), |guess| Ok(guess.columns.clone()))?;
    let mut constants = args.set.clone();
    let guessed = guess.as_ref().and_then(|guess| guess.kind).map(|kind| kind.as_str().to_owned());
    constants.extend(guessed.map(|kind| ("kind".to_owned(), kind)));
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
    let manner = Manner::of(&records, &columns, args, zone).map_err(wrong)?;
    let told = guess.map(|guess| guess.told(&header));
    let mut parsed = Parsed { lines: 1, told: told.into_iter().collect(), ..Parsed::default() };
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
            match read(&record, &columns, &constants, &manner) {
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
///
/// Without a `delimiter` it is the one of `,`, `;`, tab and `|` that parts the first line the most.
pub(crate) fn records(text: &str, delimiter: Option<&str>) -> Result<Vec<(u64, Vec<String>)>, ImportError> {
    let delimiter = match delimiter.unwrap_or_else(|| usual_delimiter(text)) {
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

/// The delimiter that parts the first line the most.
fn usual_delimiter(text: &str) -> &'static str {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let parts = |delimiter: &&str| first.matches(*delimiter).count();
    // The last of equals wins, and a comma is the usual one.
    ["|", "\t", ";", ","].into_iter().max_by_key(parts).unwrap_or(",")
}

/// The kind that the options give to every row.
fn kind_in(args: &ImportArgs) -> Option<&str> {
    let set = args.set.iter().find(|(field, _)| field == "kind").map(|(_, kind)| kind.as_str());
    args.kind.as_deref().or(set)
}

impl Manner {
    /// How a file is written, by all of its times and values.
    fn of(
        records: &[(u64, Vec<String>)],
        columns: &[(String, usize)],
        args: &ImportArgs,
        zone: Tz,
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
            None => decimal(&cells("value"))?,
        };
        Ok(Self { format: args.date_format.clone(), zone, order, decimal })
    }
}

/// In which order a file writes day and month, by all of its times.
pub(crate) fn order(cells: &[Cell<'_>]) -> Result<Order, String> {
    let days =
        cells.iter().filter_map(|(line, text)| Some((*line, *text, Written::read(day_and_time(text).0)?)));
    days::order(&days.collect::<Vec<_>>())
}

/// What a file writes before decimals, by all of its amounts.
pub(crate) fn decimal(cells: &[Cell<'_>]) -> Result<DecimalMark, String> {
    // A number as programs write it means what it says; only what people write is weighed.
    if cells.iter().all(|(_, text)| is_plain(text)) {
        return Ok(DecimalMark::Point);
    }
    let told = cells.iter().map(|(line, text)| (*line, *text, amounts::evidence(text, false)));
    amounts::mark(&told.collect::<Vec<_>>(), ' ')
}

/// An amount in digits with a point before its decimals.
pub(crate) fn amount(text: &str, decimal: DecimalMark) -> Result<String, String> {
    if decimal == DecimalMark::Point && is_plain(text) {
        return Ok(text.to_owned());
    }
    let number = amounts::read(text, decimal)?;
    number.map(reckon_core::domain::decimal::Decimal::text).ok_or_else(|| format!("{text:?} is no number"))
}

/// Whether a text is digits with at most one point, as a program writes them.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && digits.matches('.').count() < 2
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
    manner: &Manner,
) -> Result<Event, String> {
    let cells =
        columns.iter().filter_map(|(field, place)| Some((field.as_str(), record.get(*place)?.as_str())));
    let constants = constants.iter().map(|(field, value)| (field.as_str(), value.as_str()));
    let (mut at, mut id, mut fields) = (None, None, Map::new());
    for (field, text) in cells.chain(constants).filter(|(_, text)| !text.is_empty()) {
        match field {
            "occurred_at" => at = Some(time(text, manner.format.as_deref(), manner.zone, manner.order)?),
            "value" => put(&mut fields, field, &amount(text, manner.decimal)?),
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

/// How the time of a day is written.
const CLOCKS: [&str; 6] = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p"];

/// A text cut into its day and the time of the day behind it, which is empty where there is none.
fn day_and_time(text: &str) -> (&str, &str) {
    let Some(colon) = text.find(':') else { return (text, "") };
    let front = text.get(..colon).unwrap_or_default();
    let start = front.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let (day, clock) = text.split_at(start);
    (day.trim_end_matches([' ', ',', 'T']), clock)
}

/// A time of the day cut into the time and what stands behind it for a zone, such as `+0100`, `UTC` or `Z`.
fn clock_and_offset(clock: &str) -> (&str, &str) {
    let behind = clock.find(['+', '-', 'Z', 'U', 'G']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at(behind);
    (clock.trim_end(), offset)
}

/// Reads a time, in milliseconds since 1970. A day without a time begins at its midnight.
///
/// Without a `format` it is RFC 3339, or a day in any usual way with or without a time, where `order` tells the day from
/// the month.
pub(crate) fn time(text: &str, format: Option<&str>, zone: Tz, order: Order) -> Result<i64, String> {
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
        let unknown = || {
            format!(
                "{text:?} is no time that is understood: say how times are written, such as --date-format %d.%m.%Y"
            )
        };
        let (day, clock) = day_and_time(text);
        let day = Written::read(day).and_then(|day| day.day(order)).ok_or_else(unknown)?;
        if clock.is_empty() {
            return Ok(midnight(day));
        }
        let (clock, offset) = clock_and_offset(clock);
        let clock = CLOCKS.into_iter().find_map(|format| NaiveTime::parse_from_str(clock, format).ok());
        let time = day.and_time(clock.ok_or_else(unknown)?);
        return match offset {
            "" => Ok(local(time)),
            "Z" | "UTC" | "GMT" => Ok(time.and_utc().timestamp_millis()),
            offset => {
                let offset: FixedOffset = offset.parse().map_err(|_| unknown())?;
                offset
                    .from_local_datetime(&time)
                    .single()
                    .map(|time| time.timestamp_millis())
                    .ok_or_else(unknown)
            }
        };
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
            (&["49.90", "-5"][..], Ok("49.90 -5")),
            (&["$1,234.56", "1,234,567.8 EUR", "7"], Ok("1234.56 1234567.8 7")),
            (&["12,50", "1.234"], Ok("12.5 1234")),
            (&["1.234,56"], Ok("1234.56")),
            (&["1,234"], Err("line 1: 1,234 may be")),
            (&["12,34.5"], Err("is no number")),
            (&["1,234.5", "1.234,5"], Err("line 1: 1,234.5 has a decimal point, and line 2: 1.234,5")),
            (&["five"], Err("is not a decimal number")),
        ] {
            let numbered: Vec<Cell<'_>> = (1..).zip(cells.iter().copied()).collect();
            let read = decimal(&numbered)
                .and_then(|mark| cells.iter().map(|cell| amount(cell, mark)).collect::<Result<Vec<_>, _>>());
            match expected {
                Ok(amounts) => assert_eq!(read.unwrap().join(" "), amounts, "{cells:?}"),
                Err(says) => assert!(read.clone().unwrap_err().contains(says), "{cells:?}: {read:?}"),
            }
        }
    }

    #[test]
    fn times_are_read_in_whatever_way_can_be_meant_in_one_way_alone() {
        let berlin = chrono_tz::Europe::Berlin;
        for (text, order, expected) in [
            ("2026-11-01", Order::DayFirst, Some("2026-10-31T23:00:00Z")),
            ("2026-11-01T10:00:00Z", Order::DayFirst, Some("2026-11-01T10:00:00Z")),
            ("2026-11-01 10:00:00 +0200", Order::DayFirst, Some("2026-11-01T08:00:00Z")),
            ("2026-11-01 10:00:00 UTC", Order::DayFirst, Some("2026-11-01T10:00:00Z")),
            ("2026-11-01 10:00", Order::DayFirst, Some("2026-11-01T09:00:00Z")),
            ("01.11.2026 10:00", Order::DayFirst, Some("2026-11-01T09:00:00Z")),
            ("2/11/2026, 9:05:00 PM", Order::DayFirst, Some("2026-11-02T20:05:00Z")),
            ("2/11/2026 9:05 pm", Order::MonthFirst, Some("2026-02-11T20:05:00Z")),
            ("2026-11-01 25:00", Order::DayFirst, None),
            ("2026-11-01 10:00 somewhere", Order::DayFirst, None),
            ("yesterday", Order::DayFirst, None),
            ("10:00", Order::DayFirst, None),
        ] {
            let read = time(text, None, berlin, order).ok().and_then(DateTime::from_timestamp_millis);
            let read = read.map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }
}
