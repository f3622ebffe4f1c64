//! Tables of links and the channels that they fall into.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

mod ga4;
mod own;

/// Without rules of a site's own.
fn classify(signals: &Signals<'_>) -> Option<Classified> {
    super::classify(signals, &OwnRules::default())
}

fn signals<'a>(utm: [&'a str; 3], click_id: Option<ClickId>, referrer_host: Option<&'a str>) -> Signals<'a> {
    let [source, medium, campaign] = utm;
    Signals { source, medium, campaign, click_id, referrer_host }
}

/// Links with their source, medium and campaign, and the channel and rule that they fall under.
const UTM: &[(&str, &str, &str, &str, u8)] = &[
    ("(direct)", "(none)", "", "direct", 1),
    ("(direct)", "", "", "direct", 1),
    ("(direct)", "email", "", "email", 19),
    ("google", "cpc", "Sales-Cross-Network-2024", "cross_network", 2),
    ("facebook", "retargeting", "", "retargeting", 3),
    ("criteo", "Remarketing", "", "retargeting", 3),
    ("google", "cpc-retargeting", "", "retargeting", 3),
    ("instagram", "influencer", "", "influencer", 4),
    ("youtube", "paid-influencer", "", "influencer", 4),
    ("tiktok", "creator", "", "influencer", 4),
    ("taboola", "cpc", "autumn-shop", "native", 5),
    ("Outbrain", "referral", "", "native", 5),
    ("publisher.example", "native", "", "native", 5),
    ("amazon", "cpc", "", "paid_shopping", 6),
    ("google", "cpc", "eu_shopping_shoes", "paid_shopping", 6),
    ("google", "cpc", "workshop", "paid_search", 7),
    ("google", "cpc", "", "paid_search", 7),
    ("GOOGLE", "CPC", "", "paid_search", 7),
    ("bing", "ppc", "brand", "paid_search", 7),
    ("google", "cpm", "", "paid_search", 7),
    ("duckduckgo.com", "paid_search", "", "paid_search", 7),
    ("facebook", "paid_social", "", "paid_social", 8),
    ("ig", "cpc", "", "paid_social", 8),
    ("linkedin.com", "cpm", "", "paid_social", 8),
    ("x", "cpc", "", "paid_social", 8),
    ("youtube", "cpv", "", "paid_video", 9),
    ("youtube", "cpc", "", "paid_video", 9),
    ("youtube.com", "paid-video", "", "paid_video", 9),
    ("newsportal", "banner", "", "display", 10),
    ("newsportal", "cpm", "", "display", 10),
    ("gdn", "display", "", "display", 10),
    ("newsportal", "cpc", "", "paid_other", 11),
    ("chatgpt.com", "cpc", "", "paid_other", 11),
    ("podcast", "paid-audio", "", "paid_other", 11),
    ("chatgpt.com", "", "", "ai_assistant", 12),
    ("perplexity", "referral", "", "ai_assistant", 12),
    ("gemini.google.com", "organic", "", "ai_assistant", 12),
    ("some-model", "ai-assistant", "", "ai_assistant", 12),
    ("partner", "content", "", "content", 13),
    ("magazine.example", "sponsored-content", "", "content", 13),
    ("linkedin", "blog", "", "content", 13),
    ("ebay", "organic", "", "organic_shopping", 14),
    ("newsletter", "email", "summer-shop", "organic_shopping", 14),
    ("etsy.com", "", "", "organic_shopping", 14),
    ("facebook", "", "", "organic_social", 15),
    ("facebook", "email", "", "organic_social", 15),
    ("m.facebook.com", "link", "", "organic_social", 15),
    ("unknown", "social-media", "", "organic_social", 15),
    ("threads.net", "", "", "organic_social", 15),
    ("youtube", "organic", "", "organic_video", 16),
    ("vimeo.com", "", "", "organic_video", 16),
    ("partner", "video-embed", "", "organic_video", 16),
    ("google", "", "", "organic_search", 17),
    ("www.google.co.uk", "", "", "organic_search", 17),
    ("google.evil.example", "", "", "unassigned", 24),
    ("mystery", "organic", "", "organic_search", 17),
    ("partner.example", "referral", "", "referral", 18),
    ("our-app", "app", "", "referral", 18),
    ("newsletter", "email", "", "email", 19),
    ("E-Mail", "", "", "email", 19),
    ("crm", "e mail", "", "email", 19),
    ("awin", "affiliate", "", "affiliate", 20),
    ("awin", "affiliates", "", "affiliate", 20),
    ("spotify", "audio", "", "audio", 21),
    ("sms", "", "", "sms", 22),
    ("twilio", "sms", "", "sms", 22),
    ("app", "web-push", "", "push", 23),
    ("app", "mobile_notification", "", "push", 23),
    ("firebase", "", "", "push", 23),
    ("newsletter", "", "", "unassigned", 24),
    ("", "carrier-pigeon", "", "unassigned", 24),
    ("", "", "spring", "unassigned", 24),
    ("", "", "spring shop", "organic_shopping", 14),
];

