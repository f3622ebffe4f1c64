//! What the clients of others send, once their host is changed: read in their words, stored by our rules.
//!
//! Each message becomes the JSON of an event and goes the way of `POST /v1/events`. A request is stored whole or not
//! at all, since their answers have no place for the fault of one message.

#[cfg(feature = "contract")]
mod described;
mod draft;
mod fold;
mod plausible;
mod segment;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::routing::post;
use reckon_core::domain::decimal::Decimal;
use reckon_core::http::{App, Caller, Fault, Problem, ProblemKind, Query, secret_in, unreadable};
use serde_json::value::RawValue;

use crate::accept::{Sender, check_type};
use crate::cors::preflight;
use crate::document::Placed;
use crate::fields::Fields;
#[cfg(feature = "contract")]
pub(crate) use described::contract;
use draft::Draft;
use segment::Call;

/// The routes of others' clients.
pub(crate) fn routes() -> Router<App> {
    let calls = [
        ("/v1/track", Some(Call::Track)),
        ("/v1/page", Some(Call::Page)),
        ("/v1/screen", Some(Call::Screen)),
        ("/v1/identify", Some(Call::Identify)),
        ("/v1/group", Some(Call::Group)),
        ("/v1/alias", Some(Call::Alias)),
        ("/v1/batch", None),
    ];
    let router = calls.into_iter().fold(Router::new(), |router, (path, call)| {
        let answer = async move |incoming: Incoming| segment::answer(incoming, call).await;
        router.route(path, post(answer).options(preflight))
    });
    router
        .route("/api/event", post(plausible::answer).options(preflight))
        // For clients that can set a host and nothing else; the host then ends in the key.
        .route("/k/{key}/api/event", post(plausible::answer_with_key).options(preflight))
}

/// A request of which nobody knows yet who sent it: others' clients may name their key in the body.
#[derive(Debug)]
pub(crate) struct Incoming {
    app: App,
    /// Whoever the headers or the address name.
    caller: Option<Caller>,
    headers: HeaderMap,
    body: Bytes,
}

impl FromRequest<App> for Incoming {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let headers = parts.headers.clone();
        let caller = match secret_in(&parts) {
            Some(secret) => Some(Caller::of(app, Some(&secret)).await?),
            None => None,
        };
        let mut faults = Vec::new();
        Query::parse(parts.uri.query().unwrap_or_default()).only(&[], &mut faults);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        check_type(&headers)?;
        let body = Bytes::from_request(Request::from_parts(parts, body), app).await;
        let body = body.map_err(|rejection| unreadable(&rejection))?;
        Ok(Self { app: app.clone(), caller, headers, body })
    }
}

/// Stores what messages became: all of them, or none where one has a fault.
async fn keep_all(sender: &Sender<'_>, drafts: &[Draft]) -> Result<(), Problem> {
    let documents = drafts.iter().map(|draft| draft.document(sender.trust)).collect::<Result<Vec<_>, _>>()?;
    let placed: Vec<Placed<'_>> = drafts
        .iter()
        .zip(&documents)
        .map(|(draft, raw)| Placed { raw, pointer: draft.pointer.clone() })
        .collect();
    let (accepted, mut faults) = sender.read(&placed).await?;
    if faults.is_empty() {
        faults = sender.keep_all(accepted).await?;
    }
    if !faults.is_empty() {
        let told =
            faults.into_iter().filter_map(|(index, fault)| Some(drafts.get(index)?.in_their_words(fault)));
        return Err(refused(told.collect()));
    }
    Ok(())
}

/// The problem of a request of which nothing was stored.
fn refused(faults: Vec<Fault>) -> Problem {
    let detail = "Nothing of this request was stored; errors names what is wrong, and where.";
    Problem::new(ProblemKind::InvalidEvents, detail).with(faults)
}

/// An amount rounded to six decimals: JavaScript's sums, such as 0.1 + 0.2, come with sixteen.
fn in_millionths(amount: &str) -> String {
    let Some((whole, decimals)) = amount.split_once('.') else { return amount.to_owned() };
    let Some((kept, cut)) = decimals.split_at_checked(6) else { return amount.to_owned() };
    if !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return amount.to_owned();
    }
    let up = Decimal::from_millionths(i128::from(cut.bytes().next().is_some_and(|digit| digit >= b'5')));
    Decimal::parse(&format!("{whole}.{kept}"))
        .map_or_else(|_| amount.to_owned(), |amount| (amount + up).text())
}

/// An object within another.
fn opened<'a>(fields: &Fields<'a>, name: &str) -> Result<Option<Fields<'a>>, Fault> {
    // Some languages write an empty object as an empty list.
    let Some(raw) = fields.raw(name).filter(|raw| raw.get() != "[]") else { return Ok(None) };
    Fields::open(raw, fields.fault(name, "", "").pointer).map(Some)
}

/// A text, or a number as its text; an empty text says nothing.
fn text_of(fields: &Fields<'_>, name: &str) -> Result<Option<String>, Fault> {
    let is_number =
        |raw: &RawValue| raw.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let text = match fields.raw(name).filter(|raw| is_number(raw)) {
        Some(number) => Some(number.get().to_owned()),
        None => fields.text(name)?,
    };
    Ok(text.filter(|text| !text.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_rounded_in_its_digits_and_what_is_none_stays_as_it_is() {
        for (amount, expected) in [
            ("49.90", "49.90"),
            ("0.30000000000000004", "0.3"),
            ("1.0000005", "1.000001"),
            ("0.9999999", "1"),
            ("-2.0000004", "-2"),
            ("7", "7"),
            ("1e21", "1e21"),
            ("1.00000001e3", "1.00000001e3"),
            ("1.äöüäöüä", "1.äöüäöüä"),
            (".", "."),
        ] {
            assert_eq!(in_millionths(amount), expected, "{amount}");
        }
    }
}
