//! `POST /v1/identify`: which customer a visitor is, so that journeys are joined across devices.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reckon_core::domain::names::Label;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Fault, Problem, ProblemKind};
use reckon_core::store::{Identity, Role};
use serde_json::value::RawValue;

use crate::fields::Fields;

/// How many identities lead from one to the next before it is taken for a circle.
const LONGEST_CHAIN: usize = 8;

/// Whether a body speaks of a `visitor`; what others' clients send does not.
pub(crate) fn is_told(raw: &RawValue) -> bool {
    Fields::open(raw, String::new()).is_ok_and(|fields| fields.raw("visitor").is_some())
}

/// `POST /v1/identify`
pub(crate) async fn identify(app: &App, caller: &Caller, raw: &RawValue) -> Result<Response, Problem> {
    caller.require(Role::Write)?;
    let (visitor, customer, void) = read(raw).map_err(|fault| Problem::invalid(vec![fault]))?;
    note(app, &caller.site, visitor.as_str(), customer.as_str(), void).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Reads the visitor, the customer, and whether it is taken back.
fn read(raw: &RawValue) -> Result<(Label, Label, bool), Fault> {
    let fields = Fields::open(raw, String::new())?;
    fields.only(&["visitor", "customer", "void"])?;
    let needed = |name: &str| {
        let label = fields.label(name)?;
        label.ok_or_else(|| fields.fault(name, "missing", format!("{name} says who it is")))
    };
    Ok((needed("visitor")?, needed("customer")?, fields.flag("void")?))
}

/// Notes or takes back which customer a visitor is.
pub(crate) async fn note(
    app: &App,
    site: &Site,
    visitor: &str,
    customer: &str,
    void: bool,
) -> Result<(), Problem> {
    let hash = site.person("visitor", visitor);
    let identity = Identity {
        customer: site.person("customer", customer),
        as_visitor: site.person("visitor", customer),
    };
    let standing = app.store.visitor(&site.id, hash).await?.customer;
    if void {
        if standing.is_none_or(|standing| standing.customer != identity.customer) {
            return Err(Problem::new(ProblemKind::NotFound, "The visitor is not known as this customer."));
        }
        return Ok(app.store.forget_identity(&site.id, hash, identity.customer).await?);
    }
    let another = || {
        let detail = "The visitor is another customer already. Take that back first, with \"void\": true.";
        Problem::new(ProblemKind::Conflict, detail)
    };
    if standing.is_some_and(|standing| standing.customer != identity.customer) {
        return Err(another());
    }
    // Following who each customer is as a visitor must not lead back here.
    let mut next = identity.as_visitor;
    for _ in 0..LONGEST_CHAIN {
        if visitor == customer {
            break;
        }
        if next == hash {
            let detail = "This would be a circle: the customer is, as a visitor, this visitor's customer.";
            return Err(Problem::new(ProblemKind::Conflict, detail));
        }
        match app.store.visitor(&site.id, next).await?.customer {
            Some(known) if known.as_visitor != next => next = known.as_visitor,
            _ => break,
        }
    }
    if !site.identities {
        app.store.note_identities(&site.id).await?;
        app.forget_keys();
    }
    if app.store.identify(&site.id, hash, &identity).await? { Ok(()) } else { Err(another()) }
}
