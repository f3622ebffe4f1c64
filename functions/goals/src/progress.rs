//! `GET /v1/goals/{id}/progress`: fetch what the goal measures, and compute how it stands.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Held;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, KEYED, May, Path, UNSERVED};
use reckon_core::domain::calendar::{Minute, parse_day, plus_days};
use reckon_core::domain::counts::Counts;
use reckon_core::domain::goal::{DayTotals, Goal, Progress, Seen, pattern_days, progress as stand};
use reckon_core::domain::kpi::Totals;
use reckon_core::domain::report::{Grain, Piece, Span, tabulate};
use reckon_core::domain::rollup::View;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Fault, Id, Problem, ProblemKind, Query};
use reckon_core::store::{Role, State};
use serde::Serialize;

use crate::goals::own_goal;

/// The days that are looked at before a day to know the site's weekdays: eight whole weeks, and one more.
const DAYS_BEFORE: i64 = 57;

/// A goal, and how it stands.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = GoalProgress))]
struct Answer<'a> {
    /// The goal.
    goal: &'a Goal,
    #[serde(flatten)]
    progress: Progress,
}

/// `GET /v1/goals/{id}/progress`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/goals/{id}/progress",
        tag = "Goals",
        operation_id = "read_progress",
        summary = "Say how a goal stands",
        description = "How far it has come, how far it would be by now, what it comes to at this pace, and all of it in one word.",
        params(Path, On),
        security(("bearer" = ["read", "admin"])),
        responses((status = 200, description = "How it stands", body = Answer), May<{ KEYED | ABSENT | ASKED | UNSERVED }>)
    )
)]
pub(crate) async fn progress(
    Held(app): Held<App>,
    caller: Caller,
    Id(id): Id,
    query: Query,
) -> Result<Response, Problem> {
    caller.require(Role::Read)?;
    let (site, now) = (&caller.site, app.clock.now());
    let calendar = site.calendar();
    let today = calendar.date_of(Minute::of(now));
    let on = date(&query, today)?;
    let goal = own_goal(&app, &caller, &id).await?;
    let dimensions = goal.filters.dimensions().collect();
    let not_served =
        || Problem::new(ProblemKind::NotServed, "No view has the goal's filters together any more.");
    let view = View::covering(&dimensions).ok_or_else(not_served)?;
    let state = app.store.state(&site.id).await?.ok_or_else(|| Problem::not_found("site"))?;
    if view.since() > state.built {
        return Err(not_served());
    }

    let period = goal.period.period_on(on);
    // What is not over yet counts up to now; a day that is, up to its end. Events may be an hour ahead.
    let end = calendar.end_of_date(on).min(Minute::of(now).plus(61));
    let first = period.from.min(plus_days(on, -DAYS_BEFORE));
    let span = Span { from: calendar.start_of_date(first).min(end), to: end };
    let looked = Looked { app: &app, site, state: &state };
    let pieces = looked.days(&goal, view, span).await?;
    let all = if view == View::TOTAL { pieces.clone() } else { looked.all(span).await? };

    let within = pieces.iter().filter(|(date, _)| period.from <= **date && **date <= period.to);
    let mut counts = Counts::default();
    within.for_each(|(_, day)| counts.add(day));
    let totals = |counts: Counts| Totals::of(counts, &site.conversion_kinds, &site.acquisition_kinds);
    let value = |counts: Counts| goal.metric.value(&totals(counts));
    let first_data = all.iter().find(|(_, day)| !day.is_empty()).map(|(date, _)| *date);
    let now = Minute::of(now);
    let weeks = pattern_days(on, now, calendar, first_data);
    let known = |date: &NaiveDate| weeks.is_some_and(|weeks| weeks.from <= *date && *date <= weeks.to);
    let history: Vec<DayTotals> = pieces
        .iter()
        .filter(|(date, _)| known(date))
        .filter_map(|(date, day)| Some(DayTotals { date: *date, value: value(day.clone()).ok()? }))
        .collect();
    let seen = Seen { on, now, calendar, actual: value(counts), history: &history, first_data };
    Ok(Json(Answer { goal: &goal, progress: stand(&goal, &seen) }).into_response())
}

/// What the rollups of a site are fetched with.
struct Looked<'a> {
    app: &'a App,
    site: &'a Site,
    state: &'a State,
}

impl Looked<'_> {
    /// The counts of each local day that pass the goal's filters.
    async fn days(
        &self,
        goal: &Goal,
        view: View,
        span: Span,
    ) -> Result<BTreeMap<NaiveDate, Counts>, Problem> {
        let calendar = self.site.calendar();
        let pieces =
            self.app.store.pieces(&self.site.id, calendar, self.state, view, span, Grain::Day).await?;
        let mut days: BTreeMap<NaiveDate, Counts> = BTreeMap::new();
        for piece in &pieces {
            let counts = tabulate([piece], view, &goal.filters, &[]).total;
            days.entry(calendar.date_of(piece.start)).or_default().add(&counts);
        }
        Ok(days)
    }

    /// The counts of each local day, whatever the filters are.
    async fn all(&self, span: Span) -> Result<BTreeMap<NaiveDate, Counts>, Problem> {
        let calendar = self.site.calendar();
        let pieces =
            self.app.store.pieces(&self.site.id, calendar, self.state, View::TOTAL, span, Grain::Day).await?;
        let day = |piece: &Piece| (calendar.date_of(piece.start), piece.rows.total());
        let mut days: BTreeMap<NaiveDate, Counts> = BTreeMap::new();
        for (date, counts) in pieces.iter().map(day) {
            days.entry(date).or_default().add(&counts);
        }
        Ok(days)
    }
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// On which day.
    On: day("on", "The day whose standing is meant; today unless said.").example(Some("2026-11-23".into()));
}

/// The day that is asked for; today by default.
fn date(query: &Query, today: NaiveDate) -> Result<NaiveDate, Problem> {
    let mut faults = Vec::new();
    query.only(&["on"], &mut faults);
    let on = match query.one("on", &mut faults) {
        None => today,
        Some(text) => parse_day(text).unwrap_or_else(|| {
            faults.push(Fault::new("on", "invalid_date", "on must be a day such as 2026-11-23"));
            today
        }),
    };
    if faults.is_empty() { Ok(on) } else { Err(Problem::invalid(faults)) }
}
