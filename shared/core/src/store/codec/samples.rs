//! Events for the tests: those of the benchmark, and those of the fixture.

use std::collections::BTreeMap;

use chrono::DateTime;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::domain::decimal::Decimal;
use crate::domain::device::Device;
use crate::domain::event::{Derived, Event, Kind, Page, PersonHash, Prop, Sent, Utm};
use crate::domain::names::{Country, EventId, Label};
use crate::domain::origin::Origin;

/// The member of a closed set that has this name on the wire.
pub(super) fn named<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_value(name.into()).unwrap()
}

/// An event of this id, kind and time with nothing else known.
pub(super) fn plain(id: &str, kind: Kind, at: i64) -> Event {
    let sent = Sent { at, ..Sent::new(EventId::parse(id).unwrap(), kind, DateTime::default()) };
    let derived = Derived {
        origin: Origin::direct(),
        landing_page: String::new(),
        device: Device::Other,
        robot: false,
        visit: false,
        path: None,
    };
    Event { sent, derived }
}

pub(super) fn label(text: &str) -> Option<Label> {
    Label::parse(text).ok()
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

const SOURCES: [(&str, &str, &str); 5] = [
    ("google", "cpc", "paid_search"),
    ("facebook", "paid_social", "paid_social"),
    ("newsletter", "email", "email"),
    ("instagram", "social", "organic_social"),
    ("partner.example", "referral", "referral"),
];
const CAMPAIGNS: [&str; 20] = [
    "spring_sale",
    "summer-2026",
    "brand",
    "brand_exact",
    "retarget-cart",
    "newsletter-07",
    "newsletter-08",
    "launch",
    "black_friday",
    "welcome-series",
    "lookalike-de",
    "lookalike-fr",
    "winback",
    "shoes-generic",
    "shoes-brand",
    "jackets",
    "gift-guide",
    "student",
    "app-install",
    "referral-bonus",
];
const CONTENTS: [&str; 6] = ["hero-a", "hero-b", "video15", "carousel", "footer-link", "text-ad-2"];
const PAGES: [&str; 30] = [
    "/",
    "/shoes",
    "/shoes/trail-runner",
    "/shoes/city-walker",
    "/shoes/kids",
    "/jackets",
    "/jackets/rain",
    "/jackets/down",
    "/shirts",
    "/shirts/linen",
    "/sale",
    "/sale/last-chance",
    "/cart",
    "/checkout",
    "/thanks",
    "/account",
    "/account/orders",
    "/blog",
    "/blog/how-to-choose",
    "/blog/size-guide",
    "/about",
    "/stores",
    "/stores/berlin",
    "/stores/hamburg",
    "/gift-cards",
    "/search",
    "/brands",
    "/brands/alpina",
    "/help",
    "/help/returns",
];

/// The benchmark's events: those of one minute, each visitor in `per_visitor` of them on average.
pub(super) fn benchmark(count: u64, per_visitor: u64, seed: u64) -> Vec<Event> {
    let mut dice = Dice(seed);
    let minute = 1_785_000_000_000;
    let visitors: Vec<u64> = (0..count.div_ceil(per_visitor)).map(|_| dice.roll()).collect();
    let mut event = |i: u64| {
        let at = minute + i64::try_from(dice.below(60_000)).unwrap();
        let made = at.cast_unsigned() - dice.below(2) * dice.below(8);
        let random = (u128::from(dice.roll()) << 64) | u128::from(dice.roll());
        let bits =
            (u128::from(made) << 80) | (random >> 48 & !(0xf << 76) & !(3 << 62)) | (7 << 76) | (2 << 62);
        let kind = [Kind::View, Kind::View, Kind::View, Kind::Click, Kind::View]
            [usize::try_from(dice.below(5)).unwrap()];
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
                channel: named(channel),
                rule: u8::try_from(3 + campaign % 5).unwrap(),
                source: source.to_owned(),
                medium: medium.to_owned(),
                campaign: name.to_owned(),
                content: content.to_owned(),
                ..Origin::direct()
            },
            landing_page: page,
            device: named(["mobile", "mobile", "desktop"][usize::try_from(dice.below(3)).unwrap()]),
            robot: false,
            visit: event.sent.kind == Kind::View,
            path: None,
        };
        event
    };
    (0..count).map(&mut event).collect()
}

const CHANNELS: [&str; 24] = [
    "direct",
    "organic_search",
    "paid_search",
    "organic_social",
    "paid_social",
    "organic_video",
    "paid_video",
    "organic_shopping",
    "paid_shopping",
    "display",
    "retargeting",
    "native",
    "affiliate",
    "influencer",
    "content",
    "email",
    "sms",
    "push",
    "audio",
    "ai_assistant",
    "referral",
    "cross_network",
    "paid_other",
    "unassigned",
];
const CLICK_IDS: [&str; 8] =
    ["gclid", "gbraid", "wbraid", "msclkid", "fbclid", "ttclid", "li_fat_id", "twclid"];