#[test]
fn utm_decides_by_the_first_rule_that_fires() {
    for (source, medium, campaign, channel, rule) in UTM {
        let found = classify(&signals([source, medium, campaign], None, None)).unwrap();
        let link = format!("{source} / {medium} / {campaign}");
        assert_eq!((found.channel.as_str(), found.rule), (*channel, *rule), "{link}");
        assert_eq!((found.source.as_str(), found.medium.as_str()), (*source, *medium), "{link}");
    }
}

/// For each rule, links that nearly fall under it, and the rule that they do fall under.
const NEAR: &[(u8, &str, &str, &str, u8)] = &[
    (1, "direct", "(none)", "", 24),
    (1, "(direct)", "none", "", 24),
    (1, "(direct) ", "(none)x", "", 24),
    (2, "google", "cpc", "cross_network", 7),
    (2, "cross-network", "cross-network", "", 24),
    (3, "facebook", "re-targeting", "", 15),
    (3, "retargeting", "cpc", "", 11),
    (4, "instagram", "creators-club", "", 15),
    (4, "influencer", "", "", 24),
    (5, "publisher.example", "nativead", "", 24),
    (5, "native", "", "", 24),
    (6, "amazon", "organic", "", 14),
    (6, "google", "cpc", "bishop", 7),
    (6, "news", "banner", "shop", 10),
    (7, "google", "organic", "", 17),
    (7, "google", "unpaid", "", 17),
    (7, "googler", "cpc", "", 11),
    (8, "facebook", "cost", "", 15),
    (8, "facebooks", "cpc", "", 11),
    (9, "youtube", "unpaid", "", 16),
    (9, "vimeos", "cpv", "", 11),
    (10, "newsportal", "banners", "", 24),
    (10, "newsportal", "displays", "", 24),
    (10, "google", "cpm", "", 7),
    (11, "newsportal", "unpaid", "", 24),
    (11, "newsportal", "prepaid", "", 24),
    (11, "newsportal", "ppc2", "", 24),
    (11, "cpc", "", "", 24),
    (12, "some-model", "ais", "", 24),
    (12, "chatgpt.com.evil.example", "", "", 24),
    (13, "partner", "contents", "", 24),
    (13, "content", "", "", 24),
    (14, "newsletter", "email", "workshop", 19),
    (14, "newsletter", "email", "bishop", 19),
    (14, "shop", "", "", 24),
    (15, "unknown", "socials", "", 24),
    (15, "facebook.evil.example", "", "", 24),
    (16, "video", "", "", 24),
    (16, "partner", "vide", "", 24),
    (17, "mystery", "organics", "", 24),
    (17, "organic", "", "", 24),
    (18, "partner.example", "referrals", "", 24),
    (18, "our-app", "apps", "", 24),
    (18, "link", "", "", 24),
    (19, "newsletter", "mail", "", 24),
    (19, "newsletter", "emails", "", 24),
    (19, "email@shop.example", "", "", 24),
    (20, "awin", "affiliation", "", 24),
    (20, "affiliate", "", "", 24),
    (21, "spotify", "audios", "", 24),
    (21, "audio", "", "", 24),
    (22, "sms1", "", "", 24),
    (22, "twilio", "mms", "", 24),
    (23, "app", "pushed", "", 24),
    (23, "push", "", "", 24),
    (23, "firebase2", "", "", 24),
    (24, "newsletter", "sms", "", 22),
];

