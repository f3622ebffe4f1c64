//! Settling what came late: recount the minutes that markers name, fold the hours and days above them once.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use reckon_core::domain::calendar::{Hour, Minute};
use reckon_core::domain::site::Site;
use reckon_core::store::{Late, Place, Store, StoreError, concurrently};

/// How many markers are settled together.
const AT_ONCE: i32 = 200;
/// After this long a batch that is not there was never stored, nor acknowledged.
const GIVEN_UP: Duration = Duration::hours(1);

/// Settles late markers, oldest first, until none is ready or time is out.
pub async fn settle(
    store: &Store,
    site: &Site,
    now: DateTime<Utc>,
    out_of_time: &impl Fn() -> bool,
) -> Result<(), StoreError> {
    loop {
        let markers = store.late(&site.id, AT_ONCE).await?;
        let full = i32::try_from(markers.len()).is_ok_and(|number| number == AT_ONCE);
        let looked = markers.into_iter().map(|marker| async move {
            Ok::<_, StoreError>(is_ready(store, site, &marker, now).await?.then_some(marker))
        });
        let ready: Vec<Late> = concurrently(looked).await?.into_iter().flatten().collect();
        if ready.is_empty() {
            return Ok(());
        }
        fold(store, site, &ready).await?;
        concurrently(ready.iter().map(|marker| store.delete_late(&site.id, marker))).await?;
        if !full || out_of_time() {
            return Ok(());
        }
    }
}

/// Whether every batch that a marker names is stored, or will never be.
async fn is_ready(store: &Store, site: &Site, marker: &Late, now: DateTime<Utc>) -> Result<bool, StoreError> {
    if now - marker.received >= GIVEN_UP {
        return Ok(true);
    }
    let found = concurrently(marker.batches.iter().map(|batch| store.has_batch(&site.id, batch))).await?;
    Ok(found.into_iter().all(|there| there))
}

/// Recounts the minutes of some markers and folds the closed hours and days above them, each once.
async fn fold(store: &Store, site: &Site, markers: &[Late]) -> Result<(), StoreError> {
    let Some(state) = store.state(&site.id).await? else { return Ok(()) };
    let (calendar, stamp) = (site.calendar(), state.stamp());
    let places: BTreeSet<Place> =
        markers.iter().flat_map(|marker| &marker.batches).map(|batch| (batch.minute, batch.lane)).collect();
    store.recount_minutes(site, places.iter().copied(), stamp).await?;
    // The flag is read after the minutes are written, and again after the hours are.
    let sealing = flag(store, site).await?;
    let hours: BTreeSet<Hour> = places
        .iter()
        .map(|(minute, _)| calendar.hour_of(*minute))
        .filter(|hour| hour.start() < sealing)
        .collect();
    concurrently(hours.iter().map(|hour| store.fold_hour(site, *hour, stamp))).await?;
    let sealing = flag(store, site).await?;
    let days: BTreeSet<NaiveDate> = hours.iter().map(|hour| calendar.date_of(hour.start())).collect();
    let over = days.into_iter().filter(|date| calendar.end_of_date(*date) <= sealing);
    concurrently(over.map(|date| store.fold_day(site, date, stamp))).await.map(|_| ())
}

async fn flag(store: &Store, site: &Site) -> Result<Minute, StoreError> {
    let state = store.state(&site.id).await?;
    Ok(state.map_or(Minute::from_number(i64::MIN), |state| state.sealing))
}
