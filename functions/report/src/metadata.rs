//! `GET /v1/metadata`: what can be asked, for people and programs. It needs no key.

use axum::response::Response;
#[cfg(feature = "contract")]
use reckon_core::contract::{ASKED, Formed, May};
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
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub(crate) struct Metadata {
    /// Every figure that a report gives.
    metrics: Vec<Described>,
    /// Every property of events that reports group and filter by.
    #[cfg_attr(feature = "contract", schema(value_type = Vec<Dimension>))]
    dimensions: Vec<&'static str>,
    /// The dimensions that may be asked for together: those of one view, or some of them.
    views: Vec<ViewDescribed>,
    /// The models of attribution.
    models: Vec<ModelDescribed>,
    /// The channels.
    #[cfg_attr(feature = "contract", schema(value_type = Vec<Channel>))]
    channels: Vec<&'static str>,
    /// The kinds of events.
    #[cfg_attr(feature = "contract", schema(value_type = Vec<Kind>))]
    kinds: Vec<&'static str>,
    /// How much an answer has at most.
    limits: Limits,
}

/// A metric, and what it means.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = DescribedMetric))]
struct Described {
    /// Its name.
    #[cfg_attr(feature = "contract", schema(value_type = Metric))]
    name: &'static str,
    /// What it is measured in.
    unit: Unit,
    /// What it means, in a few words.
    meaning: &'static str,
    /// How it is computed.
    formula: String,
    /// The metric that it is divided by: where that is zero, it is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Metric))]
    undefined_without: Option<&'static str>,
}

/// A model of attribution.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = DescribedModel))]
struct ModelDescribed {
    /// Its name.
    name: &'static str,
    /// What it credits.
    rule: &'static str,
}

/// Dimensions that reports may have together.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = DescribedView))]
struct ViewDescribed {
    /// Its name.
    name: &'static str,
    /// Its dimensions.
    #[cfg_attr(feature = "contract", schema(value_type = Vec<Dimension>))]
    dimensions: Vec<&'static str>,
}

/// The limits of answers. Rows past those of a view fold into `(other)`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Limits {
    /// Months of a report.
    months_of_a_report: u32,
    /// Days of a time series by hour.
    days_of_a_report_by_hour: i64,
    /// Values that a filter names.
    values_of_a_filter: usize,
    /// Rows of a page of a breakdown.
    rows_of_a_breakdown_page: usize,
    /// Rows of a time series.
    rows_of_a_timeseries: usize,
    /// Rows of a view in a minute; those past it fold into `(other)`.
    rows_of_a_view_per_minute: usize,
    /// Rows of a view in an hour.
    rows_of_a_view_per_hour: usize,
    /// Rows of a view in a day.
    rows_of_a_view_per_day: usize,
}

/// `GET /v1/metadata`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/metadata",
        tag = "Reports",
        operation_id = "metadata",
        summary = "Say what can be asked",
        description = "Metrics with their formulas, dimensions, views, models, channels, kinds and limits, for \
             people and programs. It needs no key.",
        params(Formed),
        responses((status = 200, description = "What can be asked", body = Metadata), May<ASKED>)
    )
)]
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
