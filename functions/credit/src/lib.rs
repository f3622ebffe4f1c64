//! Says what earned the results, and who brought them: conversions, attribution, cohorts, lifetime values.

mod attribution;
mod clv;
mod cohorts;
mod conversions;
mod customers;

use axum::Router;
use axum::routing::get;
use reckon_core::http::App;
use reckon_core::render::encoded;

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    let routes = Router::new()
        .route("/v1/reports/attribution", get(attribution::attribution))
        .route("/v1/reports/cohorts", get(cohorts::cohorts))
        .route("/v1/reports/clv", get(clv::clv))
        .route("/v1/conversions", get(conversions::list))
        .route("/v1/conversions/{id}/explain", get(conversions::explain));
    encoded(routes)
}
