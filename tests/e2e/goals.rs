//! Goals: four of them on a fixed data set, at named dates, against figures computed by hand.

use axum::http::Method;
use chrono::{Datelike, Duration, NaiveDate, Weekday};
use reckon_core::domain::dimension::Dimension;
use serde_json::{Value, json};

use crate::support::{World, at};

/// Every day from 2026-10-01, a Thursday, to 2026-11-16, a Monday:
/// - Monday to Friday a sale at 03:00 that came by e-mail, and direct ones at 09:00, 15:00 and 21:00;
/// - Saturday and Sunday one direct sale at 09:00;
/// - 10.00 of spend at 01:00.
async fn filled() -> World {
    let world = World::new("2026-11-16T12:00:00Z").await;
    let first: NaiveDate = "2026-10-01".parse().unwrap();
    let mut events = Vec::new();
    for date in (0..47).map(|number| first + Duration::days(number)) {
        let weekend = matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let hours: &[u32] = if weekend { &[9] } else { &[3, 9, 15, 21] };
        events.push(json!({"id": format!("spend-{date}"), "kind": "spend", "value": "10.00", "occurred_at": format!("{date}T01:00:00Z")}));
        for hour in hours {
            let mut sale = json!({"id": format!("sale-{date}-{hour}"), "kind": "sale", "value": "25.00",
                                  "occurred_at": format!("{date}T{hour:02}:00:00Z")});
            if *hour == 3 {
                sale["utm"] = json!({"source": "letter", "medium": "email"});
            }
            events.push(sale);
        }
    }
    // What lies after the noon of the last day has not happened yet.
    events.retain(|event| at(event["occurred_at"].as_str().unwrap()) <= at("2026-11-16T12:00:00Z"));
    world.post(json!(events)).await;
    world.pump().await;
    world.seal().await;
    world
}

/// Makes a goal and answers its id.
async fn goal(world: &World, body: Value) -> String {
    let made = world.call(Method::POST, "/v1/goals", &world.admin, Some(body)).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    made.json()["id"].as_str().unwrap().to_owned()
}

/// The progress of a goal on a day: actual, share, expected by now, projected, status.
async fn progress(world: &World, id: &str, on: &str) -> [Value; 5] {
    let answer = world.get(&format!("/v1/goals/{id}/progress?on={on}")).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let answer = answer.json();
    ["actual", "share", "expected_by_now", "projected", "status"].map(|name| answer[name].clone())
}

