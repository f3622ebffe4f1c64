//! Answers reports: parse the question, plan which rollups answer it, fetch them, compute, render.

mod answer;
mod ask;
mod attribution;
mod breakdown;
mod channels;
mod clv;
mod cohorts;
mod conversions;
mod customers;
mod fetch;
mod metadata;
mod rehearse;
mod rows;
mod summary;
mod timeseries;

use axum::Router;
use axum::routing::get;
use reckon_core::http::{App, compressed};

pub use rehearse::rehearse;

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    let reports = Router::new()
        .route("/v1/reports/summary", get(summary::summary))
        .route("/v1/reports/channels", get(channels::channels))
        .route("/v1/reports/timeseries", get(timeseries::timeseries))
        .route("/v1/reports/breakdown", get(breakdown::breakdown))
        .route("/v1/reports/attribution", get(attribution::attribution))
        .route("/v1/reports/cohorts", get(cohorts::cohorts))
        .route("/v1/reports/clv", get(clv::clv))
        .route("/v1/conversions", get(conversions::list))
        .route("/v1/conversions/{id}/explain", get(conversions::explain))
        .route("/v1/metadata", get(metadata::metadata));
    compressed(reports)
}
