//! The examples of the document, run in order against a fresh system; what is answered becomes the example of an answer.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Request, header};
use regex::Regex;
use serde_json::Value;
use utoipa::openapi::{OpenApi, RefOr};

use super::ordered::Ordered;
use super::{Operation, hold, operations};
use crate::support::{Answer, OPERATOR, World};

/// When the examples happen.
const NOW: &str = "2026-11-23T05:00:30Z";

/// The answers of operations, by method and path.
pub type Answers = BTreeMap<(String, String), Ordered>;

/// What of an answer is another each time, and what it is written as.
struct Fixed {
    ids: Regex,
    secrets: Regex,
    digests: Regex,
    known: Vec<String>,
}

impl Fixed {
    fn new() -> Self {
        Self {
            ids: Regex::new(r"\b((?:g|k|rb)_|c_)([0-9a-z]{26}|[A-Za-z0-9_-]{20,})\b").unwrap(),
            secrets: Regex::new(r#"(rk_[a-z]+_|"postback_secret":")[A-Za-z0-9_-]{20,}"#).unwrap(),
            digests: Regex::new(r#"("fingerprint":"|"order-)([0-9a-f]{64}|[0-9a-f]{16})\b"#).unwrap(),
            known: Vec::new(),
        }
    }

    fn write(&mut self, text: &str) -> String {
        let known = &mut self.known;
        let text = self.ids.replace_all(text, |found: &regex::Captures<'_>| {
            let place = known.iter().position(|id| *id == found[0]).unwrap_or_else(|| {
                known.push(found[0].to_owned());
                known.len() - 1
            });
            let begun = if &found[1] == "c_" { "Mjk5MjA4OTAjb3JkZXIt" } else { "01kaqd5w2h" };
            format!("{}{begun}{:016}", &found[1], place + 1)
        });
        let text = self.secrets.replace_all(&text, "${1}EXAMPLE0EXAMPLE0EXAMPLE0EXAMPLE0");
        let digest = |found: &regex::Captures<'_>| {
            format!("{}{}", &found[1], "0123456789abcdef".repeat(found[2].len() / 16))
        };
        self.digests.replace_all(&text, digest).into_owned()
    }
}

/// When an operation's turn is: what is sent, what is made, what is read, what is changed, what is deleted.
fn turn(operation: &Operation) -> u8 {
    match (operation.method.as_str(), operation.path.as_str()) {
        ("POST", "/v1/events") => 0,
        ("POST", "/v1/reconcile" | "/v1/channel-rules/preview") => 2,
        ("POST", _) => 1,
        ("PUT" | "PATCH", _) => 3,
        ("DELETE", _) => 4,
        _ => 2,
    }
}

/// The path of an operation's example, its things filled in.
fn path_of(operation: &Operation, world: &World, made: &BTreeMap<String, String>) -> String {
    let path = &operation.path;
    let thing = path.split('/').nth(2).unwrap_or_default();
    let id = match thing {
        _ if path.starts_with("/r/") => "spring".to_owned(),
        "sites" => world.site.as_str().to_owned(),
        "links" => "spring".to_owned(),
        _ => made.get(&format!("/v1/{thing}")).cloned().unwrap_or_default(),
    };
    path.replace("{id}", &id)
        .replace("{key}", &world.publish)
        .replace("{name}", &pages::ASSETS[0].0)
        .replace("{channel}/{campaign}/{date}", "email/spring/2026-11-22")
}

/// The query of an operation's example: every parameter that has one.
fn query_of(operation: &Operation) -> String {
    let all = operation.told.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for parameter in all.filter(|parameter| parameter["in"] == "query") {
        let text = match &parameter["example"] {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Array(values) => {
                values.iter().map(|value| value.as_str().unwrap()).collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        };
        query.append_pair(parameter["name"].as_str().unwrap(), &text);
    }
    query.finish()
}

/// The key that an operation's example is sent with: of the roles that may, the one that is meant for programs.
pub fn key_of<'a>(operation: &Operation, world: &'a World) -> Option<&'a str> {
    let roles = operation.roles();
    let keys = [
        ("write", world.write.as_str()),
        ("read", world.read.as_str()),
        ("publish", world.publish.as_str()),
        ("admin", world.admin.as_str()),
        ("operator", OPERATOR),
    ];
    keys.into_iter().find(|(role, _)| roles.contains(role)).map(|(_, key)| key)
}

