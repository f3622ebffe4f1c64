//! Google Analytics 4's default channel group as its help article 9756891 words it, with regular expressions, held
//! against our list.

use regex::Regex;

use super::{Category, Channel, classify, signals, sources};

/// A link as the definitions look at it, in lower case.
struct Link {
    source: &'static str,
    medium: &'static str,
    campaign: &'static str,
}

struct Definitions {
    paid: Regex,
    shop: Regex,
    video: Regex,
}

impl Definitions {
    fn new() -> Self {
        let regex = |text| Regex::new(text).unwrap();
        Self {
            paid: regex("^(.*cp.*|ppc|retargeting|paid.*)$"),
            shop: regex("^(.*(([^a-df-z]|^)shop|shopping).*)$"),
            video: regex("^(.*video.*)$"),
        }
    }

    /// The first channel of the article's table whose definition holds.
    fn channel(&self, link: &Link) -> Channel {
        let Link { source, medium, campaign } = *link;
        let kind = sources::category(source);
        let (paid, shop) = (self.paid.is_match(medium), self.shop.is_match(campaign));
        let is = |category| kind == Some(category);
        let mails = ["email", "e-mail", "e_mail", "e mail"];
        let social = ["social", "social-network", "social-media", "sm", "social network", "social media"];
        let table = [
            (Channel::Direct, source == "(direct)" && ["(not set)", "(none)"].contains(&medium)),
            (Channel::CrossNetwork, campaign.contains("cross-network")),
            (Channel::PaidShopping, (is(Category::Shopping) || shop) && paid),
            (Channel::PaidSearch, is(Category::Search) && paid),
            (Channel::PaidSocial, is(Category::Social) && paid),
            (Channel::PaidVideo, is(Category::Video) && paid),
            (Channel::Display, ["display", "banner", "expandable", "interstitial", "cpm"].contains(&medium)),
            (Channel::PaidOther, paid),
            (Channel::OrganicShopping, is(Category::Shopping) || shop),
            (Channel::OrganicSocial, is(Category::Social) || social.contains(&medium)),
            (Channel::OrganicVideo, is(Category::Video) || self.video.is_match(medium)),
            (Channel::OrganicSearch, is(Category::Search) || medium == "organic"),
            (Channel::Referral, ["referral", "app", "link"].contains(&medium)),
            (Channel::Email, mails.contains(&source) || mails.contains(&medium)),
            (Channel::Affiliate, medium == "affiliate"),
            (Channel::Audio, medium == "audio"),
            (Channel::Sms, source == "sms" || medium == "sms"),
            (
                Channel::Push,
                medium.ends_with("push")
                    || medium.contains("mobile")
                    || medium.contains("notification")
                    || source == "firebase",
            ),
        ];
        table.into_iter().find(|(_, holds)| *holds).map_or(Channel::Unassigned, |(channel, _)| channel)
    }
}

const SOURCES: [&str; 24] = [
    "(direct)",
    "direct",
    "google",
    "google.com",
    "bing",
    "duckduckgo.com",
    "baidu",
    "facebook",
    "m.facebook.com",
    "linkedin",
    "t.co",
    "reddit.com",
    "youtube",
    "vimeo.com",
    "twitch.tv",
    "amazon",
    "ebay.com",
    "etsy.com",
    "partner.example",
    "newsletter",
    "email",
    "e mail",
    "sms",
    "firebase",
];

const MEDIA: [&str; 58] = [
    "",
    "(none)",
    "(not set)",
    "none",
    "cpc",
    "cpm",
    "cpv",
    "cpa",
    "ppc",
    "ppcx",
    "xppc",
    "paid",
    "paidsearch",
    "paid social",
    "unpaid",
    "prepaid",
    "display",
    "banner",
    "banners",
    "expandable",
    "interstitial",
    "social",
    "social-network",
    "social-media",
    "sm",
    "sms",
    "social network",
    "social media",
    "socials",
    "video",
    "videos",
    "in-video-ad",
    "vide",
    "organic",
    "organics",
    "referral",
    "referrals",
    "app",
    "apps",
    "link",
    "links",
    "email",
    "e-mail",
    "e_mail",
    "e mail",
    "mail",
    "emails",
    "affiliate",
    "audio",
    "audios",
    "push",
    "web-push",
    "pushed",
    "mobile",
    "mobile_app",
    "notification",
    "in-app notification",
    "carrier-pigeon",
];

const CAMPAIGNS: [&str; 14] = [
    "",
    "spring",
    "cross-network",
    "2024 cross-network max",
    "cross_network",
    "shop",
    "eshop",
    "the shop",
    "workshop",
    "bishop",
    "window-shopping",
    "photoshopping",
    "shop-cross-network",
    "9shop",
];

/// The media and sources of our own rules and of what is said to differ: there GA4 has another answer, or none.
fn is_ours(link: &Link) -> bool {
    // GA4 has no absent medium: it writes `(none)`.
    (link.source == "(direct)" && link.medium.is_empty()) || link.medium.contains("retarget")
}

#[test]
fn our_list_says_what_the_definitions_say_wherever_no_rule_is_ours_alone() {
    let definitions = Definitions::new();
    let mut compared = 0;
    for source in SOURCES {
        for medium in MEDIA {
            for campaign in CAMPAIGNS {
                let link = Link { source, medium, campaign };
                if is_ours(&link) {
                    continue;
                }
                let expected = definitions.channel(&link);
                // As they were sent and in capitals: the definitions do not mind.
                let capitals = [source, medium, campaign].map(str::to_ascii_uppercase);
                let shouted = [capitals[0].as_str(), capitals[1].as_str(), capitals[2].as_str()];
                for sent in [[source, medium, campaign], shouted] {
                    let found = classify(&signals(sent, None, None)).map(|found| found.channel);
                    assert_eq!(found, Some(expected), "{sent:?}");
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 19_000, "{compared}");
}

#[test]
fn a_visit_from_an_assistant_has_the_medium_that_ga4_gives_it() {
    let found = classify(&signals(["", "", ""], None, Some("chatgpt.com"))).unwrap();
    assert_eq!((found.channel, found.medium.as_str()), (Channel::AiAssistant, "ai-assistant"));
}
