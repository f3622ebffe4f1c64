//! Channels: the closed set that every origin falls into, and the way from a link's marks to one of them.

mod own;
mod rule;
mod rules;
mod sources;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use own::{MOST_RULES, OWN_FROM, OwnRules, SOURCE_KINDS};
pub use rule::{Condition, Field, Operator, Rule, When};
pub use rules::{RULES_VERSION, rules};

use rule::Facts;
use sources::Category;

/// Where a visit came from. A new channel is a release, not a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A typed address, a bookmark, or a link that left no trace.
    Direct,
    /// Unpaid results of a search engine.
    OrganicSearch,
    /// Ads beside search results.
    PaidSearch,
    /// Unpaid links on social networks.
    OrganicSocial,
    /// Ads on social networks.
    PaidSocial,
    /// Unpaid links on video sites.
    OrganicVideo,
    /// Ads on video sites.
    PaidVideo,
    /// Unpaid listings on shopping sites.
    OrganicShopping,
    /// Ads on shopping sites.
    PaidShopping,
    /// Banners and other display ads.
    Display,
    /// Ads shown again to former visitors, on whatever network.
    Retargeting,
    /// Paid recommendations in the look of the page that they stand on.
    Native,
    /// Partners who are paid by result.
    Affiliate,
    /// People who recommend us to their followers.
    Influencer,
    /// Articles, guides and sponsored posts of our own.
    Content,
    /// Mail to our own list; spend is the sending fee.
    Email,
    /// Text messages.
    Sms,
    /// Push notifications of an app or a browser.
    Push,
    /// Podcasts, audio streams and radio.
    Audio,
    /// Answers of an AI assistant.
    AiAssistant,
    /// Links on other sites.
    Referral,
    /// Ads that one campaign spreads over several networks.
    CrossNetwork,
    /// Ads of which we know that they were paid for, but not on what kind of site they stood.
    PaidOther,
    /// Marks that no rule knows.
    Unassigned,
}

impl Channel {
    /// Every channel, in the order of documents.
    pub const ALL: [Self; 24] = [
        Self::Direct,
        Self::OrganicSearch,
        Self::PaidSearch,
        Self::OrganicSocial,
        Self::PaidSocial,
        Self::OrganicVideo,
        Self::PaidVideo,
        Self::OrganicShopping,
        Self::PaidShopping,
        Self::Display,
        Self::Retargeting,
        Self::Native,
        Self::Affiliate,
        Self::Influencer,
        Self::Content,
        Self::Email,
        Self::Sms,
        Self::Push,
        Self::Audio,
        Self::AiAssistant,
        Self::Referral,
        Self::CrossNetwork,
        Self::PaidOther,
        Self::Unassigned,
    ];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::OrganicSearch => "organic_search",
            Self::PaidSearch => "paid_search",
            Self::OrganicSocial => "organic_social",
            Self::PaidSocial => "paid_social",
            Self::OrganicVideo => "organic_video",
            Self::PaidVideo => "paid_video",
            Self::OrganicShopping => "organic_shopping",
            Self::PaidShopping => "paid_shopping",
            Self::Display => "display",
            Self::Retargeting => "retargeting",
            Self::Native => "native",
            Self::Affiliate => "affiliate",
            Self::Influencer => "influencer",
            Self::Content => "content",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::Audio => "audio",
            Self::AiAssistant => "ai_assistant",
            Self::Referral => "referral",
            Self::CrossNetwork => "cross_network",
            Self::PaidOther => "paid_other",
            Self::Unassigned => "unassigned",
        }
    }

    /// The channel of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }
}

/// The query parameter in which an ad network names the click that it sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClickId {
    /// Google Ads.
    Gclid,
    /// Google Ads, from an app to a site on iOS.
    Gbraid,
    /// Google Ads, from a site to an app on iOS.
    Wbraid,
    /// Microsoft Advertising.
    Msclkid,
    /// Facebook and Instagram: on ads, and on unpaid links just as well.
    Fbclid,
    /// Ads on `TikTok`.
    Ttclid,
    /// Ads on `LinkedIn`.
    LiFatId,
    /// Ads on X, once Twitter.
    Twclid,
}

impl ClickId {
    /// Every click id, in the order in which a link with several of them is read.
    pub const ALL: [Self; 8] = [
        Self::Gclid,
        Self::Gbraid,
        Self::Wbraid,
        Self::Msclkid,
        Self::Ttclid,
        Self::LiFatId,
        Self::Twclid,
        // Last, since it proves the least.
        Self::Fbclid,
    ];

    /// Its query parameter, which is its name on the wire too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gclid => "gclid",
            Self::Gbraid => "gbraid",
            Self::Wbraid => "wbraid",
            Self::Msclkid => "msclkid",
            Self::Fbclid => "fbclid",
            Self::Ttclid => "ttclid",
            Self::LiFatId => "li_fat_id",
            Self::Twclid => "twclid",
        }
    }

    /// The click id of that query parameter.
    pub fn parse(parameter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|click_id| click_id.as_str() == parameter)
    }

    /// The source and medium that a link with this click id and no UTM has.
    const fn origin(self) -> (&'static str, &'static str) {
        match self {
            Self::Gclid | Self::Gbraid | Self::Wbraid => ("google", "cpc"),
            Self::Msclkid => ("bing", "cpc"),
            // Facebook adds it to every outgoing link, so it says whence, and nothing of money.
            Self::Fbclid => ("facebook", "social"),
            Self::Ttclid => ("tiktok", "cpc"),
            Self::LiFatId => ("linkedin", "cpc"),
            Self::Twclid => ("twitter", "cpc"),
        }
    }
}

