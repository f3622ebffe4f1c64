//! Recounting a stretch of one hour: its minutes from raw events, and the hour from its minutes.

use std::collections::{BTreeMap, BTreeSet};

use reckon_core::domain::calendar::{Hour, Minute};
use reckon_core::domain::event::ContentHash;
use reckon_core::domain::names::EventId;
use reckon_core::domain::report::Span;
use reckon_core::domain::rollup::{
    Difference, Level, Rollup, Verdict, Version, held_against, of_events, union,
};
use reckon_core::guard::{Guard, stands};
use reckon_core::store::{Detail, Place, StoreError, concurrently, fitted, places_between};

use crate::walk::Walk;

/// About how many versions are in memory at once.
const AT_ONCE: u64 = 100_000;

/// What a rollup covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Covered {
    Minute(Place),
    Hour(Hour),
    Day,
}

/// A rollup that is not what its events add up to.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) covered: Covered,
    /// Whether it was made from fewer versions than are stored.
    pub(crate) behind: bool,
    pub(crate) differences: Vec<Difference>,
}

impl Finding {
    /// What is wrong with a rollup, if anything. The recount becomes what an item keeps of it.
    pub(crate) fn of(covered: Covered, stored: Option<&Rollup>, recounted: &mut Rollup) -> Option<Self> {
        let behind = match held_against(stored, recounted, fitted) {
            Verdict::Same => return None,
            Verdict::Behind => true,
            Verdict::Different => false,
        };
        Some(Self { covered, behind, differences: Difference::all(stored, recounted) })
    }
}

/// One minute of one lane, recounted.
struct Recount {
    rollup: Rollup,
    events: u64,
    withdrawn: u64,
    unreadable: u64,
    contents: Vec<ContentHash>,
    ids: Vec<EventId>,
}

/// A stretch of an hour, recounted.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) events: u64,
    pub(crate) versions: u64,
    pub(crate) withdrawn: u64,
    pub(crate) unreadable: u64,
    pub(crate) expired: bool,
    /// The contents of the events of each minute.
    pub(crate) contents: BTreeMap<Minute, Vec<ContentHash>>,
    /// How many minutes and lanes have a rollup or events.
    pub(crate) compared: u64,
    /// The minutes and lanes that are not what their events add up to.
    pub(crate) minutes: Vec<Finding>,
    /// What was found of the hour, where the stretch ends it.
    pub(crate) hour: HourFound,
}

/// What was found of an hour.
#[derive(Debug, Default)]
pub(crate) enum HourFound {
    /// It goes on.
    #[default]
    Open,
    /// It is not folded yet.
    NotSealed,
    /// It cannot be told, because minutes that an earlier page read are off.
    NotCompared,
    /// There is nothing of it.
    Empty,
    /// It is what the events add up to.
    Same,
    /// It is not; and what it would be.
    Off(Finding, Rollup),
}

impl Chunk {
    /// Whether anything has to be read again before it is told.
    pub(crate) fn is_suspicious(&self) -> bool {
        !self.minutes.is_empty() || matches!(self.hour, HourFound::Off(..))
    }
}

