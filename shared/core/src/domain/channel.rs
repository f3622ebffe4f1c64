//! Placeholder.
use serde::{Deserialize, Serialize};
macro_rules! words { ($name:ident { $($v:ident = $t:literal),* }) => {
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum $name { $($v),* }
impl $name {
    pub const ALL: [Self; [$($t),*].len()] = [$(Self::$v),*];
    pub const fn as_str(self) -> &'static str { match self { $(Self::$v => $t),* } }
    pub fn parse(name: &str) -> Option<Self> { Self::ALL.into_iter().find(|v| v.as_str() == name) }
}}}
pub(crate) use words;
words!(Channel { Direct = "direct", OrganicSearch = "organic_search", PaidSearch = "paid_search", Email = "email", Referral = "referral", Unassigned = "unassigned" });
words!(ClickId { Gclid = "gclid", Fbclid = "fbclid" });
pub const RULES_VERSION: u8 = 1;
pub struct Rule { pub number: u8, pub channel: Channel, pub when: &'static str }
pub fn rules() -> &'static [Rule] { &[] }
pub struct Signals<'a> { pub source: &'a str, pub medium: &'a str, pub campaign: &'a str, pub click_id: Option<ClickId>, pub referrer_host: Option<&'a str> }
pub struct Classified { pub channel: Channel, pub rule: u8, pub source: String, pub medium: String }
pub fn classify(signals: &Signals<'_>) -> Option<Classified> {
    if !signals.source.is_empty() || !signals.medium.is_empty() {
        let channel = match signals.medium { "cpc" => Channel::PaidSearch, "email" => Channel::Email, _ => Channel::Unassigned };
        return Some(Classified { channel, rule: 2, source: signals.source.to_owned(), medium: signals.medium.to_owned() });
    }
    signals.referrer_host.map(|host| Classified { channel: Channel::Referral, rule: 3, source: host.to_owned(), medium: "referral".to_owned() })
}
