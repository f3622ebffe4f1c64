//! What the functions serve is what the template routes to them, no more and no less.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use reckon_core::http::{App, finish};
use serde_json::Value;
use tower::ServiceExt;

use crate::contract;
use crate::support::World;
use crate::template::template_routes;

/// Whether a router knows a method of a path: anything but "no such path" and "not with this method". A link that is
/// not there is another matter.
async fn serves(router: &Router, method: &Method, path: &str) -> bool {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    status != 405 && (status != 404 || !String::from_utf8_lossy(&body).contains("No such path"))
}

#[tokio::test]
async fn each_function_serves_the_routes_that_the_template_names() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let functions: Vec<(&str, Router<App>)> = vec![
        ("collect", collect::routes()),
        ("report", report::routes()),
        ("credit", credit::routes()),
        ("goals", goals::routes()),
        ("manage", manage::routes()),
        ("pages", pages::routes()),
        ("audit", audit::routes()),
    ];
    let named = template_routes();
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let paths: BTreeSet<&String> = named.iter().map(|(_, _, path)| path).collect();
    for (function, routes) in functions {
        let router = finish(routes, world.system.app.clone());
        for path in &paths {
            for method in &methods {
                let named = named.contains(&(function.to_owned(), method.to_string(), (*path).clone()));
                // Without a key every route of a path with an id answers 401 before it looks for the id.
                let found = serves(&router, method, &path.replace("{id}", "x")).await;
                assert_eq!(found, named, "{function}: {method} {path}");
            }
        }
    }
}

#[test]
fn the_contract_names_the_same_routes() {
    let document = contract::document();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((method.to_uppercase(), path.clone()));
        }
    }
    let mut served: BTreeSet<_> =
        template_routes().into_iter().map(|(_, method, path)| (method, path)).collect();
    // The HEAD of what has a GET needs no description of its own.
    served.retain(|(method, path)| {
        let route = |method: &str| (method.to_owned(), path.clone());
        method != "HEAD" || described.contains(&route("HEAD")) || !described.contains(&route("GET"))
    });
    assert_eq!(described, served);
}

#[test]
fn the_event_files_are_what_the_functions_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../sam");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let event: aggregate::StreamEvent = serde_json::from_str(&text("stream.json")).unwrap();
    let triggers = event.triggers();
    assert_eq!(triggers.len(), 1);
    assert!(reckon_core::store::parse_raw_key(&triggers[0].pk).is_some(), "{triggers:?}");
    serde_json::from_str::<Value>(&text("schedule.json")).unwrap();
}
