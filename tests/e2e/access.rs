//! Who may do what: every route with every kind of key, the site's own and another's.

use axum::body::Body;
use axum::http::{Method, Request, header};
use manage::{NewSite, create_site, make_key};
use reckon_core::store::Role;
use serde_json::{Value, json};

use crate::support::{OPERATOR, World, at};

const NOW: &str = "2026-11-23T05:00:30Z";

#[tokio::test]
async fn every_route_is_held_to_its_roles() {
    let world = World::new(NOW).await;
    let (publish, write, read, admin) = (&world.publish, &world.write, &world.read, &world.admin);
    let goal = json!({"name": "g", "metric": "sales", "target": 1, "direction": "at_least", "period": {"every": "month"}});
    let event = json!({"kind": "view"});
    // For each route the status with: publish, write, read, admin, operator.
    let table: Vec<(Method, &str, Option<Value>, [u16; 5])> = vec![
        (Method::POST, "/v1/events", Some(event), [403, 202, 403, 202, 401]),
        (Method::GET, "/v1/reports/summary", None, [403, 403, 200, 200, 401]),
        (Method::GET, "/v1/reports/channels", None, [403, 403, 200, 200, 401]),
        (Method::GET, "/v1/reports/timeseries", None, [403, 403, 200, 200, 401]),
        (Method::GET, "/v1/reports/breakdown?by=campaign", None, [403, 403, 200, 200, 401]),
        (Method::GET, "/v1/metadata", None, [200, 200, 200, 200, 200]),
        (Method::GET, "/v1/goals", None, [403, 403, 200, 200, 401]),
        (Method::POST, "/v1/goals", Some(goal), [403, 403, 403, 201, 401]),
        (Method::GET, "/v1/goals/none", None, [403, 403, 404, 404, 401]),
        (Method::GET, "/v1/goals/none/progress", None, [403, 403, 404, 404, 401]),
        (Method::DELETE, "/v1/goals/none", None, [403, 403, 403, 404, 401]),
        (Method::GET, "/v1/sites/shop", None, [403, 403, 403, 200, 401]),
        (Method::PATCH, "/v1/sites/shop", Some(json!({})), [403, 403, 403, 200, 401]),
        (Method::GET, "/v1/keys", None, [403, 403, 403, 200, 401]),
        (Method::POST, "/v1/keys", Some(json!({"role": "read"})), [403, 403, 403, 201, 401]),
        (Method::DELETE, "/v1/keys/none", None, [403, 403, 403, 404, 401]),
        (
            Method::POST,
            "/v1/rebuild",
            Some(json!({"from": "2026-11-23", "to": "2026-11-23"})),
            [403, 403, 403, 202, 401],
        ),
        (Method::GET, "/v1/rebuild/none", None, [403, 403, 403, 404, 401]),
        (Method::GET, "/v1/status", None, [403, 200, 200, 200, 401]),
        (
            Method::POST,
            "/v1/sites",
            Some(json!({"id": "new", "name": "New", "time_zone": "UTC", "currency": "EUR"})),
            [403, 403, 403, 403, 201],
        ),
    ];
    for (method, path, body, expected) in table {
        for (key, expected) in [publish, write, read, admin, &OPERATOR.to_owned()].into_iter().zip(expected) {
            let answer = world.call(method.clone(), path, key, body.clone()).await;
            assert_eq!(
                answer.status,
                expected,
                "{method} {path} with {key:.12}: {}",
                String::from_utf8_lossy(&answer.body)
            );
        }
        if path == "/v1/metadata" {
            continue;
        }
        for key in ["", "rk_read_wrong", "rk_read_\u{e9}", &"x".repeat(5_000)] {
            let answer = world.call(method.clone(), path, key, body.clone()).await;
            let refused = if path == "/v1/sites" && key == "rk_read_wrong" { 403 } else { 401 };
            assert_eq!(answer.status, refused, "{method} {path} with {key:.12}");
        }
    }
}

#[tokio::test]
async fn a_key_opens_its_own_site_only() {
    let world = World::new(NOW).await;
    let new = NewSite {
        id: "other".to_owned(),
        name: "Other".to_owned(),
        time_zone: "UTC".to_owned(),
        currency: "EUR".to_owned(),
        conversion_kinds: None,
        acquisition_kinds: None,
        origins: vec![],
    };
    let (other, made) = create_site(&world.system.app, &new).await.unwrap();
    world.post(json!({"id": "a", "kind": "sale", "value": 10, "occurred_at": NOW})).await;
    world.pump().await;
    let theirs = make_key(&world.system.app, &other.id, Role::Read, "", None).await.unwrap().secret;
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
        assert_eq!(
            world.call(method.clone(), &path, &made.secret, body).await.status,
            404,
            "{method} {path}"
        );
    }
    assert_eq!(world.site().await.name, "Shop");
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
