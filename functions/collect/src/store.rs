//! Storing events: write the late marker, then the batches, then the touches; only then are they acknowledged.

use chrono::{DateTime, Utc};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::event::Trust;
use reckon_core::domain::journey::Touch;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::App;
use reckon_core::store::{BatchName, Late, StoreError, concurrently, cut};

use crate::claims::expiry;
use crate::journeys::Derived;

/// How long after its end an hour still counts as open. Seal waits longer.
const LATE_AFTER: i64 = 2;

/// Makes events durable. When this answers, they are; when it fails, some may be, and sending them again is safe.
pub(crate) async fn store(app: &App, site: &Site, trust: Trust, derived: Derived) -> Result<(), StoreError> {
    let now = app.clock.now();
    let Derived { events, touches } = derived;
    let batches = cut(events, trust, site);
    let late: Vec<BatchName> = batches
        .iter()
        .map(|batch| &batch.name)
        .filter(|name| is_late(site, name.minute, now))
        .cloned()
        .collect();
    // The marker goes first: a batch of an hour already closed must never be there without one.
    if stands(Guard::MarkerFirst) {
        mark(app, site, &late, now).await?;
    }
    let writes = batches.iter().map(|batch| {
        let expires = expiry(app, batch.name.minute.start());
        async move { app.store.put_batch(&site.id, batch, now, expires).await.map(|_| ()) }
    });
    let stored = concurrently(writes).await;
    if stands(Guard::StoredFirst) {
        stored?;
    }
    if !stands(Guard::MarkerFirst) {
        mark(app, site, &late, now).await?;
    }
    // A browser's clock may be ahead; what follows by a right clock must still find the touch before it.
    let touches: Vec<_> = touches
        .into_iter()
        .map(|(visitor, touch)| (visitor, Touch { at: touch.at.min(now.timestamp_millis()), ..touch }))
        .collect();
    let writes = touches.iter().map(|(visitor, touch)| app.store.put_touch(&site.id, *visitor, touch, now));
    concurrently(writes).await.map(|_: Vec<()>| ())
}

/// Writes the markers of a POST.
async fn mark(app: &App, site: &Site, late: &[BatchName], now: DateTime<Utc>) -> Result<(), StoreError> {
    for named in late.chunks(MOST_NAMED).filter(|_| stands(Guard::LateMarker)) {
        app.store.put_late(&site.id, &Late::new(now, named.to_vec())).await?;
    }
    Ok(())
}

/// The most batches that one marker names; it stays far below what an item holds.
const MOST_NAMED: usize = 1_000;

/// Whether a minute's local hour was over for a while when its events came in.
fn is_late(site: &Site, minute: Minute, now: DateTime<Utc>) -> bool {
    let calendar = site.calendar();
    let end = calendar.end_of_hour(calendar.hour_of(minute));
    end.plus(LATE_AFTER).start() <= now
}
