//! Recounts every minute that the stream names, and the sealed hours and days above it.

mod event;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use reckon_core::domain::calendar::Hour;
use reckon_core::domain::names::SiteId;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::store::{Place, Store, StoreError, parse_raw_key};

pub use event::{StreamAnswer, StreamEvent};

/// One record of the stream: that something was stored under a raw key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// The record's sequence number, which a retry begins from.
    pub sequence: String,
    /// The partition key of what was stored.
    pub pk: String,
}

/// The most sealed hours that one run folds itself; what an import touches beyond them is left to seal, which
/// folds each hour once for all batches, and finds them by their late markers.
const MOST_HOURS: usize = 4;

/// Recounts what a stream batch names, at `now`. Answers the sequence numbers of the records to deliver again.
///
/// `out_of_time` is asked between the sites; records that it stops are among those answered.
pub async fn aggregate(
    store: &Store,
    triggers: &[Trigger],
    now: DateTime<Utc>,
    out_of_time: impl Fn() -> bool,
) -> Vec<String> {
    let mut dirty: BTreeMap<SiteId, Dirty> = BTreeMap::new();
    for trigger in triggers {
        let Some((site, minute, lane)) = parse_raw_key(&trigger.pk) else {
            // Only raw keys pass the stream's filter; anything else is not ours to count.
            tracing::warn!(pk = trigger.pk, "a stream record names no minute");
            continue;
        };
        let entry = dirty.entry(site).or_default();
        entry.places.insert((minute, lane));
        entry.sequences.push(trigger.sequence.clone());
    }
    let mut failed = Vec::new();
    for (id, Dirty { places, sequences }) in dirty {
        if out_of_time() && stands(Guard::OutOfTime) {
            failed.extend(sequences);
        } else if let Err(error) = recount(store, &id, places, now).await {
            tracing::error!(site = id.as_str(), %error, detail = ?error, "not recounted");
            failed.extend(sequences.into_iter().filter(|_| stands(Guard::FailedAgain)));
        }
    }
    failed
}

/// What a stream batch says of one site.
#[derive(Default)]
struct Dirty {
    places: BTreeSet<Place>,
    sequences: Vec<String>,
}

async fn recount(
    store: &Store,
    id: &SiteId,
    places: BTreeSet<Place>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (Some(state), Some(site)) = (store.state(id).await?, store.site(id).await?) else {
        tracing::warn!(site = id.as_str(), "a stream record names a site that is gone");
        return Ok(());
    };
    let stamp = state.stamp();
    store.recount_minutes(&site, places.iter().copied(), stamp).await?;
    // The flag is read after the minutes are written: whoever raised it before has to be told of them.
    let state = if stands(Guard::FlagAfterMinutes) { store.state(id).await? } else { Some(state) };
    let Some(state) = state else { return Ok(()) };
    let calendar = site.calendar();
    let flag = if stands(Guard::FlagNotSeal) { state.sealing } else { state.sealed };
    let late: Vec<Place> = places.into_iter().filter(|(minute, _)| *minute < flag).collect();
    let hours = sealed_hours(store, &site, &late).await?;
    for hour in &hours {
        store.fold_hour(&site, *hour, stamp).await?;
    }
    // And read again: a day may have been closed while its hour was folded.
    let state = if stands(Guard::FlagAgain) { store.state(id).await? } else { Some(state) };
    let Some(state) = state else { return Ok(()) };
    let days: BTreeSet<NaiveDate> = hours.iter().map(|hour| calendar.date_of(hour.start())).collect();
    for date in days.into_iter().filter(|date| calendar.end_of_date(*date) <= state.sealing) {
        store.fold_day(&site, date, stamp, now).await?;
    }
    Ok(())
}

/// The hours to fold now: all of a few; of many, those that no late marker leaves to seal.
async fn sealed_hours(store: &Store, site: &Site, late: &[Place]) -> Result<BTreeSet<Hour>, StoreError> {
    let calendar = site.calendar();
    let hour_of = |(minute, _): &Place| calendar.hour_of(*minute);
    let hours: BTreeSet<Hour> = late.iter().map(hour_of).collect();
    if hours.len() <= MOST_HOURS {
        return Ok(hours);
    }
    let markers = store.late(&site.id, 1_000).await?;
    let marked: BTreeSet<Place> =
        markers.iter().flat_map(|marker| &marker.batches).map(|batch| (batch.minute, batch.lane)).collect();
    Ok(late.iter().filter(|place| !marked.contains(place)).map(hour_of).collect())
}
