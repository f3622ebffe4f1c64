//! What the tests of goals share: goals, and moments at which they are seen.

mod examples;
mod pace;
mod properties;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;

use super::*;
use crate::domain::calendar::{Calendar, Minute, plus_days};
use crate::domain::dimension::Dimension;
use crate::domain::kpi::Undefined;
use crate::domain::report::{Period, bounds};

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn days(from: &str, to: &str) -> Schedule {
    Schedule::Fixed(Period { from: date(from), to: date(to) })
}

const NOVEMBER: &str = "2026-11-01";

fn november() -> Schedule {
    days(NOVEMBER, "2026-11-30")
}

fn number(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

fn goal(metric: Metric, direction: Direction, target: &str, period: Schedule) -> Goal {
    let (id, name) = ("g_1".to_owned(), "a goal".to_owned());
    Goal { id, name, metric, target: number(target), direction, period, filters: Filters::default() }
}

/// What is seen at a local time such as `2026-11-16T12:00:00+01:00`, on its own date.
fn seen<'a>(zone: Tz, time: &str, actual: &str, first_data: &str, history: &'a [DayTotals]) -> Seen<'a> {
    let now: DateTime<Utc> = time.parse().unwrap();
    Seen {
        on: now.with_timezone(&zone).date_naive(),
        now: Minute::of(now),
        calendar: Calendar::new(zone),
        actual: Ok(number(actual)),
        history,
        first_data: first_data.parse().ok(),
    }
}

fn in_berlin(time: &str, actual: &str) -> Seen<'static> {
    seen(chrono_tz::Europe::Berlin, time, actual, NOVEMBER, &[])
}

/// Expected, projected, status and the names of what is null.
fn told(progress: &Progress) -> (String, String, Option<Status>, Vec<&str>) {
    let text = |figure: Option<Decimal>| figure.map_or("-".to_owned(), Decimal::text);
    let missing = progress.reasons.keys().copied().collect();
    (text(progress.expected_by_now), text(progress.projected), progress.status, missing)
}

fn check(
    goal: &Goal,
    seen: &Seen<'_>,
    expected: &str,
    projected: &str,
    status: Option<Status>,
    missing: &[&str],
) {
    let wanted = (expected.to_owned(), projected.to_owned(), status, missing.to_vec());
    assert_eq!(told(&progress(goal, seen)), wanted, "{goal:?} {seen:?}");
}

/// 100 from Monday to Friday, 50 on Saturday, nothing on Sunday, which is left out.
fn working_days(from: &str, to: &str) -> Vec<DayTotals> {
    let all = Period { from: date(from), to: date(to) }.dates();
    let value = |date: NaiveDate| match date.weekday() {
        chrono::Weekday::Sun => None,
        chrono::Weekday::Sat => Some(DayTotals { date, value: number("50") }),
        _ => Some(DayTotals { date, value: number("100") }),
    };
    all.filter_map(value).collect()
}
