//! Planning and fetching: the smallest view that covers the question, and the pieces of it that are stored.

use std::collections::BTreeSet;

use crate::domain::calendar::{Calendar, Minute, plus_days};
use crate::domain::dimension::Dimension;
use crate::domain::report::{Grain, Period, Piece, Span, bounds, previous};
use crate::domain::rollup::{Fold, View};
use crate::domain::site::Site;
use crate::guard::{Guard, stands};
use crate::http::{App, Caller, Problem, ProblemKind};
use crate::store::{Role, State};
use chrono::{DateTime, NaiveDate, Utc};

use super::as_of::{AsOf, fetch_as_of};
use super::ask::Ask;

/// Events are accepted from 1990 on in UTC, which is still this year in the Americas.
const FIRST_YEAR: i32 = 1989;
/// How often what has to be read at one time is read again, where it changed meanwhile.
pub const TRIES: u32 = 5;
/// How many days of a large view are in memory at once.
const STRETCH_DAYS: i64 = 31;

/// Everything that an answer is computed from.
#[derive(Debug)]
pub struct Fetched {
    /// The view that it was read from.
    pub view: View,
    /// What is stored of the days asked for.
    pub pieces: Vec<Piece>,
    /// What it is compared with.
    pub previous: Option<Compared>,
    /// When it was asked.
    pub now: DateTime<Utc>,
    /// Every event acknowledged before is in the pieces.
    pub complete_through: DateTime<Utc>,
    /// The end of the newest minute that is in them.
    pub counted_to: DateTime<Utc>,
    /// The past time that it is told as of, if it is.
    pub as_of: Option<AsOf>,
}

/// The days that a report is compared with.
#[derive(Debug)]
pub struct Compared {
    /// All of them.
    pub period: Period,
    /// As much of them as has passed of the days asked for.
    pub taken: Span,
    /// What is stored of that.
    pub pieces: Vec<Piece>,
}

impl Compared {
    /// Where what is taken ends, if that is not the end of the days.
    pub fn until(&self, calendar: Calendar) -> Option<Minute> {
        Some(self.taken.to).filter(|end| *end < bounds(self.period, calendar).to)
    }
}

impl Fetched {
    /// The days of a period that the pieces tell of: as of a past time those that were sealed then.
    pub fn told(&self, period: Period) -> Period {
        self.as_of.map_or(period, |as_of| as_of.sealed(period))
    }
}

/// Holds the caller to reading.
pub fn require_reader(caller: &Caller) -> Result<(), Problem> {
    caller.require(Role::Read)
}

/// Fetches what `ask` needs, grouped by `group`.
pub async fn fetch(
    app: &App,
    caller: &Caller,
    ask: &Ask,
    group: &[Dimension],
    largest: Grain,
) -> Result<Fetched, Problem> {
    fetch_view(app, caller, ask, plan(ask, group)?, largest).await
}

/// The view whose rows are made like this.
pub fn folded_by(fold: Fold) -> Result<View, Problem> {
    View::folded_by(fold).ok_or_else(|| Problem::new(ProblemKind::Internal, "No such view."))
}

/// Fetches what `ask` needs of a view.
pub async fn fetch_view(
    app: &App,
    caller: &Caller,
    ask: &Ask,
    view: View,
    largest: Grain,
) -> Result<Fetched, Problem> {
    if let Some(at) = ask.as_of {
        return fetch_as_of(app, caller, ask, at, view).await;
    }
    let site = &caller.site;
    let (calendar, now) = (site.calendar(), app.clock.now());
    // The state is read before any rollup: what it calls sealed then stays so.
    let state = state_for(app, site, view).await?;
    // So is the oldest marker: one that is taken away later belongs to events that the pieces have.
    let mut promise =
        if stands(Guard::MarkerBeforePieces) { complete_through(app, site, &state).await? } else { now };
    let pieces = |span: Span| {
        let end = span.to.min(Minute::of(now).horizon());
        let span = Span { from: span.from.min(end), to: end };
        async move { app.store.pieces(&site.id, calendar, &state, view, span, largest).await }
    };
    let other = ask.compare.map(|compare| previous(ask.period(), compare, ask.align, calendar, now));
    let current = pieces(bounds(ask.period(), calendar)).await?;
    let previous = match other {
        Some((period, taken)) => Some(Compared { period, taken, pieces: pieces(taken).await? }),
        None => None,
    };
    if !stands(Guard::MarkerBeforePieces) {
        promise = complete_through(app, site, &state).await?;
    }
    let counted_to = counted_to(&state, &current);
    Ok(Fetched { view, pieces: current, previous, now, complete_through: promise, counted_to, as_of: None })
}

