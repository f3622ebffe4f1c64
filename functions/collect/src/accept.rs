//! The route: read each event, store what can be accepted, say what became of each.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Held;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::Duration;
#[cfg(feature = "contract")]
use reckon_core::contract::{ASKED, CLASHING, EVENTS, KEYED, May};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::event::Trust;
use reckon_core::domain::names::EventId;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Fault, Problem, ProblemKind, Query, unreadable};
use reckon_core::store::{Role, StoreError};
use serde::Serialize;

#[cfg(feature = "contract")]
use crate::contract::{Events, Validated};
use crate::cors::hold_to_origins;
use crate::document::{Document, Placed};
use crate::event::{Read, Reader};
use crate::time::Window;
use crate::{claims, clicks, journeys, preview, refunds};

/// From this age on events may belong to a time whose raw events have expired.
pub(crate) const OLD: Duration = Duration::days(1);

/// What became of the events of a request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[expect(clippy::struct_field_names, reason = "these are the names of the wire")]
pub(crate) struct Accepted {
    /// Distinct events that are stored now, whether by this request or before.
    accepted: usize,
    /// Events of this request that another one of the same id and minute replaced.
    duplicates_in_request: usize,
    /// The events that were not accepted.
    rejected: Vec<Rejected>,
    /// Whether any of them reports a result that another report had named before.
    #[serde(skip)]
    pub(crate) repeated: bool,
}

/// An event that was not accepted, and why.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Rejected {
    /// Its place among the events sent, from 0.
    index: usize,
    /// A stable word for programs.
    code: &'static str,
    /// A JSON pointer into the body.
    pointer: String,
    /// A sentence for people that says what would be right.
    detail: String,
}

