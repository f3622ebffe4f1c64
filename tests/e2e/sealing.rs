//! The rules of sealing and of what comes late. Each test fails when its rule is taken out of the code.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{World, at, minute, sale};

const DAY: &str = "2026-11-23";

// Rule 6: raise the flag first.

#[tokio::test]
async fn an_event_that_is_stored_while_its_hour_is_being_closed_is_folded_by_aggregate() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let (site, now) = (world.site().await, at("2026-11-23T06:10:00Z"));
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.pump().await;
    let state = world.store().state(&site.id).await.unwrap().unwrap();
    let closing = seal::due(&site, &state, now).unwrap();
    seal::raise(world.store(), &site, closing).await.unwrap();
    seal::fold_closed(world.store(), &site, &state, closing, now).await.unwrap();
    // Collect's clock is behind, so it leaves no late marker; the hour is folded already.
    world.turn_to("2026-11-23T06:01:00Z");
    world.post(sale("b", "2026-11-23T05:59:01Z")).await;
    world.pump().await;
    seal::open_to(world.store(), &site, closing).await.unwrap();
    world.turn_to("2026-11-23T06:10:00Z");
    assert_eq!(world.sales(DAY, DAY).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_is_closed_while_its_hour_is_folded_is_folded_again() {
    let world = Arc::new(World::new("2026-11-23T05:00:30Z").await);
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.pump().await;
    world.turn_to("2026-11-23T23:50:00Z");
    world.seal().await;
    world.turn_to("2026-11-23T06:01:00Z");
    world.post(sale("b", "2026-11-23T05:30:00Z")).await;
    // Just before aggregate writes the hour, seal closes the day, of which it reads the hour as it was.
    let (other, done) = (Arc::clone(&world), AtomicUsize::new(0));
    let handle = tokio::runtime::Handle::current();
    world.spy.listen(move |operation, body| {
        let hour = body["Item"]["pk"]["S"].as_str().unwrap_or_default().starts_with("hour#");
        if operation == "PutItem" && hour && done.fetch_add(1, Ordering::SeqCst) == 0 {
            other.turn_to("2026-11-24T00:10:00Z");
            tokio::task::block_in_place(|| handle.block_on(close_day(&other)));
        }
    });
    world.pump().await;
    world.spy.stop();
    world.turn_to("2026-11-24T00:30:00Z");
    assert_eq!(world.sales(DAY, DAY).await, 2);
}

/// Closes what is due without comparing minutes, so that only the flag can save the day.
async fn close_day(world: &World) {
    let site = world.site().await;
    let state = world.store().state(&site.id).await.unwrap().unwrap();
    let now = world.system.app.clock.now();
    let closing = seal::due(&site, &state, now).unwrap();
    seal::raise(world.store(), &site, closing).await.unwrap();
    seal::fold_closed(world.store(), &site, &state, closing, now).await.unwrap();
    seal::open_to(world.store(), &site, closing).await.unwrap();
}

#[tokio::test]
async fn the_flag_and_the_seal_only_rise() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let (store, site) = (world.store(), &world.site);
    store.raise_sealing(site, minute("2026-11-23T08:00:00Z")).await.unwrap();
    store.raise_sealing(site, minute("2026-11-23T07:00:00Z")).await.unwrap();
    store.raise_sealed(site, minute("2026-11-23T08:00:00Z")).await.unwrap();
    store.raise_sealed(site, minute("2026-11-23T06:00:00Z")).await.unwrap();
    let state = store.state(site).await.unwrap().unwrap();
    assert_eq!(
        (state.sealing, state.sealed),
        (minute("2026-11-23T08:00:00Z"), minute("2026-11-23T08:00:00Z"))
    );
}

// Rule 7: readers trust only what is sealed.

#[tokio::test]
async fn an_hour_that_is_folded_but_not_sealed_is_not_read() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let site = world.site().await;
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.pump().await;
    // Seal was cut off after folding an hour that was not over.
    let state = world.store().state(&site.id).await.unwrap().unwrap();
    let hour = site.calendar().hour_of(minute("2026-11-23T05:00:00Z"));
    world.store().fold_hour(&site, hour, state.stamp()).await.unwrap();
    world.post(sale("b", "2026-11-23T05:00:02Z")).await;
    world.pump().await;
    assert_eq!(world.sales(DAY, DAY).await, 2);
}

// Rule 8: anything may run twice, in any order, or be lost.

