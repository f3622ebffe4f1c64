//! Reports as of a past time: what the sealed days said then, from the versions that were kept, never from events.

use chrono::{DateTime, Duration, NaiveDate, Utc};

use crate::domain::calendar::plus_days;
use crate::domain::report::{Period, Piece, bounds, previous_days};
use crate::domain::rollup::View;
use crate::domain::site::Site;
use crate::guard::{Guard, stands};
use crate::http::{App, Caller, Fault, Problem, ProblemKind};

use super::ask::Ask;
use super::fetch::{Compared, Fetched, state_for};

/// The longest that a run takes, with its retries: what it began to write before may still come to stand.
const SETTLED: Duration = Duration::minutes(15);

/// The moment of a report as of a past time, and what was sealed by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// The moment.
    pub at: DateTime<Utc>,
    /// The last day that was sealed then.
    pub sealed_through: NaiveDate,
    /// Whether nothing that was being written then can still change the answer.
    pub settled: bool,
}

impl AsOf {
    /// The part of a period that was sealed then; it ends before it begins where nothing was.
    pub fn sealed(&self, period: Period) -> Period {
        Period { to: period.to.min(self.sealed_through), ..period }
    }
}

/// Fetches what `ask` needs of a view as it stood at `at`.
pub(super) async fn fetch_as_of(
    app: &App,
    caller: &Caller,
    ask: &Ask,
    at: DateTime<Utc>,
    view: View,
) -> Result<Fetched, Problem> {
    let (site, now) = (&caller.site, app.clock.now());
    state_for(app, site, view).await?;
    let moment = at.timestamp_millis();
    let sealed_through = match app.store.sealed_through(&site.id, moment).await? {
        Some(through) if stands(Guard::SealedThen) => through,
        Some(_) => ask.to,
        None => return Err(too_early(app, site).await?),
    };
    let as_of = AsOf { at, sealed_through, settled: at <= now - SETTLED };
    let current = pieces(app, site, view, as_of.sealed(ask.period()), moment).await?;
    let previous = match ask.compare {
        Some(compare) => {
            let (period, taken) = previous_days(ask.period(), compare, ask.align, sealed_through);
            let taken = as_of.sealed(taken);
            let pieces = pieces(app, site, view, taken, moment).await?;
            Some(Compared { period, taken: bounds(taken, site.calendar()), pieces })
        }
        None => None,
    };
    let end = site.calendar().end_of_date(sealed_through).start();
    Ok(Fetched {
        view,
        pieces: current,
        previous,
        now: at,
        complete_through: end,
        counted_to: end,
        as_of: Some(as_of),
    })
}

/// The days of a period as they stood at a moment.
async fn pieces(
    app: &App,
    site: &Site,
    view: View,
    period: Period,
    moment: i64,
) -> Result<Vec<Piece>, Problem> {
    if period.from > period.to {
        return Ok(Vec::new());
    }
    let calendar = site.calendar();
    let days = app.store.days_at(&site.id, view, (period.from, period.to), moment).await?;
    let piece = |(date, day): (NaiveDate, crate::store::DayVersion)| {
        if day.stamp.fold < view.since() {
            let detail = format!(
                "On {date} the view {} was not kept yet at that time. Ask as of a time after the rebuild that filled it.",
                view.name()
            );
            return Err(Problem::new(ProblemKind::NotServed, detail));
        }
        Ok(Piece { start: calendar.start_of_date(date), rows: day.rows })
    };
    days.into_iter().map(piece).collect()
}

/// What a time is answered from before which nothing was kept.
async fn too_early(app: &App, site: &Site) -> Result<Problem, Problem> {
    let seals = app.store.seals(&site.id).await?;
    let first = seals.first().and_then(DateTime::from_timestamp_millis);
    let detail = match first {
        Some(first) => format!(
            "as_of lies before {}, when the site was made or its versions began to be kept",
            first.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
        ),
        None => {
            "no version of this site is kept yet: the first is noted when its next hour is closed".to_owned()
        }
    };
    Ok(Problem::invalid(vec![Fault::new("as_of", "too_early", detail)]))
}

/// The first day after those of a period that were sealed then, to its last: what an answer leaves out.
pub(super) fn left_out(ask: &Ask, as_of: &AsOf) -> Option<Period> {
    let from = ask.from.max(plus_days(as_of.sealed_through, 1));
    (from <= ask.to).then_some(Period { from, to: ask.to })
}
