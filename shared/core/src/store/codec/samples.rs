//! Events for the tests: the benchmark's, arbitrary ones, and those of the fixture.

use std::collections::BTreeMap;

use chrono::DateTime;
use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::channel::{Channel, ClickId};
use crate::domain::decimal::Decimal;
use crate::domain::device::Device;
use crate::domain::event::{Derived, Event, Kind, Page, PersonHash, Prop, Sent, Utm};
use crate::domain::names::{Country, EventId, Label};
use crate::domain::origin::Origin;

/// An event of this id, kind and time with nothing else known.
pub(super) fn plain(id: &str, kind: Kind, at: i64) -> Event {
    let sent = Sent { at, ..Sent::new(EventId::parse(id).unwrap(), kind, DateTime::default()) };
    let derived = Derived {
        origin: Origin::direct(),
        landing_page: String::new(),
        device: Device::Other,
        robot: false,
        visit: false,
    };
    Event { sent, derived }
}

pub(super) fn label(text: &str) -> Option<Label> {
    Some(Label::parse(text).unwrap())
}

/// Numbers that look random and are always the same (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides
    }
}

const SOURCES: [(&str, &str, Channel); 5] = [
    ("google", "cpc", Channel::PaidSearch),
    ("facebook", "paid_social", Channel::PaidSocial),
    ("newsletter", "email", Channel::Email),
    ("instagram", "social", Channel::OrganicSocial),
    ("partner.example", "referral", Channel::Referral),
];
const CAMPAIGNS: [&str; 20] = [
    "spring_sale", "summer-2026", "brand", "brand_exact", "retarget-cart", "newsletter-07", "newsletter-08", "launch",
    "black_friday", "welcome-series", "lookalike-de", "lookalike-fr", "winback", "shoes-generic", "shoes-brand",
    "jackets", "gift-guide", "student", "app-install", "referral-bonus",
];
const CONTENTS: [&str; 6] = ["hero-a", "hero-b", "video15", "carousel", "footer-link", "text-ad-2"];
const PAGES: [&str; 30] = [
    "/", "/shoes", "/shoes/trail-runner", "/shoes/city-walker", "/shoes/kids", "/jackets", "/jackets/rain",
    "/jackets/down", "/shirts", "/shirts/linen", "/sale", "/sale/last-chance", "/cart", "/checkout", "/thanks",
    "/account", "/account/orders", "/blog", "/blog/how-to-choose", "/blog/size-guide", "/about", "/stores",
    "/stores/berlin", "/stores/hamburg", "/gift-cards", "/search", "/brands", "/brands/alpina", "/help", "/help/returns",
];

/// The benchmark's events: those of one minute, each visitor in `per_visitor` of them on average.
pub(super) fn benchmark(count: u64, per_visitor: u64, seed: u64) -> Vec<Event> {
    let mut dice = Dice(seed);
    let minute = 1_785_000_000_000 - 1_785_000_000_000 % 60_000;
    let visitors: Vec<u64> = (0..count.div_ceil(per_visitor)).map(|_| dice.roll()).collect();
    let event = |i: u64| {
        let at = minute + i64::try_from(dice.below(60_000)).unwrap();
        let made = at.cast_unsigned() - dice.below(2) * dice.below(8);
        let random = (u128::from(dice.roll()) << 64) | u128::from(dice.roll());
        let bits = (u128::from(made) << 80) | (random >> 48 & !(0xf << 76) & !(3 << 62)) | (7 << 76) | (2 << 62);
        let kind = [Kind::View, Kind::View, Kind::View, Kind::Click, Kind::View][usize::try_from(dice.below(5)).unwrap()];
        let mut event = plain(&Uuid::from_u128(bits).to_string(), kind, at);
        if i % 50 == 7 {
            event.sent.kind = Kind::Sale;
            event.sent.value = Some(Decimal::from_millionths(i128::from(500 + dice.below(30_000)) * 10_000));
        }
        let visitor = if per_visitor == 1 { i } else { dice.below(count.div_ceil(per_visitor)) };
        event.sent.visitor = visitors.get(usize::try_from(visitor).unwrap()).copied().map(PersonHash);
        let campaign = usize::try_from(dice.below(20)).unwrap();
        let (source, medium, channel) = SOURCES[campaign % 5];
        let (name, content) = (CAMPAIGNS[campaign], CONTENTS[campaign % 6]);
        event.sent.utm = Utm {
            source: label(source),
            medium: label(medium),
            campaign: label(name),
            content: label(content),
            term: None,
        };
        let page = format!("shop.example{}", PAGES[usize::try_from(dice.below(30)).unwrap()]);
        event.sent.page = Some(Page(page.clone()));
        event.derived = Derived {
            origin: Origin {
                channel,
                rule: u8::try_from(3 + campaign % 5).unwrap(),
                source: source.to_owned(),
                medium: medium.to_owned(),
                campaign: name.to_owned(),
                content: content.to_owned(),
                ..Origin::direct()
            },
            landing_page: page,
            device: [Device::Mobile, Device::Mobile, Device::Desktop][usize::try_from(dice.below(3)).unwrap()],
            robot: false,
            visit: event.sent.kind == Kind::View,
        };
        event
    };
    (0..count).map(event).collect()
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("google".to_owned()),
        Just("shop.example/thanks".to_owned()),
        "[a-c]{1,2}",
        "\\PC{0,12}",
        ".{0,6}",
    ]
}

