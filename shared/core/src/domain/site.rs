//! The tenant: one marketing site or account, and the settings that its reports depend on.

use std::collections::BTreeMap;
use std::hash::Hasher;

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use siphasher::sip::SipHasher24;
use url::Url;

use super::calendar::{Calendar, Minute};
use super::channel::OwnRules;
use super::event::{Kind, PersonHash};
use super::journey::Lookback;
use super::names::{Currency, SiteId};

/// A site and its settings. Time zone and currency never change once events are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its id in keys and paths.
    pub id: SiteId,
    /// Its name for people.
    pub name: String,
    /// The IANA time zone that cuts its days.
    pub time_zone: Tz,
    /// The ISO 4217 currency that all of its amounts are in.
    pub currency: Currency,
    /// The kinds that count as conversions.
    pub conversion_kinds: Vec<Kind>,
    /// The kinds that count as acquisitions.
    pub acquisition_kinds: Vec<Kind>,
    /// Web origins such as `https://shop.example` whose pages may use a publish key; empty allows none.
    pub origins: Vec<String>,
    /// From when on how many lanes share a minute's writes, oldest first; empty means one lane.
    #[serde(default)]
    pub lanes: Vec<LaneChange>,
    /// How far back each kind of result looks for touches, where not as by default.
    #[serde(default)]
    pub lookbacks: BTreeMap<Kind, Lookback>,
    /// Its own channel rules.
    #[serde(default)]
    pub channel_rules: OwnRules,
    /// How often any of this was changed, by which whoever changes it tells that nobody else did meanwhile.
    #[serde(default)]
    pub revision: u32,
    /// Whether it has said of any visitor which customer it is, so that paths look for the customer's others.
    #[serde(skip)]
    pub identities: bool,
    /// The secret that visitors and customers are hashed with, in hex. Never shown.
    pub hash_key: String,
}

/// From one minute on, events are spread over so many lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneChange {
    /// The first minute that it holds for.
    pub from: Minute,
    /// How many lanes, 1 to [`MOST_LANES`].
    pub lanes: u16,
}

/// The most lanes that a site may have: 64 lanes take some 30,000 single-event POSTs a second.
pub const MOST_LANES: u16 = 64;

/// The kinds that are conversions unless a site says otherwise.
pub const DEFAULT_CONVERSIONS: [Kind; 4] = [Kind::Lead, Kind::Signup, Kind::Subscription, Kind::Sale];
/// The kinds that are acquisitions unless a site says otherwise.
pub const DEFAULT_ACQUISITIONS: [Kind; 3] = [Kind::Signup, Kind::Subscription, Kind::Sale];

impl Site {
    /// A site with nothing but what it must have. Its secret is still empty.
    pub fn new(id: SiteId, time_zone: Tz, currency: Currency) -> Self {
        Self {
            name: id.as_str().to_owned(),
            id,
            time_zone,
            currency,
            conversion_kinds: DEFAULT_CONVERSIONS.to_vec(),
            acquisition_kinds: DEFAULT_ACQUISITIONS.to_vec(),
            origins: Vec::new(),
            lanes: Vec::new(),
            lookbacks: BTreeMap::new(),
            channel_rules: OwnRules::default(),
            revision: 0,
            identities: false,
            hash_key: String::new(),
        }
    }

    /// How far back results of a kind look for touches.
    pub fn lookback(&self, kind: Kind) -> Lookback {
        self.lookbacks.get(&kind).copied().unwrap_or_default()
    }

    /// Whether events of a kind keep the path that led to them.
    pub fn keeps_path(&self, kind: Kind) -> bool {
        kind.is_result() || (kind.may_convert() && self.conversion_kinds.contains(&kind))
    }

    /// The secret that visitors, customers and clicks are hashed with.
    pub fn secret(&self) -> [u8; 16] {
        let mut key = [0_u8; 16];
        for (byte, pair) in key.iter_mut().zip(self.hash_key.as_bytes().chunks(2)) {
            let hex = std::str::from_utf8(pair).ok();
            *byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
        }
        key
    }

    /// A person's id at the sender as it is stored. `role` is `visitor` or `customer`, which are apart.
    pub fn person(&self, role: &str, id: &str) -> PersonHash {
        PersonHash(self.mark(role, id.as_bytes()))
    }

    /// A mark on bytes of ours that a caller brings back, so that nobody else can have made them. `role` is what they are.
    pub fn mark(&self, role: &str, bytes: &[u8]) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.secret());
        hasher.write(role.as_bytes());
        hasher.write(bytes);
        hasher.finish()
    }

    /// What partners sign their postbacks with, in hex. Only the site's admin sees it.
    pub fn postback_secret(&self) -> String {
        let digest = Sha256::new_with_prefix(self.hash_key.as_bytes()).chain_update(b"postback").finalize();
        hex::encode(digest)
    }

    /// How the site cuts time.
    pub const fn calendar(&self) -> Calendar {
        Calendar::new(self.time_zone)
    }

    /// How many lanes the events of `minute` are spread over, at least 1.
    pub fn lanes_at(&self, minute: Minute) -> u16 {
        let change = self.lanes.iter().rev().find(|change| change.from <= minute);
        change.map_or(1, |change| change.lanes.max(1))
    }

    /// Whether a page of this web origin may send events.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }

    /// Whether `host` is one of the site's own, so that a referrer from there is no origin.
    pub fn owns_host(&self, host: &str) -> bool {
        let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_ascii_lowercase();
        self.origins
            .iter()
            .filter_map(|origin| Url::parse(origin).ok())
            .any(|origin| origin.host_str().is_some_and(|own| bare(own) == bare(host)))
    }
}

/// Reads a web origin: scheme `http` or `https`, host and port, and nothing behind them.
pub fn parse_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let bare = matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/";
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (bare && plain && url.password().is_none()).then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (text, origin) in [
            ("https://shop.example", Some("https://shop.example")),
            ("https://Shop.example/", Some("https://shop.example")),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("https://shop.example/path", None),
            ("https://user@shop.example", None),
            ("ftp://shop.example", None),
            ("shop.example", None),
            ("*", None),
        ] {
            assert_eq!(parse_origin(text).as_deref(), origin, "{text}");
        }
    }
}
