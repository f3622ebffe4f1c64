//! Orders: of each kind one result, however often and by whomever it is reported; decisions; refunds held to the sale.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::Method;
use serde_json::{Value, json};

use crate::links::{click_of, follow, make};
use crate::support::{Answer, BROWSER, World, sale};

const NOW: &str = "2026-11-23T05:00:30Z";
const DAY: &str = "2026-11-23";

async fn send(world: &World, events: Value) -> Answer {
    world.call(Method::POST, "/v1/events", &world.write, Some(events)).await
}

fn code(answer: &Answer) -> String {
    answer.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
}

/// The only conversion of the day.
async fn conversion(world: &World) -> Value {
    let list = world.get(&format!("/v1/conversions?from={DAY}&to={DAY}")).await.json();
    assert_eq!(list["conversions"].as_array().unwrap().len(), 1, "{list}");
    list["conversions"][0].clone()
}

#[tokio::test]
async fn page_server_and_partner_report_one_sale_and_it_counts_once() {
    let world = World::new(NOW).await;
    make(&world, json!({"slug": "p", "destination": "https://shop.example/", "partner": "ada"})).await;
    let click = click_of(&follow(&world, "p", &[]).await);
    let view = json!({"kind": "view", "id": "v", "url": "https://shop.example/?utm_source=ada&utm_medium=affiliate", "visitor": "b", "click": click});
    world.post_from_page(view, BROWSER).await;
    world.turn_to("2026-11-23T05:04:30Z");
    let page = json!({"kind": "sale", "id": "page", "order": "A-1", "value": "49.90", "visitor": "b"});
    assert_eq!(world.post_from_page(page, BROWSER).await.status, 202);
    world.turn_to("2026-11-23T05:09:30Z");
    let postback = format!("/v1/postback?click={click}&order=A-1&value=49.9");
    for _ in 0..2 {
        let answer = world.call(Method::GET, &postback, &world.write, None).await;
        assert_eq!((answer.status, answer.json()["repeated"].clone()), (202, json!(true)));
    }
    world.turn_to("2026-11-23T06:20:30Z");
    world
        .post(json!({"kind": "sale", "id": "server", "order": "A-1", "value": "50.10", "customer": "c"}))
        .await;
    world.pump().await;
    let metrics = world.metrics(DAY, DAY).await;
    assert_eq!(
        (&metrics["sales"], &metrics["gross_revenue"]),
        (&json!(1), &json!(50.1)),
        "the server is believed"
    );
    let sale = conversion(&world).await;
    assert_eq!(
        (&sale["partner"], &sale["channel"]),
        (&json!("ada"), &json!("affiliate")),
        "the page told whence"
    );
    // A lead of the same order number is another result.
    world.post(json!({"kind": "lead", "order": "A-1"})).await;
    world.pump().await;
    assert_eq!(world.metrics(DAY, DAY).await["leads"], 1);
}

#[tokio::test]
async fn a_page_that_claims_anothers_order_gets_no_credit_once_the_server_knows_the_visitor() {
    let world = World::new(NOW).await;
    let visit = |visitor: &str, campaign: &str| {
        json!({"kind": "view", "id": format!("view-{visitor}"), "visitor": visitor,
               "url": format!("https://shop.example/?utm_source=s&utm_medium=email&utm_campaign={campaign}")})
    };
    world.post_from_page(visit("thief", "stolen"), BROWSER).await;
    world.post_from_page(visit("buyer", "earned"), BROWSER).await;
    // Order numbers can be guessed, and anybody can read a page's key.
    let claim = json!({"kind": "sale", "order": "A-1002", "value": "0", "visitor": "thief"});
    assert_eq!(world.post_from_page(claim, BROWSER).await.status, 202);
    world.turn_to("2026-11-23T05:01:30Z");
    world.post(json!({"kind": "sale", "order": "A-1002", "value": 80, "visitor": "buyer"})).await;
    world.pump().await;
    let sale = conversion(&world).await;
    assert_eq!((&sale["campaign"], &sale["gross_revenue"]), (&json!("earned"), &json!(80)));
    let path = format!("/v1/reports/attribution?by=campaign&models=last&from={DAY}&to={DAY}");
    assert_eq!(world.get(&path).await.json()["rows"][0]["campaign"], "earned");
}

