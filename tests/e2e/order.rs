//! What has to happen before what, and what must not happen at all. Each test fails when its guard is left out.

use std::sync::{Arc, Mutex};

use aggregate::Trigger;
use axum::http::Method;
use reckon_core::domain::rollup::{Rollup, Stamp, View};
use reckon_core::domain::site::LaneChange;
use reckon_core::http::sha256_hex;
use reckon_core::store::Detail;
use serde_json::{Value, json};

use crate::support::{BROWSER, World, minute, sale};

const DAY: &str = "2026-11-23";

/// Every call from now on, as its operation and the kind of key that it is for: `PutItem min`.
fn listen(world: &World) -> Arc<Mutex<Vec<String>>> {
    let calls: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&calls);
    world.spy.listen(move |operation, body| heard.lock().unwrap().push(call(operation, body)));
    calls
}

fn call(operation: &str, body: &Value) -> String {
    let places =
        [&body["Item"]["pk"]["S"], &body["Key"]["pk"]["S"], &body["ExpressionAttributeValues"][":pk"]["S"]];
    let pk = places.into_iter().find_map(Value::as_str).unwrap_or_default();
    let mut parts = pk.split('#');
    let (kind, view) = (parts.next().unwrap_or_default(), parts.nth(1).unwrap_or_default());
    let view = if matches!(kind, "hour" | "day") && operation == "Query" {
        format!(" {view}")
    } else {
        String::new()
    };
    format!("{operation} {kind}{view}")
}

/// The places of a call among all calls.
fn places(calls: &[String], wanted: &str) -> Vec<usize> {
    calls.iter().enumerate().filter(|(_, call)| *call == wanted).map(|(place, _)| place).collect()
}

#[tokio::test]
async fn aggregate_reads_the_flag_after_the_minutes_and_again_after_the_hours() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.turn_to("2026-11-24T09:30:00Z");
    world.seal().await;
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    let calls = listen(&world);
    world.pump().await;
    let calls = calls.lock().unwrap().clone();
    let state = places(&calls, "GetItem site");
    let between = |first: &str, second: &str| {
        let (first, second) = (*places(&calls, first).last().unwrap(), places(&calls, second)[0]);
        assert!(state.iter().any(|read| (first..second).contains(read)), "{first} {second}: {calls:?}");
    };
    between("PutItem min", "PutItem hour");
    between("PutItem hour", "PutItem day");
}

#[tokio::test]
async fn the_total_of_an_hour_is_read_before_its_other_views() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.pump().await;
    let site = world.site().await;
    let stamp = world.store().state(&site.id).await.unwrap().unwrap().stamp();
    let hour = site.calendar().hour_of(minute("2026-11-23T05:00:00Z"));
    world.store().fold_hour(&site, hour, stamp).await.unwrap();
    let calls = listen(&world);
    world.store().fold_day(&site, DAY.parse().unwrap(), stamp, world.now()).await.unwrap();
    let calls = calls.lock().unwrap().clone();
    let total = places(&calls, "Query hour total");
    let first = places(&calls, "Query hour channel")[0];
    assert!(total.len() == 1 && total[0] < first, "{calls:?}");
}

#[tokio::test]
async fn the_oldest_marker_is_read_before_what_it_tells_of_and_bounds_the_promise() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.turn_to("2026-11-24T09:30:00Z");
    world.seal().await;
    world.turn_to("2026-11-24T08:30:00Z");
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.turn_to("2026-11-24T09:40:00Z");
    let calls = listen(&world);
    let answer = world.get("/v1/reports/summary?from=2026-11-23&to=2026-11-24").await.json();
    assert_eq!(answer["complete_through"], "2026-11-24T08:30:00Z");
    let calls = calls.lock().unwrap().clone();
    assert!(places(&calls, "Query late")[0] < places(&calls, "Query day total")[0], "{calls:?}");
}

