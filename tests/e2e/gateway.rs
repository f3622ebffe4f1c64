//! Requests as API Gateway delivers them: through `lambda_http`'s own reading of an event, and as the functions do.

use std::io::Write;

use axum::http::header;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use lambda_http::{Context, LambdaEvent};
use reckon_core::http::answer;
use serde_json::{Value, json};

use crate::hostile::hold;
use crate::support::{Answer, World};

const NOW: &str = "2026-11-23T05:00:30Z";

/// An event of an HTTP API, payload format 2.0.
fn event(method: &str, path: &str, query: &str, key: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": format!("{method} {path}"),
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "accept": "*/*",
            "authorization": format!("Bearer {key}"),
            "content-type": "application/json",
            "host": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "x-amzn-trace-id": "Root=1-00000000-000000000000000000000000",
            "x-forwarded-for": "192.0.2.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https"
        },
        "requestContext": {
            "accountId": "111111111111",
            "apiId": "abcdefghij",
            "domainName": "abcdefghij.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "abcdefghij",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "curl/8.9.1"
            },
            "requestId": "AAAAAAAAAAAAAAA=",
            "routeKey": format!("{method} {path}"),
            "stage": "$default",
            "time": "23/Nov/2026:05:00:30 +0000",
            "timeEpoch": 1_795_410_030_000_i64
        },
        "isBase64Encoded": false
    })
}

/// What a function answers to an event.
async fn deliver(world: &World, event: Value) -> Answer {
    let payload = serde_json::from_value(event).unwrap();
    let sent = answer(world.system.router(), LambdaEvent::new(payload, Context::default())).await.unwrap();
    let sent = serde_json::to_value(&sent).unwrap();
    let mut headers = axum::http::HeaderMap::new();
    for (name, value) in sent["headers"].as_object().unwrap() {
        let name = axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.insert(name, value.as_str().unwrap().parse().unwrap());
    }
    assert_eq!(sent["isBase64Encoded"], false, "answers are text");
    let body = sent["body"].as_str().unwrap_or_default().as_bytes().to_vec();
    Answer { status: sent["statusCode"].as_u64().unwrap().try_into().unwrap(), headers, body }
}

fn unbase64(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}

