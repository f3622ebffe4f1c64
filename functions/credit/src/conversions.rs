//! `GET /v1/conversions`: the results themselves, newest first; and how each came about.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Held;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, Utc};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Formed, KEYED, May, OfResults, Paged, Path};
use reckon_core::domain::attribution::{Model, Step as Weighed, divide};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::channel::OWN_FROM;
use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::{Decimal, Money};
use reckon_core::domain::event::{Event, Kind, Status};
use reckon_core::domain::journey::{Contact, Lookback, Standing, Step, Touch};
use reckon_core::domain::names::Label;
use reckon_core::domain::origin::Origin;
use reckon_core::domain::report::{Span, bounds};
use reckon_core::domain::result::ResultId;
use reckon_core::domain::rollup::{Rows, union};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Fault, Id, Problem, Query, sha256_hex};
use reckon_core::render::{Form, Layout};
use reckon_core::report::{Ask, Asking, require_reader, totals};
use reckon_core::store::{State, concurrently};
use serde::Serialize;

#[cfg(feature = "contract")]
use crate::contract::CreditsByModel;

/// The most results of a page, and how many there are unless asked.
const MOST: usize = 500;
const USUAL: usize = 100;
/// The most events that are read for one page, of any kind, since they lie together; a minute counts as some at least.
const MOST_EVENTS: u64 = 200_000;
const LEAST_OF_MINUTE: u64 = 500;
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
/// How many days are looked through at a time.
const DAYS_AT_ONCE: i64 = 7;

/// A page of results.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Conversions))]
struct List<'a> {
    /// The question.
    query: &'a Ask,
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
struct Shown {
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
    revenue: Money,
    #[serde(flatten)]
    from: Whence,
    /// How many touches led to it, those among them that may not be credited included.
    touches: usize,
}

/// Where a visitor came from.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Whence {
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

/// How a result came about.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Explained {
    #[serde(flatten)]
    conversion: Shown,
    /// What chose the channel.
    rule: Chosen,
    /// What the path was when the result was accepted; later touches do not change it.
    path: Vec<Touched>,
    /// How many touches between the first and the second were left out for their number.
    left_out: u32,
    /// What each model credits, in the order of the path; those that depend on other paths say so.
    #[cfg_attr(feature = "contract", schema(value_type = CreditsByModel))]
    models: BTreeMap<&'static str, Credited>,
    /// Its refunds.
    refunds: Vec<Refunded>,
}

/// The rule that chose a channel; `GET /v1/channel-rules?version=` tells what it says.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ChosenRule))]
struct Chosen {
    /// The list that it is of.
    list: &'static str,
    /// The version of the list.
    version: u32,
    /// The number of the rule in it.
    number: u8,
    /// Whether it was chosen for an earlier touch, whose origin this is.
    inherited: bool,
}

/// A touch of the path.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = TouchOfPath))]
struct Touched {
    /// When.
    at: String,
    /// How.
    contact: Contact,
    #[serde(flatten)]
    from: Whence,
    /// Whether it may be credited.
    eligible: bool,
    /// Why it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    why_not: Option<String>,
}

/// What a model credits, or why it cannot by this path alone.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = CreditOfPath))]
#[serde(untagged)]
pub(crate) enum Credited {
    /// A credit for each touch.
    Divided {
        /// What the model credits.
        rule: &'static str,
        /// The part of the result that each touch is credited with.
        conversions: Vec<Decimal>,
        /// The part of the revenue.
        revenue: Vec<Decimal>,
    },
    /// No credit by this path alone.
    Undivided {
        /// What the model credits.
        rule: &'static str,
        /// Why not.
        why_not: &'static str,
    },
}

/// A refund of the result.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RefundOfOrder))]
struct Refunded {
    /// The id of its event.
    id: String,
    /// When.
    at: String,
    /// How much.
    value: Money,
}

/// What a list is limited to.
struct Wanted {
    kind: Option<Kind>,
    status: Option<Status>,
    order: Option<Label>,
    channel: Option<String>,
    campaign: Option<String>,
    partner: Option<String>,
    limit: usize,
    after: Option<After>,
}

/// What a page ended with: a minute, and the id of an event in it; none where the next page begins with the minute.
#[derive(Clone, Debug, PartialEq, Eq)]
struct After {
    /// What the page belongs to.
    question: String,
    minute: Minute,
    id: String,
}