/// Fetches everything up to a day: the total view at once, and `view` in stretches of a month and in order,
/// so that no more than one of them is in memory. Answers the first day as well. Of the days that are still being counted
/// both views tell the same events.
///
/// Cost: a read unit for each year from 1989 to the first day, and those of both views of all days since, the total of days
/// that are not sealed twice. Stretches in which nothing happened are not read.
pub async fn fetch_history(
    app: &App,
    caller: &Caller,
    to: NaiveDate,
    view: View,
    mut take: impl FnMut(&[Piece]) -> Result<(), Problem> + Send,
) -> Result<(NaiveDate, Fetched), Problem> {
    let site = &caller.site;
    let (calendar, now) = (site.calendar(), app.clock.now());
    // The same order as in `fetch_view`: the state, the oldest marker, and only then rollups.
    let state = state_for(app, site, view).await?;
    let complete_through = complete_through(app, site, &state).await?;
    // What is not folded into days yet begins where the sealed hours end, at the latest.
    let unfolded = calendar.date_of(state.sealed);
    let folded = app.store.first_day(&site.id, FIRST_YEAR, to).await?;
    let first = folded.map_or(unfolded, |first| first.min(unfolded)).min(to);
    let start = calendar.start_of_date(first);
    let end = calendar.end_of_date(to).min(Minute::of(now).horizon()).max(start);
    let pieces = |view: View, from: Minute, to: Minute| {
        let span = Span { from, to };
        let state = &state;
        async move { app.store.pieces(&site.id, calendar, state, view, span, Grain::Day).await }
    };
    let open = calendar.start_of_date(unfolded).clamp(start, end);
    let mut total = pieces(View::TOTAL, start, open).await?;
    let (mut date, mut from) = (first, start);
    while from < open {
        date = plus_days(date, STRETCH_DAYS);
        let until = calendar.start_of_date(date).min(open);
        let busy = |piece: &Piece| (from..until).contains(&piece.start) && !piece.rows.is_empty();
        if total.iter().any(busy) {
            take(&pieces(view, from, until).await?)?;
        }
        from = until;
    }
    // Where the total says the same before and after, nothing was counted in between.
    let mut before = pieces(View::TOTAL, open, end).await?;
    for tried in 1.. {
        let counting = if before.iter().all(|piece| piece.rows.is_empty()) {
            Vec::new()
        } else {
            pieces(view, open, end).await?
        };
        let after = pieces(View::TOTAL, open, end).await?;
        if before == after {
            take(&counting)?;
            break;
        }
        if tried == TRIES {
            return Err(changing());
        }
        before = after;
    }
    total.extend(before);
    let counted_to = counted_to(&state, &total);
    Ok((
        first,
        Fetched {
            view: View::TOTAL,
            pieces: total,
            previous: None,
            now,
            complete_through,
            counted_to,
            as_of: None,
        },
    ))
}

/// What is said where figures changed as often as they were read.
pub fn changing() -> Problem {
    let detail = "The figures changed each time while they were read. Ask again.";
    Problem::new(ProblemKind::Unavailable, detail)
}

/// The state of a site that has a view.
pub(super) async fn state_for(app: &App, site: &Site, view: View) -> Result<State, Problem> {
    let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
    if view.since() > state.built {
        let detail = format!("The view {} is new. Fill it with POST /v1/rebuild.", view.name());
        return Err(Problem::new(ProblemKind::NotServed, detail));
    }
    Ok(state)
}

/// Up to when every event that was acknowledged is in the figures: nothing beyond the oldest late marker.
async fn complete_through(app: &App, site: &Site, state: &State) -> Result<DateTime<Utc>, Problem> {
    let (sealed, oldest) = (state.sealed.start(), app.store.late(&site.id, 1).await?);
    let oldest = oldest.first().filter(|_| stands(Guard::OldestMarker));
    Ok(oldest.map_or(sealed, |marker| marker.received.min(sealed)))
}

/// The smallest view that has every dimension of the question.
fn plan(ask: &Ask, group: &[Dimension]) -> Result<View, Problem> {
    let wanted: BTreeSet<Dimension> = group.iter().copied().chain(ask.filters.dimensions()).collect();
    View::covering(&wanted).ok_or_else(|| {
        let wanted: Vec<_> = wanted.iter().map(|dimension| dimension.as_str()).collect();
        let served: Vec<_> = View::of_events().map(View::name).collect();
        let detail = format!(
            "No view has {} together. Served are these, and parts of them: {}.",
            wanted.join(" and "),
            served.join(", ")
        );
        Problem::new(ProblemKind::NotServed, detail)
    })
}

/// The end of the newest minute that is in the figures.
fn counted_to(state: &State, pieces: &[Piece]) -> DateTime<Utc> {
    let newest = pieces.iter().map(|piece| piece.start).filter(|start| *start >= state.sealed).max();
    newest.map_or(state.sealed.start(), |minute| minute.plus(1).start())
}
