//! Keeping events: write the late marker, then the batches, then the touches; only then are they acknowledged.

use chrono::{DateTime, Duration, Utc};

use super::Store;
use super::batches::{BatchName, cut};
use super::concurrent::concurrently;
use super::error::StoreError;
use super::late::Late;
use crate::domain::calendar::Minute;
use crate::domain::event::{Event, PersonHash, Trust};
use crate::domain::journey::Touch;
use crate::domain::site::Site;
use crate::guard::{Guard, stands};

/// How long after its end an hour still counts as open. Seal waits longer.
const LATE_AFTER: i64 = 2;
/// The most batches that one marker names; it stays far below what an item holds.
const MOST_NAMED: usize = 1_000;
/// How much longer than the retention DynamoDB keeps batches, so that no recount misses any.
const KEPT_LONGER: Duration = Duration::days(10);

/// Events ready to be kept, and the touches that they leave behind.
#[derive(Debug, Default)]
pub struct Kept {
    /// The events.
    pub events: Vec<Event>,
    /// Each touch and whose it is.
    pub touches: Vec<(PersonHash, Touch)>,
}

/// When what is stored or noted of an event at `time` may be forgotten; `None` where raw events are kept for ever.
pub fn expiry(retention_days: Option<u32>, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    retention_days.map(|days| time + Duration::days(days.into()) + KEPT_LONGER)
}

impl Store {
    /// Makes events durable. When this answers, they are; when it fails, some may be, and sending them again is safe.
    ///
    /// `retention_days` is how long raw events are kept; `None` is for ever.
    pub async fn keep(
        &self,
        site: &Site,
        trust: Trust,
        kept: Kept,
        now: DateTime<Utc>,
        retention_days: Option<u32>,
    ) -> Result<(), StoreError> {
        let Kept { events, touches } = kept;
        let batches = cut(events, trust, site);
        let late: Vec<BatchName> = batches
            .iter()
            .map(|batch| &batch.name)
            .filter(|name| is_late(site, name.minute, now))
            .cloned()
            .collect();
        // The marker goes first: a batch of an hour already closed must never be there without one.
        if stands(Guard::MarkerFirst) {
            self.mark(site, &late, now).await?;
        }
        let writes = batches.iter().map(|batch| {
            let expires = expiry(retention_days, batch.name.minute.start());
            async move { self.put_batch(&site.id, batch, now, expires).await.map(|_| ()) }
        });
        let stored = concurrently(writes).await;
        if stands(Guard::StoredFirst) {
            stored?;
        }
        if !stands(Guard::MarkerFirst) {
            self.mark(site, &late, now).await?;
        }
        // A browser's clock may be ahead; what follows by a right clock must still find the touch before it.
        let touches: Vec<_> = touches
            .into_iter()
            .map(|(visitor, touch)| (visitor, Touch { at: touch.at.min(now.timestamp_millis()), ..touch }))
            .collect();
        let writes = touches.iter().map(|(visitor, touch)| self.put_touch(&site.id, *visitor, touch, now));
        concurrently(writes).await.map(|_: Vec<()>| ())
    }

    /// Writes the markers of a POST.
    async fn mark(&self, site: &Site, late: &[BatchName], now: DateTime<Utc>) -> Result<(), StoreError> {
        for named in late.chunks(MOST_NAMED).filter(|_| stands(Guard::LateMarker)) {
            self.put_late(&site.id, &Late::new(now, named.to_vec())).await?;
        }
        Ok(())
    }

    /// The first minute whose raw events are kept, as far as there is one; `configured` is what the retention makes
    /// of the clock. It may have been shorter once: what has expired since cannot be recounted, so it is not added to.
    pub async fn kept_from(
        &self,
        site: &Site,
        configured: Option<DateTime<Utc>>,
    ) -> Result<Option<Minute>, StoreError> {
        let state = self.state(&site.id).await?;
        Ok(configured.map(Minute::of).max(state.map(|state| state.raw_complete_from)))
    }
}

/// Whether a minute's local hour was over for a while when its events came in.
fn is_late(site: &Site, minute: Minute, now: DateTime<Utc>) -> bool {
    let calendar = site.calendar();
    let end = calendar.end_of_hour(calendar.hour_of(minute));
    end.plus(LATE_AFTER).start() <= now
}
