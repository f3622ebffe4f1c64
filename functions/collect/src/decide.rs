//! `PATCH /v1/conversions/{id}`: whether a result is to be paid for. The event stays; a later version decides.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Held;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, CLASHING, KEYED, May, Path, SENT};
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::{Decision, Status, Trust};
use reckon_core::domain::names::Label;
use reckon_core::domain::result::ResultId;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::{App, Caller, Id, NoParameters, Problem, ProblemKind, unreadable};
use reckon_core::store::{Kept, Role};
use serde::Serialize;

#[cfg(feature = "contract")]
use crate::contract::Decision as Sent;
use crate::document::json_of;
use crate::fields::Fields;

/// What is decided.
struct Deciding {
    status: Status,
    reason: Option<Label>,
}

impl Deciding {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        let invalid = |fault| Problem::invalid(vec![fault]);
        let raw = json_of(body)?;
        let fields = Fields::open(raw, String::new()).map_err(invalid)?;
        fields.only(&["status", "reason"]).map_err(invalid)?;
        let all = Status::ALL.map(Status::as_str);
        let status = fields.one_of("status", "unknown_status", Status::parse, &all).map_err(invalid)?;
        let missing = || fields.fault("status", "missing", format!("status is one of {}", all.join(", ")));
        let status = status.ok_or_else(|| invalid(missing()))?;
        Ok(Self { status, reason: fields.label("reason").map_err(invalid)? })
    }
}

/// What was decided.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Decided))]
struct Answer {
    /// The id of the result.
    id: String,
    /// Whether it is to be paid for.
    status: Status,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    reason: Option<String>,
    /// When it was decided.
    decided_at: String,
}

/// `PATCH /v1/conversions/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        patch,
        path = "/v1/conversions/{id}",
        tag = "Attribution and customers",
        operation_id = "decide_conversion",
        summary = "Decide whether a result is to be paid for",
        description = "What is refused counts as `rejected` and nowhere else. The last decision holds.",
        params(Path),
        security(("bearer" = ["write", "admin"])),
        request_body(content = Sent, example = json!({"status": "rejected", "reason": "test order"})),
        responses(
            (status = 200, description = "What was decided", body = Answer),
            May<{ KEYED | ABSENT | SENT | CLASHING }>
        )
    )
)]
pub(crate) async fn decide(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    caller.require(Role::Write)?;
    let missing = || Problem::not_found("conversion");
    let named = ResultId::parse(&id).ok_or_else(missing)?;
    let Deciding { status, reason } = Deciding::read(&body.map_err(|rejection| unreadable(&rejection))?)?;
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
    if status == Status::Rejected
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
    event.sent.decision = Some(Decision { at, status, reason: reason.clone() });
    let kept = Kept { events: vec![event], touches: Vec::new() };
    app.store.keep(&caller.site, Trust::Secret, kept, now, app.config.retention_days).await?;
    let answer = Answer {
        id,
        status,
        reason: reason.map(|reason| reason.as_str().to_owned()),
        decided_at: now.to_rfc3339(),
    };
    Ok(Json(answer).into_response())
}
