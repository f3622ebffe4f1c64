//! Days as tables have them: `2026-11-01`, `01.11.2026`, `11/1/2026`, `Nov 1, 2026`.
//!
//! Whether the day or the month stands first is decided once for a file, by all of its days.

use chrono::NaiveDate;

/// A day as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It can only be this one.
    Day(NaiveDate),
    /// Two numbers before a year, of which the first is the day or the month.
    Either(u32, u32, i32),
    /// Three numbers of two digits, of which the first may as well be the year.
    Short(u32, u32, u32),
}

/// Which of two numbers is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    DayFirst,
    MonthFirst,
}

/// Formats that say by themselves what is what.
const PLAIN: [&str; 13] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d %Y",
    "%B %d %Y",
    "%d-%b-%Y",
    "%d-%B-%Y",
    "%a, %b %d, %Y",
];

impl Written {
    /// Reads a day; nothing where it is none. A time behind it is passed over.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let day = PLAIN.into_iter().find_map(|format| NaiveDate::parse_from_str(text, format).ok());
        if let Some(day) = day.filter(|day| (1990..=9999).contains(&chrono::Datelike::year(day))) {
            return Some(Self::Day(day));
        }
        if let Some((front, time)) = text.split_once(['T', ' '])
            && time.trim_start().starts_with(|letter: char| letter.is_ascii_digit())
            && time.contains(':')
        {
            return Self::read(front.trim_end_matches(','));
        }
        if let Some(short) = Self::short(text) {
            return Some(short);
        }
        let mark = text.chars().find(|letter| matches!(letter, '/' | '.' | '-'))?;
        let mut parts = text.split(mark).map(|part| {
            let digits =
                !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u32>().ok().filter(|_| digits)
        });
        let (first, second, year) = (parts.next()??, parts.next()??, parts.next()??);
        let year = i32::try_from(if year < 100 { 2_000 + year } else { year }).ok()?;
        if parts.next().is_some() || !(1990..=9999).contains(&year) {
            return None;
        }
        // Nobody who writes points puts the month first.
        if mark == '.' {
            return NaiveDate::from_ymd_opt(year, second, first).map(Self::Day);
        }
        let either = Self::Either(first, second, year);
        let any = [Order::DayFirst, Order::MonthFirst].into_iter().any(|order| either.day(order).is_some());
        any.then_some(either)
    }

    /// Reads `26-11-01`, where it is a day either way.
    fn short(text: &str) -> Option<Self> {
        let mut parts = text.split('-').map(|part| part.parse::<u32>().ok().filter(|_| part.len() == 2));
        let (first, second, third) = (parts.next()??, parts.next()??, parts.next()??);
        let written = Self::Short(first, second, third);
        match (parts.next(), written.readings().as_slice()) {
            (None, [day]) => Some(Self::Day(*day)),
            (None, [_, ..]) => Some(written),
            _ => None,
        }
    }

    /// The days that three numbers of two digits may be: with the year in front, or at the end.
    fn readings(self) -> Vec<NaiveDate> {
        let Self::Short(first, second, third) = self else { return Vec::new() };
        let year = |short: u32| i32::try_from(2_000 + short).unwrap_or_default();
        let front = NaiveDate::from_ymd_opt(year(first), second, third);
        let end = Self::Either(first, second, year(third));
        let ends = [Order::DayFirst, Order::MonthFirst].map(|order| end.day(order));
        let mut days: Vec<NaiveDate> = std::iter::once(front).chain(ends).flatten().collect();
        days.dedup();
        if front.is_some() { days } else { Vec::new() }
    }

    /// The order that it can only be read in.
    pub(super) fn decides(self) -> Option<Order> {
        match (self.day(Order::DayFirst), self.day(Order::MonthFirst)) {
            (Some(_), None) => Some(Order::DayFirst),
            (None, Some(_)) => Some(Order::MonthFirst),
            _ => None,
        }
    }

    /// Whether it is another day when it is read the other way.
    pub(super) fn is_ambiguous(self) -> bool {
        matches!(self, Self::Short(..))
            || self.decides().is_none() && self.day(Order::DayFirst) != self.day(Order::MonthFirst)
    }

    /// The day, read in that order; nothing where there is no such day.
    pub(super) fn day(self, order: Order) -> Option<NaiveDate> {
        match (self, order) {
            (Self::Day(day), _) => Some(day),
            (Self::Short(..), _) => None,
            (Self::Either(day, month, year), Order::DayFirst)
            | (Self::Either(month, day, year), Order::MonthFirst) => {
                NaiveDate::from_ymd_opt(year, month, day)
            }
        }
    }
}