#[tokio::test]
async fn a_picture_travels_in_base64_and_arrives_whole() {
    let world = World::new(NOW).await;
    let asked = event("GET", "/v1/pixel.gif", "kind=impression", &world.write);
    let payload = serde_json::from_value(asked).unwrap();
    let sent = answer(world.system.router(), LambdaEvent::new(payload, Context::default())).await.unwrap();
    let sent = serde_json::to_value(&sent).unwrap();
    assert_eq!((&sent["statusCode"], &sent["isBase64Encoded"]), (&json!(200), &json!(true)), "{sent}");
    let direct =
        world.call(axum::http::Method::GET, "/v1/pixel.gif?kind=impression", &world.write, None).await;
    assert_eq!(sent["body"], base64(&direct.body));
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[tokio::test]
async fn bodies_come_as_text_as_base64_and_packed() {
    let world = World::new(NOW).await;
    let body = json!({"id": "a", "kind": "view", "occurred_at": NOW, "name": "\u{e4}\u{1f600}"}).to_string();
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(body.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    for (name, encoding, encoded, body, status) in [
        ("text", "identity", false, body.clone(), 202),
        ("base64", "identity", true, base64(body.as_bytes()), 202),
        ("gzip", "gzip", true, base64(&packed), 202),
        ("half a gzip", "gzip", true, base64(&packed[..20]), 400),
        ("no JSON", "identity", true, base64(b"\xff\xfe"), 400),
        ("nothing", "identity", false, String::new(), 400),
    ] {
        let mut event = event("POST", "/v1/events", "", &world.write);
        event["body"] = json!(body);
        event["isBase64Encoded"] = json!(encoded);
        event["headers"]["content-encoding"] = json!(encoding);
        let answer = deliver(&world, event).await;
        assert_eq!(answer.status, status, "{name}: {}", String::from_utf8_lossy(&answer.body));
        hold(&answer, name);
    }
    let answer = deliver(&world, event("POST", "/v1/events", "", &world.write)).await;
    assert_eq!(answer.status, 400, "no body at all");
    world.pump().await;
    assert_eq!(world.metrics("2026-11-23", "2026-11-23").await["views"], 1, "one event, sent three times");
}

#[tokio::test]
async fn packed_answers_travel_in_base64_and_charts_as_text() {
    let world = World::new(NOW).await;
    for (query, packed) in [("", true), ("format=csv", true), ("format=svg", true), ("format=svg", false)] {
        let mut asked = event("GET", "/v1/reports/timeseries", query, &world.read);
        asked["headers"]["accept-encoding"] = json!(if packed { "gzip" } else { "identity" });
        let payload = serde_json::from_value(asked).unwrap();
        let sent =
            answer(world.system.router(), LambdaEvent::new(payload, Context::default())).await.unwrap();
        let sent = serde_json::to_value(&sent).unwrap();
        assert_eq!(sent["isBase64Encoded"], packed, "{query}");
        let body = sent["body"].as_str().unwrap();
        let text = if sent["isBase64Encoded"] == true {
            assert_eq!(sent["headers"]["content-encoding"], "gzip");
            let mut text = String::new();
            let bytes = unbase64(body);
            std::io::Read::read_to_string(&mut GzDecoder::new(bytes.as_slice()), &mut text).unwrap();
            text
        } else {
            body.to_owned()
        };
        let begin = if query == "format=svg" {
            "<svg"
        } else if query.is_empty() {
            "{"
        } else {
            "start,"
        };
        assert!(text.starts_with(begin), "{query}: {text:.80}");
    }
}

#[tokio::test]
async fn queries_cookies_and_stages_come_as_they_are() {
    let world = World::new(NOW).await;
    let query = "from=2026-11-01&to=2026-11-23&channel=email&channel=sms&by=campaign&campaign=a%26b%20c";
    let mut asked = event("GET", "/v1/reports/breakdown", query, &world.read);
    // The gateway also joins repeated parameters with commas, which nobody could take apart again.
    asked["queryStringParameters"] = json!({"channel": "email,sms", "campaign": "a&b c"});
    asked["cookies"] = json!(["a=b", "c=d; e"]);
    let answer = deliver(&world, asked.clone()).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert!(answer.headers["reckon-cost"].to_str().unwrap().starts_with("rru="));
    let filters = json!({"channel": ["email", "sms"], "campaign": ["a&b c"]});
    assert_eq!(answer.json()["query"]["filters"], filters);

    asked["rawPath"] = json!("/prod/v1/reports/breakdown");
    asked["requestContext"]["stage"] = json!("prod");
    assert_eq!(deliver(&world, asked.clone()).await.json()["query"]["filters"], filters, "a named stage");
    asked["rawPath"] = json!("/v1/reports/breakdown");
    assert_eq!(
        deliver(&world, asked).await.json()["query"]["filters"],
        filters,
        "a named stage behind a domain"
    );

    let keyed = format!("key={}", world.read);
    let mut asked = event("GET", "/v1/status", &keyed, "");
    asked["headers"].as_object_mut().unwrap().remove("authorization");
    assert_eq!(deliver(&world, asked).await.status, 200, "the key in the address");
}

/// Hosts, paths and queries that are no part of an address, and what a function answers to them.
fn strange() -> Vec<(&'static str, &'static str, &'static str, u16)> {
    vec![
        ("a.execute-api.127.0.0.1:4566", "/v1/status", "", 200),
        ("", "/v1/status", "", 200),
        ("a b", "/v1/status", "", 200),
        ("[::1", "/v1/status", "", 200),
        ("host:99999", "/v1/status", "", 200),
        ("\u{e4}.example", "/v1/status", "", 200),
        ("user:pass@host", "/v1/status", "", 200),
        ("host", "/v1/reports/summary", "campaign=<a b>\"|^`{}\\", 200),
        ("host", "/v1/reports/summary", "campaign=\u{e4}\u{1f600}#%", 200),
        ("host", "/v1/reports/summary", "campaign=%00%FF%zz", 200),
        ("host", "/v1/goals/a b?c#d\"<>\\", "", 404),
        ("host", "/v1/goals/\u{e4}\n\u{0}", "", 404),
        ("host", "/v1/goals/%", "", 404),
        ("host", "//v1//goals//", "", 404),
        // No path is the first one, which the dashboard has.
        ("host", "", "", 200),
        ("host", "v1/status", "", 404),
        ("host", "*", "", 200),
    ]
}

#[tokio::test]
async fn no_host_path_or_query_ends_the_process() {
    let world = World::new(NOW).await;
    let mut fatal = 0;
    for (host, path, query, status) in strange() {
        let mut event = event("GET", path, query, &world.admin);
        event["headers"]["host"] = json!(host);
        event["requestContext"]["domainName"] = json!(host);
        let place = format!("GET {path} {query} of {host}");
        let alone = std::panic::catch_unwind(|| lambda_http::request::from_str(&event.to_string()).map(drop));
        fatal += usize::from(alone.is_err());
        let answer = deliver(&world, event).await;
        assert_eq!(answer.status, status, "{place}: {}", String::from_utf8_lossy(&answer.body));
        hold(&answer, &place);
    }
    // Should this fall to 0, lambda_http reads any event, and none has to be repaired.
    assert!(fatal >= 5, "lambda_http alone panics over {fatal} of them");
}

#[tokio::test]
async fn every_header_that_comes_back_can_be_delivered() {
    let world = World::new(NOW).await;
    for origin in ["null", "https://shop.example", "https://\u{e4}.example", "\u{80}", ""] {
        let mut event = event("POST", "/v1/events", "", &world.publish);
        event["headers"]["origin"] = json!(origin);
        event["body"] = json!("{\"kind\": \"view\"}");
        let answer = deliver(&world, event).await;
        let status = if origin == "https://shop.example" { 202 } else { 403 };
        assert_eq!(answer.status, status, "{origin}");
        hold(&answer, origin);
    }
}
