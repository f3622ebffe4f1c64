//! What sealed days said before: reports as of a past time, and what moved since. The rules of keeping versions, each
//! with a test that fails when it is left out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use reckon_core::domain::counts::Counts;
use reckon_core::domain::rollup::{Rollup, Rows, Stamp, Tally, View};
use reckon_core::store::{Written, metered};
use serde_json::{Value, json};

use crate::support::{World, at, sale};

const DAY: &str = "2026-11-23";
/// The reports that are told as of a past time, over the one day.
const REPORTS: [&str; 6] = [
    "summary?",
    "channels?",
    "timeseries?by=channel&",
    "breakdown?by=campaign&",
    "breakdown?by=campaign&channel=email&",
    "attribution?models=first,last,time_decay&",
];

/// A sale of a campaign, worth `value`.
fn campaign_sale(id: &str, value: u32, source: &str, medium: &str) -> Value {
    json!({"id": id, "kind": "sale", "value": value, "occurred_at": "2026-11-23T05:00:01Z", "order": format!("order-{id}"),
           "utm": {"source": source, "medium": medium, "campaign": source}})
}

/// A world whose day has two sales and is sealed, at ten to one of the next.
async fn sealed() -> World {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let both = json!([campaign_sale("a", 10, "google", "cpc"), campaign_sale("b", 20, "letter", "email")]);
    world.post(both).await;
    world.pump().await;
    world.turn_to("2026-11-24T00:50:00Z");
    world.seal().await;
    world
}

/// What a report says of the day, without what it repeats of the question.
async fn said(world: &World, report: &str, as_of: Option<&str>) -> Value {
    let as_of = as_of.map(|as_of| format!("&as_of={as_of}")).unwrap_or_default();
    let answer = world.get(&format!("/v1/reports/{report}from={DAY}&to={DAY}{as_of}")).await;
    assert_eq!(answer.status, 200, "{report}{as_of}: {}", String::from_utf8_lossy(&answer.body));
    let mut said = answer.json();
    for name in ["query", "as_of", "complete_through", "counted_to", "sealed_through", "left_out", "warnings"]
    {
        said.as_object_mut().unwrap().remove(name);
    }
    said
}

async fn all_said(world: &World, as_of: Option<&str>) -> Vec<Value> {
    let mut all = Vec::new();
    for report in REPORTS {
        all.push(said(world, report, as_of).await);
    }
    all
}

/// The flat rows of restatements by channel are the channels of the nested ones.
async fn holds_in_flat_rows(world: &World, list: &Value) {
    let flat = restatements(world, "&by=channel&shape=table").await;
    let nested = list["rows"].as_array().unwrap().iter().flat_map(|row| {
        let channels = row["rows"].as_array().unwrap().iter();
        channels.map(move |channel| {
            let moved = |metric: &str| channel["moved"][metric]["delta"].clone();
            json!([
                row["date"],
                row["at"],
                channel["channel"],
                moved("sales"),
                moved("revenue"),
                moved("clicks")
            ])
        })
    });
    let of = |row: &Value| {
        json!(
            ["date", "at", "channel", "sales_delta", "revenue_delta", "clicks_delta"]
                .map(|name| row[name].clone())
        )
    };
    let flat: Vec<Value> = flat.as_array().unwrap().iter().map(of).collect();
    assert!(!flat.is_empty());
    assert_eq!(flat, nested.collect::<Vec<_>>());
}

