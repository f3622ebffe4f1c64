//! Rebuilds: asking for a recount of a range from raw events, and how far it has come.

use axum::Json;
use axum::extract::State as Held;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, KEYED, May, Path, SENT};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::kpi::proportion;
use reckon_core::domain::report::{Period, bounds};
use reckon_core::domain::rollup::FOLD_VERSION;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::{App, Body, Caller, Fault, Id, NoParameters, Problem, day_of};
use reckon_core::store::{Rebuild, Role};
use serde::{Deserialize, Serialize};

use crate::new_id;

/// The days to recount.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = NewRebuild))]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// The first day.
    #[cfg_attr(feature = "contract", schema(value_type = NaiveDate))]
    from: String,
    /// The last day.
    #[cfg_attr(feature = "contract", schema(value_type = NaiveDate))]
    to: String,
}

/// A rebuild as it is shown.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Rebuild))]
struct Shown {
    /// Its id.
    id: String,
    /// The first day.
    from: NaiveDate,
    /// The last day.
    to: NaiveDate,
    /// How far it has come, in a word.
    status: Status,
    /// The share of the range that is recounted.
    progress: Option<Decimal>,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it was finished; null before.
    finished_at: Option<DateTime<Utc>>,
}

/// How far a rebuild has come.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RebuildStatus))]
#[serde(rename_all = "snake_case")]
enum Status {
    Waiting,
    Running,
    Finished,
}

fn shown(rebuild: Rebuild, site: &Site) -> Shown {
    let span = bounds(Period { from: rebuild.from, to: rebuild.to }, site.calendar());
    let done = rebuild.done_to.max(span.from).number() - span.from.number();
    let whole = span.to.number() - span.from.number();
    let (status, progress) = match rebuild.finished_at {
        Some(_) => (Status::Finished, Some(Decimal::whole(1))),
        None if done == 0 => (Status::Waiting, Some(Decimal::ZERO)),
        None => (Status::Running, proportion(Decimal::whole(1), done.min(whole).into(), whole.into())),
    };
    let Rebuild { id, from, to, created_at, finished_at, .. } = rebuild;
    Shown { id, from, to, status, progress, created_at, finished_at }
}

/// `POST /v1/rebuild`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        post,
        path = "/v1/rebuild",
        tag = "Site and keys",
        operation_id = "ask_rebuild",
        summary = "Recount days from their events",
        description = "Figures are read as they were until a day is done. Days whose events have expired cannot be \
             recounted.",
        security(("bearer" = ["admin"])),
        request_body(content = Asked, example = json!({"from": "2026-11-20", "to": "2026-11-22"})),
        responses(
            (status = 202, description = "The rebuild, which waits for its turn", body = Shown),
            May<{ KEYED | ABSENT | SENT }>
        )
    )
)]
pub(crate) async fn post_rebuild(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Body(asked): Body<Asked>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let (site, now) = (&caller.site, app.clock.now());
    let calendar = site.calendar();
    let mut faults = Vec::new();
    let mut day = |name: &str, text: &str| {
        day_of(format!("/{name}"), name, text).unwrap_or_else(|fault| {
            faults.push(fault);
            NaiveDate::default()
        })
    };
    let (from, to) = (day("from", &asked.from), day("to", &asked.to));
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
    let kept_from = app
        .config
        .kept_from(now)
        .map_or(state.raw_complete_from, |kept| Minute::of(kept).max(state.raw_complete_from));
    if from > to {
        faults.push(Fault::new("/from", "reversed", format!("from is {from}, which is after to, {to}")));
    }
    if calendar.start_of_date(from) < kept_from {
        let kept = calendar.date_of(kept_from);
        let detail =
            format!("raw events of {from} have expired; figures can be rebuilt from the day after {kept}");
        faults.push(Fault::new("/from", "expired", detail));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    // First the generation, then the work: a rebuild that is cut off here has changed nothing that is read.
    let generation = if stands(Guard::GenerationFirst) {
        app.store.next_generation(&site.id).await?
    } else {
        state.generation
    };
    let rebuild = Rebuild {
        id: new_id("rb"),
        from,
        to,
        generation,
        fold: FOLD_VERSION,
        created_at: now,
        done_to: calendar.start_of_date(from),
        finished_at: None,
    };
    app.store.put_rebuild(&site.id, &rebuild).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(rebuild, site))).into_response())
}

/// `GET /v1/rebuild/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/rebuild/{id}",
        tag = "Site and keys",
        operation_id = "read_rebuild",
        summary = "Say how far a rebuild has come",
        params(Path),
        security(("bearer" = ["admin"])),
        responses((status = 200, description = "The rebuild", body = Shown), May<{ KEYED | ABSENT | ASKED }>)
    )
)]
pub(crate) async fn get_rebuild(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let rebuild =
        app.store.rebuild(&caller.site.id, &id).await?.ok_or_else(|| Problem::not_found("rebuild"))?;
    Ok(Json(shown(rebuild, &caller.site)).into_response())
}
