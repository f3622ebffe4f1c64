//! Answers reports: parse the question, plan which rollups answer it, fetch them, compute, render.

mod breakdown;
mod channels;
mod metadata;
mod rehearse;
mod restatements;
mod summary;
mod timeseries;

use reckon_core::render::encoded;

pub use rehearse::rehearse;

reckon_core::routes! {
    /// This function's routes, served by Lambda and by the local program alike.
    pub fn routes, contract, through encoded;
    "/v1/reports/summary": get summary::summary;
    "/v1/reports/channels": get channels::channels;
    "/v1/reports/timeseries": get timeseries::timeseries;
    "/v1/reports/breakdown": get breakdown::breakdown;
    "/v1/restatements": get restatements::restatements;
    "/v1/metadata": get metadata::metadata;
}