#[tokio::test]
async fn four_goals_stand_as_computed_by_hand() {
    let world = filled().await;
    let november = json!({"from": "2026-11-01", "to": "2026-11-30"});

    // At least 100 sales in November, looked at on Monday the 16th at noon.
    // From 10-01 to 11-15 are 46 days, so 6 whole weeks: a weekday weighs 6 * 4 = 24, a weekend day 6 * 1 = 6.
    // November has 21 weekdays and 9 weekend days: 21 * 24 + 9 * 6 = 558.
    // Gone by: 10 weekdays, 5 weekend days and half a Monday: 240 + 30 + 12 = 282.
    // Actual 10 * 4 + 5 * 1 + 2 = 47; expected 100 * 282 / 558 = 50.537634; projected 47 * 558 / 282 = 93: at risk.
    let sales = json!({"name": "November sales", "metric": "sales", "target": 100, "direction": "at_least", "period": november});
    let sales = goal(&world, sales).await;
    let [actual, share, expected, projected, status] = progress(&world, &sales, "2026-11-16").await;
    assert_eq!((actual, share, expected), (json!(47), json!(0.47), json!(50.537634)));
    assert_eq!((projected, status), (json!(93), json!("at_risk")));
    // Before it begins; and on the 10th, seen from the end of that day: 7 weekdays and 3 weekend days, 31 sales.
    // From 10-01 to 11-09 are 40 days, so 5 weeks: 20 and 5. Whole 21 * 20 + 9 * 5 = 465, gone by 7 * 20 + 3 * 5 = 155.
    // Expected 100 * 155 / 465 = 33.333333; projected 31 * 465 / 155 = 93.
    assert_eq!(progress(&world, &sales, "2026-10-31").await[4], "not_started");
    assert_eq!(
        progress(&world, &sales, "2026-11-10").await,
        [json!(31), json!(0.31), json!(33.333333), json!(93), json!("at_risk")]
    );

    // A cost per acquisition of at most 3.50: 16 days of 10.00 over 47 sales make 3.404255.
    // A ratio is expected to be the target and projected to stay: 3.404255 / 3.5 = 0.972644, on track.
    let cpa =
        json!({"name": "CPA", "metric": "cpa", "target": "3.50", "direction": "at_most", "period": november});
    let cpa = goal(&world, cpa).await;
    assert_eq!(
        progress(&world, &cpa, "2026-11-16").await,
        [json!(3.404255), json!(0.972644), json!(3.5), json!(3.404255), json!("on_track")]
    );
    // On Sunday the 1st one sale for 10.00: 10 is more than 3.5 / 0.9 = 3.888889, so off track.
    assert_eq!(progress(&world, &cpa, "2026-11-01").await[4], "off_track");

    // 20 sales by e-mail every month. Only weekdays bring any: 21 of them weigh 21 * 6 = 126, gone by 10.5 * 6 = 63.
    // Actual 11; expected 20 * 63 / 126 = 10; projected 11 * 126 / 63 = 22: on track.
    let email = json!({"name": "E-mail", "metric": "sales", "target": 20, "direction": "at_least",
                       "period": {"every": "month"}, "filters": {"channel": ["email"]}});
    let email = goal(&world, email).await;
    assert_eq!(
        progress(&world, &email, "2026-11-16").await,
        [json!(11), json!(0.55), json!(10), json!(22), json!("on_track")]
    );
    // On 10-20 there are 19 days before, so no four weeks: time alone counts. 14 weekdays have brought 14.
    // Expected 20 * 20 / 31 = 12.903226; projected 14 * 31 / 20 = 21.7.
    assert_eq!(
        progress(&world, &email, "2026-10-20").await,
        [json!(14), json!(0.7), json!(12.903226), json!(21.7), json!("on_track")]
    );
    // October is over with 22 weekdays: achieved.
    let over = world.get(&format!("/v1/goals/{email}/progress?on=2026-10-31")).await.json();
    assert_eq!(
        (&over["period"]["from"], &over["actual"], &over["status"]),
        (&json!("2026-10-01"), &json!(22), &json!("achieved"))
    );

    // Leads of the week, of which there are none, half a day into it: too little to project from.
    let leads = json!({"name": "Leads", "metric": "leads", "target": 5, "direction": "at_least", "period": {"every": "week"}});
    let leads = goal(&world, leads).await;
    let answer = world.get(&format!("/v1/goals/{leads}/progress?on=2026-11-16")).await.json();
    assert_eq!(
        (&answer["actual"], &answer["projected"], &answer["status"]),
        (&json!(0), &json!(null), &json!(null)),
        "{answer}"
    );
    let reason = answer["reasons"]["projected"].as_str().unwrap();
    assert!(reason.contains("too little"), "{reason}");
    assert_eq!(answer["goal"]["name"], "Leads");
    // And a ratio without its denominator: nobody clicked.
    let cvr = json!({"name": "CVR", "metric": "cvr", "target": "0.02", "direction": "at_least", "period": {"every": "quarter"}});
    let cvr = goal(&world, cvr).await;
    let answer = world.get(&format!("/v1/goals/{cvr}/progress")).await.json();
    assert_eq!((&answer["actual"], &answer["reasons"]["actual"]), (&json!(null), &json!("no clicks")));
}

#[tokio::test]
async fn goals_are_listed_replaced_and_deleted() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let empty = world.get("/v1/goals").await.json();
    assert_eq!(empty, json!({"goals": [], "next": null, "complete": true}));
    let body = json!({"name": "A", "metric": "roas", "target": 4, "direction": "at_least", "period": {"every": "month"}});
    let id = goal(&world, body.clone()).await;
    let path = format!("/v1/goals/{id}");
    // As it was read, with another target.
    let mut other = world.get(&path).await.json();
    other["target"] = json!("5.25");
    let replaced = world.call(Method::PUT, &path, &world.admin, Some(other)).await;
    assert_eq!((replaced.status, &replaced.json()["target"]), (200, &json!(5.25)));
    assert_eq!(world.get(&path).await.json()["target"], json!(5.25));
    assert_eq!(world.get("/v1/goals").await.json()["goals"].as_array().unwrap().len(), 1);
    assert_eq!(world.call(Method::DELETE, &path, &world.admin, None).await.status, 204);
    assert_eq!(world.get(&format!("/v1/goals/{}", "x".repeat(3_000))).await.status, 404);
    for (method, body) in [(Method::GET, None), (Method::DELETE, None), (Method::PUT, Some(body))] {
        assert_eq!(world.call(method.clone(), &path, &world.admin, body).await.status, 404, "{method}");
    }
}

#[tokio::test]
async fn everything_wrong_with_a_goal_is_told_at_once() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let wrong = json!({"name": "", "metric": "slaes", "target": "x", "direction": "up", "period": {"every": "day"},
                       "filters": {"chanel": ["email"]}});
    let answer = world.call(Method::POST, "/v1/goals", &world.admin, Some(wrong)).await;
    assert_eq!(answer.status, 422);
    let pointers: Vec<_> =
        answer.json()["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect();
    assert_eq!(pointers, ["/name", "/metric", "/direction", "/target", "/period/every", "/filters/chanel"]);
    let together = json!({"name": "A", "metric": "sales", "target": 4, "direction": "at_least", "period": {"every": "month"},
                          "filters": {"country": ["DE"], "device": ["tv"]}});
    let answer = world.call(Method::POST, "/v1/goals", &world.admin, Some(together)).await;
    assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("not_served")));
}

