//! The days that a goal is about: fixed ones, or each week, month or quarter anew.

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::GoalError;
use crate::domain::calendar::{parse_day, plus_days};
use crate::domain::report::Period;

/// How often a goal begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Each ISO week, from Monday to Sunday.
    Week,
    /// Each calendar month.
    Month,
    /// Each calendar quarter, the first from January to March.
    Quarter,
}

/// On which days a goal is measured, in the site's local dates.
///
/// In JSON `{"from": "2026-11-01", "to": "2026-11-30"}`, both included and at most 25 months, or
/// `{"every": "month"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(untagged, try_from = "ScheduleDraft")]
pub enum Schedule {
    /// These days, once.
    Fixed(Period),
    /// Again and again.
    Repeating {
        /// How often.
        every: Every,
    },
}

/// A schedule as it is sent, before it is known to be one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with from and to, or with every")]
pub struct ScheduleDraft {
    /// The first day.
    pub from: Option<String>,
    /// The last day.
    pub to: Option<String>,
    /// `week`, `month` or `quarter`.
    pub every: Option<String>,
}

/// The most months of a goal, as of a report.
pub(super) const MOST_MONTHS: u32 = 25;

impl Every {
    /// The rhythm of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            "quarter" => Some(Self::Quarter),
            _ => None,
        }
    }

    /// The week, month or quarter that holds `date`.
    pub fn period_on(self, date: NaiveDate) -> Period {
        let months = |count: u32, into: u32| {
            let first = date
                .with_day(1)
                .and_then(|first| first.checked_sub_months(Months::new(into)))
                .unwrap_or(date);
            let next = first.checked_add_months(Months::new(count)).unwrap_or(date);
            Period { from: first, to: plus_days(next, -1) }
        };
        match self {
            Self::Week => {
                let monday = plus_days(date, -i64::from(date.weekday().num_days_from_monday()));
                Period { from: monday, to: plus_days(monday, 6) }
            }
            Self::Month => months(1, 0),
            Self::Quarter => months(3, date.month0().rem_euclid(3)),
        }
    }
}

impl Schedule {
    /// The days that count when one looks at the goal on `date`: fixed ones whatever the date is, else those
    /// of the week, month or quarter that holds it.
    pub fn period_on(self, date: NaiveDate) -> Period {
        match self {
            Self::Fixed(period) => period,
            Self::Repeating { every } => every.period_on(date),
        }
    }
}

impl ScheduleDraft {
    /// The schedule, or everything that is wrong with it.
    pub fn parse(&self) -> Result<Schedule, Vec<GoalError>> {
        match (&self.from, &self.to, &self.every) {
            (None, None, Some(every)) => {
                let every =
                    Every::parse(every).ok_or_else(|| vec![GoalError::UnknownEvery(every.clone())])?;
                Ok(Schedule::Repeating { every })
            }
            (Some(from), Some(to), None) => match (day("from", from), day("to", to)) {
                (Ok(from), Ok(to)) => fixed(from, to).map_err(|error| vec![error]),
                (from, to) => Err([from, to].into_iter().filter_map(Result::err).collect()),
            },
            _ => Err(vec![GoalError::PeriodShape]),
        }
    }
}

impl TryFrom<ScheduleDraft> for Schedule {
    type Error = GoalError;

    fn try_from(draft: ScheduleDraft) -> Result<Self, GoalError> {
        draft.parse().map_err(|errors| errors.into_iter().next().unwrap_or(GoalError::PeriodShape))
    }
}

/// Reads a day from 1990 on, which is as far back as events go.
fn day(field: &'static str, text: &str) -> Result<NaiveDate, GoalError> {
    parse_day(text).filter(|date| date.year() >= 1990).ok_or(GoalError::InvalidDate(field))
}

