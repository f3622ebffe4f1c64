//! Ids that try to leave their place in a key of the table: whatever they are, a caller reaches its own site only.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};

use crate::access_table::{Sites, body, uri};
use crate::hostile::hold;
use crate::support::{OPERATOR, World};
use crate::template::template_routes;

/// Ids that would be somebody else's, or nobody's, if they were taken for a part of a key.
fn ids() -> Vec<String> {
    let mut ids: Vec<String> = [
        "#",
        "a#b",
        "other",
        "other#goal",
        "#other",
        "site#other",
        "../other",
        "..",
        "..%2Fother",
        "%23other",
        "shop\u{0}other",
        "\u{0}",
        "shop\nother",
        "shop other",
        "shop\u{2028}other",
        "\u{202e}pohs",
        "\u{e4}\u{1f600}",
        "ｏｔｈｅｒ",
        "~",
        "profile",
        "state",
        "*",
        "{id}",
        "$default",
        "' OR 1=1",
    ]
    .map(str::to_owned)
    .to_vec();
    ids.extend([64, 65, 1_024, 3_000].map(|length| "x".repeat(length)));
    ids
}

/// Every byte escaped, so that the path holds the id and nothing but it.
fn escaped(id: &str) -> String {
    id.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The partitions that a request to the table names.
fn partitions(body: &Value, found: &mut BTreeSet<String>) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value["S"].as_str().filter(|_| name == "pk" || name == ":pk") {
                    Some(partition) => drop(found.insert(partition.to_owned())),
                    None => partitions(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| partitions(value, found)),
        _ => {}
    }
}

/// The site that a partition belongs to; none for keys by their hash, links by their slug, and the list of sites.
fn site_of(partition: &str) -> Option<&str> {
    let mut parts = partition.split('#');
    match parts.next() {
        Some("key" | "link" | "sites") => None,
        Some(
            "raw" | "min" | "hour" | "day" | "past" | "seals" | "late" | "claim" | "order" | "visitor"
            | "customer" | "site" | "quarantine",
        ) => Some(parts.next().unwrap()),
        strange => panic!("{strange:?} begins no key"),
    }
}

/// Collects the partitions that are named from now on.
fn listen(world: &World) -> Arc<Mutex<BTreeSet<String>>> {
    let named = Arc::new(Mutex::new(BTreeSet::new()));
    let ear = Arc::clone(&named);
    world.spy.listen(move |_, body| partitions(body, &mut ear.lock().unwrap()));
    named
}

/// All items of a site, as text.
async fn items(world: &World, site: &str) -> BTreeSet<String> {
    let scan = world.store().client().scan().table_name(world.store().table()).send().await.unwrap();
    let of_site = |item: &&std::collections::HashMap<String, AttributeValue>| {
        site_of(item["pk"].as_s().unwrap()) == Some(site)
    };
    let text = |item: &std::collections::HashMap<String, AttributeValue>| {
        let sorted: std::collections::BTreeMap<_, _> = item.iter().collect();
        format!("{sorted:?}")
    };
    scan.items().iter().filter(of_site).map(text).collect()
}

#[tokio::test]
async fn no_id_in_a_path_reaches_another_site() {
    let sites = Sites::new().await;
    let other = sites.other.clone();
    let mut ids = ids();
    for path in ["/v1/goals/{id}", "/v1/keys/{id}", "/v1/rebuild/{id}"] {
        ids.push(sites.thing(path, &other).await);
    }
    let before = items(&sites.world, "other").await;
    let named = listen(&sites.world);
    for (_, method, path) in template_routes().into_iter().filter(|(_, _, path)| path.contains("{id}")) {
        for id in &ids {
            let uri = uri(&method, &path, &escaped(id));
            let answer = sites.send(&method, &uri, Some(sites.key("admin")), body(&method, &path)).await;
            let place = format!("{method} {path} of {id:.80?}");
            hold(&answer, &place);
            assert_eq!(answer.status, 404, "{place}: {}", String::from_utf8_lossy(&answer.body));
        }
    }
    sites.world.spy.stop();
    let named = named.lock().unwrap().clone();
    assert!(named.contains("site#shop"), "{named:?}");
    let strangers: Vec<_> =
        named.iter().filter(|partition| site_of(partition).is_some_and(|site| site != "shop")).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    assert_eq!(items(&sites.world, "other").await, before);
}