/// Makes a goal of that name and metric around November 2026, and what else it has.
async fn november(world: &World, name: &str, metric: &str, more: Value) -> String {
    let mut body = json!({"name": name, "metric": metric, "target": 100, "direction": "at_least",
                          "period": {"from": "2026-11-01", "to": "2026-11-30"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    goal(world, body).await
}

#[tokio::test]
async fn all_goals_at_once_stand_as_each_by_itself_and_share_their_reads() {
    let world = filled().await;
    november(&world, "Sales", "sales", json!({})).await;
    november(&world, "Revenue", "revenue", json!({})).await;
    november(&world, "E-mail", "sales", json!({"filters": {"channel": ["email"]}})).await;
    november(&world, "Direct", "sales", json!({"filters": {"channel": ["direct"]}})).await;
    // One that looks further back than the others: what it reads must not become the others' first data.
    november(&world, "Autumn", "sales", json!({"period": {"from": "2026-09-01", "to": "2026-11-30"}})).await;
    november(&world, "CPA", "cpa", json!({"direction": "at_most", "target": "3.50"})).await;
    for on in ["2026-11-16", "2026-11-10", "2026-10-20", "2026-12-01"] {
        let answer = world.get(&format!("/v1/goals/progress?on={on}")).await;
        let all = answer.json();
        assert_eq!((&all["on"], &all["complete"], &all["next"]), (&json!(on), &json!(true), &json!(null)));
        assert_eq!(
            (&all["site"], &all["time_zone"], &all["currency"]),
            (&json!("shop"), &json!("UTC"), &json!("EUR"))
        );
        let names: Vec<_> =
            all["goals"].as_array().unwrap().iter().map(|each| each["goal"]["name"].clone()).collect();
        assert_eq!(names, ["CPA", "Autumn", "Direct", "E-mail", "Revenue", "Sales"], "the newest first");
        let mut apart = 0.0;
        for each in all["goals"].as_array().unwrap() {
            let id = each["goal"]["id"].as_str().unwrap();
            let single = world.get(&format!("/v1/goals/{id}/progress?on={on}")).await;
            assert_eq!(*each, single.json(), "{on}");
            apart += single.cost("rru");
        }
        // Six goals, two views.
        assert!(answer.cost("rru") * 2.0 < apart, "{} together, {apart} apart", answer.cost("rru"));
    }
}

#[tokio::test]
async fn goals_come_page_by_page_until_there_are_no_more() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    for number in 0..7 {
        november(&world, &format!("{number}"), "sales", json!({})).await;
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/v1/goals/progress?limit=3{cursor}")).await.json();
        let goals = page["goals"].as_array().unwrap();
        names.extend(goals.iter().map(|each| each["goal"]["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else {
            assert_eq!((&page["complete"], goals.len()), (&json!(true), 1));
            break;
        };
        assert_eq!((&page["complete"], goals.len()), (&json!(false), 3));
        cursor = format!("&cursor={next}");
    }
    assert_eq!(names, ["6", "5", "4", "3", "2", "1", "0"]);
    for (query, pointer) in [
        ("limit=0", "limit"),
        ("limit=51", "limit"),
        ("cursor=g_gone", "cursor"),
        ("on=today", "on"),
        ("onn=2026-11-23", "onn"),
        ("limit=3&limit=4", "limit"),
    ] {
        let answer = world.get(&format!("/v1/goals/progress?{query}")).await;
        assert_eq!(
            (answer.status, &answer.json()["errors"][0]["pointer"]),
            (422, &json!(pointer)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_goal_that_cannot_be_computed_says_so_in_its_place() {
    let world = filled().await;
    let sound = november(&world, "Sound", "sales", json!({})).await;
    let id = november(&world, "Torn", "sales", json!({"filters": {"country": ["DE"]}})).await;
    // As an earlier version may have stored it, whose views were others.
    let mut torn = world.store().goal(&world.site, &id).await.unwrap().unwrap();
    torn.filters.allow(Dimension::Device, "mobile".to_owned());
    world.store().put_goal(&world.site, &torn).await.unwrap();
    let all = world.get("/v1/goals/progress").await;
    assert_eq!(all.status, 200);
    let all = all.json();
    assert_eq!(
        (&all["goals"][0]["goal"]["id"], &all["goals"][0]["problem"]["code"]),
        (&json!(id), &json!("not_served"))
    );
    assert!(all["goals"][0]["problem"]["detail"].as_str().unwrap().contains("filters"), "{all}");
    assert_eq!(all["goals"][0].get("actual"), None);
    assert_eq!((&all["goals"][1]["goal"]["id"], &all["goals"][1]["actual"]), (&json!(sound), &json!(47)));
}
