//! Settling what came late: recount the minutes that markers name, fold the hours and days above them once.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use reckon_core::domain::calendar::{Hour, Minute};
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::store::{Late, Place, Store, StoreError, concurrently};

/// How many markers are read together.
const AT_ONCE: i32 = 200;
/// How many batches one step settles, about: it has to end well within a run, or no run would ever get past it.
const BATCHES_AT_ONCE: usize = 2_000;
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
        let mut settled = false;
        let mut markers = markers.into_iter().peekable();
        while markers.peek().is_some() {
            let ready = next_ready(store, site, &mut markers, now).await?;
            fold(store, site, &ready, now).await?;
            concurrently(ready.iter().map(|marker| store.delete_late(&site.id, marker))).await?;
            settled |= !ready.is_empty();
            if out_of_time() {
                return Ok(());
            }
        }
        if !full || !settled {
            return Ok(());
        }
    }
}

/// The next markers that can be settled, of about as many batches as one step may have.
async fn next_ready(
    store: &Store,
    site: &Site,
    markers: &mut impl Iterator<Item = Late>,
    now: DateTime<Utc>,
) -> Result<Vec<Late>, StoreError> {
    let (mut ready, mut batches) = (Vec::new(), 0);
    for marker in markers {
        if is_ready(store, site, &marker, now).await? {
            batches += marker.batches.len();
            ready.push(marker);
        }
        if batches >= BATCHES_AT_ONCE {
            break;
        }
    }
    Ok(ready)
}

/// Whether every batch that a marker names is stored, or will never be.
async fn is_ready(store: &Store, site: &Site, marker: &Late, now: DateTime<Utc>) -> Result<bool, StoreError> {
    if now - marker.received >= GIVEN_UP && stands(Guard::GivenUp) {
        return Ok(true);
    }
    let found = concurrently(marker.batches.iter().map(|batch| store.has_batch(&site.id, batch))).await?;
    Ok(!stands(Guard::SweepReady) || found.into_iter().all(|there| there))
}

/// Recounts the minutes of some markers and folds the closed hours and days above them, each once.
async fn fold(store: &Store, site: &Site, markers: &[Late], now: DateTime<Utc>) -> Result<(), StoreError> {
    if markers.is_empty() {
        return Ok(());
    }
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
        .filter(|hour| hour.start() < sealing && stands(Guard::FoldLate))
        .collect();
    concurrently(hours.iter().map(|hour| store.fold_hour(site, *hour, stamp))).await?;
    let sealing = flag(store, site).await?;
    let days: BTreeSet<NaiveDate> = hours.iter().map(|hour| calendar.date_of(hour.start())).collect();
    let over = days.into_iter().filter(|date| calendar.end_of_date(*date) <= sealing);
    concurrently(over.map(|date| store.fold_day(site, date, stamp, now))).await.map(|_| ())
}

async fn flag(store: &Store, site: &Site) -> Result<Minute, StoreError> {
    let state = store.state(&site.id).await?;
    Ok(state.map_or(Minute::from_number(i64::MIN), |state| state.sealing))
}
