//! `POST /v1/reconcile`: the caller's own list of orders or events, held against what is counted of the same days.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Held;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat};
#[cfg(feature = "contract")]
use reckon_core::contract::{KEYED, May, SENT};
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::Kind;
use reckon_core::domain::names::Label;
use reckon_core::domain::pairing::{self, Counted, Listed, pair};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Body, Caller, NoParameters, Problem};
use reckon_core::store::{Role, concurrently};
use serde::Serialize;

use crate::explain::{Reason, look_up};
use crate::known::{Found, read_known};
use crate::sent::{Asked, By, Query, Sent, parse};

/// How a list compares with what is counted.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Reconciled))]
struct Answer<'a> {
    /// The question.
    query: Query,
    /// The site.
    site: &'a str,
    /// Its time zone.
    time_zone: &'a str,
    /// The currency of all amounts.
    currency: &'a str,
    /// When it was compared.
    as_of: String,
    /// Whether nothing differs.
    agrees: bool,
    /// How many rows the list has.
    rows: usize,
    /// How many events are counted in its days.
    events: usize,
    /// What both say alike.
    matched: Matched,
    #[serde(flatten)]
    #[cfg_attr(feature = "contract", schema(value_type = crate::contract::Parts))]
    parts: BTreeMap<&'static str, Listing>,
    /// What the difference of the sums is made of.
    sums: Sums,
    /// What to ask instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    hint: Option<&'static str>,
}

/// What both say alike.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ReconciledMatches))]
struct Matched {
    /// How many rows.
    count: usize,
    /// Their value.
    value: Money,
}

/// One way in which the two differ.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ReconciledPart))]
pub(crate) struct Listing {
    /// How many there are.
    count: usize,
    /// Their value.
    value: Money,
    /// Some of them, at most `limit`.
    list: Vec<Entry>,
    /// Whether all are listed.
    complete: bool,
}

/// A row of the list, an event, or both.
#[derive(Default, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ReconciledEntry))]
struct Entry {
    /// The row's place in the list, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = usize))]
    row: Option<usize>,
    /// The order number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    order: Option<String>,
    /// The event's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    id: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Kind))]
    kind: Option<Kind>,
    /// What the list says that it was worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Money))]
    value: Option<Money>,
    /// What is counted of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Money))]
    counted: Option<Money>,
    /// How much more the list says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Money))]
    difference: Option<Money>,
    /// How often the list says that it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = u32))]
    count: Option<u32>,
    /// How often it is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = u32))]
    counted_count: Option<u32>,
    /// What went back to the buyer, which counts apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Money))]
    refunded: Option<Money>,
    /// Whether the refund is the whole difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    explained_by: Option<&'static str>,
    /// When it happened, as it is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    occurred_at: Option<String>,
}

/// `list - counted = difference`, which is what `explained` adds up to.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ReconciledSums))]
struct Sums {
    /// The values of the list.
    list: Money,
    /// What is counted.
    counted: Money,
    /// How much more the list says.
    difference: Money,
    /// What that is made of: the parts add up to it.
    #[cfg_attr(feature = "contract", schema(value_type = crate::contract::PartsOfDifference))]
    explained: BTreeMap<&'static str, Money>,
}

/// `POST /v1/reconcile`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        post,
        path = "/v1/reconcile",
        tag = "Proof",
        operation_id = "reconcile",
        summary = "Compare a list of your own",
        description = "The caller's own list of orders or events, held against what is counted of the same days, with \
             the reason of each difference. It changes nothing.",
        security(("bearer" = ["read", "admin"])),
        request_body(content = Sent, example = json!({
            "from": "2026-11-01",
            "to": "2026-11-23",
            "by": "order",
            "kind": "sale",
            "rows": [
                {"order": "A-1001", "value": 49.9},
                {"order": "A-1002", "value": 25}
            ]
        })),
        responses(
            (status = 200, description = "What agrees, and what differs why", body = Answer<'static>),
            May<{ KEYED | SENT }>
        )
    )
)]
pub(crate) async fn reconcile(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Body(sent): Body<Sent>,
) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    let site = &*caller.site;
    let asked = parse(&sent, site)?;
    let known = read_known(&app, site, &asked.wanted).await?;
    let (found, reasons) = look_up(&app, site, &asked.wanted, &asked.listed, known).await?;
    Ok(Json(answer(&app, site, asked, &found, &reasons).await?).into_response())
}

