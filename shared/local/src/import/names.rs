//! What the columns of tables are usually called, by the field that they fill.

/// What the columns of a field are usually called, likeliest first, in small letters with `_` for everything else.
pub(super) const USUAL: [(&str, &[&str]); 19] = [
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
const TIMES: [&str; 24] = [
    "occurred_at",
    "date",
    "created_at",
    "day",
    "order_date",
    "purchase_date",
    "created",
    "created_date",
    "create_date",
    "date_created",
    "time",
    "timestamp",
    "datetime",
    "date_time",
    "paid_at",
    "purchased_at",
    "completed_at",
    "datum",
    "bestelldatum",
    "kaufdatum",
    "rechnungsdatum",
    "fecha",
    "data",
    "create_time",
];
const ORDERS: [&str; 13] = [
    "order",
    "order_id",
    "order_number",
    "order_no",
    "ordernumber",
    "orderid",
    "bestellnummer",
    "auftragsnummer",
    "rechnungsnummer",
    "transaction_id",
    "transaction",
    "invoice",
    "id",
];
const VALUES: [&str; 15] = [
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
    "gesamtbetrag",
    "rechnungsbetrag",
    "umsatz",
    "summe",
];

/// A column's name in small letters, with one `_` for whatever is no letter or digit.
pub(super) fn plain(name: &str) -> String {
    let letters = name.to_lowercase();
    let words = letters.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// Whether the times of a column are those of UTC, by its name: `Created date (UTC)`.
pub(crate) fn is_utc(name: &str) -> bool {
    plain(name).ends_with("_utc")
}

/// The column that is usually called like that field. An error says that two are, of which nobody knows which is meant.
pub(crate) fn place(header: &[String], field: &str) -> Result<Option<usize>, String> {
    place_by(header, field, |column| {
        let name = plain(column);
        Some(if field == "occurred_at" { name.trim_end_matches("_utc").to_owned() } else { name })
    })
}

/// As [`place`], of columns that are called as `called` says.
pub(super) fn place_by(
    header: &[String],
    field: &str,
    called: impl Fn(&str) -> Option<String>,
) -> Result<Option<usize>, String> {
    let Some((_, names)) = USUAL.iter().find(|(known, _)| *known == field) else { return Ok(None) };
    let called: Vec<Option<String>> = header.iter().map(|column| called(column)).collect();
    for name in *names {
        let is_called =
            |place: usize| called.get(place).is_some_and(|called| called.as_deref() == Some(*name));
        let mut places = header.iter().enumerate().filter(|(place, _)| is_called(*place));
        match (places.next(), places.next()) {
            (None, _) => {}
            (Some((place, _)), None) => return Ok(Some(place)),
            (Some((_, one)), Some((_, other))) => {
                return Err(format!(
                    "two columns may be the {field}, {one:?} and {other:?}: remove or rename one, or name with --map which columns are read"
                ));
            }
        }
    }
    Ok(None)
}

/// The column of orders of a shop whose export calls it Name, and has a row for each item of an order.
pub(super) fn order_by_name(header: &[String], rows: &[super::records::Record]) -> Option<usize> {
    let place = header.iter().position(|column| plain(column) == "name")?;
    let items = header.iter().any(|column| plain(column).starts_with("lineitem_"));
    let cells = || rows.iter().filter_map(|(_, row)| row.get(place)).filter(|cell| !cell.is_empty());
    (cells().next().is_some() && (items || cells().all(|cell| cell.starts_with('#')))).then_some(place)
}

/// The column of orders: called so, or told by what it holds.
pub(crate) fn order_place(
    header: &[String],
    rows: &[super::records::Record],
) -> Result<Option<usize>, String> {
    let called = place(header, "order")?;
    // Each row has an id of its own, which in such a table is none of an order's.
    let is_id = called.is_some_and(|place| header.get(place).is_some_and(|name| plain(name) == "id"));
    Ok(called.filter(|_| !is_id).or_else(|| order_by_name(header, rows)).or(called))
}

/// Whether a header is that of a table of times, values or orders.
pub(super) fn is_table(header: &[String]) -> bool {
    ["occurred_at", "value", "order"].into_iter().any(|field| place(header, field) != Ok(None))
}
