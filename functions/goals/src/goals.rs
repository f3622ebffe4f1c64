//! Making, listing, reading, replacing and deleting goals.

use axum::Json;
use axum::extract::State as Held;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, CLASHING, Formed, KEYED, May, Path, SENT, UNSERVED};
use reckon_core::domain::goal::{Goal, GoalDraft, GoalError};
use reckon_core::domain::rollup::View;
use reckon_core::http::{App, Body, Caller, Fault, Id, NoParameters, Problem, ProblemKind, Query};
use reckon_core::render::{Form, Layout, PARAMETERS};
use reckon_core::store::Role;
use serde::Serialize;

/// The most goals of a site.
const MOST_GOALS: usize = 500;
/// The columns of flat formats.
const COLUMNS: [&str; 9] =
    ["id", "name", "metric", "target", "direction", "period.every", "period.from", "period.to", "filters"];

/// The goals of a site.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Goals))]
struct List {
    goals: Vec<Goal>,
    /// The cursor of the next page; null, since all goals are here.
    next: Option<String>,
    /// Whether nothing follows.
    complete: bool,
}

/// The goal of that id, of the caller's site.
pub(crate) async fn own_goal(app: &App, caller: &Caller, id: &str) -> Result<Goal, Problem> {
    app.store.goal(&caller.site.id, id).await?.ok_or_else(|| Problem::not_found("goal"))
}

/// The goal that was sent, or everything that is wrong with it.
fn parse(draft: &GoalDraft, id: String) -> Result<Goal, Problem> {
    let fault = |error: GoalError| Fault::new(error.pointer(), error.code(), error.to_string());
    let goal = draft.parse(id).map_err(|errors| Problem::invalid(errors.into_iter().map(fault).collect()))?;
    let dimensions = goal.filters.dimensions().collect();
    if View::covering(&dimensions).is_none() {
        let served: Vec<_> = View::all().map(View::name).collect();
        let detail = format!(
            "No view has the goal's filters together. Served are these, and parts of them: {}.",
            served.join(", ")
        );
        return Err(Problem::new(ProblemKind::NotServed, detail));
    }
    Ok(goal)
}

/// `GET /v1/goals`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/goals",
        tag = "Goals",
        operation_id = "list_goals",
        summary = "List the goals",
        params(Formed),
        security(("bearer" = ["read", "admin"])),
        responses((status = 200, description = "All goals of the site, oldest first", body = List), May<{ KEYED | ASKED }>)
    )
)]
pub(crate) async fn list(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    query.knows(&PARAMETERS)?;
    let goals = app.store.goals(&caller.site.id).await?;
    let list = List { goals, next: None, complete: true };
    form.show(Some(&caller), &Layout::list("goals", &COLUMNS), &list)
}

/// `POST /v1/goals`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        post,
        path = "/v1/goals",
        tag = "Goals",
        operation_id = "make_goal",
        summary = "Make a goal",
        description = "A site has at most 500. The period is fixed, or begins anew each week, month or quarter.",
        security(("bearer" = ["admin"])),
        request_body(content = GoalDraft, example = json!({
            "name": "November sales by mail",
            "metric": "sales",
            "target": 1000,
            "direction": "at_least",
            "period": {"from": "2026-11-01", "to": "2026-11-30"},
            "filters": {"channel": ["email"]}
        })),
        responses(
            (
                status = 201, description = "The goal",
                body = Goal, headers(("Location" = String, description = "Where it is read"))
            ),
            May<{ KEYED | SENT | UNSERVED | CLASHING }>
        )
    )
)]
pub(crate) async fn create(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Body(draft): Body<GoalDraft>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let id = format!("g_{}", ulid::Ulid::new().to_string().to_ascii_lowercase());
    let goal = parse(&draft, id)?;
    if app.store.goals(&caller.site.id).await?.len() >= MOST_GOALS {
        let detail = format!("A site has at most {MOST_GOALS} goals. Delete some that are over.");
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    if !app.store.create_goal(&caller.site.id, &goal).await? {
        return Err(Problem::new(
            ProblemKind::Conflict,
            "There is a goal of that id already. Send it again.",
        ));
    }
    let location = [(header::LOCATION, format!("/v1/goals/{}", goal.id))];
    Ok((StatusCode::CREATED, location, Json(goal)).into_response())
}

/// `GET /v1/goals/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/goals/{id}",
        tag = "Goals",
        operation_id = "read_goal",
        summary = "Read a goal",
        params(Path),
        security(("bearer" = ["read", "admin"])),
        responses((status = 200, description = "The goal", body = Goal), May<{ KEYED | ABSENT | ASKED }>)
    )
)]
pub(crate) async fn read(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    Ok(Json(own_goal(&app, &caller, &id).await?).into_response())
}

/// `PUT /v1/goals/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        put,
        path = "/v1/goals/{id}",
        tag = "Goals",
        operation_id = "replace_goal",
        summary = "Replace a goal",
        description = "All of it is replaced, but for its id; sending it again changes nothing.",
        params(Path),
        security(("bearer" = ["admin"])),
        request_body(content = GoalDraft, example = json!({
            "name": "Cost per acquisition, month by month",
            "metric": "cpa",
            "target": 12.5,
            "direction": "at_most",
            "period": {"every": "month"}
        })),
        responses(
            (status = 200, description = "The goal as it is now", body = Goal),
            May<{ KEYED | ABSENT | SENT | UNSERVED }>
        )
    )
)]
pub(crate) async fn replace(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
    Body(draft): Body<GoalDraft>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    own_goal(&app, &caller, &id).await?;
    let goal = parse(&draft, id)?;
    app.store.put_goal(&caller.site.id, &goal).await?;
    Ok(Json(goal).into_response())
}

/// `DELETE /v1/goals/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        delete,
        path = "/v1/goals/{id}",
        tag = "Goals",
        operation_id = "delete_goal",
        summary = "Delete a goal",
        params(Path),
        security(("bearer" = ["admin"])),
        responses((status = 204, description = "It is gone"), May<{ KEYED | ABSENT | ASKED }>)
    )
)]
pub(crate) async fn delete(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    own_goal(&app, &caller, &id).await?;
    app.store.delete_goal(&caller.site.id, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
