//! What goes wrong is listed: each route is made to answer the problems that any route of its shape has, and the names
//! that it then says it knows are those of the document.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use super::examples::{key_of, send};
use super::{Operation, document, hold, operations};
use crate::access_table::{Sites, uri};
use crate::support::{Answer, World};

const NOW: &str = "2026-11-23T05:00:30Z";

/// Whether its path names a thing that was made before.
fn names_a_thing(operation: &Operation) -> bool {
    operation.path.contains("{id}") || operation.path.contains("{date}") && operation.method != "PUT"
}

/// The address of an operation, of a thing that is there where its path names one.
async fn address(sites: &Sites, operation: &Operation) -> String {
    let world = &sites.world;
    let id = match names_a_thing(operation) {
        true => sites.thing(&operation.path, &world.site).await,
        false => String::new(),
    };
    uri(&operation.method, &operation.path, &id).replace("{key}", &world.publish)
}

/// Holds an answer to a status that the document lists, and to its schema.
fn expect(operation: &Operation, status: u16, answer: &Answer, what: &str) {
    let place = format!("{} {} with {what}", operation.method, operation.path);
    assert_eq!(answer.status, status, "{place}: {}", String::from_utf8_lossy(&answer.body));
    hold(&operation.method, &operation.path, answer, &place);
}

/// Everything but what is sent before or beside a request.
fn asked() -> impl Iterator<Item = Operation> {
    operations().into_iter().filter(|operation| !["HEAD", "OPTIONS"].contains(&operation.method.as_str()))
}

#[tokio::test]
async fn a_body_that_cannot_be_taken_is_answered_as_listed() {
    let sites = Sites::new().await;
    for operation in asked().filter(|operation| operation.body().is_some()) {
        let address = address(&sites, &operation).await;
        let key = key_of(&operation, &sites.world);
        let send = async |body: Vec<u8>, encoding: Option<&str>| {
            let mut request = Request::builder()
                .method(operation.method.as_str())
                .uri(&address)
                .header(header::ORIGIN, "https://shop.example")
                .header(header::CONTENT_TYPE, "application/json");
            if let Some(key) = key {
                request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
            }
            if let Some(encoding) = encoding {
                request = request.header(header::CONTENT_ENCODING, encoding);
            }
            sites.world.send(request.body(Body::from(body)).unwrap()).await
        };
        expect(&operation, 400, &send(b"{".to_vec(), None).await, "half a body");
        expect(&operation, 413, &send(vec![b' '; 1_000_001], None).await, "too much");
        expect(&operation, 415, &send(b"{}".to_vec(), Some("br")).await, "a strange encoding");
        // Messages of others may have any field; a type that is none of theirs is refused.
        let strange: &[u8] = match operation.told["tags"][0].as_str() {
            Some("Other senders") => br#"{"type": "zzzzzzzzzzzzzzzz"}"#,
            _ => br#"{"zzzzzzzzzzzzzzzz": 1}"#,
        };
        let strange = send(strange.to_vec(), None).await;
        expect(&operation, 422, &strange, "a field that is not known");
        // Where the sentence lists the fields that are known, the document describes those and no other.
        let told = strange.json();
        if told["errors"][0]["code"] == "invalid" {
            let (_, known) = told["detail"].as_str().unwrap().split_once("there are ").unwrap();
            let named: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
            let (schema, _) = operation.body().unwrap();
            let reference = schema["$ref"].as_str().unwrap().strip_prefix('#').unwrap();
            let described = document().pointer(reference).unwrap()["properties"].as_object().unwrap();
            let described: BTreeSet<String> = described.keys().cloned().collect();
            assert_eq!(described, named, "the body of {} {}", operation.method, operation.path);
        }
    }
}

#[tokio::test]
async fn the_parameters_of_the_document_are_those_that_the_route_knows() {
    let sites = Sites::new().await;
    let mut compared = 0;
    for operation in asked() {
        let (method, path) = (&operation.method, &operation.path);
        let address = address(&sites, &operation).await;
        let address = address.split('?').next().unwrap();
        let strange = format!("{address}?zzzzzzzzzzzzzzzzzzzzzzzz=1");
        let body = operation.body().map(|(_, example)| example);
        let answer = send(&sites.world, method, &strange, key_of(&operation, &sites.world), body).await;
        let faults = if answer.status == 422 { answer.json()["errors"].clone() } else { Value::Null };
        let told = faults.as_array().into_iter().flatten().find(|fault| fault["code"] == "unknown_parameter");
        let described: BTreeSet<String> =
            operation.parameters("query").into_iter().map(str::to_owned).collect();
        let Some(told) = told else {
            // Pages, and others' clients, put all kinds of things behind an address.
            let of_others = ["/api/", "/k/", "/r/", "/docs", "/assets/", "/v1/openapi.json", "/v1/reckon.js"];
            let of_segment = ["track", "page", "screen", "identify", "group", "alias", "batch"];
            let may = of_others.iter().any(|front| path.starts_with(front))
                || path == "/"
                || of_segment.iter().any(|call| path.strip_prefix("/v1/") == Some(call));
            assert!(may || method == "OPTIONS", "{method} {path} ignores its query");
            continue;
        };
        expect(&operation, 422, &answer, "a parameter that is not known");
        let (_, known) = told["detail"].as_str().unwrap().split_once("there are ").unwrap();
        let known: BTreeSet<String> =
            known.split(", ").filter(|name| *name != "none").map(str::to_owned).collect();
        assert_eq!(described, known, "{method} {path}");
        compared += 1;
    }
    assert!(compared > 10, "{compared} routes know parameters");
}

