//! Shows that the figures are right: every rollup recounted from the stored events, and the caller's own list held
//! against them. It writes nothing.

mod ask;
mod chunk;
mod explain;
mod known;
mod list;
mod position;
mod recount;
mod repeats;
mod sent;
mod show;
mod walk;

use axum::Router;
use axum::routing::get;
use reckon_core::http::App;

pub use recount::answer;

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/reconcile", get(recount::recount).post(list::reconcile))
}
