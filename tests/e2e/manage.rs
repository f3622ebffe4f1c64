//! Sites, rebuilds, quarantine and the status.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::Method;
use reckon_core::domain::event::Kind;
use serde_json::json;

use crate::support::{OPERATOR, World, sale};

const NOW: &str = "2026-11-23T05:00:30Z";

#[tokio::test]
async fn no_change_of_a_site_takes_back_another() {
    let world = World::new(NOW).await;
    let before = world.site().await;
    let patch =
        async |body| world.call(Method::PATCH, "/v1/sites/shop", &world.admin, Some(body)).await.status;
    assert_eq!(patch(json!({"name": "Shop 2"})).await, 200);
    // One that had read the site before.
    assert!(!world.store().change_site(&before).await.unwrap());
    assert!(world.store().change_site(&world.site().await).await.unwrap());
    for round in 0..8 {
        let (name, origin) = (format!("round {round}"), format!("https://round-{round}.example"));
        let rules = json!({"rules": [{"channel": "email", "name": name, "when": {"source": "crm"}}]});
        let answers = tokio::join!(
            patch(json!({"name": name})),
            patch(
                json!({"origins": [origin], "lookbacks": {"sale": {"click_days": 10 + round, "view_days": 1}}})
            ),
            async { world.call(Method::PUT, "/v1/channel-rules", &world.admin, Some(rules)).await.status },
        );
        assert_eq!(answers, (200, 200, 200));
        let site = world.site().await;
        let rule = site.channel_rules.rules[0].name.as_str();
        assert_eq!((site.name.as_str(), rule, &site.origins), (name.as_str(), name.as_str(), &vec![origin]));
        assert_eq!(i64::from(site.lookback(Kind::Sale).click_days), 10 + round);
    }
}

