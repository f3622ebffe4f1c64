//! Channel rules: the published list, a site's own before it, and what a list would move before it is saved.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request};
use reckon_core::domain::event::{Event, Kind};
use reckon_core::domain::names::SiteId;
use reckon_core::domain::rollup::union;
use serde_json::{Value, json};

use crate::support::{Answer, BROWSER, World, at, minute, sale};

const NOW: &str = "2026-11-23T05:00:30Z";
const PATH: &str = "/v1/channel-rules";

async fn put(world: &World, rules: Value) -> Answer {
    world.call(Method::PUT, PATH, &world.admin, Some(json!({"rules": rules}))).await
}

async fn list(world: &World, query: &str) -> Value {
    let answer = world.get(&format!("{PATH}{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

async fn preview(world: &World, body: Value) -> Value {
    let answer = world.call(Method::POST, &format!("{PATH}/preview"), &world.admin, Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

fn own(list: &Value) -> Vec<(u64, String)> {
    let rules = list["rules"].as_array().unwrap().iter().filter(|rule| rule["list"] == "own");
    rules
        .map(|rule| (rule["number"].as_u64().unwrap(), rule["channel"].as_str().unwrap().to_owned()))
        .collect()
}

#[tokio::test]
async fn the_built_in_list_is_published_and_a_sites_own_stands_before_it() {
    let world = World::new(NOW).await;
    let (_, stranger) = world.another_site("other").await;
    let published = world.send(Request::get(PATH).body(Body::empty()).unwrap()).await;
    assert_eq!(published.status, 200);
    let published = published.json();
    assert_eq!((&published["site"], &published["version"]), (&Value::Null, &Value::Null));
    assert_eq!(published["rules"].as_array().unwrap().len(), 24);
    assert_eq!(
        published["rules"][6],
        json!({"number": 7, "list": "built_in", "name": "Paid search", "channel": "paid_search",
               "when": [{"medium": {"is": ["ppc", "retargeting"], "contains": ["cp"], "begins_with": ["paid"]},
                         "source_kind": {"is": ["search"]}}],
               "matches": "medium is \"ppc\" or \"retargeting\" or contains \"cp\" or begins with \"paid\", and source \
                           kind is \"search\""})
    );
    assert_eq!((list(&world, "").await["version"].as_u64(), own(&list(&world, "").await)), (Some(0), vec![]));
    let saved = put(
        &world,
        json!([{"channel": "affiliate", "name": "Partners", "when": {"source": ["Awin", "cj"], "medium": "CPC"}},
               {"channel": "content", "when": [{"referrer_host": {"ends_with": ".Blog.example"}}, {"campaign": "guide"}]}]),
    )
    .await;
    assert_eq!(saved.status, 200, "{}", saved.json());
    let first = list(&world, "").await;
    assert_eq!(saved.json(), first);
    assert_eq!(
        (first["version"].as_u64(), first["saved_at"].as_str()),
        (Some(1), Some("2026-11-23T05:00:30Z"))
    );
    assert_eq!(
        first["rules"][0],
        json!({"number": 101, "list": "own", "name": "Partners", "channel": "affiliate",
               "when": [{"source": {"is": ["awin", "cj"]}, "medium": {"is": ["cpc"]}}],
               "matches": "source is \"awin\" or \"cj\", and medium is \"cpc\""})
    );
    assert_eq!(
        first["rules"][1]["matches"],
        "referrer host ends with \".blog.example\"; or campaign is \"guide\""
    );
    assert_eq!(first["rules"].as_array().unwrap().len(), 26);
    let others = world.call(Method::GET, PATH, &stranger, None).await.json();
    assert_eq!((others["site"].as_str(), own(&others)), (Some("other"), vec![]));
    // Another list is another version; the one before can still be read, and so can it be told what it said.
    assert_eq!(put(&world, json!([{"channel": "sms", "when": {"source": "x"}}])).await.json()["version"], 2);
    assert_eq!(list(&world, "?version=1").await, first);
    assert_eq!(own(&list(&world, "?version=2").await), [(101, "sms".to_owned())]);
    assert_eq!(own(&list(&world, "?version=0").await), []);
    assert_eq!(world.get(&format!("{PATH}?version=3")).await.status, 404);
    assert_eq!(world.get(&format!("{PATH}?version=x")).await.status, 422);
    assert_eq!(world.get(&format!("{PATH}?versoin=1")).await.status, 422);
    let nobody = Request::get(format!("{PATH}?version=1")).body(Body::empty()).unwrap();
    assert_eq!(world.send(nobody).await.status, 401);
    // An empty list removes them.
    assert_eq!(put(&world, json!([])).await.json()["version"], 3);
    assert_eq!(own(&list(&world, "").await), []);
}

#[tokio::test]
async fn the_same_list_again_changes_nothing_and_one_for_another_version_is_refused() {
    let world = World::new(NOW).await;
    let rules = json!([{"channel": "email", "when": {"source": "crm"}}]);
    let send = async |version: u64, rules: &Value| {
        let body = json!({"version": version, "rules": rules});
        world.call(Method::PUT, PATH, &world.admin, Some(body)).await
    };
    let refused = send(1, &rules).await;
    assert_eq!(refused.status, 409);
    assert!(refused.json()["detail"].as_str().unwrap().contains("\"version\": 0"), "{}", refused.json());
    assert_eq!(send(0, &rules).await.json()["version"], 1);
    // The answer was lost, and the same request comes again.
    assert_eq!((send(0, &rules).await.status, list(&world, "").await["version"].as_u64()), (200, Some(1)));
    assert_eq!(send(1, &rules).await.status, 200);
    assert_eq!(send(7, &rules).await.status, 409);
    assert_eq!(send(0, &json!([])).await.status, 409);
    assert_eq!(send(1, &json!([])).await.json()["version"], 2);
    let body = json!({"version": 1, "rules": []});
    let path = format!("{PATH}/preview");
    assert_eq!(world.call(Method::POST, &path, &world.admin, Some(body)).await.status, 409);
}

#[tokio::test]
async fn a_list_that_would_be_dear_to_keep_or_to_try_is_refused_with_its_size() {
    let world = World::new(NOW).await;
    // Each text is a letter, and what is kept of it is its field and operator as well.
    let letters: Vec<String> = ('a'..='l').map(String::from).collect();
    let when = json!({"source": "", "referrer_host": {"word_begins_with": letters}});
    let rules = |many: usize| json!(vec![json!({"channel": "sms", "when": vec![&when; 20]}); many]);
    assert_eq!(put(&world, rules(1)).await.status, 200);
    for many in [3, 50] {
        let refused = put(&world, rules(many)).await;
        let told = refused.json();
        assert_eq!((refused.status, &told["errors"][0]["code"]), (422, &json!("too_large")), "{told}");
        assert!(told["errors"][0]["detail"].as_str().unwrap().contains("at most 12000 bytes"), "{told}");
    }
}

#[tokio::test]
async fn capitals_do_not_matter_in_any_alphabet_and_blanks_are_no_text() {
    let world = World::new(NOW).await;
    assert_eq!(
        put(&world, json!([{"channel": "content", "when": {"source": "CAF\u{c9}"}}])).await.status,
        200
    );
    for source in ["caf\u{e9}", "Caf\u{c9}"] {
        let event = json!({"kind": "view", "utm": {"source": source}});
        let told =
            world.call(Method::POST, "/v1/events?validate_only=true", &world.write, Some(event)).await.json();
        assert_eq!(told["events"][0]["event"]["channel"], "content", "{source}");
    }
    for blank in [" ", "\u{a0}"] {
        let refused = put(&world, json!([{"channel": "content", "when": {"source": blank}}])).await;
        assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (422, &json!("empty")));
    }
}

#[tokio::test]
async fn a_change_of_the_settings_keeps_the_rules() {
    let world = World::new(NOW).await;
    assert_eq!(put(&world, json!([{"channel": "email", "when": {"source": "crm"}}])).await.status, 200);
    let renamed = json!({"name": "Renamed"});
    assert_eq!(world.call(Method::PATCH, "/v1/sites/shop", &world.admin, Some(renamed)).await.status, 200);
    assert_eq!((own(&list(&world, "").await).len(), world.site().await.name.as_str()), (1, "Renamed"));
}

#[tokio::test]
async fn an_event_is_judged_by_the_rules_of_its_acceptance_and_stays_so() {
    let world = World::new(NOW).await;
    let utm = json!({"source": "Awin", "medium": "cpc", "campaign": "spring"});
    let event = |id: &str| json!({"id": id, "kind": "sale", "value": 10, "occurred_at": NOW, "utm": utm});
    world.post(json!([event("before")])).await;
    // The same process knows the rules from the next request on.
    put(
        &world,
        json!([{"channel": "affiliate", "name": "Partners", "when": {"source": {"begins_with": "awi"}}}]),
    )
    .await;
    let told = world
        .call(Method::POST, "/v1/events?validate_only=true", &world.write, Some(event("e")))
        .await
        .json();
    let told = &told["events"][0]["event"];
    assert_eq!(told["channel"], "affiliate");
    assert_eq!(
        told["rule"],
        json!({"number": 101, "version": 1, "name": "Partners", "when": "source begins with \"awi\""})
    );
    world.post(json!([event("during"), {"id": "named", "kind": "sale", "value": 10, "occurred_at": NOW, "utm": utm,
                                        "channel": "sms"}]))
        .await;
    put(&world, json!([])).await;
    world.post(json!([event("after"), event("during")])).await;
    world.pump().await;
    let results = world.get("/v1/conversions?from=2026-11-23&to=2026-11-23").await.json();
    let mut channels = BTreeMap::new();
    for result in results["conversions"].as_array().unwrap() {
        let id = result["id"].as_str().unwrap();
        let explained = world.get(&format!("/v1/conversions/{id}/explain")).await.json();
        let rule = &explained["rule"];
        let told = (rule["list"].clone(), rule["version"].clone(), rule["number"].clone());
        *channels.entry(format!("{} {told:?}", result["channel"].as_str().unwrap())).or_insert(0) += 1;
    }
    let told = |channel: &str, rule: (&str, u64, u64)| {
        format!("{channel} {:?}", (json!(rule.0), json!(rule.1), json!(rule.2)))
    };
    let expected = BTreeMap::from([
        (told("paid_other", ("built_in", 1, 11)), 2),
        (told("affiliate", ("own", 1, 101)), 1),
        (told("sms", ("sender", 0, 0)), 1),
    ]);
    assert_eq!(channels, expected);
}

#[tokio::test]
async fn a_links_clicks_fall_under_own_rules_and_stay_the_partners() {
    let world = World::new(NOW).await;
    let link = json!({"slug": "spring", "destination": "https://shop.example/", "partner": "ada"});
    assert_eq!(world.call(Method::POST, "/v1/links", &world.admin, Some(link)).await.status, 201);
    put(
        &world,
        json!([{"channel": "content", "when": {"referrer_host": "ada.example"}},
               {"channel": "influencer", "when": {"source": "ada"}}]),
    )
    .await;
    let shown = world.get("/v1/links/spring").await.json();
    assert_eq!(shown["channel"], "influencer");
    let followed = Request::get("/r/spring").header("user-agent", BROWSER).body(Body::empty()).unwrap();
    let led = world.send(followed).await;
    let location = led.headers["location"].to_str().unwrap().to_owned();
    let click = location.split("rk_click=").nth(1).unwrap().to_owned();
    world
        .post(json!([
            // The landing page knows the host that the link stood on, which the link itself does not.
            {"id": "visit", "kind": "view", "visitor": "v", "click": click, "url": location,
             "referrer": "https://www.ada.example/post", "occurred_at": "2026-11-23T05:00:20Z"},
            {"id": "server", "kind": "sale", "value": 10, "click": click, "occurred_at": "2026-11-23T05:00:25Z"},
        ]))
        .await;
    let events = stored(&world, &world.site, &[NOW]).await;
    let told = |event: &Event| (event.derived.origin.channel.as_str(), event.derived.origin.partner.clone());
    let ada = || "ada".to_owned();
    assert_eq!(told(&events["visit"]), ("content", ada()));
    assert_eq!(told(&events["server"]), ("influencer", ada()));
    let click = events.values().find(|event| event.sent.kind == Kind::Click).unwrap();
    assert_eq!(told(click), ("influencer", ada()));
}

#[tokio::test]
async fn all_faults_of_a_list_are_told_at_once_each_with_its_place() {
    let world = World::new(NOW).await;
    let body = json!({"rulse": [], "version": "new", "rules": [
        {"channel": "afiliate", "when": {"source": "awin"}},
        {"channel": "email", "wen": {}, "name": ""},
        {"channel": "email", "when": {}},
        {"channel": "email", "when": {"sorce": "x", "medium": {"matches": "^.*$"}}},
        {"channel": "email", "when": {"medium": {"contains": ""}, "source": [], "campaign": {}}},
        {"channel": "email", "when": {"click_id": "gclit", "source_kind": {"contains": "search"}}},
        {"channel": "email", "when": [{"source": 7}, "x"]},
        {"channel": "email", "when": {"source": "a\nb", "medium": "m".repeat(254)}},
        "email",
    ]});
    let answer = world.call(Method::PUT, PATH, &world.admin, Some(body.clone())).await;
    assert_eq!(answer.status, 422, "{}", answer.json());
    let problem = answer.json();
    let told: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| (fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap()))
        .collect();
    let expected = [
        ("/rulse", "unknown_field"),
        ("/rules/0/channel", "unknown_channel"),
        ("/rules/1/wen", "unknown_field"),
        ("/rules/1/name", "invalid_text"),
        ("/rules/1/when", "missing"),
        ("/rules/2/when", "empty"),
        ("/rules/3/when/sorce", "unknown_field"),
        ("/rules/3/when/medium/matches", "unknown_field"),
        ("/rules/4/when/source", "empty"),
        ("/rules/4/when/medium/contains", "empty"),
        ("/rules/4/when/campaign", "empty"),
        ("/rules/5/when/click_id", "unknown_word"),
        ("/rules/5/when/source_kind/contains", "invalid"),
        ("/rules/6/when/0/source", "invalid"),
        ("/rules/6/when/1", "invalid"),
        ("/rules/7/when/source", "invalid_text"),
        ("/rules/7/when/medium", "invalid_text"),
        ("/rules/8", "invalid"),
        ("/version", "invalid_number"),
    ];
    assert_eq!(told, expected, "{problem:#}");
    let detail = problem["detail"].as_str().unwrap();
    for hint in
        ["did you mean affiliate?", "did you mean source?", "did you mean gclid?", "did you mean rules?"]
    {
        assert!(detail.contains(hint), "{hint}: {detail}");
    }
    // A preview is as strict, and neither left anything behind.
    let path = format!("{PATH}/preview");
    assert_eq!(world.call(Method::POST, &path, &world.admin, Some(body)).await.status, 422);
    assert_eq!(list(&world, "").await["version"], 0);
}

#[tokio::test]
async fn a_referrer_that_is_no_host_is_refused_with_the_host_to_write() {
    let world = World::new(NOW).await;
    let rules = |test: &Value| json!([{"channel": "content", "when": {"referrer_host": test}}]);
    for (text, hint) in [
        ("https://www.blog.example/", "write blog.example"),
        ("HTTP://Blog.example:8080/a?b#c", "write blog.example"),
        ("blog.example/post", "write blog.example"),
        ("blog.example:443", "write blog.example"),
        ("b\u{fc}cher.example", "write xn--bcher-kva.example"),
        ("my blog.example", "a host is such as blog.example"),
        ("ada@blog.example", "a host is such as blog.example"),
        ("https://", "a host is such as blog.example"),
    ] {
        for test in [json!(text), json!(["ada.example", text])] {
            let told = put(&world, rules(&test)).await;
            let (status, told) = (told.status, told.json());
            assert_eq!((status, &told["errors"][0]["code"]), (422, &json!("invalid_host")), "{text}: {told}");
            let detail = told["errors"][0]["detail"].as_str().unwrap();
            assert!(detail.contains("is no host: ") && detail.contains(hint), "{text}: {told}");
        }
    }
    for test in [
        json!({"contains": "://"}),
        json!({"ends_with": ".example/"}),
        json!({"begins_with": "https://www.blog"}),
    ] {
        let told = put(&world, rules(&test)).await.json();
        assert!(told["detail"].as_str().unwrap().contains("stands in no host: "), "{test}: {told}");
    }
    for test in [
        json!("Blog.example"),
        json!(" www.blog.example "),
        json!(""),
        json!("com.google.android.gm"),
        json!("127.0.0.1"),
        json!("[::1]"),
        json!({"ends_with": ".blog.example", "contains": "-", "word_begins_with": "news"}),
    ] {
        let told = put(&world, rules(&test)).await;
        assert_eq!(told.status, 200, "{test}: {}", told.json());
    }
}

#[tokio::test]
async fn a_list_is_bounded_and_each_name_stands_once() {
    let world = World::new(NOW).await;
    let rule = |text: &str| json!({"channel": "email", "when": {"source": text}});
    let rules = |count: usize| (0..count).map(|number| rule(&format!("s{number}"))).collect::<Value>();
    let long: Value = (0..50).map(|number| rule(&format!("{number:0>250}"))).collect();
    let texts: Value = (0..101).map(|number| json!(format!("s{number}"))).collect();
    for (body, status, pointer) in [
        (json!({"rules": rules(50)}).to_string(), 200, ""),
        (json!({"rules": rules(51)}).to_string(), 422, "/rules"),
        (json!({"rules": long}).to_string(), 422, "/rules"),
        (
            json!({"rules": [{"channel": "sms", "when": {"source": texts}}]}).to_string(),
            422,
            "/rules/0/when/source",
        ),
        (json!([]).to_string(), 422, ""),
        (json!({}).to_string(), 422, "/rules"),
        (json!({"rules": null}).to_string(), 422, "/rules"),
        (
            r#"{"rules": [], "rules": [{"channel": "sms", "when": {"source": "x"}}]}"#.to_owned(),
            422,
            "/rules",
        ),
        (
            r#"{"rules": [{"channel": "sms", "when": {"source": "x", "source": "y"}}]}"#.to_owned(),
            422,
            "/rules/0/when/source",
        ),
        (r#"{"rules": 1.5}"#.to_owned(), 422, "/rules"),
        (r#"{"rules": ["#.to_owned(), 400, ""),
    ] {
        let request = Request::put(PATH)
            .header("authorization", format!("Bearer {}", world.admin))
            .body(Body::from(body.clone()))
            .unwrap();
        let answer = world.send(request).await;
        assert_eq!(answer.status, status, "{body:.200}: {}", answer.json());
        if status == 422 {
            assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{body:.200}");
        }
    }
}

/// Every event of a site in some minutes, by its id.
async fn stored(world: &World, site: &SiteId, minutes: &[&str]) -> BTreeMap<String, Event> {
    let mut events = BTreeMap::new();
    for text in minutes {
        let segment = world.store().segment(site, minute(text), 0).await.unwrap();
        events.extend(
            union(segment.versions).map(|version| (version.event.sent.id.as_str().to_owned(), version.event)),
        );
    }
    events
}

/// What became of a channel when events were sent anew: events, visits, conversions and revenue in units.
type Moved = BTreeMap<(String, String), [u64; 4]>;

fn told_moves(previewed: &Value) -> Moved {
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{value}"));
    let moves = previewed["moves"].as_array().unwrap().iter();
    moves
        .map(|row| {
            let name = |side: &str| row[side].as_str().unwrap().to_owned();
            let figures = ["events", "visits", "conversions", "revenue"].map(|figure| number(&row[figure]));
            ((name("from"), name("to")), figures)
        })
        .collect()
}

/// Events of many origins: visits with their later sales, and some of which no rule is asked.
fn events() -> Vec<Value> {
    const FIRST: &str = "2026-11-22T10:00:00Z";
    const SECOND: &str = "2026-11-23T04:30:00Z";
    let sources = ["", "google", "Awin", "partner.example", "crm", "(direct)", "chatgpt.com"];
    let media = ["", "cpc", "Email", "referral", "banner"];
    let campaigns = ["", "spring shop", "partner-42"];
    let referrers =
        ["", "https://www.partner.example/a", "https://www.google.com/", "https://news.blog.example/"];
    let clicks = ["", "gclid=1", "fbclid=2"];
    let mut events = Vec::new();
    for source in sources {
        for medium in media {
            for campaign in campaigns {
                for referrer in referrers {
                    for click in clicks {
                        let number = events.len();
                        let utm: serde_json::Map<String, Value> =
                            [("source", source), ("medium", medium), ("campaign", campaign)]
                                .into_iter()
                                .filter(|(_, text)| !text.is_empty())
                                .map(|(name, text)| (name.to_owned(), json!(text)))
                                .collect();
                        let kind = ["view", "view", "sale", "lead", "click"][number % 5];
                        let mut event = json!({
                            "id": format!("e{number}"), "kind": kind, "visitor": format!("v{number}"), "utm": utm,
                            "url": format!("https://shop.example/?{click}"),
                            "occurred_at": if number % 2 == 0 { FIRST } else { SECOND },
                        });
                        if !referrer.is_empty() {
                            event["referrer"] = json!(referrer);
                        }
                        if kind == "sale" {
                            event["value"] = json!(number % 90 + 1);
                        }
                        if number % 31 == 0 {
                            event["channel"] = json!("audio");
                        }
                        if number % 41 == 0 {
                            event["user_agent"] = json!("Googlebot/2.1 (+http://www.google.com/bot.html)");
                        }
                        events.push(event);
                        // A direct visit lends its origin to nobody, unless a rule makes more of it.
                        if number % 7 == 0 && source != "(direct)" {
                            events.push(json!({
                                "id": format!("later{number}"), "kind": "sale", "value": 3,
                                "visitor": format!("v{number}"), "occurred_at": "2026-11-23T04:31:00Z",
                            }));
                        }
                    }
                }
            }
        }
    }
    events
}

const MINUTES: [&str; 3] = ["2026-11-22T10:00:00Z", "2026-11-23T04:30:00Z", "2026-11-23T04:31:00Z"];

async fn send(world: &World, key: &str, events: &[Value]) {
    for part in events.chunks(500) {
        let answer = world.call(Method::POST, "/v1/events", key, Some(json!(part))).await;
        assert_eq!((answer.status, &answer.json()["rejected"]), (202, &json!([])));
    }
    world.pump().await;
}

#[tokio::test]
async fn a_preview_judges_an_event_by_the_report_that_told_its_origin() {
    let world = World::new(NOW).await;
    let told = |order: &str, query: &str| {
        json!({"kind": "sale", "order": order, "value": 10, "occurred_at": NOW, "referrer": "https://www.google.com/",
               "url": format!("https://shop.example/thanks?{query}")})
    };
    // The page tells where the buyer came from, the server what was paid; and an amendment says nothing of its origin.
    let page = json!([told("A-1", "gclid=abc"), told("A-2", "utm_source=letter&utm_medium=email")]);
    assert_eq!(world.post_from_page(page, BROWSER).await.status, 202);
    world
        .post(json!([
            {"kind": "sale", "order": "A-1", "value": 10, "occurred_at": NOW},
            {"kind": "sale", "order": "A-2", "value": 20, "occurred_at": NOW},
            {"id": "b", "kind": "sale", "value": 1, "occurred_at": NOW, "utm": {"source": "letter", "medium": "email"}},
        ]))
        .await;
    world.post(json!([{"id": "b", "kind": "sale", "value": 2, "occurred_at": NOW}])).await;
    world.pump().await;
    let of = |answer: &Value| {
        ["events", "moved", "kept", "without_origin", "unclear"].map(|name| answer[name].clone())
    };
    let previewed = preview(&world, json!({"rules": []})).await;
    assert_eq!(of(&previewed), [3, 0, 3, 0, 0].map(|number| json!(number)), "{previewed:#}");
    let rules = json!([{"channel": "content", "when": {"source": "letter"}},
                       {"channel": "retargeting", "when": {"click_id": "gclid"}}]);
    let previewed = preview(&world, json!({"rules": rules})).await;
    assert_eq!(of(&previewed), [3, 2, 0, 0, 1].map(|number| json!(number)), "{previewed:#}");
}

#[tokio::test]
async fn a_preview_tells_exactly_what_moves_when_the_same_events_come_again() {
    let world = World::new(NOW).await;
    let events = events();
    send(&world, &world.write, &events).await;
    let before = stored(&world, &world.site, &MINUTES).await;
    assert_eq!(before.len(), events.len());
    let lists = [
        json!([]),
        json!([{"channel": "affiliate", "when": {"source": {"contains": "partner"}}},
               {"channel": "content", "when": {"referrer_host": {"ends_with": ".example"}}},
               {"channel": "email", "when": {"source": "crm", "medium": ["", "cpc"]}},
               {"channel": "sms", "when": {"source": "never sent"}}]),
        json!([{"channel": "retargeting", "when": [{"campaign": {"word_begins_with": "shop"}}, {"medium": "banner"}]},
               {"channel": "display", "when": {"source_kind": ["search", "ai_assistant"]}}]),
    ];
    for (number, rules) in lists.into_iter().enumerate() {
        let previewed = preview(&world, json!({"rules": rules, "from": "2026-11-22"})).await;
        assert_eq!((&previewed["complete"], &previewed["expired"]), (&json!(true), &Value::Null));
        // The same events are sent to a site that has the rules.
        let (site, key) = world.another_site(&format!("anew-{number}")).await;
        let body = json!({"rules": rules});
        assert_eq!(world.call(Method::PUT, PATH, &key, Some(body)).await.status, 200);
        send(&world, &key, &events).await;
        let after = stored(&world, &site, &MINUTES).await;
        let (mut moved, mut seen) = (Moved::new(), 0);
        for (id, old) in &before {
            let new = &after[id];
            if old.derived.robot {
                continue;
            }
            seen += 1;
            let [from, to] = [old, new].map(|event| event.derived.origin.channel.as_str().to_owned());
            if from == to {
                continue;
            }
            let [events, visits, conversions, revenue] = moved.entry((from, to)).or_default();
            *events += 1;
            *visits += u64::from(old.derived.visit);
            *conversions += u64::from(matches!(old.sent.kind, Kind::Sale | Kind::Lead));
            let value = old.sent.value.map_or(0, |value| value.millionths() / 1_000_000);
            *revenue += u64::try_from(value).unwrap();
        }
        assert_eq!(told_moves(&previewed), moved, "{rules}");
        let of = |name: &str| previewed[name].as_u64().unwrap();
        assert_eq!(of("events"), seen, "{rules}");
        assert_eq!(of("moved"), moved.values().map(|figures| figures[0]).sum::<u64>());
        assert_eq!(
            of("events"),
            ["moved", "kept", "named", "without_origin", "unclear"].map(of).iter().sum::<u64>()
        );
        assert!(of("named") > 0 && of("without_origin") > 0 && of("unclear") == 0, "{previewed:#}");
        // Each rule caught as many as stand under its number now.
        for rule in previewed["rules"].as_array().unwrap() {
            let number = rule["number"].as_u64().unwrap();
            let caught = after
                .values()
                .filter(|event| !event.derived.robot && u64::from(event.derived.origin.rule) == number);
            // Those that nothing tells of fall under no rule, but have the number of direct ones.
            let caught =
                caught.filter(|event| number != 1 || !event.derived.origin.source.is_empty()).count();
            assert_eq!(rule["events"].as_u64(), u64::try_from(caught).ok(), "{rule} of {rules}");
            assert!(rule["examples"].as_array().unwrap().len() <= 5);
        }
        assert_eq!(moved.is_empty(), number == 0);
        let never = if number == 1 { json!([104]) } else { json!([]) };
        assert_eq!(previewed["never_fired"], never);
    }
    // Nothing was saved, and nobody is named.
    assert_eq!(list(&world, "").await["version"], 0);
    let text =
        preview(&world, json!({"rules": [{"channel": "sms", "when": {"medium": "cpc"}}]})).await.to_string();
    assert!(!text.contains("\"v7\"") && !text.contains("visitor"), "{text}");
}

#[tokio::test]
async fn an_origin_with_blanks_is_judged_like_any_other() {
    let world = World::new(NOW).await;
    world
        .post(json!({"kind": "view", "utm": {"source": "google", "campaign": " spring "},
                     "url": "https://shop.example/?gclid=1", "occurred_at": "2026-11-23T04:00:00Z"}))
        .await;
    world.pump().await;
    let rules = json!([{"channel": "display", "when": {"click_id": "gclid"}}]);
    let previewed = preview(&world, json!({"rules": rules})).await;
    assert_eq!((&previewed["moved"], &previewed["unclear"]), (&json!(1), &json!(0)), "{previewed:#}");
}

#[tokio::test]
async fn an_inherited_origin_is_unclear_only_where_an_ad_click_would_decide() {
    let world = World::new(NOW).await;
    world
        .post(json!([
            {"id": "ad", "kind": "view", "visitor": "v", "url": "https://shop.example/?gclid=1",
             "occurred_at": "2026-11-23T04:00:00Z"},
            {"id": "later", "kind": "sale", "value": 5, "visitor": "v", "occurred_at": "2026-11-23T04:10:00Z"},
        ]))
        .await;
    world.pump().await;
    let by_click = json!([{"channel": "display", "when": {"click_id": "gclid"}}]);
    let previewed = preview(&world, json!({"rules": by_click})).await;
    assert_eq!((&previewed["moved"], &previewed["unclear"]), (&json!(1), &json!(1)), "{previewed:#}");
    assert_eq!(previewed["rules"][0]["examples"][0]["source"], "google");
    let by_source = json!([{"channel": "display", "when": {"source": "google"}},
                           {"channel": "sms", "when": {"click_id": "gclid"}}]);
    let previewed = preview(&world, json!({"rules": by_source})).await;
    assert_eq!((&previewed["moved"], &previewed["unclear"]), (&json!(2), &json!(0)), "{previewed:#}");
    assert_eq!(previewed["moves"][0]["revenue"], 5);
}

#[tokio::test]
async fn pages_of_a_preview_add_up_and_a_cursor_is_of_one_question() {
    let world = World::new(NOW).await;
    let events: Vec<Value> = (0..430)
        .map(|number| {
            let time = at("2026-11-21T20:00:00Z") + chrono::Duration::minutes(number);
            let mut event = sale(&format!("s{number}"), &time.to_rfc3339());
            event["utm"] = json!({"source": if number % 3 == 0 { "crm" } else { "google" }, "medium": "cpc"});
            event
        })
        .collect();
    send(&world, &world.write, &events).await;
    world.seal().await;
    let rules = json!([{"channel": "email", "when": {"source": "crm"}}]);
    let ask = |cursor: Option<&str>| {
        let mut body = json!({"rules": rules, "from": "2026-11-20", "to": "2026-11-23"});
        if let Some(cursor) = cursor {
            body["cursor"] = json!(cursor);
        }
        body
    };
    let first = preview(&world, ask(None)).await;
    let cursor = first["next"].as_str().unwrap().to_owned();
    assert_eq!((&first["complete"], &first["events"]), (&json!(false), &json!(400)));
    let second = preview(&world, ask(Some(&cursor))).await;
    assert_eq!((&second["complete"], &second["next"]), (&json!(true), &Value::Null));
    let sum = |name: &str| first[name].as_u64().unwrap() + second[name].as_u64().unwrap();
    assert_eq!((sum("events"), sum("moved"), sum("kept")), (430, 144, 286));
    let moved = |page: &Value| told_moves(page)[&("paid_other".to_owned(), "email".to_owned())];
    assert_eq!((moved(&first)[3] + moved(&second)[3], moved(&first)[2] + moved(&second)[2]), (1_440, 144));
    let mut other = ask(Some(&cursor));
    other["rules"] = json!([]);
    for body in [other, ask(Some("x")), ask(Some(""))] {
        let answer = world.call(Method::POST, &format!("{PATH}/preview"), &world.admin, Some(body)).await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (422, &json!("foreign_cursor")));
    }
}

#[tokio::test]
async fn a_cursor_of_a_preview_is_of_one_site() {
    let world = World::new(NOW).await;
    let (_, stranger) = world.another_site("other").await;
    let events: Vec<Value> = (0..430)
        .map(|number| {
            let time = at("2026-11-21T20:00:00Z") + chrono::Duration::minutes(number);
            sale(&format!("s{number}"), &time.to_rfc3339())
        })
        .collect();
    send(&world, &world.write, &events).await;
    world.seal().await;
    let mut body = json!({"rules": [], "from": "2026-11-20", "to": "2026-11-23"});
    body["cursor"] = preview(&world, body.clone()).await["next"].clone();
    assert!(body["cursor"].is_string(), "{body}");
    preview(&world, body.clone()).await;
    let answer = world.call(Method::POST, &format!("{PATH}/preview"), &stranger, Some(body)).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (422, &json!("foreign_cursor")));
}

#[tokio::test]
async fn a_preview_of_nothing_is_empty_and_one_of_expired_days_says_so() {
    let world = World::with(NOW, "UTC", |config| config.retention_days = Some(5)).await;
    let rules = json!([{"channel": "email", "when": {"source": "crm"}}]);
    let empty = preview(&world, json!({"rules": rules, "from": "2026-11-20", "to": "2026-11-23"})).await;
    assert_eq!(
        (&empty["events"], &empty["moves"], &empty["never_fired"], &empty["complete"], &empty["expired"]),
        (&json!(0), &json!([]), &json!([101]), &json!(true), &Value::Null)
    );
    let usual = preview(&world, json!({"rules": rules})).await;
    assert_eq!(usual["query"], json!({"from": "2026-10-25", "to": "2026-11-23"}));
    assert_eq!(usual["expired"], json!({"from": "2026-10-25", "to": "2026-11-18"}));
    let gone = preview(&world, json!({"rules": rules, "from": "2026-11-01", "to": "2026-11-10"})).await;
    assert_eq!(gone["expired"], json!({"from": "2026-11-01", "to": "2026-11-10"}));
    assert_eq!((&gone["events"], &gone["complete"]), (&json!(0), &json!(true)));
    for (body, code) in [
        (json!({"rules": [], "from": "2026-11-23", "to": "2026-11-22"}), "reversed"),
        (json!({"rules": [], "from": "2020-01-01"}), "too_long"),
        (json!({"rules": [], "from": "yesterday"}), "invalid_date"),
        (json!({"rules": [], "to": 7}), "invalid"),
    ] {
        let answer = world.call(Method::POST, &format!("{PATH}/preview"), &world.admin, Some(body)).await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (422, &json!(code)));
    }
}
