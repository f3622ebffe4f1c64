//! The list as it is sent, and what is wrong with it.

use chrono::{DateTime, NaiveDate, Utc};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::Kind;
use reckon_core::domain::names::{EventId, Label};
use reckon_core::domain::pairing::Listed;
use reckon_core::domain::report::{Period, bounds};
use reckon_core::domain::site::Site;
use reckon_core::domain::words::quoted;
use reckon_core::http::{Fault, Problem, day_of};
use serde::{Deserialize, Serialize};

use crate::known::{Part, Wanted};

/// The most rows of a list.
const MOST_ROWS: usize = 10_000;
/// How many entries each part lists unless asked.
const USUAL_LISTED: usize = 100;
/// The most days of a list.
const MOST_DAYS: i64 = 366;

/// The caller's list, which is complete for its days.
#[derive(Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ListToReconcile))]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    /// The first day of the list.
    #[cfg_attr(feature = "contract", schema(value_type = NaiveDate))]
    from: String,
    /// The last day, which is included; a list covers at most 366 days.
    #[cfg_attr(feature = "contract", schema(value_type = NaiveDate))]
    to: String,
    /// What its rows are known by.
    by: By,
    /// The kind of results that it lists; `sale` by order and all kinds by event unless said.
    kind: Option<Kind>,
    /// Which part of a longer list it is: that of the keys whose SHA-256 begins so.
    #[serde(default)]
    part: Option<SentPart>,
    /// How many entries each part of the answer lists at most; 100 unless said.
    #[cfg_attr(feature = "contract", schema(maximum = 10_000))]
    limit: Option<usize>,
    /// The rows: all that there are of these days.
    #[cfg_attr(feature = "contract", schema(max_items = 10_000))]
    rows: Vec<SentRow>,
}

/// What a row is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ReconcileBy))]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// The order number.
    Order,
    /// The id of the event.
    Event,
}

/// A part of a list.
#[derive(Clone, Copy, Deserialize, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = PartOfList))]
#[serde(deny_unknown_fields)]
struct SentPart {
    /// Which part, from 0.
    number: u64,
    /// How many parts there are.
    #[cfg_attr(feature = "contract", schema(maximum = 10_000))]
    of: u64,
}

/// A row of a list.
#[derive(Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RowToReconcile))]
#[serde(deny_unknown_fields)]
struct SentRow {
    /// By order: its number.
    order: Option<String>,
    /// By event: its id.
    id: Option<String>,
    /// What it was worth; not compared unless said.
    value: Option<Money>,
    /// The currency, which has to be the site's.
    currency: Option<String>,
    /// By event: when it happened, which finds events of other days.
    #[serde(default, deserialize_with = "reckon_core::http::optional_time")]
    #[cfg_attr(feature = "contract", schema(value_type = Option<String>, format = DateTime))]
    occurred_at: Option<DateTime<Utc>>,
    /// How often it happened; not compared unless said.
    count: Option<u32>,
}

/// What was asked, as answers repeat it.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ReconcileQuestion))]
pub(crate) struct Query {
    /// The first day.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    /// What rows are known by.
    by: By,
    /// The kind of results; null for all.
    kind: Option<Kind>,
    /// Which part of a longer list it was.
    part: Option<SentPart>,
}

/// The list, parsed.
pub(crate) struct Asked {
    pub(crate) query: Query,
    pub(crate) wanted: Wanted,
    pub(crate) listed: Vec<Listed>,
    pub(crate) limit: usize,
}