async fn answer<'a>(
    app: &App,
    site: &'a Site,
    asked: Asked,
    found: &[Found],
    reasons: &BTreeMap<String, Reason>,
) -> Result<Answer<'a>, Problem> {
    let Asked { query, wanted, listed, limit } = asked;
    let counted: Vec<Counted> = found.iter().map(|event| event.counted(wanted.by)).collect();
    let pairing = pair(&listed, &counted);
    let sums = pairing.sums(&listed, &counted);
    let row = |place: &usize| Some((*place, listed.get(*place)?));
    let of_row = |(place, row): (usize, &Listed)| Entry {
        row: Some(place),
        value: row.value,
        count: row.count,
        ..named(wanted.by, &row.key)
    };
    let event = |place: &usize| found.get(*place);

    let mut parts: BTreeMap<&'static str, Listing> = BTreeMap::new();
    for reason in Reason::ALL {
        let of_reason =
            pairing.missing.iter().filter_map(row).filter(|(_, row)| {
                reasons.get(&row.key).copied().unwrap_or(Reason::Missing).is_alike(reason)
            });
        let entries = of_reason.map(|(place, row)| {
            let at = reasons.get(&row.key).and_then(|reason| reason.at());
            (row.value, Entry { occurred_at: at.map(time), ..of_row((place, row)) })
        });
        parts.insert(reason.name(), Listing::of(entries, limit));
    }
    let twice = pairing.listed_twice.iter().filter_map(row);
    parts.insert(
        "duplicate_in_list",
        Listing::of(twice.map(|(place, row)| (row.value, of_row((place, row)))), limit),
    );
    let events = |places: &[usize]| -> Listing {
        let events = places.iter().filter_map(event);
        Listing::of(events.map(|found| (Some(found.value), Entry::of(found))), limit)
    };
    parts.insert("duplicate_in_reckon", events(&pairing.counted_twice));
    parts.insert("extra", events(&pairing.extra));
    let differing = pairing.differing.iter().filter_map(|(place, other)| Some((row(place)?, event(other)?)));
    let differing = differing.map(|((place, row), found)| {
        let difference = row.value.map(|value| value - found.value);
        let entry = Entry {
            row: Some(place),
            value: row.value,
            difference,
            count: row.count,
            counted_count: Some(found.count),
            ..Entry::of(found)
        };
        (difference, entry)
    });
    parts.insert("value_differs", Listing::of(differing, limit));
    for part in ["extra", "value_differs"] {
        if let Some(listing) = parts.get_mut(part) {
            tell_refunds(app, site, &mut listing.list).await?;
        }
    }
    let matched: Money =
        pairing.matched.iter().filter_map(|(_, other)| event(other)).map(|event| event.value).sum();
    let matched = Matched { count: pairing.matched.len(), value: matched };
    let agrees = parts.values().all(|part| part.count == 0);
    let sums = explain(&sums, &parts);
    let by_order = pairing.extra.iter().filter_map(event).any(|found| found.order.is_some());
    let hint = (wanted.by == By::Event && by_order).then_some(
        "Results that were sent with an order are known by it and not by the id that they came with: \
         compare them by order.",
    );
    Ok(Answer {
        query,
        site: site.id.as_str(),
        time_zone: site.time_zone.name(),
        currency: site.currency.as_str(),
        as_of: app.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true),
        agrees,
        rows: listed.len(),
        events: found.len(),
        matched,
        parts,
        sums,
        hint,
    })
}

/// What the difference of the sums is made of.
fn explain(sums: &pairing::Sums, parts: &BTreeMap<&'static str, Listing>) -> Sums {
    let value = |name: &str| parts.get(name).map_or(Money::ZERO, |part| part.value);
    let less = |amount: Money| Money::ZERO - amount;
    let mut explained: BTreeMap<&'static str, Money> =
        Reason::ALL.iter().map(|reason| (reason.name(), value(reason.name()))).collect();
    explained.extend([
        ("duplicate_in_list", sums.listed_twice),
        ("value_differs", sums.differing),
        ("without_value", less(sums.unvalued)),
        ("extra", less(sums.extra)),
        ("duplicate_in_reckon", less(sums.counted_twice)),
    ]);
    Sums { list: sums.listed, counted: sums.counted, difference: sums.listed - sums.counted, explained }
}

/// Tells of orders what was refunded, since a list of what remains is a common one.
async fn tell_refunds(app: &App, site: &Site, list: &mut [Entry]) -> Result<(), Problem> {
    let reads = list.iter_mut().map(|entry| async move {
        let (Some(order), Some(kind)) = (&entry.order, entry.kind) else { return Ok(()) };
        let Ok(order) = Label::parse(order) else { return Ok(()) };
        let known = app.store.order(&site.id, kind, &order).await?;
        entry.refunded = known.map(|order| order.refunded()).filter(|refunded| *refunded != Money::ZERO);
        let all = entry.difference.map(|difference| Money::ZERO - difference).or(entry.counted);
        entry.explained_by = (entry.refunded.is_some() && entry.refunded == all).then_some("refund");
        Ok::<_, Problem>(())
    });
    concurrently(reads).await.map(|_: Vec<()>| ())
}

fn named(by: By, key: &str) -> Entry {
    match by {
        By::Order => Entry { order: Some(key.to_owned()), ..Entry::default() },
        By::Event => Entry { id: Some(key.to_owned()), ..Entry::default() },
    }
}

fn time(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Entry {
    fn of(found: &Found) -> Self {
        Self {
            order: found.order.clone(),
            id: Some(found.id.as_str().to_owned()),
            kind: Some(found.kind),
            counted: Some(found.value),
            occurred_at: Some(time(found.at)),
            ..Self::default()
        }
    }
}

impl Listing {
    fn of(entries: impl Iterator<Item = (Option<Money>, Entry)>, limit: usize) -> Self {
        let mut listing = Self::default();
        for (value, entry) in entries {
            listing.count += 1;
            listing.value += value.unwrap_or_default();
            if listing.list.len() < limit {
                listing.list.push(entry);
            }
        }
        listing.complete = listing.count == listing.list.len();
        listing
    }
}
