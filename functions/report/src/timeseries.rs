//! `GET /v1/reports/timeseries`: the metrics interval by interval; quiet intervals are rows of zeros.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State as Held;
use axum::response::Response;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Drawn, Filtered, KEYED, May, UNSERVED};
use reckon_core::domain::counts::Counts;
use reckon_core::domain::dimension::Dimension;
use reckon_core::domain::report::{Grain, Interval, Piece, Span, Table, bounds, tabulate};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Fault, Problem, ProblemKind, Query};
use reckon_core::render::{Chart, Form, Layout};
use reckon_core::report::{
    Ask, Asking, Fetched, Figures, Head, Other, fetch, require_reader, totals, values,
};
use serde::Serialize;

/// The most rows of an answer, which keeps it below what Lambda returns.
pub(crate) const MOST_ROWS: usize = 4_000;
/// The most days of a series of hours.
pub(crate) const MOST_DAYS_BY_HOUR: i64 = 31;

/// The metrics of a period, interval by interval.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Timeseries<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// How long each interval is.
    interval: Interval,
    /// The intervals in order; quiet ones are rows of zeros.
    rows: Vec<Point>,
    /// The whole period.
    total: Figures,
    /// The days of the comparison, where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Other<Rows>))]
    previous: Option<Other<Rows>>,
    /// How many rows were folded into `(other)` for their number.
    folded_rows: u64,
}

/// The rows of a period.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = TimeseriesRows))]
struct Rows {
    /// The intervals in order.
    rows: Vec<Point>,
}

/// One interval, of one value of each dimension.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Point {
    /// The first day, or the hour with its offset.
    start: String,
    #[serde(flatten)]
    #[cfg_attr(feature = "contract", schema(value_type = reckon_core::contract::ByDimension))]
    values: BTreeMap<&'static str, String>,
    #[serde(flatten)]
    figures: Figures,
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// How the series is cut.
    Cut:
        word(
            "interval",
            "How long each interval is. By hour a report covers at most 31 days; weeks are ISO weeks.",
            ["hour", "day", "week", "month"],
            Some("day")
        )
        .example(Some("week".into())),
        words(
            "by",
            "The dimensions of which each value is a series of its own; one series where it is left out.",
            Dimension::ALL.map(Dimension::as_str),
            None
        );
}

/// `GET /v1/reports/timeseries`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/reports/timeseries",
        tag = "Reports",
        operation_id = "timeseries",
        summary = "Follow the metrics through time",
        description = "The metrics interval by interval, as a whole or for each value of dimensions. An answer has \
             at most 4000 rows.",
        params(Filtered, Cut, Drawn),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "The intervals in order", body = Timeseries<'static>),
            May<{ KEYED | ASKED | UNSERVED | ABSENT }>
        )
    )
)]
pub(crate) async fn timeseries(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let site = &caller.site;
    let mut asking = Asking::new(&query, &["interval", "by"]);
    let words = [Interval::Hour, Interval::Day, Interval::Week, Interval::Month];
    let words = ["hour", "day", "week", "month"].into_iter().zip(words).collect::<Vec<_>>();
    let interval = asking.word("interval", &words).unwrap_or(Interval::Day);
    let group = asking.dimensions("by");
    let ask = asking.finish(site.calendar(), app.clock.now())?;
    if interval == Interval::Hour && ask.period().days() > MOST_DAYS_BY_HOUR {
        let detail =
            format!("By hour a report covers at most {MOST_DAYS_BY_HOUR} days. Ask for interval=day.");
        return Err(Problem::new(ProblemKind::Invalid, detail));
    }
    if interval == Interval::Hour && ask.as_of.is_some() {
        let detail = "Of the past only days are kept, not hours. Ask for interval=day, or leave as_of out.";
        return Err(Problem::new(ProblemKind::Invalid, detail));
    }
    let largest = if interval == Interval::Hour { Grain::Hour } else { Grain::Day };
    let fetched = fetch(&app, &caller, &ask, &group, largest).await?;
    let series = Series { ask: &ask, site, fetched: &fetched, interval, group: &group };
    let told = bounds(fetched.told(ask.period()), site.calendar());
    let (rows, table) = series.rows(told, &fetched.pieces)?;
    let previous = match &fetched.previous {
        Some(other) => {
            Some(Other::new(other, site, Rows { rows: series.rows(other.taken, &other.pieces)?.0 }))
        }
        None => None,
    };
    let answer = Timeseries {
        head: Head::new(&ask, site, &fetched, &table),
        interval,
        rows,
        total: Figures::of(&totals(table.total.clone(), site)),
        previous,
        folded_rows: table.folded,
    };
    let by: Vec<&str> = group.iter().map(|dimension| dimension.as_str()).collect();
    let layout = Layout::report("timeseries")
        .columns(&by)
        .columns(&["start"])
        .period(ask.compare.is_some())
        .metrics()
        .drawn(Chart::Lines { by });
    form.show(Some(&caller), &layout, &answer)
}

struct Series<'a> {
    ask: &'a Ask,
    site: &'a Site,
    fetched: &'a Fetched,
    interval: Interval,
    group: &'a [Dimension],
}

impl Series<'_> {
    /// The rows of a span, none beyond it, and the table of all of it.
    fn rows(&self, span: Span, pieces: &[Piece]) -> Result<(Vec<Point>, Table), Problem> {
        let calendar = self.site.calendar();
        let tabulate = |pieces: &[&Piece]| {
            tabulate(pieces.iter().copied(), self.fetched.view, &self.ask.filters, self.group)
        };
        let whole = tabulate(&pieces.iter().collect::<Vec<_>>());
        let mut by_label: BTreeMap<String, Vec<&Piece>> = BTreeMap::new();
        for piece in pieces {
            by_label.entry(self.interval.label(piece.start, calendar)).or_default().push(piece);
        }
        let labels = self.interval.labels(span, calendar);
        let keys: BTreeSet<Vec<String>> = match self.group {
            [] => BTreeSet::from([vec![]]),
            _ => whole.rows.keys().cloned().collect(),
        };
        let periods = 1 + usize::from(self.ask.compare.is_some());
        if labels.len().saturating_mul(keys.len()).saturating_mul(periods) > MOST_ROWS {
            let detail = format!(
                "That makes {} intervals of {} rows each; an answer has at most {MOST_ROWS} rows. Filter, or take a longer interval.",
                labels.len(),
                keys.len()
            );
            return Err(Problem::invalid(vec![Fault::new("interval", "too_many_rows", detail)]));
        }
        let mut rows = Vec::with_capacity(labels.len() * keys.len());
        for label in labels {
            let table = by_label.get(&label).map(|pieces| tabulate(pieces)).unwrap_or_default();
            for key in &keys {
                let counts: Counts = table.rows.get(key).cloned().unwrap_or_default();
                rows.push(Point {
                    start: label.clone(),
                    values: values(self.group, key),
                    figures: Figures::of(&totals(counts, self.site)),
                });
            }
        }
        Ok((rows, whole))
    }
}
