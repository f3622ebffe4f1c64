//! Walking through the days: hour by hour, level by level, for as long as one call may take.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use reckon_core::domain::calendar::{Calendar, Hour, Minute, plus_days};
use reckon_core::domain::report::Span;
use reckon_core::domain::rollup::{Level, Rollup};
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::store::{Place, State, Store, StoreError};

use crate::chunk::{Chunk, Covered, Finding, HourFound};
use crate::position::{Position, Tally};
use crate::repeats::Repeats;

/// What looking for the events of one lane of a minute costs, in versions that could be read instead.
const LOOKING: u64 = 25;
/// How many late markers are looked at. Where there are more, whatever is behind may be about to be recounted.
const MOST_MARKERS: usize = 1_000;

/// One call's way through the days.
pub(crate) struct Walk<'a> {
    pub(crate) store: &'a Store,
    pub(crate) site: &'a Site,
    pub(crate) calendar: Calendar,
    /// Read before everything else: what it calls sealed is folded.
    pub(crate) state: State,
    pub(crate) repeats: Repeats,
    /// The first minute that nothing can be stored in.
    pub(crate) end: Minute,
    /// How much one call may do, and how much is left of that, in versions.
    effort: u64,
    left: u64,
}

/// A day, or as much of it as was looked at.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) position: Position,
    /// Whether the day is done.
    pub(crate) complete: bool,
    /// What was found by this call: each with whether its recount is due.
    pub(crate) found: Vec<(Finding, bool)>,
}

/// The minutes that late markers name.
struct Marked {
    minutes: BTreeSet<Minute>,
    more: bool,
}

impl Marked {
    /// Whether events of a span may be about to be counted.
    fn has(&self, span: Span) -> bool {
        self.more || self.minutes.range(span.from..span.to).next().is_some()
    }
}

impl<'a> Walk<'a> {
    /// Begins.
    pub(crate) fn new(
        (store, site): (&'a Store, &'a Site),
        state: State,
        now: DateTime<Utc>,
        effort: u64,
    ) -> Self {
        let (calendar, end) = (site.calendar(), Minute::of(now).horizon());
        Self { store, site, calendar, state, repeats: Repeats::default(), end, effort, left: effort }
    }

    /// Goes on from a position, at most `days` of them; answers the days and where to go on.
    pub(crate) async fn go(
        &mut self,
        mut position: Position,
        days: usize,
    ) -> Result<(Vec<Day>, Option<Position>), StoreError> {
        let mut done = Vec::new();
        loop {
            let date = position.date;
            if date > position.asked.1 || self.calendar.start_of_date(date) >= self.end {
                return Ok((done, None));
            }
            if done.len() >= days {
                return Ok((done, Some(position)));
            }
            // Hours are read before their minutes, and minutes before their events.
            let stored = self.store.hours_of_day(self.site, date).await?;
            if !done.is_empty() && self.is_next_too_much(date, &stored) {
                return Ok((done, Some(position)));
            }
            let begun = position.at;
            let (complete, found) = self.day(&mut position, stored).await?;
            let next = Position::of_day(position.asked, plus_days(date, 1), self.calendar);
            if !complete {
                if position.at > begun {
                    done.push(Day { position: position.clone(), complete, found });
                }
                return Ok((done, Some(position)));
            }
            done.push(Day { position: std::mem::replace(&mut position, next), complete, found });
        }
    }

    /// Whether a day is better begun by the next call: one that ends within it compares less.
    fn is_next_too_much(&self, date: NaiveDate, stored: &BTreeMap<Hour, Rollup>) -> bool {
        let minutes = self.calendar.end_of_date(date).number() - self.calendar.start_of_date(date).number();
        let places = u64::try_from(minutes).unwrap_or(0) * u64::from(self.site.lanes_at(self.end));
        let versions: u64 = stored.values().map(|hour| hour.n).sum();
        places * LOOKING + versions > self.left
    }

    /// Looks at the rest of a day; answers whether that was all of it.
    async fn day(
        &mut self,
        position: &mut Position,
        mut stored: BTreeMap<Hour, Rollup>,
    ) -> Result<(bool, Vec<(Finding, bool)>), StoreError> {
        let date = position.date;
        let (mut found, mut recounted) = (Vec::new(), BTreeMap::new());
        for hour in self.calendar.hours_of(date) {
            let end = self.calendar.end_of_hour(hour);
            // What is known of an hour that was cut is of that hour, and not of those before it.
            if position.at >= end {
                continue;
            }
            while position.at.max(hour.start()) < end && hour.start() < self.end {
                let from = position.at.max(hour.start());
                let counted = self.counted(hour).await?;
                let Some(to) = self.reach(Span { from, to: end }, hour, &counted) else {
                    return Ok((false, found));
                };
                let span = Span { from, to };
                let off = position.known.hour_off;
                let mut chunk = self.chunk((hour, span), counted, stored.get(&hour), off).await?;
                let mut marked = Marked { minutes: BTreeSet::new(), more: false };
                if chunk.is_suspicious() && stands(Guard::ReadAgain) {
                    if stands(Guard::MarkersBeforeAgain) {
                        marked = self.marked().await?;
                    }
                    stored = self.store.hours_of_day(self.site, date).await?;
                    let counted = self.counted(hour).await?;
                    chunk = self.chunk((hour, span), counted, stored.get(&hour), off).await?;
                    if !stands(Guard::MarkersBeforeAgain) {
                        marked = self.marked().await?;
                    }
                }
                self.note(position, chunk, hour, &marked, (&mut found, &mut recounted));
                position.at = to;
            }
            position.known.hour_off = false;
        }
        self.end_day(position, &mut found, recounted).await?;
        Ok((true, found))
    }

