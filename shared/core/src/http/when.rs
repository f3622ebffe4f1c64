//! Days and times as requests write them.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::{Deserializer, Error, Unexpected, Visitor};

use super::body::Fault;
use crate::domain::calendar::parse_day;

/// The day of a parameter or a field, or a fault that says what it must be.
pub fn day_of(pointer: impl Into<String>, name: &str, text: &str) -> Result<NaiveDate, Fault> {
    parse_day(text).ok_or_else(|| Fault::new(pointer, "invalid_date", no_day(name, text)))
}

fn no_day(name: &str, text: &str) -> String {
    let such = format!("{name} must be a day such as 2026-11-23");
    let looks_so = |(place, byte): (usize, u8)| {
        if [4, 7].contains(&place) { byte == b'-' } else { byte.is_ascii_digit() }
    };
    if text.len() != 10 || !text.bytes().enumerate().all(looks_so) {
        return such;
    }
    if text.parse::<NaiveDate>().is_ok() {
        return format!("{text} is out of range: {name} must be a day from 1970-01-01 to 9999-12-31");
    }
    format!("{text} is no day of the calendar: {such}")
}

/// Reads a time that a body may leave out: what a field is deserialized with.
pub fn optional_time<'de, D: Deserializer<'de>>(value: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    value.deserialize_option(Time)
}

/// Takes a time or null.
struct Time;

impl<'de> Visitor<'de> for Time {
    type Value = Option<DateTime<Utc>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a time such as 2027-11-23T00:00:00Z")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        value.deserialize_str(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let time = text.parse::<DateTime<Utc>>();
        time.map(Some).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_day_is_told_why() {
        for (text, says) in [
            ("2026-02-30", "2026-02-30 is no day of the calendar: from must be a day such as 2026-11-23"),
            ("1900-02-29", "1900-02-29 is no day of the calendar: from must be a day such as 2026-11-23"),
            ("1900-01-01", "1900-01-01 is out of range: from must be a day from 1970-01-01 to 9999-12-31"),
            ("2026-2-3", "from must be a day such as 2026-11-23"),
            ("2026/02/03", "from must be a day such as 2026-11-23"),
            ("10000-01-1", "from must be a day such as 2026-11-23"),
            ("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", "from must be a day such as 2026-11-23"),
            ("", "from must be a day such as 2026-11-23"),
        ] {
            assert_eq!(
                day_of("/from", "from", text),
                Err(Fault::new("/from", "invalid_date", says)),
                "{text}"
            );
        }
        assert_eq!(day_of("from", "from", "2026-02-28"), Ok("2026-02-28".parse().unwrap()));
    }
}
