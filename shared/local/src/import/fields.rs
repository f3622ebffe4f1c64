//! The fields of an event, and how the cells of a table become them.

use chrono_tz::Tz;
use reckon_core::domain::event::Kind;
use serde_json::{Map, Value, json};

use super::amounts::{self, DecimalMark};
use super::csv_file::amount;
use super::days::Order;
use super::guess;
use super::times::time;
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

/// How it is said of a column of values that its name tells their currency: by this and the code, beside `value`.
const VALUE_IN: &str = "value in ";

/// How the cells of a file are written.
pub(super) struct Manner {
    /// How times are written, where the options say it.
    pub(super) format: Option<String>,
    /// The zone of times without one.
    pub(super) zone: Tz,
    /// Whether the day or the month stands first.
    pub(super) order: Order,
    /// What stands before decimals.
    pub(super) decimal: DecimalMark,
}

/// Where each mapped field stands.
pub(super) fn columns(header: &[String], args: &ImportArgs) -> Result<Vec<(String, usize)>, ImportError> {
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
            return Err(ImportError::Options(format!(
                "there are two columns {column:?}; rename or remove one, so that it is known which is read"
            )));
        }
        columns.push((field.clone(), place));
    }
    columns.extend(value_in(header, &columns));
    Ok(columns)
}

/// The column of values once more, where its name tells their currency: `Total (EUR)`.
pub(super) fn value_in(header: &[String], columns: &[(String, usize)]) -> Option<(String, usize)> {
    let (_, place) = columns.iter().find(|(field, _)| field == "value")?;
    let (_, named) = amounts::in_name(header.get(*place)?)?;
    Some((format!("{VALUE_IN}{}", named.only()?), *place))
}

/// The currency of values, where the name of their column tells it.
pub(super) fn currency_of(field: &str) -> Option<&str> {
    field.strip_prefix(VALUE_IN)
}

/// Whether an event has such a field.
pub(super) fn is_field(field: &str) -> bool {
    let known = FIELDS.contains(&field)
        || UTM.contains(&field)
        || field.strip_prefix("utm.").is_some_and(|part| UTM.contains(&part))
        || field.strip_prefix("props.").is_some_and(|name| !name.is_empty());
    known && field != "utm"
}

pub(super) fn check_field(field: &str) -> Result<(), ImportError> {
    let fields = || {
        let detail = format!(
            "an event has no field {field:?}; there are {}, utm.source and so on, props.NAME",
            FIELDS.join(", ")
        );
        ImportError::Options(detail)
    };
    if is_field(field) { Ok(()) } else { Err(fields()) }
}

/// An event's time, its id where the table has one, and its fields.
pub(super) type Event = (i64, Option<String>, Map<String, Value>);

/// Reads the event of a row. `orders_of_results` says that only results have the order which the row names.
pub(super) fn read(
    record: &[String],
    columns: &[(String, usize)],
    constants: &[(String, String)],
    manner: &Manner,
    orders_of_results: bool,
) -> Result<Event, String> {
    let cells = || {
        let cells =
            columns.iter().filter_map(|(field, place)| Some((field.as_str(), record.get(*place)?.as_str())));
        cells.filter(|(_, text)| !text.is_empty())
    };
    let constants = constants.iter().map(|(field, value)| (field.as_str(), value.as_str()));
    let (mut at, mut id, mut fields, mut named) = (None, None, Map::new(), Vec::new());
    for (field, text) in cells().chain(constants).filter(|(_, text)| !text.is_empty()) {
        match field {
            "occurred_at" => at = Some(time(text, manner.format.as_deref(), manner.zone, manner.order)?),
            "value" => {
                put(&mut fields, field, &amount(text, manner.decimal)?);
                named.extend(amounts::currency(text).map(|currency| (text, currency)));
            }
            "id" => id = Some(text.to_owned()),
            "kind" => put(&mut fields, field, guess::kind(text).map_or(text, |kind| kind.as_str())),
            "currency" => put(&mut fields, field, &text.to_uppercase()),
            "country" if is_uk(text) => put(&mut fields, field, "GB"),
            "count" | "version" => {
                let number: u64 = text.parse().map_err(|_| format!("{field} {text:?} is no whole number"))?;
                fields.insert(field.to_owned(), json!(number));
            }
            "void" => {
                let flag: bool =
                    text.parse().map_err(|_| format!("void {text:?} is neither true nor false"))?;
                fields.insert(field.to_owned(), json!(flag));
            }
            _ if currency_of(field).is_some() => {}
            _ => put(&mut fields, field, text),
        }
    }
    if let Some(code) = cells().find_map(|(field, _)| currency_of(field)) {
        hold_to_currency(&mut fields, "the column of its amount", code, &[code])?;
    }
    for (text, currency) in named {
        hold_to_currency(&mut fields, &format!("{text:?}"), &currency.told(), &currency.codes)?;
    }
    // Only results have orders; whatever else has an id has it for itself.
    let is_result =
        fields.get("kind").and_then(Value::as_str).and_then(Kind::parse).is_some_and(Kind::is_result);
    if orders_of_results && !is_result {
        fields.remove("order");
    }
    Ok((at.ok_or("has no time")?, id, fields))
}

