//! Answers reports: parse the question, plan which rollups answer it, fetch them, compute, render.

mod breakdown;
mod channels;
mod metadata;
mod rehearse;
mod restatements;
mod summary;
mod timeseries;

use axum::Router;
use axum::routing::get;
use reckon_core::http::App;
use reckon_core::render::encoded;

pub use rehearse::rehearse;

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    let routes = Router::new()
        .route("/v1/reports/summary", get(summary::summary))
        .route("/v1/reports/channels", get(channels::channels))
        .route("/v1/reports/timeseries", get(timeseries::timeseries))
        .route("/v1/reports/breakdown", get(breakdown::breakdown))
        .route("/v1/restatements", get(restatements::restatements))
        .route("/v1/metadata", get(metadata::metadata));
    encoded(routes)
}