#[test]
fn what_nearly_falls_under_a_rule_falls_under_another() {
    for (rule, source, medium, campaign, instead) in NEAR {
        let found = classify(&signals([source, medium, campaign], None, None)).unwrap();
        assert_eq!(found.rule, *instead, "{source} / {medium} / {campaign}, nearly {rule}");
        assert_ne!(rule, instead);
    }
    let near: BTreeSet<u8> = NEAR.iter().map(|line| line.0).collect();
    assert_eq!(near, rules().iter().map(|rule| rule.number).collect(), "each rule has its near misses");
}

#[test]
fn the_published_lines_are_read_whole_and_written_the_same() {
    let published = include_str!("../../../data/channel_rules.tsv");
    assert_eq!(published.lines().count(), rules().len());
    for (line, rule) in published.lines().zip(rules()) {
        assert_eq!(Rule::parse(line).as_ref(), Some(rule), "{line}");
        assert_eq!(rule.line(), line);
        for when in &rule.when {
            for condition in when {
                assert_eq!(condition.text, condition.text.to_ascii_lowercase(), "{line}");
            }
        }
    }
    for broken in [
        "",
        "1",
        "1\tdirect",
        "1\tnowhere\tName",
        "256\tdirect\tName",
        "1\tdirect\tName\tmedium",
        "1\tdirect\tN\tx is y",
    ] {
        assert_eq!(Rule::parse(broken), None, "{broken}");
    }
}

#[test]
fn a_rule_is_told_in_words() {
    let said = |number: u8| rules().iter().find(|rule| rule.number == number).unwrap().sentence();
    assert_eq!(said(2), "campaign contains \"cross-network\"");
    assert_eq!(
        said(7),
        "medium is \"ppc\" or \"retargeting\" or contains \"cp\" or begins with \"paid\", and source kind is \"search\""
    );
    assert_eq!(said(22), "source is \"sms\"; or medium is \"sms\"");
    assert_eq!(said(24), "no other rule fires");
}

#[test]
fn every_rule_and_every_channel_stands_in_the_table() {
    let fired: BTreeSet<u8> = UTM.iter().map(|line| line.4).collect();
    assert_eq!(fired, rules().iter().map(|rule| rule.number).collect());
    let reached: BTreeSet<&str> = UTM.iter().map(|line| line.3).collect();
    assert_eq!(reached, Channel::ALL.iter().map(|channel| channel.as_str()).collect());
}