#[tokio::test]
async fn two_posts_at_once_of_one_order_are_one_sale() {
    let world = World::new(NOW).await;
    let post = |id: &str, at: &str| {
        send(&world, json!({"kind": "sale", "id": id, "order": "A", "value": 5, "occurred_at": at}))
    };
    let (one, two) = tokio::join!(post("one", "2026-11-23T05:00:01Z"), post("two", "2026-11-23T04:59:01Z"));
    assert_eq!((one.status, two.status), (202, 202));
    world.pump().await;
    assert_eq!(world.sales(DAY, DAY).await, 1);
}

#[tokio::test]
async fn refunds_go_back_where_the_sale_was_credited_and_never_exceed_it() {
    let world = World::new(NOW).await;
    let utm = json!({"source": "letter", "medium": "email", "campaign": "spring"});
    world.post(json!({"kind": "sale", "order": "A", "value": 100, "utm": utm, "occurred_at": "2026-11-20T05:00:00Z"})).await;
    world.post(json!({"kind": "refund", "order": "A", "value": 60, "id": "r1"})).await;
    let more = send(&world, json!({"kind": "refund", "order": "A", "value": "40.000001", "id": "r2"})).await;
    assert_eq!((more.status, code(&more).as_str()), (409, "refund_exceeds_sale"));
    let unknown = send(&world, json!({"kind": "refund", "order": "B", "value": 1, "id": "r3"})).await;
    assert_eq!((unknown.status, code(&unknown).as_str()), (422, "unknown_order"));
    // Sent again it is the same refund; amended it takes the place of what it said before.
    world.post(json!({"kind": "refund", "order": "A", "value": 60, "id": "r1"})).await;
    world.turn_to("2026-11-23T05:00:40Z");
    world.post(json!({"kind": "refund", "order": "A", "value": 70, "id": "r1"})).await;
    world.post(json!({"kind": "refund", "order": "A", "value": 30, "id": "r2"})).await;
    // In a request of both the good ones are kept.
    let mixed = send(
        &world,
        json!([{"kind": "refund", "order": "A", "value": 1, "id": "r4"}, {"kind": "lead", "id": "l"}]),
    )
    .await;
    assert_eq!(
        (mixed.status, mixed.json()["rejected"][0]["code"].clone()),
        (202, json!("refund_exceeds_sale"))
    );
    world.pump().await;
    let today = world.get(&format!("/v1/reports/breakdown?by=campaign&from={DAY}&to={DAY}")).await.json();
    let spring = today["rows"].as_array().unwrap().iter().find(|row| row["campaign"] == "spring").unwrap();
    assert_eq!((&spring["metrics"]["refunds"], &spring["metrics"]["refunded"]), (&json!(2), &json!(100)));
    let list = world.get("/v1/conversions?from=2026-11-20&to=2026-11-20").await.json();
    let sale = &list["conversions"][0];
    assert_eq!(
        (&sale["gross_revenue"], &sale["refunded"], &sale["revenue"]),
        (&json!(100), &json!(100), &json!(0))
    );
    let credit = world.get("/v1/reports/attribution?models=last&from=2026-11-20&to=2026-11-23").await.json();
    let email = &credit["rows"].as_array().unwrap().iter().find(|row| row["channel"] == "email").unwrap()["credit"]
        ["last"];
    assert_eq!(
        (&email["conversions"], &email["gross_revenue"], &email["revenue"]),
        (&json!(1), &json!(100), &json!(0))
    );
    // A refund that is withdrawn makes room for another.
    world.post(json!({"kind": "refund", "order": "A", "value": 30, "id": "r2", "void": true})).await;
    world.post(json!({"kind": "refund", "order": "A", "value": 30, "id": "r5"})).await;
}

#[tokio::test]
async fn a_sale_and_its_refund_in_one_request_belong_together() {
    let world = World::new(NOW).await;
    let utm = json!({"source": "letter", "medium": "email"});
    world
        .post(json!([
            {"kind": "refund", "order": "A", "value": 10, "id": "r", "occurred_at": NOW},
            {"kind": "sale", "order": "A", "value": 10, "id": "s", "utm": utm, "occurred_at": NOW},
        ]))
        .await;
    world.pump().await;
    let rows = world.get(&format!("/v1/reports/channels?from={DAY}&to={DAY}")).await.json();
    assert_eq!(rows["rows"].as_array().unwrap().len(), 1, "{rows}");
    assert_eq!(
        (&rows["rows"][0]["channel"], &rows["rows"][0]["metrics"]["revenue"]),
        (&json!("email"), &json!(0))
    );
}

