//! Tracking links: made, followed, counted once, and led on whatever happens.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use crate::support::{Answer, BROWSER, World, at};

const NOW: &str = "2026-11-23T05:00:30Z";
const DAY: &str = "2026-11-23";

/// Makes a link; it has to be made.
pub async fn make(world: &World, link: Value) -> Value {
    let answer = world.call(Method::POST, "/v1/links", &world.admin, Some(link)).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// Follows a link as a browser does, with more headers.
pub async fn follow(world: &World, slug: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(format!("/r/{slug}"));
    let agent = [("user-agent", BROWSER)];
    let named = headers.iter().any(|(name, _)| *name == "user-agent");
    for (name, value) in agent.iter().filter(|_| !named).chain(headers) {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::empty()).unwrap()).await
}

/// Where an answer leads.
pub fn location(answer: &Answer) -> url::Url {
    assert_eq!(answer.status, 302, "{}", String::from_utf8_lossy(&answer.body));
    answer.headers[header::LOCATION].to_str().unwrap().parse().unwrap()
}

/// The click id that a link hands out.
pub fn click_of(answer: &Answer) -> String {
    let location = location(answer);
    let click = location.query_pairs().find(|(name, _)| name == "rk_click").unwrap();
    click.1.into_owned()
}

#[tokio::test]
async fn a_link_counts_its_clicks_and_leads_on_with_its_campaign() {
    let world = World::new(NOW).await;
    let link = make(
        &world,
        json!({"slug": "spring", "destination": "https://shop.example/a?x=1", "campaign": "spring", "partner": "ada", "offer": "ten"}),
    )
    .await;
    assert_eq!((link["path"].as_str(), link["channel"].as_str()), (Some("/r/spring"), Some("affiliate")));
    let answer = follow(&world, "spring", &[("referer", "https://blog.example/post?secret=1")]).await;
    let to = location(&answer);
    let click = click_of(&answer);
    assert!(to.as_str().starts_with(
        "https://shop.example/a?x=1&utm_source=ada&utm_medium=affiliate&utm_campaign=spring&rk_click=spring."
    ));
    assert_ne!(click, click_of(&follow(&world, "spring", &[]).await), "each click has an id of its own");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert!((answer.cost("wru") - 1.0).abs() < f64::EPSILON, "one durable write: {:?}", answer.headers);
    world.pump().await;
    let channels = world.get(&format!("/v1/reports/channels?from={DAY}&to={DAY}")).await.json();
    assert_eq!(
        (channels["rows"][0]["channel"].as_str(), &channels["rows"][0]["metrics"]["clicks"]),
        (Some("affiliate"), &json!(2))
    );
    let partners =
        world.get(&format!("/v1/reports/breakdown?by=partner,offer&from={DAY}&to={DAY}")).await.json();
    let row = &partners["rows"][0];
    assert_eq!(
        (&row["partner"], &row["offer"], &row["metrics"]["clicks"]),
        (&json!("ada"), &json!("ten"), &json!(2))
    );
}

#[tokio::test]
async fn a_warm_redirect_makes_one_call_to_the_table() {
    let world = World::new(NOW).await;
    make(&world, json!({"slug": "one", "destination": "https://shop.example/"})).await;
    follow(&world, "one", &[]).await;
    let calls = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = std::sync::Arc::clone(&calls);
    world.spy.listen(move |operation, _| heard.lock().unwrap().push(operation.to_owned()));
    follow(&world, "one", &[]).await;
    world.spy.stop();
    assert_eq!(*calls.lock().unwrap(), ["PutItem"]);
}

