//! One thing that happened: what its sender said of it, and what we made of that when it was accepted.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::calendar::Minute;
use super::channel::{Channel, ClickId};
use super::decimal::{Decimal, Money};
use super::device::Device;
use super::journey::Path;
use super::names::{Country, EventId, Label};
use super::origin::Origin;

/// What kind of thing happened. The set is closed: a new kind is a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An ad or a link was shown.
    Impression,
    /// A page was viewed.
    View,
    /// Somebody did something short of a result: a video played, a page scrolled, a file fetched.
    Engagement,
    /// An ad or a tracked link was clicked.
    Click,
    /// Somebody left their contact.
    Lead,
    /// Somebody opened an account.
    Signup,
    /// Somebody began to pay regularly.
    Subscription,
    /// Somebody bought something.
    Sale,
    /// Money went back to a buyer.
    Refund,
    /// Money was spent on marketing.
    Spend,
}

impl Kind {
    /// Every kind, in the order of their names in documents.
    pub const ALL: [Self; 10] = [
        Self::Impression,
        Self::View,
        Self::Engagement,
        Self::Click,
        Self::Lead,
        Self::Signup,
        Self::Subscription,
        Self::Sale,
        Self::Refund,
        Self::Spend,
    ];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Impression => "impression",
            Self::View => "view",
            Self::Engagement => "engagement",
            Self::Click => "click",
            Self::Lead => "lead",
            Self::Signup => "signup",
            Self::Subscription => "subscription",
            Self::Sale => "sale",
            Self::Refund => "refund",
            Self::Spend => "spend",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether an event of this kind says nothing without an amount.
    pub const fn needs_value(self) -> bool {
        matches!(self, Self::Sale | Self::Refund | Self::Spend)
    }

    /// Whether it is what marketing is paid for.
    pub const fn is_result(self) -> bool {
        matches!(self, Self::Lead | Self::Signup | Self::Subscription | Self::Sale)
    }

    /// Whether a site may count it as a conversion or an acquisition: results, and deeds short of one.
    pub const fn may_convert(self) -> bool {
        self.is_result() || matches!(self, Self::Engagement)
    }

    /// Whether a secret key is needed: what moves money away is not for a page to say.
    pub const fn needs_secret(self) -> bool {
        matches!(self, Self::Refund | Self::Spend)
    }
}

/// How far the sender of an event is believed. Ordered: a later one overrules an earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// A publish key, which stands in a page for anyone to read.
    Public,
    /// A write key, which only the site's own servers know.
    Secret,
}

/// A person's id at the sender, kept as a 64-bit hash keyed by the site's secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PersonHash(pub u64);

/// The five UTM parameters as sent, each a label where present.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Utm {
    /// `utm_source`: which site or list sent the visitor.
    pub source: Option<Label>,
    /// `utm_medium`: by what means.
    pub medium: Option<Label>,
    /// `utm_campaign`: under which campaign.
    pub campaign: Option<Label>,
    /// `utm_content`: by which of several ads or links.
    pub content: Option<Label>,
    /// `utm_term`: for which search words.
    pub term: Option<Label>,
}

/// An address without scheme, query and fragment: `shop.example/thanks`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Page(pub String);

impl Page {
    /// The host that serves it.
    pub fn host(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(host, _)| host)
    }
}

/// A value among an event's `props`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prop {
    /// A text of at most 256 characters.
    Text(String),
    /// A number with at most six decimals.
    Number(Decimal),
    /// Yes or no.
    Flag(bool),
}

/// Whether a result is to be paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ResultStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not decided yet. It counts.
    Pending,
    /// Accepted. It counts.
    Approved,
    /// Refused. It counts in `rejected` alone.
    Rejected,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Approved, Self::Rejected];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// What was decided of a result. The latest decision holds, whatever else was said of the event since.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Decision {
    /// When, in milliseconds since 1970; 0 where it was sent with the event itself.
    pub at: i64,
    /// What.
    pub status: Status,
    /// Why.
    pub reason: Option<Label>,
}