async fn restatements(world: &World, query: &str) -> Value {
    let answer = world.get(&format!("/v1/restatements?from={DAY}&to={DAY}{query}")).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// The sales of the day as of a time.
async fn sales_at(world: &World, as_of: &str) -> i64 {
    said(world, "summary?", Some(as_of)).await["metrics"]["sales"].as_i64().unwrap()
}

/// The sums of the channels and of the whole as of a time.
async fn sums_at(world: &World, as_of: &str) -> (i64, i64) {
    let channels = said(world, "channels?", Some(as_of)).await;
    let sales = |row: &Value| row["metrics"]["sales"].as_i64().unwrap();
    let parts = channels["rows"].as_array().unwrap().iter().map(sales).sum();
    (parts, sales_at(world, as_of).await)
}

#[tokio::test]
async fn every_change_of_a_sealed_day_is_listed_and_each_state_before_can_be_asked_for() {
    let world = sealed().await;
    let mut told: Vec<(String, Vec<Value>)> =
        vec![("2026-11-24T00:55:00Z".to_owned(), all_said(&world, None).await)];
    for hour in 1..=8 {
        world.turn_to(&format!("2026-11-24T{hour:02}:00:00Z"));
        match hour {
            1 => world.post(sale("c", "2026-11-23T06:00:00Z")).await,
            2 => world.post(campaign_sale("a", 30, "google", "cpc")).await,
            // The total stays as it is, and the channels do not.
            3 => world.post(campaign_sale("b", 20, "partner", "affiliate")).await,
            4 => {
                let mut void = sale("c", "2026-11-23T06:00:00Z");
                void["void"] = json!(true);
                world.post(void).await;
            }
            5 => {
                let refund = json!({"id": "r", "kind": "refund", "order": "order-a", "value": 5, "occurred_at": "2026-11-23T07:00:00Z"});
                world.post(refund).await;
            }
            6 => {
                let list =
                    world.get(&format!("/v1/conversions?from={DAY}&to={DAY}&order=order-b")).await.json();
                let path = format!("/v1/conversions/{}", list["conversions"][0]["id"].as_str().unwrap());
                let body = json!({"status": "rejected", "reason": "test order"});
                let answer = world.call(Method::PATCH, &path, &world.admin, Some(body)).await;
                assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
            }
            7 => tamper(&world).await,
            _ => {
                let body = json!({"from": DAY, "to": DAY});
                assert_eq!(
                    world.call(Method::POST, "/v1/rebuild", &world.admin, Some(body)).await.status,
                    202
                );
                world.seal().await;
            }
        }
        world.pump().await;
        told.push((format!("2026-11-24T{hour:02}:30:00Z"), all_said(&world, None).await));
    }
    world.turn_to("2026-11-25T12:00:00Z");
    world.pump().await;
    world.seal().await;

    // Every state differs from the one before, and is told again, without a look at anything below the days.
    let low: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&low);
    world.spy.listen(move |operation, body| {
        let pk = body["ExpressionAttributeValues"][":pk"]["S"].as_str().unwrap_or_default();
        if ["raw#", "min#", "hour#", "late#"].iter().any(|below| pk.starts_with(below)) {
            heard.lock().unwrap().push(format!("{operation} {pk}"));
        }
    });
    for (index, (moment, then)) in told.iter().enumerate() {
        assert!(index == 0 || *then != told[index - 1].1, "nothing changed before {moment}");
        for (report, (now, then)) in REPORTS.iter().zip(all_said(&world, Some(moment)).await.iter().zip(then))
        {
            assert_eq!(now, then, "{report} as of {moment}");
        }
    }
    assert_eq!(*low.lock().unwrap(), Vec::<String>::new());
    world.spy.stop();

    let list = restatements(&world, "&by=channel").await;
    holds_in_flat_rows(&world, &list).await;
    let rows = list["rows"].as_array().unwrap();
    let reasons: Vec<String> = rows
        .iter()
        .map(|row| {
            row["reasons"]
                .as_array()
                .unwrap()
                .iter()
                .map(|word| word.as_str().unwrap())
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let expected =
        ["rebuild", "changed", "decision", "refund", "void", "amendment", "amendment", "late_events"];
    assert_eq!(reasons, expected);
    assert_eq!((&list["complete"], &list["next"]), (&json!(true), &Value::Null));
    for (index, row) in rows.iter().enumerate() {
        assert_eq!(row["at"], format!("2026-11-24T{:02}:00:00.000Z", 8 - index), "{row}");
        assert_eq!(
            (&row["date"], &row["version"], &row["versions"]),
            (&json!(DAY), &json!(8 - index), &json!(8))
        );
    }
    let (late, amended, moved) = (&rows[7], &rows[6], &rows[5]);
    assert_eq!(late["moved"]["sales"], json!({"before": 2, "after": 3, "delta": 1}));
    assert_eq!(late["moved"]["refund_rate"], Value::Null, "what is the same is not told");
    assert_eq!(amended["moved"]["revenue"], json!({"before": 40, "after": 60, "delta": 20}));
    assert_eq!(moved["moved"], json!({}));
    assert!(moved["views"].as_array().unwrap().contains(&json!("channel")), "{moved}");
    let channels: BTreeMap<&str, &Value> = moved["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["channel"].as_str().unwrap(), &row["moved"]["sales"]["delta"]))
        .collect();
    assert_eq!(channels, BTreeMap::from([("affiliate", &json!(1)), ("email", &json!(-1))]));
    let undefined = &rows[0]["moved"]["aov"];
    assert_eq!(undefined["before"], Value::Null, "tampered to nothing: {undefined}");
}

/// Overwrites the day with nothing, as no fold would.
async fn tamper(world: &World) {
    let state = world.store().state(&world.site).await.unwrap().unwrap();
    let nothing = Rollup { stamp: state.stamp(), n: 1_000, ..Rollup::default() };
    world.store().put_day(&world.site, DAY.parse().unwrap(), &nothing, world.now()).await.unwrap();
}

#[tokio::test]
async fn an_answer_as_of_a_time_has_the_days_that_were_sealed_then_and_says_which() {
    let world = sealed().await;
    world.turn_to("2026-11-24T11:00:00Z");
    world.post(sale("d", "2026-11-24T10:00:00Z")).await;
    // A rebuild folds the running day, too. That seals nothing.
    let body = json!({"from": DAY, "to": "2026-11-24"});
    assert_eq!(world.call(Method::POST, "/v1/rebuild", &world.admin, Some(body)).await.status, 202);
    world.pump().await;
    world.turn_to("2026-11-24T12:00:00Z");
    world.seal().await;
    world.turn_to("2026-11-25T00:20:00Z");
    world.seal().await;
    world.turn_to("2026-11-26T08:00:00Z");
    world.seal().await;
    let get = async |query: &str| {
        world.get(&format!("/v1/reports/timeseries?from=2026-11-22&to=2026-11-25&{query}")).await.json()
    };
    let answer = get("as_of=2026-11-24T13:00:00Z").await;
    assert_eq!((&answer["as_of"], &answer["sealed_through"]), (&json!("2026-11-24T13:00:00Z"), &json!(DAY)));
    assert_eq!(answer["left_out"], json!({"from": "2026-11-24", "to": "2026-11-25"}));
    assert_eq!(
        (&answer["complete_through"], &answer["counted_to"]),
        (&Value::Null, &json!("2026-11-24T00:00:00Z"))
    );
    assert_eq!(answer["query"]["as_of"], "2026-11-24T13:00:00Z");
    assert!(answer.get("warnings").is_none(), "{answer}");
    let days = |answer: &Value| -> Vec<(String, i64)> {
        let row = |row: &Value| {
            (row["start"].as_str().unwrap().to_owned(), row["metrics"]["sales"].as_i64().unwrap())
        };
        answer["rows"].as_array().unwrap().iter().map(row).collect()
    };
    assert_eq!(days(&answer), [("2026-11-22".to_owned(), 0), (DAY.to_owned(), 2)]);
    let now = get("").await;
    assert_eq!(days(&now)[2], ("2026-11-24".to_owned(), 1));
    assert!(now.get("sealed_through").is_none() && now.get("left_out").is_none());
    // Before the first day was over nothing but the days before the site was sealed, and empty.
    let first = get("as_of=2026-11-23T06:00:00Z").await;
    assert_eq!(
        (days(&first), &first["sealed_through"]),
        (vec![("2026-11-22".to_owned(), 0)], &json!("2026-11-22"))
    );
    // The usual days end with the day of then, and a comparison takes as many days as were sealed.
    let usual = world.get("/v1/reports/summary?as_of=2026-11-24T13:00:00Z").await.json();
    assert_eq!((&usual["query"]["to"], &usual["metrics"]["sales"]), (&json!("2026-11-24"), &json!(2)));
    let path =
        "/v1/reports/timeseries?from=2026-11-24&to=2026-11-25&compare=previous&as_of=2026-11-25T13:00:00Z";
    let compared = world.get(path).await.json();
    assert_eq!(days(&compared), [("2026-11-24".to_owned(), 1)]);
    assert_eq!(
        (&compared["previous"]["from"], &compared["previous"]["to"]),
        (&json!("2026-11-22"), &json!(DAY))
    );
    // An answer that may still change says so.
    let fresh = world.get("/v1/reports/summary?as_of=2026-11-26T07:59:00Z").await.json();
    assert!(fresh["warnings"][0].as_str().unwrap().contains("15 minutes"), "{fresh}");
    assert_eq!(fresh["sealed_through"], "2026-11-24", "the note came with the run at eight");
}

#[tokio::test]
async fn what_cannot_be_told_as_of_a_time_says_why() {
    let world = sealed().await;
    for (path, says) in [
        (
            "reports/summary?as_of=2026-11-24T00:50:01Z",
            "as_of must be a time that is over; now it is 2026-11-24T00:50:00.000Z",
        ),
        (
            "reports/summary?as_of=2026-11-23T05:00:29Z",
            "as_of lies before 2026-11-23T05:00:30.000Z, when the site was made",
        ),
        ("reports/summary?as_of=yesterday", "as_of must be a time such as"),
        ("reports/summary?as_of=2026-11-23", "as_of must be a time such as"),
        (
            "reports/summary?as_of=2026-11-23T06:00:00Z&as_of=2026-11-23T07:00:00Z",
            "as_of is given more than once",
        ),
        ("reports/summary?asof=2026-11-23T06:00:00Z", "did you mean as_of?"),
        ("reports/timeseries?interval=hour&as_of=2026-11-23T06:00:00Z", "only days are kept, not hours"),
        ("reports/cohorts?as_of=2026-11-23T06:00:00Z", "as_of is served by summary, channels"),
        ("reports/clv?as_of=2026-11-23T06:00:00Z", "as_of is served by summary, channels"),
        ("conversions?as_of=2026-11-23T06:00:00Z", "as_of is served by summary, channels"),
        ("restatements?as_of=2026-11-23T06:00:00Z", "as_of is served by summary, channels"),
        ("restatements?since=2026-11-23T06:00:00Z&until=2026-11-23T05:00:00Z", "since is after until"),
        ("restatements?since=2027-01-01T00:00:00Z", "since must be a time that is over"),
        ("restatements?limit=0", "limit must be a whole number"),
        ("restatements?by=campaign", "by must be one of channel"),
        ("restatements?cursor=x", "the cursor belongs to another question"),
        ("restatements?form=2026-11-23", "did you mean from?"),
    ] {
        let answer = world.get(&format!("/v1/{path}")).await;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(answer.status == 422 && body.contains(says), "{path}: {} {body}", answer.status);
    }
    // A plus that was not escaped is one all the same, and a zone is as good as another.
    for time in ["2026-11-24T01:50:00+01:00", "2026-11-24T01:50:00%2B01:00", "2026-11-24T00:50:00Z"] {
        assert_eq!(sales_at(&world, time).await, 2, "{time}");
    }
}

#[tokio::test]
async fn a_flat_format_has_as_many_restatements_as_a_page_can_hold() {
    let world = sealed().await;
    let first: chrono::NaiveDate = "2026-07-01".parse().unwrap();
    let days: Vec<Value> = (0..101)
        .map(|number| {
            sale(&format!("d{number}"), &format!("{}T06:00:00Z", first + chrono::Days::new(number)))
        })
        .collect();
    world.post(json!(days)).await;
    world.pump().await;
    world.seal().await;
    let path = format!("/v1/restatements?from={first}&to={DAY}");
    let page = world.get(&path).await.json();
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["complete"]), (100, &json!(false)));
    let flat = world.get(&format!("{path}&format=csv")).await;
    let text = String::from_utf8_lossy(&flat.body);
    assert_eq!((flat.status, text.lines().count()), (200, 102), "{text}");
}

#[tokio::test]
async fn restatements_come_page_by_page_within_bounds_and_of_the_keys_site_alone() {
    let world = sealed().await;
    let (_, other) = world.another_site("other").await;
    assert_eq!(restatements(&world, "").await["rows"], json!([]));
    for hour in 1..=3 {
        world.turn_to(&format!("2026-11-24T{hour:02}:00:00Z"));
        world
            .post(json!([
                sale(&format!("d{hour}"), "2026-11-23T06:00:00Z"),
                sale(&format!("e{hour}"), "2026-11-22T06:00:00Z")
            ]))
            .await;
        world.pump().await;
    }
    let get = async |query: &str| {
        world.get(&format!("/v1/restatements?from=2026-11-22&to={DAY}{query}")).await.json()
    };
    let all = get("").await;
    let places = |list: &Value| -> Vec<String> {
        let place = |row: &Value| {
            format!(
                "{} {} {}",
                &row["at"].as_str().unwrap()[11..13],
                row["date"].as_str().unwrap(),
                row["version"]
            )
        };
        list["rows"].as_array().unwrap().iter().map(place).collect()
    };
    let expected = [
        "03 2026-11-23 3",
        "03 2026-11-22 3",
        "02 2026-11-23 2",
        "02 2026-11-22 2",
        "01 2026-11-23 1",
        "01 2026-11-22 1",
    ];
    assert_eq!(places(&all), expected);
    // The day before the site was sealed and empty when it was made.
    assert_eq!(all["rows"][5]["moved"]["sales"], json!({"before": 0, "after": 1, "delta": 1}));
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&format!("&limit=4{cursor}")).await;
        pages.extend(places(&page));
        let Some(next) = page["next"].as_str() else {
            assert_eq!(page["complete"], true);
            break;
        };
        assert_eq!(page["complete"], false);
        cursor = format!("&cursor={next}");
    }
    assert_eq!(pages, expected);
    let answer = world.get(&format!("/v1/restatements?from={DAY}&to={DAY}{cursor}")).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (422, &json!("foreign_cursor")));
    let within = get("&since=2026-11-24T02:00:00Z&until=2026-11-24T02:59:00Z").await;
    assert_eq!(places(&within), expected[2..4]);
    let path = format!("/v1/restatements?from=2026-11-22&to={DAY}");
    let theirs = world.call(Method::GET, &path, &other, None).await.json();
    assert_eq!((&theirs["site"], &theirs["rows"]), (&json!("other"), &json!([])));
    let path = format!("/v1/reports/summary?from=2026-11-22&to={DAY}&as_of=2026-11-24T02:30:00Z");
    assert_eq!(world.call(Method::GET, &path, &other, None).await.json()["metrics"]["sales"], 0);
}

