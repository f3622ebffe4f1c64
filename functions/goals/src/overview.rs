//! `GET /v1/goals/progress`: how all goals stand, the newest first, page by page.

use axum::extract::State as Held;
use axum::response::Response;
use chrono::NaiveDate;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Formed, KEYED, May, Paged, UNSERVED};
use reckon_core::domain::goal::Goal;
use reckon_core::http::{App, Caller, Fault, Problem, Query};
use reckon_core::render::{Form, Layout, PARAMETERS};
use reckon_core::store::Role;
use serde::Serialize;

use crate::looked::Looked;
#[cfg(feature = "contract")]
use crate::progress::On;
use crate::progress::{COLUMNS, Standing, date, today};

/// The most goals of one page, and how many there are unless asked.
const MOST_GOALS: usize = 50;

/// How all goals stand.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = GoalsProgress))]
struct Overview<'a> {
    /// The site.
    site: &'a str,
    /// Its time zone.
    time_zone: &'a str,
    /// The currency of all amounts.
    currency: &'a str,
    /// The local day that the goals are looked at on.
    on: NaiveDate,
    /// The goals, the newest first.
    goals: Vec<Stands<'a>>,
    /// The cursor of the next page; null where nothing follows.
    next: Option<&'a str>,
    /// Whether nothing follows.
    complete: bool,
}

/// How one goal stands, or why that cannot be said.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = GoalStands))]
#[serde(untagged)]
enum Stands<'a> {
    /// How it stands.
    Known(Box<Standing<'a>>),
    /// A goal that cannot be computed keeps no other from being told.
    Unknown {
        /// The goal.
        goal: &'a Goal,
        /// Why not.
        problem: Problem,
    },
}

/// `GET /v1/goals/progress`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/goals/progress",
        tag = "Goals",
        operation_id = "list_progress",
        summary = "Say how all goals stand",
        description = "The newest first, page by page. A goal that cannot be computed keeps no other from being \
             told.",
        params(On, Paged<MOST_GOALS, MOST_GOALS>, Formed),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "A page of goals, and how each stands", body = Overview<'static>),
            May<{ KEYED | ASKED | ABSENT | UNSERVED }>
        )
    )
)]
pub(crate) async fn overview(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    let site = &caller.site;
    let mut faults = Vec::new();
    let known: Vec<&str> = ["on", "limit", "cursor"].iter().chain(&PARAMETERS).copied().collect();
    query.only(&known, &mut faults);
    let on = date(&query, today(&app, &caller), &mut faults);
    let limit = query.limit(MOST_GOALS, MOST_GOALS, &mut faults);
    let cursor = query.one("cursor", &mut faults);
    let mut goals = if faults.is_empty() { app.store.goals(&site.id).await? } else { Vec::new() };
    if let Some(cursor) = cursor {
        if faults.is_empty() && !goals.iter().any(|goal| goal.id == cursor) {
            let detail = "the cursor names a goal that is not there any more; begin again without it";
            faults.push(Fault::new("cursor", "foreign_cursor", detail));
        }
        goals.retain(|goal| goal.id.as_str() < cursor);
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    goals.reverse();
    let complete = goals.len() <= limit;
    goals.truncate(limit);
    let mut looked = Looked::new(&app, site, on).await?;
    looked.fetch(&goals).await?;
    let stands = |goal| match looked.progress(goal) {
        Ok(progress) => Stands::Known(Box::new(Standing { goal, progress })),
        Err(problem) => Stands::Unknown { goal, problem },
    };
    let answer = Overview {
        site: site.id.as_str(),
        time_zone: site.time_zone.name(),
        currency: site.currency.as_str(),
        on,
        goals: goals.iter().map(stands).collect(),
        next: goals.last().filter(|_| !complete).map(|goal| goal.id.as_str()),
        complete,
    };
    let layout = Layout::list("goals", &COLUMNS).columns(&["problem.code", "problem.detail"]);
    form.show(Some(&caller), &layout, &answer)
}
