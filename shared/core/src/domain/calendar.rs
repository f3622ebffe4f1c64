//! Minutes, local hours and local days: how a site's time zone cuts time, changes of the clock included.

use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, NaiveTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// One UTC minute: the unit in which events are stored and recounted.
///
/// Unit: minutes since 1970-01-01T00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Minute(i64);

/// The UTC instant at which one of a site's local hours begins.
///
/// Local hours last 60 minutes, and fewer beside a change of the clock by half an hour; each lies in one local
/// date and under one offset, and they follow one another without gaps. Only [`Calendar`] makes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hour(Minute);

/// A site's way of cutting time into hours and days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    zone: Tz,
}

const MINUTES_PER_HOUR: i64 = 60;

/// How far ahead of our clock the time of an event may be.
pub const AHEAD: Duration = Duration::hours(1);

impl Minute {
    /// The minute that holds `time`.
    pub fn of(time: DateTime<Utc>) -> Self {
        Self(time.timestamp().div_euclid(60))
    }

    /// The minute that begins `number` minutes after 1970.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Minutes since 1970.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Its first instant. Minutes outside of the years that `chrono` knows give 1970.
    pub fn start(self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0.saturating_mul(60), 0).unwrap_or_default()
    }

    /// The minute so many minutes later.
    #[must_use]
    pub const fn plus(self, minutes: i64) -> Self {
        Self(self.0.saturating_add(minutes))
    }

    /// The first minute that no event can be in while it is this one.
    #[must_use]
    pub const fn horizon(self) -> Self {
        self.plus(AHEAD.num_minutes() + 1)
    }
}

impl Hour {
    /// The first minute of the hour, which names it.
    pub const fn start(self) -> Minute {
        self.0
    }

    /// An hour read back from a key that a [`Calendar`] once made.
    pub const fn from_start(start: Minute) -> Self {
        Self(start)
    }
}

impl Calendar {
    /// The calendar of a time zone.
    pub const fn new(zone: Tz) -> Self {
        Self { zone }
    }

    /// The time zone.
    pub const fn zone(self) -> Tz {
        self.zone
    }

    /// The offset from UTC in force at `minute`, in seconds.
    fn offset(self, minute: Minute) -> i32 {
        self.zone.offset_from_utc_datetime(&minute.start().naive_utc()).fix().local_minus_utc()
    }

    /// How far `minute` lies within its local clock hour.
    fn minute_of_hour(self, minute: Minute) -> i64 {
        i64::from(minute.start().with_timezone(&self.zone).minute())
    }

    /// The first minute in `(before, after]` under the offset of `after`, where the two differ.
    fn change_between(self, before: Minute, after: Minute) -> Minute {
        let offset = self.offset(after);
        let (mut low, mut high) = (before, after);
        while high.0 - low.0 > 1 {
            let middle = Minute(i64::midpoint(low.0, high.0));
            if self.offset(middle) == offset { high = middle } else { low = middle }
        }
        high
    }

    /// The local hour that holds `minute`.
    pub fn hour_of(self, minute: Minute) -> Hour {
        let start = minute.plus(-self.minute_of_hour(minute));
        if self.offset(start) == self.offset(minute) {
            return Hour(start);
        }
        Hour(self.change_between(start, minute))
    }

    /// The first minute after `hour`.
    pub fn end_of_hour(self, hour: Hour) -> Minute {
        let last = hour.0.plus(MINUTES_PER_HOUR - 1 - self.minute_of_hour(hour.0));
        if self.offset(last) == self.offset(hour.0) {
            return last.plus(1);
        }
        self.change_between(hour.0, last)
    }

    /// The hour after `hour`.
    #[must_use]
    pub fn next_hour(self, hour: Hour) -> Hour {
        Hour(self.end_of_hour(hour))
    }

    /// The hours that begin in `from..to`.
    pub fn hours_between(self, from: Minute, to: Minute) -> impl Iterator<Item = Hour> {
        let first = self.hour_of(from);
        let first = if first.0 < from { self.next_hour(first) } else { first };
        std::iter::successors(Some(first), move |hour| Some(self.next_hour(*hour)))
            .take_while(move |hour| hour.0 < to)
    }

    /// The local date of `minute`.
    pub fn date_of(self, minute: Minute) -> NaiveDate {
        minute.start().with_timezone(&self.zone).date_naive()
    }

    /// When `minute` begins, with its local offset, for people.
    pub fn local(self, minute: Minute) -> DateTime<Tz> {
        minute.start().with_timezone(&self.zone)
    }