impl After {
    fn of(question: &str, event: &Event) -> Self {
        let (minute, id) = (event.sent.minute(), event.sent.id.as_str().to_owned());
        Self { question: question.to_owned(), minute, id }
    }

    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}#{}#{}", self.question, self.minute.number(), self.id))
    }

    fn parse(text: &str) -> Option<Self> {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (question, rest) = plain.split_once('#')?;
        let (minute, id) = rest.split_once('#')?;
        let number = minute.parse().ok().filter(|number| (0..4_223_371_680).contains(number))?;
        let minute = Minute::from_number(number);
        Some(Self { question: question.to_owned(), minute, id: id.to_owned() })
    }

    /// Whether an event comes behind what the page ended with. No id is empty.
    fn is_before(&self, event: &Event) -> bool {
        newest_first(event) > (Reverse(self.minute), self.id.clone())
    }
}

fn time(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Wanted {
    fn read(asking: &mut Asking<'_>, rows: usize) -> Self {
        let kinds = Kind::ALL.map(|kind| (kind.as_str(), kind));
        let statuses = Status::ALL.map(|status| (status.as_str(), status));
        let (kind, status) = (asking.word("kind", &kinds), asking.word("status", &statuses));
        let order = asking.one("order").and_then(|text| match Label::parse(text) {
            Ok(order) => Some(order),
            Err(error) => {
                asking.fault("order", "invalid_text", format!("order {error}"));
                None
            }
        });
        let mut text = |name| asking.one(name).map(str::to_owned);
        let (channel, campaign, partner) = (text("channel"), text("campaign"), text("partner"));
        let limit = match asking.one("limit").map(str::parse) {
            None => rows,
            Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
            Some(_) => {
                let detail = format!("limit must be a whole number from 1 to {MOST}");
                asking.fault("limit", "invalid_number", detail);
                rows
            }
        };
        let after = asking.one("cursor").and_then(|cursor| {
            let after = After::parse(cursor);
            if after.is_none() {
                let detail = "the cursor is none of ours; begin again without it, and keep every parameter";
                asking.fault("cursor", "foreign_cursor", detail);
            }
            after
        });
        Self { kind, status, order, channel, campaign, partner, limit, after }
    }

    /// What a cursor belongs to: everything but the page.
    fn question(&self, ask: &Ask) -> String {
        let Self { kind, status, order, channel, campaign, partner, .. } = self;
        let text = serde_json::to_string(&(ask, kind, status, order, channel, campaign, partner));
        sha256_hex(&text.unwrap_or_default()).get(..12).unwrap_or_default().to_owned()
    }

    fn has(&self, event: &Event, site: &Site) -> bool {
        let (sent, origin) = (&event.sent, &event.derived.origin);
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        site.keeps_path(sent.kind)
            && self.after.as_ref().is_none_or(|after| after.is_before(event))
            && !sent.void
            && !event.derived.robot
            && self.kind.is_none_or(|kind| kind == sent.kind)
            && self.status.is_none_or(|status| status == sent.status())
            && self.order.as_ref().is_none_or(|order| sent.order.as_ref() == Some(order))
            && is(&self.channel, origin.channel.as_str())
            && is(&self.campaign, &origin.campaign)
            && is(&self.partner, &origin.partner)
    }
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// What the list is limited to.
    Limited:
        word("kind", "Results of this kind.", Kind::ALL.map(Kind::as_str), None),
        word("status", "Results of this status.", Status::ALL.map(Status::as_str), None),
        text("order", "The results of this order number, found at once."),
        text("channel", "Results of this channel."),
        text("campaign", "Results of this campaign."),
        text("partner", "Results of this partner.");
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
    let own = ["kind", "status", "order", "channel", "campaign", "partner", "limit", "cursor"];
    let mut asking = Asking::of_results(&query, &own);
    let wanted = Wanted::read(&mut asking, form.rows(USUAL, MOST));
    let now = app.clock.now();
    let ask = asking.finish(site.calendar(), now)?;
    let question = wanted.question(&ask);
    if wanted.after.as_ref().is_some_and(|after| after.question != question) {
        let detail =
            "the cursor belongs to another question; begin again without it, and keep every parameter";
        return Err(Problem::invalid(vec![Fault::new("cursor", "foreign_cursor", detail)]));
    }
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
        query: &ask,
        currency: site.currency.as_str(),
        conversions,
        complete: next.is_none(),
        next: next.map(|after| after.text()),
    };
    form.show(Some(&caller), &Layout::list("conversions", &COLUMNS), &answer)
}

/// Results, newest first, and where to go on where too many minutes had to be read.
#[derive(Default)]
struct Page {
    events: Vec<Event>,
    resume: Option<Minute>,
}

