//! Journeys: the touches that a visitor leaves, and the path that a result keeps of them for ever.

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::event::{Derived, Kind, Sent};
use super::origin::Origin;
use super::site::Site;

/// A day in milliseconds.
pub const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// The most steps of a path. Of a longer one the first stays and the latest.
pub const MOST_STEPS: usize = 50;

/// Two touches of one origin this close to each other are one: a click, and the visit that it led to.
pub const ONE_VISIT_MILLIS: i64 = 30 * 60 * 1000;

/// How a visitor came into contact with marketing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    /// A click on an ad or a tracked link.
    Click,
    /// A view that began a visit.
    Visit,
    /// An ad or a mail that was seen.
    Impression,
    /// The result itself, which came with an origin of its own.
    Result,
}

/// One contact of a visitor with marketing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Touch {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// How.
    pub contact: Contact,
    /// Where the visitor came from.
    pub origin: Origin,
    /// On which page the visit began.
    pub landing_page: String,
}

/// Whether a touch may be credited with the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It may.
    Eligible,
    /// It is a click or a visit longer ago than the site looks back for this kind of result.
    ClickTooOld,
    /// It is an impression longer ago than the site looks back for this kind of result.
    ImpressionTooOld,
}

/// One touch of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// How.
    pub contact: Contact,
    /// Whether it may be credited.
    pub standing: Standing,
    /// The channel.
    pub channel: Channel,
    /// Which site or list sent the visitor.
    pub source: String,
    /// By what means.
    pub medium: String,
    /// Under which campaign.
    pub campaign: String,
    /// The partner who sent the visitor.
    pub partner: String,
    /// The partner's offer.
    pub offer: String,
    /// The host of the page that the visitor came from.
    pub referrer: String,
}

/// The touches that led to a result, oldest first, as they were known when it was accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Path {
    /// When the result happened, in milliseconds since 1970: touches are as old as they were then.
    pub at: i64,
    /// At most [`MOST_STEPS`].
    pub steps: Vec<Step>,
    /// How many touches between the first and the second step were left out for their number.
    pub dropped: u32,
}

/// How far back a result looks for the touches that led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Lookback {
    /// Days for clicks and visits, 0 to [`Lookback::MOST_DAYS`].
    pub click_days: u16,
    /// Days for impressions, 0 to [`Lookback::MOST_DAYS`].
    pub view_days: u16,
}

impl Lookback {
    /// The most days: touches are kept no longer.
    pub const MOST_DAYS: u16 = 90;
}

impl Default for Lookback {
    fn default() -> Self {
        Self { click_days: 30, view_days: 1 }
    }
}

impl Touch {
    /// The step that it is in the path of a result at `at`.
    pub fn step(&self, at: i64, lookback: Lookback) -> Step {
        let Origin { channel, source, medium, campaign, partner, offer, referrer, .. } = self.origin.clone();
        let within = |days: u16| at - self.at <= i64::from(days) * DAY_MILLIS;
        let standing = match self.contact {
            Contact::Impression if !within(lookback.view_days) => Standing::ImpressionTooOld,
            Contact::Click | Contact::Visit if !within(lookback.click_days) => Standing::ClickTooOld,
            _ => Standing::Eligible,
        };
        let contact = self.contact;
        Step { at: self.at, contact, standing, channel, source, medium, campaign, partner, offer, referrer }
    }

    /// Whether this is one visit with an earlier touch: the same origin shortly after it.
    pub fn continues(&self, earlier: &Self) -> bool {
        let shown = |touch: &Self| touch.contact == Contact::Impression;
        !shown(self)
            && !shown(earlier)
            && self.origin.is_like(&earlier.origin)
            && (self.origin.partner.is_empty() || self.origin.partner == earlier.origin.partner)
            && (0..=ONE_VISIT_MILLIS).contains(&(self.at - earlier.at))
    }
}

impl Step {
    /// Whole days from this step to the result.
    pub fn days_before(&self, result: i64) -> u16 {
        u16::try_from((result - self.at).div_euclid(DAY_MILLIS).max(0)).unwrap_or(u16::MAX)
    }
}

impl Path {
    /// The steps that may be credited.
    pub fn eligible(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.standing == Standing::Eligible)
    }
}

/// The touch that an event leaves behind for its visitor's later events.
///
/// A click, a visit or an impression with an origin of its own does, and so does a direct visit of a visitor who came
/// by marketing before.
pub fn touch_of(sent: &Sent, derived: &Derived) -> Option<Touch> {
    let contact = match sent.kind {
        Kind::Click => Contact::Click,
        Kind::View if derived.visit => Contact::Visit,
        Kind::Impression => Contact::Impression,
        _ => return None,
    };
    if derived.robot || sent.void {
        return None;
    }
    let own = !derived.origin.inherited && derived.origin.channel != Channel::Direct;
    let returned = derived.origin.inherited && contact == Contact::Visit;
    let origin = if returned { Origin::direct() } else { derived.origin.clone() };
    let landing_page = derived.landing_page.clone();
    (own || returned).then_some(Touch { at: sent.at, contact, origin, landing_page })
}

/// The path of an event from all touches of its visitor and of the customer's other visitors, in any order.
///
/// `None` where it is no result, or where nothing led to it but what its own origin says.
pub fn path_of(sent: &Sent, derived: &Derived, touches: &[Touch], site: &Site) -> Option<Path> {
    if !site.keeps_path(sent.kind) || derived.robot {
        return None;
    }
    let mut before: Vec<Touch> = touches.iter().filter(|touch| touch.at <= sent.at).cloned().collect();
    before.sort();
    if before.is_empty() {
        return None;
    }
    if !derived.origin.inherited && derived.origin.channel != Channel::Direct {
        let (origin, landing_page) = (derived.origin.clone(), derived.landing_page.clone());
        before.push(Touch { at: sent.at, contact: Contact::Result, origin, landing_page });
    }
    // A touch continues the visit that began it even where the visit goes on for longer.
    let mut distinct: Vec<Touch> = Vec::new();
    let mut last: Option<Touch> = None;
    for touch in before {
        if last.as_ref().is_none_or(|last| !touch.continues(last)) {
            distinct.push(touch.clone());
        }
        last = Some(touch);
    }
    let dropped = distinct.len().saturating_sub(MOST_STEPS);
    distinct.drain(1..=dropped);
    let lookback = site.lookback(sent.kind);
    let steps = distinct.iter().map(|touch| touch.step(sent.at, lookback)).collect();
    Some(Path { at: sent.at, steps, dropped: u32::try_from(dropped).unwrap_or(u32::MAX) })
}

#[cfg(test)]
mod tests;
