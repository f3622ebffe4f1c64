//! Parsing: what every report can be asked, with a sentence for each thing that it cannot.

use crate::domain::calendar::{Calendar, Minute, plus_days};
use crate::domain::dimension::{Dimension, Filters};
use crate::domain::kpi::Metric;
use crate::domain::report::{Align, Compare, Period};
use crate::domain::words::{instead, quoted};
use crate::http::{Fault, Problem, Query};
use crate::render::{METRICS, PARAMETERS, unknown_metric};
use chrono::{DateTime, Months, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;

/// The parameters of every report, besides a filter per dimension.
const COMMON: [&str; 5] = ["from", "to", "compare", "align", "as_of"];
/// Which reports can be told as of a past time.
const AS_OF_SERVED: &str =
    "as_of is served by summary, channels, timeseries, breakdown and attribution; leave it out here";
/// The most months of a report.
pub const MOST_MONTHS: u32 = 25;
/// The most values that a filter may name.
pub const MOST_VALUES: usize = 100;

/// A question: which days, limited to what, compared with what. Answers repeat it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Question))]
pub struct Ask {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// What it is limited to.
    pub filters: Filters,
    /// Which days it is compared with.
    pub compare: Option<Compare>,
    /// How much of them, while the period still runs.
    pub align: Align,
    /// The past time that it is told as of; the present where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String, format = DateTime))]
    pub as_of: Option<DateTime<Utc>>,
}

/// The parameters of one request while they are read.
pub struct Asking<'a> {
    query: &'a Query,
    /// What was wrong so far.
    pub faults: Vec<Fault>,
    /// Whether a parameter of a dimension's name limits the report to its values.
    filtered: bool,
}

impl Ask {
    /// All days from `from` to `to`, neither filtered nor compared.
    pub fn everything(from: NaiveDate, to: NaiveDate) -> Self {
        Self { from, to, filters: Filters::default(), compare: None, align: Align::Elapsed, as_of: None }
    }

    /// The days that it is about.
    pub fn period(&self) -> Period {
        Period { from: self.from, to: self.to }
    }
}

/// The fault of a value that no event can have in a dimension.
fn unknown_value(dimension: Dimension, value: &str) -> Option<Fault> {
    let hint = dimension.instead_of(value)?;
    let name = dimension.as_str();
    // Germany is a country, and no code of one.
    let noun = if dimension == Dimension::Country { "code of a country" } else { name };
    Some(Fault::new(name, "unknown_value", format!("{} is no {noun}: {hint}", quoted(value))))
}