impl Walk<'_> {
    /// The rollups of the minutes of an hour.
    pub(crate) async fn counted(&self, hour: Hour) -> Result<BTreeMap<Place, Rollup>, StoreError> {
        let whole = (hour.start(), self.calendar.end_of_hour(hour));
        self.store.minutes(&self.site.id, hour, whole, Detail::All).await
    }

    /// Recounts a stretch of an hour. `counted` and `stored` were read before, so that no rollup can have seen an event
    /// that the recount does not see; `off` says that an earlier stretch of the hour is not what its events add up to.
    pub(crate) async fn chunk(
        &mut self,
        (hour, span): (Hour, Span),
        mut counted: BTreeMap<Place, Rollup>,
        stored: Option<&Rollup>,
        off: bool,
    ) -> Result<Chunk, StoreError> {
        let end = self.calendar.end_of_hour(hour);
        let mut chunk = Chunk { expired: hour.start() < self.state.raw_complete_from, ..Chunk::default() };
        let within = |place: &Place| (span.from..span.to).contains(&place.0);
        let mut places: BTreeSet<Place> = places_between(self.site, span.from, span.to).collect();
        places.extend(counted.keys().copied().filter(within));
        let mut recounted = if chunk.expired {
            // Nothing is left to recount from: what was counted of the minutes stands for it.
            let kept = counted.iter().filter(|(place, _)| within(place));
            chunk.versions = kept.clone().map(|(_, rollup)| rollup.n).sum();
            kept.map(|(place, rollup)| (*place, rollup.clone())).collect()
        } else {
            self.recount(&places, &counted, &mut chunk).await?
        };
        if !stands(Guard::CountedBeforeStored) {
            counted = self.counted(hour).await?;
        }
        for (place, right) in &mut recounted {
            let kept = counted.get(place);
            chunk.compared += u64::from(!chunk.expired && (kept.is_some() || right.n > 0));
            chunk.minutes.extend(Finding::of(Covered::Minute(*place), kept, right));
        }
        if span.to == end {
            counted.extend(recounted);
            chunk.hour = self.hold_hour(hour, &counted, stored, off);
        }
        Ok(chunk)
    }

    fn hold_hour(
        &self,
        hour: Hour,
        minutes: &BTreeMap<Place, Rollup>,
        stored: Option<&Rollup>,
        off: bool,
    ) -> HourFound {
        if hour.start() >= self.state.sealed {
            return HourFound::NotSealed;
        }
        if off {
            return HourFound::NotCompared;
        }
        let mut right = Rollup::of_parts(minutes.values(), self.state.stamp(), Level::Hour);
        match Finding::of(Covered::Hour(hour), stored, &mut right) {
            Some(finding) => HourFound::Off(finding, right),
            None if stored.is_none() && right.n == 0 => HourFound::Empty,
            None => HourFound::Same,
        }
    }

    /// Recounts minutes and lanes, as many at once as fit in memory by what is known of them.
    async fn recount(
        &mut self,
        places: &BTreeSet<Place>,
        counted: &BTreeMap<Place, Rollup>,
        chunk: &mut Chunk,
    ) -> Result<BTreeMap<Place, Rollup>, StoreError> {
        let mut recounted = BTreeMap::new();
        let mut places = places.iter().copied().peekable();
        while places.peek().is_some() {
            let (mut group, mut versions) = (Vec::new(), 0);
            while let Some(place) = places.next_if(|_| versions < AT_ONCE) {
                versions += counted.get(&place).map_or(0, |rollup| rollup.n);
                group.push(place);
            }
            let this = &*self;
            let work = group
                .into_iter()
                .map(|place| async move { this.recount_place(place).await.map(|recount| (place, recount)) });
            for (place, recount) in concurrently(work).await? {
                chunk.events += recount.events;
                chunk.versions += recount.rollup.n;
                chunk.withdrawn += recount.withdrawn;
                chunk.unreadable += recount.unreadable;
                chunk.contents.entry(place.0).or_default().extend(recount.contents);
                recount.ids.iter().for_each(|id| self.repeats.note(id, place.0));
                recounted.insert(place, recount.rollup);
            }
        }
        Ok(recounted)
    }

    async fn recount_place(&self, (minute, lane): Place) -> Result<Recount, StoreError> {
        let segment = self.store.segment(&self.site.id, minute, lane).await?;
        let readable = u64::try_from(segment.versions.len()).unwrap_or(u64::MAX);
        let unreadable = segment.n.saturating_sub(readable);
        let (mut contents, mut ids) = (Vec::new(), Vec::new());
        let (mut events, mut withdrawn) = (0, 0);
        let seen = union(segment.versions).inspect(|Version { event, .. }| {
            events += 1;
            contents.push(event.sent.content_hash());
            if event.sent.void {
                withdrawn += 1;
            } else {
                ids.push(event.sent.id.clone());
            }
        });
        let rollup = of_events(seen, segment.n, self.state.stamp());
        Ok(Recount { rollup, events, withdrawn, unreadable, contents, ids })
    }
}
