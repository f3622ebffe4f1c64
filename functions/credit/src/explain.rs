//! `GET /v1/conversions/{id}/explain`: how a result came about, and what each model credits to what led to it.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Held;
use axum::response::{IntoResponse, Response};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, KEYED, May, Path};
use reckon_core::domain::attribution::{Model, Step as Weighed, divide};
use reckon_core::domain::channel::{Channel, OWN_FROM};
use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::{Decimal, Money};
use reckon_core::domain::event::Event;
use reckon_core::domain::journey::{Contact, Standing, Step};
use reckon_core::domain::origin::Origin;
use reckon_core::domain::result::ResultId;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Id, NoParameters, Problem};
use reckon_core::report::{require_reader, totals};
use serde::Serialize;

#[cfg(feature = "contract")]
use crate::contract::CreditsByModel;
use crate::conversions::{Shown, Whence, refunds_of, shown, step_of, time};

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
    _: NoParameters,
    Id(id): Id,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
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

/// The time from which its touches are looked back at: that of its path, where it has one.
fn judged_at(event: &Event) -> i64 {
    event.derived.path.as_ref().map_or(event.sent.at, |path| path.at)
}

fn touched(step: &Step, event: &Event, site: &Site) -> Touched {
    let lookback = site.lookback(event.sent.kind);
    let ago = step.days_before(judged_at(event));
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
    let at = judged_at(event);
    let eligible: Vec<Weighed<&'static str>> = steps
        .iter()
        .filter(|step| step.standing == Standing::Eligible)
        .map(|step| Weighed {
            place: step.channel.as_str(),
            direct: step.channel == Channel::Direct,
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
