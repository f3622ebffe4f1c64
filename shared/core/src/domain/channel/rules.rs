//! The published rules: an ordered list, of which the first that fires decides the channel.
//!
//! They follow the definitions and the order of Google Analytics 4's default channel group, so that reports
//! can be held beside one another. Ours alone are retargeting, influencers, native ads, AI assistants and
//! content. Each stands before those rules of GA4 that would take its links for something broader.

use super::Channel;
use super::sources::{self, Category};

/// The version of the rule list. It rises when a link may fall into another channel than before.
pub const RULES_VERSION: u8 = 1;

/// One line of the rule list.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its number, which events store: a rule keeps it for ever, wherever it moves in the order.
    pub number: u8,
    /// The channel that it decides for.
    pub channel: Channel,
    /// The condition, in a sentence for people.
    pub when: &'static str,
    condition: fn(&Facts) -> bool,
}

/// The rules in the order in which they are tried. The last one always fires.
pub fn rules() -> &'static [Rule] {
    &RULES
}

impl Rule {
    const fn new(number: u8, channel: Channel, when: &'static str, condition: fn(&Facts) -> bool) -> Self {
        Self { number, channel, when, condition }
    }

    /// Whether the condition holds.
    pub(super) fn fires(&self, facts: &Facts) -> bool {
        (self.condition)(facts)
    }
}

/// What the rules look at, in lower case.
#[derive(Debug)]
pub(super) struct Facts {
    source: String,
    medium: String,
    campaign: String,
    site: Option<Category>,
}

impl Facts {
    /// The facts of a source, a medium and a campaign, written in any case.
    pub(super) fn new(source: &str, medium: &str, campaign: &str) -> Self {
        let source = source.to_ascii_lowercase();
        let site = sources::category(&source);
        Self { source, medium: medium.to_ascii_lowercase(), campaign: campaign.to_ascii_lowercase(), site }
    }

    fn is_from(&self, category: Category) -> bool {
        self.site == Some(category)
    }

    fn medium_in(&self, names: &[&str]) -> bool {
        names.contains(&self.medium.as_str())
    }

    fn paid(&self) -> bool {
        is_paid(&self.medium)
    }

    fn mail(&self) -> bool {
        const MAIL: [&str; 4] = ["email", "e-mail", "e_mail", "e mail"];
        MAIL.contains(&self.source.as_str()) || self.medium_in(&MAIL)
    }

    fn shopping_campaign(&self) -> bool {
        names_a_shop(&self.campaign)
    }
}

/// Whether a medium, given in lower case, says that the visit was paid for: GA4's
/// `^(.*cp.*|ppc|retargeting|paid.*)$`.
pub(super) fn is_paid(medium: &str) -> bool {
    medium.contains("cp") || medium == "ppc" || medium == "retargeting" || medium.starts_with("paid")
}

/// Whether a campaign's name speaks of shopping: GA4's `^(.*(([^a-df-z]|^)shop|shopping).*)$`.
///
/// `summer_shop` and `eshop` do, `workshop` and `bishop` do not.
fn names_a_shop(campaign: &str) -> bool {
    let apart = |at: usize| {
        campaign
            .get(..at)
            .and_then(|before| before.chars().next_back())
            .is_none_or(|letter| letter == 'e' || !letter.is_ascii_lowercase())
    };
    campaign.contains("shopping") || campaign.match_indices("shop").any(|(at, _)| apart(at))
}

