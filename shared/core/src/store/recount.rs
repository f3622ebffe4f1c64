//! Recounting: every rollup is computed anew from the level below it and overwritten, never adjusted.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::concurrent::concurrently;
use super::error::StoreError;
use super::minutes::Detail;
use super::quarantine::Quarantined;
use super::rollups::Written;
use super::{BatchName, Store};
use crate::domain::calendar::{Hour, Minute};
use crate::domain::report::Span;
use crate::domain::rollup::{Level, Rollup, Stamp, Tally, View, of_events, union_noting};
use crate::domain::site::Site;
use crate::guard::{Guard, stands};

/// How often a fold is tried again after somebody overtook it.
const TRIES: usize = 6;

/// One lane of one minute.
pub type Place = (Minute, u16);

impl Store {
    /// Recounts one lane of one minute from its raw events, under a `stamp` read before.
    ///
    /// A batch that cannot be read goes to quarantine; the rest is counted. The stored `n` covers both. Where a
    /// rebuild was there first, it is recounted under the rebuild's stamp: that one may have been cut off.
    pub async fn recount_minute(
        &self,
        site: &Site,
        (minute, lane): Place,
        mut stamp: Stamp,
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let segment = self.segment(&site.id, minute, lane).await?;
            for (hash, reason) in segment.broken {
                let batch = BatchName { minute, lane, hash };
                tracing::warn!(site = site.id.as_str(), ?batch, reason, "quarantined a batch");
                self.quarantine(&site.id, &Quarantined { batch, reason }).await?;
            }
            let mut tally = Tally::default();
            let events = union_noting(segment.versions, |same| tally.note(same));
            let rollup = of_events(events, segment.n, stamp);
            let rollup = Rollup { tally: Some(tally), ..rollup };
            match self.put_minute(&site.id, site.calendar(), minute, lane, &rollup).await? {
                Written::Overtaken(standing) if standing > stamp && stands(Guard::CatchUpMinute) => {
                    stamp = standing;
                }
                Written::Contended => {}
                Written::Stored | Written::Overtaken(_) => return Ok(()),
            }
        }
        Err(overtaken("recount a minute"))
    }

    /// Recounts several minutes.
    pub async fn recount_minutes(
        &self,
        site: &Site,
        places: impl IntoIterator<Item = Place>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let work = places.into_iter().map(|place| self.recount_minute(site, place, stamp));
        concurrently(work).await.map(|_: Vec<()>| ())
    }

    /// Folds an hour from its minutes. `stamp` is read before; an hour without minutes is left as it is.
    ///
    /// Minutes counted under a lower stamp than the hour that stands are recounted first: else the hour would be
    /// refused, and what is new in them lost.
    pub async fn fold_hour(&self, site: &Site, hour: Hour, stamp: Stamp) -> Result<(), StoreError> {
        let whole = (hour.start(), site.calendar().end_of_hour(hour));
        for tried in 1..=TRIES {
            let minutes = self.minutes(&site.id, hour, whole, Detail::All).await?;
            if minutes.is_empty() {
                return Ok(());
            }
            let torn: Vec<Place> =
                minutes.iter().filter(|(_, minute)| minute.torn).map(|(place, _)| *place).collect();
            // What cannot be counted any more, since its events have expired, is taken as it is.
            if !torn.is_empty() && tried < TRIES && stands(Guard::WholeParts) {
                self.recount_minutes(site, torn, stamp).await?;
                continue;
            }
            let rollup = Rollup::of_parts(minutes.values(), stamp, Level::Hour);
            match self.put_hour(&site.id, hour, &rollup).await? {
                Written::Overtaken(standing) if standing > rollup.stamp && stands(Guard::CatchUp) => {
                    let behind = minutes.iter().filter(|(_, minute)| minute.stamp < standing);
                    self.recount_minutes(site, behind.map(|(place, _)| *place), standing).await?;
                    if stamp < standing {
                        return Box::pin(self.fold_hour(site, hour, standing)).await;
                    }
                }
                Written::Contended => {}
                Written::Stored | Written::Overtaken(_) => return Ok(()),
            }
        }
        Err(overtaken("fold an hour"))
    }

    /// Folds a day from its hours, at `now`. `stamp` is read before; a day without hours is left as it is.
    pub async fn fold_day(
        &self,
        site: &Site,
        date: NaiveDate,
        stamp: Stamp,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let hours = self.hours_of_day(site, date).await?;
            if hours.is_empty() {
                return Ok(());
            }
            let torn: Vec<Hour> =
                hours.iter().filter(|(_, rollup)| rollup.torn).map(|(hour, _)| *hour).collect();
            if !torn.is_empty() && stands(Guard::WholeParts) {
                // Whoever is writing them folds the day after it; who was cut off does not.
                for hour in torn {
                    self.fold_hour(site, hour, stamp).await?;
                }
                continue;
            }
            let rollup = Rollup::of_parts(hours.values(), stamp, Level::Day);
            match self.put_day(&site.id, date, &rollup, now).await? {
                Written::Overtaken(standing) if standing > rollup.stamp && stands(Guard::CatchUpDay) => {
                    for (hour, _) in hours.iter().filter(|(_, hour)| hour.stamp < standing) {
                        let minutes = self.places_counted(site, *hour).await?;
                        self.recount_minutes(site, minutes, standing).await?;
                        self.fold_hour(site, *hour, standing).await?;
                    }
                    if stamp < standing {
                        return Box::pin(self.fold_day(site, date, standing, now)).await;
                    }
                }
                Written::Contended => {}
                Written::Stored | Written::Overtaken(_) => return Ok(()),
            }
        }
        Err(overtaken("fold a day"))
    }

    /// The minutes and lanes of an hour that have a rollup.
    async fn places_counted(&self, site: &Site, hour: Hour) -> Result<Vec<Place>, StoreError> {
        let whole = (hour.start(), site.calendar().end_of_hour(hour));
        Ok(self.minutes(&site.id, hour, whole, Detail::Head).await?.into_keys().collect())
    }

    /// Every hour of a local date that has a rollup, with all of its views.
    ///
    /// The total is read first, and written last: so no view is older than the stamp and the n that it is folded
    /// under. An hour without a total is still being written, by somebody who folds the day after it.
    pub async fn hours_of_day(
        &self,
        site: &Site,
        date: NaiveDate,
    ) -> Result<BTreeMap<Hour, Rollup>, StoreError> {
        let calendar = site.calendar();
        let bounds = (calendar.start_of_date(date), calendar.end_of_date(date));
        let bounds = (Hour::from_start(bounds.0), Hour::from_start(bounds.1));
        let mut hours = self.hours(&site.id, View::TOTAL, bounds).await?;
        let others = View::all().filter(|view| *view != View::TOTAL);
        let reads = others.map(|view| self.hours(&site.id, view, bounds));
        let others = futures::future::try_join_all(reads).await?;
        if !stands(Guard::TotalFirst) {
            hours = self.hours(&site.id, View::TOTAL, bounds).await?;
        }
        hours.retain(|hour, _| calendar.date_of(hour.start()) == date);
        for rollups in others {
            for (hour, rollup) in rollups {
                if let Some(whole) = hours.get_mut(&hour) {
                    // The total is written last, so it may be behind.
                    whole.torn |= (rollup.stamp, rollup.n) != (whole.stamp, whole.n);
                    whole.views.extend(rollup.views);
                }
            }
        }
        for hour in hours.values_mut() {
            hour.torn |= !hour.adds_up();
        }
        Ok(hours)
    }

    /// Recounts the minutes of a span whose stored events are not those that their rollups were made from.
    ///
    /// This finds what a lost trigger left behind. Cost: the raw events of the span, read once.
    pub async fn recount_differing(&self, site: &Site, span: Span, stamp: Stamp) -> Result<(), StoreError> {
        let calendar = site.calendar();
        let hours =
            std::iter::successors(Some(calendar.hour_of(span.from)), |hour| Some(calendar.next_hour(*hour)))
                .take_while(|hour| hour.start() < span.to);
        for hour in hours {
            let bounds = (hour.start().max(span.from), calendar.end_of_hour(hour).min(span.to));
            let counted = self.minutes(&site.id, hour, bounds, Detail::Head).await?;
            let places = places_between(site, bounds.0, bounds.1);
            let counts = places.map(|(minute, lane)| async move {
                self.count_segment(&site.id, minute, lane).await.map(|n| ((minute, lane), n))
            });
            let stored: Vec<_> = concurrently(counts).await?;
            let differs = |(place, n): &(Place, u64)| counted.get(place).map_or(0, |rollup| rollup.n) < *n;
            let behind = stored.into_iter().filter(differs).map(|(place, _)| place);
            self.recount_minutes(site, behind, stamp).await?;
        }
        Ok(())
    }

    /// Recounts an hour from raw events whatever its rollups say, and folds it: one step of a rebuild.
    ///
    /// Buckets that have become empty get a rollup of nothing, so that no figure outlives its events.
    pub async fn rebuild_hour(&self, site: &Site, hour: Hour, stamp: Stamp) -> Result<(), StoreError> {
        let end = site.calendar().end_of_hour(hour);
        let counts = places_between(site, hour.start(), end).map(|(minute, lane)| async move {
            self.count_segment(&site.id, minute, lane).await.map(|n| ((minute, lane), n))
        });
        let stored: Vec<_> = concurrently(counts).await?;
        let mut places: Vec<Place> =
            stored.into_iter().filter(|(_, n)| *n > 0).map(|(place, _)| place).collect();
        places.extend(self.places_counted(site, hour).await?);
        places.sort_unstable();
        places.dedup();
        self.recount_minutes(site, places, stamp).await?;
        self.fold_hour(site, hour, stamp).await
    }
}

/// Every lane of every minute of a span.
pub fn places_between(site: &Site, from: Minute, to: Minute) -> impl Iterator<Item = Place> {
    let minutes = (from.number()..to.number()).map(Minute::from_number);
    minutes.flat_map(|minute| (0..site.lanes_at(minute)).map(move |lane| (minute, lane)))
}

/// A fold that others overtook again and again; the next run finds them finished.
fn overtaken(operation: &'static str) -> StoreError {
    StoreError::Unavailable { operation, source: "overtaken by others several times".into() }
}
