//! What browsers load: the dashboard, the script for pages of a site, and the contract. None of it needs a key or the table.

mod conditional;
mod dashboard;
mod docs;
mod script;
mod served;

pub use dashboard::{ASSETS, CONTENT_SECURITY_POLICY};
pub use docs::DOCUMENT;
pub use script::{SCRIPT, integrity, version};

reckon_core::routes! {
    /// This function's routes, served by Lambda and by the local program alike. They ask nothing of what they run in.
    pub fn routes<S>, contract;
    "/": get dashboard::page;
    "/assets/{name}": get dashboard::asset;
    "/docs": get docs::page;
    "/v1/openapi.json": get docs::document;
    "/v1/reckon.js": get script::get_script;
}