/// `POST /v1/events`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        post,
        path = "/v1/events",
        tag = "Events",
        operation_id = "send_events",
        summary = "Send events",
        description = "Each event is accepted or rejected by itself; those accepted are stored before the answer is \
             given. An event that is sent again with its id and time counts once, so a request without an answer is \
             sent again as it was. A page sends with a publish key, from an origin of the site, and may then say \
             less.",
        params(Validated),
        security(("bearer" = ["publish", "write", "admin"])),
        request_body(content = Events,
        description = "One event, an array of them, or an object with `events`: at most 1000, and 1 MB.",
        example = json!([
            {
                "id": "imp-2026-11-21-spring",
                "kind": "impression",
                "occurred_at": "2026-11-21T09:00:00Z",
                "count": 1000,
                "utm": {"source": "newsletter", "medium": "email", "campaign": "spring"}
            },
            {
                "id": "click-81",
                "kind": "click",
                "occurred_at": "2026-11-21T09:05:00Z",
                "visitor": "v-81",
                "utm": {"source": "newsletter", "medium": "email", "campaign": "spring"}
            },
            {
                "id": "sale-A-1001",
                "kind": "sale",
                "occurred_at": "2026-11-21T09:30:00Z",
                "visitor": "v-81",
                "customer": "c-12",
                "order": "A-1001",
                "value": "49.90",
                "currency": "EUR",
                "props": {"plan": "pro"}
            },
            {
                "id": "spend-spring",
                "kind": "spend",
                "occurred_at": "2026-11-21T00:00:00Z",
                "value": "12.50",
                "channel": "email",
                "utm": {"campaign": "spring"}
            }
        ])),
        responses(
            (status = 202, description = "What became of the events", body = Accepted),
            (
                status = 200, description = "What they would become, where `validate_only` is true",
                body = preview::Preview
            ),
            May<{ KEYED | EVENTS | CLASHING | ASKED }>
        )
    )
)]
pub(crate) async fn post_events(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let sender = Sender::hold(&app, &caller, &headers)?;
    let validate_only = options(&query)?;
    check_type(&headers)?;
    let body = body.map_err(|rejection| unreadable(&rejection))?;
    let (mut accepted, mut faults) = sender.read(&Document::read(&body)?.placed()).await?;
    if validate_only {
        clicks::find(&app, &caller.site, sender.trust, &mut accepted, &mut faults).await?;
        return Ok(Json(preview::describe(&app, &caller.site, accepted, faults).await?).into_response());
    }
    let answer = take(&app, &caller.site, sender.trust, accepted, faults).await?;
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// Takes what was read: whatever can be accepted of it is stored, and the rest is named.
pub(crate) async fn take(
    app: &App,
    site: &Site,
    trust: Trust,
    mut accepted: Numbered<Read>,
    mut faults: Numbered<Fault>,
) -> Result<Accepted, Problem> {
    let duplicates = settle(app, site, trust, &mut accepted, &mut faults).await?;
    faults.sort_by_key(|(index, _)| *index);
    if accepted.is_empty() {
        return Err(none_accepted(faults));
    }
    let repeated = accepted.iter().any(|(_, read)| read.repeated);
    let stored = accepted.len();
    keep(app, site, trust, accepted).await?;
    Ok(Accepted {
        accepted: stored,
        duplicates_in_request: duplicates,
        rejected: faults.into_iter().map(rejected).collect(),
        repeated,
    })
}

/// Finds the clicks that events bring, claims ids and orders, leaves one event of each id, and holds refunds to their
/// sales. Answers how many events another one of the same id and minute replaced.
async fn settle(
    app: &App,
    site: &Site,
    trust: Trust,
    accepted: &mut Numbered<Read>,
    faults: &mut Numbered<Fault>,
) -> Result<usize, Problem> {
    clicks::find(app, site, trust, accepted, faults).await?;
    claims::claim(app, site, trust, accepted, faults).await?;
    let claimed = accepted.len();
    *accepted = distinct(std::mem::take(accepted));
    let duplicates = claimed - accepted.len();
    refunds::hold_refunds(app, site, trust, accepted, faults).await?;
    Ok(duplicates)
}

/// Stores settled events.
async fn keep(app: &App, site: &Site, trust: Trust, settled: Numbered<Read>) -> Result<(), StoreError> {
    let events = settled.into_iter().map(|(_, read)| read).collect();
    let derived = journeys::derive_all(app, site, events).await?;
    app.store.keep(site, trust, derived, app.clock.now(), app.config.retention_days).await
}

/// The problem of a request without a single event that could be accepted.
fn none_accepted(faults: Numbered<Fault>) -> Problem {
    let conflict = faults.iter().all(|(_, fault)| fault.code == refunds::EXCEEDS) && !faults.is_empty();
    let (kind, detail) = if conflict {
        (ProblemKind::Conflict, "Refunds together are never more than the sale; errors says which.")
    } else {
        (ProblemKind::InvalidEvents, "Each event has a fault; errors lists them.")
    };
    Problem::new(kind, detail).with(faults.into_iter().map(|(_, fault)| fault).collect())
}

/// Whoever sends events, in whatever words, held to what the key allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender<'a> {
    app: &'a App,
    site: &'a Site,
    pub(crate) trust: Trust,
    headers: &'a HeaderMap,
}

impl<'a> Sender<'a> {
    /// Holds a caller to the role that sending needs, and a publish key to its origins.
    pub(crate) fn hold(app: &'a App, caller: &'a Caller, headers: &'a HeaderMap) -> Result<Self, Problem> {
        caller.require(Role::Publish)?;
        let trust = if caller.key.role == Role::Publish { Trust::Public } else { Trust::Secret };
        hold_to_origins(&caller.site, trust, headers)?;
        Ok(Self { app, site: &caller.site, trust, headers })
    }

