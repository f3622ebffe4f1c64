//! The rules that make recounting exact. Each test fails when its rule is taken out of the code.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reckon_core::domain::calendar::Minute;
use reckon_core::domain::rollup::{Rollup, Stamp};
use reckon_core::store::{Detail, Written};
use serde_json::{Value, json};

use crate::support::{World, at, sale};

const DAY: &str = "2026-11-23";

fn minute(text: &str) -> Minute {
    Minute::of(at(text))
}

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

// Rule 4: strong reads only.

#[tokio::test]
async fn whatever_is_recounted_from_is_read_strongly() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post(json!([sale("a", "2026-11-23T05:00:01Z"), sale("b", "2026-11-22T05:00:01Z")])).await;
    let reads: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let heard = Arc::clone(&reads);
    world.spy.listen(move |operation, body| {
        if matches!(operation, "GetItem" | "Query" | "BatchGetItem" | "Scan") {
            heard.lock().unwrap().push((operation.to_owned(), body.clone()));
        }
    });
    world.pump().await;
    world.turn_to("2026-11-24T00:15:00Z");
    world.seal().await;
    world.sales("2026-11-22", "2026-11-23").await;
    let reads = reads.lock().unwrap();
    assert!(reads.len() > 30, "{} reads", reads.len());
    for (operation, body) in reads.iter() {
        let strong = match operation.as_str() {
            "BatchGetItem" => {
                body["RequestItems"].as_object().unwrap().values().all(|t| t["ConsistentRead"] == true)
            }
            _ => body["ConsistentRead"] == true,
        };
        assert!(strong, "{operation} {body}");
    }
}

// Rule 5: the monotone guard.

#[tokio::test]
async fn a_recount_that_saw_less_never_overwrites_one_that_saw_more() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let site = world.site().await;
    let (place, calendar) = (minute("2026-11-23T05:00:00Z"), site.calendar());
    let stamp = |generation, fold| Stamp { generation, fold };
    let put = async |n, stamp| {
        let rollup = Rollup { stamp, n, ..Rollup::default() };
        let written = world.store().put_minute(&site.id, calendar, place, 0, &rollup).await.unwrap();
        let hour = calendar.hour_of(place);
        world.store().put_hour(&site.id, hour, &rollup).await.unwrap();
        let minutes =
            world.store().minutes(&site.id, hour, (place, place.plus(1)), Detail::Head).await.unwrap();
        (written == Written::Stored, minutes[&(place, 0)].n)
    };
    assert_eq!(put(5, stamp(1, 1)).await, (true, 5));
    assert_eq!(put(4, stamp(1, 1)).await, (false, 5), "it saw less");
    assert_eq!(put(5, stamp(1, 1)).await, (true, 5), "it saw the same, so it may as well be written");
    assert_eq!(put(9, stamp(0, 1)).await, (false, 5), "it is of an earlier generation");
    assert_eq!(put(9, stamp(1, 0)).await, (false, 5), "it is of an earlier fold");
    assert_eq!(put(3, stamp(1, 2)).await, (true, 3), "a later fold goes before any number");
    assert_eq!(put(0, stamp(2, 1)).await, (true, 0), "a later generation goes before any fold");
}

#[tokio::test]
async fn an_hour_is_stamped_as_low_as_its_lowest_minute_and_catches_up_when_refused() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let site = world.site().await;
    world.post(json!([sale("a", "2026-11-23T03:00:01Z"), sale("b", "2026-11-23T03:01:01Z")])).await;
    world.pump().await;
    let hour = site.calendar().hour_of(minute("2026-11-23T03:00:00Z"));
    // A rebuild has recounted the hour under generation 1; a minute that it never saw comes under generation 0.
    let first = world.store().state(&site.id).await.unwrap().unwrap().stamp();
    assert_eq!(world.store().next_generation(&site.id).await.unwrap(), 1);
    let second = world.store().state(&site.id).await.unwrap().unwrap().stamp();
    world.store().rebuild_hour(&site, hour, second).await.unwrap();
    world.post(json!([sale("c", "2026-11-23T03:02:01Z")])).await;
    world.store().recount_minute(&site, (minute("2026-11-23T03:02:00Z"), 0), first).await.unwrap();
    world.store().fold_hour(&site, hour, first).await.unwrap();
    let total = reckon_core::domain::rollup::View::TOTAL;
    let next = site.calendar().next_hour(hour);
    let hours = world.store().hours(&site.id, total, (hour, next)).await.unwrap();
    assert_eq!((hours[&hour].n, hours[&hour].stamp), (3, second));
}

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
        let failed = aggregate::aggregate(world.store(), &[trigger("1"), trigger("2")], || false).await;
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
    assert_eq!(aggregate::aggregate(world.store(), &[trigger], || true).await, ["7"]);
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
