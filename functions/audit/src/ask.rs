//! Parsing what a recount can be asked.

use chrono::{DateTime, NaiveDate, Utc};
use reckon_core::domain::calendar::{Minute, plus_days};
use reckon_core::domain::site::Site;
use reckon_core::http::{Fault, Problem, Query};
use reckon_core::render::PARAMETERS;
use serde::Serialize;

use crate::position::Position;

/// The most days of a page, and how many there are unless asked.
pub(crate) const MOST_DAYS: usize = 100;
pub(crate) const USUAL_DAYS: usize = 31;
/// How many days a question is about unless it says so.
const USUAL: i64 = 7;
const OWN: [&str; 4] = ["from", "to", "limit", "cursor"];

/// Which days to recount. Answers repeat it.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RecountQuestion))]
pub(crate) struct Ask {
    /// The first day.
    pub(crate) from: NaiveDate,
    /// The last day.
    pub(crate) to: NaiveDate,
    #[serde(skip)]
    pub(crate) limit: usize,
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// Which days to recount.
    pub(crate) Days:
        day("from", "The first day, in the site's time zone; 6 days before `to` unless said.")
            .example(Some("2026-11-23".into())),
        day("to", "The last day, which is included; today unless said.").example(Some("2026-11-23".into()));
}

/// The question, and where to begin.
pub(crate) fn parse(query: &Query, site: &Site, now: DateTime<Utc>) -> Result<(Ask, Position), Problem> {
    let calendar = site.calendar();
    let mut faults = Vec::new();
    let known: Vec<&str> = OWN.iter().chain(&PARAMETERS).copied().collect();
    query.only(&known, &mut faults);
    let to = query.day("to", &mut faults).unwrap_or_else(|| calendar.date_of(Minute::of(now)));
    let from = query.day("from", &mut faults).unwrap_or_else(|| plus_days(to, 1 - USUAL));
    if from > to {
        faults.push(Fault::new("from", "reversed", format!("from is {from}, which is after to, {to}")));
    } else if calendar.start_of_date(from) >= Minute::of(now).horizon() {
        let detail = format!("{from} has not begun, so there is nothing to recount; begin today or before");
        faults.push(Fault::new("from", "not_begun", detail));
    }
    let limit = query.limit(USUAL_DAYS, MOST_DAYS, &mut faults);
    let begin = match query.one("cursor", &mut faults) {
        None => Position::start(from, to, calendar),
        Some(text) => Position::parse(text, (from, to), site).unwrap_or_else(|| {
            let detail = "the cursor is not of this question; begin again without it, or keep from and to";
            faults.push(Fault::new("cursor", "foreign_cursor", detail));
            Position::start(from, to, calendar)
        }),
    };
    if faults.is_empty() { Ok((Ask { from, to, limit }, begin)) } else { Err(Problem::invalid(faults)) }
}
