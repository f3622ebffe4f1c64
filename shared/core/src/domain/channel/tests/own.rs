//! A site's own rules: what each operator takes, their order, and that nothing else moves.

use proptest::prelude::*;

use super::super::rule::Condition;
use super::super::{Field, OWN_FROM, Operator, OwnRules, Rule, classify, classify_without_click};
use super::{Channel, ClickId, RULES_VERSION, Signals, signals, texts};

fn condition(field: Field, operator: Operator, text: &str) -> Condition {
    Condition { field, operator, text: text.to_owned() }
}

fn list(rules: Vec<(Channel, Vec<Vec<Condition>>)>) -> OwnRules {
    let rule = |((channel, when), number)| Rule { number, channel, name: String::new(), when };
    OwnRules { version: 7, saved_at: None, rules: rules.into_iter().zip(OWN_FROM..).map(rule).collect() }
}

#[test]
fn each_operator_takes_what_it_says() {
    use Operator::{BeginsWith, Contains, EndsWith, Is, WordBeginsWith};
    for (operator, text, takes, leaves) in [
        (Is, "awin", vec!["awin", "AWIN", " awin "], vec!["awin2", "my awin"]),
        (Is, "", vec![""], vec!["x"]),
        (Contains, "win", vec!["awin", "WINDOW"], vec!["wi n", ""]),
        (BeginsWith, "aw", vec!["awin", "Aw"], vec!["pawn", ""]),
        (EndsWith, "in", vec!["awin", "IN"], vec!["inn", ""]),
        (
            WordBeginsWith,
            "shop",
            vec!["shop", "my-shop", "9shop", "workshop shop", "ëshop"],
            vec!["workshop", "eshop"],
        ),
    ] {
        let own = list(vec![(Channel::Affiliate, vec![vec![condition(Field::Source, operator, text)]])]);
        for (sources, fires) in [(&takes, true), (&leaves, false)] {
            for source in sources {
                let found = classify(&signals([source, "carrier-pigeon", ""], None, None), &own).unwrap();
                assert_eq!(found.rule == OWN_FROM, fires, "{operator:?} {text:?} of {source:?}");
                let version = if fires { own.version } else { RULES_VERSION };
                assert_eq!(found.version, version);
            }
        }
    }
}

#[test]
fn each_field_is_looked_at() {
    use Field::{Campaign, ClickId as Click, Medium, ReferrerHost, Source, SourceKind};
    let host = Some("www.Partner.example");
    for (field, text, utm, click, referrer) in [
        (Source, "awin", ["Awin", "x", ""], None, None),
        (Source, "google", ["", "", ""], Some(ClickId::Gclid), None),
        (Source, "partner.example", ["", "", ""], None, host),
        (Medium, "cpc", ["", "", ""], Some(ClickId::Msclkid), None),
        (Campaign, "spring", ["", "", "Spring"], None, None),
        (ReferrerHost, "partner.example", ["a", "b", ""], None, host),
        (ReferrerHost, "", ["a", "b", ""], None, None),
        (Click, "gclid", ["a", "b", ""], Some(ClickId::Gclid), None),
        (SourceKind, "search", ["bing.com", "b", ""], None, None),
        (SourceKind, "", ["nobody", "b", ""], None, None),
    ] {
        let own = list(vec![(Channel::Audio, vec![vec![condition(field, Operator::Is, text)]])]);
        let found = classify(&signals(utm, click, referrer), &own).unwrap();
        assert_eq!((found.channel, found.rule), (Channel::Audio, OWN_FROM), "{field:?} {text:?}");
        let other = list(vec![(Channel::Audio, vec![vec![condition(field, Operator::Is, "else")]])]);
        assert!(classify(&signals(utm, click, referrer), &other).unwrap().rule < OWN_FROM, "{field:?}");
    }
}

#[test]
fn all_fields_have_to_hold_and_one_text_of_each_and_one_alternative() {
    let is = |field, text| condition(field, Operator::Is, text);
    let own = list(vec![(
        Channel::Affiliate,
        vec![
            vec![is(Field::Source, "awin"), is(Field::Source, "cj"), is(Field::Medium, "cpc")],
            vec![is(Field::Campaign, "partners")],
        ],
    )]);
    for (utm, fires) in [
        (["awin", "cpc", ""], true),
        (["cj", "cpc", ""], true),
        (["cj", "email", ""], false),
        (["ebay", "cpc", ""], false),
        (["ebay", "email", "partners"], true),
    ] {
        assert_eq!(classify(&signals(utm, None, None), &own).unwrap().rule == OWN_FROM, fires, "{utm:?}");
    }
}