#[tokio::test]
async fn many_refunds_at_once_never_exceed_the_sale() {
    let world = World::new(NOW).await;
    world.post(json!({"kind": "sale", "order": "A", "value": 10, "id": "s"})).await;
    let refunds = (0..8).map(|number| {
        let refund = json!({"kind": "refund", "order": "A", "value": 4, "id": format!("r{number}")});
        async { send(&world, refund).await.status }
    });
    let statuses = futures::future::join_all(refunds).await;
    assert!(statuses.iter().all(|status| [202, 409, 503].contains(status)), "{statuses:?}");
    world.pump().await;
    let refunded = world.metrics(DAY, DAY).await["refunded"].as_f64().unwrap();
    assert!(refunded <= 10.0, "{refunded}");
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), if refunded > 4.0 { 2 } else { 1 });
}

#[tokio::test]
async fn a_result_is_decided_and_amending_it_decides_nothing() {
    let world = World::new(NOW).await;
    let sale = json!({"kind": "sale", "order": "A", "value": 10, "id": "s", "status": "pending"});
    world.post(sale.clone()).await;
    world.pump().await;
    let metrics = world.metrics(DAY, DAY).await;
    assert_eq!(
        (&metrics["sales"], &metrics["pending"], &metrics["rejected"]),
        (&json!(1), &json!(1), &json!(0))
    );
    let id = conversion(&world).await["id"].as_str().unwrap().to_owned();
    let decide = async |status: &str, reason: Option<&str>| {
        let body = json!({"status": status, "reason": reason});
        world.call(Method::PATCH, &format!("/v1/conversions/{id}"), &world.admin, Some(body)).await
    };
    // To and fro: each decision is one of its own.
    for (minute, status, sales) in
        [(1, "rejected", 0), (2, "approved", 1), (3, "rejected", 0), (4, "approved", 1), (5, "rejected", 0)]
    {
        world.turn_to(&format!("2026-11-23T05:0{minute}:30Z"));
        let answer = decide(status, Some("checked")).await;
        assert_eq!((answer.status, answer.json()["status"].as_str().unwrap()), (200, status));
        world.pump().await;
        let metrics = world.metrics(DAY, DAY).await;
        assert_eq!((&metrics["sales"], &metrics["pending"]), (&json!(sales), &json!(0)), "{status}");
        assert_eq!(metrics["rejected"], 1 - sales);
    }
    // The sender amends the value, and sends the old text again: it stays rejected.
    world.turn_to("2026-11-23T05:06:30Z");
    world.post(json!({"kind": "sale", "order": "A", "value": 12, "id": "s"})).await;
    world.post(sale).await;
    world.pump().await;
    assert_eq!(world.metrics(DAY, DAY).await["rejected"], 1);
    let shown = conversion(&world).await;
    assert_eq!((&shown["status"], &shown["reason"]), (&json!("rejected"), &json!("checked")));
    world.turn_to("2026-11-23T05:07:30Z");
    assert_eq!(decide("approved", None).await.status, 200);
    world.pump().await;
    assert_eq!(world.metrics(DAY, DAY).await["gross_revenue"], 12);
    for (body, status) in [(json!({"status": "lost"}), 422), (json!({"status": "approved", "why": 1}), 422)] {
        let answer =
            world.call(Method::PATCH, &format!("/v1/conversions/{id}"), &world.admin, Some(body)).await;
        assert_eq!(answer.status, status);
    }
    for strange in ["c_AAAA", "x", "c_"] {
        let path = format!("/v1/conversions/{strange}");
        let answer =
            world.call(Method::PATCH, &path, &world.admin, Some(json!({"status": "approved"}))).await;
        assert_eq!(answer.status, 404, "{strange}");
    }
}

