//! Rendering: what every answer repeats of the question and promises of its figures.

use crate::domain::report::{Period, Table};
use crate::domain::site::Site;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;

use super::as_of::left_out;
use super::ask::Ask;
use super::fetch::{Compared, Fetched};

/// The head of every report.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Head<'a> {
    /// The question.
    pub query: &'a Ask,
    site: &'a str,
    time_zone: &'a str,
    currency: &'a str,
    /// When the report was made, or the past time that it is told as of.
    as_of: String,
    /// Every event acknowledged before is in the figures; null as of a past time, when nobody could know.
    complete_through: Option<String>,
    /// The end of the newest minute that is in the figures. What came in since may still be missing.
    counted_to: String,
    /// As of a past time: the last day that was sealed then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = NaiveDate))]
    sealed_through: Option<NaiveDate>,
    /// As of a past time: the days asked for that are not in the figures, since they were not sealed then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Period))]
    left_out: Option<Period>,
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
    period: Period,
    /// Where the figures of these days end, since the days asked for have not passed any further; missing where they
    /// are those of all of these days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String, format = DateTime))]
    until: Option<String>,
    #[serde(flatten)]
    /// What is told of them.
    content: T,
}

impl<T: Serialize> Other<T> {
    /// What is told of the days that an answer is compared with.
    pub fn new(compared: &Compared, site: &Site, content: T) -> Self {
        let until = compared.until(site.calendar()).map(|minute| seconds(minute.start()));
        Self { period: compared.period, until, content }
    }
}

fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl<'a> Head<'a> {
    /// The head of the answer to `ask`. `table` tells what was folded.
    pub fn new(ask: &'a Ask, site: &'a Site, fetched: &Fetched, table: &Table) -> Self {
        let mut warnings = Vec::new();
        if table.filtered_folded {
            let warning = "Rows of a filtered dimension were folded into (other) for their number; the figures may be too low.";
            warnings.push(warning.to_owned());
        }
        if fetched.as_of.is_some_and(|as_of| !as_of.settled) {
            let warning =
                "as_of lies within the last 15 minutes: what was being written then may still come to count.";
            warnings.push(warning.to_owned());
        }
        Self {
            query: ask,
            site: site.id.as_str(),
            time_zone: site.time_zone.name(),
            currency: site.currency.as_str(),
            as_of: match fetched.as_of {
                Some(as_of) => as_of.at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
                None => seconds(fetched.now),
            },
            complete_through: fetched.as_of.is_none().then(|| seconds(fetched.complete_through)),
            counted_to: seconds(fetched.counted_to),
            sealed_through: fetched.as_of.map(|as_of| as_of.sealed_through),
            left_out: fetched.as_of.and_then(|as_of| left_out(ask, &as_of)),
            warnings,
        }
    }
}
