//! Journeys: touches of a visitor, joined by customer, frozen into results; and what each model credits.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use crate::links::{click_of, follow, make};
use crate::support::{BROWSER, World, meanwhile, sale};

const NOW: &str = "2026-11-23T05:00:30Z";

/// Visits of somebody, each `(day of November, medium, campaign)`.
async fn visits(world: &World, visitor: &str, visits: &[(u32, &str, &str)]) {
    for (day, medium, campaign) in visits {
        let utm = json!({"source": "s", "medium": medium, "campaign": campaign});
        let at = format!("2026-11-{day:02}T01:00:00Z");
        world.post(json!({"kind": "view", "visitor": visitor, "utm": utm, "occurred_at": at, "id": format!("{visitor}-{day}-{campaign}")})).await;
    }
}

/// Counts what was sent, that of yesterday included.
async fn settle(world: &World) {
    world.pump().await;
    world.seal().await;
}

async fn explain_only(world: &World, from: &str) -> Value {
    let list = world.get(&format!("/v1/conversions?from={from}&to=2026-11-23")).await.json();
    let id = list["conversions"][0]["id"].as_str().unwrap().to_owned();
    world.get(&format!("/v1/conversions/{id}/explain")).await.json()
}

fn campaigns(told: &Value) -> Vec<&str> {
    told["path"].as_array().unwrap().iter().map(|step| step["campaign"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_path_is_kept_when_the_result_is_accepted_and_later_touches_do_not_change_it() {
    let world = World::new(NOW).await;
    visits(&world, "v", &[(1, "email", "one"), (10, "cpc", "two"), (20, "affiliate", "three")]).await;
    let sale = json!({"kind": "sale", "id": "s", "value": "10", "visitor": "v", "occurred_at": "2026-11-22T01:00:00Z"});
    world.post(sale.clone()).await;
    // Touches that come in later, though they happened before, and the same sale again, and amended.
    world.turn_to("2026-11-23T05:00:40Z");
    visits(&world, "v", &[(15, "display", "late"), (21, "display", "later")]).await;
    world.post(sale).await;
    world.post(json!({"kind": "sale", "id": "s", "value": "12", "visitor": "v", "occurred_at": "2026-11-22T01:00:00Z"})).await;
    settle(&world).await;
    let told = explain_only(&world, "2026-11-22").await;
    assert_eq!((campaigns(&told), &told["revenue"]), (vec!["one", "two", "three"], &json!(12)));
    assert_eq!(told["models"]["linear"]["revenue"], json!([4, 4, 4]));
    assert_eq!(told["models"]["position"]["conversions"], json!([0.4, 0.2, 0.4]));
    assert_eq!(told["models"]["markov"]["conversions"], Value::Null);
    // A rebuild changes nothing either.
    let credit = "/v1/reports/attribution?by=campaign&models=linear,first&from=2026-11-22&to=2026-11-22";
    let before = world.get(credit).await.json()["rows"].clone();
    world
        .call(
            Method::POST,
            "/v1/rebuild",
            &world.admin,
            Some(json!({"from": "2026-11-22", "to": "2026-11-22"})),
        )
        .await;
    world.seal().await;
    world.seal().await;
    assert_eq!(world.get(credit).await.json()["rows"], before);
}

#[tokio::test]
async fn touches_past_the_lookback_are_told_and_not_credited() {
    let world = World::new(NOW).await;
    let patch = json!({"lookbacks": {"sale": {"click_days": 7, "view_days": 0}}});
    let site = world.call(Method::PATCH, "/v1/sites/shop", &world.admin, Some(patch)).await;
    assert_eq!(site.json()["lookbacks"]["sale"], json!({"click_days": 7, "view_days": 0}));
    assert_eq!(site.json()["lookbacks"]["lead"], json!({"click_days": 30, "view_days": 1}));
    visits(&world, "v", &[(1, "email", "old"), (20, "cpc", "new")]).await;
    world.post(json!({"kind": "sale", "id": "s", "value": 10, "visitor": "v", "occurred_at": "2026-11-22T01:00:00Z"})).await;
    settle(&world).await;
    let told = explain_only(&world, "2026-11-22").await;
    let eligible: Vec<_> =
        told["path"].as_array().unwrap().iter().map(|step| step["eligible"].clone()).collect();
    assert_eq!((campaigns(&told), eligible), (vec!["old", "new"], vec![json!(false), json!(true)]));
    assert!(told["path"][0]["why_not"].as_str().unwrap().contains("more than 21 days before"), "{told}");
    assert_eq!(told["models"]["first"]["revenue"], json!([0, 10]));
    let credit = world
        .get("/v1/reports/attribution?by=campaign&models=first&from=2026-11-22&to=2026-11-22")
        .await
        .json();
    assert_eq!(credit["rows"][0]["campaign"], "new");
    for bad in [
        json!({"sale": {"click_days": 91, "view_days": 0}}),
        json!({"spend": {"click_days": 1, "view_days": 0}}),
        json!({"sale": {"click_days": 1}}),
    ] {
        let answer =
            world.call(Method::PATCH, "/v1/sites/shop", &world.admin, Some(json!({"lookbacks": bad}))).await;
        assert_eq!(answer.status, 422);
    }
}

#[tokio::test]
async fn a_customers_devices_are_one_journey_once_they_are_identified_and_apart_when_taken_back() {
    let world = World::new(NOW).await;
    let identify = async |visitor: &str, customer: &str, void: bool| {
        let body = json!({"visitor": visitor, "customer": customer, "void": void});
        world.call(Method::POST, "/v1/identify", &world.write, Some(body)).await.status
    };
    visits(&world, "phone", &[(10, "email", "phone")]).await;
    visits(&world, "laptop", &[(11, "cpc", "laptop")]).await;
    assert_eq!(identify("phone", "c-1", false).await, 204);
    assert_eq!(identify("laptop", "c-1", false).await, 204);
    assert_eq!(identify("laptop", "c-1", false).await, 204, "saying it again changes nothing");
    assert_eq!(identify("laptop", "c-2", false).await, 409, "the laptop is somebody else's");
    let lead = |id: &str, field: &str, who: &str| json!({"kind": "lead", "id": id, field: who, "occurred_at": format!("2026-11-22T01:0{}:00Z", id.len())});
    let path = async |event: Value| {
        world.post(event).await;
        settle(&world).await;
        let told = explain_only(&world, "2026-11-22").await;
        campaigns(&told).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        path(lead("a", "customer", "c-1")).await,
        ["phone", "laptop"],
        "a server knows the customer alone"
    );
    assert_eq!(path(lead("aa", "visitor", "laptop")).await, ["phone", "laptop"]);
    assert_eq!(identify("phone", "c-1", true).await, 204);
    assert_eq!(identify("phone", "c-1", true).await, 404, "it is taken back already");
    assert_eq!(path(lead("aaa", "visitor", "laptop")).await, ["laptop"]);
    assert_eq!(path(lead("aaaa", "customer", "nobody")).await, [""], "one without touches is direct");
}

#[tokio::test]
async fn a_circle_of_identities_is_refused() {
    let world = World::new(NOW).await;
    let identify = async |visitor: &str, customer: &str| {
        let body = json!({"visitor": visitor, "customer": customer});
        world.call(Method::POST, "/v1/identify", &world.write, Some(body)).await
    };
    assert_eq!(identify("a", "b").await.status, 204);
    assert_eq!(identify("b", "c").await.status, 204);
    let circle = identify("c", "a").await;
    assert_eq!(circle.status, 409);
    assert!(circle.json()["detail"].as_str().unwrap().contains("circle"));
    assert_eq!(identify("same", "same").await.status, 204, "many call a visitor what they call the customer");
    for bad in [
        json!({"visitor": "", "customer": "c"}),
        json!({"visitor": "v"}),
        json!({"visitor": "v", "customer": "c", "x": 1}),
    ] {
        assert_eq!(world.call(Method::POST, "/v1/identify", &world.write, Some(bad)).await.status, 422);
    }
}

#[tokio::test]
async fn models_stand_side_by_side_and_every_credit_adds_up() {
    let world = World::new(NOW).await;
    visits(&world, "v", &[(1, "email", "a"), (8, "cpc", "b"), (15, "affiliate", "c")]).await;
    visits(&world, "w", &[(3, "cpc", "b")]).await;
    world
        .post(json!({"kind": "view", "visitor": "w", "id": "direct", "occurred_at": "2026-11-18T01:00:00Z"}))
        .await;
    world
        .post(json!([
            {"kind": "sale", "id": "s1", "value": "10.00", "visitor": "v", "occurred_at": "2026-11-22T01:00:00Z"},
            {"kind": "sale", "id": "s2", "value": "0.01", "visitor": "w", "occurred_at": "2026-11-22T02:00:00Z"},
            {"kind": "lead", "id": "l", "occurred_at": "2026-11-22T03:00:00Z"},
        ]))
        .await;
    settle(&world).await;
    let all = "first,last,last_non_direct,linear,position,time_decay,markov,shapley";
    for by in ["channel", "campaign", "partner"] {
        let path = format!("/v1/reports/attribution?by={by}&models={all}&from=2026-11-22&to=2026-11-22");
        let report = world.get(&path).await.json();
        assert_eq!(
            (&report["total"]["conversions"], &report["total"]["revenue"]),
            (&json!(3), &json!(10.01))
        );
        for model in all.split(',') {
            for figure in ["conversions", "gross_revenue", "revenue"] {
                let millionths = |value: &Value| (value.as_f64().unwrap() * 1e6).round();
                let sum: f64 = report["rows"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| millionths(&row["credit"][model][figure]))
                    .sum();
                assert!(
                    (sum - millionths(&report["total"][figure])).abs() < 0.5,
                    "{by} {model} {figure}: {sum}"
                );
            }
        }
    }
    let report = world
        .get("/v1/reports/attribution?models=last,last_non_direct&from=2026-11-22&to=2026-11-22")
        .await
        .json();
    let row = |channel: &str| {
        report["rows"].as_array().unwrap().iter().find(|row| row["channel"] == channel).unwrap().clone()
    };
    assert_eq!(row("direct")["credit"]["last"]["conversions"], 2, "the direct visit, and the lead of nobody");
    assert_eq!(row("direct")["credit"]["last_non_direct"]["conversions"], 1);
    assert_eq!(row("paid_other")["moved"]["last_to_last_non_direct"]["revenue"], 0.01);
    for bad in
        ["models=lst", "models=last,last", "by=country", "channel=email", "compare=previous", "models="]
    {
        assert_eq!(world.get(&format!("/v1/reports/attribution?{bad}")).await.status, 422, "{bad}");
    }
    let misspelt = world.get("/v1/reports/attribution?models=shaply").await.json();
    assert!(misspelt["detail"].as_str().unwrap().contains("did you mean shapley?"), "{misspelt}");
}

#[tokio::test]
async fn time_decay_counts_each_results_own_days_and_survives_sealing() {
    let world = World::new(NOW).await;
    // 14, 7 and 0 days before: 1, 2 and 4 sevenths.
    visits(&world, "v", &[(8, "email", "a"), (15, "cpc", "b"), (22, "affiliate", "c")]).await;
    world.post(json!({"kind": "sale", "id": "s", "value": 7, "visitor": "v", "occurred_at": "2026-11-22T02:00:00Z"})).await;
    settle(&world).await;
    let credit = async || {
        let report = world
            .get("/v1/reports/attribution?by=campaign&models=time_decay&from=2026-11-22&to=2026-11-22")
            .await
            .json();
        let rows = report["rows"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| {
                (row["campaign"].as_str().unwrap().to_owned(), row["credit"]["time_decay"]["revenue"].clone())
            })
            .collect::<Vec<_>>()
    };
    let expected =
        [("c", json!(4)), ("b", json!(2)), ("a", json!(1))].map(|(name, value)| (name.to_owned(), value));
    assert_eq!(credit().await, expected);
    let before = credit().await;
    world.turn_to("2026-11-24T05:00:30Z");
    world.seal().await;
    assert_eq!(credit().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn time_decay_adds_up_to_the_total_though_a_result_is_counted_between_two_reads() {
    let world = Arc::new(World::new(NOW).await);
    world.post(sale("first", "2026-11-23T05:00:01Z")).await;
    world.pump().await;
    let answer = async || {
        let path = "/v1/reports/attribution?models=time_decay&from=2026-11-23&to=2026-11-23";
        let answer = world.get(path).await;
        let told = answer.json();
        let conversions = |of: &Value| of["conversions"].as_f64();
        (answer.status, conversions(&told["total"]), conversions(&told["rows"][0]["credit"]["time_decay"]))
    };
    meanwhile(&world, "min#shop#2026-11-23T05:00Z", 1..2, async |world: Arc<World>, _| {
        world.post(sale("between", "2026-11-23T05:00:02Z")).await;
        world.pump().await;
    });
    assert_eq!(answer().await, (200, Some(2.0), Some(2.0)));
    // Where that happens each time, nothing is told that does not add up.
    meanwhile(&world, "min#shop#2026-11-23T05:00Z", 0..99, async |world: Arc<World>, time| {
        world.post(sale(&format!("each-{time}"), "2026-11-23T05:00:03Z")).await;
        world.pump().await;
    });
    assert_eq!(answer().await.0, 503);
}

#[tokio::test]
async fn a_long_journey_keeps_its_first_touch_and_says_what_was_left_out() {
    let world = World::new(NOW).await;
    let views: Vec<Value> = (0..58)
        .map(|number: u32| {
            let utm = json!({"source": "s", "medium": "email", "campaign": format!("c{number:02}")});
            json!({"kind": "click", "visitor": "v", "utm": utm, "id": format!("e{number}"), "occurred_at": format!("2026-11-22T{:02}:{:02}:00Z", number / 4, number % 4 * 15)})
        })
        .collect();
    world.post(json!(views)).await;
    world
        .post(json!({"kind": "lead", "id": "l", "visitor": "v", "occurred_at": "2026-11-22T20:00:00Z"}))
        .await;
    settle(&world).await;
    let told = explain_only(&world, "2026-11-22").await;
    let named = campaigns(&told);
    assert_eq!(
        (named.len(), named[0], named[1], named[49], told["left_out"].clone()),
        (50, "c00", "c09", "c57", json!(8))
    );
}

#[tokio::test]
async fn history_that_comes_in_backwards_is_put_in_order() {
    let world = World::new(NOW).await;
    visits(&world, "v", &[(20, "email", "same")]).await;
    let utm = json!({"source": "s", "medium": "email", "campaign": "same"});
    world
        .post(json!([
            {"kind": "view", "visitor": "v", "utm": utm, "occurred_at": "2026-11-10T01:00:00Z", "id": "early"},
            {"kind": "sale", "id": "s", "value": 9, "visitor": "v", "occurred_at": "2026-11-11T01:00:00Z"},
        ]))
        .await;
    settle(&world).await;
    let told = explain_only(&world, "2026-11-11").await;
    assert_eq!((campaigns(&told), &told["channel"]), (vec!["same"], &json!("email")));
}

#[tokio::test]
async fn a_click_makes_its_own_visit_the_partners_and_no_later_one() {
    let world = World::new("2026-11-01T05:00:30Z").await;
    make(
        &world,
        json!({"slug": "p", "destination": "https://shop.example/", "partner": "ada", "campaign": "spring"}),
    )
    .await;
    let click = click_of(&follow(&world, "p", &[]).await);
    let view = |id: &str, query: &str| json!({"kind": "view", "id": id, "visitor": "b", "click": click, "url": format!("https://shop.example/?{query}")});
    world
        .post_from_page(view("landing", "utm_source=ada&utm_medium=affiliate&utm_campaign=spring"), BROWSER)
        .await;
    world.turn_to("2026-11-10T05:00:30Z");
    world.post_from_page(view("ad", "gclid=1"), BROWSER).await;
    world.turn_to("2026-11-10T05:01:30Z");
    world
        .post_from_page(
            json!({"kind": "sale", "id": "s", "value": "10", "visitor": "b", "click": click}),
            BROWSER,
        )
        .await;
    settle(&world).await;
    let report = world
        .get("/v1/reports/attribution?by=partner&models=last,linear,first&from=2026-11-10&to=2026-11-10")
        .await
        .json();
    let of = |partner: &str, model: &str| {
        let row =
            report["rows"].as_array().unwrap().iter().find(|row| row["partner"] == partner).unwrap().clone();
        row["credit"][model]["revenue"].clone()
    };
    assert_eq!((of("ada", "last"), of("ada", "linear"), of("ada", "first")), (json!(0), json!(5), json!(10)));
}

#[tokio::test]
async fn a_browser_whose_clock_is_behind_loses_no_click() {
    let world = World::new(NOW).await;
    make(&world, json!({"slug": "p", "destination": "https://shop.example/", "partner": "ada"})).await;
    let click = click_of(&follow(&world, "p", &[]).await);
    let behind = |second: u32| format!("2026-11-23T04:55:{second:02}Z");
    let url = "https://shop.example/?utm_source=ada&utm_medium=affiliate";
    world
        .post_from_page(
            json!([
                {"kind": "view", "id": "v", "visitor": "b", "click": click, "url": url, "occurred_at": behind(32)},
                {"kind": "sale", "id": "s", "value": "10", "visitor": "b", "click": click, "occurred_at": behind(50)},
            ]),
            BROWSER,
        )
        .await;
    settle(&world).await;
    let told = explain_only(&world, "2026-11-23").await;
    assert_eq!((&told["channel"], &told["partner"]), (&json!("affiliate"), &json!("ada")), "{told}");
}

#[tokio::test]
async fn a_site_with_other_conversions_reads_the_same_in_every_report() {
    let world = World::new(NOW).await;
    world.post(json!({"kind": "engagement", "id": "before", "occurred_at": NOW})).await;
    let kinds = json!({"conversion_kinds": ["engagement"], "acquisition_kinds": ["engagement"]});
    assert_eq!(world.call(Method::PATCH, "/v1/sites/shop", &world.admin, Some(kinds)).await.status, 200);
    for strange in ["click", "view", "impression", "refund", "spend"] {
        let kinds = json!({"conversion_kinds": [strange]});
        assert_eq!(
            world.call(Method::PATCH, "/v1/sites/shop", &world.admin, Some(kinds)).await.status,
            422,
            "{strange}"
        );
    }
    world
        .post(json!([
            {"kind": "engagement", "id": "e", "visitor": "v", "occurred_at": NOW},
            {"kind": "lead", "id": "l", "occurred_at": NOW},
            {"kind": "sale", "id": "s", "value": 5, "occurred_at": NOW},
        ]))
        .await;
    world.pump().await;
    let day = "from=2026-11-23&to=2026-11-23";
    let summary = world.metrics("2026-11-23", "2026-11-23").await;
    let report = world.get(&format!("/v1/reports/attribution?models=last&{day}")).await.json();
    assert_eq!((&summary["conversions"], &summary["gross_revenue"]), (&json!(2), &json!(5)));
    assert_eq!((&report["total"]["conversions"], &report["total"]["gross_revenue"]), (&json!(2), &json!(5)));
    let list = world.get(&format!("/v1/conversions?{day}&kind=lead")).await.json();
    let id = list["conversions"][0]["id"].as_str().unwrap();
    let told = world.get(&format!("/v1/conversions/{id}/explain")).await.json();
    assert_eq!(told["models"]["last"]["conversions"], json!([0]), "a lead is no conversion of this site");
}

#[tokio::test]
async fn a_refund_is_credited_to_its_sale_alone_by_every_model() {
    let world = World::new(NOW).await;
    let sale = |id: &str, medium: &str, at: &str| json!({"kind": "sale", "id": id, "order": id, "value": 100, "occurred_at": at, "utm": {"source": "s", "medium": medium}});
    world
        .post(json!([
            sale("a", "email", "2026-10-20T01:00:00Z"),
            sale("b", "referral", "2026-11-22T01:00:00Z")
        ]))
        .await;
    world.post(json!({"kind": "refund", "order": "a", "id": "r", "value": 100, "occurred_at": "2026-11-22T02:00:00Z"})).await;
    settle(&world).await;
    let all = "first,last,last_non_direct,linear,position,time_decay,markov,shapley";
    let report = world
        .get(&format!("/v1/reports/attribution?models={all}&from=2026-11-22&to=2026-11-22"))
        .await
        .json();
    for model in all.split(',') {
        for row in report["rows"].as_array().unwrap() {
            let expected =
                if row["channel"] == "email" { (json!(0), json!(100)) } else { (json!(100), json!(0)) };
            let credit = &row["credit"][model];
            assert_eq!(
                (credit["gross_revenue"].clone(), credit["refunded"].clone()),
                expected,
                "{model} {row}"
            );
        }
    }
}