/// Sends a request as a page of the site or a server would.
pub async fn send(world: &World, method: &str, uri: &str, key: Option<&str>, body: Option<&Value>) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(uri)
        .header(header::ORIGIN, "https://shop.example")
        .header(header::USER_AGENT, crate::support::BROWSER)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    world.send(request.body(body).unwrap()).await
}

/// Runs every example, holds every answer to the document, and answers the document with them.
pub async fn with_answers() -> (OpenApi, Answers) {
    let world = World::new(NOW).await;
    let mut api = reckon::system::contract();
    let mut all = operations();
    all.sort_by_key(turn);
    let (mut made, mut fixed, mut answers) = (BTreeMap::new(), Fixed::new(), Answers::new());
    for operation in &all {
        let (method, path) = (operation.method.as_str(), operation.path.as_str());
        if turn(operation) == 2 {
            world.pump().await;
        }
        let query = query_of(operation);
        let uri = path_of(operation, &world, &made) + if query.is_empty() { "" } else { "?" } + &query;
        let body = operation.body().map(|(_, example)| example);
        let answer = send(&world, method, &uri, key_of(operation, &world), body).await;
        let place = format!("the example of {method} {path}");
        assert!(answer.status < 400, "{place}: {}", String::from_utf8_lossy(&answer.body));
        hold(method, path, &answer, &place);
        if path == "/v1/events" && method == "POST" {
            assert_eq!(answer.json()["rejected"], serde_json::json!([]), "{place}");
        }
        let json = answer.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
        if !json || path == "/v1/openapi.json" || method == "HEAD" {
            continue;
        }
        if let Some(id) = answer.json().get("id").and_then(Value::as_str).filter(|_| method == "POST") {
            made.insert(path.to_owned(), id.to_owned());
        }
        if path == "/v1/conversions" {
            let oldest = answer.json()["conversions"].as_array().unwrap().last().unwrap()["id"].clone();
            made.insert(path.to_owned(), oldest.as_str().unwrap().to_owned());
        }
        let mut told = Ordered::parse(&fixed.write(&String::from_utf8(answer.body).unwrap()));
        told.sort("keys", &["role", "name"]);
        keep(&mut api, operation, answer.status, &told);
        answers.insert((method.to_owned(), path.to_owned()), told);
    }
    (api, answers)
}

/// Writes an answer into the document, as the example of its status.
fn keep(api: &mut OpenApi, operation: &Operation, status: u16, told: &Ordered) {
    let item = api.paths.paths.get_mut(&operation.path).unwrap();
    let operation = match operation.method.as_str() {
        "GET" => &mut item.get,
        "POST" => &mut item.post,
        "PUT" => &mut item.put,
        "PATCH" => &mut item.patch,
        "DELETE" => &mut item.delete,
        other => panic!("{other} answers no JSON"),
    };
    let responses = &mut operation.as_mut().unwrap().responses.responses;
    let Some(RefOr::T(response)) = responses.get_mut(&status.to_string()) else { panic!("{status}") };
    let content = response.content.get_mut("application/json").unwrap();
    content.example = Some(serde_json::from_str(&told.to_string()).unwrap());
}

