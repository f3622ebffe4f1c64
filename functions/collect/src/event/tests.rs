//! What an event may hold, field by field.

use super::*;
use chrono::TimeZone;
use reckon_core::domain::names::SiteId;

fn site() -> Site {
    Site {
        hash_key: "000102030405060708090a0b0c0d0e0f".to_owned(),
        ..Site::new(SiteId::parse("shop").unwrap(), chrono_tz::UTC, Currency::parse("EUR").unwrap())
    }
}

fn read(json: &str, trust: Trust) -> Result<Read, Fault> {
    let now = Utc.with_ymd_and_hms(2026, 11, 23, 5, 0, 0).unwrap();
    let site = site();
    let reader = Reader { site: &site, trust, now, window: Window::new(now, trust, None) };
    reader.read(serde_json::from_str(json).unwrap(), "/0".to_owned())
}

#[test]
fn every_wrong_field_is_named_with_what_would_be_right() {
    for (json, pointer, code) in [
        ("7", "/0", "not_an_object"),
        ("{}", "/0/kind", "missing_kind"),
        (r#"{"kind": "sail"}"#, "/0/kind", "unknown_kind"),
        (r#"{"kind": 7}"#, "/0/kind", "not_a_text"),
        (r#"{"kind": "sale"}"#, "/0/value", "missing_value"),
        (r#"{"kind": "sale", "value": -1}"#, "/0/value", "negative_value"),
        (r#"{"kind": "sale", "value": "1e3"}"#, "/0/value", "invalid_number"),
        (r#"{"kind": "sale", "value": 1.0000001}"#, "/0/value", "invalid_number"),
        (r#"{"kind": "sale", "value": 1000000001}"#, "/0/value", "value_too_large"),
        (r#"{"kind": "sale", "value": 1, "currency": "USD"}"#, "/0/currency", "currency_mismatch"),
        (r#"{"kind": "sale", "vlaue": 1}"#, "/0/vlaue", "unknown_field"),
        (r#"{"kind": "view", "kind": "click"}"#, "/0/kind", "repeated_field"),
        (r#"{"kind": "view", "utm": {"source": "a", "source": "b"}}"#, "/0/utm/source", "repeated_field"),
        (r#"{"kind": "view", "props": {"a": 1, "a": null}}"#, "/0/props/a", "repeated_field"),
        (r#"{"events": [], "events": []}"#, "/0/events", "repeated_field"),
        (r#"{"kind": "view", "id": "a b"}"#, "/0/id", "invalid_text"),
        (r#"{"kind": "view", "id": "a#b"}"#, "/0/id", "invalid_text"),
        (r#"{"kind": "view", "occurred_at": "yesterday"}"#, "/0/occurred_at", "invalid_time"),
        (r#"{"kind": "view", "occurred_at": "2026-11-23T05:00:00"}"#, "/0/occurred_at", "invalid_time"),
        (r#"{"kind": "view", "occurred_at": "2026-11-24T05:00:00Z"}"#, "/0/occurred_at", "time_out_of_range"),
        (r#"{"kind": "view", "count": 0}"#, "/0/count", "invalid_number"),
        (r#"{"kind": "view", "count": 1.5}"#, "/0/count", "invalid_number"),
        (r#"{"kind": "view", "url": "shop"}"#, "/0/url", "invalid_url"),
        (r#"{"kind": "view", "utm": {"sauce": "x"}}"#, "/0/utm/sauce", "unknown_field"),
        (r#"{"kind": "view", "channel": "fax"}"#, "/0/channel", "unknown_channel"),
        (r#"{"kind": "view", "country": "Germany"}"#, "/0/country", "invalid_text"),
        (r#"{"kind": "view", "device": "toaster"}"#, "/0/device", "unknown_device"),
        (r#"{"kind": "view", "void": 1}"#, "/0/void", "not_a_flag"),
        (r#"{"kind": "view", "props": {"a": {}}}"#, "/0/props/a", "nested"),
        (r#"{"kind": "view", "props": {"a/b": "ann@mail.example"}}"#, "/0/props/a~1b", "personal_data"),
    ] {
        let fault = read(json, Trust::Secret).unwrap_err();
        assert_eq!((fault.pointer.as_str(), fault.code), (pointer, code), "{json}");
    }
}

#[test]
fn a_page_may_not_say_what_only_a_server_knows() {
    for (json, pointer) in [
        (r#"{"kind": "spend", "value": 1}"#, "/0/kind"),
        (r#"{"kind": "refund", "value": 1}"#, "/0/kind"),
        (r#"{"kind": "view", "void": true}"#, "/0/void"),
        (r#"{"kind": "view", "channel": "email"}"#, "/0/channel"),
        (r#"{"kind": "view", "count": 2}"#, "/0/count"),
        (r#"{"kind": "view", "user_agent": "x"}"#, "/0/user_agent"),
    ] {
        let fault = read(json, Trust::Public).unwrap_err();
        assert_eq!((fault.pointer.as_str(), fault.code), (pointer, "needs_write_key"), "{json}");
        assert!(read(json, Trust::Secret).is_ok(), "{json}");
    }
}

#[test]
fn the_time_comes_from_the_sender_then_from_the_id_then_from_a_claim() {
    let uuid = "019aaf40-5f60-7000-8000-000000000001"; // 2026-11-23 before 05:00? see the assertion
    let in_id = time_in_id(uuid).unwrap();
    for (json, at, timing) in [
        (
            r#"{"kind": "view", "id": "a", "occurred_at": "2026-11-23T04:00:00Z"}"#.to_owned(),
            "2026-11-23T04:00:00Z",
            Timing::Said,
        ),
        (r#"{"kind": "view", "id": "a"}"#.to_owned(), "2026-11-23T05:00:00Z", Timing::ToClaim),
        (r#"{"kind": "view"}"#.to_owned(), "2026-11-23T05:00:00Z", Timing::Received),
    ] {
        let read = read(&json, Trust::Secret).unwrap();
        let expected: DateTime<Utc> = at.parse().unwrap();
        assert_eq!((read.sent.at, read.timing), (expected.timestamp_millis(), timing), "{json}");
    }
    let read = read(&format!(r#"{{"kind": "view", "id": "{uuid}"}}"#), Trust::Secret).unwrap();
    assert_eq!((read.sent.at, read.timing), (in_id.timestamp_millis(), Timing::Said));
}

#[test]
fn people_are_stored_as_keyed_hashes() {
    let hash = |json| read(json, Trust::Secret).unwrap().sent;
    let one = hash(r#"{"kind": "view", "visitor": "v-81", "customer": "v-81"}"#);
    let two = hash(r#"{"kind": "click", "visitor": "v-81"}"#);
    assert_eq!(one.visitor, two.visitor);
    assert_ne!(one.visitor, one.customer, "the two are different people as far as we know");
}

#[test]
fn given_utm_goes_before_that_of_the_url() {
    let json = r#"{"kind": "view", "url": "https://a.example/?utm_source=url&utm_medium=cpc", "utm": {"source": "said"}}"#;
    let utm = read(json, Trust::Secret).unwrap().sent.utm;
    assert_eq!((utm.source.unwrap().as_str(), utm.medium.unwrap().as_str()), ("said", "cpc"));
}
