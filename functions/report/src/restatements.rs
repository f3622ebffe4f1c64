//! `GET /v1/restatements`: which sealed days say something else than before, since when, by how much and why.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State as Held;
use axum::response::Response;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Formed, KEYED, May, OfResults, Paged};
use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::kpi::{Metric, Totals};
use reckon_core::domain::report::{restatements as restated, standing_at};
use reckon_core::domain::rollup::{Reason, Rows, View};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::render::{Form, Layout};
use reckon_core::report::{Ask, Asking, question_name, read_cursor, require_reader, totals, write_cursor};
use reckon_core::store::DayVersion;
use serde::{Deserialize, Serialize};

/// The most restatements of one page, and how many there are unless asked.
const MOST_ROWS: usize = 1_000;
const ROWS: usize = 100;

/// A page of restatements.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Restatements))]
struct Answer<'a> {
    /// The question.
    query: Asked<'a>,
    /// The site.
    site: &'a str,
    /// Its time zone.
    time_zone: &'a str,
    /// The currency of all amounts.
    currency: &'a str,
    /// The restatements, newest first.
    rows: Vec<Row>,
    /// The cursor of the next page; null where nothing follows.
    next: Option<String>,
    /// Whether nothing follows.
    complete: bool,
}

/// The question, which a cursor belongs to.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RestatementsQuestion))]
struct Asked<'a> {
    /// The first day.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    /// Restatements from this time on.
    #[cfg_attr(feature = "contract", schema(value_type = Option<String>, format = DateTime))]
    since: Option<DateTime<Utc>>,
    /// Restatements up to this time.
    #[cfg_attr(feature = "contract", schema(value_type = Option<String>, format = DateTime))]
    until: Option<DateTime<Utc>>,
    /// What the moves are parted by beside.
    by: Option<&'a str>,
}

/// One day that says something else since one moment.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Restatement))]
struct Row {
    /// The day.
    date: NaiveDate,
    /// Since when.
    at: String,
    /// Why.
    reasons: Vec<Reason>,
    /// Which restatement of the day it is, from 1.
    version: usize,
    /// How many there are of the day.
    versions: usize,
    /// Each metric that differs; none where only the parts of the day do.
    #[cfg_attr(feature = "contract", schema(value_type = std::collections::HashMap<String, Move>))]
    moved: Moved,
    /// The views that say something else.
    views: Vec<&'static str>,
    /// The channels that do, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Vec<ChannelRow>))]
    rows: Option<Vec<ChannelRow>>,
}

/// A channel that says something else.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RestatedChannel))]
struct ChannelRow {
    /// The channel.
    channel: String,
    /// Each metric that differs.
    #[cfg_attr(feature = "contract", schema(value_type = std::collections::HashMap<String, Move>))]
    moved: Moved,
}

type Moved = BTreeMap<&'static str, Move>;

/// What a metric was, what it is, and the difference; null where it is undefined.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Move {
    /// What it was.
    before: Option<Decimal>,
    /// What it is.
    after: Option<Decimal>,
    /// `after - before`
    delta: Option<Decimal>,
}

/// Where the next page begins: behind this restatement of this question.
#[derive(Serialize, Deserialize)]
struct Cursor {
    question: String,
    at: i64,
    date: NaiveDate,
}

/// A restatement by its place: newest first, and of one moment the latest day.
struct Found {
    date: NaiveDate,
    at: i64,
    version: usize,
    versions: usize,
    before: Option<DayVersion>,
    after: DayVersion,
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// Which restatements.
    Told:
        time("since", "Restatements from this time on, which is over."),
        time("until", "Restatements up to this time."),
        word("by", "Tells beside which channels say something else.", ["channel"], None);
}

/// `GET /v1/restatements`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/restatements",
        tag = "Proof",
        operation_id = "list_restatements",
        summary = "List what changed since it was sealed",
        description = "Which sealed days say something else than before, since when, by how much and why.",
        params(OfResults, Told, Paged<MOST_ROWS, ROWS>, Formed),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "A page of restatements, newest first", body = Answer<'static>),
            May<{ KEYED | ASKED | ABSENT }>
        )
    )
)]
pub(crate) async fn restatements(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let (site, now) = (&caller.site, app.clock.now());
    let mut asking = Asking::of_results(&query, &["since", "until", "by", "limit", "cursor"]);
    let (since, until) = (asking.time("since", now), asking.any_time("until"));
    let by = asking.word("by", &[("channel", "channel")]);
    let limit = asking.limit(form.rows(ROWS, MOST_ROWS), MOST_ROWS);
    let cursor = asking.one("cursor");
    if since.zip(until).is_some_and(|(since, until)| since > until) {
        asking.fault("since", "reversed", "since is after until");
    }
    let Ask { from, to, .. } = asking.finish(site.calendar(), now)?;
    let asked = Asked { from, to, since, until, by };
    let question = question_name(site.id.as_str(), &asked);
    let belongs = |cursor: &Cursor| cursor.question == question;
    let cursor = cursor.map(|text| read_cursor(text, belongs)).transpose()?;

    let mut found = find(&app, site, &asked).await?;
    found.sort_by_key(|one| Reverse((one.at, one.date)));
    if let Some(Cursor { at, date, .. }) = cursor {
        found.retain(|one| (one.at, one.date) < (at, date));
    }
    let complete = found.len() <= limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| !complete)
        .map(|one| write_cursor(&Cursor { question: question.clone(), at: one.at, date: one.date }));
    let channels = if by.is_some() { Some(channels(&app, site, &found).await?) } else { None };
    let answer = Answer {
        query: asked,
        site: site.id.as_str(),
        time_zone: site.time_zone.name(),
        currency: site.currency.as_str(),
        rows: found.into_iter().map(|one| row(one, channels.as_ref(), site)).collect(),
        next,
        complete,
    };
    form.show(Some(&caller), &layout(by.is_some()), &answer)
}