/// Display's medium `cpm` is paid by its name; GA4 lets a listed source decide first, and so do we.
static RULES: [Rule; 24] = [
    Rule::new(
        1,
        Channel::Direct,
        "There is no UTM, no ad click id and no referrer from elsewhere, or the source is (direct) and the medium \
         is absent, (none) or (not set).",
        |facts| facts.source == "(direct)" && facts.medium_in(&["", "(none)", "(not set)"]),
    ),
    Rule::new(2, Channel::CrossNetwork, "The campaign's name contains cross-network.", |facts| {
        facts.campaign.contains("cross-network")
    }),
    Rule::new(3, Channel::Retargeting, "The medium contains retarget or remarket.", |facts| {
        facts.medium.contains("retarget") || facts.medium.contains("remarket")
    }),
    Rule::new(
        4,
        Channel::Influencer,
        "The medium contains influencer, or is creator, creators or ambassador.",
        |facts| {
            facts.medium.contains("influencer") || facts.medium_in(&["creator", "creators", "ambassador"])
        },
    ),
    // Such a network sends nobody who was not paid for, and its own templates write the medium `referral`.
    Rule::new(
        5,
        Channel::Native,
        "The medium is native, native-ads, native_ads or nativeads, or the source is a native advertising network.",
        |facts| {
            facts.medium_in(&["native", "native-ads", "native_ads", "nativeads"])
                || facts.is_from(Category::Native)
        },
    ),
    Rule::new(
        6,
        Channel::PaidShopping,
        "The medium is paid (contains cp, or is ppc or retargeting, or begins with paid), and the source is a \
         shopping site or the campaign's name speaks of shop or shopping.",
        |facts| facts.paid() && (facts.is_from(Category::Shopping) || facts.shopping_campaign()),
    ),
    Rule::new(7, Channel::PaidSearch, "The medium is paid, and the source is a search engine.", |facts| {
        facts.paid() && facts.is_from(Category::Search)
    }),
    Rule::new(8, Channel::PaidSocial, "The medium is paid, and the source is a social network.", |facts| {
        facts.paid() && facts.is_from(Category::Social)
    }),
    Rule::new(9, Channel::PaidVideo, "The medium is paid, and the source is a video site.", |facts| {
        facts.paid() && facts.is_from(Category::Video)
    }),
    Rule::new(
        10,
        Channel::Display,
        "The medium is display, banner, expandable, interstitial or cpm.",
        |facts| facts.medium_in(&["display", "banner", "expandable", "interstitial", "cpm"]),
    ),
    Rule::new(11, Channel::PaidOther, "The medium is paid.", Facts::paid),
    // Before search, because some assistants live on a search engine's domain.
    Rule::new(
        12,
        Channel::AiAssistant,
        "The source is an AI assistant, or the medium is ai, ai-assistant, ai_assistant or llm.",
        |facts| {
            facts.is_from(Category::Assistant)
                || facts.medium_in(&["ai", "ai-assistant", "ai_assistant", "llm"])
        },
    ),
    Rule::new(
        13,
        Channel::Content,
        "The medium is content, content-marketing, content_marketing, blog, sponsored-content or sponsored_content.",
        |facts| {
            facts.medium_in(&[
                "content",
                "content-marketing",
                "content_marketing",
                "blog",
                "sponsored-content",
                "sponsored_content",
            ])
        },
    ),
    Rule::new(
        14,
        Channel::OrganicShopping,
        "The source is a shopping site, or the campaign's name speaks of shop or shopping.",
        |facts| facts.is_from(Category::Shopping) || facts.shopping_campaign(),
    ),
    Rule::new(
        15,
        Channel::OrganicSocial,
        "The source is a social network, or the medium is social, social-network, social-media, sm, social network \
         or social media.",
        |facts| {
            facts.is_from(Category::Social)
                || facts.medium_in(&[
                    "social",
                    "social-network",
                    "social-media",
                    "sm",
                    "social network",
                    "social media",
                ])
        },
    ),
    Rule::new(
        16,
        Channel::OrganicVideo,
        "The source is a video site, or the medium contains video.",
        |facts| facts.is_from(Category::Video) || facts.medium.contains("video"),
    ),
    Rule::new(
        17,
        Channel::OrganicSearch,
        "The source is a search engine, or the medium is organic.",
        |facts| facts.is_from(Category::Search) || facts.medium == "organic",
    ),
    Rule::new(18, Channel::Referral, "The medium is referral, app or link.", |facts| {
        facts.medium_in(&["referral", "app", "link"])
    }),
    Rule::new(
        19,
        Channel::Email,
        "The source or the medium is email, e-mail, e_mail or e mail.",
        Facts::mail,
    ),
    Rule::new(20, Channel::Affiliate, "The medium is affiliate or affiliates.", |facts| {
        facts.medium_in(&["affiliate", "affiliates"])
    }),
    Rule::new(21, Channel::Audio, "The medium is audio.", |facts| facts.medium == "audio"),
    Rule::new(22, Channel::Sms, "The source or the medium is sms.", |facts| {
        facts.source == "sms" || facts.medium == "sms"
    }),
    Rule::new(
        23,
        Channel::Push,
        "The medium ends with push or contains mobile or notification, or the source is firebase.",
        |facts| {
            facts.medium.ends_with("push")
                || facts.medium.contains("mobile")
                || facts.medium.contains("notification")
                || facts.source == "firebase"
        },
    ),
    Rule::new(24, Channel::Unassigned, "No other rule fires.", |_| true),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paid_media_are_told_as_ga4_tells_them() {
        let pattern = regex::Regex::new("^(.*cp.*|ppc|retargeting|paid.*)$").unwrap();
        for (medium, paid) in [
            ("cpc", true),
            ("cpm", true),
            ("cpv_video", true),
            ("ppc", true),
            ("paid", true),
            ("paid-social", true),
            ("paidsearch", true),
            ("retargeting", true),
            ("unpaid", false),
            ("ppcx", false),
            ("email", false),
            ("", false),
        ] {
            assert_eq!((is_paid(medium), pattern.is_match(medium)), (paid, paid), "{medium}");
        }
    }

    #[test]
    fn shopping_campaigns_are_told_as_ga4_tells_them() {
        let pattern = regex::Regex::new("^(.*(([^a-df-z]|^)shop|shopping).*)$").unwrap();
        for (campaign, shop) in [
            ("shop", true),
            ("summer_shop", true),
            ("eshop", true),
            ("window-shopping", true),
            ("the workshop", false),
            ("bishop2024", false),
            ("workshop shop", true),
            ("ëshop", true),
            ("photoshopping", true),
            ("", false),
        ] {
            assert_eq!((names_a_shop(campaign), pattern.is_match(campaign)), (shop, shop), "{campaign}");
        }
    }

    #[test]
    fn numbers_are_unique_and_every_channel_has_a_rule() {
        let numbers: std::collections::BTreeSet<u8> = rules().iter().map(|rule| rule.number).collect();
        assert_eq!(numbers.len(), rules().len());
        assert!(!numbers.contains(&0), "0 is for channels that the sender named");
        for channel in Channel::ALL {
            assert!(rules().iter().any(|rule| rule.channel == channel), "{}", channel.as_str());
        }
    }

    /// What stands in stored events must not come to mean something else.
    #[test]
    fn numbers_keep_their_channels() {
        let list: Vec<_> =
            rules().iter().map(|rule| format!("{} {}", rule.number, rule.channel.as_str())).collect();
        assert_eq!(
            list.join(", "),
            "1 direct, 2 cross_network, 3 retargeting, 4 influencer, 5 native, 6 paid_shopping, 7 paid_search, \
             8 paid_social, 9 paid_video, 10 display, 11 paid_other, 12 ai_assistant, 13 content, \
             14 organic_shopping, 15 organic_social, 16 organic_video, 17 organic_search, 18 referral, 19 email, \
             20 affiliate, 21 audio, 22 sms, 23 push, 24 unassigned"
        );
    }
}
