//! `GET|POST /v1/postback`: a partner's server reports a result, and names the click that it followed from.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request, State as Held};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};
use hmac::{Hmac, KeyInit, Mac};
#[cfg(feature = "contract")]
use reckon_core::contract::{ASKED, CLASHING, EVENTS, KEYED, May};
use reckon_core::domain::click::Click;
use reckon_core::domain::event::Trust;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::{App, Caller, Fault, Problem, ProblemKind, Query, unreadable};
use reckon_core::store::Role;
use serde::Serialize;
use sha2::Sha256;
use std::sync::Arc;

use crate::accept::{Accepted, take};
use crate::claims::kept_from;
#[cfg(feature = "contract")]
use crate::contract::OfPostback;
use crate::event::Reader;
use crate::parameters::{self, Named};
use crate::time::Window;

/// The parameters and the fields that they are.
pub(crate) const NAMED: [Named; 14] = [
    ("click", "click"),
    ("event", "kind"),
    ("id", "id"),
    ("name", "name"),
    ("order", "order"),
    ("value", "value"),
    ("currency", "currency"),
    ("status", "status"),
    ("reason", "reason"),
    ("customer", "customer"),
    ("visitor", "visitor"),
    ("partner", "partner"),
    ("offer", "offer"),
    ("occurred_at", "occurred_at"),
];

/// What a signature stands behind.
const SIGNATURE: &str = "signature=";
/// How long a signed postback may be on its way.
const FRESH: Duration = Duration::days(1);
/// How far ahead the clock of the partner may be.
const AHEAD: Duration = Duration::minutes(10);

/// What became of a postback.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = PostbackAccepted))]
struct Answer {
    /// What became of the event.
    #[serde(flatten)]
    accepted: Accepted,
    /// Whether the result had been reported before, by whomever: it counts once.
    repeated: bool,
}

/// `GET /v1/postback`, `POST /v1/postback`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        method(get, post),
        path = "/v1/postback",
        tag = "Tracking links",
        operation_id = "postback",
        summary = "Report a result as a partner",
        description = "A partner's server reports a result, and the click that it followed from. It sends a write \
             key, or signs the request: `signature` is then the last parameter, the HMAC-SHA256 in hex of all before \
             `&signature=`, keyed by the site's `postback_secret`. A result of the same order counts once, whoever \
             reports it. A POST may send the parameters as a form.",
        params(OfPostback),
        security((), ("bearer" = ["write", "admin"])),
        responses(
            (status = 202, description = "What became of the result", body = Answer),
            May<{ KEYED | ASKED | EVENTS | CLASHING }>
        )
    )
)]
pub(crate) async fn postback(Held(app): Held<App>, request: Request) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let mut text = parts.uri.query().unwrap_or_default().to_owned();
    let has_key = parts.headers.contains_key(header::AUTHORIZATION)
        || url::form_urlencoded::parse(text.as_bytes()).any(|(name, _)| name == "key");
    let caller = if has_key { Some(Caller::from_request_parts(&mut parts, &app).await?) } else { None };
    if parts.method == Method::POST {
        let form = Request::from_parts(parts, body);
        let form = Bytes::from_request(form, &app).await.map_err(|rejection| unreadable(&rejection))?;
        let form = str::from_utf8(&form)
            .map_err(|_| Problem::new(ProblemKind::Malformed, "The body is no text in UTF-8."))?;
        if !form.is_empty() && !text.is_empty() {
            text.push('&');
        }
        text.push_str(form);
    }
    let query = Query::parse(&text);
    let mut faults = parameters::check(&query, &NAMED, &["time", "signature"]);
    let now = app.clock.now();
    let site = match caller {
        Some(caller) => {
            caller.require(Role::Write)?;
            caller.site
        }
        None => signed(&app, &query, &text, now, &mut faults).await?,
    };
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let trust = Trust::Secret;
    let window = Window::new(now, trust, kept_from(&app, &site).await?);
    let reader = Reader { site: &site, trust, now, window };
    let mut given: Vec<(String, String)> =
        query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if query.all("event").next().is_none() {
        given.push(("event".to_owned(), "sale".to_owned()));
    }
    let read = parameters::read(&reader, &NAMED, &given)?.map_err(|fault| Problem::invalid(vec![fault]))?;
    let accepted = take(&app, &site, trust, vec![(0, read)], Vec::new()).await?;
    let repeated = accepted.repeated;
    Ok((StatusCode::ACCEPTED, Json(Answer { accepted, repeated })).into_response())
}

/// The site of a postback without a key: that of its click, once its signature is right.
async fn signed(
    app: &App,
    query: &Query,
    text: &str,
    now: DateTime<Utc>,
    faults: &mut Vec<Fault>,
) -> Result<Arc<Site>, Problem> {
    let unsigned = |detail: &str| Problem::new(ProblemKind::NoKey, detail);
    let slug = query.all("click").next().and_then(Click::slug_of);
    let link = match slug {
        Some(slug) => app.link(&slug).await?,
        None => None,
    };
    let Some((_, site)) = link else {
        return Err(unsigned(
            "A postback needs a write key, or a signature and the click of a link: ?click=...&time=...&signature=...",
        ));
    };
    let parts = text.rsplit_once(SIGNATURE).filter(|(said, _)| said.ends_with('&'));
    let (said, signature) = parts.map_or((text, ""), |(said, rest)| (said.trim_end_matches('&'), rest));
    if !is_signed(&site, said, signature) && stands(Guard::PostbackSigned) {
        return Err(unsigned(
            "The signature is missing or wrong: it is the last parameter, the HMAC-SHA256 in hex of all before \
             &signature=, keyed by the site's postback_secret.",
        ));
    }
    let time = query.all("time").next().and_then(|time| time.parse().ok());
    match time.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
        Some(time) if (now - FRESH..=now + AHEAD).contains(&time) => {}
        Some(_) => {
            let detail = "time is more than a day ago, or ahead; sign the postback anew";
            faults.push(Fault::new("time", "stale", detail));
        }
        None => faults.push(Fault::new(
            "time",
            "missing",
            "a signed postback says when it was signed: time, in seconds since 1970",
        )),
    }
    // Else each time that somebody sends it again would be another result.
    if ["order", "id"].into_iter().all(|name| query.all(name).all(str::is_empty)) {
        let detail = "a signed postback needs an order or an id, so that it counts once";
        faults.push(Fault::new("order", "missing", detail));
    }
    Ok(site)
}

fn is_signed(site: &Site, said: &str, signature: &str) -> bool {
    let digits = signature.as_bytes();
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| str::from_utf8(pair).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()))
        .collect();
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(site.postback_secret().as_bytes()) else { return false };
    mac.update(said.as_bytes());
    // Compared in constant time.
    bytes.is_some_and(|bytes| mac.verify_slice(&bytes).is_ok())
}
