//! Which column of a table is which field of an event, told by what columns are usually called and by what they hold.

use reckon_core::domain::channel::Channel;
use reckon_core::domain::event::Kind;

use super::days::Written;

/// What the columns of a field are usually called, likeliest first, in small letters with `_` for everything else.
const USUAL: [(&str, &[&str]); 19] = [
    ("occurred_at", &TIMES),
    ("kind", &["kind", "event", "event_type", "type"]),
    ("order", &ORDERS),
    ("value", &VALUES),
    ("currency", &["currency", "currency_code"]),
    ("customer", &["customer", "customer_id", "customer_email", "user_id", "client_id", "email", "e_mail"]),
    ("visitor", &["visitor", "visitor_id", "anonymous_id", "session_id"]),
    ("channel", &["channel"]),
    ("utm.source", &["utm_source", "source"]),
    ("utm.medium", &["utm_medium", "medium"]),
    ("utm.campaign", &["utm_campaign", "campaign", "campaign_name"]),
    ("utm.content", &["utm_content"]),
    ("utm.term", &["utm_term", "keyword"]),
    ("url", &["url", "page_url", "landing_page", "landing_site"]),
    ("referrer", &["referrer", "referring_site"]),
    ("country", &["country", "country_code", "billing_country", "shipping_country"]),
    ("partner", &["partner", "affiliate", "affiliate_id"]),
    ("count", &["count"]),
    ("void", &["void"]),
];
const TIMES: [&str; 19] = [
    "occurred_at",
    "date",
    "created_at",
    "day",
    "order_date",
    "purchase_date",
    "created",
    "created_utc",
    "date_created",
    "time",
    "timestamp",
    "datetime",
    "date_time",
    "paid_at",
    "purchased_at",
    "completed_at",
    "datum",
    "fecha",
    "data",
];
const ORDERS: [&str; 10] = [
    "order",
    "order_id",
    "order_number",
    "order_no",
    "ordernumber",
    "orderid",
    "transaction_id",
    "transaction",
    "invoice",
    "id",
];
const VALUES: [&str; 12] = [
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
    "betrag",
    "umsatz",
];
/// How many rows are looked at to see whether a column holds what its name says.
const LOOKED_AT: usize = 200;

/// What was guessed of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guess {
    /// Columns by the field that they fill.
    pub(crate) columns: Vec<(String, usize)>,
    /// What every row is, where no column says it.
    pub(crate) kind: Option<Kind>,
}

