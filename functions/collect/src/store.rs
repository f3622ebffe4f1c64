//! Storing events: claim times, find origins, write the late marker, then the batches; only then is it acknowledged.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::event::{Event, PersonHash, Trust};
use reckon_core::domain::origin::{Touch, derive, needs_touch, touch_of};
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::App;
use reckon_core::store::{BatchName, Late, StoreError, concurrently, cut};

use crate::event::Read;

/// How long after its end an hour still counts as open. Seal waits longer.
const LATE_AFTER: i64 = 2;
/// How much longer than the retention DynamoDB keeps batches, so that no recount misses any.
const KEPT_LONGER: Duration = Duration::days(10);

/// Gives each event that needs it the time at which its id was first seen.
pub(crate) async fn claim_times(
    app: &App,
    site: &Site,
    trust: Trust,
    events: &mut [Read],
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let expires = app.config.retention_days.map(|days| now + Duration::days(days.into()) + KEPT_LONGER);
    let claims = events.iter_mut().filter(|event| event.needs_claim).map(|event| async {
        event.sent.at = app.store.claim(&site.id, &event.sent.id, trust, now, expires).await?;
        event.needs_claim = false;
        Ok::<_, StoreError>(())
    });
    concurrently(claims).await.map(|_| ())
}

/// Finds the origin of each event, its visitor's last touch included.
pub(crate) async fn derive_all(
    app: &App,
    site: &Site,
    mut reads: Vec<Read>,
) -> Result<(Vec<Event>, BTreeMap<PersonHash, Touch>), StoreError> {
    let mut wanted: Vec<PersonHash> = reads
        .iter()
        .filter(|read| needs_touch(&read.sent, site))
        .filter_map(|read| read.sent.visitor)
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let stored = app.store.touches(&site.id, &wanted).await?;
    // In the order of time, so that a sale finds the click that came before it in the same request.
    reads.sort_by(|left, right| (left.sent.at, &left.sent.id).cmp(&(right.sent.at, &right.sent.id)));
    let mut events = Vec::with_capacity(reads.len());
    let mut left_behind: BTreeMap<PersonHash, Touch> = BTreeMap::new();
    for Read { sent, user_agent, .. } in reads {
        // The latest that came before it, whether stored or in this request.
        let known = sent.visitor.map(|visitor| [stored.get(&visitor), left_behind.get(&visitor)]);
        let before = known.into_iter().flatten().flatten().filter(|touch: &&Touch| touch.at <= sent.at);
        let touch = before.max_by_key(|touch| touch.at);
        let derived = derive(&sent, user_agent.as_deref(), touch, site);
        if let (Some(visitor), Some(touch)) = (sent.visitor, touch_of(&sent, &derived)) {
            left_behind.insert(visitor, touch);
        }
        events.push(Event { sent, derived });
    }
    Ok((events, left_behind))
}

/// Makes events durable. When this answers, they are; when it fails, some may be, and sending them again is safe.
pub(crate) async fn store(app: &App, site: &Site, trust: Trust, reads: Vec<Read>) -> Result<(), StoreError> {
    let now = app.clock.now();
    let (events, touches) = derive_all(app, site, reads).await?;
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
    let retention = app.config.retention_days.map(|days| Duration::days(days.into()) + KEPT_LONGER);
    let writes = batches.iter().map(|batch| {
        let expires = retention.map(|kept| batch.name.minute.start() + kept);
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
    let touches = touches.into_iter().map(|(visitor, touch)| {
        let at = touch.at.min(now.timestamp_millis());
        (visitor, Touch { at, ..touch })
    });
    let touches: Vec<_> = touches.collect();
    let writes = touches.iter().map(|(visitor, touch)| app.store.put_touch(&site.id, *visitor, touch, now));
    concurrently(writes).await.map(|_| ())
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
