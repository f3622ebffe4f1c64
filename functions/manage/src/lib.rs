//! Configuration: sites, keys, tracking links, rebuilds, and how the system is doing.

mod keys;
mod links;
mod rebuild;
mod sites;
mod status;

use reckon_core::http::Fault;

pub use keys::{Made, make as make_key};
pub use sites::{NewSite, create as create_site};

reckon_core::routes! {
    /// This function's routes, served by Lambda and by the local program alike.
    pub fn routes, contract;
    "/v1/sites": post sites::post_site;
    "/v1/sites/{id}": get sites::get_site, patch sites::patch_site;
    "/v1/keys": get keys::list, post keys::post_key;
    "/v1/keys/{id}": delete keys::revoke;
    "/v1/links": get links::list, post links::post_link;
    "/v1/links/{id}": get links::get_link, patch links::patch_link;
    "/v1/rebuild": post rebuild::post_rebuild;
    "/v1/rebuild/{id}": get rebuild::get_rebuild;
    "/v1/status": get status::status;
}

/// Notes a fault and goes on, so that all faults of a request are told at once.
pub(crate) fn noted<T>(result: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

/// An id that sorts by the time of its making, behind a prefix that says what it names.
pub(crate) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", ulid::Ulid::new().to_string().to_ascii_lowercase())
}