#[test]
fn the_first_rule_that_fires_decides() {
    let source = |text| vec![vec![condition(Field::Source, Operator::Contains, text)]];
    let own = list(vec![
        (Channel::Email, source("crm")),
        (Channel::Sms, source("c")),
        (Channel::Push, source("crm")),
    ]);
    let found = |text| {
        let found = classify(&signals([text, "cpc", ""], None, None), &own).unwrap();
        (found.channel, found.rule, found.version)
    };
    assert_eq!(found("crm"), (Channel::Email, 101, 7));
    assert_eq!(found("cpm-network"), (Channel::Sms, 102, 7));
    assert_eq!(found("bing"), (Channel::PaidSearch, 7, RULES_VERSION));
    // Without signals no rule is asked.
    let all = list(vec![(Channel::Email, vec![vec![condition(Field::Medium, Operator::Is, "")]])]);
    assert_eq!(classify(&Signals::default(), &all), None);
}

#[test]
fn a_list_is_stored_and_read_back() {
    let hostile = ["", " ", "or", "a b  c", "\"", "ü", "is", "\u{2028}"];
    let conditions = hostile.map(|text| condition(Field::Campaign, Operator::Contains, text)).to_vec();
    let own = list(vec![
        (Channel::Email, vec![conditions.clone(), vec![condition(Field::SourceKind, Operator::Is, "")]]),
        (Channel::Direct, vec![conditions]),
    ]);
    let json = serde_json::to_string(&own).unwrap();
    assert_eq!(serde_json::from_str::<OwnRules>(&json).unwrap(), own);
    assert_eq!(serde_json::from_str::<OwnRules>(&json.replace("campaign", "champagne")).ok(), None);
    let none = OwnRules::default();
    assert_eq!(serde_json::from_str::<OwnRules>(&serde_json::to_string(&none).unwrap()).unwrap(), none);
}

#[test]
fn an_origin_without_its_click_is_judged_unless_the_click_decides() {
    let by_click = condition(Field::ClickId, Operator::Is, "gclid");
    let crm = condition(Field::Source, Operator::Is, "crm");
    let own = list(vec![
        (Channel::Sms, vec![vec![condition(Field::Source, Operator::Is, "sure"), by_click.clone()]]),
        (Channel::Email, vec![vec![crm]]),
    ]);
    assert_eq!(classify_without_click(["crm", "x", "", ""], &own), Some((Channel::Email, 102)));
    assert_eq!(classify_without_click(["google", "cpc", "", ""], &own), Some((Channel::PaidSearch, 7)));
    assert_eq!(classify_without_click(["sure", "cpc", "", ""], &own), None);
}

fn conditions() -> impl Strategy<Value = Condition> {
    let field = proptest::sample::select(&Field::ALL[..]);
    let operator = proptest::sample::select(&Operator::ALL[..]);
    let text = prop_oneof![
        proptest::sample::select(vec!["google", "cpc", "cp", "shop", "x", "search", "gclid", "."])
            .prop_map(str::to_owned),
        "[a-z]{1,3}",
    ];
    (field, operator, text).prop_map(|(field, operator, text)| Condition { field, operator, text })
}

fn lists() -> impl Strategy<Value = OwnRules> {
    let when = proptest::collection::vec(conditions(), 1..4);
    let rule = (proptest::sample::select(&Channel::ALL[..]), proptest::collection::vec(when, 1..3));
    proptest::collection::vec(rule, 0..6).prop_map(list)
}

proptest! {
    #[test]
    fn what_no_own_rule_takes_is_as_without_them(
        own in lists(),
        source in texts(),
        medium in texts(),
        campaign in texts(),
        click_id in proptest::option::of(proptest::sample::select(&ClickId::ALL[..])),
        referrer in proptest::option::of(texts()),
    ) {
        let given = signals([&source, &medium, &campaign], click_id, referrer.as_deref());
        let (with, without) = (classify(&given, &own), classify(&given, &OwnRules::default()));
        match (with, without) {
            (Some(with), Some(without)) if with.rule < OWN_FROM => prop_assert_eq!(with, without),
            (Some(with), Some(without)) => {
                let fired = own.rules.iter().find(|rule| rule.number == with.rule).unwrap();
                prop_assert_eq!(with.channel, fired.channel);
                // Only the channel and the rule differ: what was judged is the same.
                prop_assert_eq!((with.source, with.medium), (without.source, without.medium));
            }
            (with, without) => prop_assert_eq!(with, without),
        }
    }

    #[test]
    fn a_list_of_any_texts_is_read_back(own in lists()) {
        let json = serde_json::to_string(&own).unwrap();
        prop_assert_eq!(serde_json::from_str::<OwnRules>(&json).unwrap(), own);
    }
}
