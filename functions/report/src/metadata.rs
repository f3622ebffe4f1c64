//! `GET /v1/metadata`: what can be asked, for people and programs. It needs no key.

use axum::response::Response;
use reckon_core::domain::attribution::Model;
use reckon_core::domain::channel::Channel;
use reckon_core::domain::dimension::Dimension;
use reckon_core::domain::event::Kind;
use reckon_core::domain::kpi::{Metric, Unit};
use reckon_core::domain::rollup::{Level, View};
use reckon_core::http::{Problem, Query};
use reckon_core::render::{Form, Layout, PARAMETERS};
use reckon_core::report::{MOST_MONTHS, MOST_VALUES};
use serde::Serialize;

use crate::{breakdown, timeseries};

/// What can be asked.
#[derive(Debug, Serialize)]
pub(crate) struct Metadata {
    metrics: Vec<Described>,
    dimensions: Vec<&'static str>,
    views: Vec<ViewDescribed>,
    models: Vec<ModelDescribed>,
    channels: Vec<&'static str>,
    kinds: Vec<&'static str>,
    limits: Limits,
}

#[derive(Debug, Serialize)]
struct Described {
    name: &'static str,
    unit: Unit,
    meaning: &'static str,
    formula: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    undefined_without: Option<&'static str>,
}

/// A model of attribution.
#[derive(Debug, Serialize)]
struct ModelDescribed {
    name: &'static str,
    rule: &'static str,
}

#[derive(Debug, Serialize)]
struct ViewDescribed {
    name: &'static str,
    dimensions: Vec<&'static str>,
}

/// The limits of answers. Rows past those of a view fold into `(other)`.
#[derive(Debug, Serialize)]
struct Limits {
    months_of_a_report: u32,
    days_of_a_report_by_hour: i64,
    values_of_a_filter: usize,
    rows_of_a_breakdown_page: usize,
    rows_of_a_timeseries: usize,
    rows_of_a_view_per_minute: usize,
    rows_of_a_view_per_hour: usize,
    rows_of_a_view_per_day: usize,
}

/// `GET /v1/metadata`
pub(crate) async fn metadata(query: Query, form: Form) -> Result<Response, Problem> {
    query.knows(&PARAMETERS)?;
    let names = |dimensions: &[Dimension]| dimensions.iter().map(|dimension| dimension.as_str()).collect();
    let described = |metric: Metric| Described {
        name: metric.as_str(),
        unit: metric.unit(),
        meaning: metric.meaning(),
        formula: metric.formula(),
        undefined_without: metric.quotient().map(|quotient| quotient.under.as_str()),
    };
    let metadata = Metadata {
        metrics: Metric::ALL.into_iter().map(described).collect(),
        dimensions: names(&Dimension::ALL),
        models: Model::ALL.map(|model| ModelDescribed { name: model.name(), rule: model.rule() }).into(),
        views: View::of_events()
            .map(|view| ViewDescribed { name: view.name(), dimensions: names(view.dimensions()) })
            .collect(),
        channels: Channel::ALL.iter().map(|channel| channel.as_str()).collect(),
        kinds: Kind::ALL.iter().map(|kind| kind.as_str()).collect(),
        limits: Limits {
            months_of_a_report: MOST_MONTHS,
            days_of_a_report_by_hour: timeseries::MOST_DAYS_BY_HOUR,
            values_of_a_filter: MOST_VALUES,
            rows_of_a_breakdown_page: breakdown::MOST_ROWS,
            rows_of_a_timeseries: timeseries::MOST_ROWS,
            rows_of_a_view_per_minute: Level::Minute.most_rows(),
            rows_of_a_view_per_hour: Level::Hour.most_rows(),
            rows_of_a_view_per_day: Level::Day.most_rows(),
        },
    };
    let lists = &["metrics", "dimensions", "views", "models", "channels", "kinds"];
    let layout = Layout::lists("metadata", lists).column("name", &["name", Layout::ITSELF]).columns(&[
        "unit",
        "meaning",
        "formula",
        "undefined_without",
        "dimensions",
        "rule",
    ]);
    form.show(None, &layout, &metadata)
}
