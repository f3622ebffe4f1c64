//! Periods: the days that a report is about, those that it is compared with, and the intervals that cut them.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::calendar::{Calendar, Hour, Minute, dates, plus_days};

/// Local days, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// A stretch of time, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first minute.
    pub from: Minute,
    /// The first minute after it.
    pub to: Minute,
}

/// What a period is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// As many days just before.
    Previous,
    /// The same days a year before.
    Year,
}

/// How much of the other period a running one is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// As much as has elapsed of the running one.
    Elapsed,
    /// All of it.
    Full,
}

/// How a time series is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Local hours.
    Hour,
    /// Local days.
    Day,
    /// ISO weeks, from Monday.
    Week,
    /// Calendar months.
    Month,
}

impl Period {
    /// How many days it has; 0 when reversed.
    pub fn days(self) -> i64 {
        (self.to - self.from).num_days().saturating_add(1).max(0)
    }

    /// Its days.
    pub fn dates(self) -> impl Iterator<Item = NaiveDate> {
        dates(self.from, self.to)
    }
}

/// The minutes of a period.
pub fn bounds(period: Period, calendar: Calendar) -> Span {
    Span { from: calendar.start_of_date(period.from), to: calendar.end_of_date(period.to) }
}

/// The period to compare with, and how much of it. `now` is the time that the report is made.
pub fn previous(
    period: Period,
    compare: Compare,
    align: Align,
    calendar: Calendar,
    now: DateTime<Utc>,
) -> (Period, Span) {
    let back = |date: NaiveDate| back(date, compare, period);
    let other = Period { from: back(period.from), to: back(period.to) };
    let full = bounds(other, calendar);
    let now = Minute::of(now);
    let running = bounds(period, calendar);
    if align == Align::Full || now >= running.to || now < running.from {
        return (other, full);
    }
    // The same wall-clock time on the corresponding day: what a person means by "until this hour".
    let local: DateTime<Tz> = calendar.local(now.plus(1));
    let end = calendar.minute_at(back(local.date_naive()), local.time());
    (other, Span { from: full.from, to: end.clamp(full.from, full.to) })
}

/// The days to compare with, where only days up to `known` are known of the period.
///
/// [`Align::Elapsed`] takes those that correspond to the known ones; where none is known, all, as for a period that
/// has not begun.
pub fn previous_days(period: Period, compare: Compare, align: Align, known: NaiveDate) -> (Period, Period) {
    let back = |date: NaiveDate| back(date, compare, period);
    let other = Period { from: back(period.from), to: back(period.to) };
    if align == Align::Full || known >= period.to || known < period.from {
        return (other, other);
    }
    (other, Period { to: back(known), ..other })
}

/// The day of the other period that corresponds to a day.
fn back(date: NaiveDate, compare: Compare, period: Period) -> NaiveDate {
    match compare {
        Compare::Previous => plus_days(date, -period.days()),
        Compare::Year => date.checked_sub_months(Months::new(12)).unwrap_or(date),
    }
}

