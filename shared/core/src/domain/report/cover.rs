//! Which rollups to read for a span: days where they are sealed, hours where they are sealed, minutes for the rest.

use chrono::NaiveDate;

use super::period::Span;
use crate::domain::calendar::{Calendar, Hour, Minute, plus_days};

/// The largest rollups that an answer may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// Hours, for a series of hours.
    Hour,
    /// Days.
    Day,
}

/// Rollups of one level that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// Whole days, both included.
    Days(NaiveDate, NaiveDate),
    /// Whole hours that begin from the first and before the second.
    Hours(Hour, Hour),
    /// The minutes of one hour that begin from the first and before the second.
    Minutes(Hour, Minute, Minute),
}

/// Cuts `span` into the largest rollups that may be trusted: those that end by `sealed`.
///
/// The stretches are disjoint, in order, and cover the span exactly.
pub fn cover(span: Span, sealed: Minute, largest: Grain, calendar: Calendar) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut at = span.from;
    while at < span.to {
        let date = calendar.date_of(at);
        let day_end = calendar.end_of_date(date);
        let hour = calendar.hour_of(at);
        let hour_end = calendar.end_of_hour(hour);
        let whole = |start: Minute, end: Minute| start == at && end <= span.to && end <= sealed;
        // A date whose midnight is struck twice is not one stretch of time; its hours are read instead.
        let one_piece = calendar.date_of(day_end.plus(-1)) == date && is_one_piece(calendar, date, day_end);
        if largest == Grain::Day && one_piece && whole(calendar.start_of_date(date), day_end) {
            match stretches.last_mut() {
                Some(Stretch::Days(_, last)) if plus_days(*last, 1) == date => *last = date,
                _ => stretches.push(Stretch::Days(date, date)),
            }
            at = day_end;
        } else if whole(hour.start(), hour_end) {
            match stretches.last_mut() {
                Some(Stretch::Hours(_, end)) if end.start() == at => *end = Hour::from_start(hour_end),
                _ => stretches.push(Stretch::Hours(hour, Hour::from_start(hour_end))),
            }
            at = hour_end;
        } else {
            let end = hour_end.min(span.to);
            stretches.push(Stretch::Minutes(hour, at, end));
            at = end;
        }
    }
    stretches
}

/// Whether a date is one stretch of time from its first hour to `end`.
fn is_one_piece(calendar: Calendar, date: NaiveDate, end: Minute) -> bool {
    let hours = calendar.hours_of(date);
    let follow =
        hours.windows(2).all(|pair| matches!(pair, [hour, next] if calendar.next_hour(*hour) == *next));
    follow && hours.last().is_some_and(|hour| calendar.end_of_hour(*hour) == end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    fn minute(text: &str) -> Minute {
        Minute::of(text.parse::<DateTime<Utc>>().unwrap())
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn days_then_hours_then_minutes() {
        let utc = Calendar::new(chrono_tz::UTC);
        let span = Span { from: minute("2026-11-20T00:00:00Z"), to: minute("2026-11-23T10:30:00Z") };
        let hour = |text| Hour::from_start(minute(text));
        assert_eq!(
            cover(span, minute("2026-11-23T09:00:00Z"), Grain::Day, utc),
            [
                Stretch::Days(date("2026-11-20"), date("2026-11-22")),
                Stretch::Hours(hour("2026-11-23T00:00:00Z"), hour("2026-11-23T09:00:00Z")),
                Stretch::Minutes(
                    hour("2026-11-23T09:00:00Z"),
                    minute("2026-11-23T09:00:00Z"),
                    minute("2026-11-23T10:00:00Z")
                ),
                Stretch::Minutes(hour("2026-11-23T10:00:00Z"), minute("2026-11-23T10:00:00Z"), span.to),
            ]
        );
        let hours = cover(span, minute("2026-11-23T09:00:00Z"), Grain::Hour, utc);
        assert_eq!(hours[0], Stretch::Hours(hour("2026-11-20T00:00:00Z"), hour("2026-11-23T09:00:00Z")));
    }

    /// The minutes of a stretch, as first and end.
    fn ends(stretch: Stretch, calendar: Calendar) -> (Minute, Minute) {
        match stretch {
            Stretch::Days(from, to) => (calendar.start_of_date(from), calendar.end_of_date(to)),
            Stretch::Hours(from, to) => (from.start(), to.start()),
            Stretch::Minutes(_, from, to) => (from, to),
        }
    }

    proptest! {
        #[test]
        fn a_cover_has_no_gap_no_overlap_and_trusts_only_what_is_sealed(
            from in 21_000_000_i64..22_000_000, length in 0_i64..20_000, sealed in -3_000_i64..20_000,
            zone in proptest::sample::select(
                &["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"][..])
        ) {
            let calendar = Calendar::new(zone.parse().unwrap());
            let span = Span { from: Minute::from_number(from), to: Minute::from_number(from + length) };
            let sealed = calendar.hour_of(Minute::from_number(from + sealed)).start();
            let mut at = span.from;
            for stretch in cover(span, sealed, Grain::Day, calendar) {
                let (start, end) = ends(stretch, calendar);
                prop_assert_eq!(start, at);
                prop_assert!(end > start);
                if !matches!(stretch, Stretch::Minutes(..)) {
                    prop_assert!(end <= sealed);
                }
                at = end;
            }
            prop_assert_eq!(at, span.to.max(span.from));
        }
    }
}
