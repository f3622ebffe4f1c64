//! `POST /v1/events`: what is accepted, what is refused, and what is said of each.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;

use crate::support::{BROWSER, World, sale};

const NOW: &str = "2026-11-23T05:00:30Z";
const ROBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

#[tokio::test]
async fn each_event_is_answered_for_by_itself() {
    let world = World::new(NOW).await;
    let events = json!([
        sale("a", "2026-11-23T05:00:01Z"),
        {"id": "b", "kind": "nonsense"},
        sale("a", "2026-11-23T05:00:01Z"),
        {"id": "c", "kind": "sale"},
    ]);
    let answer = world.call(Method::POST, "/v1/events", &world.write, Some(events)).await;
    let body = answer.json();
    assert_eq!(answer.status, 202);
    assert_eq!((&body["accepted"], &body["duplicates_in_request"]), (&json!(1), &json!(1)));
    let rejected: Vec<_> = body["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            (
                fault["index"].as_u64().unwrap(),
                fault["code"].as_str().unwrap(),
                fault["pointer"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(rejected, [(1, "unknown_kind", "/1/kind"), (3, "missing_value", "/3/value")]);
}

#[tokio::test]
async fn when_nothing_can_be_accepted_the_problem_lists_every_fault() {
    let world = World::new(NOW).await;
    let answer = world.call(Method::POST, "/v1/events", &world.write, Some(json!([{"kind": "x"}, 7]))).await;
    let body = answer.json();
    assert_eq!(answer.status, 422);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(
        (&body["type"], &body["code"]),
        (&json!("/problems/invalid-events"), &json!("invalid_events"))
    );
    let pointers: Vec<_> =
        body["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect();
    assert_eq!(pointers, ["/0/kind", "/1"]);
}

#[tokio::test]
async fn bodies_that_are_no_events_are_refused_whole() {
    let world = World::new(NOW).await;
    let send = async |body: &str, kind: &str| {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v1/events")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.write))
            .header(header::CONTENT_TYPE, kind);
        world.send(request.body(Body::from(body.to_owned())).unwrap()).await.status
    };
    let large = format!(
        "[{}]",
        vec![format!("{{\"kind\": \"view\", \"name\": \"{}\"}}", "x".repeat(100)); 9_000].join(",")
    );
    for (body, kind, status) in [
        ("{\"kind\": \"view\"}", "text/plain", 202),
        ("{\"kind\": \"view\"}", "application/x-www-form-urlencoded", 202),
        ("{\"kind\": \"view\"}", "image/png", 415),
        ("{\"kind\"", "application/json", 400),
        ("", "application/json", 400),
        ("[]", "application/json", 422),
        (large.as_str(), "application/json", 413),
    ] {
        assert_eq!(send(body, kind).await, status, "{body:.30} {kind}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_read_and_its_unpacked_size_bounded() {
    let world = World::new(NOW).await;
    let send_as = async |encoding: &str, body: Vec<u8>| {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v1/events")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.write))
            .header(header::CONTENT_ENCODING, encoding);
        world.send(request.body(Body::from(body)).unwrap()).await
    };
    let send = async |body: Vec<u8>| send_as("gzip", body).await.status;
    let gzip = |text: &[u8]| {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(send(gzip(sale("a", NOW).to_string().as_bytes())).await, 202);
    let bomb = gzip(&vec![b' '; 50_000_000]);
    assert!(bomb.len() < 100_000);
    assert_eq!(send(bomb).await, 413);
    assert_eq!(send(b"no gzip".to_vec()).await, 400);
    let strange = send_as("br", b"?".to_vec()).await;
    assert_eq!((strange.status, strange.json()["code"].clone()), (415, json!("unsupported_media_type")));
}

#[tokio::test]
async fn a_post_within_one_minute_costs_one_call() {
    let world = World::new(NOW).await;
    world.post(sale("a", NOW)).await;
    let answer = world.call(Method::POST, "/v1/events", &world.write, Some(sale("b", NOW))).await;
    assert_eq!((answer.cost("rru"), answer.cost("wru")), (0.0, 1.0));
}

#[tokio::test]
async fn a_page_is_held_to_its_origins_and_preflights_pass() {
    let world = World::new(NOW).await;
    let send = async |method: Method, origin: Option<&str>| {
        let mut request = Request::builder().method(method).uri(format!("/v1/events?key={}", world.publish));
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        world.send(request.body(Body::from("{\"kind\": \"view\"}")).unwrap()).await
    };
    for (origin, status) in
        [(Some("https://shop.example"), 202), (Some("https://evil.example"), 403), (None, 403)]
    {
        assert_eq!(send(Method::POST, origin).await.status, status, "{origin:?}");
    }
    let preflight = send(Method::OPTIONS, Some("https://anything.example")).await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://anything.example");
    assert_eq!(
        send(Method::POST, Some("https://evil.example")).await.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "https://evil.example"
    );
}

#[tokio::test]
async fn robots_are_stored_and_counted_apart() {
    let world = World::new(NOW).await;
    for (agent, id) in [(BROWSER, "1"), (ROBOT, "2"), ("", "3")] {
        let event = json!({"id": id, "kind": "view", "url": "https://shop.example/"});
        assert_eq!(world.post_from_page(event, agent).await.status, 202);
    }
    world
        .post(json!([
            {"id": "4", "kind": "view", "user_agent": ROBOT},
            {"id": "5", "kind": "sale", "value": 7, "user_agent": BROWSER},
            {"id": "6", "kind": "sale", "value": 7},
        ]))
        .await;
    world.pump().await;
    let metrics = world.metrics("2026-11-23", "2026-11-23").await;
    assert_eq!(
        (&metrics["views"], &metrics["invalid"], &metrics["sales"]),
        (&json!(1), &json!(3), &json!(2))
    );
}

/// The channels of the day and how many sales each has.
async fn sales_by_channel(world: &World) -> Vec<(String, i64)> {
    world.pump().await;
    let answer = world.get("/v1/reports/channels?from=2026-11-23&to=2026-11-23").await.json();
    let rows = answer["rows"].as_array().unwrap().iter();
    let mut sales: Vec<_> = rows
        .map(|row| (row["channel"].as_str().unwrap().to_owned(), row["metrics"]["sales"].as_i64().unwrap()))
        .filter(|(_, sales)| *sales > 0)
        .collect();
    sales.sort();
    sales
}

#[tokio::test]
async fn a_sale_without_an_origin_takes_its_visitors_last_touch() {
    let world = World::new(NOW).await;
    let click = |visitor: &str, time: &str, medium: &str| {
        json!({"id": format!("click-{visitor}-{time}"), "kind": "click", "visitor": visitor,
               "occurred_at": format!("2026-{time}Z"), "utm": {"source": "news", "medium": medium}})
    };
    let sale = |visitor: &str| json!({"id": format!("sale-{visitor}"), "kind": "sale", "value": 5, "visitor": visitor, "occurred_at": NOW});
    // An earlier POST; the later of two touches; too long ago; in the same POST; by a robot; none.
    world.post(json!([click("ann", "11-22T10:00:00", "email")])).await;
    world.post(json!([click("bob", "11-20T10:00:00", "email"), click("bob", "11-21T10:00:00", "cpc")])).await;
    world.post(json!([click("bob", "11-19T10:00:00", "email")])).await;
    world.post(json!([click("cat", "10-23T10:00:00", "email")])).await;
    let mut robot = click("dan", "11-22T10:00:00", "email");
    robot["user_agent"] = json!(ROBOT);
    world.post(json!([robot])).await;
    world
        .post(json!([
            sale("eve"),
            click("eve", "11-23T04:59:00", "email"),
            sale("ann"),
            sale("bob"),
            sale("cat"),
            sale("dan"),
            sale("fay")
        ]))
        .await;
    let expected = [("direct".to_owned(), 3), ("email".to_owned(), 2), ("paid_search".to_owned(), 1)];
    let mut found = sales_by_channel(&world).await;
    // `news` with the medium cpc is paid, of whatever sort the rules make it.
    for (channel, _) in &mut found {
        if channel.starts_with("paid") {
            "paid_search".clone_into(channel);
        }
    }
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_touch_is_frozen_into_the_event() {
    let world = World::new(NOW).await;
    let click = json!({"id": "c1", "kind": "click", "visitor": "ann", "occurred_at": "2026-11-23T04:00:00Z",
                       "utm": {"source": "news", "medium": "email", "campaign": "spring"}});
    let sale = json!({"id": "s1", "kind": "sale", "value": 5, "visitor": "ann", "occurred_at": NOW});
    world.post(click).await;
    world.post(sale.clone()).await;
    // A later touch, and the sale sent again: what was decided stays.
    world
        .post(json!({"id": "c2", "kind": "click", "visitor": "ann", "occurred_at": "2026-11-23T05:00:20Z",
                      "utm": {"source": "x", "medium": "sms"}}))
        .await;
    world.post(sale).await;
    assert_eq!(sales_by_channel(&world).await, [("email".to_owned(), 1)]);
    let rows = world.get("/v1/reports/breakdown?by=campaign&from=2026-11-23&to=2026-11-23").await.json();
    let spring =
        rows["rows"].as_array().unwrap().iter().find(|row| row["campaign"] == "spring").unwrap().clone();
    assert_eq!(spring["metrics"]["sales"], 1);
}

#[tokio::test]
async fn validating_says_what_events_would_become_and_stores_nothing() {
    let world = World::new(NOW).await;
    let events = json!([
        {"id": "a", "kind": "view", "occurred_at": "2026-11-23T04:59:59Z", "user_agent": ROBOT,
         "url": "https://shop.example/start?utm_source=news&utm_medium=email"},
        {"kind": "wrong"},
    ]);
    let writes = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&writes);
    world.spy.listen(move |operation, _| {
        if operation != "GetItem" {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    });
    let answer = world.call(Method::POST, "/v1/events?validate_only=true", &world.write, Some(events)).await;
    assert_eq!((answer.status, writes.load(std::sync::atomic::Ordering::Relaxed)), (200, 0));
    let body = answer.json();
    let first = &body["events"][0]["event"];
    assert_eq!(first["minute"], "2026-11-23T04:59:00+00:00");
    assert_eq!(
        (&first["channel"], &first["invalid"], &first["visit"]),
        (&json!("email"), &json!(true), &json!(true))
    );
    assert!(first["rule"]["when"].as_str().unwrap().len() > 5, "{first}");
    assert_eq!(first["landing_page"], "shop.example/start");
    assert_eq!(body["events"][1]["errors"][0]["code"], "unknown_kind");
    assert_eq!(
        world.call(Method::POST, "/v1/events?validate=true", &world.write, Some(json!([]))).await.status,
        422
    );
}

#[tokio::test]
async fn what_is_kept_of_a_person_is_a_hash() {
    let world = World::new(NOW).await;
    world.post(json!({"id": "a", "kind": "sale", "value": 1, "visitor": "ann-the-visitor", "customer": "ann-the-customer",
                      "url": "https://shop.example/?email=ann-the-address", "user_agent": "ann-the-agent"})).await;
    let scanned = world.store().client().scan().table_name(world.store().table()).send().await.unwrap();
    let text = format!("{:?}", scanned.items()).to_lowercase();
    let bytes: Vec<u8> = scanned
        .items()
        .iter()
        .filter_map(|item| item.get("body").and_then(|body| body.as_b().ok()))
        .flat_map(|blob| blob.as_ref().to_vec())
        .collect();
    assert!(text.contains("raw#shop"), "the event is there");
    for trace in ["ann-the-visitor", "ann-the-customer", "ann-the-address", "ann-the-agent"] {
        assert!(!text.contains(trace), "{trace}");
        assert!(!bytes.windows(trace.len()).any(|window| window == trace.as_bytes()), "{trace}");
    }
}

#[tokio::test]
async fn history_is_held_to_the_retention() {
    let world = World::with(NOW, "UTC", |config| config.retention_days = Some(30)).await;
    let send = async |time: &str| {
        world.call(Method::POST, "/v1/events", &world.write, Some(sale(time, time))).await.status
    };
    assert_eq!(send("2026-10-25T00:00:00Z").await, 202);
    assert_eq!(send("2026-10-23T00:00:00Z").await, 422);
    let scanned = world.store().client().scan().table_name(world.store().table()).send().await.unwrap();
    let raw: Vec<_> =
        scanned.items().iter().filter(|item| item["pk"].as_s().unwrap().starts_with("raw#")).collect();
    // The minute, 30 days of retention and 10 more.
    let expires = crate::support::at("2026-12-04T00:00:00Z").timestamp().to_string();
    assert_eq!(raw.len(), 1);
    assert_eq!(raw[0]["expires_at"].as_n().unwrap(), &expires);
}

#[tokio::test]
async fn a_late_upload_finds_the_touch_before_it_and_a_fast_clock_hides_none() {
    let world = World::new(NOW).await;
    let click = |id: &str, visitor: &str, time: &str, medium: &str| json!({"id": id, "kind": "click", "visitor": visitor, "occurred_at": time, "utm": {"source": "news", "medium": medium}});
    let sale = |visitor: &str, time: &str| json!({"id": format!("sale-{visitor}"), "kind": "sale", "value": 5, "visitor": visitor, "occurred_at": time});
    // A later touch is stored already when the earlier click and its sale come in together.
    world.post(click("c1", "ann", "2026-11-23T04:30:00Z", "sms")).await;
    world
        .post(json!([
            click("c2", "ann", "2026-11-23T03:00:00Z", "email"),
            sale("ann", "2026-11-23T03:05:00Z")
        ]))
        .await;
    // A browser's clock is half an hour ahead of the server that sends the sale.
    world.post(click("c3", "bob", "2026-11-23T05:30:00Z", "email")).await;
    world.turn_to("2026-11-23T05:03:00Z");
    world.post(sale("bob", "2026-11-23T05:02:00Z")).await;
    assert_eq!(sales_by_channel(&world).await, [("email".to_owned(), 2)]);
}

#[tokio::test]
async fn an_id_whose_time_is_just_outside_is_refused_as_its_time_would_be() {
    let world = World::new("2026-11-23T03:59:58Z").await;
    let millis = crate::support::at("2026-11-23T05:00:00Z").timestamp_millis();
    let id = format!("{:08x}-{:04x}-7000-8000-000000000001", millis >> 16, millis & 0xffff);
    let send = async || {
        world.call(Method::POST, "/v1/events", &world.write, Some(json!({"id": id, "kind": "view"}))).await
    };
    let refused = send().await;
    assert_eq!(
        (refused.status, refused.json()["errors"][0]["code"].clone()),
        (422, json!("time_out_of_range"))
    );
    world.turn_to("2026-11-23T04:00:03Z");
    assert_eq!(send().await.status, 202);
}

#[tokio::test]
async fn what_expired_under_a_shorter_retention_takes_no_new_events() {
    let world = World::new(NOW).await;
    let minute = |text| reckon_core::domain::calendar::Minute::of(crate::support::at(text));
    world.store().raise_raw_complete_from(&world.site, minute("2026-11-01T00:00:00Z")).await.unwrap();
    for (time, status) in [("2026-10-31T12:00:00Z", 422), ("2026-11-01T12:00:00Z", 202)] {
        let answer = world.call(Method::POST, "/v1/events", &world.write, Some(sale(time, time))).await;
        assert_eq!(answer.status, status, "{time}");
    }
}