#[tokio::test]
async fn a_refund_of_a_rejected_sale_is_refused() {
    let world = World::new(NOW).await;
    world.post(json!({"kind": "sale", "order": "A", "value": 10, "id": "s", "status": "rejected"})).await;
    let answer = send(&world, json!({"kind": "refund", "order": "A", "value": 1, "id": "r"})).await;
    assert_eq!((answer.status, code(&answer).as_str()), (409, "refund_exceeds_sale"));
}

#[tokio::test]
async fn conversions_are_listed_newest_first_filtered_and_paged() {
    let world = World::new("2026-11-23T09:00:30Z").await;
    let events: Vec<Value> = (0..25)
        .map(|number: u32| {
            let (hour, minute) = (number / 5, number % 5 * 7);
            json!({"kind": if number.is_multiple_of(2) { "sale" } else { "lead" }, "value": 1, "id": format!("e{number:02}"),
                   "order": format!("o{number}"), "occurred_at": format!("2026-11-23T0{hour}:{minute:02}:00Z"),
                   "utm": {"source": "x", "medium": "email", "campaign": format!("c{}", number % 3)}})
        })
        .collect();
    world.post(json!(events)).await;
    world.post(json!({"kind": "view", "occurred_at": "2026-11-23T04:30:00Z"})).await;
    world.pump().await;
    world.seal().await;
    let all = async |query: &str| -> Vec<String> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/conversions?from={DAY}&to={DAY}{query}{cursor}");
            let page = world.get(&path).await.json();
            found.extend(
                page["conversions"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|c| c["order"].as_str().unwrap().to_owned()),
            );
            if page["complete"] == true {
                return found;
            }
            cursor = format!("&cursor={}", page["next"].as_str().unwrap());
        }
    };
    let newest: Vec<String> = (0..25).rev().map(|number| format!("o{number}")).collect();
    assert_eq!(all("").await, newest);
    assert_eq!(all("&limit=4").await, newest, "pages neither lose nor repeat any");
    assert_eq!(all("&limit=1&kind=lead&campaign=c1").await, ["o19", "o13", "o7", "o1"]);
    assert_eq!(all("&order=o7").await, ["o7"]);
    assert_eq!(all("&order=o7&kind=sale").await, Vec::<String>::new());
    assert_eq!(all("&channel=direct").await, Vec::<String>::new());
    let path = "/v1/conversions?from=2026-11-23&kind=sale&status=approved&order=o8&channel=email&campaign=c2&partner=p";
    let query = world.get(path).await.json()["query"].clone();
    let filters = json!({"channel": ["email"], "campaign": ["c2"], "kind": ["sale"], "partner": ["p"]});
    assert_eq!(
        (&query["filters"], &query["status"], &query["order"]),
        (&filters, &json!("approved"), &json!("o8"))
    );
    assert_eq!(world.get("/v1/conversions").await.json()["query"].get("order"), None);
    for bad in ["limit=0", "cursor=x", "kind=sail", "status=lost", "chanel=email", "order="] {
        assert_eq!(world.get(&format!("/v1/conversions?{bad}")).await.status, 422, "{bad}");
    }
}

