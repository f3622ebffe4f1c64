//! Bad input: each has its type, and a sentence that says what is allowed. One table.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;

use crate::support::World;

const NOW: &str = "2026-11-23T05:00:30Z";

/// A request, what it is answered with, and a part of the sentence.
struct Row {
    method: Method,
    path: String,
    key: String,
    body: String,
    status: u16,
    kind: &'static str,
    says: &'static str,
}

fn row(
    method: Method,
    path: &str,
    key: &str,
    body: &str,
    status: u16,
    kind: &'static str,
    says: &'static str,
) -> Row {
    Row { method, path: path.to_owned(), key: key.to_owned(), body: body.to_owned(), status, kind, says }
}

#[tokio::test]
async fn everything_that_can_be_wrong_is_answered_for() {
    let world = World::new(NOW).await;
    let (write, read, admin) = (world.write.clone(), world.read.clone(), world.admin.clone());
    let expiring = json!({"role": "write", "expires_at": "2026-11-23T05:00:31Z"});
    let expired = world.call(Method::POST, "/v1/keys", &admin, Some(expiring)).await.json()["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    world.turn_to("2026-11-23T05:00:31Z");
    let event = |body: &str, kind, says| row(Method::POST, "/v1/events", &write, body, 422, kind, says);
    let whole =
        |body: &str, status, kind, says| row(Method::POST, "/v1/events", &write, body, status, kind, says);
    let report =
        |path: &str, kind, says| row(Method::GET, &format!("/v1/reports/{path}"), &read, "", 422, kind, says);
    let keyed = |key: &str, status, kind, says| {
        row(Method::POST, "/v1/events", key, "{\"kind\": \"view\"}", status, kind, says)
    };
    let invalid = "invalid-events";
    let many = format!("[{}]", vec!["{\"kind\": \"view\"}"; 1_001].join(","));
    let large = format!("{{\"kind\": \"view\", \"name\": \"{}\"}}", "x".repeat(1_000_000));
    let long = |field: &str, length: usize| {
        format!("{{\"kind\": \"view\", \"{field}\": \"{}\"}}", "x".repeat(length))
    };
    let props = (0..31).map(|number| format!("\"p{number}\": 1")).collect::<Vec<_>>().join(",");
    let rows = [
        whole("{\"kind\": ", 400, "malformed", "not JSON"),
        whole("{} {}", 400, "malformed", "not JSON"),
        whole("\"view\"", 400, "malformed", "array of events"),
        whole(&many, 413, "too-large", "at most 1000 events"),
        whole(&large, 413, "too-large", "1 MB"),
        event("[]", invalid, "empty"),
        event("{\"kind\": 7}", invalid, "a text"),
        event("{\"kind\": \"sail\"}", invalid, "sale"),
        event("{\"kind\": \"view\", \"colour\": 1}", invalid, "props"),
        event("{\"kind\": \"sale\", \"value\": -1}", invalid, "negative"),
        event("{\"kind\": \"sale\", \"value\": 0.0000001}", invalid, "6 decimals"),
        event("{\"kind\": \"sale\", \"value\": \"1,5\"}", invalid, "such as 49.90"),
        event("{\"kind\": \"sale\", \"value\": 1, \"currency\": \"USD\"}", invalid, "EUR"),
        event("{\"kind\": \"view\", \"count\": 1000000001}", invalid, "1 to 1000000000"),
        event("{\"kind\": \"view\", \"occurred_at\": \"2026-11-23T06:00:32Z\"}", invalid, "an hour ahead"),
        event("{\"kind\": \"view\", \"occurred_at\": \"1989-12-31T23:59:59Z\"}", invalid, "1990"),
        event("{\"kind\": \"view\", \"occurred_at\": \"23.11.2026\"}", invalid, "2026-11-23T05:00:00.123Z"),
        event(&long("id", 129), invalid, "at most 128"),
        event(&long("order", 129), invalid, "at most 128"),
        event("{\"kind\": \"view\", \"id\": \"a#b\"}", invalid, "without #"),
        event("{\"kind\": \"view\", \"name\": \"a\\u0000b\"}", invalid, "control characters"),
        event("{\"kind\": \"view\", \"name\": \"\"}", invalid, "empty"),
        event(&format!("{{\"kind\": \"view\", \"props\": {{{props}}}}}"), invalid, "at most 30"),
        keyed("", 401, "no-key", "Authorization: Bearer"),
        keyed("rk_write_unknown", 401, "no-key", "not known"),
        keyed(&expired, 401, "no-key", "expired"),
        keyed(&read, 403, "forbidden", "publish"),
        report("summary?from=2026-11-23&to=2026-11-22", "invalid", "after to"),
        report("summary?from=2020-01-01&to=2026-11-22", "invalid", "25 months"),
        report("summary?from=2026-02-30", "invalid", "a day such as"),
        report("summary?to=262142-12-31", "invalid", "a day such as"),
        report("summary?from=0001-01-01&to=0001-01-02", "invalid", "a day such as"),
        report("summary?form=2026-11-22", "invalid", "from"),
        report("summary?country=DE&device=tv", "not-served", "channel+campaign"),
        report("breakdown?by=sauce", "invalid", "source"),
        report("summary?channel=emial", "invalid", "did you mean email?"),
        report("breakdown?by=channel&device=phone", "invalid", "desktop"),
        report("breakdown?by=device&device=mobil", "invalid", "did you mean mobile?"),
        report("timeseries?kind=sales", "invalid", "did you mean sale?"),
        report("channels?rank_by=-revenue", "invalid", "leave the - out"),
        row(Method::GET, "/v1/conversions?channel=emial", &read, "", 422, "invalid", "did you mean email?"),
        row(Method::GET, "/v1/links?cursor=never-a-link", &read, "", 422, "invalid", "none of ours"),
        row(Method::GET, "/v1/nowhere", &read, "", 404, "not-found", "No such path"),
        row(Method::PUT, "/v1/events", &write, "", 405, "method-not-allowed", "the header Allow names"),
        row(Method::POST, "/v1/keys", &admin, "{\"role\": \"king\"}", 422, "invalid", "publish"),
        row(Method::POST, "/v1/keys", &admin, "{\"role\"", 400, "malformed", "not JSON"),
        row(Method::POST, "/v1/rebuild", &admin, "{\"from\": \"2026-11-23\"}", 422, "invalid", "to"),
        row(
            Method::POST,
            "/v1/rebuild",
            &admin,
            "{\"from\": \"x\", \"to\": \"2026-11-23\"}",
            422,
            "invalid",
            "from must be a day",
        ),
    ];
    for Row { method, path, key, body, status, kind, says } in rows {
        let request = Request::builder()
            .method(&method)
            .uri(&path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        let answer = world.send(request.body(Body::from(body.clone())).unwrap()).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let place = format!("{method} {path} {body:.80}: {text:.400}");
        assert_eq!(answer.status, status, "{place}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{place}");
        let problem = answer.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{place}");
        assert_eq!(problem["status"], status, "{place}");
        assert!(text.contains(says), "{says:?} is not in {place}");
        for trace in ["serde", "Error {", "aws", "DynamoDb", &key] {
            assert!(trace.is_empty() || !text.contains(trace), "{trace:?} is in {place}");
        }
    }
    world.pump().await;
    let metrics = world.metrics("2026-11-01", "2026-11-23").await;
    assert_eq!((&metrics["views"], &metrics["sales"]), (&json!(0), &json!(0)), "nothing of it was stored");
}

#[tokio::test]
async fn storage_that_is_out_of_reach_is_never_a_2xx() {
    let world = World::new(NOW).await;
    let event = json!({"id": "a", "kind": "sale", "value": 10, "occurred_at": NOW, "visitor": "v", "utm": {"source": "x"}});
    // Whatever cannot be written, the sender is told to come back; the key is remembered from here on.
    for prefix in ["raw#", "visitor#", "claim#", "late#"] {
        world.spy.refuse(move |operation, body| {
            operation == "PutItem" && body["Item"]["pk"]["S"].as_str().unwrap_or_default().starts_with(prefix)
        });
        let mut event = event.clone();
        match prefix {
            "claim#" => drop(event.as_object_mut().unwrap().remove("occurred_at")),
            "late#" => event["occurred_at"] = json!("2026-11-20T05:00:30Z"),
            "visitor#" => {
                event = json!({"id": "t", "kind": "click", "occurred_at": NOW, "visitor": "v", "utm": {"source": "x"}})
            }
            _ => {}
        }
        let answer = world.call(Method::POST, "/v1/events", &world.write, Some(event)).await;
        assert_eq!(answer.status, 503, "{prefix}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.headers[header::RETRY_AFTER], "2");
        assert!(!String::from_utf8_lossy(&answer.body).contains("out of reach"));
    }
    world.spy.refuse(|_, _| true);
    assert_eq!(world.get("/v1/reports/summary").await.status, 503);
    world.spy.stop();
    // The sender comes back, and nothing counts twice.
    world.post(event).await;
    world.pump().await;
    assert_eq!(world.sales("2026-11-23", "2026-11-23").await, 1);
}

#[tokio::test]
async fn in_a_batch_good_events_are_kept_and_each_bad_one_is_named() {
    let world = World::new(NOW).await;
    let body = json!([
        {"id": "1", "kind": "sale", "value": "10.00", "occurred_at": NOW},
        {"id": "2", "kind": "sale", "value": "-1", "occurred_at": NOW},
        {"id": "3", "kind": "sale", "value": "20.00", "occurred_at": NOW},
        "no event",
    ]);
    let answer = world.call(Method::POST, "/v1/events", &world.write, Some(body)).await;
    assert_eq!(answer.status, 202);
    let indices: Vec<_> =
        answer.json()["rejected"].as_array().unwrap().iter().map(|fault| fault["index"].clone()).collect();
    assert_eq!(indices, [1, 3]);
    world.pump().await;
    assert_eq!(world.metrics("2026-11-23", "2026-11-23").await["revenue"], 30);
}
