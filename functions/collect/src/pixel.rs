//! `GET /v1/pixel.gif`: counts that a mail was opened or an ad was seen, where no script can run.

use axum::extract::State as Held;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
#[cfg(feature = "contract")]
use reckon_core::contract::{ASKED, EVENTS, KEYED, May};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::event::{Kind, Trust};
use reckon_core::http::{App, Caller, Fault, Problem, Query};
use reckon_core::store::Role;

use crate::accept::{agent_of, take};
#[cfg(feature = "contract")]
use crate::contract::OfPixel;
use crate::event::Reader;
use crate::parameters::{self, Named};
use crate::time::Window;

/// The parameters and the fields that they are.
pub(crate) const NAMED: [Named; 16] = [
    ("kind", "kind"),
    ("id", "id"),
    ("name", "name"),
    ("visitor", "visitor"),
    ("customer", "customer"),
    ("url", "url"),
    ("country", "country"),
    ("partner", "partner"),
    ("offer", "offer"),
    ("experiment", "experiment"),
    ("variant", "variant"),
    ("utm_source", "utm.source"),
    ("utm_medium", "utm.medium"),
    ("utm_campaign", "utm.campaign"),
    ("utm_content", "utm.content"),
    ("utm_term", "utm.term"),
];

/// A transparent picture of one point.
const GIF: [u8; 43] = [
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x21, 0xf9, 4, 1, 0, 0, 0,
    0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
];

/// `GET /v1/pixel.gif`
///
/// A picture is fetched without naming the page, so that its key cannot be held to a site's pages: whatever it counts
/// is worth nothing to anybody.
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/pixel.gif",
        tag = "Events",
        operation_id = "pixel",
        summary = "Count with a picture",
        description = "Counts that a mail was opened or an ad was seen, where no script can run: `<img \
             src=\".../v1/pixel.gif?key=rk_publish_...&utm_campaign=spring\">`. Since a picture does not name its \
             page, it counts what is worth nothing: an impression or an engagement.",
        params(OfPixel),
        security(("bearer" = ["publish", "write", "admin"])),
        responses(
            (
                status = 200, description = "A transparent picture of one point",
                body = Vec<u8>, content_type = "image/gif"
            ),
            May<{ KEYED | ASKED | EVENTS }>
        )
    )
)]
pub(crate) async fn pixel(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.require(Role::Publish)?;
    let mut faults = parameters::check(&query, &NAMED, &[]);
    let kind = query.all("kind").next().unwrap_or(Kind::Impression.as_str());
    if ![Kind::Impression, Kind::Engagement].map(Kind::as_str).contains(&kind) {
        faults.push(Fault::new("kind", "unknown_kind", "a picture counts an impression or an engagement"));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let mut given: Vec<(String, String)> =
        query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if query.all("kind").next().is_none() {
        given.push(("kind".to_owned(), kind.to_owned()));
    }
    let (now, trust) = (app.clock.now(), Trust::Public);
    let window = Window::new(now, trust, app.config.kept_from(now).map(Minute::of));
    let reader = Reader { site: &caller.site, trust, now, window };
    let mut read =
        parameters::read(&reader, &NAMED, &given)?.map_err(|fault| Problem::invalid(vec![fault]))?;
    read.user_agent = agent_of(trust, None, &headers);
    take(&app, &caller.site, trust, vec![(0, read)], Vec::new()).await?;
    let answer = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/gif")),
        // Each time that it is seen counts.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((answer, GIF.as_slice()).into_response())
}