/// Reads a list, or says everything that is wrong with it.
pub(crate) fn parse(sent: &Sent, site: &Site) -> Result<Asked, Problem> {
    let mut faults = Vec::new();
    let mut day = |name: &str, text: &str| {
        day_of(format!("/{name}"), name, text).map_err(|fault| faults.push(fault)).ok()
    };
    let days = (day("from", &sent.from), day("to", &sent.to));
    if let (Some(from), Some(to)) = days {
        if from > to {
            let detail = format!("from is {from}, which is after to, {to}");
            faults.push(Fault::new("/from", "reversed", detail));
        } else if (to - from).num_days() >= MOST_DAYS {
            let detail = format!("a list covers at most {MOST_DAYS} days; send one for each part of them");
            faults.push(Fault::new("/from", "too_long", detail));
        }
    }
    let kinds = kinds(sent, site, &mut faults);
    let part = part(sent.part, &mut faults);
    if sent.limit.is_some_and(|limit| limit > MOST_ROWS) {
        let detail = format!("limit must be at most {MOST_ROWS}");
        faults.push(Fault::new("/limit", "invalid_number", detail));
    }
    if sent.rows.len() > MOST_ROWS {
        let detail = format!(
            "a list has at most {MOST_ROWS} rows, this one has {}; send fewer days, or parts of a day",
            sent.rows.len()
        );
        faults.push(Fault::new("/rows", "too_many", detail));
    }
    let rows = sent.rows.iter().take(MOST_ROWS).enumerate();
    let listed: Vec<Listed> =
        rows.filter_map(|(place, row)| read_row(place, row, sent.by, part, site, &mut faults)).collect();
    let (Some(from), Some(to)) = days else { return Err(Problem::invalid(faults)) };
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let span = bounds(Period { from, to }, site.calendar());
    let query = Query { from, to, by: sent.by, kind: kinds.1, part: sent.part };
    let wanted = Wanted { by: sent.by, kinds: kinds.0, part, span };
    Ok(Asked { query, wanted, listed, limit: sent.limit.unwrap_or(USUAL_LISTED) })
}

/// The kinds that are compared, and the one that was named.
fn kinds(sent: &Sent, site: &Site, faults: &mut Vec<Fault>) -> (Vec<Kind>, Option<Kind>) {
    let kind = sent.kind.or((sent.by == By::Order).then_some(Kind::Sale));
    if let (By::Order, Some(kind)) = (sent.by, kind)
        && !kind.is_result()
    {
        let detail =
            "orders are kept of the kinds lead, signup, subscription and sale; compare others by event";
        faults.push(Fault::new("/kind", "no_orders", detail));
    }
    let all = || Kind::ALL.into_iter().filter(|kind| site.keeps_path(*kind)).collect();
    (kind.map_or_else(all, |kind| vec![kind]), kind)
}

fn part(sent: Option<SentPart>, faults: &mut Vec<Fault>) -> Option<Part> {
    let SentPart { number, of } = sent?;
    if number >= of || of > 10_000 {
        let detail = "of must be at most 10000, and number below it";
        faults.push(Fault::new("/part", "invalid_number", detail));
    }
    Some(Part { number, of })
}

fn read_row(
    place: usize,
    row: &SentRow,
    by: By,
    part: Option<Part>,
    site: &Site,
    faults: &mut Vec<Fault>,
) -> Option<Listed> {
    let (name, key, other) = match by {
        By::Order => ("order", &row.order, &row.id),
        By::Event => ("id", &row.id, &row.order),
    };
    let mut fault = |field: &str, code, detail: String| {
        faults.push(Fault::new(format!("/rows/{place}/{field}"), code, detail));
    };
    let Some(key) = key else {
        fault(name, "missing", format!("each row needs {name}"));
        return None;
    };
    if other.is_some() {
        let detail = "a row names an order or an id, as by says, and not both".to_owned();
        fault(name, "unknown_field", detail);
    }
    let wrong = match by {
        By::Order => Label::parse(key).err(),
        By::Event => EventId::parse(key).err(),
    };
    if let Some(error) = wrong {
        fault(name, "invalid_text", format!("{name} {error}"));
    }
    if let Some(currency) = row.currency.as_deref().filter(|currency| *currency != site.currency.as_str()) {
        let detail =
            format!("the site's currency is {}, this is {}", site.currency.as_str(), quoted(currency));
        fault("currency", "currency_mismatch", detail);
    }
    if part.is_some_and(|part| !part.has(key)) {
        fault(name, "other_part", format!("{name} does not belong to the part of the list that it names"));
    }
    let minute = row.occurred_at.map(Minute::of);
    Some(Listed { key: key.clone(), minute, value: row.value, count: row.count })
}