impl<'a> Asking<'a> {
    /// Begins to read a query; `own` are the parameters of this report beside the common ones.
    pub fn new(query: &'a Query, own: &[&'static str]) -> Self {
        let mut known: Vec<&str> = COMMON.iter().chain(own).chain(&PARAMETERS).copied().collect();
        known.push(METRICS);
        known.extend(Dimension::ALL.map(Dimension::as_str));
        Self::of(query, &known, true)
    }

    /// Begins to read the query of a report on results, which has neither filters nor comparisons.
    pub fn of_results(query: &'a Query, own: &[&'static str]) -> Self {
        let known: Vec<&str> = ["from", "to"].iter().chain(own).chain(&PARAMETERS).copied().collect();
        Self::of(query, &known, false)
    }

    /// Begins to read the query of a report on everything up to a day.
    pub fn of_history(query: &'a Query, own: &[&'static str]) -> Self {
        let known: Vec<&str> = ["to"].iter().chain(own).chain(&PARAMETERS).copied().collect();
        Self::of(query, &known, false)
    }

    fn of(query: &'a Query, known: &[&str], filtered: bool) -> Self {
        let mut faults = Vec::new();
        let mut known = known.to_vec();
        if !known.contains(&"as_of") && query.all("as_of").next().is_some() {
            faults.push(Fault::new("as_of", "not_served", AS_OF_SERVED));
            known.push("as_of");
        }
        query.only(&known, &mut faults);
        Self { query, faults, filtered }
    }

    /// One parameter of this report.
    pub fn one(&mut self, name: &'static str) -> Option<&'a str> {
        self.query.one(name, &mut self.faults)
    }

    /// How many rows a page may have, as [`Query::limit`] has it.
    pub fn limit(&mut self, usual: usize, most: usize) -> usize {
        self.query.limit(usual, most, &mut self.faults)
    }

    /// Notes a fault of a parameter.
    pub fn fault(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        self.faults.push(Fault::new(name, code, detail));
    }

    /// A parameter that is one of a few words.
    pub fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.query.word(name, words, &mut self.faults)
    }

    /// A parameter that lists dimensions.
    pub fn dimensions(&mut self, name: &'static str) -> Vec<Dimension> {
        let Some(list) = self.one(name) else { return Vec::new() };
        let mut dimensions = Vec::new();
        for word in list.split(',') {
            match Dimension::parse(word) {
                Some(dimension) if !dimensions.contains(&dimension) => dimensions.push(dimension),
                Some(_) => self.fault(name, "repeated", format!("{name} names {word} twice")),
                None => {
                    let hint = instead(word, &Dimension::ALL.map(Dimension::as_str));
                    self.fault(
                        name,
                        "unknown_dimension",
                        format!("{} is not a dimension: {hint}", quoted(word)),
                    );
                }
            }
        }
        dimensions
    }

    /// A parameter that names a metric, descending behind a `-`.
    pub fn metric(&mut self, name: &'static str) -> Option<(Metric, bool)> {
        let word = self.one(name)?;
        let (bare, descending) = word.strip_prefix('-').map_or((word, false), |bare| (bare, true));
        let metric = Metric::parse(bare);
        if metric.is_none() {
            self.faults.push(unknown_metric(name, bare));
        }
        Some((metric?, descending))
    }

    /// A parameter that names a metric to rank by, the largest first.
    pub fn ranking(&mut self, name: &'static str) -> Option<Metric> {
        let (metric, descending) = self.metric(name)?;
        if descending {
            let detail = format!("{name} has the largest first in any case: leave the - out");
            self.fault(name, "unknown_metric", detail);
        }
        Some(metric)
    }

    fn date(&mut self, name: &'static str, otherwise: NaiveDate) -> NaiveDate {
        self.query.day(name, &mut self.faults).unwrap_or(otherwise)
    }

    /// A parameter that is a time, up to `now`.
    pub fn time(&mut self, name: &'static str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let time = self.any_time(name)?;
        if time > now {
            let now = now.to_rfc3339_opts(SecondsFormat::Millis, true);
            self.fault(name, "in_future", format!("{name} must be a time that is over; now it is {now}"));
        }
        Some(time)
    }

    /// A parameter that is a time.
    pub fn any_time(&mut self, name: &'static str) -> Option<DateTime<Utc>> {
        let text = self.one(name)?;
        // A plus that was not escaped arrives as a space.
        let Ok(time) = DateTime::parse_from_rfc3339(&text.replace(' ', "+")) else {
            self.fault(name, "invalid_time", format!("{name} must be a time such as 2026-11-23T05:00:00Z"));
            return None;
        };
        Some(time.to_utc())
    }

    /// One value that a list is limited to.
    pub fn value(&mut self, dimension: Dimension) -> Option<&'a str> {
        let value = self.one(dimension.as_str())?;
        self.faults.extend(unknown_value(dimension, value));
        Some(value)
    }

    fn filters(&mut self) -> Filters {
        let mut filters = Filters::default();
        let dimensions: &[Dimension] = if self.filtered { &Dimension::ALL } else { &[] };
        for dimension in dimensions {
            let mut values = 0;
            for value in self.query.all(dimension.as_str()) {
                self.faults.extend(unknown_value(*dimension, value));
                filters.allow(*dimension, value.to_owned());
                values += 1;
            }
            if values > MOST_VALUES {
                let detail = format!("a filter names at most {MOST_VALUES} values");
                self.fault(dimension.as_str(), "too_many", detail);
            }
        }
        filters
    }

    /// Ends reading a question on a history: the last day of it, or everything that is wrong.
    pub fn finish_history(mut self, calendar: Calendar, now: DateTime<Utc>) -> Result<NaiveDate, Problem> {
        let today = calendar.date_of(Minute::of(now));
        let to = self.date("to", today);
        if to > today {
            self.fault("to", "in_future", format!("to is {to}, and today is {today}"));
        }
        if self.faults.is_empty() { Ok(to) } else { Err(Problem::invalid(self.faults)) }
    }

    /// Ends reading: the question, or everything that is wrong with it.
    pub fn finish(self, calendar: Calendar, now: DateTime<Utc>) -> Result<Ask, Problem> {
        self.finish_from(calendar, now, |to| plus_days(to, -29))
    }

    /// Ends reading a question that begins on the day that `usual` says, unless another one is named.
    pub fn finish_from(
        mut self,
        calendar: Calendar,
        now: DateTime<Utc>,
        usual: impl Fn(NaiveDate) -> NaiveDate,
    ) -> Result<Ask, Problem> {
        let as_of = self.time("as_of", now);
        // As of a past time the usual days are those of then.
        let today = calendar.date_of(Minute::of(as_of.unwrap_or(now)));
        let to = self.date("to", today);
        let from = self.date("from", usual(to));
        let compare = self.word(
            "compare",
            &[("none", None), ("previous", Some(Compare::Previous)), ("year", Some(Compare::Year))],
        );
        let align = self.word("align", &[("elapsed", Align::Elapsed), ("full", Align::Full)]);
        let filters = self.filters();
        if from > to {
            self.fault("from", "reversed", format!("from is {from}, which is after to, {to}"));
        } else if from.checked_add_months(Months::new(MOST_MONTHS)).is_none_or(|end| end <= to) {
            self.fault("from", "too_long", format!("a report covers at most {MOST_MONTHS} months"));
        }
        if !self.faults.is_empty() {
            return Err(Problem::invalid(self.faults));
        }
        let (compare, align) = (compare.flatten(), align.unwrap_or(Align::Elapsed));
        Ok(Ask { from, to, filters, compare, align, as_of })
    }
}
