//! Reading what is stored of some days and kinds: the events themselves, from the minutes that have any.

use std::collections::{BTreeMap, BTreeSet};

use reckon_core::domain::calendar::Minute;
use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::{Event, Kind, Status};
use reckon_core::domain::names::{EventId, Label};
use reckon_core::domain::pairing::{Counted, part_of};
use reckon_core::domain::report::Span;
use reckon_core::domain::rollup::{Rows, View, union};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Fault, Problem, ProblemKind};
use reckon_core::store::{Detail, Place, State, concurrently, places_between};

use crate::explain::Reason;
use crate::sent::By;

/// The most events, of any kind, that lie in the minutes that are read, and the most minutes and lanes.
const MOST_EVENTS: u64 = 1_000_000;
const MOST_PLACES: usize = 40_000;
/// About how many events are in memory at once.
const AT_ONCE: u64 = 100_000;
/// The most late markers that are looked at.
const MOST_MARKERS: i32 = 10_000;

/// What to read.
pub(crate) struct Wanted {
    pub(crate) by: By,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) part: Option<Part>,
    pub(crate) span: Span,
}

/// One of several parts that keys fall into by their hash, for days with more rows than a list may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) number: u64,
    pub(crate) of: u64,
}

impl Part {
    /// Whether a key belongs to it.
    pub(crate) fn has(self, key: &str) -> bool {
        part_of(key, self.of) == self.number
    }
}

/// An event that is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: EventId,
    pub(crate) order: Option<String>,
    pub(crate) kind: Kind,
    /// In milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) value: Money,
    pub(crate) count: u32,
}

/// What is stored of some days and kinds.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// What is counted.
    pub(crate) found: Vec<Found>,
    /// What is not, by its key, and why.
    pub(crate) uncounted: BTreeMap<String, Reason>,
}

impl Found {
    pub(crate) fn of(event: &Event) -> Self {
        let sent = &event.sent;
        Self {
            id: sent.id.clone(),
            order: sent.order.as_ref().map(|order| order.as_str().to_owned()),
            kind: sent.kind,
            at: sent.at,
            value: sent.value.unwrap_or_default(),
            count: sent.count,
        }
    }

    pub(crate) const fn minute(&self) -> Minute {
        Minute::from_number(self.at.div_euclid(60_000))
    }

    /// What it is known by.
    pub(crate) fn key(&self, by: By) -> Option<&str> {
        match by {
            By::Order => self.order.as_deref(),
            By::Event => Some(self.id.as_str()),
        }
    }

    /// It, to be paired.
    pub(crate) fn counted(&self, by: By) -> Counted {
        Counted {
            key: self.key(by).map(str::to_owned),
            minute: self.minute(),
            value: self.value,
            count: self.count,
        }
    }
}

/// Why an event counts nowhere, if so.
pub(crate) fn why_uncounted(event: &Event) -> Option<Reason> {
    if event.sent.void {
        Some(Reason::Withdrawn)
    } else if event.derived.robot {
        Some(Reason::Robot)
    } else {
        (event.sent.status() == Status::Rejected).then_some(Reason::Rejected)
    }
}

/// Reads what is stored of the days and kinds.
///
/// Rollups tell which minutes have any, except in hours that are not sealed and in minutes that late markers name:
/// those are read whatever is counted of them.
pub(crate) async fn read_known(app: &App, site: &Site, wanted: &Wanted) -> Result<Known, Problem> {
    // The state and the markers are read before any rollup: what is stored by then is in one or named by the other.
    let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
    let markers = app.store.late(&site.id, MOST_MARKERS).await?;
    if i32::try_from(markers.len()).is_ok_and(|markers| markers >= MOST_MARKERS) {
        let detail = "Many events have just come in late and are being counted. Try again in some minutes.";
        return Err(Problem::new(ProblemKind::Unavailable, detail));
    }
    if wanted.span.from < state.raw_complete_from {
        let kept = site.calendar().local(state.raw_complete_from).to_rfc3339();
        let detail =
            format!("events before {kept} have expired, so that nothing is left to compare; begin later");
        return Err(Problem::invalid(vec![Fault::new("/from", "expired", detail)]));
    }
    let late = markers.iter().flat_map(|marker| &marker.batches).map(|batch| batch.minute);
    let late = late.filter(|minute| (wanted.span.from..wanted.span.to).contains(minute)).collect();
    let (places, events) = places(app, site, wanted, &state, late).await?;
    if events > MOST_EVENTS || places.len() > MOST_PLACES {
        let detail = format!(
            "the minutes of these days that have any hold {events} events in {} places; at most {MOST_EVENTS} in \
             {MOST_PLACES} are read: send fewer days at a time",
            places.len()
        );
        return Err(Problem::invalid(vec![Fault::new("/from", "too_much", detail)]));
    }
    let mut known = Known::default();
    let mut places = places.into_iter().peekable();
    while places.peek().is_some() {
        let (mut group, mut versions) = (Vec::new(), 0);
        while let Some((place, n)) = places.next_if(|_| versions < AT_ONCE) {
            versions += n;
            group.push(place);
        }
        let reads = group.into_iter().map(|place| read_place(app, site, wanted, place));
        for part in concurrently(reads).await? {
            known.found.extend(part.found);
            known.uncounted.extend(part.uncounted);
        }
    }
    Ok(known)
}

