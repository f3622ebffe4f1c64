//! `GET /v1/reconcile`: every rollup of some days, recounted from the stored events.

use axum::extract::State as Held;
use axum::response::Response;
use chrono::SecondsFormat;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Formed, KEYED, May, Paged};
use reckon_core::domain::rollup::FOLD_VERSION;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::render::{Form, Layout};
use reckon_core::store::Role;
use serde::Serialize;

use crate::ask::parse;
#[cfg(feature = "contract")]
use crate::ask::{Days, MOST_DAYS, USUAL_DAYS};
use crate::show::{Answer, RepeatedIds, ShownDay, Told};
use crate::walk::Walk;

/// How much one call does, in versions of events: about 10 seconds, and well below the time that a request has.
const EFFORT: u64 = 500_000;
/// The columns of flat formats.
const COLUMNS: [&str; 13] = [
    "date",
    "complete",
    "through",
    "difference",
    "raw_expired",
    "events",
    "versions",
    "withdrawn",
    "unreadable",
    "fingerprint",
    "levels.minute.status",
    "levels.hour.status",
    "levels.day.status",
];

/// `GET /v1/reconcile`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/reconcile",
        tag = "Proof",
        operation_id = "recount",
        summary = "Recount the figures",
        description = "Every stored total of some days, recounted from the stored events and compared. A call reads \
             about 10 seconds long and then ends its page. It changes nothing: a rebuild repairs what differs.",
        params(Days, Paged<MOST_DAYS, USUAL_DAYS>, Formed),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "The days, and what differs in each", body = Answer<'static>),
            May<{ KEYED | ASKED | ABSENT }>
        )
    )
)]
pub(crate) async fn recount(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    let answer = answer(&app, &caller.site, &query, EFFORT).await?;
    form.show(Some(&caller), &Layout::list("days", &COLUMNS), &answer)
}

/// The answer to a question, as far as an effort reaches: so many versions of events read, and each lane of a minute that
/// was looked at counting as 25.
pub async fn answer(app: &App, site: &Site, query: &Query, effort: u64) -> Result<impl Serialize, Problem> {
    let (calendar, now) = (site.calendar(), app.clock.now());
    let (ask, position) = parse(query, site, now)?;
    // Read before everything else: what it calls sealed is folded.
    let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
    let mut walk = Walk::new((&app.store, site), state, now, effort);
    let (days, next) = walk.go(position, ask.limit).await?;
    let days: Vec<ShownDay> = days.into_iter().map(|day| ShownDay::of(day, calendar)).collect();
    Ok(Answer {
        query: ask,
        site: site.id.as_str(),
        time_zone: calendar.zone().name(),
        as_of: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        rebuild_needed: state.built < FOLD_VERSION,
        difference: days.iter().map(|day| day.difference).max().unwrap_or(Told::None),
        days,
        repeated_ids: RepeatedIds::of(walk.repeats, calendar),
        complete: next.is_none(),
        next: next.map(|position| position.text(site)),
    })
}