/// Whether a text is three numbers as a day is written, of which one is a year, whether there is such a day or not.
pub(super) fn is_numbers(text: &str) -> bool {
    let mut lengths: Vec<usize> = text.split(['/', '.', '-']).map(str::len).collect();
    lengths.sort_unstable();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b'.' | b'-'));
    digits && matches!(lengths.as_slice(), [1 | 2, 1 | 2, 4])
}

/// In which order a file writes day and month, by all of its days, each with its line and text. An error says which
/// lines do not agree, or which may be read either way.
pub(super) fn order(days: &[(u64, &str, Written)]) -> Result<Order, String> {
    if let Some((line, text, day)) = days.iter().find(|(.., day)| matches!(day, Written::Short(..))) {
        let readings: Vec<String> = day.readings().iter().map(NaiveDate::to_string).collect();
        return Err(format!(
            "line {line}: {text} may be {}; say --date-format %y-%m-%d, --date-format %d-%m-%y or --date-format %m-%d-%y",
            readings.join(" or ")
        ));
    }
    let first = |order| days.iter().find(|(.., day)| day.decides() == Some(order));
    match (first(Order::DayFirst), first(Order::MonthFirst)) {
        (Some((one, day, _)), Some((other, month, _))) => Err(format!(
            "line {one}: {day} has the day first, and line {other}: {month} the month; two files may have been joined, import them apart"
        )),
        (Some(_), None) => Ok(Order::DayFirst),
        (None, Some(_)) => Ok(Order::MonthFirst),
        (None, None) => match days.iter().find(|(.., day)| day.is_ambiguous()) {
            None => Ok(Order::DayFirst),
            Some((line, text, day)) => {
                let read = |order| day.day(order).map(|day| day.to_string()).unwrap_or_default();
                Err(format!(
                    "line {line}: {text} may be {} or {}, and no other day of the file tells which; say --date-format %d/%m/%Y or --date-format %m/%d/%Y",
                    read(Order::DayFirst),
                    read(Order::MonthFirst)
                ))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_is_read_or_says_that_it_could_be_two() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (text, written) in [
            ("2026-11-01", Some(Written::Day(day("2026-11-01")))),
            ("2026/11/01", Some(Written::Day(day("2026-11-01")))),
            ("20261101", Some(Written::Day(day("2026-11-01")))),
            ("01.11.2026", Some(Written::Day(day("2026-11-01")))),
            ("November 3 2026", Some(Written::Day(day("2026-11-03")))),
            ("1-Nov-2026", Some(Written::Day(day("2026-11-01")))),
            ("26-11-01", Some(Written::Short(26, 11, 1))),
            ("1-11-26", Some(Written::Either(1, 11, 2026))),
            ("13-02-32", Some(Written::Either(13, 2, 2032))),
            ("1.11.26", Some(Written::Day(day("2026-11-01")))),
            ("Nov 1, 2026", Some(Written::Day(day("2026-11-01")))),
            ("Sun, Nov 1, 2026", Some(Written::Day(day("2026-11-01")))),
            ("1 November 2026", Some(Written::Day(day("2026-11-01")))),
            ("2026-11-01 00:00:00", Some(Written::Day(day("2026-11-01")))),
            ("11/1/2026", Some(Written::Either(11, 1, 2026))),
            ("11/1/26", Some(Written::Either(11, 1, 2026))),
            ("13/02/2026", Some(Written::Either(13, 2, 2026))),
            ("31/02/2026", None),
            ("32.1.2026", None),
            ("yesterday", None),
            ("Total", None),
            ("", None),
            ("1/2", None),
            ("1/2/3/4", None),
        ] {
            assert_eq!(Written::read(text), written, "{text}");
        }
        assert_eq!(Written::Either(13, 2, 2026).decides(), Some(Order::DayFirst));
        assert_eq!(Written::Either(2, 13, 2026).decides(), Some(Order::MonthFirst));
        let short = Written::Short(26, 11, 1);
        let error = order(&[(2, "26-11-01", short)]).unwrap_err();
        assert!(
            error.contains("line 2: 26-11-01 may be 2026-11-01 or 2001-11-26; say --date-format %y-%m-%d"),
            "{error}"
        );
        assert!(Written::Either(2, 3, 2026).is_ambiguous() && !Written::Either(3, 3, 2026).is_ambiguous());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Written::read(&text);
        }

        #[test]
        fn a_day_is_read_back_in_the_order_that_it_was_written(number in 0..20_000_i32) {
            let day = NaiveDate::from_num_days_from_ce_opt(730_000 + number).unwrap();
            for (format, order) in [("%d/%m/%Y", Order::DayFirst), ("%-m/%-d/%Y", Order::MonthFirst)] {
                let written = Written::read(&day.format(format).to_string()).unwrap();
                prop_assert_eq!(written.day(order), Some(day));
            }
        }
    }
}
