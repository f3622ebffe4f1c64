//! The rules of storing and uniting events. Each test fails when its rule is taken out of the code.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::{World, at, minute, sale};

const DAY: &str = "2026-11-23";

// Rule 1: the minute is stable.

#[tokio::test]
async fn a_retry_of_an_event_without_a_time_lands_in_the_minute_first_seen() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let event = json!({"id": "order-1", "kind": "sale", "value": 10});
    world.post(event.clone()).await;
    world.turn_to("2026-11-23T05:03:30Z");
    world.post(event).await;
    world.pump().await;
    assert_eq!(world.sales(DAY, DAY).await, 1);
}

#[tokio::test]
async fn an_id_that_carries_its_time_needs_no_claim() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let id = "019aaf4b-8d00-7000-8000-000000000001";
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&writes);
    world.spy.listen(move |operation, body| {
        if operation == "PutItem"
            && body["Item"]["pk"]["S"].as_str().unwrap_or_default().starts_with("claim#")
        {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    world.post(json!({"id": id, "kind": "view"})).await;
    world.post(json!({"id": "order-2", "kind": "view"})).await;
    assert_eq!(writes.load(Ordering::Relaxed), 1, "only the id without a time is claimed");
}

#[tokio::test]
async fn the_claim_of_a_page_gives_way_to_that_of_a_server() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post_from_page(json!({"id": "order-1", "kind": "lead"}), "Mozilla/5.0").await;
    world.turn_to("2026-11-23T05:05:30Z");
    world.post(json!({"id": "order-1", "kind": "lead"})).await;
    world.turn_to("2026-11-23T05:09:30Z");
    world.post(json!({"id": "order-1", "kind": "lead"})).await;
    let n = |time| world.store().count_segment(&world.site, minute(time), 0);
    assert_eq!(n("2026-11-23T05:05:00Z").await.unwrap(), 1, "the server's retry found the server's minute");
    assert_eq!(n("2026-11-23T05:09:00Z").await.unwrap(), 0);
}

// Rule 2: batches are content-addressed.

#[tokio::test]
async fn the_same_post_again_stores_nothing_and_keeps_the_first_receipt() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let events = json!([sale("a", "2026-11-23T05:00:01Z"), sale("b", "2026-11-23T05:00:02Z")]);
    let turned = json!([sale("b", "2026-11-23T05:00:02Z"), sale("a", "2026-11-23T05:00:01Z")]);
    world.post(events).await;
    world.turn_to("2026-11-23T05:01:30Z");
    world.post(turned).await;
    let segment = world.store().segment(&world.site, minute("2026-11-23T05:00:00Z"), 0).await.unwrap();
    assert_eq!(segment.n, 2, "the order of the events does not make another batch");
    let received = at("2026-11-23T05:00:30Z").timestamp_millis();
    assert!(segment.versions.iter().all(|version| version.received.at == received));
}

#[tokio::test]
async fn a_post_over_several_minutes_is_stored_in_each() {
    let world = World::new("2026-11-23T05:10:30Z").await;
    let times = ["05:00:01", "05:00:59", "05:01:00", "05:07:00"];
    let events: Vec<Value> = times.iter().map(|time| sale(time, &format!("2026-11-23T{time}Z"))).collect();
    world.post(json!(events)).await;
    for (time, n) in [("05:00", 2), ("05:01", 1), ("05:07", 1)] {
        let minute = minute(&format!("2026-11-23T{time}:00Z"));
        assert_eq!(world.store().count_segment(&world.site, minute, 0).await.unwrap(), n, "{time}");
    }
}

// Rule 3: union by event id.

#[tokio::test]
async fn an_event_is_counted_once_in_whatever_company_it_comes() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let (a, b) = (sale("a", "2026-11-23T05:00:01Z"), sale("b", "2026-11-23T05:00:02Z"));
    world.post(json!([a, b])).await;
    world.post(json!([a])).await;
    world.post(json!([b, sale("c", "2026-11-23T05:00:03Z")])).await;
    world.pump().await;
    let metrics = world.metrics(DAY, DAY).await;
    assert_eq!((&metrics["sales"], &metrics["revenue"]), (&json!(3), &json!(30)));
}

/// A sale of `value` under the id `a`, and what else is said of it.
fn version(value: u32, more: Value) -> Value {
    let mut event = sale("a", "2026-11-23T05:00:01Z");
    event["value"] = json!(value);
    for (name, given) in more.as_object().into_iter().flatten() {
        event[name] = given.clone();
    }
    event
}

#[tokio::test]
async fn sending_an_event_again_amends_it_and_an_old_retry_does_not_undo_that() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let revenue = async || {
        world.pump().await;
        world.metrics(DAY, DAY).await["revenue"].clone()
    };
    world.post(version(10, json!({}))).await;
    world.turn_to("2026-11-23T05:00:40Z");
    world.post(version(20, json!({}))).await;
    assert_eq!(revenue().await, 20);
    // The first version comes again, in other company, so in a batch of its own and later than the amendment.
    world.turn_to("2026-11-23T05:00:50Z");
    world.post(json!([version(10, json!({})), sale("z", "2026-11-23T05:00:05Z")])).await;
    assert_eq!(revenue().await, 30, "20 of the amendment, 10 of the other sale");
    // The sender's own number goes before the time.
    world.post(version(40, json!({"version": 2}))).await;
    world.turn_to("2026-11-23T05:00:55Z");
    world.post(version(30, json!({"version": 1}))).await;
    assert_eq!(revenue().await, 50);
    world.post(version(40, json!({"void": true}))).await;
    assert_eq!(revenue().await, 10);
    // A void absorbs whatever comes after it.
    world.turn_to("2026-11-23T05:00:59Z");
    world.post(version(60, json!({"version": 9}))).await;
    assert_eq!(revenue().await, 10);
}

#[tokio::test]
async fn a_page_cannot_amend_what_a_server_said() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post(json!({"id": "a", "kind": "sale", "value": 10, "occurred_at": "2026-11-23T05:00:01Z"})).await;
    world.turn_to("2026-11-23T05:00:40Z");
    let forged = json!({"id": "a", "kind": "sale", "value": 99, "occurred_at": "2026-11-23T05:00:01Z"});
    assert_eq!(world.post_from_page(forged, "Mozilla/5.0").await.status, 202);
    world.pump().await;
    assert_eq!(world.metrics(DAY, DAY).await["revenue"], 10);
}
