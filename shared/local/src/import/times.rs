//! Times as tables have them: RFC 3339, or a day in any usual way with or without a time of the day.

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::days::{self, Order, Written};

/// How the time of a day is written.
const CLOCKS: [&str; 6] = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p"];
/// How long before a skipped time the clock is looked at, in hours: before it was changed, also by a whole day.
const BEFORE: [i64; 2] = [3, 27];

/// The day of a cell, as it is written, and nothing where it is no time.
pub(crate) fn written(text: &str) -> Option<Written> {
    Written::read(day_and_time(text).0)
}

/// Whether a cell holds a time.
pub(super) fn is_time(text: &str) -> bool {
    written(text).is_some() || DateTime::parse_from_rfc3339(text).is_ok()
}

/// A text cut into its day and the time of the day behind it, which is empty where there is none.
fn day_and_time(text: &str) -> (&str, &str) {
    let Some(colon) = text.find(':') else { return (text, "") };
    let front = text.get(..colon).unwrap_or_default();
    let start = front.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    let (day, clock) = text.split_at(start);
    (day.trim_end_matches([' ', ',', 'T']), clock)
}

/// A time of the day cut into the time and what stands behind it for a zone, such as `+0100`, `UTC` or `Z`.
fn clock_and_offset(clock: &str) -> (&str, &str) {
    let behind = clock.find(['+', '-', 'Z', 'U', 'G']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at(behind);
    (clock.trim_end(), offset)
}

/// A time of a zone. One that a change of the clock skipped is as far after the change as it says, as if the clock had
/// not been changed; so that a day without a midnight begins at its first minute.
fn local(time: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    if let Some(found) = zone.from_local_datetime(&time).earliest() {
        return found.to_utc();
    }
    let before = BEFORE.into_iter().find_map(|hours| {
        let earlier = time.checked_sub_signed(TimeDelta::hours(hours))?;
        Some(zone.from_local_datetime(&earlier).latest()?.offset().fix())
    });
    let found = before.and_then(|offset| offset.from_local_datetime(&time).single());
    found.map_or_else(|| Utc.from_utc_datetime(&time), |time| time.to_utc())
}

/// Reads a time, in milliseconds since 1970. A day without a time begins at its midnight.
///
/// Without a `format` it is RFC 3339, or a day in any usual way with or without a time, where `order` tells the day from
/// the month.
pub(crate) fn time(text: &str, format: Option<&str>, zone: Tz, order: Order) -> Result<i64, String> {
    let local = |time| local(time, zone).timestamp_millis();
    let midnight = |date: NaiveDate| local(date.and_time(NaiveTime::MIN));
    let Some(format) = format else {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(time.timestamp_millis());
        }
        let unknown = || unknown(text);
        let (day, clock) = day_and_time(text);
        let day = Written::read(day).and_then(|day| day.day(order)).ok_or_else(unknown)?;
        if clock.is_empty() {
            return Ok(midnight(day));
        }
        let (clock, offset) = clock_and_offset(clock);
        let clock = CLOCKS.into_iter().find_map(|format| NaiveTime::parse_from_str(clock, format).ok());
        let time = day.and_time(clock.ok_or_else(unknown)?);
        return match offset {
            "" => Ok(local(time)),
            "Z" | "UTC" | "GMT" => Ok(time.and_utc().timestamp_millis()),
            offset => {
                let offset: FixedOffset = offset.parse().map_err(|_| unknown())?;
                offset
                    .from_local_datetime(&time)
                    .single()
                    .map(|time| time.timestamp_millis())
                    .ok_or_else(unknown)
            }
        };
    };
    if let Ok(time) = DateTime::parse_from_str(text, format) {
        return Ok(time.timestamp_millis());
    }
    if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
        return Ok(local(time));
    }
    let date = NaiveDate::parse_from_str(text, format);
    date.map(midnight)
        .map_err(|_| unusable(format).unwrap_or_else(|| format!("{text:?} is not written as {format}")))
}

/// Why nothing can be written in a format; nothing where something can.
pub(crate) fn unusable(format: &str) -> Option<String> {
    let strange = StrftimeItems::new(format).any(|item| matches!(item, Item::Error));
    strange.then(|| {
        format!(
            "{format} is no format of dates: say one such as --date-format %d.%m.%Y or --date-format %m/%d/%y"
        )
    })
}

/// Whether a text is written as a day of which the calendar has none.
pub(super) fn is_no_day(text: &str) -> bool {
    days::is_numbers(day_and_time(text).0)
}

