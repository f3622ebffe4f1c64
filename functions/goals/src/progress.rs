//! `GET /v1/goals/{id}/progress`: fetch what the goal measures, and compute how it stands.

use axum::extract::State as Held;
use axum::response::Response;
use chrono::NaiveDate;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Drawn, KEYED, May, Path, UNSERVED};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::goal::{Goal, Progress};
use reckon_core::http::{App, Caller, Fault, Id, Problem, Query};
use reckon_core::render::{Chart, Form, Layout, PARAMETERS};
use reckon_core::store::Role;
use serde::Serialize;

use crate::goals::own_goal;
use crate::looked::Looked;

/// The columns of flat formats.
pub(crate) const COLUMNS: [&str; 13] = [
    "goal.id",
    "goal.name",
    "goal.metric",
    "goal.direction",
    "period.from",
    "period.to",
    "actual",
    "target",
    "share",
    "expected_by_now",
    "projected",
    "status",
    "reasons",
];

/// A goal and how it stands.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = GoalProgress))]
pub(crate) struct Standing<'a> {
    /// The goal.
    pub(crate) goal: &'a Goal,
    #[serde(flatten)]
    pub(crate) progress: Progress,
}

/// `GET /v1/goals/{id}/progress`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/goals/{id}/progress",
        tag = "Goals",
        operation_id = "read_progress",
        summary = "Say how a goal stands",
        description = "How far it has come, how far it would be by now, what it comes to at this pace, and all of it \
             in one word.",
        params(Path, On, Drawn),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "How it stands", body = Standing<'static>),
            May<{ KEYED | ABSENT | ASKED | UNSERVED }>
        )
    )
)]
pub(crate) async fn progress(
    Held(app): Held<App>,
    caller: Caller,
    Id(id): Id,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    let mut faults = Vec::new();
    let known: Vec<&str> = ["on"].iter().chain(&PARAMETERS).copied().collect();
    query.only(&known, &mut faults);
    let on = date(&query, today(&app, &caller), &mut faults);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let goal = own_goal(&app, &caller, &id).await?;
    let mut looked = Looked::new(&app, &caller.site, on).await?;
    looked.fetch([&goal]).await?;
    let progress = looked.progress(&goal)?;
    let layout = Layout::whole("progress").columns(&COLUMNS).drawn(Chart::Progress);
    form.show(Some(&caller), &layout, &Standing { goal: &goal, progress })
}

/// The site's local date.
pub(crate) fn today(app: &App, caller: &Caller) -> NaiveDate {
    caller.site.calendar().date_of(Minute::of(app.clock.now()))
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// On which day.
    pub(crate) On:
        day("on", "The day whose standing is meant; today unless said.").example(Some("2026-11-23".into()));
}

/// The day that is asked for; today by default.
pub(crate) fn date(query: &Query, today: NaiveDate, faults: &mut Vec<Fault>) -> NaiveDate {
    query.day("on", faults).unwrap_or(today)
}
