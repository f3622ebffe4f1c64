//! Postbacks of partners and pictures in mails: the same rules as for events, in the parameters of an address.

use axum::body::Body;
use axum::http::{Method, Request, header};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::links::{click_of, follow, make};
use crate::support::{Answer, BROWSER, World, at};

const NOW: &str = "2026-11-23T05:00:30Z";
const DAY: &str = "2026-11-23";

async fn secret(world: &World) -> String {
    let site = world.call(Method::GET, "/v1/sites/shop", &world.admin, None).await.json();
    site["postback_secret"].as_str().unwrap().to_owned()
}

fn sign(said: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(said.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{said}&signature={hex}")
}

async fn postback(world: &World, query: &str) -> Answer {
    world.send(Request::get(format!("/v1/postback?{query}")).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_signed_postback_counts_once_and_is_the_partners() {
    let world = World::new(NOW).await;
    make(&world, json!({"slug": "p", "destination": "https://shop.example/", "partner": "ada"})).await;
    let click = click_of(&follow(&world, "p", &[]).await);
    let (secret, time) = (secret(&world).await, at(NOW).timestamp());
    let said = format!(
        "click={click}&event=sale&order=A%2D1&value=49.90&currency=EUR&status=pending&reason=&time={time}"
    );
    let signed = sign(&said, &secret);
    for repeated in [false, true] {
        let answer = postback(&world, &signed).await;
        assert_eq!((answer.status, answer.json()["repeated"].clone()), (202, json!(repeated)));
    }
    // The same as a form.
    let form = Request::post("/v1/postback")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(signed.clone()))
        .unwrap();
    assert_eq!(world.send(form).await.status, 202);
    world.pump().await;
    let metrics = world.metrics(DAY, DAY).await;
    assert_eq!(
        (&metrics["sales"], &metrics["pending"], &metrics["gross_revenue"]),
        (&json!(1), &json!(1), &json!(49.9))
    );
    let partners = world.get(&format!("/v1/reports/breakdown?by=partner&from={DAY}&to={DAY}")).await.json();
    assert_eq!(
        (&partners["rows"][0]["partner"], &partners["rows"][0]["metrics"]["sales"]),
        (&json!("ada"), &json!(1))
    );
}

#[tokio::test]
async fn an_unsigned_changed_or_stale_postback_is_refused() {
    let world = World::new(NOW).await;
    make(&world, json!({"slug": "p", "destination": "https://shop.example/"})).await;
    let click = click_of(&follow(&world, "p", &[]).await);
    let (secret, time) = (secret(&world).await, at(NOW).timestamp());
    let said = format!("click={click}&order=A&value=10&time={time}");
    let signed = sign(&said, &secret);
    for (query, status) in [
        (said.clone(), 401),
        (signed.replace("value=10", "value=99"), 401),
        (signed.replace("order=A", "order=B"), 401),
        (sign(&said, "another secret"), 401),
        (format!("{signed}0"), 401),
        (format!("{signed}&value=99"), 401),
        (format!("{said}&signature="), 401),
        (format!("order=A&value=10&time={time}&signature=00"), 401),
        (sign(&format!("click=nobody.x&order=A&value=10&time={time}"), &secret), 401),
        (sign(&format!("click={click}&order=A&value=10"), &secret), 422),
        (sign(&format!("click={click}&order=A&value=10&time={}", time - 90_000), &secret), 422),
        (sign(&format!("click={click}&order=A&value=10&time={}", time + 3_600), &secret), 422),
        (sign(&format!("click={click}&value=10&time={time}"), &secret), 422),
        (sign(&format!("click={click}&order=A&value=10&value=20&time={time}"), &secret), 422),
        (sign(&format!("click={click}&order=A&vlaue=10&time={time}"), &secret), 422),
        (sign(&format!("click={click}&order=A&event=sail&time={time}"), &secret), 422),
        (sign(&format!("click={click}&order=A&value=-1&time={time}"), &secret), 422),
    ] {
        let answer = postback(&world, &query).await;
        assert_eq!(answer.status, status, "{query}: {}", String::from_utf8_lossy(&answer.body));
    }
    // A signature over a click that was changed: the click is not ours.
    let forged = format!("p.{}", "A".repeat(30));
    let answer =
        postback(&world, &sign(&format!("click={forged}&order=A&value=10&time={time}"), &secret)).await;
    assert_eq!((answer.status, answer.json()["errors"][0]["code"].clone()), (422, json!("unknown_click")));
    world.pump().await;
    assert_eq!(world.sales(DAY, DAY).await, 0);
    assert_eq!(postback(&world, &signed).await.status, 202, "the one that is right");
}

#[tokio::test]
async fn a_postback_with_a_key_names_what_is_wrong_by_its_parameter() {
    let world = World::new(NOW).await;
    for (query, pointer, code) in [
        ("event=sale&value=ten", "value", "invalid_number"),
        ("event=sale", "value", "missing_value"),
        ("event=refund&order=X&value=1", "id", "missing_id"),
        ("event=refund&order=X&value=1&id=r", "/order", "unknown_order"),
        ("click=p.x&value=1", "/click", "unknown_click"),
        ("value=1&occurred_at=yesterday", "occurred_at", "invalid_time"),
    ] {
        let answer = world.call(Method::GET, &format!("/v1/postback?{query}"), &world.write, None).await;
        let fault = answer.json()["errors"][0].clone();
        assert_eq!(
            (answer.status, fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap()),
            (422, pointer, code),
            "{query}"
        );
    }
    let answer = world.call(Method::GET, "/v1/postback?value=1", &world.publish, None).await;
    assert_eq!(answer.status, 403, "a page's key says nothing for a partner");
}

#[tokio::test]
async fn a_picture_counts_an_opened_mail_and_an_impression_leaves_a_touch() {
    let world = World::new(NOW).await;
    let seen = async |query: &str, agent: &str| {
        let uri = format!("/v1/pixel.gif?key={}&{query}", world.publish);
        world.send(Request::get(uri).header(header::USER_AGENT, agent).body(Body::empty()).unwrap()).await
    };
    let utm = "utm_source=letter&utm_medium=email&utm_campaign=spring";
    let opened = seen(&format!("kind=engagement&name=open&visitor=v&{utm}"), BROWSER).await;
    assert_eq!((opened.status, opened.headers[header::CONTENT_TYPE].to_str().unwrap()), (200, "image/gif"));
    assert_eq!(
        (&opened.body[..6], opened.headers[header::CACHE_CONTROL].to_str().unwrap()),
        (b"GIF89a".as_slice(), "no-store")
    );
    assert_eq!(seen(&format!("visitor=v&{utm}"), BROWSER).await.status, 200);
    assert_eq!(seen("id=i", "Googlebot/2.1 (+http://www.google.com/bot.html)").await.status, 200);
    for bad in ["kind=sale&value=1", "kind=sail", "vistor=v", "url=nowhere", "name=a&name=b"] {
        assert_eq!(seen(bad, BROWSER).await.status, 422, "{bad}");
    }
    // Somebody who saw it and bought an hour later: the impression is among the touches.
    world.turn_to("2026-11-23T06:00:30Z");
    world.post(json!({"kind": "sale", "value": 1, "id": "s", "visitor": "v"})).await;
    world.pump().await;
    let metrics = world.metrics(DAY, DAY).await;
    assert_eq!(
        (&metrics["engagements"], &metrics["impressions"], &metrics["invalid"]),
        (&json!(1), &json!(1), &json!(1))
    );
    let credit = world
        .get(&format!("/v1/reports/attribution?by=campaign&models=last&from={DAY}&to={DAY}"))
        .await
        .json();
    assert_eq!(
        (&credit["rows"][0]["campaign"], &credit["rows"][0]["credit"]["last"]["conversions"]),
        (&json!("spring"), &json!(1))
    );
}
