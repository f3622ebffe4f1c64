//! What the rollups say of goals on one day. Goals of one view share its pieces, which are fetched once.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use reckon_core::domain::calendar::{Calendar, Minute, plus_days};
use reckon_core::domain::counts::Counts;
use reckon_core::domain::goal::{DayTotals, Goal, Progress, Seen, pattern_days, progress};
use reckon_core::domain::kpi::Totals;
use reckon_core::domain::report::{Grain, Piece, Span, tabulate};
use reckon_core::domain::rollup::View;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Problem, ProblemKind};
use reckon_core::store::State;

/// The days that are looked at before a day to know the site's weekdays: eight whole weeks, and one more.
const DAYS_BEFORE: i64 = 57;

/// The rollups that goals are computed from, as they stand on a day.
pub(crate) struct Looked<'a> {
    app: &'a App,
    site: &'a Site,
    calendar: Calendar,
    state: State,
    on: NaiveDate,
    now: Minute,
    pieces: BTreeMap<View, Vec<Piece>>,
}

impl<'a> Looked<'a> {
    /// Nothing fetched yet. The state is read before any rollup: what it calls sealed then stays so.
    pub(crate) async fn new(app: &'a App, site: &'a Site, on: NaiveDate) -> Result<Self, Problem> {
        let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
        let now = Minute::of(app.clock.now());
        Ok(Self { app, site, calendar: site.calendar(), state, on, now, pieces: BTreeMap::new() })
    }

    /// Fetches what some goals need, each view once and from the first day that any of them looks at.
    ///
    /// Goals that no view serves are passed over; [`Self::progress`] says so of each.
    pub(crate) async fn fetch(&mut self, goals: impl IntoIterator<Item = &Goal>) -> Result<(), Problem> {
        let mut first: BTreeMap<View, NaiveDate> = BTreeMap::new();
        for goal in goals {
            let Ok(view) = self.view(goal) else { continue };
            for view in [View::TOTAL, view] {
                let day = self.first_day(goal);
                first.entry(view).and_modify(|first| *first = day.min(*first)).or_insert(day);
            }
        }
        // What is not over yet counts up to now; a day that is, up to its end. Events may be an hour ahead.
        let to = self.calendar.end_of_date(self.on).min(self.now.horizon());
        for (view, day) in first {
            let span = Span { from: self.calendar.start_of_date(day).min(to), to };
            let Self { app, site, calendar, state, .. } = self;
            let pieces = app.store.pieces(&site.id, *calendar, state, view, span, Grain::Day).await?;
            self.pieces.insert(view, pieces);
        }
        Ok(())
    }

    /// How a goal stands, whose view was fetched.
    pub(crate) fn progress(&self, goal: &Goal) -> Result<Progress, Problem> {
        let view = self.view(goal)?;
        let period = goal.period.period_on(self.on);
        let days = self.days(view, goal, |piece| tabulate([piece], view, &goal.filters, &[]).total);
        let all = self.days(View::TOTAL, goal, |piece| piece.rows.total());

        let mut counts = Counts::default();
        days.range(period.from..=period.to).for_each(|(_, day)| counts.add(day));
        let value = |counts: Counts| {
            goal.metric.value(&Totals::of(counts, &self.site.conversion_kinds, &self.site.acquisition_kinds))
        };
        let first_data = all.iter().find(|(_, day)| !day.is_empty()).map(|(date, _)| *date);
        let weeks = pattern_days(self.on, self.now, self.calendar, first_data);
        let known = weeks.map(|weeks| days.range(weeks.from..=weeks.to)).into_iter().flatten();
        let history: Vec<DayTotals> = known
            .filter_map(|(date, day)| Some(DayTotals { date: *date, value: value(day.clone()).ok()? }))
            .collect();
        let seen = Seen {
            on: self.on,
            now: self.now,
            calendar: self.calendar,
            actual: value(counts),
            history: &history,
            first_data,
        };
        Ok(progress(goal, &seen))
    }

    /// The smallest view that has a goal's filters, and is filled.
    fn view(&self, goal: &Goal) -> Result<View, Problem> {
        let dimensions = goal.filters.dimensions().collect();
        View::covering(&dimensions).filter(|view| view.since() <= self.state.built).ok_or_else(|| {
            Problem::new(ProblemKind::NotServed, "No view has the goal's filters together any more.")
        })
    }

    /// The first day that a goal looks at.
    fn first_day(&self, goal: &Goal) -> NaiveDate {
        goal.period.period_on(self.on).from.min(plus_days(self.on, -DAYS_BEFORE))
    }

    /// The counts of each local day that a goal looks at, whatever others look at besides.
    fn days(
        &self,
        view: View,
        goal: &Goal,
        counts: impl Fn(&Piece) -> Counts,
    ) -> BTreeMap<NaiveDate, Counts> {
        let first = self.first_day(goal);
        let mut days: BTreeMap<NaiveDate, Counts> = BTreeMap::new();
        for piece in self.pieces.get(&view).into_iter().flatten() {
            let date = self.calendar.date_of(piece.start);
            if date >= first {
                days.entry(date).or_default().add(&counts(piece));
            }
        }
        days
    }
}
