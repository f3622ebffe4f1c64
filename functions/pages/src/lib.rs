//! What browsers load: the dashboard, and the script for pages of a site. None of it needs a key or the table.

mod conditional;
mod dashboard;
mod script;
mod served;

use axum::Router;
use axum::routing::get;

pub use dashboard::{ASSETS, CONTENT_SECURITY_POLICY};
pub use script::{SCRIPT, integrity, version};

/// This function's routes, served by Lambda and by the local program alike. They ask nothing of what they run in.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(dashboard::page))
        .route("/assets/{name}", get(dashboard::asset))
        .route("/v1/reckon.js", get(script::get_script))
}