/// Holds an amount's currency, which is one of some codes, to that of its row. A row that names none has it from there,
/// where it can be one alone, so that the deployment holds it to the site's. An error says that the two differ.
fn hold_to_currency(
    fields: &mut Map<String, Value>,
    what: &str,
    told: &str,
    codes: &[&str],
) -> Result<(), String> {
    let Some(own) = fields.get("currency").and_then(Value::as_str) else {
        if let [code] = codes {
            put(fields, "currency", code);
        }
        return Ok(());
    };
    if codes.contains(&own) {
        return Ok(());
    }
    Err(format!(
        "{what} is in {told}, and the currency of its row is {own}: correct the one that is wrong, nothing is converted here"
    ))
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

/// Whether a country is called by two letters that are not its code.
pub(super) fn is_uk(country: &str) -> bool {
    country.eq_ignore_ascii_case("UK")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a row becomes, of which the first cell is the time, the second the amount and the third the currency.
    fn row(header: &str, row: &str) -> Result<(Value, Value), String> {
        let cells = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
        let mut columns: Vec<_> = [("occurred_at", 0), ("value", 1), ("currency", 2)]
            .map(|(field, place)| (field.to_owned(), place))
            .into();
        columns.extend(value_in(&cells(header), &columns));
        let manner =
            Manner { format: None, zone: Tz::UTC, order: Order::DayFirst, decimal: DecimalMark::Point };
        let (.., fields) = read(&cells(row), &columns, &[], &manner, false)?;
        let of = |name: &str| fields.get(name).cloned().unwrap_or_default();
        Ok((of("value"), of("currency")))
    }

    #[test]
    fn an_amount_that_says_its_currency_says_it_of_its_row() {
        for (header, cells, expected) in [
            ("date,total,currency", "2026-11-01,5.00,", Ok((json!("5"), Value::Null))),
            ("date,total,currency", "2026-11-01,5.00,usd", Ok((json!("5"), json!("USD")))),
            ("date,total,currency", "2026-11-01,€5.00,", Ok((json!("5"), json!("EUR")))),
            ("date,total,currency", "2026-11-01,7.00 EUR,", Ok((json!("7"), json!("EUR")))),
            ("date,total,currency", "2026-11-01,CA$7,", Ok((json!("7"), json!("CAD")))),
            ("date,total,currency", "2026-11-01,€5.00,EUR", Ok((json!("5"), json!("EUR")))),
            ("date,Total (EUR),currency", "2026-11-01,5.00,", Ok((json!("5"), json!("EUR")))),
            ("date,Total (EUR),currency", "2026-11-01,,", Ok((Value::Null, Value::Null))),
            // A sign that many share says nothing, but may contradict.
            ("date,total,currency", "2026-11-01,$5.00,", Ok((json!("5"), Value::Null))),
            ("date,total,currency", "2026-11-01,$5.00,AUD", Ok((json!("5"), json!("AUD")))),
            (
                "date,total,currency",
                "2026-11-01,$5.00,EUR",
                Err("\"$5.00\" is in $, USD, and the currency of its row is EUR: correct"),
            ),
            (
                "date,total,currency",
                "2026-11-01,€5.00,USD",
                Err("\"€5.00\" is in €, EUR, and the currency of its row is USD: correct"),
            ),
            (
                "date,Total (EUR),currency",
                "2026-11-01,5.00,USD",
                Err("the column of its amount is in EUR, and the currency of its row is USD: correct"),
            ),
            (
                "date,Total (EUR),currency",
                "2026-11-01,5.00 USD,",
                Err("\"5.00 USD\" is in USD, and the currency of its row is EUR: correct"),
            ),
            ("date,total,currency", "2026-11-01,12k,", Err("\"12k\" is no number: beside its digits")),
        ] {
            match (row(header, cells), expected) {
                (Err(error), Err(says)) => assert!(error.starts_with(says), "{cells}: {error}"),
                (read, expected) => assert_eq!(read.ok(), expected.ok(), "{cells}"),
            }
        }
    }
}
