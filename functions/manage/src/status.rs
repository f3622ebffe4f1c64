//! `GET /v1/status`: whether the figures keep up with the events.

use axum::Json;
use axum::extract::State as Held;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, KEYED, May};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, NoParameters, Problem};
use reckon_core::store::{Detail, Quarantined, Role, Store, StoreError};
use serde::Serialize;

/// How the system is doing for one site.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Status {
    /// The program's version.
    version: &'static str,
    /// When this was looked up.
    as_of: DateTime<Utc>,
    /// The time zone that cuts the site's days.
    time_zone: &'static str,
    /// The currency of all amounts.
    currency: String,
    /// The newest minute that is counted, of the last two days; null where nothing came in.
    newest_minute: Option<DateTime<Utc>>,
    /// How long ago that minute was over; 0 while it runs.
    lag_seconds: Option<i64>,
    /// Hours before this are closed and folded.
    sealed_to: DateTime<Utc>,
    /// How long the stream gathers before it triggers a recount.
    stream_window_seconds: u32,
    /// Batches that came in for hours that are closed already, and are not settled yet.
    late_markers: Bounded,
    /// Batches of events that cannot be read.
    quarantined: Bounded,
    /// The first batches that cannot be read, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quarantine: Vec<Unreadable>,
}

/// A number that is counted only so far.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Bounded {
    /// How many there are, up to a hundred.
    count: usize,
    /// Whether there are more.
    more: bool,
}

/// A batch of events that cannot be read.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Unreadable {
    /// The minute that it belongs to.
    minute: DateTime<Utc>,
    /// Its name in the table.
    batch: String,
    /// Why it cannot be read.
    reason: String,
}

/// How far something is counted.
const MOST: i32 = 100;
/// How many quarantined batches are named.
const NAMED: usize = 10;

/// `GET /v1/status`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/status",
        tag = "Site and keys",
        operation_id = "read_status",
        summary = "Say whether the figures keep up with the events",
        security(("bearer" = ["write", "read", "admin"])),
        responses(
            (status = 200, description = "How the system is doing for the site", body = Status),
            May<{ KEYED | ABSENT | ASKED }>
        )
    )
)]
pub(crate) async fn status(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
) -> Result<Response, Problem> {
    // Whoever sends events may know whether they are counted: it says nothing of what they add up to.
    if caller.key.role != Role::Write {
        caller.require(Role::Read)?;
    }
    let (site, now) = (&caller.site, app.clock.now());
    let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
    let late = app.store.late(&site.id, MOST).await?;
    let quarantined = app.store.quarantined(&site.id, MOST).await?;
    let newest = newest_minute(&app.store, site, now).await?;
    let unreadable = |entry: Quarantined| Unreadable {
        minute: entry.batch.minute.start(),
        batch: entry.batch.hash,
        reason: entry.reason,
    };
    let status = Status {
        version: env!("CARGO_PKG_VERSION"),
        as_of: now,
        time_zone: site.time_zone.name(),
        currency: site.currency.to_string(),
        newest_minute: newest.map(Minute::start),
        lag_seconds: newest.map(|minute| (now - minute.plus(1).start()).num_seconds().max(0)),
        sealed_to: state.sealed.start(),
        stream_window_seconds: app.config.stream_window_seconds,
        late_markers: bounded(late.len()),
        quarantined: bounded(quarantined.len()),
        quarantine: quarantined.into_iter().take(NAMED).map(unreadable).collect(),
    };
    Ok(Json(status).into_response())
}

fn bounded(count: usize) -> Bounded {
    Bounded { count, more: i32::try_from(count).is_ok_and(|count| count >= MOST) }
}

/// The newest minute with a rollup, looked for hour by hour from the next one back over two days.
async fn newest_minute(store: &Store, site: &Site, now: DateTime<Utc>) -> Result<Option<Minute>, StoreError> {
    let calendar = site.calendar();
    let mut hour = calendar.hour_of(Minute::of(now).plus(60));
    for _ in 0..50 {
        let bounds = (hour.start(), calendar.end_of_hour(hour));
        let minutes = store.minutes(&site.id, hour, bounds, Detail::Head).await?;
        if let Some((minute, _)) = minutes.into_keys().next_back() {
            return Ok(Some(minute));
        }
        hour = calendar.hour_of(hour.start().plus(-1));
    }
    Ok(None)
}
