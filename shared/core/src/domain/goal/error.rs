//! What can be wrong with a goal, where it stands and what would be right.

use chrono::NaiveDate;

use super::draft::{LARGEST_TARGET, LONGEST_VALUE, MOST_VALUES};
use super::schedule::MOST_MONTHS;
use crate::domain::decimal::DecimalError;
use crate::domain::dimension::Dimension;
use crate::domain::kpi::Metric;
use crate::domain::names::NameError;
use crate::domain::words::{instead, quoted};

/// One thing that is wrong with a goal. `Display` says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoalError {
    /// The name is no label.
    #[error("name {0}")]
    Name(NameError),
    /// No metric has that name.
    #[error("{} metric: {}", sent(.0), instead(.0, &Metric::ALL.map(Metric::as_str)))]
    UnknownMetric(String),
    /// The target is no number with at most six decimals.
    #[error("target {0}")]
    Target(DecimalError),
    /// The target is beyond what figures are computed for.
    #[error("target must be at most {LARGEST_TARGET}")]
    TargetTooLarge,
    /// The target is below zero where that means nothing.
    #[error("target must not be negative, unless it is the least profit or roi, a loss not to be exceeded")]
    NegativeTarget,
    /// Neither of the two directions.
    #[error("{} direction: it is at_least or at_most", sent(.0))]
    UnknownDirection(String),
    /// Neither of the two shapes of a period.
    #[error(r#"period must be {{"from": "2026-11-01", "to": "2026-11-30"}} or {{"every": "month"}}"#)]
    PeriodShape,
    /// A rhythm that goals do not have.
    #[error("{} is not a rhythm: it is week, month or quarter", quoted(.0))]
    UnknownEvery(String),
    /// A first or last day, named here, that is no day between 1990 and 9999.
    #[error("{0} must be a day such as 2026-11-23")]
    InvalidDate(&'static str),
    /// The first day comes after the last.
    #[error("from is {from}, which is after to, {to}")]
    Reversed {
        /// The first day.
        from: NaiveDate,
        /// The last day.
        to: NaiveDate,
    },
    /// Longer than reports cover.
    #[error("a goal covers at most {MOST_MONTHS} months")]
    TooLong,
    /// No dimension has that name.
    #[error("{} is not a dimension: {}", quoted(.0), instead(.0, &Dimension::ALL.map(Dimension::as_str)))]
    UnknownDimension(String),
    /// A filter without values, which nothing would pass.
    #[error("the filter of {} must name a value; leave it out to let all pass", .0.as_str())]
    NoValue(Dimension),
    /// A filter of too many values.
    #[error("a filter names at most {MOST_VALUES} values")]
    TooManyValues(Dimension),
    /// The value at this place cannot be one of the dimension's.
    #[error("a value has at most {LONGEST_VALUE} bytes and no control characters")]
    InvalidValue(Dimension, usize),
    /// The dimension is a closed set, and the value at this place is not in it.
    #[error("{} is not a {}: {}", quoted(.2), .0.as_str(), .0.instead_of(.2).unwrap_or_else(|| instead(.2, &.0.closed().unwrap_or_default())))]
    UnknownValue(Dimension, usize, String),
}

impl GoalError {
    /// Where it is, as a JSON pointer into the goal.
    pub fn pointer(&self) -> String {
        match self {
            Self::Name(_) => "/name".to_owned(),
            Self::UnknownMetric(_) => "/metric".to_owned(),
            Self::Target(_) | Self::TargetTooLarge | Self::NegativeTarget => "/target".to_owned(),
            Self::UnknownDirection(_) => "/direction".to_owned(),
            Self::PeriodShape => "/period".to_owned(),
            Self::UnknownEvery(_) => "/period/every".to_owned(),
            Self::InvalidDate(field) => format!("/period/{field}"),
            Self::Reversed { .. } | Self::TooLong => "/period/from".to_owned(),
            Self::UnknownDimension(name) => {
                format!("/filters/{}", name.replace('~', "~0").replace('/', "~1"))
            }
            Self::NoValue(dimension) | Self::TooManyValues(dimension) => {
                format!("/filters/{}", dimension.as_str())
            }
            Self::InvalidValue(dimension, index) | Self::UnknownValue(dimension, index, _) => {
                format!("/filters/{}/{index}", dimension.as_str())
            }
        }
    }

    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name(_) | Self::InvalidValue(..) => "invalid_text",
            Self::UnknownMetric(_) => "unknown_metric",
            Self::Target(_) => "invalid_number",
            Self::TargetTooLarge => "too_large",
            Self::NegativeTarget => "negative",
            Self::UnknownDirection(_) | Self::UnknownEvery(_) => "unknown_word",
            Self::PeriodShape => "invalid_period",
            Self::InvalidDate(_) => "invalid_date",
            Self::Reversed { .. } => "reversed",
            Self::TooLong => "too_long",
            Self::UnknownDimension(_) => "unknown_dimension",
            Self::NoValue(_) => "empty",
            Self::TooManyValues(_) => "too_many",
            Self::UnknownValue(..) => "unknown_value",
        }
    }
}

/// The beginning of a sentence on a word that is none, or that was not sent.
fn sent(word: &str) -> String {
    if word.is_empty() { "what is missing is a".to_owned() } else { format!("{} is no", quoted(word)) }
}