#[tokio::test]
async fn a_lost_trigger_is_found_when_the_hour_is_closed() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.pump().await;
    world.post(sale("b", "2026-11-23T05:00:02Z")).await;
    world.post(sale("c", "2026-11-23T05:20:00Z")).await;
    // The stream is dead: no pump.
    assert_eq!(world.sales(DAY, DAY).await, 1);
    world.turn_to("2026-11-23T06:10:00Z");
    world.seal().await;
    assert_eq!(world.sales(DAY, DAY).await, 3);
}

#[tokio::test]
async fn a_late_event_is_found_by_its_marker_when_its_trigger_is_lost() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.turn_to("2026-11-24T09:30:00Z");
    world.seal().await;
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    assert_eq!(world.store().late(&world.site, 10).await.unwrap().len(), 1);
    let through = |answer: Value| answer["complete_through"].as_str().unwrap().to_owned();
    let path = "/v1/reports/summary?from=2026-11-23&to=2026-11-24";
    assert_eq!(through(world.get(path).await.json()), "2026-11-24T09:00:00Z");
    world.seal().await;
    assert_eq!(world.sales(DAY, DAY).await, 1);
    assert_eq!(world.store().late(&world.site, 10).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_marker_is_written_before_its_batch_and_swept_only_when_that_is_there() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.turn_to("2026-11-24T09:30:00Z");
    world.seal().await;
    let order: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&order);
    world.spy.listen(move |operation, body| {
        if operation == "PutItem" {
            let pk = body["Item"]["pk"]["S"].as_str().unwrap_or_default();
            heard.lock().unwrap().push(pk.split('#').next().unwrap_or_default().to_owned());
        }
    });
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.spy.stop();
    assert_eq!(*order.lock().unwrap(), ["late", "raw"]);
    // The batch of another POST is on its way: its marker stays, whatever else is settled.
    let lost = reckon_core::store::BatchName {
        minute: minute("2026-11-23T05:09:00Z"),
        lane: 0,
        hash: "x".to_owned(),
    };
    let marker = reckon_core::store::Late::new(at("2026-11-24T09:29:00Z"), vec![lost]);
    world.store().put_late(&world.site, &marker).await.unwrap();
    world.seal().await;
    let left = world.store().late(&world.site, 10).await.unwrap();
    assert_eq!(left, [marker]);
    let answer = world.get("/v1/reports/summary").await.json();
    assert_eq!(answer["complete_through"], "2026-11-24T09:00:00Z");
    // After an hour it was never stored, nor acknowledged.
    world.turn_to("2026-11-24T10:29:00Z");
    world.seal().await;
    assert_eq!(world.store().late(&world.site, 10).await.unwrap().len(), 0);
}

#[tokio::test]
async fn everything_may_run_twice() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post(json!([sale("a", "2026-11-23T05:00:01Z"), sale("b", "2026-11-20T05:00:02Z")])).await;
    let trigger = |sequence: &str| aggregate::Trigger {
        sequence: sequence.to_owned(),
        pk: "raw#shop#2026-11-23T05:00Z#0".to_owned(),
    };
    for _ in 0..3 {
        let failed =
            aggregate::aggregate(world.store(), &[trigger("1"), trigger("2")], world.now(), || false).await;
        assert_eq!(failed, Vec::<String>::new());
        world.pump().await;
        world.turn_to("2026-11-24T00:15:00Z");
        world.seal().await;
    }
    assert_eq!(world.sales("2026-11-20", DAY).await, 2);
}

#[tokio::test]
async fn records_that_time_does_not_suffice_for_are_asked_for_again() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    let trigger =
        aggregate::Trigger { sequence: "7".to_owned(), pk: "raw#shop#2026-11-23T05:00Z#0".to_owned() };
    assert_eq!(aggregate::aggregate(world.store(), &[trigger], world.now(), || true).await, ["7"]);
}

#[tokio::test]
async fn whether_an_hour_is_over_is_asked_of_the_local_hour() {
    // 05:33 UTC: the hour of Kolkata that ended at 05:30 is over for more than two minutes, that of UTC runs.
    for (zone, markers) in [("UTC", 0), ("Asia/Kolkata", 1)] {
        let world = World::with("2026-11-23T05:33:00Z", zone, |_| {}).await;
        world.post(sale("a", "2026-11-23T05:10:00Z")).await;
        assert_eq!(world.store().late(&world.site, 10).await.unwrap().len(), markers, "{zone}");
    }
}

