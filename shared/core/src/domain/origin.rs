//! Where a visitor came from: an event's own origin, or the one that its visitor brought earlier.

use serde::{Deserialize, Serialize};

use super::channel::{self, Channel, ClickId, OWN_FROM, OwnRules, Signals};
use super::device::Device;
use super::event::{Derived, Kind, Page, Sent, Utm};
use super::journey::{DAY_MILLIS, Touch};
use super::names::Label;
use super::robots;
use super::site::Site;

/// The marketing origin that an event is credited to. Texts are empty where nothing is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The channel.
    pub channel: Channel,
    /// The number of the rule that chose the channel, from [`OWN_FROM`] on one of the site's own; 0 where the sender
    /// named it.
    pub rule: u8,
    /// The version of the list that the rule stands in, or 0 where the sender named the channel.
    pub rules_version: u32,
    /// Whether it was brought by an earlier event of the same visitor.
    pub inherited: bool,
    /// Which site or list sent the visitor.
    pub source: String,
    /// By what means.
    pub medium: String,
    /// Under which campaign.
    pub campaign: String,
    /// By which of several ads or links.
    pub content: String,
    /// For which search words.
    pub term: String,
    /// The host of the page that the visitor came from.
    pub referrer: String,
    /// The partner who sent the visitor.
    pub partner: String,
    /// The partner's offer.
    pub offer: String,
}

/// How long a touch lends its origin to what follows it, in milliseconds: 30 days.
pub const LOOKBACK_MILLIS: i64 = 30 * DAY_MILLIS;

/// The rule number of an event that has no origin at all.
pub const RULE_DIRECT: u8 = 1;

impl Origin {
    /// The origin of a visitor who came from nowhere that we know.
    pub const fn direct() -> Self {
        Self {
            channel: Channel::Direct,
            rule: RULE_DIRECT,
            rules_version: channel::RULES_VERSION,
            inherited: false,
            source: String::new(),
            medium: String::new(),
            campaign: String::new(),
            content: String::new(),
            term: String::new(),
            referrer: String::new(),
            partner: String::new(),
            offer: String::new(),
        }
    }

    /// The origin that an event carries itself: a named channel, UTM, an ad click, or a referrer from elsewhere.
    pub fn of(sent: &Sent, site: &Site) -> Option<Self> {
        let click_id = sent.click_id.as_ref().map(|(parameter, _): &(ClickId, String)| *parameter);
        let told = Self::told(
            &sent.utm,
            sent.channel,
            click_id,
            external_referrer(sent, site),
            &site.channel_rules,
        )?;
        Some(told.with_partner_of(sent))
    }

    /// The origin that these tell of, without a partner; `None` where they tell nothing.
    pub(super) fn told(
        utm: &Utm,
        named: Option<Channel>,
        click_id: Option<ClickId>,
        referrer: Option<&str>,
        own: &OwnRules,
    ) -> Option<Self> {
        let text = |label: &Option<Label>| {
            label.as_ref().map_or_else(String::new, |label| label.as_str().to_owned())
        };
        let (source, medium) = (text(&utm.source), text(&utm.medium));
        let campaign = text(&utm.campaign);
        let signals = Signals {
            source: &source,
            medium: &medium,
            campaign: &campaign,
            click_id,
            referrer_host: referrer,
        };
        let classified = channel::classify(&signals, own);
        if classified.is_none() && named.is_none() {
            return None;
        }
        let (source, medium) = classified
            .as_ref()
            .map_or((source, medium), |found| (found.source.clone(), found.medium.clone()));
        let (chosen, rule, rules_version) = match (named, &classified) {
            (None, Some(found)) => (found.channel, found.rule, found.version),
            (named, _) => (named.unwrap_or(Channel::Unassigned), 0, 0),
        };
        Some(Self {
            channel: chosen,
            rule,
            rules_version,
            source,
            medium,
            campaign,
            content: text(&utm.content),
            term: text(&utm.term),
            referrer: referrer.unwrap_or_default().to_owned(),
            ..Self::direct()
        })
    }

    /// Whether two origins tell the same but for who is to be paid.
    ///
    /// A site's own rule may have looked at the referrer or the ad click, which one of the two may lack.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.channel == other.channel || self.rule.max(other.rule) >= OWN_FROM)
            && self.source == other.source
            && self.medium == other.medium
            && self.campaign == other.campaign
    }

    /// The same origin for an event that names its own partner and offer, or none.
    #[must_use]
    fn with_partner_of(mut self, sent: &Sent) -> Self {
        for (own, named) in [(&mut self.partner, &sent.partner), (&mut self.offer, &sent.offer)] {
            if let Some(named) = named {
                named.as_str().clone_into(own);
            }
        }
        self
    }
}

/// The host of a referrer that is neither the page's own nor one of the site's.
fn external_referrer<'a>(sent: &'a Sent, site: &Site) -> Option<&'a str> {
    let host = sent.referrer.as_ref().map(Page::host)?;
    let bare = |host: &'_ str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    let own = sent.page.as_ref().is_some_and(|page| bare(page.host()) == bare(host));
    (!own && !site.owns_host(host)).then_some(host)
}

/// Whether an event is a view that begins a visit: it comes from elsewhere or from nowhere.
fn begins_visit(sent: &Sent, own: Option<&Origin>) -> bool {
    sent.kind == Kind::View && (own.is_some() || sent.referrer.is_none())
}

/// Whether an event needs its visitor's last touch to know its origin.
pub fn needs_touch(sent: &Sent, site: &Site) -> bool {
    Origin::of(sent, site).is_none()
}

/// What we make of an event. `user_agent` is the person's; `touch` the last one before it that was not direct.
///
/// Of its path nothing is known yet.
pub fn derive(sent: &Sent, user_agent: Option<&str>, touch: Option<&Touch>, site: &Site) -> Derived {
    let own = Origin::of(sent, site);
    let visit = begins_visit(sent, own.as_ref());
    let page = || sent.page.as_ref().map_or_else(String::new, |page| page.0.clone());
    let usable = touch.filter(|touch| touch.at <= sent.at && sent.at - touch.at <= LOOKBACK_MILLIS);
    let (origin, landing_page) = match (own, usable) {
        (Some(own), _) => (own, page()),
        (None, Some(touch)) => {
            (Origin { inherited: true, ..touch.origin.clone() }, touch.landing_page.clone())
        }
        (None, None) => (Origin::direct(), if visit { page() } else { String::new() }),
    };
    let origin = origin.with_partner_of(sent);
    Derived {
        origin,
        landing_page,
        device: sent.device.or_else(|| user_agent.map(Device::of)).unwrap_or(Device::Other),
        robot: user_agent.is_some_and(robots::is_robot),
        visit,
        path: None,
    }
}
