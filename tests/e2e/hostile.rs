//! Hostile requests to every route: none is answered with a 5xx, and every refusal is a problem in our own words.

use std::io::Write;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, header};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::access_table::uri;
use crate::support::{Answer, OPERATOR, World};
use crate::template::template_routes;

const NOW: &str = "2026-11-23T05:00:30Z";

/// Words of crates, of Rust and of AWS, which no caller should read.
const FOREIGN: [&str; 13] = [
    "axum", "hyper", "tower", "serde", "tokio", "lambda", "aws", "DynamoDb", "dynoxide", "panicked",
    "Error(", "Some(", "EOF",
];

/// Holds an answer to what every answer is: no 5xx, and a refusal is a problem.
pub fn hold(answer: &Answer, place: &str) {
    let text = String::from_utf8_lossy(&answer.body);
    assert!(answer.status < 500, "{place}: {} {text:.400}", answer.status);
    if answer.status < 400 {
        return;
    }
    assert_eq!(
        answer.headers[header::CONTENT_TYPE],
        "application/problem+json",
        "{place}: {}",
        answer.status
    );
    if place.starts_with("HEAD ") {
        return;
    }
    let problem: Value =
        serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{place}: {text:.400}"));
    assert_eq!(problem["status"], answer.status, "{place}");
    assert!(problem["type"].as_str().unwrap().starts_with("/problems/"), "{place}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{place}");
    for word in FOREIGN {
        assert!(!text.contains(word), "{place}: {word:?} is in {text:.400}");
    }
}

/// The key that opens a route.
fn key_of<'a>(world: &'a World, path: &str) -> &'a str {
    match path {
        "/v1/sites" => OPERATOR,
        "/v1/events" => &world.write,
        _ => &world.admin,
    }
}

