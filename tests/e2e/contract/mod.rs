//! The contract: the document of all routes says what they do. Its examples are run, its answers and problems hold to
//! its schemas, its parameters and roles are those that the routes know, and the committed files are made of the code.

mod examples;
mod ordered;
mod page;
mod problems;
mod served;
mod strict;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use axum::http::header;
use serde_json::{Map, Value};

use crate::access_table::rows;
use crate::support::Answer;

/// Where the committed files are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/pages/contract");
/// Set to write them anew.
const RENEW: &str = "RECKON_RENEW";

/// The document as the code makes it.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::to_value(reckon::system::contract()).unwrap());
    &DOCUMENT
}

/// One operation of the document.
pub struct Operation {
    pub method: String,
    pub path: String,
    pub told: &'static Map<String, Value>,
}

/// Every operation of the document.
pub fn operations() -> Vec<Operation> {
    let paths = document()["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &'static Value)| {
        let path = path.clone();
        item.as_object().unwrap().iter().map(move |(method, told)| Operation {
            method: method.to_uppercase(),
            path: path.clone(),
            told: told.as_object().unwrap(),
        })
    };
    paths.iter().flat_map(of_path).collect()
}

impl Operation {
    /// The response of a status, where the document has one.
    fn response(&self, status: u16) -> Option<&'static Value> {
        let response = self.told["responses"].get(status.to_string())?;
        let Some(reference) = response["$ref"].as_str() else { return Some(response) };
        document().pointer(reference.strip_prefix('#').unwrap())
    }

    /// The roles that may call it; none where it needs no key.
    fn roles(&self) -> Vec<&'static str> {
        let ways = self.told["security"].as_array().unwrap().iter();
        let roles = ways.filter_map(|way| way["bearer"].as_array()).flatten();
        roles.map(|role| role.as_str().unwrap()).collect()
    }

    /// The names of its parameters that stand somewhere.
    pub fn parameters(&self, place: &str) -> BTreeSet<&'static str> {
        let all = self.told.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let here = all.filter(|parameter| parameter["in"] == place);
        here.map(|parameter| parameter["name"].as_str().unwrap()).collect()
    }

    /// The schema of its body, where it has one, and the example.
    fn body(&self) -> Option<(&'static Value, &'static Value)> {
        let content = &self.told.get("requestBody")?["content"]["application/json"];
        Some((&content["schema"], &content["example"]))
    }
}

/// Holds an answer to what the document says of its route: the status is listed, the body is as described.
pub fn hold(method: &str, path: &str, answer: &Answer, place: &str) {
    let all = operations();
    // What answers HEAD without describing it does so as GET would.
    let described =
        |method| all.iter().find(|operation| operation.method == method && operation.path == path);
    let operation = described(method).or_else(|| described("GET").filter(|_| method == "HEAD"));
    let operation = operation.unwrap_or_else(|| panic!("{place}: the document has no {method} {path}"));
    let status = answer.status;
    let response = operation.response(status);
    let response = response.unwrap_or_else(|| panic!("{place}: the document does not list {status}"));
    let content = response.get("content").and_then(Value::as_object);
    let Some(content) = content.filter(|_| method != "HEAD") else {
        return assert!(answer.body.is_empty(), "{place}: the document knows of no body for {status}");
    };
    let kind = answer.headers[header::CONTENT_TYPE].to_str().unwrap().split(';').next().unwrap();
    let schema = content.get(kind).unwrap_or_else(|| panic!("{place}: {status} is never {kind}"));
    // The document itself is no answer that it could describe.
    if ["application/json", "application/problem+json"].contains(&kind) && path != "/v1/openapi.json" {
        let faults = strict::faults(&schema["schema"], document(), &answer.json());
        assert!(faults.is_empty(), "{place}: {status} is not as described: {faults:#?}");
    }
}

#[test]
fn every_operation_says_what_a_reader_asks_first() {
    let mut ids = BTreeSet::new();
    let tags: BTreeSet<&str> =
        document()["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    for operation in operations() {
        let place = format!("{} {}", operation.method, operation.path);
        assert!(ids.insert(operation.told["operationId"].as_str().unwrap()), "{place}: an id of its own");
        assert!(operation.told["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place}");
        assert!(tags.contains(operation.told["tags"][0].as_str().unwrap()), "{place}");
        assert_eq!(operation.told["tags"].as_array().unwrap().len(), 1, "{place}");
        for parameter in operation.told.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            assert!(
                parameter["description"].as_str().is_some_and(|text| text.len() > 5),
                "{place}: {parameter}"
            );
            assert!(parameter["schema"].is_object(), "{place}: {parameter}");
        }
        if let Some((schema, example)) = operation.body() {
            let faults = strict::faults(schema, document(), example);
            assert!(faults.is_empty(), "{place}: its own example: {faults:#?}");
        }
        let named: BTreeSet<String> = operation
            .path
            .split('/')
            .filter_map(|part| Some(part.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
            .collect();
        let told: BTreeSet<String> = operation.parameters("path").into_iter().map(str::to_owned).collect();
        assert_eq!(told, named, "{place}");
    }
}

#[test]
fn the_roles_are_those_of_the_table_of_who_may_do_what() {
    let columns = ["publish", "write", "read", "admin", "operator"];
    let mut allowed: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for row in rows().skip(1).filter(|row| row[2] != "other") {
        let may = columns.iter().zip(&row[4..9]).filter(|(_, status)| !["401", "403"].contains(status));
        // What is open without a key and with any needs none.
        let open = row[3] != "401" && !row[4..8].contains(&"403");
        let may = may.map(|(role, _)| *role).filter(|_| !open).collect();
        allowed.insert((row[0], row[1]), may);
    }
    for operation in operations().iter().filter(|operation| !operation.path.contains("{key}")) {
        let table = &allowed[&(operation.method.as_str(), operation.path.as_str())];
        assert_eq!(&operation.roles(), table, "{} {}", operation.method, operation.path);
    }
}

#[test]
fn every_schema_that_is_referred_to_is_there_and_none_is_there_for_nothing() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    references(document(), &mut found);
    for reference in &found {
        assert!(document().pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference} is nowhere");
    }
    for name in document()["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(&format!("#/components/schemas/{name}")), "nothing refers to {name}");
    }
}

#[tokio::test]
async fn the_committed_contract_is_what_the_code_and_its_answers_say() {
    let (api, answers) = examples::with_answers().await;
    let text = api.to_pretty_json().unwrap() + "\n";
    let page = page::render(&ordered::Ordered::parse(&text), &answers);
    let renew = std::env::var_os(RENEW).is_some();
    for (name, made) in [("openapi.json", text), ("docs.html", page)] {
        let file = Path::new(FOLDER).join(name);
        if renew {
            std::fs::write(&file, &made).unwrap();
        }
        let committed = std::fs::read_to_string(&file).unwrap_or_default();
        let line = committed.lines().zip(made.lines()).position(|(one, other)| one != other);
        assert!(
            committed == made,
            "functions/pages/contract/{name} is old from line {:?} on. Renew it with\n    \
             {RENEW}=1 cargo test -p e2e --test e2e contract\nand commit it.",
            line.map(|line| line + 1)
        );
    }
}