#[tokio::test]
async fn no_id_in_an_event_reaches_another_site() {
    let sites = Sites::new().await;
    let world = &sites.world;
    let before = items(world, "other").await;
    let named = listen(world);
    for id in ids() {
        let fields = ["id", "visitor", "customer", "order", "name", "partner", "country", "channel"];
        let mut events: Vec<Value> =
            fields.map(|field| json!({"kind": "click", "utm": {"source": id}, field: id})).to_vec();
        // Without a time an id is claimed; with one of long ago a late marker is written.
        events.push(json!({"kind": "click", "id": id, "occurred_at": "2026-11-20T05:00:00Z", "visitor": id}));
        events.push(json!({"kind": "view", "id": "fine", "props": {"a": id}}));
        events.push(json!({"kind": "view"}));
        events.push(json!({"kind": "lead", "order": id, "occurred_at": "2026-11-23T05:00:30Z"}));
        let answer = sites.send("POST", "/v1/events", Some(&world.write), Some(json!(events))).await;
        assert_eq!(answer.status, 202, "{id:.80?}: {}", String::from_utf8_lossy(&answer.body));
        let told = answer.json();
        let counts = ["accepted", "duplicates_in_request"].map(|name| told[name].as_u64().unwrap());
        let rejected = told["rejected"].as_array().unwrap().len();
        assert_eq!(usize::try_from(counts[0] + counts[1]).unwrap() + rejected, events.len(), "{id:.80?}");
    }
    world.pump().await;
    world.turn_to("2026-11-23T07:30:00Z");
    world.spy.stop();
    let named = named.lock().unwrap().clone();
    for kind in ["raw#", "claim#", "order#", "visitor#", "late#", "min#"] {
        assert!(named.iter().any(|partition| partition.starts_with(kind)), "{kind} was not tried");
    }
    for partition in &named {
        assert!(site_of(partition).is_none_or(|site| site == "shop"), "{partition}");
        // What a sender chose stands behind the site's id, alone, and holds no `#`; an order may, since it comes last.
        let parts = partition.split('#').count();
        let order = partition.starts_with("order#shop#lead#");
        assert!(order || parts <= if partition.starts_with("claim#") { 3 } else { 4 }, "{partition}");
    }
    assert_eq!(items(world, "other").await, before);
}

#[tokio::test]
async fn a_site_is_made_under_a_plain_id_or_not_at_all() {
    let sites = Sites::new().await;
    let named = listen(&sites.world);
    let mut made = BTreeSet::from(["shop".to_owned(), "other".to_owned()]);
    for id in ids().into_iter().chain(["Other", "other-2"].map(str::to_owned)) {
        let new = json!({"id": id, "name": "New", "time_zone": "UTC", "currency": "EUR"});
        let answer = sites.send("POST", "/v1/sites", Some(OPERATOR), Some(new)).await;
        hold(&answer, &format!("a site {id:.80?}"));
        let plain = !id.is_empty()
            && id.len() <= 32
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let expected = if id == "other" {
            409
        } else if plain {
            201
        } else {
            422
        };
        assert_eq!(answer.status, expected, "{id:.80?}: {}", String::from_utf8_lossy(&answer.body));
        if answer.status == 201 {
            made.insert(id);
        }
    }
    for partition in named.lock().unwrap().iter() {
        assert!(site_of(partition).is_none_or(|site| made.contains(site)), "{partition}");
    }
}