impl Interval {
    /// The interval of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "hour" => Some(Self::Hour),
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            _ => None,
        }
    }

    /// The first day of the interval that holds `date`; for hours the date itself.
    pub fn start_of(self, date: NaiveDate) -> NaiveDate {
        match self {
            Self::Hour | Self::Day => date,
            Self::Week => plus_days(date, -i64::from(date.weekday().num_days_from_monday())),
            Self::Month => date.with_day(1).unwrap_or(date),
        }
    }

    /// The label of the interval that `minute` lies in: its first day, or its hour with its offset.
    pub fn label(self, minute: Minute, calendar: Calendar) -> String {
        match self {
            Self::Hour => calendar.local(calendar.hour_of(minute).start()).to_rfc3339(),
            _ => self.start_of(calendar.date_of(minute)).to_string(),
        }
    }

    /// The labels of every interval that a span, which begins with a day, touches, in order.
    pub fn labels(self, span: Span, calendar: Calendar) -> Vec<String> {
        if span.to <= span.from {
            return Vec::new();
        }
        let last = calendar.date_of(span.to.plus(-1));
        let dates = Period { from: calendar.date_of(span.from), to: last }.dates();
        if self == Self::Hour {
            let starts = dates.flat_map(|date| calendar.hours_of(date)).map(Hour::start);
            return starts
                .filter(|start| *start < span.to)
                .map(|start| self.label(start, calendar))
                .collect();
        }
        let mut labels: Vec<String> = dates.map(|date| self.start_of(date).to_string()).collect();
        labels.dedup();
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn period(from: &str, to: &str) -> Period {
        Period { from: date(from), to: date(to) }
    }

    fn time(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_running_period_is_compared_with_as_much_of_the_other() {
        let berlin = Calendar::new(chrono_tz::Europe::Berlin);
        // Monday to Sunday, seen on the Wednesday at 09:30 local time, which is in the minute until 09:31.
        let week = period("2026-11-23", "2026-11-29");
        for (align, now, other, end) in [
            (
                Align::Elapsed,
                "2026-11-25T08:30:00Z",
                period("2026-11-16", "2026-11-22"),
                "2026-11-18T08:31:00Z",
            ),
            (Align::Full, "2026-11-25T08:30:00Z", period("2026-11-16", "2026-11-22"), "2026-11-22T23:00:00Z"),
            (
                Align::Elapsed,
                "2026-12-25T08:30:00Z",
                period("2026-11-16", "2026-11-22"),
                "2026-11-22T23:00:00Z",
            ),
        ] {
            let (found, span) = previous(week, Compare::Previous, align, berlin, time(now));
            assert_eq!((found, span.to), (other, Minute::of(time(end))), "{align:?} {now}");
        }
    }

    #[test]
    fn a_change_of_the_clock_keeps_the_wall_clock_time() {
        let berlin = Calendar::new(chrono_tz::Europe::Berlin);
        // 2026-10-26 12:00 in winter time is 11:00 UTC; the day before at 12:00 was 11:00 UTC, too; the day
        // before that, in summer time, 10:00 UTC.
        let day = |text| period(text, text);
        for (today, now, end) in [
            ("2026-10-26", "2026-10-26T10:59:00Z", "2026-10-25T11:00:00Z"),
            ("2026-10-25", "2026-10-25T10:59:00Z", "2026-10-24T10:00:00Z"),
        ] {
            let (_, span) = previous(day(today), Compare::Previous, Align::Elapsed, berlin, time(now));
            assert_eq!(span.to, Minute::of(time(end)), "{today}");
        }
    }

    #[test]
    fn a_period_of_which_some_days_are_known_is_compared_with_as_many() {
        let week = period("2026-11-23", "2026-11-29");
        for (align, known, other) in [
            (Align::Elapsed, "2026-11-25", period("2026-11-16", "2026-11-18")),
            (Align::Elapsed, "2026-11-29", period("2026-11-16", "2026-11-22")),
            (Align::Elapsed, "2026-11-22", period("2026-11-16", "2026-11-22")),
            (Align::Full, "2026-11-25", period("2026-11-16", "2026-11-22")),
        ] {
            let (whole, taken) = previous_days(week, Compare::Previous, align, date(known));
            assert_eq!((whole, taken), (period("2026-11-16", "2026-11-22"), other), "{align:?} {known}");
        }
    }

    #[test]
    fn a_year_before_a_leap_day_is_the_28th() {
        let utc = Calendar::new(chrono_tz::UTC);
        let leap = period("2024-02-01", "2024-02-29");
        let (other, _) = previous(leap, Compare::Year, Align::Full, utc, time("2026-01-01T00:00:00Z"));
        assert_eq!(other, period("2023-02-01", "2023-02-28"));
    }

    #[test]
    fn intervals_are_iso_weeks_calendar_months_and_hours_with_their_offset() {
        let berlin = Calendar::new(chrono_tz::Europe::Berlin);
        let autumn = period("2026-10-25", "2026-11-02");
        assert_eq!(
            Interval::Week.labels(bounds(autumn, berlin), berlin),
            ["2026-10-19", "2026-10-26", "2026-11-02"]
        );
        assert_eq!(Interval::Month.labels(bounds(autumn, berlin), berlin), ["2026-10-01", "2026-11-01"]);
        let hours = Interval::Hour.labels(bounds(period("2026-10-25", "2026-10-25"), berlin), berlin);
        assert_eq!(hours.len(), 25);
        assert_eq!(hours[2..4], ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]);
    }

    #[test]
    fn no_interval_lies_beyond_the_span() {
        let berlin = Calendar::new(chrono_tz::Europe::Berlin);
        let minute = |text: &str| Minute::of(time(text));
        let from = minute("2026-11-22T23:00:00Z");
        for (to, hours, days) in [
            ("2026-11-22T23:00:00Z", 0, 0),
            ("2026-11-22T23:01:00Z", 1, 1),
            ("2026-11-23T23:00:00Z", 24, 1),
            ("2026-11-23T23:01:00Z", 25, 2),
        ] {
            let span = Span { from, to: minute(to) };
            let counts = [Interval::Hour, Interval::Day].map(|interval| interval.labels(span, berlin).len());
            assert_eq!(counts, [hours, days], "{to}");
        }
    }
}