#[tokio::test]
async fn a_fold_that_finds_nothing_else_leaves_no_version_and_writes_nothing_twice() {
    let world = sealed().await;
    world.turn_to("2026-11-24T01:00:00Z");
    // The same content in another batch is counted, and changes no row.
    world.post(campaign_sale("a", 10, "google", "cpc")).await;
    world.pump().await;
    let (site, day) = (world.site().await, DAY.parse().unwrap());
    let versions = world.store().day_versions(&site.id, View::TOTAL, (day, day)).await.unwrap();
    assert_eq!(versions[&day].len(), 1);
    assert_eq!(restatements(&world, "").await["rows"], json!([]));
    let stamp = world.store().state(&site.id).await.unwrap().unwrap().stamp();
    let (folded, cost) = metered(world.store().fold_day(&site, day, stamp, world.now())).await;
    folded.unwrap();
    assert_eq!(cost.write().text(), "0");
    // What changed is kept once: the views that have one row more, and the total, beside the day itself.
    world.post(sale("c", "2026-11-23T06:00:00Z")).await;
    let (_, cost) = metered(world.pump()).await;
    let versions = world.store().day_versions(&site.id, View::TOTAL, (day, day)).await.unwrap();
    let moved = versions[&day].values().next_back().unwrap().moved.len();
    println!("a late event costs {cost}, {moved} views of {} moved", View::all().count());
    assert_eq!(versions[&day].len(), 2);
    assert!((10..=20).contains(&moved), "{moved}");
}

