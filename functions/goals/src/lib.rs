//! Goals.
use axum::Router;
use reckon_core::http::App;
/// x
pub fn routes() -> Router<App> { Router::new() }
