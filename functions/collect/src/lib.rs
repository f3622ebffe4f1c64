//! Takes in whatever happens: events, clicks on tracking links, pictures, partners' postbacks, identities,
//! decisions, and what the clients of others send.
//!
//! Each event is read and answered for by itself; those accepted are stored before the answer is given.

mod accept;
mod claims;
mod clicks;
mod compat;
#[cfg(feature = "contract")]
mod contract;
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
use reckon_core::http::App;

pub use rehearse::{Rehearsed, rehearse};

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    of_pages().merge(compat::routes()).layer(from_fn(cors::allow)).merge(of_servers())
}

/// The same routes, described.
#[cfg(feature = "contract")]
pub fn contract() -> utoipa::openapi::OpenApi {
    contract::complete(of_pages_described().merge_from(compat::contract()), of_servers_described())
}

reckon_core::routes! {
    fn of_pages, of_pages_described;
    "/v1/events": post accept::post_events, options cors::preflight;
}

reckon_core::routes! {
    fn of_servers, of_servers_described;
    "/v1/pixel.gif": get pixel::pixel;
    "/v1/postback": get | post postback::postback;
    "/v1/conversions/{id}": patch decide::decide;
    "/r/{id}": get redirect::follow;
}
