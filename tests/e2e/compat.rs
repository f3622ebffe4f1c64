//! What the clients of Segment and of Plausible send: what becomes of it, and what is refused.

use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reckon_core::domain::event::{Prop, Sent};
use reckon_core::store::unpack;
use serde_json::{Value, json};

use crate::support::{Answer, BROWSER, World};

const NOW: &str = "2026-11-23T05:00:30Z";
const DAY: (&str, &str) = ("2026-11-23", "2026-11-23");
const ROBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// Sends as Segment's libraries do: the key is the user's name of basic authentication.
async fn segment(world: &World, path: &str, key: &str, body: &Value) -> Answer {
    let request = Request::post(path)
        .header(header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{key}:"))))
        .header(header::USER_AGENT, "analytics-node-next/latest")
        .header(header::CONTENT_TYPE, "application/json");
    world.send(request.body(Body::from(body.to_string())).unwrap()).await
}

/// Sends with the write key; it has to be answered as Segment would.
async fn accepted(world: &World, path: &str, body: &Value) {
    let answer = segment(world, path, &world.write, body).await;
    assert_eq!(answer.status, 200, "{body}: {}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.json(), json!({"success": true}));
}

/// Sends with the write key; answers the places and codes of its faults.
async fn refused(world: &World, path: &str, body: &Value) -> Vec<(String, String)> {
    let answer = segment(world, path, &world.write, body).await;
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (422, &json!("invalid_events")), "{body}: {problem}");
    let text = |fault: &Value, name: &str| fault[name].as_str().unwrap().to_owned();
    let faults = problem["errors"].as_array().unwrap().iter();
    faults.map(|fault| (text(fault, "pointer"), text(fault, "code"))).collect()
}

/// Sends as Plausible's client in a page does.
async fn plausible(world: &World, path: &str, origin: &str, agent: &str, body: &str) -> Answer {
    let request = Request::post(path)
        .header(header::ORIGIN, origin)
        .header(header::USER_AGENT, agent)
        .header(header::CONTENT_TYPE, "text/plain");
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// The events that are stored, in the order of their ids.
async fn stored(world: &World) -> Vec<Sent> {
    let scanned = world.store().client().scan().table_name(world.store().table()).send().await.unwrap();
    let raw = scanned.items().iter().filter(|item| item["pk"].as_s().unwrap().starts_with("raw#"));
    let bodies = raw.map(|item| unpack(item["body"].as_b().unwrap().as_ref()).unwrap());
    let mut sent: Vec<Sent> = bodies.flatten().map(|event| event.sent).collect();
    sent.sort_by(|left, right| left.id.cmp(&right.id));
    sent
}

fn track(id: &str, event: &str, properties: &Value) -> Value {
    json!({"type": "track", "messageId": id, "timestamp": NOW, "anonymousId": "ann", "event": event,
           "properties": properties})
}

async fn metrics(world: &World) -> Value {
    world.pump().await;
    world.metrics(DAY.0, DAY.1).await
}

#[tokio::test]
async fn each_name_of_segments_specification_has_its_kind() {
    let world = World::new(NOW).await;
    for (number, (event, kind)) in [
        ("Order Completed", "sale"),
        ("order completed", "sale"),
        ("Order Refunded", "refund"),
        ("Signed Up", "signup"),
        ("Lead Generated", "lead"),
        ("Lead Captured", "lead"),
        ("Subscription Started", "subscription"),
        ("Product Clicked", "click"),
        ("Promotion Clicked", "click"),
        ("Video Played", "engagement"),
    ]
    .into_iter()
    .enumerate()
    {
        // A refund names the first order; each other one is its own.
        let order = if kind == "refund" { 50_300 } else { 50_300 + number };
        let money = json!({"revenue": 25.5, "total": 27.5, "currency": "eur", "order_id": order});
        accepted(&world, "/v1/track", &track(&format!("{number:02}"), event, &money)).await;
        let mut all = stored(&world).await.into_iter();
        let sent = all.find(|sent| sent.name.as_ref().is_some_and(|name| name.as_str() == event)).unwrap();
        let name = sent.name.as_ref().unwrap().as_str();
        assert_eq!(
            (sent.kind.as_str(), name, sent.order.unwrap().as_str()),
            (kind, event, order.to_string().as_str())
        );
        assert!(sent.visitor.is_some() && sent.customer.is_none());
    }
    let metrics = metrics(&world).await;
    for (name, expected) in [("sales", 2), ("refunds", 1), ("signups", 1), ("leads", 2), ("clicks", 2)] {
        assert_eq!(metrics[name], expected, "{name}");
    }
    // Two sales, a subscription and a refund by their revenue.
    assert_eq!((&metrics["gross_revenue"], &metrics["refunded"]), (&json!(76.5), &json!(25.5)));
}

#[tokio::test]
async fn a_batch_is_read_with_the_context_that_its_messages_share() {
    let world = World::new(NOW).await;
    let campaign =
        json!({"name": "spring", "source": "google", "medium": "cpc", "term": "shoes", "content": "b1"});
    let batch = json!({
        "context": {"campaign": campaign, "userAgent": BROWSER},
        "sentAt": "2026-11-23T05:00:29Z",
        "batch": [
            {"type": "page", "messageId": "1", "timestamp": NOW, "anonymousId": "ann", "name": "Home", "category": "Shop",
             "properties": {"url": "https://shop.example/a?x=1", "path": "/a", "referrer": "https://www.google.com/", "title": "A"}},
            {"type": "screen", "messageId": "2", "timestamp": NOW, "userId": 7, "name": "Start",
             "context": {"campaign": {"name": "autumn"}, "userAgent": ROBOT}},
            {"type": "track", "messageId": "3", "timestamp": NOW, "event": "Order Completed", "properties": {"total": "9.90"},
             "context": {"page": {"url": "https://shop.example/thanks"}}},
        ],
    });
    accepted(&world, "/v1/batch", &batch).await;
    let sent = stored(&world).await;
    assert_eq!(sent.iter().map(|sent| sent.kind.as_str()).collect::<Vec<_>>(), ["view", "view", "sale"]);
    let campaigns = sent.iter().map(|sent| sent.utm.campaign.as_ref().unwrap().as_str());
    assert_eq!(campaigns.collect::<Vec<_>>(), ["spring", "autumn", "spring"]);
    assert_eq!(sent[0].page.as_ref().unwrap().0, "shop.example/a");
    assert_eq!(sent[0].referrer.as_ref().unwrap().host(), "www.google.com");
    assert_eq!(sent[0].name.as_ref().unwrap().as_str(), "Home");
    assert_eq!(sent[0].props.keys().collect::<Vec<_>>(), ["category", "title"]);
    assert_eq!(sent[2].page.as_ref().unwrap().0, "shop.example/thanks");
    let metrics = metrics(&world).await;
    let counts = ["views", "invalid", "sales"].map(|name| metrics[name].as_i64().unwrap());
    assert_eq!(counts, [1, 1, 1], "the second view is a robot's");
    let channels = world.get("/v1/reports/channels?from=2026-11-23&to=2026-11-23").await.json();
    let paid =
        channels["rows"].as_array().unwrap().iter().find(|row| row["channel"] == "paid_search").unwrap();
    assert_eq!(paid["metrics"]["revenue"], 9.9);
}

#[tokio::test]
async fn who_somebody_is_is_stored_with_the_traits_of_a_person_hashed() {
    let world = World::new(NOW).await;
    let traits = json!({"email": "ann@mail.example", "first_name": "Ann", "plan": "pro", "seats": 3, "since": null,
                        "company": {"name": "Acme", "contact": "bob@mail.example"}});
    let identify =
        json!({"messageId": "1", "timestamp": NOW, "anonymousId": "ann", "userId": "c-1", "traits": traits});
    accepted(&world, "/v1/identify", &identify).await;
    let group = json!({"messageId": "2", "timestamp": NOW, "userId": "c-1", "groupId": "g-1", "traits": {"name": "Acme"}});
    accepted(&world, "/v1/group", &group).await;
    let alias = json!({"messageId": "3", "timestamp": NOW, "userId": "c-1", "previousId": "ann"});
    accepted(&world, "/v1/alias", &alias).await;
    let sent = stored(&world).await;
    let names = sent.iter().map(|sent| (sent.kind.as_str(), sent.name.as_ref().unwrap().as_str()));
    let expected = ["identify", "group", "alias"].map(|name| ("engagement", name));
    assert_eq!(names.collect::<Vec<_>>(), expected);
    assert_eq!((sent[0].visitor, sent[0].customer), (sent[2].visitor, sent[2].customer), "the same two");
    assert!(sent[0].visitor.is_some() && sent[0].customer.is_some());
    let props = &sent[0].props;
    assert_eq!(props["plan"], Prop::Text("pro".to_owned()));
    for name in ["email", "first_name"] {
        assert!(matches!(&props[name], Prop::Text(text) if text.starts_with("hash:")), "{name}: {props:?}");
    }
    assert_eq!(sent[1].props["groupId"], Prop::Text("g-1".to_owned()));
    let all = format!("{sent:?}");
    for trace in ["@mail", "u0040mail", "Ann", "\"c-1\""] {
        assert!(!all.contains(trace), "{trace} is in {all}");
    }
}

#[tokio::test]
async fn properties_are_folded_into_the_props_without_losing_any() {
    let world = World::new(NOW).await;
    let mut properties = json!({"total": 30.000_000_000_000_004, "products": [{"sku": "G-32", "price": 18.99, "by": "a@b.example"}],
        "precise": 0.1, "coupon": "x".repeat(300), "n".repeat(70): true, "rest.1": "mine", "handle": {"at": "@ann", "of": "a.b"}});
    properties["precise"] = json!(0.1 + 0.2);
    for number in 0..29 {
        properties[format!("p{number:02}")] = json!(number);
    }
    accepted(&world, "/v1/track", &track("1", "Order Completed", &properties)).await;
    let sent = stored(&world).await.pop().unwrap();
    assert_eq!(sent.value.unwrap().text(), "30");
    assert_eq!(sent.props.len(), 30);
    let piece = |number: usize| match sent.props.get(&format!("rest.{number}")) {
        Some(Prop::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let rest: String = (1..).map_while(piece).collect();
    let rest: Value = serde_json::from_str(&rest).unwrap();
    for name in ["products", "precise", "coupon", "rest.1", "handle", &"n".repeat(70)] {
        let mut expected = properties[name].clone();
        if name == "products" {
            expected[0]["by"] = rest[name][0]["by"].clone();
            assert!(expected[0]["by"].as_str().unwrap().starts_with("hash:"));
        }
        assert_eq!(rest[name], expected, "{name}");
    }
    for number in 0..29 {
        let name = format!("p{number:02}");
        assert!(sent.props.contains_key(&name) || rest[&name] == number, "{name}");
    }
    let too_much = json!({"total": 1, "products": vec![json!({"sku": "x".repeat(100)}); 100]});
    let told = refused(&world, "/v1/track", &track("2", "Order Completed", &too_much)).await;
    assert_eq!(told, [("/properties".to_owned(), "too_many".to_owned())]);
    let many: serde_json::Map<String, Value> =
        (0..50_000).map(|number| (number.to_string(), json!(1))).collect();
    assert_eq!(refused(&world, "/v1/track", &track("3", "Seen", &json!(many))).await.len(), 1);
}

#[tokio::test]
async fn what_a_field_cannot_hold_is_hashed_or_kept_beside_it() {
    let world = World::new(NOW).await;
    let long = "v".repeat(400);
    let message = json!({"messageId": "no id #1", "timestamp": NOW, "anonymousId": long, "event": format!("Seen {}", "x".repeat(200)),
                         "context": {"page": {"url": "app://start"}, "campaign": {"name": "y".repeat(200)}}, "extra": {"a": 1}});
    accepted(&world, "/v1/track", &message).await;
    accepted(&world, "/v1/track", &message).await;
    let mut sent = stored(&world).await;
    sent.dedup();
    assert_eq!(sent.len(), 1, "the same message is the same event");
    let sent = &sent[0];
    assert_eq!((sent.id.as_str().len(), sent.name.as_ref().unwrap().as_str().len()), (64, 128));
    assert_eq!((&sent.page, sent.utm.campaign.as_ref().unwrap().as_str().len()), (&None, 128));
    let rest = format!("{:?}", sent.props);
    assert!(
        rest.contains("app://start") && rest.contains(&"y".repeat(200)) && rest.contains("extra"),
        "{rest}"
    );
}

#[tokio::test]
async fn a_message_sent_again_counts_once_whenever_that_is() {
    let world = World::new(NOW).await;
    let batch = |sent: &str, id: &str| {
        let mut first = track(id, "Order Completed", &json!({"total": 5}));
        let mut untimed = track(&format!("{id}-untimed"), "Order Completed", &json!({"total": 5}));
        for message in [&mut first, &mut untimed] {
            message["sentAt"] = json!(sent);
        }
        untimed.as_object_mut().unwrap().remove("timestamp");
        json!({"batch": [first, untimed, first], "sentAt": sent})
    };
    accepted(&world, "/v1/batch", &batch("2026-11-23T05:00:29Z", "1")).await;
    world.turn_to("2026-11-23T05:07:00Z");
    accepted(&world, "/v1/batch", &batch("2026-11-23T05:06:59Z", "1")).await;
    assert_eq!(metrics(&world).await["sales"], 2);
    // Before its own time, another one says when it was.
    let mut moved = track("3", "Order Completed", &json!({"total": 5}));
    moved["originalTimestamp"] = json!("2026-11-20T05:00:00Z");
    accepted(&world, "/v1/track", &moved).await;
    assert_eq!(metrics(&world).await["sales"], 3);
}

#[tokio::test]
async fn one_bad_message_refuses_its_batch_before_anything_is_stored() {
    let world = World::new(NOW).await;
    let good = track("1", "Order Completed", &json!({"total": 5}));
    for (bad, pointer, code) in [
        (
            track("2", "Order Completed", &json!({"revenue": "much"})),
            "/batch/1/properties/revenue",
            "invalid_number",
        ),
        (track("2", "Order Completed", &json!({"total": -5})), "/batch/1/properties/total", "negative_value"),
        (track("2", "Order Completed", &json!({"coupon": "x"})), "/batch/1/properties", "missing_value"),
        (
            track("2", "Order Completed", &json!({"total": 5, "currency": "usd"})),
            "/batch/1/properties/currency",
            "currency_mismatch",
        ),
        (track("2", "", &json!({})), "/batch/1/event", "missing_event"),
        (track("2", "Seen", &json!([1])), "/batch/1/properties", "not_an_object"),
        (json!({"type": "track", "event": "Seen", "timestamp": "now"}), "/batch/1/timestamp", "invalid_time"),
        (
            json!({"type": "track", "event": "Seen", "originalTimestamp": "2027-01-01T00:00:00Z"}),
            "/batch/1/originalTimestamp",
            "time_out_of_range",
        ),
        (json!({"type": "track", "event": "Seen", "userId": {}}), "/batch/1/userId", "not_a_text"),
        (
            json!({"type": "page", "context": {"page": {"url": true}}}),
            "/batch/1/context/page/url",
            "not_a_text",
        ),
        (json!({"type": "sing"}), "/batch/1/type", "unknown_type"),
        (json!({"event": "Seen"}), "/batch/1/type", "missing_type"),
        (json!({"type": "identify"}), "/batch/1/userId", "missing_id"),
        (json!({"type": "alias", "userId": "a"}), "/batch/1/userId", "missing_id"),
        (json!({"type": "group", "userId": "a"}), "/batch/1/groupId", "missing_id"),
        (json!(7), "/batch/1", "not_an_object"),
    ] {
        let told = refused(&world, "/v1/batch", &json!({"batch": [good, bad, good]})).await;
        assert_eq!(told, [(pointer.to_owned(), code.to_owned())], "{bad}");
    }
    assert!(stored(&world).await.is_empty());
    for (path, body, pointer, code) in [
        ("/v1/batch", json!({}), "/batch", "not_a_list"),
        ("/v1/batch", json!({"batch": {}}), "/batch", "not_a_list"),
        ("/v1/batch", json!([good]), "", "not_an_object"),
        ("/v1/page", good.clone(), "/type", "wrong_type"),
    ] {
        assert_eq!(refused(&world, path, &body).await, [(pointer.to_owned(), code.to_owned())], "{body}");
    }
    assert_eq!(refused_status(&world, &json!({"batch": []})).await, 422);
    assert_eq!(refused_status(&world, &json!({"batch": vec![good; 1_001]})).await, 413);
    assert!(stored(&world).await.is_empty());
}

async fn refused_status(world: &World, body: &Value) -> u16 {
    segment(world, "/v1/batch", &world.write, body).await.status
}

#[tokio::test]
async fn segments_key_is_the_name_of_basic_authentication_or_stands_in_the_body() {
    let world = World::new(NOW).await;
    let message = track("1", "Seen", &json!({}));
    let with = |key: &str| {
        let mut message = message.clone();
        message["writeKey"] = json!(key);
        message
    };
    for (key, status) in [(&world.write, 200), (&world.admin, 200), (&world.read, 403)] {
        assert_eq!(segment(&world, "/v1/track", key, &message).await.status, status);
        let bare = Request::post("/v1/track").body(Body::from(with(key).to_string())).unwrap();
        assert_eq!(world.send(bare).await.status, status);
        assert_eq!(world.call(Method::POST, "/v1/track", key, Some(message.clone())).await.status, status);
    }
    for key in ["", "rk_write_unknown", &"x".repeat(500)] {
        // A name that is no key of ours is for a proxy on the way; one that is goes before the body.
        let status = if key.starts_with("rk_") { 401 } else { 200 };
        assert_eq!(segment(&world, "/v1/track", key, &with(&world.write)).await.status, status, "{key:.20}");
        let bare = Request::post("/v1/track").body(Body::from(with(key).to_string())).unwrap();
        assert_eq!(world.send(bare).await.status, 401, "{key:.20}");
    }
    for body in ["", "[]", "{\"writeKey\"", "{\"writeKey\": 7}"] {
        let bare = Request::post("/v1/batch").body(Body::from(body)).unwrap();
        assert_eq!(world.send(bare).await.status, 401, "{body}");
    }
    let answer = world.call(Method::POST, "/v1/track?dry=1", &world.write, Some(message)).await;
    assert_eq!(answer.json()["errors"][0]["code"], "unknown_parameter");
}

#[tokio::test]
async fn a_publish_key_is_held_to_its_pages_in_others_words_too() {
    let world = World::new(NOW).await;
    let send = async |origin: Option<&str>, body: &Value| {
        let mut request = Request::post("/v1/track").header(header::USER_AGENT, BROWSER);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let mut body = body.clone();
        body["writeKey"] = json!(world.publish);
        world.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    // The agent that it names does not count: the page's own request says so.
    let mut sale = track("1", "Order Completed", &json!({"total": 5}));
    sale["context"] = json!({"userAgent": ROBOT});
    for (origin, status) in
        [(Some("https://shop.example"), 200), (Some("https://evil.example"), 403), (None, 403)]
    {
        assert_eq!(send(origin, &sale).await.status, status, "{origin:?}");
    }
    let refund = track("2", "Order Refunded", &json!({"total": 5}));
    let answer = send(Some("https://shop.example"), &refund).await;
    assert_eq!(answer.json()["errors"][0]["pointer"], "/event");
    assert_eq!(answer.json()["errors"][0]["code"], "needs_write_key");
    for path in ["/k/{}/api/event", "/api/event?key={}"] {
        let path = path.replace("{}", &world.publish);
        for (origin, status) in [("https://shop.example", 202), ("https://evil.example", 403)] {
            let answer = plausible(&world, &path, origin, BROWSER, r#"{"n": "pageview"}"#).await;
            assert_eq!(answer.status, status, "{origin}");
            assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
        }
    }
    let metrics = metrics(&world).await;
    assert_eq!(
        (&metrics["sales"], &metrics["views"], &metrics["invalid"]),
        (&json!(1), &json!(2), &json!(0))
    );
}

#[tokio::test]
async fn each_event_of_plausibles_clients_has_its_kind() {
    let world = World::new(NOW).await;
    let path = format!("/k/{}/api/event", world.publish);
    for (body, kind, name) in [
        (
            r#"{"n": "pageview", "u": "https://shop.example/?utm_source=news&utm_medium=email", "d": "shop.example", "r": null, "w": 1024, "h": 0}"#,
            "view",
            None,
        ),
        (
            r#"{"name": "pageview", "url": "https://shop.example/", "domain": "shop.example", "referrer": "https://www.google.com/"}"#,
            "view",
            None,
        ),
        (
            r#"{"n": "Purchase", "u": "https://shop.example/", "$": {"amount": 1.10, "currency": "EUR"}}"#,
            "sale",
            Some("Purchase"),
        ),
        (
            r#"{"n": "Donation", "revenue": "{\"amount\":\"0.30000000000000004\",\"currency\":\"eur\"}"}"#,
            "sale",
            Some("Donation"),
        ),
        (r#"{"n": "Purchase", "p": "{\"plan\":\"pro\"}"}"#, "engagement", Some("Purchase")),
        (r#"{"n": "Signup", "props": {"plan": "pro"}}"#, "signup", Some("Signup")),
        (r#"{"n": "Lead", "m": {"plan": "pro"}}"#, "lead", Some("Lead")),
        (
            r#"{"n": "Outbound Link: Click", "p": {"url": "https://a.example/"}}"#,
            "click",
            Some("Outbound Link: Click"),
        ),
        (r#"{"n": "engagement", "sd": 80, "e": 3100, "v": 36}"#, "engagement", Some("engagement")),
        (r#"{"n": "404", "u": "app://start", "i": false}"#, "engagement", Some("404")),
    ] {
        let before = stored(&world).await;
        let answer = plausible(&world, &path, "https://shop.example", BROWSER, body).await;
        assert_eq!((answer.status, answer.body.as_slice()), (202, b"ok".as_slice()), "{body}");
        let mut after = stored(&world).await;
        after.retain(|event| !before.contains(event));
        assert_eq!(after.len(), 1, "{body}");
        let sent = &after[0];
        assert_eq!(
            (sent.kind.as_str(), sent.name.as_ref().map(|name| name.as_str())),
            (kind, name),
            "{body}"
        );
        let props = format!("{:?}", sent.props);
        for (said, kept) in
            [("pro", "pro"), ("https://a", "https://a"), ("sd", "scroll_depth"), ("app:", "app:")]
        {
            assert_eq!(body.contains(said), props.contains(kept), "{body}: {props}");
        }
    }
    let metrics = metrics(&world).await;
    let counts = ["views", "sales", "signups", "leads", "clicks", "engagements"];
    assert_eq!(counts.map(|name| metrics[name].as_i64().unwrap()), [2, 2, 1, 1, 1, 3]);
    assert_eq!(metrics["revenue"], 1.4);
    let channels = world.get("/v1/reports/channels?from=2026-11-23&to=2026-11-23").await.json();
    let email = channels["rows"].as_array().unwrap().iter().find(|row| row["channel"] == "email").unwrap();
    assert_eq!(email["metrics"]["views"], 1);
}

#[tokio::test]
async fn what_plausibles_clients_cannot_mean_is_refused_and_robots_are_counted_apart() {
    let world = World::new(NOW).await;
    let (path, page) = (format!("/k/{}/api/event", world.publish), "https://shop.example");
    for (body, status, pointer) in [
        ("", 400, None),
        ("{}", 422, Some("/n")),
        (r#"{"n": 7}"#, 422, Some("/n")),
        (r#"{"n": ""}"#, 422, Some("/n")),
        ("[]", 422, Some("")),
        (r#"{"n": "a", "p": "no object"}"#, 422, Some("/p")),
        (r#"{"n": "Purchase", "$": {"currency": "EUR"}}"#, 422, Some("/$/amount")),
        (r#"{"n": "Purchase", "$": {"amount": "x"}}"#, 422, Some("/$/amount")),
        (r#"{"n": "Purchase", "revenue": {"amount": 1, "currency": "USD"}}"#, 422, Some("/revenue/currency")),
    ] {
        let answer = plausible(&world, &path, page, BROWSER, body).await;
        assert_eq!(answer.status, status, "{body}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.json()["errors"][0]["pointer"].as_str(), pointer, "{body}");
    }
    assert!(stored(&world).await.is_empty());
    for (path, status) in [
        ("/api/event".to_owned(), 401),
        ("/k/rk_publish_unknown/api/event".to_owned(), 401),
        (format!("/k/{}/api/event", world.write), 403),
        (format!("/api/event?key={}", world.write), 202),
        (path, 202),
    ] {
        assert_eq!(plausible(&world, &path, page, ROBOT, r#"{"n": "pageview"}"#).await.status, status);
    }
    let metrics = metrics(&world).await;
    assert_eq!((&metrics["views"], &metrics["invalid"]), (&json!(0), &json!(2)));
}