fn fixed(from: NaiveDate, to: NaiveDate) -> Result<Schedule, GoalError> {
    if from > to {
        return Err(GoalError::Reversed { from, to });
    }
    if from.checked_add_months(Months::new(MOST_MONTHS)).is_none_or(|end| end <= to) {
        return Err(GoalError::TooLong);
    }
    Ok(Schedule::Fixed(Period { from, to }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weeks_begin_on_monday_and_months_and_quarters_on_their_first() {
        for (every, on, from, to) in [
            // 2027-01-01 is the Friday of 2026's ISO week 53.
            (Every::Week, "2027-01-01", "2026-12-28", "2027-01-03"),
            (Every::Week, "2026-12-28", "2026-12-28", "2027-01-03"),
            (Every::Week, "2027-01-03", "2026-12-28", "2027-01-03"),
            (Every::Week, "2027-01-04", "2027-01-04", "2027-01-10"),
            (Every::Month, "2024-02-29", "2024-02-01", "2024-02-29"),
            (Every::Month, "2026-02-01", "2026-02-01", "2026-02-28"),
            (Every::Month, "2100-02-28", "2100-02-01", "2100-02-28"),
            (Every::Month, "2026-12-31", "2026-12-01", "2026-12-31"),
            (Every::Month, "2026-03-31", "2026-03-01", "2026-03-31"),
            (Every::Quarter, "2024-03-31", "2024-01-01", "2024-03-31"),
            (Every::Quarter, "2026-04-01", "2026-04-01", "2026-06-30"),
            (Every::Quarter, "2026-08-15", "2026-07-01", "2026-09-30"),
            (Every::Quarter, "2026-12-31", "2026-10-01", "2026-12-31"),
        ] {
            let period = Schedule::Repeating { every }.period_on(date(on));
            assert_eq!(period, Period { from: date(from), to: date(to) }, "{every:?} {on}");
        }
    }

    #[test]
    fn fixed_days_are_the_same_whenever_one_looks() {
        let days = Period { from: date("2026-11-01"), to: date("2026-11-30") };
        for on in ["2025-01-01", "2026-11-15", "2030-01-01"] {
            assert_eq!(Schedule::Fixed(days).period_on(date(on)), days);
        }
    }

    #[test]
    fn a_schedule_is_written_as_it_is_read() {
        for json in
            [r#"{"from":"2026-11-01","to":"2026-11-30"}"#, r#"{"every":"week"}"#, r#"{"every":"quarter"}"#]
        {
            let schedule: Schedule = serde_json::from_str(json).unwrap();
            assert_eq!(serde_json::to_string(&schedule).unwrap(), json);
        }
    }

    #[test]
    fn a_schedule_that_is_none_says_what_it_must_be() {
        let shape = r#"period must be {"from": "2026-11-01", "to": "2026-11-30"} or {"every": "month"}"#;
        for (json, sentence) in [
            (r"{}", shape),
            (r#"{"from":"2026-11-01"}"#, shape),
            (r#"{"to":"2026-11-01"}"#, shape),
            (r#"{"from":"2026-11-01","to":"2026-11-30","every":"month"}"#, shape),
            (r#"{"every":"day"}"#, r#""day" is not a rhythm: it is week, month or quarter"#),
            (r#"{"from":"2026-11-31","to":"2026-12-01"}"#, "from must be a day such as 2026-11-23"),
            (r#"{"from":"2026-11-01","to":"2026-1-1"}"#, "to must be a day such as 2026-11-23"),
            (r#"{"from":"1989-12-31","to":"1990-01-01"}"#, "from must be a day such as 2026-11-23"),
            (
                r#"{"from":"2026-11-02","to":"2026-11-01"}"#,
                "from is 2026-11-02, which is after to, 2026-11-01",
            ),
            (r#"{"from":"2026-01-01","to":"2028-02-01"}"#, "a goal covers at most 25 months"),
            (
                r#""month""#,
                r#"invalid type: string "month", expected an object with from and to, or with every"#,
            ),
            (r#"{"each":"month"}"#, "unknown field `each`, expected one of `from`, `to`, `every`"),
        ] {
            let error = serde_json::from_str::<Schedule>(json).unwrap_err().to_string();
            assert_eq!(error.split(" at line ").next(), Some(sentence), "{json}");
        }
        // Twenty-five months to the day, a leap day included, are not too many.
        assert!(serde_json::from_str::<Schedule>(r#"{"from":"2026-01-01","to":"2028-01-31"}"#).is_ok());
        assert!(serde_json::from_str::<Schedule>(r#"{"from":"2024-02-29","to":"2024-02-29"}"#).is_ok());
    }
}