#[tokio::test]
async fn a_fold_that_is_cut_off_before_its_total_is_not_seen_and_the_next_one_completes_it() {
    let world = sealed().await;
    world.turn_to("2026-11-24T01:00:00Z");
    world.post(sale("c", "2026-11-23T06:00:00Z")).await;
    world.spy.refuse(|operation, body| {
        operation == "PutItem" && body["Item"]["pk"]["S"].as_str().unwrap().starts_with("day#shop#total")
    });
    world.system.pump().await.unwrap();
    world.spy.stop();
    world.turn_to("2026-11-24T02:00:00Z");
    assert_eq!(sums_at(&world, "2026-11-24T01:30:00Z").await, (2, 2));
    world.pump().await;
    world.turn_to("2026-11-24T03:00:00Z");
    assert_eq!(sums_at(&world, "2026-11-24T01:30:00Z").await, (2, 2));
    assert_eq!(sums_at(&world, "2026-11-24T02:30:00Z").await, (3, 3));
}

#[tokio::test]
async fn a_day_is_folded_from_hours_that_are_whole() {
    let world = sealed().await;
    world.turn_to("2026-11-24T01:00:00Z");
    world.post(sale("c", "2026-11-23T06:00:00Z")).await;
    world.pump().await;
    world.turn_to("2026-11-24T02:00:00Z");
    // Whoever folds the hour is cut off before its total, and somebody else folds the day.
    world.post(sale("d", "2026-11-23T06:00:00Z")).await;
    world.spy.refuse(|operation, body| {
        operation == "PutItem" && body["Item"]["pk"]["S"].as_str().unwrap().starts_with("hour#shop#total")
    });
    world.system.pump().await.unwrap();
    world.spy.stop();
    let (site, stamp) =
        (world.site().await, world.store().state(&world.site).await.unwrap().unwrap().stamp());
    world.store().fold_day(&site, DAY.parse().unwrap(), stamp, world.now()).await.unwrap();
    world.turn_to("2026-11-24T03:00:00Z");
    assert_eq!(sums_at(&world, "2026-11-24T02:30:00Z").await, (4, 4));
    assert_eq!(sums_at(&world, "2026-11-24T01:30:00Z").await, (3, 3));
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_overwritten() {
    let world = sealed().await;
    world.turn_to("2026-11-24T01:00:00Z");
    world.post(sale("c", "2026-11-23T06:00:00Z")).await;
    world.spy.refuse(|operation, body| {
        operation == "PutItem" && body["Item"]["pk"]["S"].as_str().unwrap().starts_with("past#")
    });
    world.system.pump().await.unwrap();
    world.spy.stop();
    let day = DAY.parse().unwrap();
    for view in View::all() {
        let days = world.store().days(&world.site, view, (day, day)).await.unwrap();
        assert_eq!(days[&day].n, 2, "{view:?}");
    }
    world.pump().await;
    assert_eq!(world.sales(DAY, DAY).await, 3);
}

/// A day of so many sales by e-mail, of which `n` versions were seen.
fn day_of(n: u64, stamp: Stamp) -> Rollup {
    let counts = Counts { sales: n, ..Counts::default() };
    let rows = |values: &[&str]| {
        let mut rows = Rows::default();
        rows.add(values.iter().map(|value| (*value).to_owned()).collect(), &counts, true);
        rows
    };
    let views = BTreeMap::from([(View::TOTAL, rows(&[])), (View::CHANNEL, rows(&["email"]))]);
    Rollup { stamp, n, tally: Some(Tally { events: n, ..Tally::default() }), views, ..Rollup::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_fold_a_day_at_once_neither_overwrites_what_it_has_not_read() {
    let world = Arc::new(World::new("2026-11-23T05:00:30Z").await);
    let (day, stamp) =
        (DAY.parse().unwrap(), world.store().state(&world.site).await.unwrap().unwrap().stamp());
    let put = async |world: &World, n, time| {
        world.store().put_day(&world.site, day, &day_of(n, stamp), at(time)).await.unwrap()
    };
    assert_eq!(put(&world, 2, "2026-11-24T01:00:00Z").await, Written::Stored);
    // Just before the one that saw more keeps anything, another one is there and through.
    let (other, done) = (Arc::clone(&world), AtomicUsize::new(0));
    let handle = tokio::runtime::Handle::current();
    world.spy.listen(move |operation, body| {
        let kept = body["Item"]["pk"]["S"].as_str().unwrap_or_default().starts_with("past#");
        if operation == "PutItem" && kept && done.fetch_add(1, Ordering::SeqCst) == 0 {
            let folded = async {
                let day = DAY.parse().unwrap();
                other.store().put_day(&other.site, day, &day_of(3, stamp), at("2026-11-24T02:00:00Z")).await
            };
            assert_eq!(tokio::task::block_in_place(|| handle.block_on(folded)).unwrap(), Written::Stored);
        }
    });
    assert_eq!(put(&world, 4, "2026-11-24T01:30:00Z").await, Written::Stored);
    world.spy.stop();
    for view in [View::TOTAL, View::CHANNEL] {
        let versions = world.store().day_versions(&world.site, view, (day, day)).await.unwrap();
        let sales: Vec<u64> = versions[&day].values().map(|version| version.rows.total().sales).collect();
        assert_eq!(sales, [2, 3, 4], "{}", view.name());
    }
    // One that saw less than what stands is refused, and leaves nothing behind.
    assert!(matches!(put(&world, 3, "2026-11-24T05:00:00Z").await, Written::Overtaken(_)));
    let versions = world.store().day_versions(&world.site, View::TOTAL, (day, day)).await.unwrap();
    assert_eq!(versions[&day].len(), 3);
}

#[tokio::test]
async fn a_writer_whose_clock_is_behind_comes_after_what_it_overwrites() {
    let world = sealed().await;
    for (time, id) in [("2026-11-24T03:00:00Z", "c"), ("2026-11-24T02:00:00Z", "d")] {
        world.turn_to(time);
        world.post(sale(id, "2026-11-23T06:00:00Z")).await;
        world.pump().await;
    }
    world.turn_to("2026-11-24T04:00:00Z");
    for (time, sales) in [
        ("2026-11-24T02:30:00Z", 2),
        ("2026-11-24T02:59:59.999Z", 2),
        ("2026-11-24T03:00:00Z", 3),
        ("2026-11-24T03:00:00.001Z", 4),
    ] {
        assert_eq!(sums_at(&world, time).await, (sales, sales), "{time}");
    }
}

#[tokio::test]
async fn the_total_of_a_past_time_is_read_before_what_it_decides_on() {
    let world = sealed().await;
    let calls: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&calls);
    world.spy.listen(move |_, body| {
        heard
            .lock()
            .unwrap()
            .push(body["ExpressionAttributeValues"][":pk"]["S"].as_str().unwrap_or_default().to_owned());
    });
    said(&world, "channels?", Some("2026-11-24T00:50:00Z")).await;
    let calls = calls.lock().unwrap().clone();
    let place = |pk: &str| calls.iter().position(|call| call == pk).unwrap();
    assert!(place("day#shop#total#2026") < place("day#shop#channel#2026"), "{calls:?}");
}

#[tokio::test]
async fn a_seal_is_noted_once_it_is_there_and_a_note_that_was_lost_with_the_next_hour() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.pump().await;
    let through = async |time: &str| {
        let moment = at(time).timestamp_millis();
        world.store().sealed_through(&world.site, moment).await.unwrap().unwrap().to_string()
    };
    // Cut off before the seal.
    world.turn_to("2026-11-24T00:15:00Z");
    world.spy.refuse(|operation, body| {
        operation == "UpdateItem" && body["ExpressionAttributeNames"]["#name"] == "sealed"
    });
    assert_eq!(world.system.seal(std::time::Duration::MAX).await.unwrap(), 1);
    assert_eq!(through("2026-11-24T00:15:00Z").await, "2026-11-22");
    // Cut off behind it.
    world.turn_to("2026-11-24T00:20:00Z");
    world.spy.refuse(|operation, body| operation == "PutItem" && body["Item"]["pk"]["S"] == "seals#shop");
    assert_eq!(world.system.seal(std::time::Duration::MAX).await.unwrap(), 1);
    world.spy.stop();
    world.turn_to("2026-11-24T01:15:00Z");
    world.seal().await;
    assert_eq!(through("2026-11-24T01:14:59Z").await, "2026-11-22");
    assert_eq!(through("2026-11-24T01:15:00Z").await, DAY);
    // Other hours of the day write no note.
    world.turn_to("2026-11-24T02:15:00Z");
    world.seal().await;
    let seals = world.store().seals(&world.site).await.unwrap();
    assert_eq!(seals.sealed_at(DAY.parse().unwrap()), Some(at("2026-11-24T01:15:00Z").timestamp_millis()));
}

#[tokio::test]
async fn what_is_sealed_first_is_no_restatement_though_a_clock_was_ahead() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let site = world.site().await;
    world.turn_to("2026-11-24T00:50:00Z");
    let state = world.store().state(&site.id).await.unwrap().unwrap();
    let closing = seal::due(&site, &state, world.now()).unwrap();
    seal::raise(world.store(), &site, closing).await.unwrap();
    // Aggregate folds the day while it is being closed, and seal finds one event more.
    world.turn_to("2026-11-24T00:50:03Z");
    world.post(sale("a", "2026-11-23T05:00:01Z")).await;
    world.pump().await;
    world.post(sale("b", "2026-11-23T05:00:01Z")).await;
    world.turn_to("2026-11-24T00:50:00Z");
    world.seal().await;
    world.turn_to("2026-11-24T01:00:00Z");
    assert_eq!(restatements(&world, "").await["rows"], json!([]));
    assert_eq!(sums_at(&world, "2026-11-24T00:50:04Z").await, (2, 2));
    let early = world
        .get(&format!("/v1/reports/summary?from={DAY}&to={DAY}&as_of=2026-11-24T00:50:03Z"))
        .await
        .json();
    assert_eq!((&early["sealed_through"], &early["left_out"]["from"]), (&json!("2026-11-22"), &json!(DAY)));
}

