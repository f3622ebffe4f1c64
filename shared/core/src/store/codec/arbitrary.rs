//! Arbitrary events for the tests: every value that a field can have.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::samples::named;
use crate::domain::channel::Channel;
use crate::domain::decimal::Decimal;
use crate::domain::device::Device;
use crate::domain::event::{Decision, Derived, Event, Kind, Page, PersonHash, Prop, Sent, Status, Utm};
use crate::domain::journey::{Contact, Path, Standing, Step};
use crate::domain::names::{Country, EventId, Label};
use crate::domain::origin::Origin;

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
    prop_oneof![Just(None), texts().prop_map(|text| Label::parse(&text).ok())]
}

fn ids() -> impl Strategy<Value = EventId> {
    let bits = prop_oneof![
        any::<u128>(),
        any::<u128>().prop_map(|bits| bits & !(0xf << 76) & !(3 << 62) | (7 << 76) | (2 << 62))
    ];
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
    prop::sample::select(vec!["direct", "email", "paid_search", "unassigned"]).prop_map(named)
}

fn devices() -> impl Strategy<Value = Device> {
    prop::sample::select(vec!["desktop", "mobile", "other"]).prop_map(named)
}

fn decimals() -> impl Strategy<Value = Decimal> {
    prop_oneof![any::<i128>(), (-9_999_i128..9_999).prop_map(|cents| cents * 10_000)]
        .prop_map(Decimal::from_millionths)
}

fn people() -> impl Strategy<Value = Option<PersonHash>> {
    prop::option::of(prop_oneof![any::<u64>(), 0_u64..4].prop_map(PersonHash))
}

fn utms() -> impl Strategy<Value = Utm> {
    (labels(), labels(), labels(), labels(), labels())
        .prop_map(|(source, medium, campaign, content, term)| Utm { source, medium, campaign, content, term })
}

fn origins() -> impl Strategy<Value = Origin> {
    let texts = (texts(), texts(), texts(), texts(), texts(), texts());
    (channels(), any::<u8>(), any::<u32>(), any::<bool>(), texts).prop_map(
        |(channel, rule, rules_version, inherited, (source, medium, campaign, content, term, referrer))| {
            Origin {
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
                partner: String::new(),
                offer: String::new(),
            }
        },
    )
}

fn steps() -> impl Strategy<Value = Step> {
    let contacts = prop::sample::select(vec![Contact::Click, Contact::Impression, Contact::Result]);
    let standings = prop::sample::select(vec![Standing::Eligible, Standing::ClickTooOld]);
    let texts = (texts(), texts(), texts(), texts(), texts(), texts());
    (any::<i64>(), contacts, standings, channels(), texts).prop_map(
        |(at, contact, standing, channel, (source, medium, campaign, partner, offer, referrer))| Step {
            at,
            contact,
            standing,
            channel,
            source,
            medium,
            campaign,
            partner,
            offer,
            referrer,
        },
    )
}

fn paths() -> impl Strategy<Value = Option<Path>> {
    let paths = (any::<i64>(), prop::collection::vec(steps(), 0..5), any::<u32>());
    prop_oneof![
        3 => Just(None),
        1 => paths.prop_map(|(at, steps, dropped)| Some(Path { at, steps, dropped })),
    ]
}

fn decisions() -> impl Strategy<Value = Option<Decision>> {
    let statuses = prop::sample::select(Status::ALL.to_vec());
    let decisions = (any::<i64>(), statuses, labels());
    prop_oneof![
        3 => Just(None),
        1 => decisions.prop_map(|(at, status, reason)| Some(Decision { at, status, reason })),
    ]
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
    let clicks = prop::option::of((prop::sample::select(vec!["gclid", "fbclid"]).prop_map(named), texts()));
    let countries = prop::option::of("[A-Z]{2}".prop_map(|text| Country::parse(&text).unwrap()));
    let first = (ids(), kinds(), times, labels(), people(), people(), labels());
    let second = (prop::option::of(decimals()), counts, pages(), pages(), utms(), clicks);
    let third = (
        prop::option::of(channels()),
        countries,
        prop::option::of(devices()),
        props(),
        any::<bool>(),
        any::<u32>(),
    );
    let fourth = (labels(), labels(), labels(), labels());
    let derived = (origins(), texts(), devices(), any::<bool>(), any::<bool>(), any::<bool>());
    let results = (decisions(), paths(), prop::option::of((texts(), texts())));
    (first, second, third, fourth, derived, results).prop_map(
        |(first, second, third, fourth, derived, results)| {
            let (decision, path, came_with) = results;
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
            let text = |label: &Option<Label>| label.as_ref().map_or("", Label::as_str).to_owned();
            (origin.partner, origin.offer) = came_with.unwrap_or_else(|| (text(&partner), text(&offer)));
            let sent = Sent {
                id,
                kind,
                at,
                name,
                visitor,
                customer,
                order,
                value,
                count,
                page,
                referrer,
                utm,
                click_id,
                channel,
                country,
                device,
                partner,
                offer,
                experiment,
                variant,
                props,
                void,
                version,
                decision,
            };
            Event {
                sent,
                derived: Derived { origin, landing_page, device: derived_device, robot, visit, path },
            }
        },
    )
}