#[tokio::test]
async fn machines_are_led_on_and_counted_apart() {
    let world = World::new(NOW).await;
    make(&world, json!({"slug": "m", "destination": "https://shop.example/"})).await;
    for headers in [
        [("user-agent", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)")],
        [("user-agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")],
        [("sec-purpose", "prefetch;prerender")],
        [("purpose", "prefetch")],
        [("x-moz", "prefetch")],
    ] {
        let to = location(&follow(&world, "m", &headers).await);
        assert_eq!(to.as_str(), "https://shop.example/", "{headers:?}: a machine gets no click id");
    }
    let head = Request::head("/r/m").header(header::USER_AGENT, BROWSER).body(Body::empty()).unwrap();
    assert_eq!(location(&world.send(head).await).as_str(), "https://shop.example/");
    world.pump().await;
    let metrics = world.metrics(DAY, DAY).await;
    assert_eq!((&metrics["clicks"], &metrics["invalid"]), (&json!(0), &json!(6)));
}

#[tokio::test]
async fn a_click_is_led_on_when_it_cannot_be_stored() {
    let world = World::new(NOW).await;
    make(&world, json!({"slug": "on", "destination": "https://shop.example/", "partner": "ada"})).await;
    follow(&world, "on", &[]).await;
    world.spy.refuse(|_, _| true);
    let answer = follow(&world, "on", &[]).await;
    let click = click_of(&answer);
    world.spy.stop();
    world.pump().await;
    assert_eq!(world.metrics(DAY, DAY).await["clicks"], 1, "one could not be stored");
    // Its id still says whose it was, so what follows from it is credited.
    world.post(json!({"kind": "lead", "click": click, "id": "l", "occurred_at": NOW})).await;
    world.pump().await;
    let partners = world.get(&format!("/v1/reports/breakdown?by=partner&from={DAY}&to={DAY}")).await.json();
    let ada = partners["rows"].as_array().unwrap().iter().find(|row| row["partner"] == "ada").unwrap();
    assert_eq!(ada["metrics"]["leads"], 1);
}

#[tokio::test]
async fn links_are_listed_changed_and_put_away_and_their_slug_is_taken_for_ever() {
    let world = World::new(NOW).await;
    let (_, other) = world.another_site("other").await;
    let link = json!({"slug": "a", "destination": "https://shop.example/"});
    make(&world, link.clone()).await;
    for key in [&world.admin, &other] {
        let taken = world.call(Method::POST, "/v1/links", key, Some(link.clone())).await;
        assert_eq!((taken.status, taken.json()["errors"][0]["code"].as_str().unwrap()), (409, "slug_taken"));
    }
    let chosen = make(&world, json!({"destination": "https://shop.example/b", "name": "B"})).await;
    let slug = chosen["slug"].as_str().unwrap().to_owned();
    assert_eq!(slug.len(), 10);
    let patch = |slug: String, body: Value| {
        let world = &world;
        async move { world.call(Method::PATCH, &format!("/v1/links/{slug}"), &world.admin, Some(body)).await }
    };
    assert_eq!(patch("a".to_owned(), json!({"archived": true})).await.json()["archived"], true);
    assert_eq!(patch(slug.clone(), json!({"name": "C"})).await.json()["name"], "C");
    assert_eq!(patch(slug.clone(), json!({"destination": "https://evil.example/"})).await.status, 422);
    let slugs = async |query: &str| -> Vec<Value> {
        let list = world.get(&format!("/v1/links{query}")).await.json();
        list["links"].as_array().unwrap().iter().map(|link| link["slug"].clone()).collect()
    };
    assert_eq!(slugs("").await, [json!(slug)]);
    assert_eq!(slugs("?archived=true").await.len(), 2);
    let first = world.get("/v1/links?archived=true&limit=1").await.json();
    assert_eq!(first["complete"], false);
    let next = first["next"].as_str().unwrap();
    let second = world.get(&format!("/v1/links?archived=true&limit=1&cursor={next}")).await.json();
    assert_eq!((second["complete"].clone(), second["links"].as_array().unwrap().len()), (json!(true), 1));
    assert_eq!(follow(&world, "a", &[]).await.status, 302, "a link that was put away leads on");
}

#[tokio::test]
async fn a_link_leads_to_the_web_and_nowhere_else() {
    let world = World::new(NOW).await;
    for destination in
        ["javascript:alert(1)", "/relative", "https://", "data:text/html,x", "https://a:b@shop.example/"]
    {
        let link = json!({"destination": destination});
        let answer = world.call(Method::POST, "/v1/links", &world.admin, Some(link)).await;
        assert_eq!(
            (answer.status, answer.json()["errors"][0]["pointer"].as_str().unwrap()),
            (422, "/destination")
        );
    }
    let link = json!({"slug": "a/b", "destination": "https://shop.example/", "channel": "affilate"});
    let answer = world.call(Method::POST, "/v1/links", &world.admin, Some(link)).await;
    let pointers: Vec<_> =
        answer.json()["errors"].as_array().unwrap().iter().map(|fault| fault["pointer"].clone()).collect();
    assert_eq!(pointers, ["/slug", "/channel"]);
    for slug in ["nobody", "a%2Fb", "%ff"] {
        assert_eq!(follow(&world, slug, &[]).await.status, 404, "{slug}");
    }
    // Nothing in the request changes where a link leads.
    make(&world, json!({"slug": "fixed", "destination": "https://shop.example/"})).await;
    let to =
        location(&follow(&world, "fixed?destination=https://evil.example/&url=//evil.example", &[]).await);
    assert_eq!(to.host_str(), Some("shop.example"));
}

#[tokio::test]
async fn a_click_that_nobody_handed_out_is_refused_from_a_server_and_ignored_from_a_page() {
    let world = World::new(NOW).await;
    make(&world, json!({"slug": "real", "destination": "https://shop.example/", "partner": "ada"})).await;
    let click = click_of(&follow(&world, "real", &[]).await);
    let forged = format!("{}{}", &click[..click.len() - 1], if click.ends_with('A') { 'B' } else { 'A' });
    for bad in [forged.as_str(), "real.", "nobody.AAAA", "x"] {
        let event = json!({"kind": "lead", "click": bad, "id": "l", "occurred_at": NOW});
        let answer = world.call(Method::POST, "/v1/events", &world.write, Some(event)).await;
        assert_eq!(
            (answer.status, answer.json()["errors"][0]["code"].as_str().unwrap()),
            (422, "unknown_click"),
            "{bad}"
        );
        let event =
            json!({"kind": "lead", "click": bad, "id": format!("page-{}", bad.len()), "occurred_at": NOW});
        assert_eq!(world.post_from_page(event, BROWSER).await.status, 202, "{bad}");
    }
    world.pump().await;
    let partners = world.get(&format!("/v1/reports/breakdown?by=partner&from={DAY}&to={DAY}")).await.json();
    let leads: Vec<_> = partners["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["partner"], &row["metrics"]["leads"]))
        .collect();
    assert!(
        leads.contains(&(&json!(""), &json!(4))) && leads.contains(&(&json!("ada"), &json!(0))),
        "{leads:?}"
    );
}

#[tokio::test]
async fn a_page_that_a_link_led_to_brings_the_click_and_what_follows_is_the_partners() {
    let world = World::new(NOW).await;
    make(
        &world,
        json!({"slug": "p", "destination": "https://shop.example/", "campaign": "spring", "partner": "ada"}),
    )
    .await;
    let answer = follow(&world, "p", &[]).await;
    let (to, click) = (location(&answer), click_of(&answer));
    let view = json!({"kind": "view", "id": "v1", "url": to.as_str(), "visitor": "browser-1", "click": click, "occurred_at": "2026-11-23T05:00:31Z"});
    world.turn_to("2026-11-23T05:00:32Z");
    assert_eq!(world.post_from_page(view, BROWSER).await.status, 202);
    world.turn_to("2026-11-23T06:10:30Z");
    // A week later nothing but the visitor is known.
    world.turn_to("2026-11-25T06:10:30Z");
    world
        .post(json!({"kind": "sale", "id": "s", "order": "A-1", "value": "49.90", "visitor": "browser-1"}))
        .await;
    world.pump().await;
    let sales = world.get("/v1/reports/breakdown?by=partner&from=2026-11-25&to=2026-11-25").await.json();
    assert_eq!(
        (&sales["rows"][0]["partner"], &sales["rows"][0]["metrics"]["sales"]),
        (&json!("ada"), &json!(1))
    );
    let list = world.get("/v1/conversions?from=2026-11-25&to=2026-11-25").await.json();
    let id = list["conversions"][0]["id"].as_str().unwrap();
    let told = world.get(&format!("/v1/conversions/{id}/explain")).await.json();
    let path: Vec<_> = told["path"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| (step["contact"].clone(), step["partner"].clone()))
        .collect();
    assert_eq!(path, [(json!("click"), json!("ada"))], "the click and its visit are one touch: {told}");
    assert_eq!(at(told["occurred_at"].as_str().unwrap()), at("2026-11-25T06:10:30Z"));
}