#[tokio::test]
async fn a_day_of_a_release_without_versions_stood_since_ever() {
    let world = sealed().await;
    let table = || world.store().table().to_owned();
    for view in View::all() {
        let client = world.store().client();
        client
            .update_item()
            .table_name(table())
            .key("pk", AttributeValue::S(format!("day#shop#{}#2026", view.name())))
            .key("sk", AttributeValue::S("11-23".to_owned()))
            .update_expression("REMOVE #since, folded, why, moved, t")
            .expression_attribute_names("#since", "since")
            .send()
            .await
            .unwrap();
    }
    world.turn_to("2026-11-24T01:00:00Z");
    world.post(sale("c", "2026-11-23T06:00:00Z")).await;
    world.pump().await;
    world.turn_to("2026-11-24T02:00:00Z");
    assert_eq!(sums_at(&world, "2026-11-24T00:55:00Z").await, (2, 2));
    assert_eq!(sums_at(&world, "2026-11-24T01:30:00Z").await, (3, 3));
    let rows = restatements(&world, "").await["rows"].clone();
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["reasons"]), (1, &json!(["changed"])));
}

#[tokio::test]
async fn the_views_that_moved_are_read_as_earlier_releases_noted_them() {
    let world = sealed().await;
    world.turn_to("2026-11-24T01:00:00Z");
    world.post(sale("c", "2026-11-23T06:00:00Z")).await;
    world.pump().await;
    let views = async || restatements(&world, "").await["rows"][0]["views"].clone();
    let noted = views().await;
    assert!(noted.as_array().unwrap().len() > 10, "{noted}");
    let note = async |moved: AttributeValue| {
        let client = world.store().client();
        let update = client.update_item().table_name(world.store().table());
        let update = update.key("pk", AttributeValue::S("day#shop#total#2026".to_owned()));
        let update = update.key("sk", AttributeValue::S("11-23".to_owned()));
        let update = update.update_expression("SET moved = :moved");
        update.expression_attribute_values(":moved", moved).send().await.unwrap();
        views().await
    };
    let named = note(AttributeValue::S("channel,device,kind+name".to_owned())).await;
    assert_eq!(named, json!(["channel", "device", "kind+name"]));
    assert_eq!(note(AttributeValue::S(String::new())).await, json!([]));
    assert_eq!(note(AttributeValue::N("6".to_owned())).await, json!(["channel", "source+medium"]));
}