/// Why a text is no time.
fn unknown(text: &str) -> String {
    if is_no_day(text) {
        return format!("{text:?} is no day of the calendar");
    }
    format!(
        "{text:?} is no time that is understood: say how times are written, such as --date-format %d.%m.%Y"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, zone: Tz, order: Order) -> Option<String> {
        let read = time(text, None, zone, order).ok().and_then(DateTime::from_timestamp_millis);
        read.map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
    }

    #[test]
    fn times_are_read_in_whatever_way_can_be_meant_in_one_way_alone() {
        let berlin = chrono_tz::Europe::Berlin;
        for (text, order, expected) in [
            ("2026-11-01", Order::DayFirst, Some("2026-10-31T23:00:00Z")),
            ("2026-11-01T10:00:00Z", Order::DayFirst, Some("2026-11-01T10:00:00Z")),
            ("2026-11-01 10:00:00 +0200", Order::DayFirst, Some("2026-11-01T08:00:00Z")),
            ("2026-11-01 10:00:00 UTC", Order::DayFirst, Some("2026-11-01T10:00:00Z")),
            ("2026-11-01 10:00", Order::DayFirst, Some("2026-11-01T09:00:00Z")),
            ("01.11.2026 10:00", Order::DayFirst, Some("2026-11-01T09:00:00Z")),
            ("2/11/2026, 9:05:00 PM", Order::DayFirst, Some("2026-11-02T20:05:00Z")),
            ("2/11/2026 9:05 pm", Order::MonthFirst, Some("2026-02-11T20:05:00Z")),
            ("November 3 2026 10:15 am", Order::DayFirst, Some("2026-11-03T09:15:00Z")),
            ("1-Nov-2026", Order::DayFirst, Some("2026-10-31T23:00:00Z")),
            ("1-Nov-2026 08:00", Order::DayFirst, Some("2026-11-01T07:00:00Z")),
            ("26-11-01", Order::DayFirst, None),
            ("2026-11-01 25:00", Order::DayFirst, None),
            ("2026-11-01 10:00 somewhere", Order::DayFirst, None),
            ("yesterday", Order::DayFirst, None),
            ("10:00", Order::DayFirst, None),
        ] {
            assert_eq!(read(text, berlin, order).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_format_that_is_none_says_so() {
        for (format, says) in [
            ("%Q", Some("%Q is no format of dates: say one such as --date-format %d.%m.%Y")),
            ("%d.%", Some("%d.% is no format of dates")),
            ("%Y-%m-%d", None),
            // It is one, though no day is told by it.
            ("%Y", None),
        ] {
            let told = unusable(format);
            assert_eq!(told.is_some(), says.is_some(), "{format}");
            assert!(told.unwrap_or_default().starts_with(says.unwrap_or_default()), "{format}");
        }
        for (format, says) in
            [("%Q", "%Q is no format of dates"), ("%Y", "\"2026-11-01\" is not written as %Y")]
        {
            let error = time("2026-11-01", Some(format), Tz::UTC, Order::DayFirst).unwrap_err();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[test]
    fn a_time_that_a_change_of_the_clock_skipped_is_as_far_after_it_and_on_its_day() {
        for (text, zone, expected) in [
            ("2026-03-29 01:59", chrono_tz::Europe::Berlin, "2026-03-29T00:59:00Z"),
            ("2026-03-29 02:30", chrono_tz::Europe::Berlin, "2026-03-29T01:30:00Z"),
            ("2026-03-29 03:30", chrono_tz::Europe::Berlin, "2026-03-29T01:30:00Z"),
            // Midnight does not exist on that day.
            ("2026-09-06", chrono_tz::America::Santiago, "2026-09-06T04:00:00Z"),
            ("2026-09-06 00:30", chrono_tz::America::Santiago, "2026-09-06T04:30:00Z"),
            ("2026-03-08 02:15", chrono_tz::America::New_York, "2026-03-08T07:15:00Z"),
            ("2026-10-04 02:10", chrono_tz::Australia::Lord_Howe, "2026-10-03T15:40:00Z"),
        ] {
            assert_eq!(read(text, zone, Order::DayFirst).as_deref(), Some(expected), "{text} {zone}");
            let day = expected.parse::<DateTime<Utc>>().unwrap().with_timezone(&zone).date_naive();
            assert!(text.starts_with(&day.to_string()), "{text} {zone} is on {day}");
        }
    }
}
