//! Accepts events: `POST /v1/events`; and hands out the script with which pages send them: `GET /v1/reckon.js`.
//!
//! Each event is read and answered for by itself; those accepted are stored before the answer is given.

mod accept;
mod cors;
mod document;
mod event;
mod fields;
mod object;
mod page;
mod preview;
mod props;
mod rehearse;
mod script;
mod store;
mod time;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use reckon_core::http::App;

pub use rehearse::{Rehearsed, rehearse};
pub use script::{SCRIPT, integrity, version};

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    let events = post(accept::post_events).options(cors::preflight);
    Router::new()
        .route("/v1/events", events)
        .layer(from_fn(cors::allow))
        .route("/v1/reckon.js", get(script::get_script))
}
