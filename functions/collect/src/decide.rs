//! `PATCH /v1/conversions/{id}`: whether a result is to be paid for. The event stays; a later version decides.

use axum::Json;
use axum::extract::State as Held;
use axum::response::{IntoResponse, Response};
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::{Decision, Status, Trust};
use reckon_core::domain::names::Label;
use reckon_core::domain::result::ResultId;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::{App, Body, Caller, Fault, Id, Problem, ProblemKind};
use reckon_core::store::Role;
use serde::{Deserialize, Serialize};

use crate::{journeys, store};

/// What is decided.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deciding {
    status: Status,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Answer {
    id: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    decided_at: String,
}

/// `PATCH /v1/conversions/{id}`
pub(crate) async fn decide(
    Held(app): Held<App>,
    caller: Caller,
    Id(id): Id,
    Body(deciding): Body<Deciding>,
) -> Result<Response, Problem> {
    caller.require(Role::Write)?;
    let missing = || Problem::not_found("conversion");
    let named = ResultId::parse(&id).ok_or_else(missing)?;
    let reason = deciding.reason.as_deref().map(Label::parse).transpose();
    let reason = reason.map_err(|error| {
        Problem::invalid(vec![Fault::new("/reason", "invalid_text", format!("reason {error}"))])
    })?;
    let version = app.store.event(&caller.site, &named.event, named.minute).await?.ok_or_else(missing)?;
    let mut event = version.event;
    if event.sent.void || event.derived.robot || !caller.site.keeps_path(event.sent.kind) {
        let detail = "It is withdrawn, or was no conversion to begin with, so there is nothing to decide.";
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    let now = app.clock.now();
    let state = app.store.state(&caller.site.id).await?.ok_or_else(missing)?;
    if named.minute < state.raw_complete_from {
        let detail = "The minute of this conversion has expired; what was counted of it stays as it is.";
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    if deciding.status == Status::Rejected
        && let Some(order) = &event.sent.order
        && let Some(known) = app.store.order(&caller.site.id, event.sent.kind, order).await?
        && known.refunded() > Money::ZERO
        && stands(Guard::RefundBound)
    {
        let detail = format!(
            "{} of its order went back already. Withdraw the refunds first.",
            known.refunded().text()
        );
        return Err(Problem::new(ProblemKind::Conflict, detail));
    }
    let at = now.timestamp_millis();
    event.sent.decision = Some(Decision { at, status: deciding.status, reason: reason.clone() });
    let derived = journeys::Derived { events: vec![event], touches: Vec::new() };
    store::store(&app, &caller.site, Trust::Secret, derived).await?;
    let answer = Answer {
        id,
        status: deciding.status,
        reason: reason.map(|reason| reason.as_str().to_owned()),
        decided_at: now.to_rfc3339(),
    };
    Ok(Json(answer).into_response())
}
