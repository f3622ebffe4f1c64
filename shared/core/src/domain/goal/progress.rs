//! How a goal stands: what is there, what should be there by now, where it leads, and in one word.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::pace::{DayTotals, Pace};
use super::{Direction, Goal};
use crate::domain::calendar::{Calendar, Minute};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::{Undefined, divide, proportion};
use crate::domain::report::{Period, bounds};

/// What is known of a goal's metric at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The local date that is looked at; the period is the goal's on this date.
    pub on: NaiveDate,
    /// The first minute that has not gone by. The end of `on` bounds it.
    pub now: Minute,
    /// How the site cuts time.
    pub calendar: Calendar,
    /// The metric's value in the period up to `now`, or why it has none.
    pub actual: Result<Decimal, Undefined>,
    /// The metric's daily values on the [`super::pattern_days`], for metrics that add up; others need none.
    pub history: &'a [DayTotals],
    /// The first local date on which the site has any event at all, whatever the goal's filters are.
    pub first_data: Option<NaiveDate>,
}

/// How a goal stands in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Standing))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Reached; what must not be exceeded, and ratios, are so only once the period is over.
    Achieved,
    /// Projected to reach the target.
    OnTrack,
    /// Projected to miss it by no more than a tenth.
    AtRisk,
    /// Projected to miss it by more, or missed.
    OffTrack,
    /// The period has not begun.
    NotStarted,
}

/// How a goal stands. Whatever is null has its reason in `reasons`, under its own name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Progress {
    /// The days that are measured.
    pub period: Period,
    /// What the metric has come to so far.
    pub actual: Option<Decimal>,
    /// What it should come to.
    pub target: Decimal,
    /// Actual ÷ target, where the target is above zero.
    pub share: Option<Decimal>,
    /// What it would be by now at an even pace; the target itself for ratios.
    pub expected_by_now: Option<Decimal>,
    /// What it comes to by the end at the pace so far; the actual value for ratios.
    pub projected: Option<Decimal>,
    /// All of it in one word.
    pub status: Option<Status>,
    /// Why something above is null, as in "no clicks".
    pub reasons: BTreeMap<&'static str, String>,
}

/// A figure, or why there is none.
type Figure = Result<Decimal, String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    NotStarted,
    Running,
    Ended,
}

/// How `goal` stands, by what is `seen` of its metric.
///
/// Counts and amounts add up: their pace is that of the site's weekdays over four to eight weeks, and before
/// that of the clock. Ratios do not: at any time one expects the target, and projects what is there.
pub fn progress(goal: &Goal, seen: &Seen<'_>) -> Progress {
    let period = goal.period.period_on(seen.on);
    let now = seen.now.min(seen.calendar.end_of_date(seen.on));
    let stage = stage(period, now, seen);
    let adds_up = goal.metric.quotient().is_none();
    let actual = seen.actual.map_err(|reason| reason.to_string());
    let expected = match stage {
        _ if !adds_up => Ok(goal.target),
        Stage::NotStarted => Ok(Decimal::ZERO),
        Stage::Ended => Ok(goal.target),
        Stage::Running => {
            let pace = Pace::of(period, now, seen);
            proportion(goal.target, pace.elapsed, pace.whole).ok_or_else(too_large)
        }
    };
    let projected = match stage {
        Stage::NotStarted => Err("the period has not begun".to_owned()),
        Stage::Running if adds_up => actual.clone().and_then(|actual| projection(actual, period, now, seen)),
        Stage::Running | Stage::Ended => actual.clone(),
    };
    let share = actual.clone().and_then(|actual| share(actual, goal.target));
    let status = status(goal, stage, &actual, &projected);
    let mut reasons = BTreeMap::new();
    Progress {
        period,
        actual: told("actual", actual, &mut reasons),
        target: goal.target,
        share: told("share", share, &mut reasons),
        expected_by_now: told("expected_by_now", expected, &mut reasons),
        projected: told("projected", projected, &mut reasons),
        status: told("status", status, &mut reasons),
        reasons,
    }
}

