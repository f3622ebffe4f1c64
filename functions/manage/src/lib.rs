//! Configuration: sites, keys, rebuilds, and how the system is doing.

mod keys;
mod rebuild;
mod sites;
mod status;

use axum::Router;
use axum::routing::{delete, get, post};
use reckon_core::http::App;

pub use keys::{Made, make as make_key};
pub use sites::{NewSite, create as create_site};

/// This function's routes, served by Lambda and by the local program alike.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/v1/sites", post(sites::post_site))
        .route("/v1/sites/{id}", get(sites::get_site).patch(sites::patch_site))
        .route("/v1/keys", get(keys::list).post(keys::post_key))
        .route("/v1/keys/{id}", delete(keys::revoke))
        .route("/v1/rebuild", post(rebuild::post_rebuild))
        .route("/v1/rebuild/{id}", get(rebuild::get_rebuild))
        .route("/v1/status", get(status::status))
}

/// An id that sorts by the time of its making, behind a prefix that says what it names.
pub(crate) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", ulid::Ulid::new().to_string().to_ascii_lowercase())
}