/// The minutes and lanes that may have any, how many events each has as far as is known, and how many all have.
async fn places(
    app: &App,
    site: &Site,
    wanted: &Wanted,
    state: &State,
    late: BTreeSet<Minute>,
) -> Result<(BTreeMap<Place, u64>, u64), Problem> {
    let (calendar, span) = (site.calendar(), wanted.span);
    let end = span.to.min(Minute::of(app.clock.now()).horizon());
    let sealed = state.sealed.min(end);
    let mut places: BTreeMap<Place, u64> = BTreeMap::new();
    let bounds = (calendar.hour_of(span.from), calendar.hour_of(sealed.max(span.from)));
    let hours = app.store.hours(&site.id, View::TOTAL, bounds).await?;
    let busy = hours.iter().filter(|(_, rollup)| has(&rollup.rows(View::TOTAL), &wanted.kinds));
    let reads = busy.map(|(hour, _)| async move {
        let whole = (hour.start(), calendar.end_of_hour(*hour));
        app.store.minutes(&site.id, *hour, whole, Detail::Head).await
    });
    for minutes in concurrently(reads).await? {
        let busy = minutes.into_iter().filter(|(_, rollup)| has(&rollup.rows(View::TOTAL), &wanted.kinds));
        places.extend(busy.map(|(place, rollup)| (place, rollup.n)));
    }
    let open = places_between(site, sealed.max(span.from), end);
    let late = late.into_iter().flat_map(|minute| places_between(site, minute, minute.plus(1)));
    for place in open.chain(late) {
        places.entry(place).or_default();
    }
    places.retain(|(minute, _), _| (span.from..end).contains(minute));
    let events = places.values().sum();
    Ok((places, events))
}

/// Whether any event of some kinds is among those of rows.
fn has(rows: &Rows, kinds: &[Kind]) -> bool {
    let counts: Counts = rows.total();
    let spend = kinds.contains(&Kind::Spend) && counts.spend != Money::ZERO;
    spend || counts.rejected > 0 || kinds.iter().any(|kind| counts.of_kind(*kind) > 0)
}

async fn read_place(
    app: &App,
    site: &Site,
    wanted: &Wanted,
    (minute, lane): Place,
) -> Result<Known, Problem> {
    let segment = app.store.segment(&site.id, minute, lane).await?;
    let mut known = Known::default();
    for event in union(segment.versions).map(|version| version.event) {
        if !wanted.kinds.contains(&event.sent.kind) {
            continue;
        }
        let key = match wanted.by {
            By::Order => event.sent.order.as_ref().map(Label::as_str),
            By::Event => Some(event.sent.id.as_str()),
        };
        // What has no key belongs to the first part, so that the parts add up.
        let is_of = |part: Part| key.map_or(part.number == 0, |key| part.has(key));
        if !wanted.part.is_none_or(is_of) {
            continue;
        }
        match (why_uncounted(&event), key) {
            (None, _) => known.found.push(Found::of(&event)),
            (Some(reason), Some(key)) => {
                known.uncounted.insert(key.to_owned(), reason);
            }
            (Some(_), None) => {}
        }
    }
    Ok(known)
}
