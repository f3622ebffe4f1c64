//! Rights against what is really called: each function's policy has the verbs that it was seen to call, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::http::Method;
use serde_json::json;

use crate::access_table::{Sites, body, uri};
use crate::support::sale;
use crate::template::{VERBS, template_routes};

#[tokio::test]
async fn each_function_calls_the_verbs_that_its_policy_allows_and_no_other() {
    let sites = Sites::new().await;
    let world = &sites.world;
    let running = Arc::new(Mutex::new(String::new()));
    let seen: Arc<Mutex<BTreeMap<String, BTreeSet<String>>>> = Arc::default();
    let (runs, heard) = (Arc::clone(&running), Arc::clone(&seen));
    world.spy.listen(move |operation, _| {
        let function = runs.lock().unwrap().clone();
        heard.lock().unwrap().entry(function).or_default().insert(operation.to_owned());
    });
    let run = |function: &str| function.clone_into(&mut running.lock().unwrap());

    // Every route, and events of every way of being stored: early, late, timed by a claim, with a visitor.
    run("collect");
    world.post(json!([{"id": "a", "kind": "view", "visitor": "v"}, sale("b", "2026-11-23T05:00:01Z")])).await;
    world.post(sale("c", "2026-11-20T05:00:01Z")).await;
    for void in [false, true] {
        let body = json!({"visitor": "known", "customer": "c", "void": void});
        world.call(Method::POST, "/v1/identify", &world.write, Some(body)).await;
    }
    for (function, method, path) in template_routes() {
        run("the test");
        let thing = if path.contains("{id}") { sites.thing(&path, &world.site).await } else { String::new() };
        run(&function);
        for key in ["admin", "operator"] {
            sites
                .send(&method, &uri(&method, &path, &thing), Some(sites.key(key)), body(&method, &path))
                .await;
        }
    }
    run("aggregate");
    world.pump().await;
    world.turn_to("2026-11-24T07:30:00Z");
    run("seal");
    world.seal().await;
    world.spy.stop();

    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.remove("the test");
    // A function that may do nothing is never seen.
    let allowed: BTreeMap<String, BTreeSet<String>> = VERBS
        .iter()
        .filter(|(_, verbs)| !verbs.is_empty())
        .map(|(name, verbs)| ((*name).to_owned(), verbs.iter().map(|verb| (*verb).to_owned()).collect()))
        .collect();
    assert_eq!(seen, allowed);
}