#[tokio::test]
async fn what_can_be_asked_beside_the_examples_is_answered_as_described_as_well() {
    let world = World::new(NOW).await;
    let days = "from=2026-11-01&to=2026-11-23";
    for operation in operations().iter().filter(|operation| turn(operation) < 2) {
        let body = operation.body().map(|(_, example)| example);
        let uri = path_of(operation, &world, &BTreeMap::new());
        send(&world, &operation.method, &uri, key_of(operation, &world), body).await;
    }
    world.pump().await;
    let event = serde_json::json!([
        {"kind": "sale", "value": 1, "user_agent": "Googlebot"},
        {"kind": "nonsense"},
        {"kind": "refund", "id": "r-1", "order": "A-1001", "value": 5}
    ]);
    let spend = serde_json::json!({"entries": [
        {"channel": "email", "campaign": "brand", "date": "2026-11-22", "source": "google", "spend": 48.1},
        {"channel": "email", "campaign": "winter", "date": "2026-11-21", "source": "google", "spend": "5"},
        {"channel": "fax", "date": "2026-11-22", "spend": "1"}
    ]});
    let rules = serde_json::json!({"version": 0, "from": "2020-01-01", "to": "2021-01-01", "rules": [{
        "channel": "sms",
        "when": [{"source": {"is": ["", "crm"]}, "click_id": "gclid"}, {"medium": {"contains": "sms"}}]
    }]});
    let mut saved = rules.clone();
    saved.as_object_mut().unwrap().retain(|name, _| name == "rules");
    // Past the moment that reports are asked as of.
    world.turn_to("2026-11-23T05:01:30Z");
    for (method, path, query, body) in [
        ("POST", "/v1/spend", "validate_only=true", Some(&spend)),
        ("POST", "/v1/spend", "", Some(&spend)),
        ("POST", "/v1/channel-rules/preview", "", Some(&rules)),
        ("PUT", "/v1/channel-rules", "", Some(&saved)),
        ("GET", "/v1/channel-rules", "version=0", None),
        ("GET", "/v1/channel-rules", "format=csv", None),
        ("POST", "/v1/events", "validate_only=true", Some(&event)),
        ("POST", "/v1/events", "", Some(&event)),
        (
            "POST",
            "/v1/identify",
            "",
            Some(&serde_json::json!({"anonymousId": "v-99", "userId": "c-99", "messageId": "m-99"})),
        ),
        ("GET", "/v1/reports/summary", "compare=previous", None),
        ("GET", "/v1/reports/summary", "compare=year&align=full&channel=email&channel=sms", None),
        ("GET", "/v1/reports/channels", "compare=previous&rank_by=clicks", None),
        ("GET", "/v1/reports/timeseries", "interval=hour&by=channel&compare=previous&from=2026-11-20", None),
        ("GET", "/v1/reports/timeseries", "interval=month&by=source,medium", None),
        ("GET", "/v1/reports/breakdown", "by=channel,campaign&compare=previous&sort=-clicks&limit=1", None),
        ("GET", "/v1/reports/attribution", "by=campaign&models=first,last,markov,time_decay", None),
        ("GET", "/v1/reports/cohorts", "by=channel", None),
        ("GET", "/v1/reports/clv", "by=channel&horizon_days=90", None),
        ("GET", "/v1/conversions", "order=A-1001", None),
        ("GET", "/v1/conversions", "limit=1&kind=sale", None),
        ("GET", "/v1/conversions", "format=csv", None),
        ("GET", "/v1/reports/breakdown", "by=channel&format=ndjson&metrics=sales,roas", None),
        ("GET", "/v1/reports/timeseries", "format=svg", None),
        ("GET", "/v1/reports/summary", "metrics=clicks,sales&as_of=2026-11-23T05:01:00Z", None),
        ("GET", "/v1/reports/attribution", "as_of=2026-11-23T05:01:00Z", None),
        ("GET", "/v1/restatements", "by=channel&since=2026-11-01T00:00:00Z", None),
        ("GET", "/v1/reconcile", "from=2026-11-20&to=2026-11-23&limit=1", None),
        ("GET", "/v1/links", "archived=true&limit=1", None),
        ("GET", "/v1/goals/progress", "on=2026-11-20&limit=1", None),
    ] {
        let all = operations();
        let operation = all.iter().find(|one| one.method == method && one.path == path).unwrap();
        let dated = operation.parameters("query").contains("to") && !query.contains("from=");
        let dated = dated && operation.parameters("query").contains("from");
        let uri = format!("{path}?{query}{}{}", if dated { "&" } else { "" }, if dated { days } else { "" });
        let answer = send(&world, method, &uri, key_of(operation, &world), body).await;
        assert!(answer.status < 300, "{uri}: {}", String::from_utf8_lossy(&answer.body));
        hold(method, path, &answer, &uri);
        world.pump().await;
    }
}