#[tokio::test]
async fn what_is_not_there_is_answered_as_listed() {
    let sites = Sites::new().await;
    for operation in asked().filter(names_a_thing) {
        let address = uri(&operation.method, &operation.path, "nothing-of-this-name");
        let body = operation.body().map(|(_, example)| example);
        let key = key_of(&operation, &sites.world);
        expect(
            &operation,
            404,
            &send(&sites.world, &operation.method, &address, key, body).await,
            "a strange id",
        );
    }
}

#[tokio::test]
async fn a_storage_that_does_not_answer_is_told_as_listed() {
    let sites = Sites::new().await;
    let mut refused = 0;
    for operation in asked() {
        let address = address(&sites, &operation).await;
        let body = operation.body().map(|(_, example)| example);
        sites.world.system.app.forget_keys();
        sites.world.spy.refuse(|_, _| true);
        let key = key_of(&operation, &sites.world);
        let answer = send(&sites.world, &operation.method, &address, key, body).await;
        sites.world.spy.stop();
        if operation.response(503).is_some() {
            expect(&operation, 503, &answer, "no storage");
            refused += 1;
        } else {
            assert!(answer.status < 500, "{} {} needs no storage", operation.method, operation.path);
        }
    }
    assert!(refused > 40, "{refused} routes need the storage");
}

#[tokio::test]
async fn what_contradicts_what_is_there_and_what_is_not_served_is_answered_as_listed() {
    let world = World::new(NOW).await;
    let goal = json!({"name": "n", "metric": "sales", "target": 1, "direction": "at_least",
        "period": {"every": "month"}, "filters": {"experiment": ["a"], "partner": ["b"], "term": ["c"]}});
    let site = json!({"id": "shop", "name": "n", "time_zone": "UTC", "currency": "EUR"});
    let link = json!({"slug": "taken", "destination": "https://shop.example/"});
    world.call(Method::POST, "/v1/links", &world.admin, Some(link.clone())).await;
    let identity = json!({"visitor": "v", "customer": "c"});
    world.call(Method::POST, "/v1/identify", &world.write, Some(identity)).await;
    let another = json!({"visitor": "v", "customer": "d"});
    let refund = json!({"kind": "refund", "id": "r", "order": "none", "value": 5});
    let keys = world.call(Method::GET, "/v1/keys", &world.admin, None).await.json();
    let keys = keys["keys"].as_array().unwrap();
    let admin = keys.iter().find(|key| key["role"] == "admin").unwrap()["id"].as_str().unwrap();
    for (status, method, path, address, body) in [
        (409, "POST", "/v1/sites", "/v1/sites", Some(site)),
        (409, "PATCH", "/v1/sites/{id}", "/v1/sites/shop", Some(json!({"currency": "USD"}))),
        (409, "POST", "/v1/links", "/v1/links", Some(link)),
        (409, "DELETE", "/v1/keys/{id}", format!("/v1/keys/{admin}").as_str(), None),
        (409, "POST", "/v1/identify", "/v1/identify", Some(another)),
        (
            404,
            "POST",
            "/v1/identify",
            "/v1/identify",
            Some(json!({"visitor": "x", "customer": "y", "void": true})),
        ),
        (422, "POST", "/v1/goals", "/v1/goals", Some(goal)),
        (422, "GET", "/v1/reports/breakdown", "/v1/reports/breakdown?by=experiment,partner,term", None),
        (422, "GET", "/v1/reports/summary", "/v1/reports/summary?form=2026-11-01", None),
        (422, "POST", "/v1/events", "/v1/events", Some(refund)),
    ] {
        let all = operations();
        let operation = all.iter().find(|one| one.method == method && one.path == path).unwrap();
        let answer = send(&world, method, address, key_of(operation, &world), body.as_ref()).await;
        expect(operation, status, &answer, &format!("{address} {body:?}"));
    }
}