#[tokio::test]
async fn nothing_is_acknowledged_that_could_not_be_stored() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.spy.refuse(|operation, body| call(operation, body) == "PutItem raw");
    let event = sale("a", "2026-11-23T05:00:01Z");
    let answer = world.call(Method::POST, "/v1/events", &world.write, Some(event.clone())).await;
    assert_eq!((answer.status, answer.headers.contains_key("retry-after")), (503, true));
    world.spy.stop();
    world.post(event).await;
    world.pump().await;
    assert_eq!(world.sales(DAY, DAY).await, 1);
}

#[tokio::test]
async fn records_that_could_not_be_counted_are_asked_for_again() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.spy.refuse(|operation, body| call(operation, body) == "Query raw");
    let trigger = Trigger { sequence: "7".to_owned(), pk: "raw#shop#2026-11-23T05:00Z#0".to_owned() };
    assert_eq!(aggregate::aggregate(world.store(), &[trigger], world.now(), || false).await, ["7"]);
    world.pump().await;
    world.spy.stop();
    world.pump().await;
    assert_eq!(world.sales(DAY, DAY).await, 1, "the stream did not deliver it again");
}

#[tokio::test]
async fn only_new_batches_wake_aggregate() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.system.pump().await.unwrap();
    world.post(json!([sale("a", "2026-11-23T05:00:01Z"), {"id": "b", "kind": "view", "visitor": "v"}])).await;
    assert_eq!(world.system.pump().await.unwrap().records, 1, "one minute, one batch");
    assert_eq!(world.system.pump().await.unwrap().records, 0, "its own rollups woke it");
}

#[tokio::test]
async fn the_same_events_in_another_order_are_the_same_batch() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let (a, b) = (sale("a", "2026-11-23T05:00:01Z"), sale("b", "2026-11-23T05:00:02Z"));
    world.post(json!([a, b])).await;
    world.post(json!([b, a])).await;
    let segment = world.store().segment(&world.site, minute("2026-11-23T05:00:00Z"), 0).await.unwrap();
    assert_eq!(segment.n, 2);
}

#[tokio::test]
async fn what_a_page_and_a_server_say_alike_is_kept_of_both() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let event = json!({"id": "a", "kind": "lead", "occurred_at": "2026-11-23T05:00:01Z", "name": "one"});
    assert_eq!(world.post_from_page(event.clone(), BROWSER).await.status, 202);
    world.post(event.clone()).await;
    // The server has said it now, so no page can change it any more.
    world.turn_to("2026-11-23T05:00:40Z");
    let mut other = event;
    other["name"] = json!("two");
    assert_eq!(world.post_from_page(other, BROWSER).await.status, 202);
    world.pump().await;
    let answer = world.get(&format!("/v1/reports/breakdown?from={DAY}&to={DAY}&by=name")).await.json();
    let names: Vec<_> = answer["rows"].as_array().unwrap().iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["one"]);
}

#[tokio::test]
async fn the_versions_of_an_event_meet_in_one_lane() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let mut site = world.site().await;
    site.lanes = vec![LaneChange { from: minute("2026-11-23T00:00:00Z"), lanes: 16 }];
    world.store().put_site(&site).await.unwrap();
    world.system.app.forget_keys();
    for value in 1..=8 {
        let event = |id: &str| json!({"id": id, "kind": "sale", "value": value, "occurred_at": "2026-11-23T05:00:01Z"});
        world.post(json!([event("a"), event("b")])).await;
    }
    world.pump().await;
    assert_eq!(world.sales(DAY, DAY).await, 2);
}

#[tokio::test]
async fn an_event_ahead_of_its_time_whose_trigger_is_lost_is_there_when_its_hour_is_promised() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.turn_to("2026-11-23T05:50:00Z");
    world.post(sale("a", "2026-11-23T06:20:00Z")).await;
    world.turn_to("2026-11-23T06:12:00Z");
    world.seal().await;
    let answer = world.get(&format!("/v1/reports/summary?from={DAY}&to={DAY}")).await.json();
    assert_eq!(answer["complete_through"], "2026-11-23T06:00:00Z");
    assert_eq!(answer["metrics"]["sales"], 1, "it was acknowledged before");
}