#[tokio::test]
async fn a_page_that_begins_within_an_hour_reads_its_minutes_once() {
    let world = World::new("2026-11-23T09:00:30Z").await;
    let at = |minute: u32| format!("2026-11-23T05:{minute:02}:00Z");
    world.post((0..40).map(|minute| sale(&format!("e{minute}"), &at(minute))).collect()).await;
    world.pump().await;
    world.seal().await;
    let path = format!("/v1/conversions?from={DAY}&to={DAY}&limit=5");
    let first = world.get(&path).await.json();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    world.spy.listen(move |operation, body| {
        let minutes = body["ExpressionAttributeValues"].to_string().contains("min#shop#2026-11-23T05:00Z");
        counted.fetch_add(usize::from(operation == "Query" && minutes), Ordering::Relaxed);
    });
    let second = world.get(&format!("{path}&cursor={}", first["next"].as_str().unwrap())).await.json();
    assert_eq!(second["conversions"].as_array().unwrap().len(), 5);
    // Once to see whether there is any, and once for how many there are.
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

/// Metrics of the day, after everything was counted.
async fn counted(world: &World) -> Value {
    world.pump().await;
    world.metrics(DAY, DAY).await
}

fn visit(visitor: &str, campaign: &str) -> Value {
    json!({"kind": "view", "id": format!("view-{visitor}-{campaign}"), "visitor": visitor,
           "url": format!("https://shop.example/?utm_source=s&utm_medium=email&utm_campaign={campaign}")})
}

#[tokio::test]
async fn two_orders_are_two_results_whatever_ids_a_page_gives_them() {
    let world = World::new(NOW).await;
    for order in ["A-1", "A-2"] {
        let claim = json!({"kind": "sale", "id": "X", "occurred_at": NOW, "order": order, "value": "0"});
        assert_eq!(world.post_from_page(claim, BROWSER).await.status, 202);
    }
    world.post(json!([{"kind": "sale", "id": "s1", "order": "A-1", "value": 80}, {"kind": "sale", "id": "s2", "order": "A-2", "value": 90}])).await;
    let metrics = counted(&world).await;
    assert_eq!((&metrics["sales"], &metrics["gross_revenue"]), (&json!(2), &json!(170)));
}

#[tokio::test]
async fn an_order_that_was_claimed_before_its_buyer_came_is_the_buyers() {
    let world = World::new(NOW).await;
    world.post_from_page(visit("thief", "stolen"), BROWSER).await;
    let claim = json!({"kind": "sale", "order": "A", "value": "0", "visitor": "thief"});
    world.post_from_page(claim, BROWSER).await;
    world.turn_to("2026-11-23T06:00:30Z");
    world.post_from_page(visit("buyer", "earned"), BROWSER).await;
    world.turn_to("2026-11-23T07:00:30Z");
    world.post(json!({"kind": "sale", "order": "A", "value": 80, "visitor": "buyer"})).await;
    world.pump().await;
    world.seal().await;
    let sale = conversion(&world).await;
    assert_eq!((&sale["campaign"], &sale["gross_revenue"]), (&json!("earned"), &json!(80)));
    // Nor does a decision make a claim the truth.
    let id = sale["id"].as_str().unwrap();
    world
        .call(
            Method::PATCH,
            &format!("/v1/conversions/{id}"),
            &world.admin,
            Some(json!({"status": "pending"})),
        )
        .await;
    world.pump().await;
    assert_eq!(conversion(&world).await["campaign"], "earned");
}

#[tokio::test]
async fn nobody_claims_the_credit_of_a_sale_that_came_from_nowhere() {
    let world = World::new(NOW).await;
    world.post(json!({"kind": "sale", "order": "A", "value": 80})).await;
    world.turn_to("2026-11-25T05:00:30Z");
    make(&world, json!({"slug": "p", "destination": "https://shop.example/", "partner": "ada"})).await;
    let click = click_of(&follow(&world, "p", &[]).await);
    let claim = json!({"kind": "sale", "order": "A", "value": "0", "click": click, "utm": {"source": "ada", "medium": "affiliate"}});
    assert_eq!(world.post_from_page(claim, BROWSER).await.status, 202);
    world.pump().await;
    world.seal().await;
    let list = world.get("/v1/conversions?from=2026-11-23&to=2026-11-25").await.json();
    assert_eq!(
        (&list["conversions"][0]["channel"], &list["conversions"][0]["gross_revenue"]),
        (&json!("direct"), &json!(80))
    );
}

#[tokio::test]
async fn a_stranger_who_guesses_an_order_does_not_change_what_its_page_said() {
    let world = World::new(NOW).await;
    for (second, value, visitor) in [(31, "49.90", "buyer"), (41, "0", "stranger")] {
        world.turn_to(&format!("2026-11-23T05:00:{second}Z"));
        let sale = json!({"kind": "sale", "order": "A", "value": value, "visitor": visitor});
        assert_eq!(world.post_from_page(sale, BROWSER).await.status, 202);
    }
    assert_eq!(counted(&world).await["gross_revenue"], 49.9);
}

#[tokio::test]
async fn a_partner_who_knows_his_click_alone_does_not_take_the_whole_path() {
    let world = World::new("2026-11-20T05:00:30Z").await;
    make(&world, json!({"slug": "p", "destination": "https://shop.example/", "partner": "ada"})).await;
    world.post_from_page(visit("b", "first"), BROWSER).await;
    world.turn_to("2026-11-22T05:00:30Z");
    let click = click_of(&follow(&world, "p", &[]).await);
    let landing = json!({"kind": "view", "id": "l", "visitor": "b", "click": click, "url": "https://shop.example/?utm_source=ada&utm_medium=affiliate"});
    world.post_from_page(landing, BROWSER).await;
    world.turn_to(NOW);
    world.post_from_page(json!({"kind": "sale", "order": "A", "value": "50", "visitor": "b"}), BROWSER).await;
    let answer = world
        .call(Method::GET, &format!("/v1/postback?click={click}&order=A&value=50"), &world.write, None)
        .await;
    assert_eq!(answer.status, 202);
    world.pump().await;
    let id = conversion(&world).await["id"].as_str().unwrap().to_owned();
    let told = world.get(&format!("/v1/conversions/{id}/explain")).await.json();
    let path: Vec<_> =
        told["path"].as_array().unwrap().iter().map(|step| (&step["campaign"], &step["partner"])).collect();
    assert_eq!(path, [(&json!("first"), &json!("")), (&json!(""), &json!("ada"))], "{told}");
}

#[tokio::test]
async fn whatever_is_said_of_a_refund_again_its_order_is_held_to_what_counts() {
    let world = World::new(NOW).await;
    world.post(json!({"kind": "sale", "order": "A", "value": 100, "id": "s"})).await;
    let mut second = 30;
    let mut refund = async |id: &str, value: u32, more: Value| {
        second += 1;
        world.turn_to(&format!("2026-11-23T05:00:{second}Z"));
        let mut event = json!({"kind": "refund", "order": "A", "value": value, "id": id, "occurred_at": NOW});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        send(&world, event).await.status
    };
    // An old text that is delivered again does not undo the amendment, for the order as for the figures.
    for value in [60, 70, 60] {
        assert_eq!(refund("r1", value, json!({})).await, 202);
    }
    assert_eq!(refund("r2", 40, json!({})).await, 409);
    assert_eq!(refund("r2", 30, json!({})).await, 202);
    // One that was withdrawn stays so, and a lower version changes nothing.
    assert_eq!(refund("r2", 30, json!({"void": true})).await, 202);
    assert_eq!(refund("r2", 30, json!({})).await, 202);
    assert_eq!(refund("r3", 20, json!({"version": 2})).await, 202);
    assert_eq!(refund("r3", 1, json!({"version": 1})).await, 202);
    assert_eq!(refund("r4", 11, json!({})).await, 409);
    assert_eq!(refund("r4", 10, json!({})).await, 202);
    let metrics = counted(&world).await;
    assert_eq!((&metrics["refunded"], &metrics["revenue"]), (&json!(100), &json!(0)));
    let sale = conversion(&world).await;
    assert_eq!(
        (&sale["refunded"], &sale["revenue"]),
        (&json!(100), &json!(0)),
        "the list agrees with the report"
    );
}

#[tokio::test]
async fn a_sale_does_not_shrink_below_its_refunds() {
    let world = World::new(NOW).await;
    let sale = |value: u32, more: Value| {
        let mut event = json!({"kind": "sale", "order": "A", "value": value, "id": "s"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    world.post(sale(50, json!({}))).await;
    world.turn_to("2026-11-23T05:00:31Z");
    world.post(sale(60, json!({}))).await;
    world.post(json!({"kind": "refund", "order": "A", "value": 55, "id": "r"})).await;
    world.turn_to("2026-11-23T05:00:32Z");
    for shrunk in
        [sale(10, json!({})), sale(60, json!({"void": true})), sale(60, json!({"status": "rejected"}))]
    {
        let answer = send(&world, shrunk.clone()).await;
        assert_eq!((answer.status, code(&answer).as_str()), (409, "refund_exceeds_sale"), "{shrunk}");
    }
    assert_eq!(send(&world, sale(50, json!({}))).await.status, 202, "the old text again amends nothing");
    world.pump().await;
    let id = conversion(&world).await["id"].as_str().unwrap().to_owned();
    let reject = json!({"status": "rejected"});
    assert_eq!(
        world.call(Method::PATCH, &format!("/v1/conversions/{id}"), &world.admin, Some(reject)).await.status,
        409
    );
    // A sale beside its refund is believed as far as it will count.
    world.post(json!({"kind": "sale", "order": "B", "value": 50, "id": "b", "version": 5})).await;
    let both = json!([{"kind": "sale", "order": "B", "value": 1000, "id": "x"}, {"kind": "refund", "order": "B", "value": 1000, "id": "y"}]);
    assert_eq!(send(&world, both).await.json()["rejected"][0]["code"], "refund_exceeds_sale");
    let metrics = counted(&world).await;
    assert_eq!((&metrics["gross_revenue"], &metrics["refunded"]), (&json!(110), &json!(55)));
}

#[tokio::test]
async fn a_page_that_names_a_subscription_a_sale_does_not_block_its_refund() {
    let world = World::new(NOW).await;
    world.post_from_page(json!({"kind": "sale", "order": "S", "value": "0.01"}), BROWSER).await;
    world.post(json!({"kind": "subscription", "order": "S", "value": 50})).await;
    world.post(json!({"kind": "refund", "order": "S", "value": 50, "id": "r"})).await;
    let nameless = send(&world, json!({"kind": "refund", "order": "S", "value": 1})).await;
    assert_eq!((nameless.status, code(&nameless).as_str()), (422, "missing_id"));
}

#[tokio::test]
async fn a_report_of_an_order_whose_minute_has_expired_is_refused() {
    let world = World::with("2026-11-23T05:00:30Z", "UTC", |config| config.retention_days = Some(30)).await;
    world
        .post(json!({"kind": "sale", "order": "A", "value": 50, "occurred_at": "2026-10-26T05:00:00Z"}))
        .await;
    world.turn_to("2026-12-10T05:00:30Z");
    let answer = send(&world, json!({"kind": "sale", "order": "A", "value": 60})).await;
    assert_eq!((answer.status, code(&answer).as_str()), (422, "expired"));
}

#[tokio::test]
async fn what_one_request_says_twice_is_what_two_would_say() {
    let world = World::new(NOW).await;
    make(&world, json!({"slug": "p", "destination": "https://shop.example/", "partner": "ada"})).await;
    let click = click_of(&follow(&world, "p", &[]).await);
    let answer = send(
        &world,
        json!([
            {"kind": "sale", "order": "A", "value": 5, "click": click, "status": "pending"},
            {"kind": "sale", "order": "A", "value": 5},
        ]),
    )
    .await
    .json();
    assert_eq!((&answer["accepted"], &answer["duplicates_in_request"]), (&json!(1), &json!(1)));
    world.pump().await;
    let sale = conversion(&world).await;
    assert_eq!((&sale["partner"], &sale["status"]), (&json!("ada"), &json!("pending")));
}

#[tokio::test]
async fn the_results_of_one_order_and_of_one_minute_are_paged_to_the_end() {
    let world = World::new(NOW).await;
    let mut events: Vec<Value> = (0..23)
        .map(|n: u32| json!({"kind": "lead", "value": 7, "id": format!("l{n:02}"), "occurred_at": NOW}))
        .collect();
    events.push(json!({"kind": "lead", "id": "!", "occurred_at": NOW}));
    world.post(json!(events)).await;
    world.post(json!([{"kind": "sale", "order": "A", "value": 1}, {"kind": "lead", "order": "A"}])).await;
    world.pump().await;
    let all = async |query: &str| -> Vec<Value> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                world.get(&format!("/v1/conversions?from={DAY}&to={DAY}&{query}{cursor}")).await.json();
            found.extend(page["conversions"].as_array().unwrap().iter().map(|result| result["id"].clone()));
            assert!(found.len() < 50, "the pages come to an end");
            if page["complete"] == true {
                return found;
            }
            cursor = format!("&cursor={}", page["next"].as_str().unwrap());
        }
    };
    assert_eq!(all("order=A&limit=1").await.len(), 2);
    let mut pages = all("limit=5").await;
    let whole = all("limit=500").await;
    assert_eq!((pages.len(), &pages), (26, &whole));
    pages.sort_by_key(Value::to_string);
    pages.dedup();
    assert_eq!(pages.len(), 26);
    // What a lead is worth is no revenue, here as in every report.
    let leads = world.get(&format!("/v1/conversions?from={DAY}&to={DAY}&kind=lead&limit=1")).await.json();
    assert_eq!(leads["conversions"][0]["gross_revenue"], 0);
    assert_eq!(world.metrics(DAY, DAY).await["gross_revenue"], 1);
}