async fn of_order(app: &App, site: &Site, order: &Label) -> Result<Page, Problem> {
    let mut page = Page::default();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_result()) {
        let Some(order) = app.store.order(&site.id, kind, order).await? else { continue };
        page.events
            .extend(app.store.event(site, &order.id, order.minute()).await?.map(|version| version.event));
    }
    page.events.sort_by_key(newest_first);
    Ok(page)
}

/// How results are sorted: newest minute first, then by id. A cursor names the last of a page.
fn newest_first(event: &Event) -> (Reverse<Minute>, String) {
    (Reverse(event.sent.minute()), event.sent.id.as_str().to_owned())
}

/// Looks through the minutes that have results, newest first, until the page is full.
///
/// The rollups of hours and minutes tell which those are, so that no other event is read.
async fn look_through(
    app: &App,
    site: &Site,
    state: &State,
    span: Span,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<Page, Problem> {
    let calendar = site.calendar();
    let mut page = Page::default();
    let ahead = Minute::of(now).plus(61);
    let begin = wanted.after.as_ref().map_or(span.to, |after| after.minute.plus(1)).min(span.to).min(ahead);
    let (mut end, mut left) = (begin, MOST_EVENTS);
    while end > span.from {
        let start = end.plus(-DAYS_AT_ONCE * 24 * 60).max(span.from);
        // Whole hours, so that none is read as minutes for its place in the chunk alone.
        let start = calendar.hour_of(start).start().max(span.from);
        let part = Span { from: start, to: end };
        let busy = app.store.busy_minutes(site, state, part, |rows| has_results(rows, site)).await?;
        for (minute, events) in busy.into_iter().rev() {
            if left == 0 {
                page.resume = Some(minute);
                return Ok(page);
            }
            left = left.saturating_sub(events.max(LEAST_OF_MINUTE));
            page.events.extend(results_of(app, site, minute, wanted).await?);
            if page.events.len() > wanted.limit {
                return Ok(page);
            }
        }
        end = start;
    }
    Ok(page)
}

/// Whether there is any result among the events of rows.
fn has_results(rows: &Rows, site: &Site) -> bool {
    let counts = rows.total();
    let counted = Kind::ALL.into_iter().filter(|kind| site.keeps_path(*kind));
    counts.rejected > 0 || counted.map(|kind| counts.of_kind(kind)).sum::<u64>() > 0
}

/// The results of a minute that are wanted, sorted.
async fn results_of(app: &App, site: &Site, minute: Minute, wanted: &Wanted) -> Result<Vec<Event>, Problem> {
    // One lane after the other: of a busy minute all together would not fit in memory.
    let mut found: Vec<Event> = Vec::new();
    for lane in 0..site.lanes_at(minute) {
        let segment = app.store.segment(&site.id, minute, lane).await?;
        let events = union(segment.versions).map(|version| version.event);
        found.extend(events.filter(|event| wanted.has(event, site)));
    }
    found.sort_by_cached_key(newest_first);
    Ok(found)
}

/// The refunds of a result that has an order number: id, time and millionths.
async fn refunds_of(app: &App, site: &Site, event: &Event) -> Result<Vec<(String, i64, i128)>, Problem> {
    let Some(order) = &event.sent.order else { return Ok(Vec::new()) };
    let known = app.store.order(&site.id, event.sent.kind, order).await?;
    let refunds = known.into_iter().flat_map(|order| order.refunds);
    let told = refunds.filter(|refund| refund.millionths != 0);
    Ok(told.map(|refund| (refund.id.as_str().to_owned(), refund.at, refund.millionths)).collect())
}

fn shown(event: &Event, refunded: Money) -> Shown {
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

/// `GET /v1/conversions/{id}/explain`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/conversions/{id}/explain",
        tag = "Attribution and customers",
        operation_id = "explain_conversion",
        summary = "Say how a result came about",
        description = "Every touch of its path, whether it may be credited, and what each model credits it with.",
        params(Path),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "The result and its path", body = Explained),
            May<{ KEYED | ABSENT | ASKED }>
        )
    )
)]
pub(crate) async fn explain(
    Held(app): Held<App>,
    caller: Caller,
    Id(id): Id,
    query: Query,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let mut faults: Vec<Fault> = Vec::new();
    query.only(&[], &mut faults);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let site = &caller.site;
    let missing = || Problem::not_found("conversion");
    let named = ResultId::parse(&id).ok_or_else(missing)?;
    let version = app.store.event(site, &named.event, named.minute).await?.ok_or_else(missing)?;
    let event = version.event;
    if event.sent.void || event.derived.robot || !site.keeps_path(event.sent.kind) {
        return Err(missing());
    }
    let refunds = refunds_of(&app, site, &event).await?;
    let refunded = Decimal::from_millionths(refunds.iter().map(|(_, _, value)| *value).sum());
    let conversion = shown(&event, refunded);
    let revenue = conversion.revenue;
    let steps = steps_of(&event);
    let answer = Explained {
        rule: chosen(&event),
        path: steps.iter().map(|step| touched(step, &event, site)).collect(),
        left_out: event.derived.path.as_ref().map_or(0, |path| path.dropped),
        models: Model::ALL
            .into_iter()
            .map(|model| (model.name(), credited(model, &steps, &event, revenue, site)))
            .collect(),
        refunds: refunds
            .into_iter()
            .map(|(id, at, value)| Refunded { id, at: time(at), value: Decimal::from_millionths(value) })
            .collect(),
        conversion,
    };
    Ok(Json(answer).into_response())
}