#[test]
fn click_ids_and_referrers_speak_where_utm_is_silent() {
    use ClickId::{Fbclid, Gbraid, Gclid, LiFatId, Msclkid, Ttclid, Twclid, Wbraid};
    type Case<'a> = ([&'a str; 2], Option<ClickId>, Option<&'a str>, &'a str, &'a str, &'a str);
    let cases: &[Case<'_>] = &[
        (["", ""], Some(Gclid), None, "paid_search", "google", "cpc"),
        (["", ""], Some(Gbraid), None, "paid_search", "google", "cpc"),
        (["", ""], Some(Wbraid), Some("www.google.com"), "paid_search", "google", "cpc"),
        (["", ""], Some(Msclkid), Some("www.bing.com"), "paid_search", "bing", "cpc"),
        (["", ""], Some(Ttclid), None, "paid_social", "tiktok", "cpc"),
        (["", ""], Some(LiFatId), None, "paid_social", "linkedin", "cpc"),
        (["", ""], Some(Twclid), Some("t.co"), "paid_social", "twitter", "cpc"),
        // Facebook marks unpaid links too; only a paid medium makes it an ad.
        (["", ""], Some(Fbclid), None, "organic_social", "facebook", "social"),
        (["", ""], Some(Fbclid), Some("l.instagram.com"), "organic_social", "instagram", "social"),
        (["", ""], Some(Fbclid), Some("partner.example"), "organic_social", "facebook", "social"),
        (["", "cpc"], Some(Fbclid), None, "paid_social", "facebook", "cpc"),
        (["", "Paid"], Some(Fbclid), Some("l.instagram.com"), "paid_social", "instagram", "Paid"),
        (["newsletter", ""], Some(Fbclid), Some("l.facebook.com"), "unassigned", "newsletter", ""),
        // What the sender wrote stands above a click id that a copied link dragged along.
        (["newsletter", "email"], Some(Gclid), None, "email", "newsletter", "email"),
        (["", "email"], Some(Gclid), Some("www.google.com"), "email", "", "email"),
        (["google", "organic"], Some(Gclid), None, "organic_search", "google", "organic"),
        (["google", ""], Some(Gclid), None, "paid_search", "google", "cpc"),
        (["partner", ""], Some(Gclid), None, "paid_other", "partner", "cpc"),
        (["", "cpc"], None, Some("www.google.de"), "paid_search", "google", "cpc"),
        (["", "cpc"], None, None, "paid_other", "", "cpc"),
        (["", ""], Some(Gclid), Some("l.facebook.com"), "paid_search", "google", "cpc"),
        (["", ""], None, Some("www.google.co.uk"), "organic_search", "google", "organic"),
        (["", ""], None, Some("WWW.Google.COM"), "organic_search", "google", "organic"),
        (["", ""], None, Some("www.ecosia.org"), "organic_search", "ecosia.org", "organic"),
        (["", ""], None, Some("m.facebook.com"), "organic_social", "facebook", "social"),
        (["", ""], None, Some("old.reddit.com"), "organic_social", "reddit", "social"),
        (["", ""], None, Some("t.co"), "organic_social", "t.co", "social"),
        (["", ""], None, Some("www.youtube.com"), "organic_video", "youtube", "referral"),
        (["", ""], None, Some("www.amazon.de"), "organic_shopping", "amazon", "referral"),
        (["", ""], None, Some("chatgpt.com"), "ai_assistant", "chatgpt", "ai-assistant"),
        (["", ""], None, Some("www.perplexity.ai"), "ai_assistant", "perplexity", "ai-assistant"),
        (["", ""], None, Some("gemini.google.com"), "ai_assistant", "gemini.google.com", "ai-assistant"),
        (
            ["", ""],
            None,
            Some("copilot.microsoft.com"),
            "ai_assistant",
            "copilot.microsoft.com",
            "ai-assistant",
        ),
        (["", ""], None, Some("trc.taboola.com"), "native", "trc.taboola.com", "referral"),
        (["", ""], None, Some("news.google.com"), "referral", "news.google.com", "referral"),
        (["", ""], None, Some("mail.google.com"), "referral", "mail.google.com", "referral"),
        (["", ""], None, Some("google.evil.example"), "referral", "google.evil.example", "referral"),
        (["", ""], None, Some("www.partner.example"), "referral", "partner.example", "referral"),
        (["", ""], None, Some("com.google.android.gm"), "referral", "com.google.android.gm", "referral"),
        (["", ""], None, Some("192.0.2.7"), "referral", "192.0.2.7", "referral"),
        (["", ""], None, Some("[2001:db8::1]"), "referral", "[2001:db8::1]", "referral"),
        // A UTM source that stands alone is not mixed with the referrer's medium.
        (["newsletter", ""], None, Some("www.google.com"), "unassigned", "newsletter", ""),
    ];
    for (utm, click_id, referrer, channel, source, medium) in cases {
        let found = classify(&signals([utm[0], utm[1], ""], *click_id, *referrer)).unwrap();
        let link = format!("{utm:?} {click_id:?} {referrer:?}");
        assert_eq!(found.channel.as_str(), *channel, "{link}");
        assert_eq!((found.source.as_str(), found.medium.as_str()), (*source, *medium), "{link}");
    }
}