    /// Reads every event: those that can be accepted, and the faults of the others.
    pub(crate) async fn read(
        &self,
        events: &[Placed<'_>],
    ) -> Result<(Numbered<Read>, Numbered<Fault>), Problem> {
        let Self { app, site, trust, headers } = *self;
        let now = app.clock.now();
        let kept_from = app.config.kept_from(now).map(Minute::of);
        let mut reader = Reader { site, trust, now, window: Window::new(now, trust, kept_from) };
        let (mut accepted, mut faults) = read_all(&reader, events);
        let old = |read: &Read| read.sent.at < (now - OLD).timestamp_millis();
        if accepted.iter().any(|(_, read)| old(read)) {
            reader.window = Window::new(now, trust, claims::kept_from(app, site).await?);
            (accepted, faults) = read_all(&reader, events);
        }
        for (_, read) in &mut accepted {
            read.user_agent = agent_of(trust, read.user_agent.take(), headers);
        }
        Ok((accepted, faults))
    }

    /// Stores all of these events, or none where one of them cannot be accepted after all; then its faults.
    pub(crate) async fn keep_all(&self, mut accepted: Numbered<Read>) -> Result<Numbered<Fault>, Problem> {
        let Self { app, site, trust, .. } = *self;
        let mut faults = Vec::new();
        settle(app, site, trust, &mut accepted, &mut faults).await?;
        if faults.is_empty() {
            keep(app, site, trust, accepted).await?;
        }
        Ok(faults)
    }
}

/// Events by their place in the request.
pub(crate) type Numbered<T> = Vec<(usize, T)>;

/// Reads every event by itself: those that can be accepted, and the faults of the others.
pub(crate) fn read_all(reader: &Reader<'_>, events: &[Placed<'_>]) -> (Numbered<Read>, Numbered<Fault>) {
    let (mut accepted, mut faults) = (Vec::new(), Vec::new());
    for (index, event) in events.iter().enumerate() {
        match reader.read(event.raw, event.pointer.clone()) {
            Ok(read) => accepted.push((index, read)),
            Err(fault) => faults.push((index, fault)),
        }
    }
    (accepted, faults)
}

/// Whether `validate_only` is asked for.
fn options(query: &Query) -> Result<bool, Problem> {
    let mut faults = Vec::new();
    query.only(&["validate_only"], &mut faults);
    let validate_only = query.flag("validate_only", &mut faults);
    if faults.is_empty() { Ok(validate_only) } else { Err(Problem::invalid(faults)) }
}

/// Bodies are JSON, whatever they are called: `sendBeacon` says `text/plain`, and `curl -d` says it is a form.
pub(crate) fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind =
        value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(kind.as_str(), "application/json" | "text/plain" | "application/x-www-form-urlencoded") {
        return Ok(());
    }
    let detail = "Send JSON, as application/json or as text/plain.";
    Err(Problem::new(ProblemKind::UnsupportedMediaType, detail))
}

/// The person's user agent: a page's own request carries it; a server has to name it.
pub(crate) fn agent_of(trust: Trust, named: Option<String>, headers: &HeaderMap) -> Option<String> {
    match trust {
        Trust::Secret => named,
        Trust::Public => {
            let header = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
            Some(header.unwrap_or_default().to_owned())
        }
    }
}

fn rejected((index, fault): (usize, Fault)) -> Rejected {
    let Fault { pointer, code, detail } = fault;
    Rejected { index, code, pointer, detail }
}

/// One event per id and minute: the last of several, withdrawn if any of them was.
pub(crate) fn distinct(events: Numbered<Read>) -> Numbered<Read> {
    let mut by_id: BTreeMap<(Minute, EventId), (usize, Read)> = BTreeMap::new();
    for (mut index, mut event) in events {
        let key = (event.sent.minute(), event.sent.id.clone());
        if let Some((place, earlier)) = by_id.get(&key) {
            if earlier.sent.version > event.sent.version {
                let later = std::mem::replace(&mut event, earlier.clone());
                index = *place;
                event.complete(&later);
            } else {
                event.complete(earlier);
            }
        }
        by_id.insert(key, (index, event));
    }
    by_id.into_values().collect()
}
