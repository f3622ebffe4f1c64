//! The rules of reading and overwriting rollups. Each test fails when its rule is taken out of the code.

use std::sync::{Arc, Mutex};

use reckon_core::domain::rollup::{Rollup, Stamp};
use reckon_core::store::{Detail, Written};
use serde_json::{Value, json};

use crate::support::{World, minute, sale};

// Rule 4: strong reads only.

#[tokio::test]
async fn whatever_is_recounted_from_is_read_strongly() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let reads: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
    let heard = Arc::clone(&reads);
    world.spy.listen(move |operation, body| {
        if matches!(operation, "GetItem" | "Query" | "Scan") {
            heard.lock().unwrap().push((operation.to_owned(), body.clone()));
        }
    });
    let visit = json!({"id": "v", "kind": "sale", "value": 1, "visitor": "who", "occurred_at": "2026-11-23T05:00:02Z"});
    world.post(json!([sale("a", "2026-11-23T05:00:01Z"), sale("b", "2026-11-22T05:00:01Z"), visit])).await;
    world.pump().await;
    world.turn_to("2026-11-24T00:15:00Z");
    world.seal().await;
    world.sales("2026-11-22", "2026-11-23").await;
    let reads = reads.lock().unwrap();
    assert!(reads.len() > 30, "{} reads", reads.len());
    for (operation, body) in reads.iter() {
        let strong = body["ConsistentRead"] == true;
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