    /// The hours of a local date, in order: 23 to 25 of them as a rule, none where a zone skipped the date.
    ///
    /// A date whose midnight is struck twice has its hours in two runs; both are here.
    pub fn hours_of(self, date: NaiveDate) -> Vec<Hour> {
        let (from, to) = self.reach_of(date);
        self.hours_between(self.hour_of(from).0, to).filter(|hour| self.date_of(hour.0) == date).collect()
    }

    /// The first minute after the last hour of `date`: from then on the date is over.
    pub fn end_of_date(self, date: NaiveDate) -> Minute {
        self.hours_of(date)
            .last()
            .map_or_else(|| self.first_minute_after(date), |hour| self.end_of_hour(*hour))
    }

    /// The first minute of `date`'s first hour.
    pub fn start_of_date(self, date: NaiveDate) -> Minute {
        self.hours_of(date).first().map_or_else(|| self.first_minute_after(date), |hour| hour.0)
    }

    /// UTC bounds that surely enclose a local date.
    fn reach_of(self, date: NaiveDate) -> (Minute, Minute) {
        let midnight = Minute::of(date.and_time(NaiveTime::MIN).and_utc());
        let day = 24 * MINUTES_PER_HOUR;
        let near =
            [self.offset(midnight.plus(-day)), self.offset(midnight), self.offset(midnight.plus(2 * day))];
        let minutes = |seconds: i32| i64::from(seconds).div_euclid(60);
        let ahead = near.iter().copied().max().map_or(0, minutes);
        let behind = near.iter().copied().min().map_or(0, minutes);
        (midnight.plus(-ahead - MINUTES_PER_HOUR), midnight.plus(day - behind + MINUTES_PER_HOUR))
    }

    /// For a date that the zone never had: the first minute of a later one.
    fn first_minute_after(self, date: NaiveDate) -> Minute {
        let (from, to) = self.reach_of(date);
        self.hours_between(from, to).find(|hour| self.date_of(hour.0) > date).map_or(to, |hour| hour.0)
    }

    /// The instant of a local wall-clock time; the earlier where it is struck twice, the first after the gap
    /// where it is skipped.
    pub fn minute_at(self, date: NaiveDate, time: NaiveTime) -> Minute {
        let wall = date.and_time(time);
        for skipped in 0..=24 {
            let tried = wall + Duration::minutes(skipped * 15);
            if let Some(time) = self.zone.from_local_datetime(&tried).earliest() {
                return Minute::of(time.with_timezone(&Utc));
            }
        }
        self.first_minute_after(date)
    }
}

/// Reads a date as it is written everywhere, `2026-11-23`, from 1970 to 9999: what lies beyond is no day of a site.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    // The parser passes over blanks and missing zeros.
    date.filter(|date| (1970..=9999).contains(&date.year()) && date.to_string() == text)
}

/// The days of `from..=to`, empty when reversed.
pub fn dates(from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    from.iter_days().take_while(move |date| *date <= to)
}