/// The steps of a result's path; without one, what its origin says.
fn steps_of(event: &Event) -> Vec<Step> {
    if let Some(path) = &event.derived.path {
        return path.steps.clone();
    }
    vec![step_of(event)]
}

fn chosen(event: &Event) -> Chosen {
    let Origin { rule: number, rules_version: version, inherited, .. } = event.derived.origin;
    let list = match number {
        0 => "sender",
        OWN_FROM.. => "own",
        _ => "built_in",
    };
    Chosen { list, version, number, inherited }
}

/// What a result's origin says, as a step.
fn step_of(event: &Event) -> Step {
    let origin = event.derived.origin.clone();
    let touch = Touch { at: event.sent.at, contact: Contact::Result, origin, landing_page: String::new() };
    touch.step(event.sent.at, Lookback::default())
}

impl Whence {
    fn of(step: &Step) -> Self {
        let Step { channel, source, medium, campaign, partner, offer, referrer, .. } = step.clone();
        Self { channel: channel.as_str(), source, medium, campaign, partner, offer, referrer }
    }
}

fn touched(step: &Step, event: &Event, site: &Site) -> Touched {
    let lookback = site.lookback(event.sent.kind);
    let ago = step.days_before(event.sent.at);
    // The days are those of now; what was decided then stays.
    let why_not = match step.standing {
        Standing::Eligible => None,
        Standing::ClickTooOld => Some(format!(
            "it was more than {ago} days before; this site looks back {} days for clicks and visits",
            lookback.click_days
        )),
        Standing::ImpressionTooOld => Some(format!(
            "it was more than {ago} days before; this site looks back {} days for impressions",
            lookback.view_days
        )),
    };
    Touched {
        at: time(step.at),
        contact: step.contact,
        from: Whence::of(step),
        eligible: step.standing == Standing::Eligible,
        why_not,
    }
}

/// What a model credits each step with: nothing to those that may not be credited.
fn credited(model: Model, steps: &[Step], event: &Event, revenue: Money, site: &Site) -> Credited {
    let rule = model.rule();
    let at = event.derived.path.as_ref().map_or(event.sent.at, |path| path.at);
    let eligible: Vec<Weighed<&'static str>> = steps
        .iter()
        .filter(|step| step.standing == Standing::Eligible)
        .map(|step| Weighed {
            place: step.channel.as_str(),
            direct: step.channel == reckon_core::domain::channel::Channel::Direct,
            days: step.days_before(at),
        })
        .collect();
    if eligible.is_empty() {
        return Credited::Undivided { rule, why_not: "no touch may be credited, so it is direct" };
    }
    let counted = Decimal::whole(totals(Counts::of(event), site).conversions).millionths();
    let divided = |amount| divide(model, &eligible, amount).map(Vec::into_iter);
    let (Some(mut results), Some(mut money)) = (divided(counted), divided(revenue.millionths())) else {
        let why_not = "it depends on all paths of a period; see GET /v1/reports/attribution";
        return Credited::Undivided { rule, why_not };
    };
    let part = |of: &mut std::vec::IntoIter<i128>, step: &Step| {
        let share = if step.standing == Standing::Eligible { of.next().unwrap_or(0) } else { 0 };
        Decimal::from_millionths(share)
    };
    Credited::Divided {
        rule,
        conversions: steps.iter().map(|step| part(&mut results, step)).collect(),
        revenue: steps.iter().map(|step| part(&mut money, step)).collect(),
    }
}
