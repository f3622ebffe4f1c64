//! Configuration: sites, keys, channel rules, tracking links, rebuilds, what campaigns cost, and how the system is doing.

mod channel_rules;
mod keys;
mod links;
mod rebuild;
mod sites;
mod spend;
mod status;

use reckon_core::domain::channel::Channel;
use reckon_core::domain::words::{instead, quoted};
use reckon_core::http::Fault;
use reckon_core::render::encoded;

pub use keys::{Made, make as make_key};
pub use sites::{NewSite, create as create_site};

reckon_core::routes! {
    /// This function's routes, served by Lambda and by the local program alike.
    pub fn routes, contract, through encoded;
    "/v1/sites": post sites::post_site;
    "/v1/sites/{id}": get sites::get_site, patch sites::patch_site;
    "/v1/keys": get keys::list, post keys::post_key;
    "/v1/keys/{id}": delete keys::revoke;
    "/v1/links": get links::list, post links::post_link;
    "/v1/links/{id}": get links::get_link, patch links::patch_link;
    "/v1/channel-rules": get channel_rules::list, put channel_rules::put;
    "/v1/channel-rules/preview": post channel_rules::preview::preview;
    "/v1/rebuild": post rebuild::post_rebuild;
    "/v1/rebuild/{id}": get rebuild::get_rebuild;
    "/v1/spend": post spend::post_spend;
    "/v1/spend/{channel}/{campaign}/{date}": get spend::get_spend, put spend::put_spend, delete spend::delete_spend;
    "/v1/status": get status::status;
}

/// How often a change of the site is tried again that met another one.
pub(crate) const TRIES: u32 = 5;

/// Notes a fault and goes on, so that all faults of a request are told at once.
pub(crate) fn noted<T>(result: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    result.map_err(|fault| faults.push(fault)).ok()
}

/// The channel of that name, or a fault that names the nearest.
pub(crate) fn channel_of(name: &str, pointer: &str) -> Result<Channel, Fault> {
    Channel::parse(name).ok_or_else(|| {
        let hint = instead(&name.to_ascii_lowercase(), &Channel::ALL.map(Channel::as_str));
        Fault::new(pointer, "unknown_channel", format!("{} is not a channel: {hint}", quoted(name)))
    })
}

/// An id that sorts by the time of its making, behind a prefix that says what it names.
pub(crate) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", ulid::Ulid::new().to_string().to_ascii_lowercase())
}