async fn send(world: &World, method: &str, uri: &str, key: &str, body: Vec<u8>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json");
    world.send(request.body(Body::from(body)).unwrap()).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// Bodies that no route should stumble over.
fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, close: &str| (open.repeat(100_000) + &close.repeat(100_000)).into_bytes();
    vec![
        ("nothing", vec![]),
        ("blanks", b" \n\t ".to_vec()),
        ("a zero byte", vec![0]),
        ("no UTF-8", b"{\"kind\": \"\xff\xfe\", \"name\": \"\xc3\x28\"}".to_vec()),
        ("half a surrogate", br#"{"kind": "view", "name": "\ud800", "id": "\udc00"}"#.to_vec()),
        ("a zero in a text", br#"{"kind": "view", "name": "a\u0000b", "id": "\u0000"}"#.to_vec()),
        ("deep lists", nested("[", "]")),
        ("deep objects", nested("{\"a\":", "}")),
        ("deep and broken off", "[{\"props\":".repeat(50_000).into_bytes()),
        ("a huge number", format!("{{\"kind\": \"sale\", \"value\": {}}}", "9".repeat(100_000)).into_bytes()),
        ("a huge exponent", br#"{"kind": "sale", "value": 1e999999999, "version": -1e9}"#.to_vec()),
        ("no number", br#"{"kind": "sale", "value": NaN}"#.to_vec()),
        (
            "wrong types",
            br#"{"kind": {}, "id": [], "role": 1, "from": {}, "name": null, "lanes": -1}"#.to_vec(),
        ),
        ("a list", b"[1, null, \"a\", {}]".to_vec()),
        ("a text", b"\"text\"".to_vec()),
        ("two documents", b"{} {}".to_vec()),
        ("a name twice", br#"{"kind": "view", "kind": "view", "role": "read", "role": "admin"}"#.to_vec()),
        ("UTF-16", "{\"kind\": \"view\"}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("too much", vec![b' '; 1_000_001]),
    ]
}

#[tokio::test]
async fn no_body_makes_a_route_stumble() {
    let world = World::new(NOW).await;
    for (_, method, path) in template_routes() {
        let uri = uri(&method, &path, "none");
        for (name, body) in bodies() {
            let answer = send(&world, &method, &uri, key_of(&world, &path), body).await;
            hold(&answer, &format!("{method} {path} with {name}"));
        }
    }
}

#[tokio::test]
async fn no_compression_makes_a_route_stumble() {
    let world = World::new(NOW).await;
    let event = br#"{"kind": "view"}"#;
    // 300 MB of blanks in 300 KB.
    let bomb = gzip(&vec![b' '; 300_000_000]);
    let whole = gzip(event);
    let mut damaged = whole.clone();
    damaged[12] ^= 0xff;
    let bodies = [
        ("gzip", whole.clone(), 202),
        ("gzip", bomb, 413),
        ("gzip", whole[..whole.len() - 5].to_vec(), 400),
        ("gzip", whole[..3].to_vec(), 400),
        ("gzip", damaged, 400),
        ("gzip", event.to_vec(), 400),
        ("gzip", gzip(&whole), 400),
        ("GZIP", whole.clone(), 415),
        ("br", whole.clone(), 415),
        ("gzip, gzip", gzip(&whole), 415),
        ("identity", event.to_vec(), 202),
        ("", event.to_vec(), 415),
    ];
    for (encoding, body, status) in bodies {
        let begun = Instant::now();
        let place = format!("POST /v1/events as {encoding:?} with {} bytes", body.len());
        let request = Request::post("/v1/events")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.write))
            .header(header::CONTENT_ENCODING, encoding);
        let answer = world.send(request.body(Body::from(body)).unwrap()).await;
        hold(&answer, &place);
        assert_eq!(answer.status, status, "{place}: {}", String::from_utf8_lossy(&answer.body));
        assert!(begun.elapsed() < Duration::from_secs(5), "{place} took {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn no_method_query_or_address_makes_a_route_stumble() {
    let world = World::new(NOW).await;
    let long = format!("a={}", "b".repeat(60_000));
    let many = "&x=1".repeat(10_000);
    let queries = [
        "",
        "&&==&%",
        "from=%00&to=%FF&by=%F0%28%8C%28",
        "from=2026-11-23&from=2026-11-24&limit=99999999999999999999&sort=--revenue&by=,,,",
        "cursor=AAAA&by=campaign",
        "validate_only=maybe&compare=%E2%80%AE&interval=century",
        &long,
        &many,
    ];
    let ids = [
        "none",
        "%00",
        "%2F..%2F",
        "..",
        "%252e",
        "a%23b",
        "%F0%9F%98%80",
        "%FF%FE",
        "%0d%0aset-cookie:a=b",
        "*",
    ];
    for (_, method, path) in template_routes() {
        let key = key_of(&world, &path);
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"]
        {
            let uri = uri(method, &path, "none");
            hold(&send(&world, method, &uri, key, vec![]).await, &format!("{method} {path}"));
        }
        for query in queries {
            let uri = format!("{}?{query}", path.replace("{id}", "none"));
            let answer = send(&world, &method, &uri, key, vec![]).await;
            hold(&answer, &format!("{method} {uri:.80}"));
            // The contract is large whatever is asked.
            let most = if matches!(&*path, "/docs" | "/v1/openapi.json") { 1_000_000 } else { 100_000 };
            assert!(answer.body.len() < most, "{method} {uri:.80}: {} bytes", answer.body.len());
        }
        for id in if path.contains('{') { &ids[..] } else { &ids[..1] } {
            let uri = uri(&method, &path, id);
            for uri in [
                uri.clone(),
                format!("https://elsewhere.example:1{uri}"),
                format!("/{uri}"),
                format!("{uri}/"),
            ] {
                let answer = send(&world, &method, &uri, key, vec![]).await;
                hold(&answer, &format!("{method} {uri}"));
            }
        }
    }
}

#[tokio::test]
async fn no_header_makes_a_route_stumble() {
    let world = World::new(NOW).await;
    let long = "x".repeat(60_000);
    let headers: Vec<(&str, Vec<&[u8]>)> = vec![
        ("authorization", vec![b"Bearer \xff\xfe"]),
        ("authorization", vec![b"Basic YTpi"]),
        ("authorization", vec![b"Bearer"]),
        ("authorization", vec![b"Bearer a", b"Bearer b"]),
        ("authorization", vec![long.as_bytes()]),
        ("content-type", vec![b"text/xml"]),
        ("content-type", vec![b"application/json; charset=\xff"]),
        ("content-type", vec![b"", b"application/json"]),
        ("content-length", vec![b"99999999999999999999"]),
        ("transfer-encoding", vec![b"chunked, chunked"]),
        ("host", vec![b""]),
        ("host", vec![b"a b:c"]),
        ("host", vec![b"one.example", b"two.example"]),
        ("origin", vec![b"null"]),
        ("origin", vec![b"\xc3\xa4\xff"]),
        ("origin", vec![long.as_bytes()]),
        ("user-agent", vec![long.as_bytes()]),
        ("user-agent", vec![b"\xff"]),
        ("expect", vec![b"100-continue"]),
        ("range", vec![b"bytes=0-"]),
        ("accept", vec![b"image/png"]),
        ("x-forwarded-proto", vec![b"gopher"]),
    ];
    for (_, method, path) in template_routes() {
        for (name, values) in &headers {
            for key in [key_of(&world, &path), &world.publish] {
                let mut request = Request::builder()
                    .method(method.as_str())
                    .uri(uri(&method, &path, "none"))
                    .body(Body::from(r#"{"kind": "view"}"#))
                    .unwrap();
                let all = request.headers_mut();
                all.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {key}")).unwrap());
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                all.remove(&name);
                for value in values {
                    all.append(&name, HeaderValue::from_bytes(value).unwrap());
                }
                let shown = values.first().map(|value| String::from_utf8_lossy(value).into_owned());
                hold(&world.send(request).await, &format!("{method} {path} with {name}: {shown:.40?}"));
            }
        }
    }
}
