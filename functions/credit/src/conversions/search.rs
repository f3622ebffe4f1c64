//! Looking for results: by their order, or through the minutes that have any.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::event::{Event, Kind};
use reckon_core::domain::names::Label;
use reckon_core::domain::report::Span;
use reckon_core::domain::rollup::{Rows, union};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Problem};
use reckon_core::store::State;

use super::wanted::Wanted;

/// The most events that are read for one page, of any kind, since they lie together; a minute counts as some at least.
const MOST_EVENTS: u64 = 200_000;
const LEAST_OF_MINUTE: u64 = 500;
/// How many days are looked through at a time.
const DAYS_AT_ONCE: i64 = 7;

/// Results, newest first, and where to go on where too many minutes had to be read.
#[derive(Default)]
pub(super) struct Page {
    pub(super) events: Vec<Event>,
    pub(super) resume: Option<Minute>,
}

pub(super) async fn of_order(app: &App, site: &Site, order: &Label) -> Result<Page, Problem> {
    let mut page = Page::default();
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_result()) {
        let Some(order) = app.store.order(&site.id, kind, order).await? else { continue };
        page.events
            .extend(app.store.event(site, &order.id, order.minute()).await?.map(|version| version.event));
    }
    page.events.sort_by_key(newest_first);
    Ok(page)
}

/// How results are sorted: newest minute first, then by id. A cursor names the last of a page.
pub(super) fn newest_first(event: &Event) -> (Reverse<Minute>, String) {
    (Reverse(event.sent.minute()), event.sent.id.as_str().to_owned())
}

/// Looks through the minutes that have results, newest first, until the page is full.
///
/// The rollups of hours and minutes tell which those are, so that no other event is read.
pub(super) async fn look_through(
    app: &App,
    site: &Site,
    state: &State,
    span: Span,
    wanted: &Wanted,
    now: DateTime<Utc>,
) -> Result<Page, Problem> {
    let calendar = site.calendar();
    let mut page = Page::default();
    let ahead = Minute::of(now).horizon();
    let begin = wanted.after.as_ref().map_or(span.to, |after| after.minute.plus(1)).min(span.to).min(ahead);
    let (mut end, mut left) = (begin, MOST_EVENTS);
    while end > span.from {
        let start = end.plus(-DAYS_AT_ONCE * 24 * 60).max(span.from);
        // Whole hours, so that none is read as minutes for its place in the chunk alone.
        let start = calendar.hour_of(start).start().max(span.from);
        let part = Span { from: start, to: end };
        let busy = app.store.busy_minutes(site, state, part, |rows| has_results(rows, site)).await?;
        for (minute, events) in busy.into_iter().rev() {
            if left == 0 {
                page.resume = Some(minute);
                return Ok(page);
            }
            left = left.saturating_sub(events.max(LEAST_OF_MINUTE));
            page.events.extend(results_of(app, site, minute, wanted).await?);
            if page.events.len() > wanted.limit {
                return Ok(page);
            }
        }
        end = start;
    }
    Ok(page)
}

/// Whether there is any result among the events of rows.
fn has_results(rows: &Rows, site: &Site) -> bool {
    let counts = rows.total();
    let counted = Kind::ALL.into_iter().filter(|kind| site.keeps_path(*kind));
    counts.rejected > 0 || counted.map(|kind| counts.of_kind(kind)).sum::<u64>() > 0
}

/// The results of a minute that are wanted, sorted.
async fn results_of(app: &App, site: &Site, minute: Minute, wanted: &Wanted) -> Result<Vec<Event>, Problem> {
    // One lane after the other: of a busy minute all together would not fit in memory.
    let mut found: Vec<Event> = Vec::new();
    for lane in 0..site.lanes_at(minute) {
        let segment = app.store.segment(&site.id, minute, lane).await?;
        let events = union(segment.versions).map(|version| version.event);
        found.extend(events.filter(|event| wanted.has(event, site)));
    }
    found.sort_by_cached_key(newest_first);
    Ok(found)
}