/// `date` so many days later (earlier when negative); the bounds of the calendar hold it.
#[must_use]
pub fn plus_days(date: NaiveDate, days: i64) -> NaiveDate {
    let distance = Days::new(days.unsigned_abs());
    let moved = if days < 0 { date.checked_sub_days(distance) } else { date.checked_add_days(distance) };
    moved.unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn calendar(zone: &str) -> Calendar {
        Calendar::new(zone.parse().unwrap())
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn labels(zone: &str, day: &str, from: usize, count: usize) -> Vec<String> {
        let calendar = calendar(zone);
        calendar
            .hours_of(date(day))
            .into_iter()
            .skip(from)
            .take(count)
            .map(|hour| calendar.local(hour.start()).format("%H:%M%:z").to_string())
            .collect()
    }

    #[test]
    fn days_have_as_many_hours_as_the_clock_strikes() {
        for (zone, day, hours, minutes) in [
            ("Europe/Berlin", "2026-03-29", 23, 23 * 60),
            ("Europe/Berlin", "2026-10-25", 25, 25 * 60),
            ("Europe/Berlin", "2026-11-23", 24, 24 * 60),
            ("Asia/Kolkata", "2026-03-29", 24, 24 * 60),
            // Half an hour forward: 02:00 becomes 02:30, and the hour of 02:30 lasts 30 minutes.
            ("Australia/Lord_Howe", "2026-10-04", 24, 23 * 60 + 30),
            // Half an hour back: 02:00 becomes 01:30, and the half hour of 01:30 is struck twice.
            ("Australia/Lord_Howe", "2026-04-05", 25, 24 * 60 + 30),
            // A date that the zone skipped, and midnights that do not exist or are struck twice.
            ("Pacific/Apia", "2011-12-30", 0, 0),
            ("America/Sao_Paulo", "2018-11-04", 23, 23 * 60),
            ("America/St_Johns", "2010-11-06", 25, 24 * 60 + 59),
            ("America/St_Johns", "2010-11-07", 25, 24 * 60 + 1),
        ] {
            let calendar = calendar(zone);
            let all = calendar.hours_of(date(day));
            let lasting: i64 =
                all.iter().map(|hour| calendar.end_of_hour(*hour).number() - hour.start().number()).sum();
            assert_eq!((all.len(), lasting), (hours, minutes), "{zone} {day}");
        }
    }

    #[test]
    fn a_day_is_written_with_ten_characters_and_lies_in_the_years_of_a_site() {
        for (text, day) in [
            ("2026-11-23", true),
            ("2024-02-29", true),
            ("1970-01-01", true),
            ("9999-12-31", true),
            ("2026-02-29", false),
            ("2026-1-2", false),
            ("1969-12-31", false),
            ("+12026-01-1", false),
            ("262142-12-31", false),
            ("23.11.2026", false),
            ("2026-11-\n3", false),
            ("2026- 1-23", false),
        ] {
            assert_eq!(parse_day(text).is_some(), day, "{text}");
        }
    }

    #[test]
    fn hours_beside_a_change_of_the_clock_keep_their_offset() {
        assert_eq!(
            labels("Europe/Berlin", "2026-10-25", 1, 4),
            ["01:00+02:00", "02:00+02:00", "02:00+01:00", "03:00+01:00"]
        );
        assert_eq!(labels("Europe/Berlin", "2026-03-29", 1, 2), ["01:00+01:00", "03:00+02:00"]);
        assert_eq!(
            labels("Australia/Lord_Howe", "2026-04-05", 1, 3),
            ["01:00+11:00", "01:30+10:30", "02:00+10:30"]
        );
        assert_eq!(
            labels("Australia/Lord_Howe", "2026-10-04", 1, 3),
            ["01:00+10:30", "02:30+11:00", "03:00+11:00"]
        );
        assert_eq!(labels("Asia/Kolkata", "2026-10-04", 0, 2), ["00:00+05:30", "01:00+05:30"]);
    }

    #[test]
    fn a_wall_clock_time_that_is_skipped_or_doubled_still_names_a_minute() {
        let berlin = calendar("Europe/Berlin");
        for (day, time, expected) in [
            ("2026-03-29", "02:30", "2026-03-29T01:00:00Z"),
            ("2026-10-25", "02:30", "2026-10-25T00:30:00Z"),
            ("2026-11-23", "00:00", "2026-11-22T23:00:00Z"),
        ] {
            let minute = berlin.minute_at(date(day), time.parse().unwrap());
            assert_eq!(minute.start(), expected.parse::<DateTime<Utc>>().unwrap(), "{day} {time}");
        }
    }

    const ZONES: [&str; 9] = [
        "UTC",
        "Europe/Berlin",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Pacific/Apia",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
        "Africa/Casablanca",
    ];

    proptest! {
        #[test]
        fn every_minute_lies_in_exactly_one_hour_of_its_date(
            number in 10_519_200_i64..36_000_000, zone in proptest::sample::select(&ZONES[..])
        ) {
            let calendar = calendar(zone);
            let minute = Minute::from_number(number);
            let hour = calendar.hour_of(minute);
            let end = calendar.end_of_hour(hour);
            prop_assert!(hour.start() <= minute && minute < end, "{hour:?} {end:?}");
            prop_assert!(end.number() - hour.start().number() <= 60);
            prop_assert_eq!(calendar.hour_of(hour.start()), hour);
            prop_assert_eq!(calendar.hour_of(end.plus(-1)), hour);
            prop_assert_eq!(calendar.hour_of(end).start(), end);
            prop_assert_eq!(calendar.date_of(end.plus(-1)), calendar.date_of(hour.start()));
            let date = calendar.date_of(minute);
            prop_assert!(calendar.hours_of(date).contains(&hour));
            prop_assert!(calendar.end_of_date(date) > minute);
            prop_assert!(calendar.start_of_date(date) <= minute);
        }
    }
}
