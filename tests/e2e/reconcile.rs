//! Recounts and lists: every level is held against the stored events, and a caller's own list against what is counted.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use clap::Parser;
use http_body_util::BodyExt;
use reckon::reconcile::{self, Category, ReconcileArgs, ReconcileError, Summary, exit_code};
use reckon_core::domain::calendar::Hour;
use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::rollup::{Rollup, View};
use reckon_core::domain::site::LaneChange;
use reckon_core::http::Query;
use reckon_core::store::Detail;
use serde_json::{Value, json};

use crate::imports::{data, file};
use crate::support::{World, minute, sale};

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
    store.put_day(&site.id, date, &one_more(kept_day.clone(), view("device"))).await.unwrap();
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
    store.put_day(&site.id, date, &kept_day).await.unwrap();
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

/// Lets `what` happen once, before the audit asks for the events of a minute for the `time`th time.
fn meanwhile<F: Future<Output = ()>>(
    world: &Arc<World>,
    minute: &'static str,
    times: std::ops::Range<usize>,
    what: impl Fn(Arc<World>, usize) -> F + Send + Sync + 'static,
) {
    let (other, asked, busy) = (Arc::clone(world), AtomicUsize::new(0), AtomicUsize::new(0));
    let handle = tokio::runtime::Handle::current();
    world.spy.listen(move |operation, body| {
        let pk = body["ExpressionAttributeValues"][":pk"]["S"].as_str().unwrap_or_default();
        if operation != "Query" || pk != format!("raw#shop#{minute}#0") || busy.load(Ordering::SeqCst) > 0 {
            return;
        }
        let time = asked.fetch_add(1, Ordering::SeqCst);
        if times.contains(&time) {
            busy.store(1, Ordering::SeqCst);
            tokio::task::block_in_place(|| handle.block_on(what(Arc::clone(&other), time)));
            busy.store(0, Ordering::SeqCst);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_read_again_before_it_is_told() {
    let world = Arc::new(sealed().await);
    meanwhile(&world, "2026-11-23T05:00Z", 0..1, async |world: Arc<World>, _| {
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
    meanwhile(&world, "2026-11-23T05:59Z", 0..9, async |world: Arc<World>, time| {
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
    meanwhile(&world, "2026-11-23T05:59Z", 1..2, async |world: Arc<World>, _| world.seal().await);
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
    store.put_day(&site.id, date, &one_more(kept, View::TOTAL)).await.unwrap();
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
        let page: Value =
            serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
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

async fn posted(world: &World, body: Value) -> Value {
    let answer = world.call(Method::POST, "/v1/reconcile", &world.read, Some(body)).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// The parts of the sums add up to their difference, to the last decimal.
fn assert_adds_up(answer: &Value) {
    let number = |value: &Value| Decimal::parse(&value.to_string()).unwrap();
    let sums = &answer["sums"];
    let parts: Decimal = sums["explained"].as_object().unwrap().values().map(number).sum();
    assert_eq!(number(&sums["list"]) - number(&sums["counted"]), parts, "{sums}");
    assert_eq!(number(&sums["difference"]), parts, "{sums}");
}

/// The part of each row of a list, and the orders that the list does not have.
fn parts(answer: &Value) -> BTreeMap<String, Vec<String>> {
    let mut parts = BTreeMap::new();
    for category in Category::ALL {
        let listing = &answer[category.name()];
        let list = listing["list"].as_array().unwrap();
        assert_eq!(listing["count"], list.len(), "{category:?}");
        assert_eq!(listing["complete"], true);
        let key = |entry: &Value| entry["order"].as_str().or(entry["id"].as_str()).unwrap().to_owned();
        if !list.is_empty() {
            parts.insert(category.name().to_owned(), list.iter().map(key).collect());
        }
    }
    parts
}

fn order(name: &str, value: &str, time: &str) -> Value {
    json!({"kind": "sale", "order": name, "value": value, "occurred_at": time})
}

/// A shop with one order of each fate.
async fn shop() -> World {
    let world = World::new("2026-11-23T01:30:30Z").await;
    let at = "2026-11-23T01:00:00Z";
    world
        .post(json!([
            order("same", "10.10", at), order("other", "20.00", at), order("gone", "5", at),
            order("no", "6", at), order("new", "7.77", at), order("net", "9", "2026-11-23T01:01:00Z"),
            order("before", "8", "2026-11-22T23:00:00Z"), order("twice", "1", at), order("silent", "3", at),
            {"kind": "sale", "order": "bot", "value": "4", "occurred_at": at, "user_agent": "Googlebot/2.1"},
            {"kind": "sale", "id": "bare", "value": "2.5", "occurred_at": at},
            {"kind": "view", "id": "seen", "occurred_at": at},
        ]))
        .await;
    let void = json!({"kind": "sale", "order": "gone", "value": "5", "void": true});
    let refused = json!({"kind": "sale", "order": "no", "value": "6", "status": "rejected"});
    let refund = json!({"kind": "refund", "id": "r", "order": "net", "value": "4", "occurred_at": "2026-11-23T01:02:00Z"});
    world.post(json!([void, refused, refund])).await;
    world.pump().await;
    // The trigger of this one is lost: it is stored all the same.
    world.post(order("fresh", "1.01", "2026-11-23T01:29:00Z")).await;
    world
}

fn shop_list() -> Value {
    json!([
        {"order": "same", "value": 10.10, "currency": "EUR"}, {"order": "other", "value": "19.99"},
        {"order": "gone", "value": "5"}, {"order": "no", "value": "6"}, {"order": "net", "value": "5"},
        {"order": "before", "value": "8"}, {"order": "twice", "value": "1"}, {"order": "twice", "value": "1"},
        {"order": "silent"}, {"order": "bot", "value": "4"}, {"order": "never", "value": "0.30"},
        {"order": "fresh", "value": "1.01"}
    ])
}

#[tokio::test]
async fn each_row_of_a_list_is_told_what_became_of_it_and_the_sums_are_explained_to_the_cent() {
    let world = shop().await;
    let body = json!({"from": DAY, "to": DAY, "by": "order", "rows": shop_list()});
    let answer = posted(&world, body.clone()).await;
    let told = parts(&answer);
    let expected = [
        ("missing", vec!["never"]),
        ("withdrawn", vec!["gone"]),
        ("robot", vec!["bot"]),
        ("rejected", vec!["no"]),
        ("outside", vec!["before"]),
        ("duplicate_in_list", vec!["twice"]),
        ("value_differs", vec!["other", "net"]),
        ("extra", vec!["new", "bare"]),
    ];
    let mut extra = told["extra"].clone();
    extra.sort();
    assert_eq!(extra, ["bare", "new"]);
    for (part, orders) in expected.iter().filter(|(part, _)| *part != "extra") {
        assert_eq!(told[*part], *orders, "{part}");
    }
    assert_eq!(told.len(), expected.len(), "{told:?}");
    assert_eq!(
        (&answer["matched"], &answer["agrees"]),
        (&json!({"count": 4, "value": 15.11}), &json!(false))
    );
    assert_adds_up(&answer);
    let differs = &answer["value_differs"]["list"];
    assert_eq!((&differs[0]["row"], &differs[0]["difference"]), (&json!(1), &json!(-0.01)));
    assert_eq!((&differs[1]["refunded"], &differs[1]["explained_by"]), (&json!(4), &json!("refund")));
    assert_eq!(answer["outside"]["list"][0]["occurred_at"], "2026-11-22T23:00:00.000Z");
    assert_eq!(answer["sums"]["explained"]["without_value"], -3);

    // In parts by the hash of the key the same comes out, each row and event in one of them.
    let (mut rows, mut extra) = (0, 0);
    for number in 0..3 {
        let hash = |order: &str| {
            use sha2::{Digest, Sha256};
            u64::from_be_bytes(Sha256::digest(order.as_bytes())[..8].try_into().unwrap()) % 3
        };
        let of_part: Vec<Value> = shop_list()
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| hash(row["order"].as_str().unwrap()) == number)
            .cloned()
            .collect();
        let part = json!({"number": number, "of": 3});
        let body = json!({"from": DAY, "to": DAY, "by": "order", "rows": of_part, "part": part});
        let answer = posted(&world, body).await;
        assert_adds_up(&answer);
        rows += answer["rows"].as_u64().unwrap();
        extra += answer["extra"]["count"].as_u64().unwrap();
    }
    assert_eq!((rows, extra), (12, 2));

    // A short list is a part of a long one, and says so.
    let mut short = body;
    short["limit"] = json!(1);
    let answer = posted(&world, short).await;
    let listing = &answer["extra"];
    assert_eq!((&listing["count"], &listing["complete"]), (&json!(2), &json!(false)));
    assert_eq!(listing["list"].as_array().unwrap().len(), 1);

    // Another site's key sees nothing of it.
    let (_, admin) = world.another_site("other").await;
    let body = json!({"from": DAY, "to": DAY, "by": "order", "rows": shop_list()});
    let answer = world.call(Method::POST, "/v1/reconcile", &admin, Some(body)).await.json();
    assert_eq!((&answer["missing"]["count"], &answer["events"]), (&json!(11), &json!(0)));
}

#[tokio::test]
async fn events_are_compared_by_their_ids_and_minutes() {
    let world = shop().await;
    let lead = |id: &str, time: &str| json!({"kind": "lead", "id": id, "occurred_at": time});
    let (first, second) = ("2026-11-23T01:03:00Z", "2026-11-23T01:04:00Z");
    world
        .post(json!([
            lead("a", first),
            lead("a", second),
            lead("b", first),
            lead("c", second),
            lead("v", first)
        ]))
        .await;
    world.post(json!({"kind": "lead", "id": "v", "occurred_at": first, "void": true})).await;
    world.post(lead("early", "2026-11-22T10:00:00Z")).await;
    world.pump().await;
    let row = |id: &str, time: &str| json!({"id": id, "occurred_at": time});
    let rows = json!([row("a", second), row("b", first), row("v", first), row("early", "2026-11-22T10:00:00Z"), {"id": "x"}]);
    let body = json!({"from": DAY, "to": DAY, "by": "event", "kind": "lead", "rows": rows});
    let answer = posted(&world, body).await;
    let told = parts(&answer);
    let expected = [
        ("missing", "x"),
        ("withdrawn", "v"),
        ("outside", "early"),
        ("duplicate_in_reckon", "a"),
        ("extra", "c"),
    ];
    assert_eq!(told, expected.map(|(part, id)| (part.to_owned(), vec![id.to_owned()])).into());
    assert_eq!(answer["duplicate_in_reckon"]["list"][0]["occurred_at"], "2026-11-23T01:03:00.000Z");
    assert_eq!((&answer["matched"]["count"], &answer["hint"]), (&json!(2), &Value::Null));

    // All kinds at once; sales that came with an order are known by that, which is said.
    let body = json!({"from": DAY, "to": DAY, "by": "event", "rows": [{"id": "bare", "value": "2.5"}]});
    let answer = posted(&world, body).await;
    assert_eq!(answer["matched"]["count"], 1);
    assert!(answer["hint"].as_str().unwrap().contains("compare them by order"), "{}", answer["hint"]);
    assert_adds_up(&answer);
}

#[tokio::test]
async fn a_question_that_is_none_is_told_what_would_be() {
    let world = World::new("2026-11-23T01:30:30Z").await;
    let list = |change: fn(&mut Value)| {
        let mut body = json!({"from": DAY, "to": DAY, "by": "order", "rows": [{"order": "o"}]});
        change(&mut body);
        body
    };
    for (body, pointer, says) in [
        (list(|body| body["from"] = json!("23.11.2026")), "/from", "from must be a day such as 2026-11-23"),
        (list(|body| body["from"] = json!("2026-11-24")), "/from", "which is after to"),
        (list(|body| body["from"] = json!("2024-11-24")), "/from", "at most 366 days"),
        (list(|body| body["kind"] = json!("view")), "/kind", "compare others by event"),
        (list(|body| body["kind"] = json!("gift")), "/kind", "unknown variant"),
        (list(|body| body["by"] = json!("customer")), "/by", "unknown variant"),
        (list(|body| body["rows"][0] = json!({"id": "o"})), "/rows/0/order", "each row needs order"),
        (list(|body| body["rows"][0]["id"] = json!("o")), "/rows/0/order", "and not both"),
        (list(|body| body["rows"][0]["order"] = json!("")), "/rows/0/order", "must not be empty"),
        (list(|body| body["rows"][0]["value"] = json!("1,5")), "/rows/0/value", "is not a decimal number"),
        (
            list(|body| body["rows"][0]["currency"] = json!("USD")),
            "/rows/0/currency",
            "the site's currency is EUR",
        ),
        (list(|body| body["rows"][0]["gift"] = json!(1)), "/rows/0/gift", "unknown field"),
        (list(|body| body["part"] = json!({"number": 2, "of": 2})), "/part", "number below it"),
        (list(|body| body["limit"] = json!(100_000)), "/limit", "at most 10000"),
        (
            list(|body| body["rows"] = json!(vec![json!({"order": "o"}); 10_001])),
            "/rows",
            "at most 10000 rows",
        ),
    ] {
        let answer = world.call(Method::POST, "/v1/reconcile", &world.read, Some(body.clone())).await;
        let told = answer.json();
        assert_eq!(answer.status, 422, "{told}");
        let faults = told["errors"].as_array().unwrap();
        let fault =
            faults.iter().find(|fault| fault["pointer"] == pointer).unwrap_or_else(|| panic!("{told}"));
        assert!(fault["detail"].as_str().unwrap().contains(says), "{told}");
    }
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

/// The command line behind `reckon reconcile`.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    reconcile: ReconcileArgs,
}

/// Where a world answers over HTTP.
async fn served(world: &World) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = world.system.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// What `reckon reconcile` makes of a file, what it ends with, and what it prints.
async fn run(
    url: &str,
    key: &str,
    file: &Path,
    options: &[&str],
) -> (Result<Summary, ReconcileError>, u8, String) {
    let file = file.to_str().unwrap();
    let line = ["reconcile", file, "--url", url, "--key", key].into_iter().chain(options.iter().copied());
    let mut out = Vec::new();
    let result = reconcile::run(Arguments::parse_from(line).reconcile, &mut out, None).await;
    let code = exit_code(&result);
    (result, code, String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_file_of_orders_is_compared_and_every_difference_has_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let world = shop().await;
    let url = served(&world).await;
    let table = "Order ID,Total,Created at,Note\n\
                 same,10.10,2026-11-23T01:00:00Z,\nother,19.99,2026-11-23,\nnever,$0.30,2026-11-23,\n\
                 gone,5,2026-11-23,\nno,6,2026-11-23,\nbot,4,2026-11-23,\ntwice,1,2026-11-23,\ntwice,1,2026-11-23,\n\
                 silent,3,2026-11-23,\nfresh,1.01,2026-11-23,\nnet,5,2026-11-23,\n=1+1,2,2026-11-23,\n\
                 bad,\"1,5\",2026-11-23,\n";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, table.as_bytes()).unwrap();
    let path = file(folder.path(), "orders.csv.gz", &packed.finish().unwrap());
    let output = folder.path().join("differences.csv");
    let (result, code, printed) =
        run(&url, &world.read, &path, &["--output", output.to_str().unwrap()]).await;
    let summary = result.unwrap();
    assert_eq!(code, 1, "{printed}");
    for says in [
        "2026-11-23 to 2026-11-23: order from \"Order ID\", value from \"Total\", date from \"Created at\"",
        "4 agree, 15.11 EUR",
        "2 are not in Reckon\n  line 4: never, 0.3\n",
        "1 are in Reckon and were withdrawn\n  line 5: gone, 5\n",
        "line 12: net, 5 in the list, 9 in Reckon",
        "which is the refund of 4",
        "1 stand in the list again\n  line 9: twice, 1\n",
        "2 are in Reckon and not in the list",
        "line 14 cannot be read: \"1,5\" is no amount such as 1234.56",
        "list 58.4 - Reckon 54.38 = 4.02 EUR",
    ] {
        assert!(printed.contains(says), "{says} is not in\n{printed}");
    }
    let explained: Decimal = summary.explained.values().copied().sum();
    assert_eq!(summary.list - summary.counted, explained);
    let written = std::fs::read_to_string(&output).unwrap();
    assert!(written.contains("missing,4,never,0.3,,,,\n"), "{written}");
    assert!(written.contains("missing,13,'=1+1,2,,,,\n"), "{written}");
    assert!(written.contains("value_differs,3,other,19.99,20,-0.01,"), "{written}");
    assert_eq!(written.lines().count(), 1 + 10 + 1, "{written}");

    // Everything agrees: the rows that the shop has, whatever their order.
    let table = "net;9\nsame;10.10\nother;20\nnew;7.77\ntwice;1\nsilent;3\nfresh;1.01\n";
    let path = file(folder.path(), "right.csv", format!("order;value\n{table}").as_bytes());
    world.post(json!({"kind": "sale", "id": "bare", "value": "2.5", "occurred_at": "2026-11-23T01:00:00Z", "void": true})).await;
    world.pump().await;
    let options = ["--delimiter", ";", "--from", DAY, "--to", DAY];
    let (_, code, printed) = run(&url, &world.read, &path, &options).await;
    assert_eq!(code, 0, "{printed}");
    assert!(printed.contains("7 agree, 51.88 EUR") && printed.contains("everything agrees"), "{printed}");
}

#[tokio::test]
async fn a_row_of_another_day_than_its_order_is_found_in_the_other_question() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new("2026-11-23T01:30:30Z").await;
    // Two stretches, since they have more than 31 days; both rows lie on the other side of where they are cut.
    world
        .post(json!([order("a", "5", "2026-10-20T12:00:00Z"), order("b", "6", "2026-11-20T12:00:00Z")]))
        .await;
    world.pump().await;
    world.seal().await;
    let url = served(&world).await;
    let table = "order,value,date\na,5,2026-11-20\nb,7,2026-10-20\n";
    let path = file(folder.path(), "orders.csv", table.as_bytes());
    let (result, code, printed) = run(&url, &world.read, &path, &["--from", "2026-10-01"]).await;
    let summary = result.unwrap();
    assert_eq!((code, summary.matched), (1, (1, Decimal::whole(5))), "{printed}");
    assert_eq!(summary.lines.keys().collect::<Vec<_>>(), [&Category::ValueDiffers], "{printed}");
    let explained: Decimal = summary.explained.values().copied().sum();
    assert_eq!((summary.list - summary.counted, explained), (Decimal::whole(1), Decimal::whole(1)));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_or_a_deployment_is_told_and_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new("2026-11-23T01:30:30Z").await;
    let url = served(&world).await;
    let good = "order,value,date\na,5,2026-11-20\n";
    for (table, options, says) in [
        ("", vec![], "the file is empty"),
        ("name,price\nx,1\n", vec![], "no column looks like an order: say --order COLUMN"),
        (good, vec!["--order", "Order"], "there is no column \"Order\"; the columns are order, value, date"),
        ("order,order\n1,2\n", vec!["--order", "order"], "there are two columns \"order\""),
        ("order,value\na,5\n", vec![], "no column tells the days: say --date COLUMN, or --from and --to"),
        ("order,date\na,20.11.2026\n", vec![], "no row can be read; line 2: \"20.11.2026\" is no time"),
        (good, vec!["--delimiter", "::"], "neither one character"),
        (good, vec!["--kind", "view"], "compare others by event"),
        (good, vec!["--from", "2026-11-21", "--to", "2026-11-20"], "is after the last"),
    ] {
        let path = file(folder.path(), "orders.csv", table.as_bytes());
        let (result, code, _) = run(&url, &world.read, &path, &options).await;
        let error = result.unwrap_err().to_string();
        assert!(error.contains(says), "{says} is not in {error}");
        assert_eq!(code, 2);
    }
    let path = file(folder.path(), "orders.csv", good.as_bytes());
    let (refused, code, _) = run(&url, &world.write, &path, &[]).await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("the key is refused") && code == 2, "{error}");
    let (gone, code, _) = run(&url, &world.read, &folder.path().join("none.csv"), &[]).await;
    assert!(matches!(gone, Err(ReconcileError::File { .. })) && code == 2);
}