const DEVICES: [&str; 7] = ["desktop", "mobile", "tablet", "tv", "console", "wearable", "other"];

/// The events of the fixture: every kind, channel, click parameter and device, every shape of an id, and
/// every field now filled and now empty.
pub(super) fn fixture() -> Vec<Event> {
    let ids: [fn(u128) -> String; 6] = [
        |bits| Uuid::from_u128(bits & !(0xf << 76) & !(3 << 62) | (7 << 76) | (2 << 62)).to_string(),
        |bits| ulid::Ulid(bits).to_string(),
        |bits| Uuid::from_u128(bits).to_string(),
        |bits| Uuid::from_u128(bits).simple().to_string(),
        |bits| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bits.to_be_bytes()),
        |bits| format!("order-{}", bits % 1000),
    ];
    let mut dice = Dice(1);
    let event = |i: usize| {
        let number = u64::try_from(i).unwrap();
        let at = 1_785_000_000_000 + i64::try_from(number * 731).unwrap();
        let bits =
            (u128::from(at.cast_unsigned()) << 80) | (u128::from(dice.roll()) << 16) | u128::from(number);
        let mut event = plain(&ids[i % 6](bits), Kind::ALL[i % 10], at);
        let every = |nth: usize, text: &str| {
            if i.is_multiple_of(nth) { label(&format!("{text} {}", i % 4)) } else { None }
        };
        let Event { sent, derived } = &mut event;
        sent.name = every(3, "form");
        sent.visitor = (i % 4 != 1).then_some(PersonHash(0x0123_4567_89ab_cdef ^ (number / 3)));
        sent.customer = (i.is_multiple_of(5)).then_some(PersonHash(number / 20));
        sent.order = every(7, "A-10");
        sent.value = (i % 6 == 1).then(|| Decimal::from_millionths(i128::from(number) * 10_000 - 90_000));
        sent.count = if i.is_multiple_of(9) { u32::try_from(i).unwrap() } else { 1 };
        sent.page = (!i.is_multiple_of(8)).then(|| Page(format!("shop.example/{}", CONTENTS[i % 6])));
        sent.referrer = (i % 3 == 1).then(|| Page(format!("{}.example/", ["news", "blog"][i % 2])));
        sent.utm = Utm {
            source: every(2, "source"),
            medium: every(2, "medium"),
            campaign: every(2, "Frühling ☀"),
            content: every(4, "content"),
            term: every(10, "running shoes"),
        };
        sent.click_id =
            (i % 3 == 2).then(|| (named(CLICK_IDS[i / 3 % 8]), format!("Cj0K{:x}", bits % 0xffff)));
        sent.channel = (i % 5 == 2).then(|| named(CHANNELS[i % 24]));
        sent.country = (i % 4 == 3).then(|| Country::parse(["DE", "FR"][i % 2]).unwrap());
        sent.device = (i.is_multiple_of(4)).then(|| named(DEVICES[i % 7]));
        sent.partner = every(11, "partner");
        sent.offer = every(22, "offer");
        sent.experiment = every(13, "experiment");
        sent.variant = every(26, "variant");
        if i.is_multiple_of(12) {
            sent.props = BTreeMap::from([
                ("plan".to_owned(), Prop::Text(format!("plan {i}"))),
                ("score".to_owned(), Prop::Number(Decimal::from_millionths(i128::from(number) * 125_000))),
                ("new".to_owned(), Prop::Flag(i.is_multiple_of(24))),
            ]);
        }
        sent.void = i == 17;
        sent.version = u32::from(i == 18) * 4;
        let text = |label: &Option<Label>| label.as_ref().map_or("", Label::as_str).to_owned();
        derived.origin = Origin {
            channel: named(CHANNELS[i % 24]),
            rule: u8::try_from(i % 24).unwrap(),
            rules_version: 1,
            inherited: i % 10 == 9,
            source: text(&sent.utm.source),
            medium: if i % 10 == 9 { "email".to_owned() } else { text(&sent.utm.medium) },
            campaign: text(&sent.utm.campaign),
            content: text(&sent.utm.content),
            term: text(&sent.utm.term),
            referrer: sent
                .referrer
                .as_ref()
                .filter(|_| i.is_multiple_of(2))
                .map_or("", Page::host)
                .to_owned(),
            partner: text(&sent.partner),
            offer: text(&sent.offer),
        };
        derived.landing_page =
            if i.is_multiple_of(3) { String::new() } else { "shop.example/hero-a".to_owned() };
        derived.device = named(DEVICES[i * 5 % 7]);
        derived.robot = i == 40;
        derived.visit = i % 10 == 1;
        event
    };
    (0..120).map(event).collect()
}
