//! The published rules: an ordered list, of which the first that fires decides the channel.
//!
//! They follow the definitions and the order of Google Analytics 4's default channel group, so that reports can be held
//! beside one another. Ours alone are retargeting, influencers, native ads and content; each stands before those rules of
//! GA4 that would take its links for something broader. AI assistants stand before search, because some of them live on a
//! search engine's domain, and have more media than GA4's one. `affiliates` is an affiliate's medium, too, and the source
//! `(direct)` may lack a medium. As in GA4, a listed source decides before the medium `cpm` does, which alone means display.

use std::sync::LazyLock;

use super::rule::Rule;

/// The version of the rule list. It rises when a link may fall into another channel than before.
pub const RULES_VERSION: u32 = 1;

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    // A test reads every line.
    include_str!("../../../data/channel_rules.tsv").lines().filter_map(Rule::parse).collect()
});

/// The rules in the order in which they are tried. The last one always fires.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// Whether a medium, given in lower case, says that the visit was paid for: GA4's
/// `^(.*cp.*|ppc|retargeting|paid.*)$`.
pub(super) fn is_paid(medium: &str) -> bool {
    medium.contains("cp") || medium == "ppc" || medium == "retargeting" || medium.starts_with("paid")
}

#[cfg(test)]
mod tests {
    use super::super::Channel;
    use super::super::rule::Facts;
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
            let by_rule = rules()[10].fires(&Facts::new(["", medium, "", ""], None));
            let told = (is_paid(medium), by_rule, pattern.is_match(medium));
            assert_eq!(told, (paid, paid, paid), "{medium}");
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
            let by_rule = rules()[13].fires(&Facts::new(["", "", campaign, ""], None));
            assert_eq!((by_rule, pattern.is_match(campaign)), (shop, shop), "{campaign}");
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
