//! Goals: what a site wants a metric to reach by when, and how it stands.

mod draft;
mod error;
mod pace;
mod progress;
mod schedule;

use serde::{Deserialize, Serialize};

use super::decimal::Decimal;
use super::dimension::Filters;
use super::kpi::Metric;

pub use draft::GoalDraft;
pub use error::GoalError;
pub use pace::{DayTotals, pattern_days};
pub use progress::{Progress, Seen, Status, progress};
pub use schedule::{Every, Schedule, ScheduleDraft};

/// What a site wants of a metric in a period. [`GoalDraft::parse`] makes it; what is stored was made so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Goal {
    /// Its id, such as `g_01k...`; ids sort by the time of their making.
    pub id: String,
    /// Its name for people: 1 to 128 characters, no control characters.
    pub name: String,
    /// What is measured.
    pub metric: Metric,
    /// What it should come to, in the metric's unit. Below zero for the least profit or roi alone: a loss
    /// that may be borne.
    pub target: Decimal,
    /// On which side of the target it should end.
    pub direction: Direction,
    /// On which days.
    pub period: Schedule,
    /// What is measured of the site; all of it where empty.
    #[serde(default)]
    pub filters: Filters,
}

/// On which side of its target a goal should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The more the better: sales, revenue, return on spend.
    AtLeast,
    /// The less the better: spend, cost per acquisition, refunds.
    AtMost,
}

impl Direction {
    /// The direction of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "at_least" => Some(Self::AtLeast),
            "at_most" => Some(Self::AtMost),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