/// What a link or a visit says about its origin. Texts are as they were sent, in any case; empty when absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signals<'a> {
    /// `utm_source`.
    pub source: &'a str,
    /// `utm_medium`.
    pub medium: &'a str,
    /// `utm_campaign`.
    pub campaign: &'a str,
    /// The ad click, where the link carries one.
    pub click_id: Option<ClickId>,
    /// The host of the page that linked here, known to be none of the site's own.
    pub referrer_host: Option<&'a str>,
}

/// The channel of an origin, and what it was judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classified {
    /// The channel.
    pub channel: Channel,
    /// The number of the rule that fired: it stands in [`rules()`], or is a site's own from [`OWN_FROM`] on.
    pub rule: u8,
    /// The version of the list that the rule stands in.
    pub version: u32,
    /// The source: as sent, or else derived from the click id or the referrer; empty where neither tells.
    pub source: String,
    /// The medium: as sent, or else derived from the click id or the referrer; empty where neither tells.
    pub medium: String,
}

/// The channel that the signals fall into: that of the first rule that fires, the site's own before the built-in ones.
/// `None` when there are no signals.
///
/// What the sender wrote stands above the click id, and that above the referrer. A lone UTM source takes a
/// medium only from a click id that proves payment, and a lone UTM medium takes a source only when it says
/// paid: a newsletter that was forwarded over Facebook stays a newsletter.
pub fn classify(signals: &Signals<'_>, own: &OwnRules) -> Option<Classified> {
    let sent = Signals {
        source: signals.source.trim(),
        medium: signals.medium.trim(),
        campaign: signals.campaign.trim(),
        ..*signals
    };
    let (source, medium) = source_and_medium(&sent)?;
    let host = sent.referrer_host.unwrap_or_default().trim();
    let facts = Facts::new([&source, &medium, sent.campaign, host], sent.click_id);
    let (rule, version) = first(&facts, own)?;
    Some(Classified { channel: rule.channel, rule: rule.number, version, source, medium })
}

/// The channel and the rule's number of an origin of which the source and the medium are known, but not whether an ad
/// click brought it. `None` where that would decide.
pub fn classify_without_click(
    [source, medium, campaign, host]: [&str; 4],
    own: &OwnRules,
) -> Option<(Channel, u8)> {
    let mut facts = Facts::new([source, medium, campaign, host], None);
    let (found, _) = first(&facts, own)?;
    let same = ClickId::ALL.into_iter().filter(|_| own.asks_for(Field::ClickId)).all(|click| {
        facts.click_id = Some(click);
        first(&facts, own).is_some_and(|(rule, _)| rule.number == found.number)
    });
    same.then_some((found.channel, found.number))
}

/// The first rule that fires, and the version of its list.
fn first<'a>(facts: &Facts, own: &'a OwnRules) -> Option<(&'a Rule, u32)> {
    let versions = own.rules.iter().map(|rule| (rule, own.version));
    versions.chain(rules().iter().map(|rule| (rule, RULES_VERSION))).find(|(rule, _)| rule.fires(facts))
}

/// The source and medium that the rules judge. `None` when there are no signals.
fn source_and_medium(sent: &Signals<'_>) -> Option<(String, String)> {
    let owned = |(source, medium): (&str, &str)| (source.to_owned(), medium.to_owned());
    let derived = derived_origin(sent);
    Some(match (sent.source, sent.medium) {
        ("", "") if sent.campaign.is_empty() => derived?,
        ("", "") => derived.unwrap_or_default(),
        (source, "") => match sent.click_id.map(ClickId::origin) {
            Some((_, medium)) if rules::is_paid(medium) => owned((source, medium)),
            _ => owned((source, "")),
        },
        ("", medium) if rules::is_paid(&medium.to_ascii_lowercase()) => {
            (derived.map(|(source, _)| source).unwrap_or_default(), medium.to_owned())
        }
        sent => owned(sent),
    })
}

/// The source and medium of a link without UTM: those of its click id, or else those of its referrer.
fn derived_origin(sent: &Signals<'_>) -> Option<(String, String)> {
    let referrer = sent.referrer_host.map(str::trim).filter(|host| !host.is_empty()).map(|host| {
        let host = host.to_ascii_lowercase();
        let category = sources::category(&host);
        let medium = match category {
            Some(Category::Search) => "organic",
            Some(Category::Social) => "social",
            Some(Category::Assistant) => "ai-assistant",
            _ => "referral",
        };
        (category, (sources::name(&host), medium.to_owned()))
    });
    match (sent.click_id, referrer) {
        // Instagram and Messenger send `fbclid` too, and their hosts tell them apart.
        (Some(ClickId::Fbclid), Some((Some(Category::Social), origin))) | (None, Some((_, origin))) => {
            Some(origin)
        }
        (Some(click_id), _) => {
            let (source, medium) = click_id.origin();
            Some((source.to_owned(), medium.to_owned()))
        }
        (None, None) => None,
    }
}
