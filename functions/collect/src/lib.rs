//! Takes in whatever happens: events, clicks on tracking links, pictures, partners' postbacks, identities,
//! decisions, and what the clients of others send.
//!
//! Each event is read and answered for by itself; those accepted are stored before the answer is given.

mod accept;
mod claims;
mod clicks;
mod compat;
mod cors;
mod decide;
mod document;
mod event;
mod fields;
mod identify;
mod journeys;
mod object;
mod page;
mod parameters;
mod pixel;
mod postback;
mod preview;
mod props;
mod redirect;
mod refunds;
mod rehearse;
mod time;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, patch, post};
use reckon_core::http::App;

pub use rehearse::{Rehearsed, rehearse};

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    let events = post(accept::post_events).options(cors::preflight);
    let of_pages =
        Router::new().route("/v1/events", events).merge(compat::routes()).layer(from_fn(cors::allow));
    Router::new()
        .merge(of_pages)
        .route("/v1/pixel.gif", get(pixel::pixel))
        .route("/v1/postback", get(postback::postback).post(postback::postback))
        .route("/v1/conversions/{id}", patch(decide::decide))
        .route("/r/{id}", get(redirect::follow))
}