/// What the sender said, parsed: the content of an event. Two with equal content are one event sent twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The id: the sender's, or ours where there was none.
    pub id: EventId,
    /// What happened.
    pub kind: Kind,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Which form, button or download, for instance.
    pub name: Option<Label>,
    /// Whose browser.
    pub visitor: Option<PersonHash>,
    /// Which customer.
    pub customer: Option<PersonHash>,
    /// The sender's order number.
    pub order: Option<Label>,
    /// What it was worth, or cost.
    pub value: Option<Money>,
    /// How often it happened, 1 to a thousand million.
    pub count: u32,
    /// On which page.
    pub page: Option<Page>,
    /// From which page the visitor came.
    pub referrer: Option<Page>,
    /// The UTM parameters.
    pub utm: Utm,
    /// The ad click's parameter and its value.
    pub click_id: Option<(ClickId, String)>,
    /// The channel, where the sender names it.
    pub channel: Option<Channel>,
    /// The country, where the sender names it.
    pub country: Option<Country>,
    /// The device, where the sender names it.
    pub device: Option<Device>,
    /// The partner who is to be paid.
    pub partner: Option<Label>,
    /// The partner's offer.
    pub offer: Option<Label>,
    /// The experiment that the visitor was in.
    pub experiment: Option<Label>,
    /// The experiment's variant.
    pub variant: Option<Label>,
    /// Anything else.
    pub props: BTreeMap<String, Prop>,
    /// Whether this withdraws the event.
    pub void: bool,
    /// The sender's own number for this version of the event; a higher one overrules a lower.
    pub version: u32,
    /// Whether the result is to be paid for, where somebody decided that.
    pub decision: Option<Decision>,
}

impl Sent {
    /// An event of `kind` at `at` with nothing else said.
    pub fn new(id: EventId, kind: Kind, at: DateTime<Utc>) -> Self {
        Self {
            id,
            kind,
            at: at.timestamp_millis(),
            name: None,
            visitor: None,
            customer: None,
            order: None,
            value: None,
            count: 1,
            page: None,
            referrer: None,
            utm: Utm::default(),
            click_id: None,
            channel: None,
            country: None,
            device: None,
            partner: None,
            offer: None,
            experiment: None,
            variant: None,
            props: BTreeMap::new(),
            void: false,
            version: 0,
            decision: None,
        }
    }

    /// What was decided of it; what nobody decided is approved.
    pub fn status(&self) -> Status {
        self.decision.as_ref().map_or(Status::Approved, |decision| decision.status)
    }

    /// The minute that it is stored and counted in.
    pub const fn minute(&self) -> Minute {
        Minute::from_number(self.at.div_euclid(60_000))
    }

    /// The SHA-256 of everything that was sent. It depends on nothing that we derive.
    pub fn content_hash(&self) -> ContentHash {
        // Writing plain data to a vector cannot fail; were it to, equal contents would still hash alike.
        let bytes = postcard::to_stdvec(self).unwrap_or_default();
        ContentHash(Sha256::digest(bytes).into())
    }
}

/// The SHA-256 of an event's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

/// What we made of an event when it was accepted. Frozen then: later rules do not change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    /// Where its visitor came from.
    pub origin: Origin,
    /// The page that the visit of this origin began on; empty when unknown.
    pub landing_page: String,
    /// On what it happened.
    pub device: Device,
    /// Whether a robot did it.
    pub robot: bool,
    /// Whether it is a view that begins a visit.
    pub visit: bool,
    /// The touches that led to it, where it is a result and there were any. Later touches never change it.
    pub path: Option<Path>,
}

/// An accepted event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What the sender said.
    pub sent: Sent,
    /// What we made of it.
    pub derived: Derived,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.as_str()));
        }
        assert_eq!(Kind::parse("Sale"), None);
    }

    #[test]
    fn the_content_hash_sees_every_sent_field_that_differs() {
        let at = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let plain = Sent::new(EventId::parse("a").unwrap(), Kind::Sale, at);
        let with = |change: fn(&mut Sent)| {
            let mut sent = plain.clone();
            change(&mut sent);
            sent.content_hash()
        };
        assert_eq!(plain.content_hash(), plain.clone().content_hash());
        for changed in [
            with(|sent| sent.at += 1),
            with(|sent| sent.void = true),
            with(|sent| sent.value = Some(Money::whole(1))),
            with(|sent| sent.version = 1),
            with(|sent| sent.decision = Some(Decision { at: 1, status: Status::Pending, reason: None })),
            with(|sent| sent.channel = Some(Channel::Email)),
            with(|sent| sent.props = BTreeMap::from([("plan".to_owned(), Prop::Flag(true))])),
        ] {
            assert_ne!(changed, plain.content_hash());
        }
    }
}