#[tokio::test]
async fn an_hour_is_closed_no_earlier_than_a_slow_request_may_end() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let sealed = async || world.store().state(&world.site).await.unwrap().unwrap().sealed;
    let before = sealed().await;
    world.turn_to("2026-11-23T06:09:59Z");
    world.seal().await;
    assert_eq!(sealed().await, before.max(minute("2026-11-23T05:00:00Z")));
    world.turn_to("2026-11-23T06:10:00Z");
    world.seal().await;
    assert_eq!(sealed().await, minute("2026-11-23T06:00:00Z"));
}

#[tokio::test]
async fn a_day_that_a_rebuild_overtook_catches_up_with_hours_that_it_never_saw() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let (store, site) = (world.store(), world.site().await);
    let hour = |time: &str| site.calendar().hour_of(minute(time));
    let day = DAY.parse().unwrap();
    world.post(sale("a", "2026-11-23T03:00:01Z")).await;
    let first = store.state(&site.id).await.unwrap().unwrap().stamp();
    store.next_generation(&site.id).await.unwrap();
    let second = store.state(&site.id).await.unwrap().unwrap().stamp();
    store.rebuild_hour(&site, hour("2026-11-23T03:00:00Z"), second).await.unwrap();
    store.fold_day(&site, day, second, world.now()).await.unwrap();
    // Whoever counts under the stamp of before meets a day that is ahead of it.
    world.post(sale("b", "2026-11-23T04:00:01Z")).await;
    store.recount_minute(&site, (minute("2026-11-23T04:00:00Z"), 0), first).await.unwrap();
    store.fold_hour(&site, hour("2026-11-23T04:00:00Z"), first).await.unwrap();
    store.fold_day(&site, day, first, world.now()).await.unwrap();
    let days = store.days(&site.id, View::TOTAL, (day, day)).await.unwrap();
    let Rollup { n, stamp, .. } = days[&day];
    assert_eq!((n, stamp), (2, second));
    assert!(first < second && first == Stamp { generation: 0, ..second });
}

/// Lets every write fail that begins a key with `pk` and `sk`, as if whoever writes were cut off before it.
fn cut_off(world: &World, pk: &'static str, sk: &'static str) {
    world.spy.refuse(move |operation, body| {
        let begins = |name: &str, start: &str| body["Item"][name]["S"].as_str().unwrap().starts_with(start);
        operation == "PutItem" && begins("pk", pk) && begins("sk", sk)
    });
}

#[tokio::test]
async fn a_minute_that_a_rebuild_left_half_written_is_recounted_whole() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let (store, site) = (world.store(), world.site().await);
    let (place, hour) =
        ((minute("2026-11-23T05:00:00Z"), 0), site.calendar().hour_of(minute("2026-11-23T05:00:00Z")));
    let campaigns = |from: u32, to: u32| -> Vec<Value> {
        let event = |number: u32| {
            let mut event = sale(&format!("e{number}"), "2026-11-23T05:00:01Z");
            // So long a name each that the views do not fit one item.
            let campaign = sha256_hex(number.to_string());
            event["utm"] = json!({"source": "s", "medium": "email", "campaign": campaign});
            event
        };
        (from..to).map(event).collect()
    };
    world.post(json!(campaigns(0, 200))).await;
    let first = store.state(&site.id).await.unwrap().unwrap().stamp();
    store.next_generation(&site.id).await.unwrap();
    let second = store.state(&site.id).await.unwrap().unwrap().stamp();
    // The large views lie in an item of their own, which is written before the one that refers to it.
    cut_off(&world, "min#", "a#");
    store.recount_minute(&site, place, second).await.unwrap_err();
    world.spy.stop();
    world.post(json!(campaigns(200, 201))).await;
    store.recount_minute(&site, place, first).await.unwrap();
    let whole = (hour.start(), site.calendar().end_of_hour(hour));
    let minutes = store.minutes(&site.id, hour, whole, Detail::All).await.unwrap();
    let counted: Vec<u64> = View::of_events().map(|view| minutes[&place].rows(view).total().sales).collect();
    assert_eq!(counted, vec![201; counted.len()]);
    assert_eq!((minutes[&place].n, minutes[&place].stamp), (201, second));
}