#[tokio::test]
async fn an_import_leaves_one_marker_a_post_and_its_hours_to_seal() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let history: Vec<Value> =
        (0..24).map(|hour| sale(&format!("e{hour}"), &format!("2026-11-20T{hour:02}:30:00Z"))).collect();
    world.post(json!(history)).await;
    assert_eq!(world.store().late(&world.site, 10).await.unwrap().len(), 1);
    let hours = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hours);
    world.spy.listen(move |operation, body| {
        let total = body["Item"]["pk"]["S"].as_str().unwrap_or_default().starts_with("hour#shop#total");
        counted.fetch_add(usize::from(operation == "PutItem" && total), Ordering::Relaxed);
    });
    world.pump().await;
    assert_eq!(hours.load(Ordering::Relaxed), 0, "aggregate stops at the minutes");
    world.seal().await;
    assert_eq!(hours.load(Ordering::Relaxed), 24, "seal folds each hour once");
    assert_eq!(world.sales("2026-11-20", "2026-11-20").await, 24);
    // A few late events are folded at once.
    world.post(sale("late", "2026-11-20T07:31:00Z")).await;
    world.pump().await;
    assert_eq!(world.sales("2026-11-20", "2026-11-20").await, 25);
}

#[tokio::test]
async fn a_minute_is_split_over_items_as_its_views_grow() {
    // Texts that hardly compress: pseudo-random letters, six bits each.
    let noise = |number: usize, salt: &str| {
        let mut state = number as u64 * 1_000 + u64::from(salt.as_bytes()[0]);
        let mut letter = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
            char::from(alphabet[(state >> 58) as usize])
        };
        (0..128).map(|_| letter()).collect::<String>()
    };
    let event = |number: usize| {
        json!({"id": format!("e{number}"), "kind": "view", "occurred_at": "2026-11-23T05:00:01Z", "name": noise(number, "n"),
               "url": format!("https://shop.example/{}{}", noise(number, "u"), noise(number, "v")),
               "utm": {"source": noise(number, "s"), "medium": noise(number, "m"), "campaign": noise(number, "c"),
                       "content": noise(number, "o"), "term": noise(number, "t")}})
    };
    let world = World::new("2026-11-23T05:00:30Z").await;
    let items = async || {
        let table = world.store().client().query().table_name(world.store().table());
        let found = table
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(
                ":pk",
                aws_sdk_dynamodb::types::AttributeValue::S("min#shop#2026-11-23T05:00Z".to_owned()),
            )
            .send()
            .await
            .unwrap();
        found
            .items()
            .iter()
            .map(|item| item["sk"].as_s().unwrap().chars().next().unwrap())
            .collect::<String>()
    };
    for (from, to, layout) in [(0, 1, "a"), (1, 30, "ab"), (30, 1_000, "abcc")] {
        for chunk in (from..to).collect::<Vec<_>>().chunks(400) {
            world.post(json!(chunk.iter().map(|number| event(*number)).collect::<Vec<_>>())).await;
        }
        world.pump().await;
        // What a smaller minute left behind stays, and is not read.
        assert!(items().await.starts_with(layout), "{to}: {}", items().await);
        for by in ["channel", "campaign,term", "landing_page"] {
            let path = format!("/v1/reports/breakdown?by={by}&from=2026-11-23&to=2026-11-23&limit=1000");
            assert_eq!(world.get(&path).await.json()["total"]["metrics"]["views"], to, "{by}");
        }
    }
    world.turn_to("2026-11-24T00:15:00Z");
    world.seal().await;
    let path = "/v1/reports/breakdown?by=campaign,term&from=2026-11-23&to=2026-11-23";
    assert_eq!(world.get(path).await.json()["total"]["metrics"]["views"], 1_000);
}

#[tokio::test]
async fn two_posts_of_one_millisecond_leave_two_markers() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let event = |id: &str, minute: u32| sale(id, &format!("2026-11-20T05:{minute:02}:00Z"));
    world.post(json!([event("e1", 1), event("e2", 2)])).await;
    world.post(json!([event("e1", 1), event("e3", 3)])).await;
    assert_eq!(world.store().late(&world.site, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_site_made_at_the_turn_of_an_hour_begins_with_the_hour_before() {
    for (now, sealed) in
        [("2026-11-23T05:01:30Z", "2026-11-23T04:00:00Z"), ("2026-11-23T05:02:30Z", "2026-11-23T05:00:00Z")]
    {
        let world = World::new(now).await;
        let state = world.store().state(&world.site).await.unwrap().unwrap();
        assert_eq!(state.sealed, minute(sealed), "{now}");
    }
}
