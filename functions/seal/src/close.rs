//! Closing hours and days: raise the flag, fold what lies below it, then let readers trust it.

use chrono::{DateTime, Duration, Utc};
use reckon_core::domain::calendar::{Minute, dates, plus_days};
use reckon_core::domain::report::Span;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::store::{State, Store, StoreError, concurrently};

/// How long after its end an hour is closed. Batches stored later than 2 minutes after it leave a late marker, so
/// the difference is what a slow request or a clock that is behind may take.
pub const GRACE: Duration = Duration::minutes(10);
/// The most hours, over all lanes, that one run closes for a site, so that runs that were missed for days are caught
/// up with in several.
const MOST_HOURS: u16 = 72;

/// Up to where hours are to be closed now; `None` when nothing is due.
pub fn due(site: &Site, state: &State, now: DateTime<Utc>) -> Option<Minute> {
    let calendar = site.calendar();
    let over = Minute::of(if stands(Guard::Grace) { now - GRACE } else { now });
    let first = calendar.hour_of(state.sealed);
    let ends = std::iter::successors(Some(calendar.end_of_hour(first)), |end| {
        Some(calendar.end_of_hour(calendar.hour_of(*end)))
    });
    let most = MOST_HOURS.div_ceil(site.lanes_at(over));
    ends.take_while(|end| *end <= over).take(most.into()).last()
}

/// Raises the flag: whoever counts a minute before `closing` from now on folds its hour and day, too.
pub async fn raise(store: &Store, site: &Site, closing: Minute) -> Result<(), StoreError> {
    if stands(Guard::FlagFirst) { store.raise_sealing(&site.id, closing).await } else { Ok(()) }
}

/// Folds every hour and day that ends after what `state` has sealed and by `closing`.
///
/// First the minutes are compared with what is stored, which finds what a lost trigger left behind; also those of
/// the next hour, since events accepted before `closing` may lie there, and `complete_through` speaks for them.
pub async fn fold_closed(
    store: &Store,
    site: &Site,
    state: &State,
    closing: Minute,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let calendar = site.calendar();
    // Read after the flag is raised, and before anything is folded.
    let stamp = store.state(&site.id).await?.unwrap_or(*state).stamp();
    let ahead = closing.min(Minute::of(now)).horizon();
    let ahead = if stands(Guard::CompareAhead) { ahead } else { closing };
    if stands(Guard::CompareCounts) {
        store.recount_differing(site, Span { from: state.sealed, to: ahead }, stamp).await?;
    }
    let hours = calendar.hours_between(state.sealed, closing);
    concurrently(hours.map(|hour| store.fold_hour(site, hour, stamp))).await?;
    let days = dates(calendar.date_of(state.sealed), calendar.date_of(closing));
    let closed = |end: Minute| end > state.sealed && end <= closing;
    let over = days.filter(|date| closed(calendar.end_of_date(*date)));
    concurrently(over.map(|date| store.fold_day(site, date, stamp, now))).await.map(|_| ())
}

/// Lets readers trust everything before `closing`.
pub async fn open_to(store: &Store, site: &Site, closing: Minute) -> Result<(), StoreError> {
    store.raise_sealed(&site.id, closing).await
}

/// Notes that every day before the one of `closing` is sealed, once it is, for those who ask later what was.
///
/// It looks every time, not only when a day is over: a run may have been cut off before its note.
pub async fn note(
    store: &Store,
    site: &Site,
    state: &State,
    closing: Minute,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let calendar = site.calendar();
    let through = plus_days(calendar.date_of(closing), -1);
    if !stands(Guard::NoteAgain) && calendar.date_of(state.sealed) > through {
        return Ok(());
    }
    let noted = store.sealed_through(&site.id, i64::MAX).await?;
    if noted.is_some_and(|noted| noted >= through) {
        return Ok(());
    }
    // What was sealed first is no restatement, though it may be of a writer whose clock is ahead.
    let days = (noted.map_or(through, |noted| plus_days(noted, 1)), through);
    let begun = store.newest_version(&site.id, days).await?;
    store.note_sealed(&site.id, begun.map_or(now, |begun| begun.max(now)), through).await
}
