//! Goals: what a site wants a metric to reach, and how it stands.

mod goals;
mod looked;
mod overview;
mod progress;

use reckon_core::render::encoded;

reckon_core::routes! {
    /// This function's routes, served by Lambda and by the local program alike.
    pub fn routes, contract, through encoded;
    "/v1/goals": get goals::list, post goals::create;
    "/v1/goals/progress": get overview::overview;
    "/v1/goals/{id}": get goals::read, put goals::replace, delete goals::delete;
    "/v1/goals/{id}/progress": get progress::progress;
}
