//! Recounts: every level is held against the stored events, and what is told of a difference is one.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reckon_core::domain::calendar::Hour;
use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::rollup::{Rollup, View};
use reckon_core::domain::site::LaneChange;
use reckon_core::http::Query;
use reckon_core::store::Detail;
use serde_json::{Value, json};

use crate::imports::data;
use crate::lists::posted;
use crate::support::{World, meanwhile, minute, sale};

const DAY: &str = "2026-11-23";

/// A world whose 23rd of November is sealed, with three sales in two hours.
async fn sealed() -> World {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world
        .post(json!([
            {"id": "a", "kind": "sale", "value": 10, "occurred_at": "2026-11-23T05:00:01Z", "channel": "email"},
            {"id": "b", "kind": "sale", "value": 5, "occurred_at": "2026-11-23T05:00:02Z", "device": "mobile"},
            {"id": "c", "kind": "sale", "value": 1, "occurred_at": "2026-11-23T05:40:00Z"},
        ]))
        .await;
    world.pump().await;
    world.turn_to("2026-11-24T09:30:00Z");
    world.seal().await;
    world
}

async fn asked(world: &World, query: &str) -> Value {
    let answer = world.get(&format!("/v1/reconcile?{query}")).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// What is told of one day.
async fn day(world: &World, date: &str) -> Value {
    let answer = asked(world, &format!("from={date}&to={date}")).await;
    assert_eq!((&answer["complete"], &answer["next"]), (&json!(true), &Value::Null));
    answer["days"][0].clone()
}

/// How the levels stand: status and how many were compared.
fn levels(day: &Value) -> Vec<(String, String, u64)> {
    let level = |name: &str| {
        let level = &day["levels"][name];
        (name.to_owned(), level["status"].as_str().unwrap().to_owned(), level["compared"].as_u64().unwrap())
    };
    ["minute", "hour", "day"].map(level).to_vec()
}

fn level(name: &str, status: &str, compared: u64) -> (String, String, u64) {
    (name.to_owned(), status.to_owned(), compared)
}

/// A rollup with one sale more in the first row of a view.
fn one_more(mut rollup: Rollup, view: View) -> Rollup {
    let rows = rollup.views.get_mut(&view).unwrap();
    let values = rows.iter().next().unwrap().0.to_vec();
    rows.add(values, &Counts { sales: 1, ..Counts::default() }, true);
    rollup
}

fn view(name: &str) -> View {
    View::all().find(|view| view.name() == name).unwrap()
}

async fn delete(world: &World, pk: &str, sk: &str) {
    let key = |text: &str| AttributeValue::S(text.to_owned());
    let store = world.store();
    let delete = store.client().delete_item().table_name(store.table());
    delete.key("pk", key(pk)).key("sk", key(sk)).send().await.unwrap();
}

/// What is told of each difference: level, view, key and figure, stored and recounted.
fn differences(day: &Value) -> Vec<String> {
    let told = day["differences"].as_array().unwrap().iter().map(|difference| {
        let text = |name: &str| match &difference[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        ["level", "start", "view", "key", "metric", "stored", "recounted"].map(text).join(" ")
    });
    told.collect()
}

#[tokio::test]
async fn an_altered_or_lost_rollup_is_named_at_its_level_and_nothing_else_is() {
    let world = sealed().await;
    let right = day(&world, DAY).await;
    assert_eq!(
        (&right["difference"], &right["events"], &right["versions"]),
        (&json!("none"), &json!(3), &json!(3))
    );
    let compared = [level("minute", "same", 2), level("hour", "same", 1), level("day", "same", 1)];
    assert_eq!(levels(&right), compared, "{right}");

    let (store, site) = (world.store(), world.site().await);
    let hour = site.calendar().hour_of(minute("2026-11-23T05:00:00Z"));
    let whole = (hour.start(), site.calendar().end_of_hour(hour));
    let place = (minute("2026-11-23T05:40:00Z"), 0);
    let kept = store.minutes(&site.id, hour, whole, Detail::All).await.unwrap().remove(&place).unwrap();
    let put = async |rollup: &Rollup| {
        store.put_minute(&site.id, site.calendar(), place.0, 0, rollup).await.unwrap();
    };
    let date = DAY.parse().unwrap();
    let kept_hour = store.hours_of_day(&site, date).await.unwrap().remove(&hour).unwrap();
    let kept_day = store.whole_day(&site.id, date).await.unwrap().unwrap();
    put(&one_more(kept.clone(), View::TOTAL)).await;
    store.put_hour(&site.id, hour, &one_more(kept_hour.clone(), View::CHANNEL)).await.unwrap();
    store.put_day(&site.id, date, &one_more(kept_day.clone(), view("device")), world.now()).await.unwrap();
    let wrong = day(&world, DAY).await;
    assert_eq!(wrong["difference"], "found");
    assert_eq!(
        differences(&wrong),
        [
            "minute 2026-11-23T05:40:00+00:00 total {} sales 2 1",
            "hour 2026-11-23T05:00:00+00:00 channel {\"channel\":\"direct\"} sales 3 2",
            "day 2026-11-23 device {\"device\":\"mobile\"} sales 2 1",
        ]
    );
    let compared =
        [level("minute", "different", 2), level("hour", "different", 1), level("day", "different", 1)];
    assert_eq!(levels(&wrong), compared);
    assert_eq!(wrong["fingerprint"], right["fingerprint"], "the events are what they were");

    // The minute right again, and what is above it gone.
    put(&kept).await;
    delete(&world, "hour#shop#total#2026-11", "2026-11-23T05:00Z").await;
    delete(&world, "day#shop#device#2026", "11-23").await;
    let lost = day(&world, DAY).await;
    let told = differences(&lost);
    assert!(
        told.contains(&"hour 2026-11-23T05:00:00+00:00 null null versions null 3".to_owned()),
        "{told:?}"
    );
    assert!(
        told.iter().any(|line| line == "day 2026-11-23 device {\"device\":\"mobile\"} rows 0 1"),
        "{told:?}"
    );
    assert!(!told.iter().any(|line| line.starts_with("minute")), "{told:?}");

    store.put_hour(&site.id, hour, &kept_hour).await.unwrap();
    store.put_day(&site.id, date, &kept_day, world.now()).await.unwrap();
    delete(&world, "min#shop#2026-11-23T05:00Z", "a#40#00").await;
    let lost = day(&world, DAY).await;
    assert_eq!(differences(&lost), ["minute 2026-11-23T05:40:00+00:00 null null versions null 1"]);
    assert_eq!(lost["difference"], "found", "nobody is about to recount it");
}

#[tokio::test]
async fn what_is_about_to_be_counted_is_pending_and_a_day_that_runs_says_so() {
    let world = World::new("2026-11-23T02:00:30Z").await;
    world.post(sale("a", "2026-11-23T02:00:01Z")).await;
    let lost = day(&world, DAY).await;
    assert_eq!((&lost["difference"], &lost["events"]), (&json!("pending"), &json!(1)));
    assert_eq!(levels(&lost)[0], level("minute", "pending", 1));
    assert_eq!(lost["differences"][0]["pending"], true);
    world.pump().await;
    let counted = day(&world, DAY).await;
    assert_eq!(counted["difference"], "none");
    assert_eq!(levels(&counted)[0], level("minute", "same", 1));
    assert_eq!(levels(&counted)[2], level("day", "not_sealed", 0));
    assert!(counted["levels"]["hour"]["not_sealed"].as_u64().unwrap() > 0);

    // What came late has a marker until it is settled; a rollup that is behind for another reason has none.
    let world = sealed().await;
    world.post(sale("late", "2026-11-23T05:10:00Z")).await;
    let late = day(&world, DAY).await;
    assert_eq!(late["difference"], "pending");
    let levels_of = [level("minute", "pending", 3), level("hour", "pending", 1), level("day", "pending", 1)];
    assert_eq!(levels(&late), levels_of);
    world.seal().await;
    assert_eq!(day(&world, DAY).await["difference"], "none");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_read_again_before_it_is_told() {
    let world = Arc::new(sealed().await);
    meanwhile(&world, "raw#shop#2026-11-23T05:00Z#0", 0..1, async |world: Arc<World>, _| {
        world.post(sale("late", "2026-11-23T05:00:10Z")).await;
        world.pump().await;
    });
    let told = day(&world, DAY).await;
    world.spy.stop();
    assert_eq!((&told["difference"], &told["events"]), (&json!("none"), &json!(4)), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_between_two_reads_is_never_a_difference() {
    let world = Arc::new(sealed().await);
    // Each time that the last minute is read, after the first one was, the first one gets an event.
    meanwhile(&world, "raw#shop#2026-11-23T05:59Z#0", 0..9, async |world: Arc<World>, time| {
        world.post(sale(&format!("late-{time}"), "2026-11-23T05:00:10Z")).await;
        world.pump().await;
    });
    let told = day(&world, DAY).await;
    world.spy.stop();
    assert_ne!(told["difference"], "found", "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_settled_while_it_is_looked_at_is_no_difference() {
    let world = Arc::new(sealed().await);
    world.post(sale("late", "2026-11-23T05:00:10Z")).await;
    meanwhile(&world, "raw#shop#2026-11-23T05:59Z#0", 1..2, async |world: Arc<World>, _| world.seal().await);
    let told = day(&world, DAY).await;
    world.spy.stop();
    assert_eq!(told["difference"], "pending", "{told}");
    assert_eq!(day(&world, DAY).await["difference"], "none");
}

#[tokio::test]
async fn what_has_expired_is_compared_from_its_minutes_on() {
    let world = sealed().await;
    let (store, site) = (world.store(), world.site().await);
    store.raise_raw_complete_from(&site.id, minute("2026-11-24T00:00:00Z")).await.unwrap();
    let told = day(&world, DAY).await;
    assert_eq!(
        (&told["raw_expired"], &told["events"], &told["fingerprint"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    assert_eq!((&told["difference"], &told["versions"]), (&json!("none"), &json!(3)));
    let compared = [level("minute", "raw_expired", 0), level("hour", "same", 1), level("day", "same", 1)];
    assert_eq!(levels(&told), compared);
    let date = DAY.parse().unwrap();
    let kept = store.whole_day(&site.id, date).await.unwrap().unwrap();
    store.put_day(&site.id, date, &one_more(kept, View::TOTAL), world.now()).await.unwrap();
    assert_eq!(differences(&day(&world, DAY).await), ["day 2026-11-23 total {} sales 4 3"]);
    let list = json!({"from": DAY, "to": DAY, "by": "order", "rows": []});
    let refused = world.call(Method::POST, "/v1/reconcile", &world.read, Some(list)).await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (422, &json!("expired")));
}

#[tokio::test]
async fn the_fingerprint_is_that_of_the_events_however_they_came() {
    let events: Vec<Value> = (0..40)
        .map(|number| sale(&format!("e{number}"), &format!("2026-11-23T01:{:02}:00Z", number % 3)))
        .collect();
    let one = World::new("2026-11-23T01:30:30Z").await;
    one.post(json!(events)).await;
    let told = day(&one, DAY).await;
    assert_eq!((&told["events"], &told["versions"]), (&json!(40), &json!(40)));
    assert_eq!(told["fingerprint"].as_str().unwrap().len(), 64);

    // Another deployment, whose secret and lanes are others, is sent the same one by one, turned round, and twice.
    let other = World::new("2026-11-23T01:30:30Z").await;
    let mut site = other.site().await;
    site.lanes = vec![LaneChange { from: minute("2026-11-23T00:00:00Z"), lanes: 3 }];
    other.store().put_site(&site).await.unwrap();
    for event in events.iter().rev() {
        other.post(event.clone()).await;
    }
    other.post(json!(events)).await;
    other.pump().await;
    let again = day(&other, DAY).await;
    assert_eq!(again["difference"], "none");
    assert_eq!(again["events"], 40);
    assert!(again["versions"].as_u64() > Some(40), "{again}");
    assert_eq!(again["fingerprint"], told["fingerprint"]);
    // An amendment is one when it comes later.
    other.turn_to("2026-11-23T01:30:40Z");
    other.post(json!({"id": "e7", "kind": "sale", "value": 11, "occurred_at": "2026-11-23T01:01:00Z"})).await;
    assert_ne!(day(&other, DAY).await["fingerprint"], told["fingerprint"]);
}

/// Every page of a question, with so much effort each.
async fn pages(world: &World, query: &str, effort: u64) -> Vec<Value> {
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let site = world.site().await;
        let query = Query::parse(&format!("{query}{cursor}"));
        let answer = audit::answer(&world.system.app, &site, &query, effort).await.unwrap();
        let page = serde_json::to_value(&answer).unwrap();
        assert_eq!(page["complete"], page["next"].is_null());
        pages.push(page);
        let Some(next) = pages.last().unwrap()["next"].as_str() else { return pages };
        cursor = format!("&cursor={next}");
    }
}

/// The last that pages say of each day, and how many differences they list in all.
fn joined(pages: &[Value]) -> (BTreeMap<String, Value>, usize) {
    let days = pages.iter().flat_map(|page| page["days"].as_array().unwrap());
    let count = days.clone().map(|day| day["differences"].as_array().unwrap().len()).sum();
    let figures = |day: &Value| {
        json!([
            day["complete"],
            day["events"],
            day["versions"],
            day["fingerprint"],
            day["levels"],
            day["difference"]
        ])
    };
    (days.map(|day| (day["date"].as_str().unwrap().to_owned(), figures(day))).collect(), count)
}

#[tokio::test]
async fn pages_of_any_size_add_up_to_the_whole() {
    let world = sealed().await;
    world.post(sale("next", "2026-11-24T08:20:00Z")).await;
    world.pump().await;
    world.seal().await;
    let (store, site) = (world.store(), world.site().await);
    let date = DAY.parse().unwrap();
    let hour = Hour::from_start(minute("2026-11-23T05:00:00Z"));
    let kept_hour = store.hours_of_day(&site, date).await.unwrap().remove(&hour).unwrap();
    store.put_hour(&site.id, hour, &one_more(kept_hour.clone(), View::CHANNEL)).await.unwrap();
    let days = "from=2026-11-23&to=2026-11-24";
    let whole = pages(&world, days, 1_000_000).await;
    assert_eq!(whole.len(), 1);
    let expected = joined(&whole);
    assert_eq!((expected.0.len(), expected.1), (2, 1), "{whole:?}");
    let by_day = pages(&world, &format!("{days}&limit=1"), 1_000_000).await;
    assert_eq!((by_day.len(), joined(&by_day)), (2, expected.clone()));
    // An effort of 25 is one minute of one lane: a day in pieces of 13 hours, of which the second starts in the day.
    let by_hour = pages(&world, days, 20_000).await;
    assert!(by_hour.len() > 2 && by_hour[0]["days"][0]["complete"] == false, "{by_hour:?}");
    assert!(by_hour[0]["days"][0]["through"].as_str().unwrap().ends_with(":00:00+00:00"));
    let told = joined(&by_hour);
    // The day itself cannot be told where an hour that is off was read for another page.
    assert_eq!(told.0["2026-11-23"][4]["day"]["status"], "not_compared");
    assert_eq!(told.0["2026-11-23"][5], "found");

    store.put_hour(&site.id, hour, &kept_hour).await.unwrap();
    let expected = joined(&pages(&world, days, 1_000_000).await);
    for effort in [20_000, 1_000] {
        let pages = pages(&world, days, effort).await;
        assert_eq!(joined(&pages), expected, "{effort}");
    }
}

#[tokio::test]
async fn an_hour_with_a_wrong_minute_that_a_page_ends_behind_is_not_compared() {
    let world = sealed().await;
    let (store, site) = (world.store(), world.site().await);
    let hour = Hour::from_start(minute("2026-11-23T05:00:00Z"));
    let whole = (hour.start(), site.calendar().end_of_hour(hour));
    let place = (hour.start(), 0);
    let kept = store.minutes(&site.id, hour, whole, Detail::All).await.unwrap().remove(&place).unwrap();
    let wrong = one_more(kept, View::TOTAL);
    store.put_minute(&site.id, site.calendar(), place.0, 0, &wrong).await.unwrap();
    let days = format!("from={DAY}&to={DAY}");
    let told = |pages: &[Value]| levels(pages.last().unwrap()["days"].as_array().unwrap().last().unwrap());
    let minutes = level("minute", "different", 2);
    assert_eq!(
        told(&pages(&world, &days, 1_000_000).await),
        [minutes.clone(), level("hour", "same", 1), level("day", "same", 1)]
    );
    // 1,000 is 40 minutes: each hour is cut, and what is known of this one has to outlive the page.
    assert_eq!(
        told(&pages(&world, &days, 1_000).await),
        [minutes, level("hour", "not_compared", 0), level("day", "not_compared", 0)]
    );
}

#[tokio::test]
async fn ids_of_several_minutes_are_shown() {
    let world = World::new("2026-11-23T01:30:30Z").await;
    let at = |id: &str, time: &str| sale(id, &format!("2026-11-23T01:{time}:00Z"));
    world.post(json!([at("moved", "01"), at("moved", "20"), at("moved", "05"), at("once", "01")])).await;
    // One that was withdrawn where it stood first has moved, and is not there twice.
    let void = json!({"id": "right", "kind": "sale", "value": 1, "occurred_at": "2026-11-23T01:01:00Z", "void": true});
    world.post(json!([void, at("right", "09")])).await;
    let answer = asked(&world, &format!("from={DAY}&to={DAY}")).await;
    let minutes = ["01", "05", "20"].map(|minute| format!("2026-11-23T01:{minute}:00+00:00"));
    let expected = json!({"list": [{"id": "moved", "minutes": minutes}], "more": 0, "complete": true});
    assert_eq!(answer["repeated_ids"], expected);
    assert_eq!(answer["days"][0]["withdrawn"], 1);
}

#[tokio::test]
async fn real_purchases_agree_on_every_level_and_their_list_to_the_cent() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let text = String::from_utf8(data("cdnow.txt.zst")).unwrap();
    let rows = text.lines().skip(1).filter(|line| line.contains(" 19970104 ") || line.contains(" 19970105 "));
    let (mut events, mut list, mut sum) = (Vec::new(), Vec::new(), Decimal::ZERO);
    for (number, line) in rows.enumerate() {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let day = format!("1997-01-{}", &cells[1][6..]);
        let order = format!("{}-{number}", cells[0]);
        events.push(json!({"kind": "sale", "order": order, "customer": cells[0], "value": cells[3],
                           "occurred_at": format!("{day}T12:{:02}:00Z", number % 60)}));
        list.push(json!({"order": order, "value": cells[3]}));
        sum += Decimal::parse(cells[3]).unwrap();
    }
    assert!(events.len() > 300, "{}", events.len());
    for events in events.chunks(500) {
        world.post(json!(events)).await;
    }
    world.pump().await;
    world.seal().await;
    let answer = asked(&world, "from=1997-01-04&to=1997-01-05").await;
    assert_eq!(answer["difference"], "none", "{answer}");
    let days = answer["days"].as_array().unwrap();
    let counted: usize =
        days.iter().map(|day| usize::try_from(day["events"].as_u64().unwrap()).unwrap()).sum();
    assert_eq!(counted, events.len());
    assert!(
        days.iter()
            .all(|day| day["levels"]["day"]["status"] == "same" && day["levels"]["minute"]["compared"] == 60)
    );
    let body = json!({"from": "1997-01-04", "to": "1997-01-05", "by": "order", "rows": list});
    let answer = posted(&world, body).await;
    assert_eq!(answer["agrees"], true, "{answer}");
    assert_eq!(answer["matched"]["value"].to_string(), sum.text());
}

#[tokio::test]
async fn a_recount_that_cannot_be_made_is_told_what_could() {
    let world = World::new("2026-11-23T01:30:30Z").await;
    let begun = pages(&world, "from=2026-11-23&to=2026-11-23", 1_000).await;
    let cursor = begun[0]["next"].as_str().unwrap();
    for (query, says) in [
        ("from=2026-11-24&to=2026-11-23".to_owned(), "after to"),
        ("form=2026-11-24".to_owned(), "did you mean from?"),
        ("limit=0".to_owned(), "from 1 to 100"),
        ("cursor=%00".to_owned(), "the cursor is not of this question"),
        (format!("from=2026-11-22&to=2026-11-23&cursor={cursor}"), "the cursor is not of this question"),
    ] {
        let answer = world.get(&format!("/v1/reconcile?{query}")).await;
        let told = answer.json();
        assert_eq!(answer.status, 422, "{told}");
        assert!(told["detail"].as_str().unwrap().contains(says), "{told}");
    }
}

#[tokio::test]
async fn a_recount_goes_on_only_with_what_it_said_itself() {
    let world = World::new("2026-11-23T01:30:30Z").await;
    let begun = pages(&world, "from=2026-11-23&to=2026-11-23", 1_000).await;
    let cursor = begun[0]["next"].as_str().unwrap();
    let status = async |cursor: &str| {
        world.get(&format!("/v1/reconcile?from=2026-11-23&to=2026-11-23&cursor={cursor}")).await.status
    };
    assert_eq!(status(cursor).await, 200);
    let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap();
    for place in 0..bytes.len() {
        let mut made_up = bytes.clone();
        made_up[place] ^= 1;
        assert_eq!(status(&URL_SAFE_NO_PAD.encode(made_up)).await, 422, "{place}");
    }
    assert_eq!(status(&URL_SAFE_NO_PAD.encode(&bytes[..4])).await, 422);
}

#[tokio::test]
async fn days_to_come_are_not_called_the_same() {
    let world = World::new("2026-11-23T22:30:30Z").await;
    let status = async |days: &str| world.get(&format!("/v1/reconcile?{days}")).await.status;
    // An event may be an hour ahead of the clock.
    world.turn_to("2026-11-23T22:59:00Z");
    assert_eq!(status("from=2026-11-24&to=2026-11-25").await, 422);
    world.turn_to("2026-11-23T23:00:00Z");
    assert_eq!(status("from=2026-11-24&to=2026-11-25").await, 200);
    assert_eq!(status("from=2026-11-23&to=2026-11-25").await, 200);
}

#[tokio::test]
async fn a_recount_reads_each_minute_and_what_is_stored_there_and_writes_nothing() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let path = format!("/v1/reconcile?from={DAY}&to={DAY}");
    world.turn_to("2026-11-24T09:30:00Z");
    world.seal().await;
    let empty = world.get(&path).await;
    let event = |number: usize| {
        let id = format!("0193a3f0-7c1e-7{:03x}-8000-{:012x}", number % 4_096, number * 7_919_777);
        json!({"id": id, "kind": "view", "visitor": format!("v{number}"), "channel": "email",
               "utm": {"campaign": format!("c{}", number % 20)},
               "occurred_at": format!("2026-11-23T05:{:02}:00Z", number / 500)})
    };
    let events: Vec<Value> = (0..5_000).map(event).collect();
    for events in events.chunks(500) {
        world.post(json!(events)).await;
    }
    world.pump().await;
    world.seal().await;
    let full = world.get(&path).await;
    assert_eq!(full.json()["days"][0]["events"], 5_000);
    assert_eq!(full.json()["difference"], "none");
    assert_eq!((empty.cost("wru"), full.cost("wru")), (0.0, 0.0));
    let (base, more) = (empty.cost("rru"), (full.cost("rru") - empty.cost("rru")) * 200.0);
    println!("read units of an empty day {base}, of a million events more {more}");
    assert!((1_440.0..1_600.0).contains(&base), "{base}");
    assert!(more < 4_500.0, "{more}");
}
