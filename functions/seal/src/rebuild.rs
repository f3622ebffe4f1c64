//! Carrying out rebuilds: recount a range from raw events, hour by hour, going on where the last run stopped.

use chrono::{DateTime, Utc};
use reckon_core::domain::calendar::{Minute, dates, plus_days};
use reckon_core::domain::report::{Period, bounds};
use reckon_core::domain::rollup::{FOLD_VERSION, Stamp};
use reckon_core::domain::site::Site;
use reckon_core::store::{Rebuild, Store, StoreError};

/// Events are accepted from 1990 on in UTC, which is still this year in the Americas.
const FIRST_YEAR: i32 = 1989;

/// Goes on with the site's unfinished rebuilds until they are done or time is out.
pub async fn carry_on(
    store: &Store,
    site: &Site,
    now: DateTime<Utc>,
    out_of_time: &impl Fn() -> bool,
) -> Result<(), StoreError> {
    for rebuild in store.rebuilds(&site.id).await? {
        if rebuild.finished_at.is_none() && !out_of_time() {
            run(store, site, rebuild, now, out_of_time).await?;
        }
    }
    Ok(())
}

async fn run(
    store: &Store,
    site: &Site,
    mut rebuild: Rebuild,
    now: DateTime<Utc>,
    out_of_time: &impl Fn() -> bool,
) -> Result<(), StoreError> {
    let Some(state) = store.state(&site.id).await? else { return Ok(()) };
    let calendar = site.calendar();
    // A later rebuild has raised the generation further: what is recounted now counts for both.
    let stamp: Stamp = state.stamp();
    let span = bounds(Period { from: rebuild.from, to: rebuild.to }, calendar);
    // Minutes that are still open are recounted as well; what comes later is counted as it comes.
    let end = span.to.min(Minute::of(now).horizon());
    // Before the first day that was ever folded nothing is stored: what came late since has its marker.
    let today = calendar.date_of(Minute::of(now));
    let first = store.first_day(&site.id, FIRST_YEAR, today).await?;
    let start = first.map_or(end, |first| calendar.start_of_date(first)).max(span.from);
    while rebuild.done_to < end {
        let Some(hour) = calendar.hours_between(rebuild.done_to.max(start), end).next() else { break };
        store.rebuild_hour(site, hour, stamp).await?;
        rebuild.done_to = calendar.end_of_hour(hour);
        store.put_rebuild(&site.id, &rebuild).await?;
        if out_of_time() {
            return Ok(());
        }
    }
    for date in dates(rebuild.from, rebuild.to).take_while(|date| calendar.start_of_date(*date) < end) {
        store.fold_day(site, date, stamp, now).await?;
    }
    release(store, site, span.from, end).await?;
    note_built(store, site, &rebuild, now).await?;
    rebuild.finished_at = Some(now);
    store.put_rebuild(&site.id, &rebuild).await
}

/// Notes that the views of this fold version are whole, if the range has everything that the site stored.
async fn note_built(
    store: &Store,
    site: &Site,
    rebuild: &Rebuild,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let today = site.calendar().date_of(Minute::of(now));
    let first = store.first_day(&site.id, FIRST_YEAR, today).await?;
    // What has expired cannot be rebuilt: there the new views stay empty.
    let kept = store.state(&site.id).await?.map(|state| state.raw_complete_from);
    let kept = kept.map(|from| plus_days(site.calendar().date_of(from), 1));
    if rebuild.to >= today
        && first.is_none_or(|first| rebuild.from <= kept.map_or(first, |kept| first.max(kept)))
    {
        store.raise_built(&site.id, rebuild.fold.min(FOLD_VERSION)).await?;
    }
    Ok(())
}

/// Takes out of quarantine what can be read now, or is gone. What still cannot be read stays.
async fn release(store: &Store, site: &Site, from: Minute, to: Minute) -> Result<(), StoreError> {
    for entry in store.quarantined(&site.id, 10_000).await? {
        let batch = entry.batch;
        if batch.minute < from || batch.minute >= to {
            continue;
        }
        let segment = store.segment(&site.id, batch.minute, batch.lane).await?;
        if segment.broken.iter().all(|(hash, _)| *hash != batch.hash) {
            store.release(&site.id, &batch).await?;
        }
    }
    Ok(())
}