/// A column's name in small letters, with one `_` for whatever is no letter or digit.
fn plain(name: &str) -> String {
    let letters = name.to_lowercase();
    let words = letters.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// The column that is usually called like that field.
pub(crate) fn place(header: &[String], field: &str) -> Option<usize> {
    let (_, names) = USUAL.iter().find(|(known, _)| *known == field)?;
    names.iter().find_map(|name| {
        let mut places = header.iter().enumerate().filter(|(_, column)| plain(column) == *name);
        let place = places.next()?.0;
        // Of two columns of a name nobody knows which is meant.
        places.next().is_none().then_some(place)
    })
}

/// Whether what stands in a column may be that field.
fn fits(field: &str, cell: &str) -> bool {
    match field {
        "occurred_at" => Written::read(cell).is_some() || chrono::DateTime::parse_from_rfc3339(cell).is_ok(),
        "kind" => Kind::parse(cell).is_some(),
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
        rows: &[(u64, Vec<String>)],
        kind: Option<&str>,
    ) -> Result<Self, String> {
        let holds = |field: &str, place: usize| {
            let cells = rows.iter().take(LOOKED_AT).filter_map(|(_, row)| row.get(place));
            let mut cells = cells.map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).peekable();
            // A time that cannot be read is told with its line, as long as most can.
            if field == "occurred_at" {
                let (read, all) = cells
                    .fold((0_usize, 0), |(read, all), cell| (read + usize::from(fits(field, cell)), all + 1));
                return read > all - read;
            }
            cells.peek().is_some() && cells.all(|cell| fits(field, cell))
        };
        let found = |field: &str| place(header, field).filter(|place| holds(field, *place));
        let mut columns: Vec<(String, usize)> =
            USUAL.iter().filter_map(|(field, _)| Some(((*field).to_owned(), found(field)?))).collect();
        if !columns.iter().any(|(field, _)| field == "occurred_at") {
            return Err(no_time(header));
        }
        let has = |field: &str| columns.iter().any(|(known, _)| known == field);
        let kind = match kind {
            Some(_) => None,
            None if has("kind") => None,
            None if has("value") || has("order") => Some(Kind::Sale),
            None => {
                let all = Kind::ALL.map(Kind::as_str).join(", ");
                return Err(format!("what the rows are is not told: say --kind with one of {all}"));
            }
        };
        if kind.is_none() {
            // Only results have orders; whatever else has an id has it for itself.
            let of_results = |cell: &str| Kind::parse(cell).is_some_and(Kind::is_result);
            let column = columns.iter().find(|(field, _)| field == "kind").map(|(_, place)| *place);
            let results = column.is_none_or(|place| {
                rows.iter().filter_map(|(_, row)| row.get(place)).all(|cell| of_results(cell.trim()))
            });
            columns.retain(|(field, place)| {
                results || field != "order" || header.get(*place).is_none_or(|name| plain(name) != "id")
            });
        }
        Ok(Self { columns, kind })
    }

    /// What was guessed, in a sentence for people.
    pub(crate) fn told(&self, header: &[String]) -> String {
        let name = |place: usize| header.get(place).map_or("", String::as_str);
        let read: Vec<String> =
            self.columns.iter().map(|(field, place)| format!("{field} from {:?}", name(*place))).collect();
        let unread: Vec<&str> = (0..header.len())
            .filter(|place| !self.columns.iter().any(|(_, read)| read == place))
            .map(name)
            .filter(|name| !name.is_empty())
            .collect();
        let every = self.kind.map_or(String::new(), |kind| format!("; every row is a {}", kind.as_str()));
        let left =
            if unread.is_empty() { String::new() } else { format!("; not read: {}", unread.join(", ")) };
        format!("{}{every}{left} (--map and --kind say otherwise)", read.join(", "))
    }
}

/// Why no column is taken for the time.
fn no_time(header: &[String]) -> String {
    let is_value = |name: &&String| Written::read(name).is_some() || name.parse::<i64>().is_ok();
    match header.iter().find(is_value) {
        Some(value) => format!(
            "the first line has to name the columns, such as date,order,amount; it has {value:?}, which looks like a row"
        ),
        None => format!(
            "no column looks like a time: say --map occurred_at=COLUMN, and the like for value, order and what else is to \
             be read; the columns are {}",
            header.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(table: &str, kind: Option<&str>) -> Result<String, String> {
        let mut lines = table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        let rows: Vec<_> = (2..).zip(lines).collect();
        let guess = Guess::of(&header, &rows, kind)?;
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
                "occurred_at=Created at value=Total kind:sale",
            ),
            ("day,type,id\n2026-11-01,lead,7", "occurred_at=day kind=type order=id"),
            ("day,type,id\n2026-11-01,click,7", "occurred_at=day kind=type"),
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
            ("date,total,Total\n2026-11-01,5,6", "!what the rows are is not told"),
            ("date,page\n2026-11-01,/a", "!what the rows are is not told"),
            ("when,total\n2026-11-01,5", "!no column looks like a time"),
            ("date,total\nsoon,5", "!no column looks like a time"),
            ("2026-11-01,49.90\n2026-11-02,5", "!the first line has to name the columns"),
        ] {
            let guessed = guess(table, None).unwrap_or_else(|error| format!("!{error}"));
            let fits =
                if expected.starts_with('!') { guessed.starts_with(expected) } else { guessed == expected };
            assert!(fits, "{table:?}: {guessed}");
        }
        assert_eq!(guess("date,page\n2026-11-01,/a", Some("view")).unwrap(), "occurred_at=date");
    }
}