    /// How far to go in an hour; none where it is better begun by the next call.
    fn reach(&mut self, span: Span, hour: Hour, counted: &BTreeMap<Place, Rollup>) -> Option<Minute> {
        let cost = |minute: Minute| {
            let lanes = u64::from(self.site.lanes_at(minute));
            let versions: u64 =
                counted.range((minute, 0)..=(minute, u16::MAX)).map(|(_, rollup)| rollup.n).sum();
            lanes * LOOKING + if hour.start() < self.state.raw_complete_from { 0 } else { versions }
        };
        let mut minutes = (span.from.number()..span.to.number()).map(Minute::from_number);
        let whole: u64 = minutes.clone().map(cost).sum();
        if whole <= self.left {
            self.left -= whole;
            return Some(span.to);
        }
        // An hour that fits no call is cut, by minutes; any other is left to the next call.
        if self.left < self.effort {
            return None;
        }
        let mut to = minutes.next().unwrap_or(span.from).plus(1);
        let mut spent = cost(span.from);
        for minute in minutes {
            spent += cost(minute);
            if spent > self.left {
                break;
            }
            to = minute.plus(1);
        }
        self.left = 0;
        Some(to)
    }

    /// The minutes of the POSTs that came late and are not settled.
    async fn marked(&self) -> Result<Marked, StoreError> {
        let markers = self.store.late(&self.site.id, i32::try_from(MOST_MARKERS).unwrap_or(i32::MAX)).await?;
        let more = markers.len() >= MOST_MARKERS;
        let minutes = markers.iter().flat_map(|marker| &marker.batches).map(|batch| batch.minute).collect();
        Ok(Marked { minutes, more })
    }

    /// Adds what a stretch of an hour told to what is known of the day.
    fn note(
        &self,
        position: &mut Position,
        chunk: Chunk,
        hour: Hour,
        marked: &Marked,
        (found, recounted): (&mut Vec<(Finding, bool)>, &mut BTreeMap<Hour, Rollup>),
    ) {
        let known = &mut position.known;
        known.events += chunk.events;
        known.versions += chunk.versions;
        known.withdrawn += chunk.withdrawn;
        known.unreadable += chunk.unreadable;
        known.expired |= chunk.expired;
        chunk.contents.into_values().for_each(|contents| known.fingerprint.add_minute(contents));
        let open = hour.start() >= self.state.sealed;
        let whole = Span { from: hour.start(), to: self.calendar.end_of_hour(hour) };
        known.hour_off |= !chunk.minutes.is_empty();
        known.minutes.same += chunk.compared.saturating_sub(chunk.minutes.len().try_into().unwrap_or(0));
        for finding in chunk.minutes {
            let minute = match finding.covered {
                Covered::Minute((minute, _)) => minute,
                Covered::Hour(_) | Covered::Day => hour.start(),
            };
            let late = marked.has(Span { from: minute, to: minute.plus(1) });
            let pending = finding.behind && (open || late);
            known.minutes.count(pending);
            found.push((finding, pending));
        }
        match chunk.hour {
            HourFound::Open | HourFound::Empty => {}
            HourFound::NotSealed => known.hours.not_sealed += 1,
            HourFound::NotCompared => {
                known.hours.not_compared += 1;
                known.off.push(hour);
            }
            HourFound::Same => known.hours.same += 1,
            HourFound::Off(finding, right) => {
                let pending = finding.behind && marked.has(whole);
                known.hours.count(pending);
                known.off.push(hour);
                recounted.insert(hour, right);
                found.push((finding, pending));
            }
        }
    }

    /// Holds the day itself against its hours, where it is over and folded.
    async fn end_day(
        &self,
        position: &mut Position,
        found: &mut Vec<(Finding, bool)>,
        recounted: BTreeMap<Hour, Rollup>,
    ) -> Result<(), StoreError> {
        let (date, known) = (position.date, &mut position.known);
        let (start, end) = (self.calendar.start_of_date(date), self.calendar.end_of_date(date));
        if end > self.state.sealed {
            known.days.not_sealed += 1;
            return Ok(());
        }
        if known.off.iter().any(|hour| !recounted.contains_key(hour)) {
            known.days.not_compared += 1;
            return Ok(());
        }
        let mut marked = Marked { minutes: BTreeSet::new(), more: false };
        let mut held = self.hold_day(date, &recounted).await?;
        if held.is_some() && stands(Guard::ReadAgain) {
            marked = self.marked().await?;
            held = self.hold_day(date, &recounted).await?;
        }
        match held {
            None => known.days.same += u64::from(known.hours != Tally::default()),
            Some(finding) => {
                let pending = finding.behind && marked.has(Span { from: start, to: end });
                known.days.count(pending);
                found.push((finding, pending));
            }
        }
        Ok(())
    }

    /// What is wrong with a day, if anything: each hour as it is stored, or as it was recounted where it is off.
    async fn hold_day(
        &self,
        date: NaiveDate,
        recounted: &BTreeMap<Hour, Rollup>,
    ) -> Result<Option<Finding>, StoreError> {
        let stored = self.store.whole_day(&self.site.id, date).await?;
        let mut hours = self.store.hours_of_day(self.site, date).await?;
        hours.extend(recounted.iter().map(|(hour, right)| (*hour, right.clone())));
        let mut right = Rollup::of_parts(hours.values(), self.state.stamp(), Level::Day);
        Ok(Finding::of(Covered::Day, stored.as_ref(), &mut right))
    }
}

impl Tally {
    /// Counts one that is not what the events add up to.
    fn count(&mut self, pending: bool) {
        if pending { self.pending += 1 } else { self.different += 1 }
    }
}