/// Flat rows tell by how much each metric moved: of each restatement, or of each channel of it.
fn layout(by_channel: bool) -> Layout {
    let layout = if by_channel {
        Layout::nested("restatements", "rows").columns(&["channel"])
    } else {
        Layout::report("restatements")
    };
    let layout = layout.columns(&["date", "at", "version", "versions", "reasons", "views"]);
    Metric::ALL.into_iter().fold(layout, |layout, metric| {
        let name = metric.as_str();
        layout.column(format!("{name}_delta"), &[&Layout::own(&format!("moved.{name}.delta"))])
    })
}

/// Every restatement that the question is about, in any order.
async fn find(app: &App, site: &Site, asked: &Asked<'_>) -> Result<Vec<Found>, Problem> {
    let seals = app.store.seals(&site.id).await?;
    let days = app.store.day_versions(&site.id, View::TOTAL, (asked.from, asked.to)).await?;
    let millis = |time: Option<DateTime<Utc>>| time.map(|time| time.timestamp_millis());
    let within = |at: i64| {
        millis(asked.since).is_none_or(|since| at >= since)
            && millis(asked.until).is_none_or(|until| at <= until)
    };
    let mut found = Vec::new();
    for (date, versions) in days {
        let Some(sealed_at) = seals.sealed_at(date) else { continue };
        let all = restated(&versions, sealed_at);
        let versions = all.len();
        found.extend(all.into_iter().filter(|one| within(one.at)).map(|one| Found {
            date,
            at: one.at,
            version: one.version,
            versions,
            before: one.before.cloned(),
            after: one.after.clone(),
        }));
    }
    Ok(found)
}

/// The versions of the channels of the days that are shown.
type Channels = BTreeMap<NaiveDate, BTreeMap<i64, DayVersion>>;

async fn channels(app: &App, site: &Site, found: &[Found]) -> Result<Channels, Problem> {
    let dates = || found.iter().map(|one| one.date);
    let Some((first, last)) = dates().min().zip(dates().max()) else { return Ok(Channels::new()) };
    Ok(app.store.day_versions(&site.id, View::CHANNEL, (first, last)).await?)
}

fn row(one: Found, channels: Option<&Channels>, site: &Site) -> Row {
    let Found { date, at, version, versions, before, after } = one;
    let rows = channels.map(|channels| {
        let rows = |fold: Option<i64>| {
            let versions = channels.get(&date).zip(fold);
            by_channel(versions.and_then(|(all, fold)| standing_at(all, fold)).map(|(_, found)| &found.rows))
        };
        let (before, after) = (rows(before.as_ref().map(|before| before.since)), rows(Some(after.since)));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let moved = |channel: &String| {
            let of = |rows: &BTreeMap<String, Counts>| rows.get(channel).cloned().unwrap_or_default();
            let moved = moved(of(&before), of(&after), site);
            (!moved.is_empty()).then(|| ChannelRow { channel: channel.clone(), moved })
        };
        names.into_iter().filter_map(moved).collect()
    });
    let total = |version: Option<&DayVersion>| version.map(|found| found.rows.total()).unwrap_or_default();
    Row {
        date,
        at: time(at),
        reasons: after.reasons.clone(),
        version,
        versions,
        moved: moved(total(before.as_ref()), total(Some(&after)), site),
        views: after.moved.iter().map(|view| view.name()).collect(),
        rows,
    }
}

fn by_channel(rows: Option<&Rows>) -> BTreeMap<String, Counts> {
    let rows = rows.into_iter().flat_map(Rows::iter);
    rows.filter_map(|(values, row)| Some((values.first()?.clone(), row.counts.clone()))).collect()
}

/// Each metric that differs.
fn moved(before: Counts, after: Counts, site: &Site) -> Moved {
    let (before, after): (Totals, Totals) = (totals(before, site), totals(after, site));
    let of = |metric: Metric| {
        let (before, after) = (metric.value(&before).ok(), metric.value(&after).ok());
        let delta = after.zip(before).map(|(after, before)| after - before);
        (before != after).then_some((metric.as_str(), Move { before, after, delta }))
    };
    Metric::ALL.into_iter().filter_map(of).collect()
}

fn time(at: i64) -> String {
    let time = DateTime::from_timestamp_millis(at).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
