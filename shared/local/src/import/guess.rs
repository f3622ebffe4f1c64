//! Which column of a table is which field of an event, told by what columns are usually called and by what they hold.

use chrono_tz::Tz;
use reckon_core::domain::channel::Channel;
use reckon_core::domain::event::Kind;

use super::amounts;
use super::days::{Order, Written};
use super::fields;
use super::names::{USUAL, order_place, place, place_by, plain};
use super::records::Record;
use super::times;

/// Sales channels of a shop, which its export calls its source.
const SALES_CHANNELS: [&str; 6] = ["web", "pos", "shopify_draft_order", "iphone", "android", "checkout_next"];

/// What was guessed of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guess {
    /// Columns by the field that they fill.
    pub(crate) columns: Vec<(String, usize)>,
    /// What every row is, where no column says it.
    pub(crate) kind: Option<Kind>,
    /// Whether the column of orders is one of ids, which are orders of results alone.
    pub(crate) orders_of_results: bool,
    /// A kind among the rows that needs a value, where no column is one.
    valueless: Option<Kind>,
}

/// A kind, in letters of any size.
pub(super) fn kind(cell: &str) -> Option<Kind> {
    Kind::parse(&cell.trim().to_lowercase())
}

/// Whether a text is an id, such as `ch_3Nx1a2B3c4D5e6F7`, and not the name of a source.
fn is_id(cell: &str) -> bool {
    let long = |part: &str| part.len() >= 8 && part.bytes().any(|byte| byte.is_ascii_digit());
    let prefixed = cell.split_once('_').is_some_and(|(front, rest)| {
        (2..=6).contains(&front.len()) && front.bytes().all(|byte| byte.is_ascii_lowercase()) && long(rest)
    });
    prefixed || (!cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether what stands in a column may be that field.
fn fits(field: &str, cell: &str) -> bool {
    match field {
        "occurred_at" => times::is_time(cell),
        "kind" => kind(cell).is_some(),
        "utm.source" => !is_id(cell),
        "channel" => Channel::parse(cell).is_some(),
        "url" | "referrer" => cell.starts_with("http://") || cell.starts_with("https://"),
        "country" => cell.len() == 2 && cell.bytes().all(|byte| byte.is_ascii_alphabetic()),
        "count" => cell.parse::<u32>().is_ok(),
        "void" => matches!(cell, "true" | "false"),
        "value" => cell.bytes().any(|byte| byte.is_ascii_digit()),
        _ => true,
    }
}

impl Guess {
    /// Guesses by the header and the rows below it. An error says what to do instead.
    pub(crate) fn of(
        header: &[String],
        rows: &[Record],
        kind: Option<&str>,
        format: Option<&str>,
    ) -> Result<Self, String> {
        if rows.iter().all(|(_, row)| row.iter().all(String::is_empty)) {
            let as_row = no_time(header, None);
            let told =
                if as_row.starts_with(NO_HEADER) { as_row } else { "no rows follow the header".to_owned() };
            return Err(told);
        }
        if let Some(fault) = format.and_then(times::unusable) {
            return Err(fault);
        }
        let time = |cell: &str| times::time(cell, format, Tz::UTC, Order::DayFirst);
        let fit_cell = |field: &str, cell: &String| match field {
            "occurred_at" if format.is_some() => time(cell).is_ok(),
            _ => fits(field, cell),
        };
        let holds = |field: &str, place: usize| {
            let cells = rows.iter().filter_map(|(_, row)| row.get(place)).filter(|cell| !cell.is_empty());
            let (fit, all) = cells
                .fold((0_usize, 0), |(fit, all), cell| (fit + usize::from(fit_cell(field, cell)), all + 1));
            match field {
                // What cannot be read is told with its line, as long as most can.
                "occurred_at" | "value" => fit > all - fit,
                _ => all > 0 && fit == all,
            }
        };
        let mut columns = Vec::new();
        for (field, _) in USUAL {
            let found = match field {
                "kind" => kind_place(header, rows, kind)?,
                "order" => order_place(header, rows)?.filter(|place| holds(field, *place)),
                "value" => value_place(header)?.filter(|place| holds(field, *place)),
                "utm.source" => place(header, field)?
                    .filter(|place| holds(field, *place) && !is_sales_channel(header, rows, *place)),
                _ => place(header, field)?.filter(|place| holds(field, *place)),
            };
            columns.extend(found.map(|place| (field.to_owned(), place)));
        }
        columns.extend(fields::value_in(header, &columns));
        let place_of =
            |wanted: &str| columns.iter().find(|(field, _)| field == wanted).map(|(_, place)| *place);
        if place_of("occurred_at").is_none() {
            // Why a column that is called like a time is not taken for it.
            let strange = place(header, "occurred_at")?.and_then(|place| {
                let cells = rows.iter().filter_map(|(line, row)| Some((line, row.get(place)?)));
                let mut strange =
                    cells.filter(|(_, cell)| !cell.is_empty() && !fit_cell("occurred_at", cell));
                let (line, why) = strange.find_map(|(line, cell)| Some((line, time(cell).err()?)))?;
                Some(format!("line {line}, in the column {:?}: {why}", header.get(place)?))
            });
            let unfit = format.filter(|_| !(0..header.len()).any(|place| holds("occurred_at", place)));
            return Err(strange.unwrap_or_else(|| no_time(header, unfit)));
        }
        let of_all = match kind {
            Some(_) => None,
            None if place_of("kind").is_some() => None,
            None if place_of("value").is_some() || place_of("order").is_some() => Some(Kind::Sale),
            None => {
                let all = Kind::ALL.map(Kind::as_str).join(", ");
                return Err(format!("what the rows are is not told: say --kind with one of {all}"));
            }
        };
        let is_id =
            place_of("order").and_then(|place| header.get(place)).is_some_and(|name| plain(name) == "id");
        let told = place_of("kind")
            .into_iter()
            .flat_map(|place| rows.iter().filter_map(move |(_, row)| self::kind(row.get(place)?)));
        let mut kinds = kind.and_then(self::kind).or(of_all).into_iter().chain(told);
        let valueless = kinds.find(|kind| kind.needs_value() && place_of("value").is_none());
        Ok(Self { kind: of_all, orders_of_results: is_id, valueless, columns })
    }

    /// What was guessed, in sentences for people.
    pub(crate) fn told(&self, header: &[String], rows: &[Record]) -> Vec<String> {
        let name = |place: usize| header.get(place).map_or("", String::as_str);
        let in_currency = self.columns.iter().any(|(field, _)| fields::currency_of(field).is_some());
        let columns = self.columns.iter().filter(|(field, _)| !(in_currency && field == "value"));
        let read: Vec<String> =
            columns.map(|(field, place)| format!("{field} from {:?}", name(*place))).collect();
        let unread: Vec<usize> = (0..header.len())
            .filter(|place| !self.columns.iter().any(|(_, read)| read == place) && !name(*place).is_empty())
            .collect();
        let names: Vec<&str> = unread.iter().map(|place| name(*place)).collect();
        let every = self.kind.map_or(String::new(), |kind| format!("; every row is a {}", kind.as_str()));
        let left = if names.is_empty() { String::new() } else { format!("; not read: {}", names.join(", ")) };
        let holds = |place: &usize| {
            let mut cells = rows.iter().filter_map(|(_, row)| row.get(*place));
            cells.any(|cell| cell.bytes().any(|byte| !matches!(byte, b'0' | b'.' | b',' | b' ')))
        };
        let warnings = unread.iter().filter(|place| holds(place)).filter_map(|place| warning(name(*place)));
        let first = format!("{}{every}{left} (--map and --kind say otherwise)", read.join(", "));
        let valueless = self.valueless.map(|kind| {
            let kind = kind.as_str();
            format!(
                "warning: no column is read as the value, which a {kind} needs{left}; --map value=COLUMN reads one as the value, with a --map for each other column that is to be read"
            )
        });
        std::iter::once(first).chain(valueless).chain(warnings).collect()
    }
}

/// What is lost where a column is not read, if it is much.
fn warning(name: &str) -> Option<String> {
    let plain = plain(name);
    let has = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    let remedy = if has(&["refund", "chargeback"]) {
        "import refunds as events of kind refund"
    } else if has(&["cancelled", "canceled"]) {
        "leave out the rows of cancelled orders, or import them as refunds"
    } else if has(&["status"]) {
        "every row counts, so leave out those that do not"
    } else {
        return None;
    };
    Some(format!("warning: {name} is not read: {remedy}"))
}

/// The column of values: called so, or so with its currency behind, as in `Total (EUR)`, `Amount in EUR` or `total_eur`. An
/// error says that two are, of which nobody knows which is meant.
pub(super) fn value_place(header: &[String]) -> Result<Option<usize>, String> {
    if let Some(place) = place(header, "value")? {
        return Ok(Some(place));
    }
    place_by(header, "value", |column| {
        let (name, _) = amounts::in_name(column)?;
        let name = plain(name);
        Some(name.strip_suffix("_in").unwrap_or(&name).to_owned())
    })
}

/// The column that says what each row is; nothing where none of its cells does, or the options do. An error where some
/// do and others do not, since those would become something else.
fn kind_place(header: &[String], rows: &[Record], given: Option<&str>) -> Result<Option<usize>, String> {
    let Some(place) = place(header, "kind")?.filter(|_| given.is_none()) else { return Ok(None) };
    let cells = || {
        let cells = rows.iter().filter_map(|(line, row)| Some((line, row.get(place)?)));
        cells.filter(|(_, cell)| !cell.is_empty())
    };
    if !cells().any(|(_, cell)| kind(cell).is_some()) {
        return Ok(None);
    }
    let Some((line, cell)) = cells().find(|(_, cell)| kind(cell).is_none()) else { return Ok(Some(place)) };
    Err(format!(
        "line {line}: {cell:?} in the column {:?} is no kind of event, and others in it are; there are {}. Write one of these there, say --kind for all rows, or name with --map which columns are read",
        header.get(place).map_or("", String::as_str),
        Kind::ALL.map(Kind::as_str).join(", ")
    ))
}

/// Whether a column called source tells where in a shop an order was placed, and not whence its buyer came.
fn is_sales_channel(header: &[String], rows: &[Record], place: usize) -> bool {
    let called = header.get(place).is_some_and(|name| plain(name) == "source");
    let mut cells = rows.iter().filter_map(|(_, row)| row.get(place)).filter(|cell| !cell.is_empty());
    called && cells.all(|cell| SALES_CHANNELS.contains(&cell.as_str()))
}

/// How it is said that the first line is a row.
const NO_HEADER: &str = "the first line has to name the columns";

/// Why no column is taken for the time. `unfit` is the format in which none is written.
fn no_time(header: &[String], unfit: Option<&str>) -> String {
    let is_value = |name: &&String| Written::read(name).is_some() || name.parse::<i64>().is_ok();
    if let Some(value) = header.iter().find(is_value) {
        return format!("{NO_HEADER}, such as date,order,amount; it has {value:?}, which looks like a row");
    }
    let why = match unfit {
        Some(format) => {
            format!("no column is written as {format}: say with --date-format how times are written")
        }
        None => "no column looks like a time: say --map occurred_at=COLUMN, and the like for value, order and what else \
                 is to be read"
            .to_owned(),
    };
    format!("{why}; the columns are {}", header.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(table: &str, kind: Option<&str>) -> Result<String, String> {
        let mut lines = table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let rows: Vec<_> = (2..).zip(lines).collect();
        let guess = Guess::of(&header, &rows, kind, None)?;
        let columns = guess.columns.iter().map(|(field, place)| format!("{field}={}", header[*place]));
        let kind = guess.kind.map(|kind| format!("kind:{}", kind.as_str()));
        Ok(columns.chain(kind).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn columns_are_known_by_their_usual_names_and_by_what_they_hold() {
        for (table, expected) in [
            (
                "date,order_id,amount\n2026-11-01,A-1,49.90",
                "occurred_at=date order=order_id value=amount kind:sale",
            ),
            (
                "Created at,Name,Total\n2026-11-01 10:00:00 +0100,#1001,5",
                "occurred_at=Created at order=Name value=Total kind:sale",
            ),
            ("Name,Order Date,Total\nAnn,2026-11-01,5", "occurred_at=Order Date value=Total kind:sale"),
            (
                "Bestelldatum,Bestellnummer,Rechnungsbetrag\n1-Nov-2026,7,5",
                "occurred_at=Bestelldatum order=Bestellnummer value=Rechnungsbetrag kind:sale",
            ),
            ("day,type,id\n2026-11-01,lead,7", "occurred_at=day kind=type order=id"),
            ("day,type,id\n2026-11-01,Lead,7\n2026-11-02,CLICK,8", "occurred_at=day kind=type order=id"),
            (
                "day,type,total\n2026-11-01,sale,7\n2026-11-02,return,8",
                "!line 3: \"return\" in the column \"type\"",
            ),
            ("date,total,source\n2026-11-01,7,ch_3Nx1a2B3c4D5", "occurred_at=date value=total kind:sale"),
            ("date,total,source\n2026-11-01,7,web", "occurred_at=date value=total kind:sale"),
            (
                "date,total,source\n2026-11-01,7,google",
                "occurred_at=date value=total utm.source=source kind:sale",
            ),
            (
                "Created date (UTC),Amount\n2026-11-01 10:00,7",
                "occurred_at=Created date (UTC) value=Amount kind:sale",
            ),
            ("date,total\n", "!no rows follow the header"),
            // A column that holds something else is left alone, whatever it is called.
            ("date,type,total\n2026-11-01,gift card,5", "occurred_at=date value=total kind:sale"),
            ("date,total,country\n2026-11-01,5,Germany", "occurred_at=date value=total kind:sale"),
            ("date,total,country\n2026-11-01,5,DE", "occurred_at=date value=total country=country kind:sale"),
            (
                "date,total,channel\n2026-11-01,5,email",
                "occurred_at=date value=total channel=channel kind:sale",
            ),
            ("date,total,channel\n2026-11-01,5,Web", "occurred_at=date value=total kind:sale"),
            // Of two columns of a name nobody knows which is meant.
            (
                "date,total,Total\n2026-11-01,5,6",
                "!two columns may be the value, \"total\" and \"Total\": remove",
            ),
            // A currency may stand behind the name.
            (
                "date,Total (EUR)\n2026-11-01,5",
                "occurred_at=date value=Total (EUR) value in EUR=Total (EUR) kind:sale",
            ),
            (
                "date,Amount in EUR\n2026-11-01,5",
                "occurred_at=date value=Amount in EUR value in EUR=Amount in EUR kind:sale",
            ),
            (
                "date,Total USD\n2026-11-01,5",
                "occurred_at=date value=Total USD value in USD=Total USD kind:sale",
            ),
            (
                "date,total_eur\n2026-11-01,5",
                "occurred_at=date value=total_eur value in EUR=total_eur kind:sale",
            ),
            (
                "Datum,Betrag (€)\n2026-11-01,5",
                "occurred_at=Datum value=Betrag (€) value in EUR=Betrag (€) kind:sale",
            ),
            ("date,Total ($)\n2026-11-01,5", "occurred_at=date value=Total ($) kind:sale"),
            (
                "date,Total (EUR),Total (USD)\n2026-11-01,5,6",
                "!two columns may be the value, \"Total (EUR)\" and \"Total (USD)\": remove",
            ),
            ("date,Total (NET)\n2026-11-01,5", "!what the rows are is not told"),
            ("date,page\n2026-11-01,/a", "!what the rows are is not told"),
            ("when,total\n2026-11-01,5", "!no column looks like a time"),
            ("date,total\nsoon,5", "!line 2, in the column \"date\": \"soon\" is no time that is understood"),
            (
                "date,total\n31/02/2026,5",
                "!line 2, in the column \"date\": \"31/02/2026\" is no day of the calendar",
            ),
            ("2026-11-01,49.90\n2026-11-02,5", "!the first line has to name the columns"),
        ] {
            let guessed = guess(table, None).unwrap_or_else(|error| format!("!{error}"));
            let fits =
                if expected.starts_with('!') { guessed.starts_with(expected) } else { guessed == expected };
            assert!(fits, "{table:?}: {guessed}");
        }
        let (header, rows) =
            (["date", "total"].map(str::to_owned), [(2, vec!["2026-11-01".to_owned(), "5".to_owned()])]);
        let error = Guess::of(&header, &rows, None, Some("%d.%m.%Y")).unwrap_err();
        assert_eq!(error, "line 2, in the column \"date\": \"2026-11-01\" is not written as %d.%m.%Y");
        assert_eq!(guess("date,page\n2026-11-01,/a", Some("view")).unwrap(), "occurred_at=date");
    }

    fn table(text: &str) -> (Vec<String>, Vec<Record>) {
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        (lines.next().unwrap(), (2..).zip(lines).collect())
    }

    #[test]
    fn a_format_that_is_none_or_fits_no_column_is_told() {
        for (text, format, says) in [
            ("date,total\n2026-11-01,5", "%Q", "%Q is no format of dates: say one such as"),
            ("when,total\n2026-11-01,5", "%Q", "%Q is no format of dates: say one such as"),
            (
                "when,total\n2026-11-01,5",
                "%d/%m/%Y",
                "no column is written as %d/%m/%Y: say with --date-format how times are written; the columns are when",
            ),
            // One is, and only its name is not known.
            (
                "when,total\n2026-11-01,5",
                "%Y-%m-%d",
                "no column looks like a time: say --map occurred_at=COLUMN",
            ),
            ("2026-11-01,5\n2026-11-02,5", "%d/%m/%Y", "the first line has to name the columns"),
        ] {
            let (header, rows) = table(text);
            let error = Guess::of(&header, &rows, None, Some(format)).unwrap_err();
            assert!(error.starts_with(says), "{text:?} {format}: {error}");
        }
    }

    #[test]
    fn it_is_told_where_a_value_is_needed_and_no_column_is_one() {
        for (text, kind, needed) in [
            ("date,order,Cost,Total foo\n2026-11-01,A,5,6", None, Some("sale")),
            ("date,order,Cost,Total foo\n2026-11-01,A,5,6", Some("refund"), Some("refund")),
            ("date,type,Cost,Total foo\n2026-11-01,lead,5,6\n2026-11-02,Sale,5,6", None, Some("sale")),
            ("date,order,Cost,Total foo\n2026-11-01,A,5,6", Some("lead"), None),
            ("date,order,total,Cost,Total foo\n2026-11-01,A,5,5,6", None, None),
            ("date,order,total (EUR),Cost,Total foo\n2026-11-01,A,5,5,6", None, None),
        ] {
            let (header, rows) = table(text);
            let told = Guess::of(&header, &rows, kind, None).unwrap().told(&header, &rows);
            let says = needed.map(|kind| {
                format!(
                    "warning: no column is read as the value, which a {kind} needs; not read: Cost, Total foo; --map value=COLUMN reads one as the value, "
                )
            });
            let warned = told.iter().any(|line| line.starts_with("warning: no column is read as the value"));
            assert_eq!(warned, says.is_some(), "{told:?}");
            assert!(says.is_none_or(|says| told.iter().any(|line| line.starts_with(&says))), "{told:?}");
            // The column is told once, with its currency where its name says that.
            assert_eq!(told.join(" ").contains("value from"), text.contains("total,"), "{told:?}");
            assert_eq!(told.join(" ").contains("value in EUR from"), text.contains("EUR"), "{told:?}");
        }
    }
}
