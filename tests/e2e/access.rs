//! Keys: what they open, for how long, and where they may stand. `access_table.rs` has every route by every key.

use axum::body::Body;
use axum::http::{Method, Request, header};
use manage::make_key;
use reckon_core::store::Role;
use serde_json::json;

use crate::support::{OPERATOR, World, at};
use crate::template::template_routes;

const NOW: &str = "2026-11-23T05:00:30Z";

#[tokio::test]
async fn what_is_no_key_opens_nothing() {
    let world = World::new(NOW).await;
    let open = [
        "/",
        "/assets/{name}",
        "/docs",
        "/v1/metadata",
        "/v1/openapi.json",
        "/v1/reckon.js",
        "/v1/sites",
        "/r/{id}",
    ];
    let with_key = template_routes()
        .into_iter()
        .filter(|(_, method, path)| !(method == "OPTIONS" || open.contains(&path.as_str())));
    for (_, method, path) in with_key {
        for key in ["", "rk_read_wrong", "rk_read_\u{e9}", &"x".repeat(5_000)] {
            let method: Method = method.parse().unwrap();
            let answer = world.call(method.clone(), &path.replace("{id}", "a"), key, Some(json!({}))).await;
            assert_eq!(answer.status, 401, "{method} {path} with {key:.12}");
        }
    }
}

#[tokio::test]
async fn a_key_opens_its_own_site_only() {
    let world = World::new(NOW).await;
    let (other, admin) = world.another_site("other").await;
    world.post(json!({"id": "a", "kind": "sale", "value": 10, "occurred_at": NOW})).await;
    world.pump().await;
    let theirs = make_key(&world.system.app, &other, Role::Read, "", None).await.unwrap().secret;
    let answer = world.call(Method::GET, "/v1/reports/summary", &theirs, None).await.json();
    assert_eq!((&answer["site"], &answer["metrics"]["sales"]), (&json!("other"), &json!(0)));
    assert_eq!(world.sales("2026-11-23", "2026-11-23").await, 1);
    let keys = world.call(Method::GET, "/v1/keys", &world.admin, None).await.json();
    let id = keys["keys"][0]["id"].as_str().unwrap();
    for (method, path) in [
        (Method::GET, "/v1/sites/shop".to_owned()),
        (Method::PATCH, "/v1/sites/shop".to_owned()),
        (Method::DELETE, format!("/v1/keys/{id}")),
    ] {
        let body = (method == Method::PATCH).then(|| json!({"name": "Mine"}));
        assert_eq!(world.call(method.clone(), &path, &admin, body).await.status, 404, "{method} {path}");
    }
    assert_eq!(world.site().await.name, "Shop");
}

#[tokio::test]
async fn the_operators_key_opens_no_site_and_is_told_so() {
    let world = World::new(NOW).await;
    for (key, says) in [
        (OPERATOR, "the operator's key, which makes sites and opens none"),
        ("rk_operator_other", "is not known"),
    ] {
        for path in ["/v1/reports/summary", "/v1/keys", "/v1/sites/shop"] {
            let answer = world.call(Method::GET, path, key, None).await;
            assert_eq!((answer.status, &answer.json()["code"]), (401, &json!("no_key")), "{path} with {key}");
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(says), "{path} with {key}: {detail}");
        }
    }
    // Where nobody is the operator, no key is told that it is his.
    let world = World::with(NOW, "UTC", |config| config.operator_key_sha256 = None).await;
    let answer = world.call(Method::GET, "/v1/reports/summary", OPERATOR, None).await.json();
    assert!(answer["detail"].as_str().unwrap().contains("is not known"), "{answer}");
}

