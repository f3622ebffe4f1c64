//! What the route makes of a body, without the table: for the benchmark and the fuzzer.

use chrono::{DateTime, Utc};
use reckon_core::domain::event::{Event, Trust};
use reckon_core::domain::origin::derive;
use reckon_core::domain::site::Site;
use reckon_core::http::{Fault, Problem};

use crate::accept::{distinct, read_all};
use crate::document::Document;
use crate::event::{Read, Reader};
use crate::time::Window;

/// What a body would become.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    /// The events that would be stored, one per id and minute.
    pub events: Vec<Event>,
    /// How many more were replaced by one of the same id and minute.
    pub duplicates: usize,
    /// Why the others would be rejected.
    pub faults: Vec<Fault>,
}

/// Reads and validates a body as the route does; no visitor has a touch, and ids without a time happen now.
pub fn rehearse(body: &[u8], site: &Site, trust: Trust, now: DateTime<Utc>) -> Result<Rehearsed, Problem> {
    let reader = Reader { site, trust, now, window: Window::new(now, trust, None) };
    let (accepted, faults) = read_all(&reader, &Document::read(body)?.placed());
    let read = accepted.len();
    let derived = |Read { sent, user_agent, .. }: Read| {
        let derived = derive(&sent, user_agent.as_deref(), None, site);
        Event { sent, derived }
    };
    let events: Vec<Event> = distinct(accepted).into_iter().map(|(_, read)| derived(read)).collect();
    Ok(Rehearsed {
        duplicates: read - events.len(),
        events,
        faults: faults.into_iter().map(|(_, fault)| fault).collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reckon_core::domain::channel::Channel;
    use reckon_core::domain::decimal::Decimal;
    use reckon_core::domain::device::Device;
    use reckon_core::domain::event::{Kind, Prop};
    use reckon_core::domain::names::{Currency, Label, SiteId};
    use reckon_core::store::{pack, unpack};
    use serde_json::{Map, Value, json};

    use super::*;

    fn site() -> Site {
        Site {
            origins: vec!["https://shop.example".to_owned()],
            hash_key: "000102030405060708090a0b0c0d0e0f".to_owned(),
            ..Site::new(
                SiteId::parse("shop").unwrap(),
                chrono_tz::Europe::Berlin,
                Currency::parse("EUR").unwrap(),
            )
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-11-23T05:00:30Z".parse().unwrap()
    }

    /// An event as it is sent: every field by itself present or absent, each with any value that it may have.
    fn events() -> impl Strategy<Value = Map<String, Value>> {
        let label = || prop_oneof!["[a-z]{1,4}", "[^\\p{C}]{1,20}"].prop_map(Value::from);
        let whole = |most: u32| (1..=most).prop_map(Value::from);
        let some = |name: &'static str, values: BoxedStrategy<Value>| {
            prop::option::of(values)
                .prop_map(move |value| value.map(|value| (name.to_owned(), value)))
                .boxed()
        };
        let props = prop::collection::btree_map(
            "[^\\p{C}]{1,12}",
            prop_oneof![
                // What looks like an address is refused, and has a test of its own.
                label().prop_filter("an address", |text| !text.as_str().unwrap_or_default().contains('@')),
                any::<bool>().prop_map(Value::from),
                any::<i64>().prop_map(Value::from)
            ],
            0..4,
        );
        let words = |words: Vec<&'static str>| prop::sample::select(words).prop_map(Value::from).boxed();
        let address = "https://shop[.]example/[a-z%/]{0,9}([?]utm_source=[a-z%]{0,4}&gclid=[a-z]{0,3})?";
        let fields = vec![
            some("id", "[!-\"$-~]{1,128}".prop_map(Value::from).boxed()),
            some("name", label().boxed()),
            some("visitor", label().boxed()),
            some("customer", label().boxed()),
            some("order", label().boxed()),
            some("currency", Just(json!("EUR")).boxed()),
            some("count", whole(1_000_000_000).boxed()),
            some("version", whole(u32::MAX).boxed()),
            some("url", address.prop_map(Value::from).boxed()),
            some("referrer", ".{0,20}".prop_map(Value::from).boxed()),
            some("utm", label().prop_map(|text| json!({"campaign": text, "medium": "cpc"})).boxed()),
            some("channel", words(Channel::ALL.map(Channel::as_str).to_vec())),
            some("device", words(Device::ALL.map(Device::as_str).to_vec())),
            some("country", "[a-zA-Z]{2}".prop_map(Value::from).boxed()),
            some("partner", label().boxed()),
            some("void", any::<bool>().prop_map(Value::from).boxed()),
            some("props", props.prop_map(|props| json!(props)).boxed()),
        ];
        let kind = words(Kind::ALL.map(Kind::as_str).to_vec());
        let value = "[0-9]{1,9}([.][0-9]{1,6})?";
        // 1990 to a minute ago.
        let at = 631_152_000_000_i64..1_795_410_000_000;
        (fields, kind, value, at).prop_map(|(fields, kind, value, at)| {
            let mut event: Map<String, Value> = fields.into_iter().flatten().collect();
            let time = DateTime::from_timestamp_millis(at).unwrap().to_rfc3339();
            event.extend([("kind".to_owned(), kind), ("value".to_owned(), json!(value))]);
            event.insert("occurred_at".to_owned(), json!(time));
            // A refund of an order has to have an id.
            if event["kind"] == "refund" && !event.contains_key("id") {
                event.remove("order");
            }
            event
        })
    }

    proptest! {
        #[test]
        fn what_was_sent_is_what_is_stored_and_read_back(event in events()) {
            let body = Value::Object(event.clone()).to_string();
            let read = rehearse(body.as_bytes(), &site(), Trust::Secret, now()).unwrap();
            prop_assert!(read.faults.is_empty(), "{:?}", read.faults);
            let stored = unpack(&pack(&read.events)).unwrap();
            prop_assert_eq!(&stored, &read.events);
            let sent = &stored[0].sent;
            let text = |name: &str| event.get(name).and_then(Value::as_str);
            prop_assert!(text("id").is_none_or(|id| id == sent.id.as_str()));
            prop_assert_eq!(text("kind"), Some(sent.kind.as_str()));
            prop_assert_eq!(sent.value, Decimal::parse(text("value").unwrap()).ok());
            let at: DateTime<Utc> = text("occurred_at").unwrap().parse().unwrap();
            prop_assert_eq!(sent.at, at.timestamp_millis());
            for (name, label) in [("name", &sent.name), ("order", &sent.order), ("partner", &sent.partner)] {
                prop_assert_eq!(text(name), label.as_ref().map(Label::as_str));
            }
            prop_assert_eq!(text("channel"), sent.channel.map(Channel::as_str));
            prop_assert_eq!(text("device"), sent.device.map(Device::as_str));
            let country = sent.country.as_ref().map(|country| country.as_str().to_owned());
            prop_assert_eq!(text("country").map(str::to_uppercase), country);
            prop_assert_eq!(event.get("count").map_or(1, |count| count.as_u64().unwrap()), u64::from(sent.count));
            prop_assert_eq!(event.get("void").is_some_and(|void| void == true), sent.void);
            prop_assert_eq!(event.contains_key("visitor"), sent.visitor.is_some());
            let props = event.get("props").map(|props| props.as_object().unwrap().len());
            prop_assert_eq!(props.unwrap_or(0), sent.props.len());
            for (name, prop) in &sent.props {
                let shown = match prop {
                    Prop::Text(text) => json!(text),
                    Prop::Number(number) => serde_json::from_str(&number.text()).unwrap(),
                    Prop::Flag(flag) => json!(flag),
                };
                prop_assert_eq!(&event["props"][name], &shown);
            }
        }

        #[test]
        fn any_bytes_are_events_or_a_problem(body in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = rehearse(&body, &site(), Trust::Public, now());
        }
    }
}
