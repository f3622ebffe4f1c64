//! Rendering: what every answer repeats of the question and promises of its figures.

use crate::domain::report::{Period, Table};
use crate::domain::site::Site;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};

use super::ask::Ask;
use super::fetch::Fetched;

/// The head of every report.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Head<'a> {
    /// The question.
    pub query: &'a Ask,
    site: &'a str,
    time_zone: &'a str,
    currency: &'a str,
    /// When the report was made.
    #[serde(serialize_with = "time")]
    as_of: DateTime<Utc>,
    /// Every event acknowledged before is in the figures.
    #[serde(serialize_with = "time")]
    complete_through: DateTime<Utc>,
    /// The end of the newest minute that is in the figures. What came in since may still be missing.
    #[serde(serialize_with = "time")]
    counted_to: DateTime<Utc>,
    /// What a reader must know before using the figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// The days that an answer is compared with.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Other<T: Serialize> {
    #[serde(flatten)]
    /// The days.
    pub period: Period,
    #[serde(flatten)]
    /// What is told of them.
    pub content: T,
}

fn time<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

impl<'a> Head<'a> {
    /// The head of the answer to `ask`. `table` tells what was folded.
    pub fn new(ask: &'a Ask, site: &'a Site, fetched: &Fetched, table: &Table) -> Self {
        let mut warnings = Vec::new();
        if table.filtered_folded {
            let warning = "Rows of a filtered dimension were folded into (other) for their number; the figures may be too low.";
            warnings.push(warning.to_owned());
        }
        Self {
            query: ask,
            site: site.id.as_str(),
            time_zone: site.time_zone.name(),
            currency: site.currency.as_str(),
            as_of: fetched.now,
            complete_through: fetched.complete_through,
            counted_to: fetched.counted_to,
            warnings,
        }
    }
}