#[tokio::test]
async fn keys_expire_and_are_revoked() {
    let world = World::new(NOW).await;
    let body = json!({"role": "read", "name": "BI", "expires_at": "2026-11-23T06:00:00Z"});
    let made = world.call(Method::POST, "/v1/keys", &world.admin, Some(body)).await.json();
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("rk_read_"), "{secret}");
    let status = async || world.call(Method::GET, "/v1/reports/summary", &secret, None).await.status;
    assert_eq!(status().await, 200);
    world.turn_to("2026-11-23T06:00:00Z");
    assert_eq!(status().await, 401);
    let listed = world.call(Method::GET, "/v1/keys", &world.admin, None).await.json();
    let entry = listed["keys"].as_array().unwrap().iter().find(|key| key["name"] == "BI").unwrap().clone();
    assert_eq!(entry["expired"], true);
    assert!(entry.get("secret").is_none() && entry.get("sha256").is_none(), "{entry}");

    let lasting =
        world.call(Method::POST, "/v1/keys", &world.admin, Some(json!({"role": "read"}))).await.json();
    let (id, secret) = (lasting["id"].as_str().unwrap(), lasting["secret"].as_str().unwrap().to_owned());
    assert_eq!(world.call(Method::GET, "/v1/status", &secret, None).await.status, 200);
    assert_eq!(world.call(Method::DELETE, &format!("/v1/keys/{id}"), &world.admin, None).await.status, 204);
    assert_eq!(world.call(Method::GET, "/v1/status", &secret, None).await.status, 401);
}

#[tokio::test]
async fn the_last_admin_key_cannot_be_revoked() {
    let world = World::new(NOW).await;
    let listed = world.call(Method::GET, "/v1/keys", &world.admin, None).await.json();
    let admin = listed["keys"].as_array().unwrap().iter().find(|key| key["role"] == "admin").unwrap().clone();
    let path = format!("/v1/keys/{}", admin["id"].as_str().unwrap());
    assert_eq!(world.call(Method::DELETE, &path, &world.admin, None).await.status, 409);
}

#[tokio::test]
async fn a_key_is_remembered_for_a_minute_by_another_process() {
    let world = World::new(NOW).await;
    let made = make_key(&world.system.app, &world.site, Role::Read, "", None).await.unwrap();
    let status = async || world.call(Method::GET, "/v1/status", &made.secret, None).await.status;
    assert_eq!(status().await, 200);
    // Another process revokes it.
    let keys = world.store().keys(&world.site).await.unwrap();
    world.store().revoke(keys.iter().find(|key| key.id == made.id).unwrap()).await.unwrap();
    world.system.app.clock.turn_to(at("2026-11-23T05:01:29Z"));
    assert_eq!(status().await, 200);
    world.system.app.clock.turn_to(at("2026-11-23T05:01:31Z"));
    assert_eq!(status().await, 401);
}

#[tokio::test]
async fn a_key_may_stand_in_the_address_and_unknown_paths_are_problems() {
    let world = World::new(NOW).await;
    let get = async |method: Method, path: String| {
        world.send(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
    };
    assert_eq!(get(Method::GET, format!("/v1/reports/summary?key={}", world.read)).await.status, 200);
    let strange = world.get("/v1/goals/%FF").await;
    assert_eq!((strange.status, strange.json()["code"].clone()), (404, json!("not_found")));
    for (method, path, status) in [
        (Method::GET, "/v1/nothing", 404),
        (Method::DELETE, "/v1/events", 405),
        (Method::GET, "/v1/keys", 401),
    ] {
        let answer = get(method, path.to_owned()).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{path}");
        assert_eq!(answer.json()["status"], status, "{path}");
    }
}

#[tokio::test]
async fn an_admin_key_that_has_expired_opens_nothing_and_does_not_count() {
    let world = World::new(NOW).await;
    let body = json!({"role": "admin", "name": "short", "expires_at": "2026-11-23T05:01:00Z"});
    assert_eq!(world.call(Method::POST, "/v1/keys", &world.admin, Some(body)).await.status, 201);
    world.turn_to("2026-11-23T05:02:00Z");
    let listed = world.call(Method::GET, "/v1/keys", &world.admin, None).await.json();
    let keys = listed["keys"].as_array().unwrap().iter().filter(|key| key["role"] == "admin");
    let path = |expired: bool| {
        let key = keys.clone().find(|key| key["expired"] == expired).unwrap();
        format!("/v1/keys/{}", key["id"].as_str().unwrap())
    };
    assert_eq!(world.call(Method::DELETE, &path(false), &world.admin, None).await.status, 409);
    assert_eq!(world.call(Method::DELETE, &path(true), &world.admin, None).await.status, 204);
}
