//! `GET /v1/conversions`: the results themselves, newest first.

mod search;
mod wanted;

use axum::extract::State as Held;
use axum::response::Response;
use chrono::{DateTime, SecondsFormat};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Formed, KEYED, May, OfResults, Paged};
use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::{Decimal, Money};
use reckon_core::domain::event::{Event, Kind, Status};
use reckon_core::domain::journey::{Contact, Lookback, Step, Touch};
use reckon_core::domain::names::Label;
use reckon_core::domain::report::bounds;
use reckon_core::domain::result::ResultId;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::render::{Form, Layout};
use reckon_core::report::{Ask, Asking, require_reader};
use reckon_core::store::concurrently;
use serde::Serialize;

use search::{Page, look_through, of_order};
#[cfg(feature = "contract")]
use wanted::Limited;
use wanted::{After, OWN, Wanted};

/// The most results of a page, and how many there are unless asked.
const MOST: usize = 500;
const USUAL: usize = 100;
/// The columns of flat formats.
const COLUMNS: [&str; 19] = [
    "id",
    "occurred_at",
    "kind",
    "name",
    "order",
    "status",
    "reason",
    "count",
    "gross_revenue",
    "refunded",
    "revenue",
    "channel",
    "source",
    "medium",
    "campaign",
    "partner",
    "offer",
    "referrer",
    "touches",
];

/// What was asked for.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ConversionsQuestion))]
struct Asked<'a> {
    #[serde(flatten)]
    ask: &'a Ask,
    /// The status that results are limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Status))]
    status: Option<Status>,
    /// The order number that they are limited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    order: Option<&'a str>,
}

/// A page of results.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Conversions))]
struct List<'a> {
    /// The question.
    query: Asked<'a>,
    /// The currency of all amounts.
    currency: &'a str,
    /// The results, newest first.
    conversions: Vec<Shown>,
    /// The cursor of the next page; null where nothing follows.
    next: Option<String>,
    /// Whether nothing follows.
    complete: bool,
}

/// A result.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Conversion))]
pub(crate) struct Shown {
    /// Its id, by which it is decided and explained.
    id: String,
    /// When it happened.
    occurred_at: String,
    /// What happened.
    kind: Kind,
    /// Which form, button or plan; empty where the event has no name.
    name: String,
    /// The sender's order number.
    order: Option<String>,
    /// Whether it is to be paid for.
    status: Status,
    /// Why it was decided so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    reason: Option<String>,
    /// How often it happened.
    count: u32,
    /// Its value; 0 for what is refused.
    gross_revenue: Money,
    /// Value of its refunds.
    refunded: Money,
    /// `gross_revenue - refunded`
    pub(crate) revenue: Money,
    #[serde(flatten)]
    from: Whence,
    /// How many touches led to it, those among them that may not be credited included.
    touches: usize,
}

/// Where a visitor came from.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub(crate) struct Whence {
    /// The channel.
    #[cfg_attr(feature = "contract", schema(value_type = reckon_core::domain::channel::Channel))]
    channel: &'static str,
    /// The site or list.
    source: String,
    /// By what means.
    medium: String,
    /// The campaign.
    campaign: String,
    /// The partner who is to be paid.
    partner: String,
    /// The partner's offer.
    offer: String,
    /// The host of the page that the visitor came from.
    referrer: String,
}