fn labels() -> impl Strategy<Value = Option<Label>> {
    prop::option::of(texts().prop_filter_map("labels", |text| Label::parse(&text).ok()))
}

fn ids() -> impl Strategy<Value = EventId> {
    let bits = prop_oneof![any::<u128>(), any::<u128>().prop_map(|bits| bits & !(0xf << 76) & !(3 << 62) | (7 << 76) | (2 << 62))];
    let texts = prop_oneof![
        bits.clone().prop_map(|bits| Uuid::from_u128(bits).hyphenated().to_string()),
        bits.clone().prop_map(|bits| Uuid::from_u128(bits).simple().to_string()),
        bits.prop_map(|bits| Uuid::from_u128(bits).hyphenated().to_string().to_uppercase()),
        any::<u128>().prop_map(|bits| ulid::Ulid(bits).to_string()),
        "[0-9A-HJKMNP-TV-Z]{26}",
        "[0-9A-Za-z_-]{22}",
        "[0-9A-Za-z_-]{21}[AQgw]",
        "[!\"$-~]{1,128}",
        "[ab]",
    ];
    texts.prop_map(|text| EventId::parse(&text).unwrap())
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop::sample::select(Kind::ALL.to_vec())
}

fn channels() -> impl Strategy<Value = Channel> {
    prop::sample::select(vec![Channel::Direct, Channel::Email, Channel::PaidSearch, Channel::Unassigned])
}

fn devices() -> impl Strategy<Value = Device> {
    prop::sample::select(vec![Device::Desktop, Device::Mobile, Device::Other])
}

fn decimals() -> impl Strategy<Value = Decimal> {
    prop_oneof![any::<i128>(), (-9_999_i128..9_999).prop_map(|cents| cents * 10_000)].prop_map(Decimal::from_millionths)
}

fn people() -> impl Strategy<Value = Option<PersonHash>> {
    prop::option::of(prop_oneof![any::<u64>(), 0_u64..4].prop_map(PersonHash))
}

fn utms() -> impl Strategy<Value = Utm> {
    (labels(), labels(), labels(), labels(), labels()).prop_map(|(source, medium, campaign, content, term)| Utm {
        source,
        medium,
        campaign,
        content,
        term,
    })
}

fn origins() -> impl Strategy<Value = Origin> {
    let texts = (texts(), texts(), texts(), texts(), texts(), texts());
    (channels(), any::<u8>(), any::<u8>(), any::<bool>(), texts).prop_map(
        |(channel, rule, rules_version, inherited, (source, medium, campaign, content, term, referrer))| Origin {
            channel,
            rule,
            rules_version,
            inherited,
            source,
            medium,
            campaign,
            content,
            term,
            referrer,
        },
    )
}

fn props() -> impl Strategy<Value = BTreeMap<String, Prop>> {
    let values = prop_oneof![
        texts().prop_map(Prop::Text),
        decimals().prop_map(Prop::Number),
        any::<bool>().prop_map(Prop::Flag),
    ];
    prop_oneof![3 => Just(BTreeMap::new()), 1 => prop::collection::btree_map(texts(), values, 0..4)]
}

/// Any event that can exist.
pub(super) fn events() -> impl Strategy<Value = Event> {
    let times = prop_oneof![any::<i64>(), 1_785_000_000_000_i64..1_785_000_060_000];
    let counts = prop_oneof![any::<u32>(), Just(1)];
    let pages = || prop::option::of(texts().prop_map(Page));
    let clicks = prop::option::of((prop::sample::select(vec![ClickId::Gclid, ClickId::Fbclid]), texts()));
    let countries = prop::option::of("[A-Z]{2}".prop_map(|text| Country::parse(&text).unwrap()));
    let first = (ids(), kinds(), times, labels(), people(), people(), labels());
    let second = (prop::option::of(decimals()), counts, pages(), pages(), utms(), clicks);
    let third = (prop::option::of(channels()), countries, prop::option::of(devices()), props(), any::<bool>(), any::<u32>());
    let fourth = (labels(), labels(), labels(), labels());
    let derived = (origins(), texts(), devices(), any::<bool>(), any::<bool>(), any::<bool>());
    (first, second, third, fourth, derived).prop_map(|(first, second, third, fourth, derived)| {
        let (id, kind, at, name, visitor, customer, order) = first;
        let (value, count, page, referrer, utm, click_id) = second;
        let (channel, country, device, props, void, version) = third;
        let (partner, offer, experiment, variant) = fourth;
        let (mut origin, landing_page, derived_device, robot, visit, as_sent) = derived;
        if as_sent {
            let text = |label: &Option<Label>| label.as_ref().map_or("", Label::as_str).to_owned();
            origin.source = text(&utm.source);
            origin.campaign = text(&utm.campaign);
            origin.referrer = referrer.as_ref().map_or("", Page::host).to_owned();
        }
        let sent = Sent {
            id, kind, at, name, visitor, customer, order, value, count, page, referrer, utm, click_id, channel, country,
            device, partner, offer, experiment, variant, props, void, version,
        };
        Event { sent, derived: Derived { origin, landing_page, device: derived_device, robot, visit } }
    })
}
