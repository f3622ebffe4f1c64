//! How much of a period has gone by: by the site's own weekdays once it knows them, else by the clock.

use chrono::{Datelike, NaiveDate};

use super::Seen;
use crate::domain::calendar::{Calendar, Minute, plus_days};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::proportion;
use crate::domain::report::{Period, bounds};

/// What a metric that adds up came to on one whole local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTotals {
    /// The day.
    pub date: NaiveDate,
    /// The metric's value, under the goal's filters.
    pub value: Decimal,
}

/// How much of a whole has gone by. Unit: minutes or weights, the same on both sides.
///
/// `0 <= elapsed <= whole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) elapsed: i128,
    pub(super) whole: i128,
}

/// The fewest weeks that make a pattern.
const LEAST_WEEKS: i64 = 4;
/// The most weeks that a pattern is made of: beyond them a site has become another.
const MOST_WEEKS: i64 = 8;
/// What a whole is brought below, so that products with any figure fit; its share keeps sixteen digits.
const LARGEST_WHOLE: i128 = 1 << 56;

/// The days that the weekday pattern is made of: the four to eight whole weeks before the day looked at, none
/// before the site's first data; `None` where there are fewer.
///
/// [`Seen::history`] is to hold these days, and may leave out those on which nothing was counted.
pub fn pattern_days(
    on: NaiveDate,
    now: Minute,
    calendar: Calendar,
    first_data: Option<NaiveDate>,
) -> Option<Period> {
    let last = plus_days(on.min(calendar.date_of(now)), -1);
    let known = Period { from: first_data?, to: last }.days();
    let weeks = known.div_euclid(7).min(MOST_WEEKS);
    (weeks >= LEAST_WEEKS).then(|| Period { from: plus_days(last, 1 - 7 * weeks), to: last })
}

impl Pace {
    /// How much of `period` has gone by at `now`: by weekdays where they are known and say anything of it.
    ///
    /// They say nothing when the history counted nothing on the period's weekdays, nor when a weekday brought
    /// less than nothing, as a profit may: then the clock decides.
    pub(super) fn of(period: Period, now: Minute, seen: &Seen<'_>) -> Self {
        Self::by_weekdays(period, now, seen).unwrap_or_else(|| Self::by_clock(period, now, seen.calendar))
    }

    /// Minutes, changes of the clock included.
    pub(super) fn by_clock(period: Period, now: Minute, calendar: Calendar) -> Self {
        let span = bounds(period, calendar);
        let whole = span.to.number().saturating_sub(span.from.number()).max(0);
        let elapsed = now.number().saturating_sub(span.from.number()).clamp(0, whole);
        Self { elapsed: elapsed.into(), whole: whole.into() }
    }

    /// Every day weighs what its weekday brought in the weeks of the pattern. As these are whole weeks, each
    /// weekday's sum stands for its mean.
    fn by_weekdays(period: Period, now: Minute, seen: &Seen<'_>) -> Option<Self> {
        let weeks = pattern_days(seen.on, seen.now, seen.calendar, seen.first_data)?;
        let weight = |date: NaiveDate| {
            let known = seen.history.iter().filter(|day| weeks.from <= day.date && day.date <= weeks.to);
            let alike = known.filter(|day| day.date.weekday() == date.weekday());
            alike.fold(0_i128, |sum, day| sum.saturating_add(day.value.millionths()))
        };
        if weeks.dates().take(7).any(|date| weight(date) < 0) {
            return None;
        }
        let mut pace = Self { elapsed: 0, whole: 0 };
        for date in period.dates() {
            let weight = weight(date);
            pace.whole = pace.whole.saturating_add(weight);
            pace.elapsed = pace.elapsed.saturating_add(elapsed_of(weight, date, now, seen.calendar));
        }
        while pace.whole > LARGEST_WHOLE {
            pace = Self { elapsed: pace.elapsed >> 1, whole: pace.whole >> 1 };
        }
        (pace.whole > 0).then_some(pace)
    }

    /// Whether at least one part in so many has gone by.
    pub(super) const fn is_at_least_one_in(self, parts: i128) -> bool {
        self.elapsed.saturating_mul(parts) >= self.whole
    }
}

/// How much of a day's weight has gone by, by the minutes of the day.
fn elapsed_of(weight: i128, date: NaiveDate, now: Minute, calendar: Calendar) -> i128 {
    let distance = (date - calendar.date_of(now)).num_days();
    // Two dates may run at once, where midnight is struck twice; never more than neighbours.
    if distance.abs() > 1 {
        return if distance < 0 { weight } else { 0 };
    }
    if calendar.end_of_date(date) <= now {
        return weight;
    }
    let (mut elapsed, mut whole) = (0_i64, 0_i64);
    for hour in calendar.hours_of(date) {
        let (start, end) = (hour.start(), calendar.end_of_hour(hour));
        whole += end.number() - start.number();
        elapsed += now.clamp(start, end).number() - start.number();
    }
    proportion(Decimal::from_millionths(weight), elapsed.into(), whole.into()).map_or(0, Decimal::millionths)
}