#[test]
fn a_campaign_alone_is_judged_with_what_the_referrer_tells() {
    let found = classify(&signals(["", "", "spring"], None, Some("www.google.com"))).unwrap();
    assert_eq!((found.channel, found.source.as_str()), (Channel::OrganicSearch, "google"));
}

#[test]
fn no_signals_are_no_origin() {
    assert_eq!(classify(&Signals::default()), None);
    assert_eq!(classify(&signals([" ", "\t", "\n"], None, Some("  "))), None);
}

#[test]
fn hostile_texts_are_judged_like_others() {
    let huge = "shop.".repeat(200_000);
    let odd = [
        "",
        ".",
        "..",
        "www.",
        "*.",
        "google.*",
        "ß",
        "\u{212a}elvin",
        "İ",
        "\0",
        "🛒.shop",
        "a,b\"c",
        &huge,
    ];
    for text in odd {
        for utm in [[text, "", ""], ["", text, ""], ["", "", text], [text, text, text]] {
            for referrer in [None, Some(text)] {
                if let Some(found) = classify(&signals(utm, None, referrer)) {
                    assert!(
                        rules().iter().any(|rule| (rule.number, rule.channel) == (found.rule, found.channel))
                    );
                }
            }
        }
    }
    assert_eq!(classify(&signals(["google.*", "cpc", ""], None, None)).unwrap().channel, Channel::PaidOther);
}

#[test]
fn names_are_read_back_and_are_the_wire_names() {
    for channel in Channel::ALL {
        assert_eq!(Channel::parse(channel.as_str()), Some(channel));
        assert_eq!(serde_json::to_value(channel).unwrap(), channel.as_str());
    }
    for click_id in ClickId::ALL {
        assert_eq!(ClickId::parse(click_id.as_str()), Some(click_id));
        assert_eq!(serde_json::to_value(click_id).unwrap(), click_id.as_str());
    }
    assert_eq!((Channel::parse("Email"), ClickId::parse("dclid")), (None, None));
}

fn texts() -> impl Strategy<Value = String> {
    let known =
        ["", "google", "Facebook", "youtube.com", "cpc", "email", "paid", "organic", "shop", "(direct)", "."];
    prop_oneof![proptest::sample::select(known.to_vec()).prop_map(str::to_owned), ".*", "[a-z.*-]{0,24}"]
}

proptest! {
    #[test]
    fn whatever_is_sent_falls_under_a_published_rule(
        source in texts(),
        medium in texts(),
        campaign in texts(),
        click_id in proptest::option::of(proptest::sample::select(&ClickId::ALL[..])),
        referrer in proptest::option::of(texts()),
    ) {
        let given = signals([&source, &medium, &campaign], click_id, referrer.as_deref());
        match classify(&given) {
            Some(found) => {
                let rule = rules().iter().find(|rule| rule.number == found.rule);
                prop_assert_eq!(rule.map(|rule| rule.channel), Some(found.channel));
                // What was judged can be judged again: a stored source and medium explain the channel.
                let again = Signals { source: &found.source, medium: &found.medium, campaign: &campaign, ..given };
                let again = classify(&Signals { click_id: None, referrer_host: None, ..again });
                prop_assert!(again.is_none_or(|again| again.rule == found.rule));
            }
            None => prop_assert!(click_id.is_none() && source.trim().is_empty() && medium.trim().is_empty()),
        }
    }
}
