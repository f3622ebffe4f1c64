//! Accepts events: `POST /v1/events`, and what the clients of others send (`compat`).
//!
//! Each event is read and answered for by itself; those accepted are stored before the answer is given.

mod accept;
mod compat;
mod cors;
mod document;
mod event;
mod fields;
mod object;
mod page;
mod preview;
mod props;
mod rehearse;
mod store;
mod time;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::post;
use reckon_core::http::App;

pub use rehearse::{Rehearsed, rehearse};

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    let events = post(accept::post_events).options(cors::preflight);
    Router::new().route("/v1/events", events).merge(compat::routes()).layer(from_fn(cors::allow))
}
