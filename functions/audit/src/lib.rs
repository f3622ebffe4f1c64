//! Shows that the figures are right: every rollup recounted from the stored events, and the caller's own list held
//! against them. It writes nothing.

mod ask;
mod chunk;
#[cfg(feature = "contract")]
mod contract;
mod explain;
mod known;
mod list;
mod position;
mod recount;
mod repeats;
mod sent;
mod show;
mod walk;

use reckon_core::render::encoded;

pub use recount::answer;

reckon_core::routes! {
    /// This function's routes, served by Lambda and by the local program alike.
    pub fn routes, contract, through encoded;
    "/v1/reconcile": get recount::recount, post list::reconcile;
}
