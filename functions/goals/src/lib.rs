//! Goals: what a site wants a metric to reach, and how it stands.

mod goals;
mod looked;
mod overview;
mod progress;

use axum::Router;
use axum::routing::get;
use reckon_core::http::App;
use reckon_core::render::encoded;

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    let routes = Router::new()
        .route("/v1/goals", get(goals::list).post(goals::create))
        .route("/v1/goals/progress", get(overview::overview))
        .route("/v1/goals/{id}", get(goals::read).put(goals::replace).delete(goals::delete))
        .route("/v1/goals/{id}/progress", get(progress::progress));
    encoded(routes)
}
