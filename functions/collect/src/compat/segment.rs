//! Segment's HTTP tracking API: `/v1/track`, `/v1/page`, `/v1/screen`, `/v1/identify`, `/v1/group`, `/v1/alias` and
//! `/v1/batch`.

mod message;

use axum::Json;
use axum::response::{IntoResponse, Response};
use reckon_core::domain::event::Trust;
use reckon_core::domain::site::Site;
use reckon_core::http::{Caller, Fault, Problem, ProblemKind};
use serde_json::json;
use serde_json::value::RawValue;

use super::draft::Draft;
use super::{Incoming, keep_all, opened, refused, text_of};
use crate::accept::Sender;
use crate::document::{check_number, json_of};
use crate::fields::Fields;
use crate::identify;
use message::draft;

/// What a message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Somebody did something.
    Track,
    /// Somebody viewed a page.
    Page,
    /// Somebody viewed a screen of an app.
    Screen,
    /// A visitor is a customer, of whom something is known.
    Identify,
    /// A customer belongs to a group.
    Group,
    /// Two ids are one person's.
    Alias,
}

impl Call {
    const ALL: [Self; 6] = [Self::Track, Self::Page, Self::Screen, Self::Identify, Self::Group, Self::Alias];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Identify => "identify",
            Self::Group => "group",
            Self::Alias => "alias",
        }
    }

    /// Where its messages have what becomes `props`.
    const fn properties(self) -> &'static str {
        match self {
            Self::Track | Self::Page | Self::Screen => "properties",
            Self::Identify | Self::Group | Self::Alias => "traits",
        }
    }
}

/// Answers a call; `None` is a batch of them.
///
/// `POST /v1/identify` is our own route as well, in words of its own.
pub(super) async fn answer(incoming: Incoming, call: Option<Call>) -> Result<Response, Problem> {
    let Incoming { app, caller, headers, body } = incoming;
    let parsed = json_of(&body);
    let caller = if let Some(caller) = caller {
        caller
    } else {
        let body = parsed.as_ref().ok().and_then(|raw| Fields::open(raw, String::new()).ok());
        let written = body.and_then(|body| body.text("writeKey").ok().flatten());
        Caller::of(&app, written.as_deref()).await?
    };
    if let (Some(Call::Identify), Ok(raw)) = (call, &parsed)
        && identify::is_told(raw)
    {
        return identify::identify(&app, &caller, raw).await;
    }
    let sender = Sender::hold(&app, &caller, &headers)?;
    let body = Fields::open(parsed?, String::new()).map_err(|fault| refused(vec![fault]))?;
    let site = &caller.site;
    let drafts = match call {
        Some(_) => vec![draft(&body, call, None, site)],
        None => batch(&body, site)?,
    };
    let mut faults = Vec::new();
    let drafts: Vec<Draft> =
        drafts.into_iter().filter_map(|draft| draft.map_err(|fault| faults.push(fault)).ok()).collect();
    if !faults.is_empty() {
        return Err(refused(faults));
    }
    keep_all(&sender, &drafts).await?;
    if sender.trust == Trust::Secret {
        for (visitor, customer) in identities(&body, call) {
            identify::note(&app, site, &visitor, &customer, false).await.or_else(stands_already)?;
        }
    }
    Ok(Json(json!({"success": true})).into_response())
}

/// A visitor who is another customer already stays that one: the message is stored, and journeys stay apart.
fn stands_already(problem: Problem) -> Result<(), Problem> {
    if problem.kind() == ProblemKind::Conflict { Ok(()) } else { Err(problem) }
}

/// Whom the messages of a body say to be one.
fn identities(body: &Fields<'_>, call: Option<Call>) -> Vec<(String, String)> {
    let told = |message: &Fields<'_>| identity(message).ok().flatten();
    if let Some(call) = call {
        let joins = matches!(call, Call::Identify | Call::Alias);
        return told(body).filter(|_| joins).into_iter().collect();
    }
    let listed = body.raw("batch").and_then(|raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok());
    let messages = listed.into_iter().flatten().filter_map(|raw| Fields::open(raw, String::new()).ok());
    let joins = |message: &Fields<'_>| {
        let kind = message.text("type").ok().flatten();
        matches!(kind.as_deref(), Some("identify" | "alias"))
    };
    messages.filter(joins).filter_map(|message| told(&message)).collect()
}

/// The messages of a batch.
fn batch(body: &Fields<'_>, site: &Site) -> Result<Vec<Result<Draft, Fault>>, Problem> {
    let listed = body.raw("batch").and_then(|raw| serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok());
    let needed = || refused(vec![body.fault("batch", "not_a_list", "must be a list of messages")]);
    let listed = listed.ok_or_else(needed)?;
    check_number(listed.len())?;
    // What all messages have in common may stand beside them.
    let shared = opened(body, "context").map_err(|fault| refused(vec![fault]))?;
    let numbered = listed.into_iter().enumerate();
    let drafts = numbered.map(|(index, raw)| {
        draft(&Fields::open(raw, format!("/batch/{index}"))?, None, shared.as_ref(), site)
    });
    Ok(drafts.collect())
}

/// Whom a message says to be one: a visitor, and the customer that it is.
pub(crate) fn identity(message: &Fields<'_>) -> Result<Option<(String, String)>, Fault> {
    Ok(visitor(message)?.zip(text_of(message, "userId")?))
}

/// The visitor of a message: an alias names it by its former id.
fn visitor(message: &Fields<'_>) -> Result<Option<String>, Fault> {
    Ok(text_of(message, "previousId")?.or(text_of(message, "anonymousId")?))
}