/// Moves the reason of what is missing to the reasons.
fn told<T>(
    name: &'static str,
    known: Result<T, String>,
    reasons: &mut BTreeMap<&'static str, String>,
) -> Option<T> {
    known.map_err(|reason| reasons.insert(name, reason)).ok()
}

fn too_large() -> String {
    "the figures are too large".to_owned()
}

fn stage(period: Period, now: Minute, seen: &Seen<'_>) -> Stage {
    let span = bounds(period, seen.calendar);
    if seen.on < period.from || now < span.from {
        Stage::NotStarted
    } else if now < span.to {
        Stage::Running
    } else {
        Stage::Ended
    }
}

fn share(actual: Decimal, target: Decimal) -> Figure {
    if target == Decimal::ZERO {
        return Err("the target is 0".to_owned());
    }
    if target.is_negative() {
        return Err("the target is below 0".to_owned());
    }
    divide(actual, target).ok_or_else(too_large)
}

/// What an amount that adds up comes to by the end of a running period, at its pace so far.
///
/// The pace is measured from the site's first data on: a site that joins in the middle of a month is not
/// slow. Too little to project from is less than a whole day (a tenth, where a single day is all there is) or
/// less than a fiftieth of the whole.
fn projection(actual: Decimal, period: Period, now: Minute, seen: &Seen<'_>) -> Figure {
    let today = seen.on.min(seen.calendar.date_of(now));
    let first = seen.first_data.filter(|first| *first <= today).ok_or("there are no events yet")?;
    let measured = Period { from: period.from.max(first), to: period.to };
    let pace = Pace::of(measured, now, seen);
    if measured.days() <= 1 {
        if !pace.is_at_least_one_in(10) {
            return Err("too little has gone by: a projection takes a tenth of the day".to_owned());
        }
    } else if now < seen.calendar.end_of_date(measured.from) || !pace.is_at_least_one_in(50) {
        return Err(
            "too little has gone by: a projection takes a whole day and a fiftieth of the period".to_owned()
        );
    }
    proportion(actual, pace.whole, pace.elapsed).ok_or_else(too_large)
}

fn status(goal: &Goal, stage: Stage, actual: &Figure, projected: &Figure) -> Result<Status, String> {
    let target = goal.target;
    match stage {
        Stage::NotStarted => return Ok(Status::NotStarted),
        Stage::Ended => {
            let kept = holds(goal.direction, actual.clone()?, target);
            return Ok(if kept { Status::Achieved } else { Status::OffTrack });
        }
        Stage::Running => {}
    }
    if goal.metric.quotient().is_none() {
        let actual = actual.clone()?;
        match goal.direction {
            // A target of nothing, or of a bearable loss, is held from the first minute: that says nothing
            // yet.
            Direction::AtLeast if target > Decimal::ZERO && actual >= target => return Ok(Status::Achieved),
            Direction::AtMost if actual > target => return Ok(Status::OffTrack),
            Direction::AtLeast | Direction::AtMost => {}
        }
    }
    let projected = projected.clone()?;
    Ok(if holds(goal.direction, projected, target) {
        Status::OnTrack
    } else if is_near(goal.direction, projected, target) {
        Status::AtRisk
    } else {
        Status::OffTrack
    })
}

/// Whether `value` lies on the wanted side of `target`.
fn holds(direction: Direction, value: Decimal, target: Decimal) -> bool {
    match direction {
        Direction::AtLeast => value >= target,
        Direction::AtMost => value <= target,
    }
}

/// Whether a value on the wrong side of its target is near it: the lesser amount is at least 0.9 of the
/// greater.
///
/// Which of the two is the lesser depends on the direction, and turns round for losses. Nothing is near zero.
fn is_near(direction: Direction, value: Decimal, target: Decimal) -> bool {
    let (value, target) = (value.millionths(), target.millionths());
    let (lesser, greater) = match direction {
        Direction::AtLeast if target > 0 => (value, target),
        Direction::AtLeast => (target.saturating_neg(), value.saturating_neg()),
        Direction::AtMost => (target, value),
    };
    lesser.saturating_mul(10) >= greater.saturating_mul(9)
}