#[tokio::test]
async fn history_that_is_imported_is_a_restatement_and_keeps_copies_only_of_days_that_it_comes_back_to() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let history = |id: &str| -> Value {
        let day = |day: u32| sale(&format!("{id}{day}"), &format!("2026-10-{day:02}T05:30:00Z"));
        (1..=30).map(day).collect()
    };
    let copies = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&copies);
    world.spy.listen(move |operation, body| {
        let past = body["Item"]["pk"]["S"].as_str().unwrap_or_default().starts_with("past#");
        counted.fetch_add(usize::from(operation == "PutItem" && past), Ordering::Relaxed);
    });
    let mut costs = Vec::new();
    for (time, id) in [("2026-11-23T05:10:00Z", "e"), ("2026-11-23T05:40:00Z", "f")] {
        world.turn_to(time);
        world.post(history(id)).await;
        let (_, cost) = metered(async {
            world.pump().await;
            world.seal().await;
        })
        .await;
        costs.push((cost.write(), cost.read(), copies.load(Ordering::Relaxed)));
    }
    let [(first, _, none), (again, _, kept)] = [costs[0], costs[1]];
    println!(
        "30 days imported: {first} write units; again: {again}, {kept} copies; read units {} and {}",
        costs[0].1, costs[1].1
    );
    assert_eq!(none, 0);
    assert!((30 * 10..=30 * 20).contains(&kept), "{kept}");
    assert!(again + again < first + first + first, "half as much again at most: {again} and {first}");
    let get =
        async |query: &str| world.get(&format!("/v1/{query}from=2026-10-01&to=2026-10-31")).await.json();
    for (time, sales) in [("05:00:30", 0), ("05:20:00", 30), ("05:40:00", 60)] {
        let answer = get(&format!("reports/summary?as_of=2026-11-23T{time}Z&")).await;
        assert_eq!(
            (&answer["metrics"]["sales"], &answer["left_out"]),
            (&json!(sales), &Value::Null),
            "{time}"
        );
    }
    let list = get("restatements?limit=1000&").await;
    let rows = list["rows"].as_array().unwrap();
    assert!(rows.len() == 60 && rows.iter().all(|row| row["reasons"] == json!(["late_events"])), "{list}");
}
