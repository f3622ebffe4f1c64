//! `GET /v1/reconcile`: every rollup of some days, recounted from the stored events.

use axum::Json;
use axum::extract::State as Held;
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use reckon_core::domain::rollup::FOLD_VERSION;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::store::Role;

use crate::ask::parse;
use crate::show::{Answer, RepeatedIds, ShownDay, Told};
use crate::walk::Walk;

/// How much one call does, in versions of events: about 10 seconds, and well below the time that a request has.
const EFFORT: u64 = 500_000;

/// `GET /v1/reconcile`
pub(crate) async fn recount(Held(app): Held<App>, caller: Caller, query: Query) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    answer(&app, &caller.site, &query, EFFORT).await
}

/// The answer to a question, as far as an effort reaches: so many versions of events read, and each lane of a minute that
/// was looked at counting as 25.
pub async fn answer(app: &App, site: &Site, query: &Query, effort: u64) -> Result<Response, Problem> {
    let (calendar, now) = (site.calendar(), app.clock.now());
    let (ask, position) = parse(query, calendar, now)?;
    // Read before everything else: what it calls sealed is folded.
    let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
    let mut walk = Walk::new((&app.store, site), state, now, effort);
    let (days, next) = walk.go(position, ask.limit).await?;
    let days: Vec<ShownDay> = days.into_iter().map(|day| ShownDay::of(day, calendar)).collect();
    let answer = Answer {
        query: ask,
        site: site.id.as_str(),
        time_zone: calendar.zone().name(),
        as_of: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        rebuild_needed: state.built < FOLD_VERSION,
        difference: days.iter().map(|day| day.difference).max().unwrap_or(Told::None),
        days,
        repeated_ids: RepeatedIds::of(walk.repeats, calendar),
        complete: next.is_none(),
        next: next.map(|position| position.text()),
    };
    Ok(Json(answer).into_response())
}