pub(crate) fn time(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `GET /v1/conversions`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/conversions",
        tag = "Attribution and customers",
        operation_id = "list_conversions",
        summary = "List the results",
        description = "The results themselves, newest first, with their refunds and where each came from.",
        params(OfResults, Limited, Paged<MOST, USUAL>, Formed),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "A page of results", body = List<'static>),
            May<{ KEYED | ASKED | ABSENT }>
        )
    )
)]
pub(crate) async fn list(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let site = &caller.site;
    let mut asking = Asking::of_results(&query, &OWN);
    let wanted = Wanted::read(&mut asking, form.rows(USUAL, MOST));
    let now = app.clock.now();
    let mut ask = asking.finish(site.calendar(), now)?;
    wanted.add_to(&mut ask.filters);
    let question = wanted.question(site, &ask);
    wanted.belongs_to(&question)?;
    let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
    let found = match &wanted.order {
        Some(order) => of_order(&app, site, order).await?,
        None => Page::default(),
    };
    let span = bounds(ask.period(), site.calendar());
    let mut page = if wanted.order.is_some() {
        let within = |event: &Event| (span.from..span.to).contains(&event.sent.minute());
        let events = found.events.into_iter().filter(|event| within(event) && wanted.has(event, site));
        Page { events: events.collect(), resume: None }
    } else {
        look_through(&app, site, &state, span, &wanted, now).await?
    };
    let more = page.events.len() > wanted.limit;
    page.events.truncate(wanted.limit);
    let last = page.events.last().map(|event| After::of(&question, event));
    let resumed = page.resume.map(|minute| After { question, minute, id: String::new() });
    let next = if more { last } else { resumed };
    let (app, of) = (&app, &**site);
    let mut conversions: Vec<(usize, Shown)> =
        concurrently(page.events.iter().enumerate().map(|(place, event)| async move {
            let refunds = refunds_of(app, of, event).await?;
            let refunded = refunds.iter().map(|(_, _, value)| *value).sum();
            Ok::<_, Problem>((place, shown(event, Decimal::from_millionths(refunded))))
        }))
        .await?;
    conversions.sort_by_key(|(place, _)| *place);
    let conversions = conversions.into_iter().map(|(_, shown)| shown).collect();
    let answer = List {
        query: Asked { ask: &ask, status: wanted.status, order: wanted.order.as_ref().map(Label::as_str) },
        currency: site.currency.as_str(),
        conversions,
        complete: next.is_none(),
        next: next.map(|after| after.text()),
    };
    form.show(Some(&caller), &Layout::list("conversions", &COLUMNS), &answer)
}

/// The refunds of a result that has an order number: id, time and millionths.
pub(crate) async fn refunds_of(
    app: &App,
    site: &Site,
    event: &Event,
) -> Result<Vec<(String, i64, i128)>, Problem> {
    let Some(order) = &event.sent.order else { return Ok(Vec::new()) };
    let known = app.store.order(&site.id, event.sent.kind, order).await?;
    let refunds = known.into_iter().flat_map(|order| order.refunds);
    let told = refunds.filter(|refund| refund.millionths != 0);
    Ok(told.map(|refund| (refund.id.as_str().to_owned(), refund.at, refund.millionths)).collect())
}

pub(crate) fn shown(event: &Event, refunded: Money) -> Shown {
    let Event { sent, derived } = event;
    let counts = Counts::of(event);
    let gross = counts.sales_value + counts.subscriptions_value;
    let decision = sent.decision.as_ref();
    Shown {
        id: ResultId::of(event).text(),
        occurred_at: time(sent.at),
        kind: sent.kind,
        name: sent.name.as_ref().map_or("", Label::as_str).to_owned(),
        order: sent.order.as_ref().map(|order| order.as_str().to_owned()),
        status: sent.status(),
        reason: decision
            .and_then(|decision| decision.reason.as_ref())
            .map(|reason| reason.as_str().to_owned()),
        count: sent.count,
        gross_revenue: gross,
        refunded,
        revenue: gross - refunded,
        from: Whence::of(&step_of(event)),
        touches: derived.path.as_ref().map_or(0, |path| path.steps.len()),
    }
}

/// What a result's origin says, as a step.
pub(crate) fn step_of(event: &Event) -> Step {
    let origin = event.derived.origin.clone();
    let touch = Touch { at: event.sent.at, contact: Contact::Result, origin, landing_page: String::new() };
    touch.step(event.sent.at, Lookback::default())
}

impl Whence {
    pub(crate) fn of(step: &Step) -> Self {
        let Step { channel, source, medium, campaign, partner, offer, referrer, .. } = step.clone();
        Self { channel: channel.as_str(), source, medium, campaign, partner, offer, referrer }
    }
}