#[tokio::test]
async fn an_hour_and_a_day_that_a_rebuild_left_half_written_are_folded_whole() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let (store, site) = (world.store(), world.site().await);
    let hour = |time: &str| site.calendar().hour_of(minute(time));
    let (three, four, five) =
        (hour("2026-11-23T03:00:00Z"), hour("2026-11-23T04:00:00Z"), hour("2026-11-23T05:00:00Z"));
    let day = DAY.parse().unwrap();
    world.post(sale("a", "2026-11-23T03:00:01Z")).await;
    let first = store.state(&site.id).await.unwrap().unwrap().stamp();
    store.next_generation(&site.id).await.unwrap();
    let second = store.state(&site.id).await.unwrap().unwrap().stamp();
    cut_off(&world, "hour#shop#total", "");
    store.rebuild_hour(&site, three, second).await.unwrap_err();
    world.spy.stop();
    // Whoever counts under the stamp of before meets views that are ahead of it, and a total that is not.
    world.post(sale("b", "2026-11-23T03:01:01Z")).await;
    store.recount_minute(&site, (minute("2026-11-23T03:01:00Z"), 0), first).await.unwrap();
    store.fold_hour(&site, three, first).await.unwrap();
    for view in View::all() {
        let hours = store.hours(&site.id, view, (three, four)).await.unwrap();
        assert_eq!((hours[&three].n, hours[&three].stamp), (2, second), "{view:?}");
    }
    cut_off(&world, "day#shop#total", "");
    store.fold_day(&site, day, second, world.now()).await.unwrap_err();
    world.spy.stop();
    world.post(sale("c", "2026-11-23T04:00:01Z")).await;
    store.recount_minute(&site, (minute("2026-11-23T04:00:00Z"), 0), first).await.unwrap();
    store.fold_hour(&site, four, first).await.unwrap();
    store.fold_day(&site, day, first, world.now()).await.unwrap();
    for view in View::all() {
        let days = store.days(&site.id, view, (day, day)).await.unwrap();
        assert_eq!((days[&day].n, days[&day].stamp), (3, second), "{view:?}");
        assert!(store.hours(&site.id, view, (four, five)).await.unwrap().contains_key(&four), "{view:?}");
    }
}

#[tokio::test]
async fn two_sites_with_the_same_events_count_their_own() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let (_, key) = world.another_site("other").await;
    world.post(json!([sale("a", "2026-11-23T05:00:01Z"), sale("b", "2026-11-23T05:00:01Z")])).await;
    let other = sale("a", "2026-11-23T05:00:01Z");
    assert_eq!(world.call(Method::POST, "/v1/events", &key, Some(other)).await.status, 202);
    for time in ["2026-11-23T05:00:30Z", "2026-11-24T00:20:00Z"] {
        world.turn_to(time);
        world.pump().await;
        world.seal().await;
        let path = format!("/v1/reports/summary?from={DAY}&to={DAY}");
        let theirs = world.call(Method::GET, &path, &key, None).await.json();
        assert_eq!((world.sales(DAY, DAY).await, &theirs["metrics"]["sales"]), (2, &json!(1)), "{time}");
    }
}

#[tokio::test]
async fn a_page_may_not_say_what_only_servers_know() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    for event in [
        json!({"kind": "spend", "value": 1}),
        json!({"kind": "refund", "value": 1}),
        json!({"kind": "view", "channel": "email"}),
        json!({"kind": "view", "id": "a", "void": true}),
        json!({"kind": "view", "id": "a", "version": 2}),
        json!({"kind": "view", "user_agent": "curl/8"}),
    ] {
        let answer = world.post_from_page(event.clone(), BROWSER).await;
        assert_eq!(
            (answer.status, &answer.json()["errors"][0]["code"]),
            (422, &json!("needs_write_key")),
            "{event}"
        );
    }
    assert_eq!(world.post_from_page(json!({"kind": "view", "void": false}), BROWSER).await.status, 202);
}
