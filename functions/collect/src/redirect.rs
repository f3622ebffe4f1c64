//! `GET /r/{slug}`: counts the click on a tracking link and leads on, whatever happens to the counting.

use std::time::Duration;

use axum::extract::State as Held;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, May, Path, STORED};
use reckon_core::domain::click::Click;
use reckon_core::domain::device::Device;
use reckon_core::domain::event::{Derived, Event, Kind, PersonHash, Sent, Trust};
use reckon_core::domain::link::{Link, Slug};
use reckon_core::domain::origin::Origin;
use reckon_core::domain::robots;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Id, Problem, ProblemKind};
use reckon_core::store::Kept;

use crate::event::new_id;
use crate::page::parse_referrer;

/// The longest that a click waits for being stored.
const PATIENCE: Duration = Duration::from_secs(1);

/// `GET /r/{slug}`, and `HEAD`.
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        method(get, head),
        path = "/r/{id}",
        tag = "Tracking links",
        operation_id = "follow_link",
        summary = "Follow a tracking link",
        description = "Counts the click and leads on, whatever happens to the counting. The address led to has \
             `rk_click`, the id of the click, which events and postbacks bring back as `click`. Robots and `HEAD` \
             count as invalid, and get no id.",
        params(Path),
        responses(
            (
                status = 302, description = "The way on",
                headers(("Location" = String, description = "Where the link leads"))
            ),
            May<{ STORED | ABSENT }>
        )
    )
)]
pub(crate) async fn follow(
    Held(app): Held<App>,
    Id(slug): Id,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let missing = || Problem::new(ProblemKind::NotFound, "There is no such link.");
    let slug = Slug::parse(&slug).map_err(|_| missing())?;
    let (link, site) = app.link(&slug).await?.ok_or_else(missing)?;
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let robot = method == Method::HEAD || is_fetched_ahead(&headers) || robots::is_robot(agent);
    let click = Click { slug, at: app.clock.now().timestamp_millis(), visitor: new_visitor() };
    let origin = link.origin(&site.channel_rules);
    let event = clicked(&app, &link, &click, origin, agent, robot, &headers);
    count(&app, &site, &link, event).await;
    let text = (!robot).then(|| click.text(&site));
    let address = link.address(text.as_deref()).ok_or_else(missing)?;
    let location = HeaderValue::from_str(&address).map_err(|_| missing())?;
    let answer = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
    ];
    Ok((StatusCode::FOUND, answer).into_response())
}

/// Stores a click. One that cannot be stored is said in the log, which the template makes a metric of.
async fn count(app: &App, site: &Site, link: &Link, event: Event) {
    let kept = Kept { events: vec![event], touches: Vec::new() };
    let stored = app.store.keep(site, Trust::Public, kept, app.clock.now(), app.config.retention_days);
    let stored = tokio::time::timeout(PATIENCE, stored).await;
    let reason = match stored {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it took more than {} ms", PATIENCE.as_millis()),
    };
    tracing::error!(site = site.id.as_str(), link = link.slug.as_str(), reason, "a click was not counted");
}

/// The event of a click.
fn clicked(
    app: &App,
    link: &Link,
    click: &Click,
    origin: Origin,
    agent: &str,
    robot: bool,
    headers: &HeaderMap,
) -> Event {
    let now = app.clock.now();
    let mut sent = Sent::new(new_id(now), Kind::Click, now);
    sent.visitor = (!robot).then_some(click.visitor);
    sent.utm.clone_from(&link.utm);
    sent.channel = link.channel;
    sent.partner.clone_from(&link.partner);
    sent.offer.clone_from(&link.offer);
    let referrer = headers.get(header::REFERER).and_then(|referrer| referrer.to_str().ok());
    sent.referrer = referrer.and_then(parse_referrer);
    let derived = Derived {
        origin,
        landing_page: String::new(),
        device: Device::of(agent),
        robot,
        visit: false,
        path: None,
    };
    Event { sent, derived }
}

/// Whether a browser or a mail program fetches the page before anybody clicked.
fn is_fetched_ahead(headers: &HeaderMap) -> bool {
    let says = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        ["prefetch", "prerender", "preview"].iter().any(|word| value.to_ascii_lowercase().contains(word))
    };
    ["sec-purpose", "purpose", "x-purpose", "x-moz"].into_iter().any(says)
}

/// Somebody who was never seen before.
fn new_visitor() -> PersonHash {
    // A ULID has 80 random bits; these are the lower 64 of them.
    let random = ulid::Ulid::new().random().to_le_bytes();
    PersonHash(random.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
}