#[tokio::test]
async fn a_site_is_made_read_and_changed() {
    let world = World::new(NOW).await;
    let new = json!({"id": "berlin", "name": "Berlin", "time_zone": "Europe/Berlin", "currency": "EUR",
                     "conversion_kinds": ["lead"], "origins": ["https://Berlin.example/"]});
    let made = world.call(Method::POST, "/v1/sites", OPERATOR, Some(new.clone())).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    let admin = made["key"]["secret"].as_str().unwrap().to_owned();
    assert!(admin.starts_with("rk_admin_"));
    assert_eq!(made["origins"], json!(["https://berlin.example"]));
    assert_eq!(made["acquisition_kinds"], json!(["signup", "subscription", "sale"]));
    assert_eq!(world.call(Method::POST, "/v1/sites", OPERATOR, Some(new)).await.status, 409);

    let patch = async |body| world.call(Method::PATCH, "/v1/sites/berlin", &admin, Some(body)).await;
    let changed = patch(json!({"name": "Berlin 2", "conversion_kinds": ["lead", "sale"]})).await;
    assert_eq!((changed.status, &changed.json()["name"]), (200, &json!("Berlin 2")));
    for (body, status) in [
        (json!({"time_zone": "UTC"}), 409),
        (json!({"currency": "USD"}), 409),
        (json!({"time_zone": "Europe/Berlin"}), 200),
        (json!({"origins": ["nowhere"]}), 422),
        (json!({"conversion_kinds": ["spend"]}), 422),
        (json!({"lanes": 0}), 422),
        (json!({"nmae": "x"}), 422),
    ] {
        let answer = patch(body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", String::from_utf8_lossy(&answer.body));
    }
    let shown = world.call(Method::GET, "/v1/sites/berlin", &admin, None).await.json();
    assert_eq!((&shown["name"], &shown["time_zone"]), (&json!("Berlin 2"), &json!("Europe/Berlin")));
    assert!(shown.get("hash_key").is_none() && shown.get("key").is_none(), "{shown}");
}

#[tokio::test]
async fn everything_wrong_with_a_site_is_told_at_once() {
    let world = World::new(NOW).await;
    let wrong = json!({"id": "Not An Id", "name": "", "time_zone": "Mars/Base", "currency": "euro", "origins": ["*"]});
    let answer = world.call(Method::POST, "/v1/sites", OPERATOR, Some(wrong)).await;
    assert_eq!(answer.status, 422);
    let pointers: Vec<_> =
        answer.json()["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect();
    assert_eq!(pointers, ["/id", "/currency", "/name", "/time_zone", "/origins/0"]);
}

#[tokio::test]
async fn conversions_follow_the_kinds_that_the_site_names_also_for_the_past() {
    let world = World::new(NOW).await;
    world.post(json!([sale("a", NOW), {"id": "b", "kind": "lead", "occurred_at": NOW}])).await;
    world.pump().await;
    assert_eq!(world.metrics("2026-11-23", "2026-11-23").await["conversions"], 2);
    let body = json!({"conversion_kinds": ["lead"], "acquisition_kinds": []});
    assert_eq!(world.call(Method::PATCH, "/v1/sites/shop", &world.admin, Some(body)).await.status, 200);
    let metrics = world.metrics("2026-11-23", "2026-11-23").await;
    assert_eq!((&metrics["conversions"], &metrics["acquisitions"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn spend_of_a_blank_campaign_source_or_medium_is_refused() {
    let world = World::new(NOW).await;
    let entry = |field: &str| {
        let mut entry = json!({"channel": "email", "campaign": "a", "date": "2026-11-20", "spend": "1"});
        entry[field] = json!(" ");
        entry
    };
    let fields = ["campaign", "source", "medium"];
    let body = json!({"entries": fields.map(entry)});
    let answer = world.call(Method::POST, "/v1/spend", &world.write, Some(body)).await;
    let told = answer.json();
    assert_eq!(answer.status, 422, "{told}");
    for (index, field) in fields.into_iter().enumerate() {
        let fault = &told["errors"][index];
        assert_eq!(
            (&fault["pointer"], &fault["code"]),
            (&json!(format!("/entries/{index}/{field}")), &json!("invalid_text"))
        );
        assert_eq!(fault["detail"], format!("{field} must not be blank"));
    }
    // One that stands from before can still be asked for and withdrawn.
    let path = "/v1/spend/email/%20/2026-11-20";
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(world.call(method.clone(), path, &world.write, None).await.status, 404, "{method}");
    }
}

/// Puts a batch that nobody can read beside the others of a minute.
async fn poison(world: &World, minute: &str) {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: u32| AttributeValue::N(number.to_string());
    let put = world.store().client().put_item().table_name(world.store().table());
    put.item("pk", text(&format!("raw#shop#{minute}#0")))
        .item("sk", text("poison"))
        .item("n", number(3))
        .item("at", number(1))
        .item("by", text("s"))
        .item("body", AttributeValue::B(Blob::new(vec![255, 1, 2, 3])))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_goes_to_quarantine_and_the_rest_is_counted() {
    let world = World::new(NOW).await;
    poison(&world, "2026-11-23T05:00Z").await;
    world.post(sale("a", NOW)).await;
    world.pump().await;
    assert_eq!(world.sales("2026-11-23", "2026-11-23").await, 1);
    let status = world.get("/v1/status").await.json();
    assert_eq!(status["quarantined"], json!({"count": 1, "more": false}));
    assert!(status["quarantine"][0]["reason"].as_str().unwrap().len() > 5, "{status}");

    // The batch is repaired, here by taking it away; a rebuild clears the quarantine.
    let key = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
    let delete = world.store().client().delete_item().table_name(world.store().table());
    let delete =
        delete.set_key(Some([key("pk", "raw#shop#2026-11-23T05:00Z#0"), key("sk", "poison")].into()));
    delete.send().await.unwrap();
    rebuild(&world, "2026-11-23", "2026-11-23").await;
    assert_eq!(world.get("/v1/status").await.json()["quarantined"]["count"], 0);
    assert_eq!(world.sales("2026-11-23", "2026-11-23").await, 1);
}

/// Asks for a rebuild, has seal carry it out, and holds it to being finished.
async fn rebuild(world: &World, from: &str, to: &str) {
    let asked =
        world.call(Method::POST, "/v1/rebuild", &world.admin, Some(json!({"from": from, "to": to}))).await;
    assert_eq!(asked.status, 202, "{}", String::from_utf8_lossy(&asked.body));
    let asked = asked.json();
    assert_eq!(asked["status"], "waiting");
    world.seal().await;
    let path = format!("/v1/rebuild/{}", asked["id"].as_str().unwrap());
    let done = world.call(Method::GET, &path, &world.admin, None).await.json();
    assert_eq!((&done["status"], &done["progress"]), (&json!("finished"), &json!(1)), "{done}");
}

#[tokio::test]
async fn a_rebuild_overwrites_whatever_stands_and_empties_what_has_no_events() {
    let world = World::new("2026-11-20T05:00:30Z").await;
    world.post(json!([sale("a", "2026-11-20T05:00:00Z"), sale("b", "2026-11-20T04:59:00Z")])).await;
    world.pump().await;
    world.turn_to(NOW);
    world.seal().await;
    assert_eq!(world.sales("2026-11-20", "2026-11-20").await, 2);
    // Raw events vanish, as by an erasure; every rollup above still has them.
    let key = |name: &str, value: String| (name.to_owned(), AttributeValue::S(value));
    let raw = world.store().client().scan().table_name(world.store().table()).send().await.unwrap();
    for item in raw.items().iter().filter(|item| item["pk"].as_s().unwrap() == "raw#shop#2026-11-20T04:59Z#0")
    {
        let (pk, sk) = (item["pk"].as_s().unwrap().clone(), item["sk"].as_s().unwrap().clone());
        let delete = world.store().client().delete_item().table_name(world.store().table());
        delete.set_key(Some([key("pk", pk), key("sk", sk)].into())).send().await.unwrap();
    }
    rebuild(&world, "2026-11-20", "2026-11-20").await;
    assert_eq!(world.sales("2026-11-20", "2026-11-20").await, 1);
    // What comes later is counted on top, in the new generation.
    world.post(sale("c", "2026-11-20T04:59:30Z")).await;
    world.pump().await;
    world.seal().await;
    assert_eq!(world.sales("2026-11-20", "2026-11-20").await, 2);
}

#[tokio::test]
async fn a_rebuild_that_is_cut_off_goes_on_where_it_stopped() {
    let world = World::new("2026-11-20T05:00:30Z").await;
    world.post(json!([sale("a", "2026-11-20T05:00:00Z"), sale("b", "2026-11-19T05:00:00Z")])).await;
    world.pump().await;
    world.turn_to(NOW);
    world.seal().await;
    let asked = json!({"from": "2026-11-18", "to": "2026-11-22"});
    let asked = world.call(Method::POST, "/v1/rebuild", &world.admin, Some(asked)).await.json();
    let path = format!("/v1/rebuild/{}", asked["id"].as_str().unwrap());
    let site = world.site().await;
    let mut shares = Vec::new();
    for _ in 0..200 {
        // Time runs out after the first step of each run.
        let asked = std::cell::Cell::new(0);
        let out_of_time = || asked.replace(asked.get() + 1) > 0;
        seal::carry_on(world.store(), &site, crate::support::at(NOW), &out_of_time).await.unwrap();
        let shown = world.call(Method::GET, &path, &world.admin, None).await.json();
        shares.push(shown["progress"].as_f64().unwrap());
        if shown["status"] == "finished" {
            break;
        }
    }
    assert!(shares.len() > 3, "{shares:?}");
    assert!(shares.windows(2).all(|pair| pair[0] <= pair[1]), "{shares:?}");
    assert_eq!(shares.last(), Some(&1.0));
    assert_eq!(world.sales("2026-11-18", "2026-11-22").await, 2);
}

#[tokio::test]
async fn a_view_that_is_newer_than_the_rollups_is_served_after_a_rebuild_of_everything() {
    let world = World::new(NOW).await;
    world.post(json!([sale("a", NOW), sale("b", "2026-11-20T05:00:00Z")])).await;
    world.pump().await;
    world.seal().await;
    // The rollups were made before there was any view: all are new.
    let update = world.store().client().update_item().table_name(world.store().table());
    let key = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
    update
        .set_key(Some([key("pk", "site#shop"), key("sk", "state")].into()))
        .update_expression("SET built = :zero")
        .expression_attribute_values(":zero", AttributeValue::N("0".to_owned()))
        .send()
        .await
        .unwrap();
    let status = async || world.get("/v1/reports/channels").await.status;
    assert_eq!(status().await, 422);
    rebuild(&world, "2026-11-21", "2026-11-23").await;
    assert_eq!(status().await, 422, "the 20th is not rebuilt");
    rebuild(&world, "2026-11-20", "2026-11-23").await;
    assert_eq!(status().await, 200);
    assert_eq!(world.sales("2026-11-20", "2026-11-23").await, 2);
}

#[tokio::test]
async fn what_has_expired_cannot_be_rebuilt() {
    let world = World::with(NOW, "UTC", |config| config.retention_days = Some(30)).await;
    for (from, to, status) in [
        ("2026-11-01", "2026-11-02", 202),
        ("2026-10-01", "2026-11-02", 422),
        ("2026-11-02", "2026-11-01", 422),
    ] {
        let asked = world
            .call(Method::POST, "/v1/rebuild", &world.admin, Some(json!({"from": from, "to": to})))
            .await;
        assert_eq!(asked.status, status, "{from} {to}");
    }
}

#[tokio::test]
async fn the_status_tells_how_far_the_figures_are() {
    let world = World::new(NOW).await;
    let empty = world.get("/v1/status").await.json();
    assert_eq!((&empty["newest_minute"], &empty["lag_seconds"]), (&json!(null), &json!(null)));
    world.post(json!([sale("a", "2026-11-23T04:58:10Z"), sale("b", "2026-11-22T04:58:10Z")])).await;
    world.pump().await;
    let status = world.get("/v1/status").await.json();
    assert_eq!(status["newest_minute"], "2026-11-23T04:58:00Z");
    assert_eq!(status["lag_seconds"], 90);
    assert_eq!(status["late_markers"], json!({"count": 1, "more": false}));
    world.seal().await;
    assert_eq!(world.get("/v1/status").await.json()["late_markers"]["count"], 0);
}
