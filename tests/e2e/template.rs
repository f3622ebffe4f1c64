//! What is deployed, read off `template.yaml`: names, rights, routes, the stream, the table.
//!
//! Each rule is a function that lists what breaks it. One test holds the template to all rules; another
//! breaks the template in the ways that the rules are there for, and holds each rule to noticing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

use crate::contract::operations;

/// What each function may do to the table: the verbs that it calls, and no other.
pub const VERBS: &[(&str, &[&str])] = &[
    ("collect", &["GetItem", "PutItem", "Query"]),
    ("aggregate", &["GetItem", "PutItem", "Query"]),
    ("seal", &["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"]),
    ("report", &["GetItem", "Query"]),
    ("credit", &["GetItem", "Query"]),
    ("goals", &["DeleteItem", "GetItem", "PutItem", "Query"]),
    ("manage", &["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"]),
    ("pages", &[]),
    ("audit", &["GetItem", "Query"]),
];

/// What Lambda needs in a function's name to read a stream.
const STREAM_VERBS: [&str; 4] = ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

/// Every route, with the function that serves it.
const ROUTES: &[(&str, &str, &str)] = &[
    ("collect", "POST", "/v1/events"),
    ("collect", "OPTIONS", "/v1/events"),
    ("collect", "GET", "/v1/pixel.gif"),
    ("collect", "GET", "/v1/postback"),
    ("collect", "POST", "/v1/postback"),
    ("collect", "PATCH", "/v1/conversions/{id}"),
    ("collect", "GET", "/r/{id}"),
    ("collect", "HEAD", "/r/{id}"),
    ("collect", "POST", "/v1/track"),
    ("collect", "OPTIONS", "/v1/track"),
    ("collect", "POST", "/v1/page"),
    ("collect", "OPTIONS", "/v1/page"),
    ("collect", "POST", "/v1/screen"),
    ("collect", "OPTIONS", "/v1/screen"),
    ("collect", "POST", "/v1/identify"),
    ("collect", "OPTIONS", "/v1/identify"),
    ("collect", "POST", "/v1/group"),
    ("collect", "OPTIONS", "/v1/group"),
    ("collect", "POST", "/v1/alias"),
    ("collect", "OPTIONS", "/v1/alias"),
    ("collect", "POST", "/v1/batch"),
    ("collect", "OPTIONS", "/v1/batch"),
    ("collect", "POST", "/api/event"),
    ("collect", "OPTIONS", "/api/event"),
    ("collect", "POST", "/k/{key}/api/event"),
    ("collect", "OPTIONS", "/k/{key}/api/event"),
    ("report", "GET", "/v1/reports/summary"),
    ("report", "HEAD", "/v1/reports/summary"),
    ("report", "GET", "/v1/reports/channels"),
    ("report", "HEAD", "/v1/reports/channels"),
    ("report", "GET", "/v1/reports/timeseries"),
    ("report", "HEAD", "/v1/reports/timeseries"),
    ("report", "GET", "/v1/reports/breakdown"),
    ("report", "HEAD", "/v1/reports/breakdown"),
    ("credit", "GET", "/v1/reports/attribution"),
    ("credit", "HEAD", "/v1/reports/attribution"),
    ("credit", "GET", "/v1/reports/cohorts"),
    ("credit", "HEAD", "/v1/reports/cohorts"),
    ("credit", "GET", "/v1/reports/clv"),
    ("credit", "HEAD", "/v1/reports/clv"),
    ("credit", "GET", "/v1/conversions"),
    ("credit", "HEAD", "/v1/conversions"),
    ("credit", "GET", "/v1/conversions/{id}/explain"),
    ("report", "GET", "/v1/restatements"),
    ("report", "HEAD", "/v1/restatements"),
    ("report", "GET", "/v1/metadata"),
    ("report", "HEAD", "/v1/metadata"),
    ("goals", "GET", "/v1/goals"),
    ("goals", "GET", "/v1/goals/progress"),
    ("goals", "HEAD", "/v1/goals/progress"),
    ("goals", "HEAD", "/v1/goals"),
    ("goals", "POST", "/v1/goals"),
    ("goals", "GET", "/v1/goals/{id}"),
    ("goals", "PUT", "/v1/goals/{id}"),
    ("goals", "DELETE", "/v1/goals/{id}"),
    ("goals", "GET", "/v1/goals/{id}/progress"),
    ("goals", "HEAD", "/v1/goals/{id}/progress"),
    ("manage", "POST", "/v1/sites"),
    ("manage", "GET", "/v1/sites/{id}"),
    ("manage", "PATCH", "/v1/sites/{id}"),
    ("manage", "GET", "/v1/keys"),
    ("manage", "HEAD", "/v1/keys"),
    ("manage", "POST", "/v1/keys"),
    ("manage", "DELETE", "/v1/keys/{id}"),
    ("manage", "GET", "/v1/links"),
    ("manage", "HEAD", "/v1/links"),
    ("manage", "POST", "/v1/links"),
    ("manage", "GET", "/v1/links/{id}"),
    ("manage", "PATCH", "/v1/links/{id}"),
    ("manage", "GET", "/v1/channel-rules"),
    ("manage", "HEAD", "/v1/channel-rules"),
    ("manage", "PUT", "/v1/channel-rules"),
    ("manage", "POST", "/v1/channel-rules/preview"),
    ("manage", "POST", "/v1/rebuild"),
    ("manage", "GET", "/v1/rebuild/{id}"),
    ("manage", "POST", "/v1/spend"),
    ("manage", "GET", "/v1/spend/{channel}/{campaign}/{date}"),
    ("manage", "PUT", "/v1/spend/{channel}/{campaign}/{date}"),
    ("manage", "DELETE", "/v1/spend/{channel}/{campaign}/{date}"),
    ("manage", "GET", "/v1/status"),
    ("pages", "GET", "/"),
    ("pages", "HEAD", "/"),
    ("pages", "GET", "/assets/{name}"),
    ("pages", "HEAD", "/assets/{name}"),
    ("pages", "GET", "/docs"),
    ("pages", "HEAD", "/docs"),
    ("pages", "GET", "/v1/openapi.json"),
    ("pages", "HEAD", "/v1/openapi.json"),
    ("pages", "GET", "/v1/reckon.js"),
    ("pages", "HEAD", "/v1/reckon.js"),
    ("audit", "GET", "/v1/reconcile"),
    ("audit", "HEAD", "/v1/reconcile"),
    ("audit", "POST", "/v1/reconcile"),
];

/// The variables of every function, and those of some.
const VARIABLES: [&str; 3] = ["RECKON_LOG", "RECKON_TABLE", "RECKON_TABLE_ENDPOINT"];
const MORE_VARIABLES: &[(&str, &[&str])] = &[
    ("collect", &["RECKON_RETENTION_DAYS"]),
    ("aggregate", &[]),
    ("seal", &["RECKON_RETENTION_DAYS"]),
    ("report", &[]),
    ("credit", &[]),
    ("goals", &[]),
    ("manage", &["RECKON_OPERATOR_KEY_SHA256", "RECKON_RETENTION_DAYS", "RECKON_STREAM_WINDOW_SECONDS"]),
    ("pages", &[]),
    ("audit", &[]),
];

/// Names that CloudFormation knows by itself.
const PSEUDO_PARAMETERS: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// A rule: what of the template breaks it, in sentences.
type Rule = fn(&Value) -> Vec<String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn source() -> String {
    std::fs::read_to_string(root().join("template.yaml")).unwrap()
}

/// The template as JSON, its short forms (`!Ref X`) written out (`{"Ref": "X"}`).
fn parse(source: &str) -> Value {
    let documents = Yaml::load_from_str(source).unwrap();
    assert_eq!(documents.len(), 1, "a template is one document");
    json_of(&documents[0])
}

fn json_of(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(truth)) => json!(truth),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(values) => values.iter().map(json_of).collect(),
        Yaml::Mapping(pairs) => {
            let name = |key: &Yaml<'_>| key.as_str().expect("every name is a text").to_owned();
            Value::Object(pairs.iter().map(|(key, value)| (name(key), json_of(value))).collect())
        }
        Yaml::Tagged(tag, value) => {
            let value = json_of(value);
            let (name, value) = match tag.suffix.as_str() {
                name @ ("Ref" | "Condition") => (name.to_owned(), value),
                "GetAtt" => {
                    let path = value.as_str().expect("!GetAtt is written with a dot");
                    let (resource, attribute) = path.split_once('.').expect("!GetAtt names an attribute");
                    ("Fn::GetAtt".to_owned(), json!([resource, attribute]))
                }
                name => (format!("Fn::{name}"), value),
            };
            Value::Object(Map::from_iter([(name, value)]))
        }
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            panic!("CloudFormation does not read {yaml:?}")
        }
    }
}

fn get_att(resource: &str, attribute: &str) -> Value {
    json!({"Fn::GetAtt": [resource, attribute]})
}

fn object(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn names(section: &Value) -> BTreeSet<&str> {
    object(section).map(|(name, _)| name).collect()
}

fn of_type<'a>(template: &'a Value, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    object(&template["Resources"]).filter(|(_, resource)| resource["Type"] == *kind).collect()
}

/// The functions by the names of their folders.
fn functions(template: &Value) -> BTreeMap<String, &Value> {
    let functions = of_type(template, "AWS::Serverless::Function").into_iter();
    functions.map(|(name, resource)| (name.to_lowercase(), resource)).collect()
}

/// A property of a function, its own or that of all.
fn property<'a>(template: &'a Value, function: &'a Value, name: &str) -> &'a Value {
    let own = &function["Properties"][name];
    if own.is_null() { &template["Globals"]["Function"][name] } else { own }
}

/// The routes of the template: function, method, path.
pub fn template_routes() -> BTreeSet<(String, String, String)> {
    routes_of(&parse(&source()))
}

fn routes_of(template: &Value) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut routes = BTreeSet::new();
    for (function, resource) in functions(template) {
        for (_, event) in object(&resource["Properties"]["Events"]) {
            if event["Type"] == "HttpApi" {
                let route = &event["Properties"];
                routes.insert((function.clone(), text(&route["Method"]), text(&route["Path"])));
            }
        }
    }
    routes
}

/// Something that a value names: a parameter, a resource or a condition.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mention {
    Name(String),
    Resource(String),
    Condition(String),
}

/// Everything that a value names, however deep.
fn mentions(value: &Value, found: &mut BTreeSet<Mention>) {
    for element in list(value) {
        mentions(element, found);
    }
    for (name, inner) in object(value) {
        match (name, inner) {
            ("Ref", Value::String(target)) => {
                found.insert(Mention::Name(target.clone()));
            }
            ("Condition", Value::String(condition)) => {
                found.insert(Mention::Condition(condition.clone()));
            }
            ("DependsOn", _) => {
                let targets = inner.as_str().into_iter().chain(list(inner).iter().filter_map(Value::as_str));
                found.extend(targets.map(|target| Mention::Resource(target.to_owned())));
            }
            ("Fn::GetAtt", _) => {
                found.insert(Mention::Resource(inner[0].as_str().unwrap_or_default().to_owned()));
            }
            ("Fn::Sub", _) => {
                let text = inner.as_str().or_else(|| inner[0].as_str()).unwrap_or_default();
                let own = names(&inner[1]);
                for part in text.split("${").skip(1) {
                    let name = part.split('}').next().unwrap_or_default();
                    if name.starts_with('!') || own.contains(name) {
                        continue;
                    }
                    found.insert(match name.split_once('.') {
                        Some((resource, _)) => Mention::Resource(resource.to_owned()),
                        None => Mention::Name(name.to_owned()),
                    });
                }
                mentions(&inner[1], found);
            }
            ("Fn::If", _) => {
                found.insert(Mention::Condition(inner[0].as_str().unwrap_or_default().to_owned()));
                mentions(inner, found);
            }
            _ => mentions(inner, found),
        }
    }
}

fn mentions_of(template: &Value) -> BTreeSet<Mention> {
    let mut found = BTreeSet::new();
    mentions(template, &mut found);
    found
}

fn every_name_exists(template: &Value) -> Vec<String> {
    let (parameters, resources) = (names(&template["Parameters"]), names(&template["Resources"]));
    let conditions = names(&template["Conditions"]);
    let exists = |mention: &Mention| match mention {
        Mention::Name(name) => {
            let name = name.as_str();
            parameters.contains(name) || resources.contains(name) || PSEUDO_PARAMETERS.contains(&name)
        }
        Mention::Resource(name) => resources.contains(name.as_str()),
        Mention::Condition(name) => conditions.contains(name.as_str()),
    };
    let unknown = mentions_of(template).into_iter().filter(|mention| !exists(mention));
    unknown.map(|mention| format!("{mention:?} is nowhere")).collect()
}

fn nothing_is_there_for_nothing(template: &Value) -> Vec<String> {
    let found = mentions_of(template);
    let unused_parameters = names(&template["Parameters"])
        .into_iter()
        .filter(|name| !found.contains(&Mention::Name((*name).to_owned())));
    let unused_conditions = names(&template["Conditions"])
        .into_iter()
        .filter(|name| !found.contains(&Mention::Condition((*name).to_owned())));
    unused_parameters.chain(unused_conditions).map(|name| format!("{name} is not used")).collect()
}

fn all_run_on_amazon_linux_and_the_chosen_processor(template: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (function, resource) in functions(template) {
        for (name, expected) in [
            ("Runtime", json!("provided.al2023")),
            ("Handler", json!("bootstrap")),
            ("Architectures", json!([{"Ref": "Architecture"}])),
        ] {
            let actual = property(template, resource, name);
            if *actual != expected {
                faults.push(format!("{function} has the {name} {actual}"));
            }
        }
    }
    let architecture = &template["Parameters"]["Architecture"];
    if architecture["Default"] != "arm64" || architecture["AllowedValues"] != json!(["arm64", "x86_64"]) {
        faults.push(
            "the architecture is not arm64 by default, or something else than x86_64 besides".to_owned(),
        );
    }
    faults
}

fn rights_are_the_verbs_that_are_called(template: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut roles = BTreeSet::new();
    for (function, resource) in functions(template) {
        let properties = &resource["Properties"];
        let Some(role_name) = properties["Role"]["Fn::GetAtt"][0].as_str() else {
            faults.push(format!("{function} has no role of its own"));
            continue;
        };
        if !roles.insert(role_name) || !properties["Policies"].is_null() {
            faults.push(format!("{function} has rights beside its role, or another function's"));
        }
        let role = &template["Resources"][role_name]["Properties"];
        let known = [
            "AssumeRolePolicyDocument",
            "Description",
            "PermissionsBoundary",
            "Policies",
            "RoleName",
            "Tags",
        ];
        let unknown = names(role).into_iter().filter(|name| !known.contains(name));
        faults.extend(unknown.map(|name| format!("{role_name} has {name}")));

        let granted = grants(role, &mut faults);
        let expected = expected_grants(&function, &properties["LoggingConfig"]["LogGroup"]["Ref"]);
        faults.extend(granted.difference(&expected).map(|more| format!("{function} may {more:?}")));
        faults.extend(expected.difference(&granted).map(|less| format!("{function} may not {less:?}")));
    }
    // Rights could be given from outside a role as well.
    for (name, resource) in object(&template["Resources"]) {
        let kind = resource["Type"].as_str().unwrap_or_default();
        if kind.starts_with("AWS::IAM::") && !roles.contains(name) {
            faults.push(format!("{name} gives rights to no function of ours"));
        }
    }
    faults
}

/// The pairs of action and resource that a role allows.
fn grants(role: &Value, faults: &mut Vec<String>) -> BTreeSet<(String, String)> {
    let mut granted = BTreeSet::new();
    for statement in
        list(&role["Policies"]).iter().flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]))
    {
        if names(statement) != BTreeSet::from(["Action", "Effect", "Resource"])
            || statement["Effect"] != "Allow"
        {
            faults.push(format!("this is no plain permission: {statement}"));
        }
        let actions = statement["Action"].as_str().into_iter();
        for action in actions.chain(list(&statement["Action"]).iter().filter_map(Value::as_str)) {
            granted.insert((action.to_owned(), statement["Resource"].to_string()));
        }
    }
    granted
}

fn expected_grants(function: &str, log_group: &Value) -> BTreeSet<(String, String)> {
    let mut expected = BTreeSet::new();
    let mut allow = |service: &str, verbs: &[&str], resource: Value| {
        expected.extend(verbs.iter().map(|verb| (format!("{service}:{verb}"), resource.to_string())));
    };
    let verbs = VERBS.iter().find(|(name, _)| *name == function).map_or(&[][..], |(_, verbs)| *verbs);
    allow("dynamodb", verbs, get_att("Table", "Arn"));
    allow(
        "logs",
        &["CreateLogStream", "PutLogEvents"],
        get_att(log_group.as_str().unwrap_or("a log group of its own"), "Arn"),
    );
    if function == "aggregate" {
        allow("dynamodb", &STREAM_VERBS, get_att("Table", "StreamArn"));
        allow("sqs", &["SendMessage"], get_att("OnFailureQueue", "Arn"));
    }
    expected
}

fn routes_are_those_of_the_table(template: &Value) -> Vec<String> {
    let expected: BTreeSet<_> = ROUTES
        .iter()
        .map(|(function, method, path)| ((*function).to_owned(), (*method).to_owned(), (*path).to_owned()))
        .collect();
    let actual = routes_of(template);
    let mut faults: Vec<_> =
        actual.symmetric_difference(&expected).map(|route| format!("{route:?}")).collect();
    for (function, resource) in functions(template) {
        for (name, event) in object(&resource["Properties"]["Events"]) {
            let properties = &event["Properties"];
            match event["Type"].as_str().unwrap_or_default() {
                "HttpApi" if properties["ApiId"] == json!({"Ref": "Api"}) => {}
                "DynamoDB" if function == "aggregate" => {}
                "Schedule" if function == "seal" => {}
                kind => {
                    faults.push(format!("{function} has an event {name} of another kind, {kind}"));
                }
            }
        }
    }
    let api = &template["Resources"]["Api"]["Properties"];
    if api["StageName"] != "$default" || api["FailOnWarnings"] != true || !api["CorsConfiguration"].is_null()
    {
        faults.push("the API has a named stage, passes over warnings, or answers preflights".to_owned());
    }
    faults
}

fn functions_are_the_folders(template: &Value) -> Vec<String> {
    let folders: BTreeSet<String> = std::fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let functions = functions(template);
    let deployed: BTreeSet<String> = functions.keys().cloned().collect();
    let mut faults: Vec<_> =
        folders.symmetric_difference(&deployed).map(|name| format!("{name} is only in one")).collect();
    for (function, resource) in functions {
        if resource["Properties"]["CodeUri"] != format!("functions/{function}/")
            || resource["Metadata"]["BuildMethod"] != "rust-cargolambda"
            || resource["Metadata"]["BuildProperties"]["Binary"] != *function
        {
            faults.push(format!("{function} is not built from its folder"));
        }
    }
    faults
}

fn the_stream_wakes_aggregate(template: &Value) -> Vec<String> {
    let mapping = &template["Resources"]["Aggregate"]["Properties"]["Events"]["NewBatches"]["Properties"];
    let filters = list(&mapping["FilterCriteria"]["Filters"]);
    let pattern = |filter: &Value| {
        filter["Pattern"]
            .as_str()
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .unwrap_or_default()
    };
    let expected =
        json!({"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "raw#"}]}}}});
    let between = |value: &Value, least: i64, most: i64| {
        value.as_i64().is_some_and(|number| (least..=most).contains(&number))
    };
    let window = &template["Parameters"]["StreamWindowSeconds"];
    let rules = [
        (
            template["Resources"]["Table"]["Properties"]["StreamSpecification"]
                == json!({"StreamViewType": "KEYS_ONLY"}),
            "the stream carries more than keys",
        ),
        (mapping["Stream"] == get_att("Table", "StreamArn"), "aggregate does not read the table's stream"),
        // Filters beside each other would each let records pass.
        (filters.len() == 1 && pattern(&filters[0]) == expected, "not just inserts of raw# pass the filter"),
        (
            mapping["StartingPosition"] == "TRIM_HORIZON",
            "what comes before the mapping is ready is passed over",
        ),
        (
            mapping["FunctionResponseTypes"] == json!(["ReportBatchItemFailures"]),
            "a batch is counted again from its beginning",
        ),
        (mapping["BisectBatchOnFunctionError"] == true, "a crash is not narrowed down"),
        (between(&mapping["MaximumRetryAttempts"], 1, 100), "retries are endless, or none"),
        (
            between(&mapping["MaximumRecordAgeInSeconds"], 60, 86_400),
            "a record is kept trying until it is trimmed",
        ),
        (
            mapping["DestinationConfig"]["OnFailure"]["Destination"] == get_att("OnFailureQueue", "Arn"),
            "nobody hears of what is given up",
        ),
        (
            template["Resources"]["OnFailureQueue"]["Properties"]["SqsManagedSseEnabled"] == true,
            "the queue is not encrypted",
        ),
        (
            mapping["BatchSize"] == reckon::stream::BATCH,
            "a stream batch is not what the local program delivers",
        ),
        (
            mapping["MaximumBatchingWindowInSeconds"] == json!({"Ref": "StreamWindowSeconds"})
                && (&window["Default"], &window["MinValue"], &window["MaxValue"])
                    == (&json!(10), &json!(1), &json!(300)),
            "the window is not the parameter, of 1 to 300 seconds",
        ),
    ];
    broken(&rules)
}

fn the_table_keeps_what_it_is_given(template: &Value) -> Vec<String> {
    let resource = &template["Resources"]["Table"];
    let table = &resource["Properties"];
    let key = json!([
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]);
    let rules = [
        (of_type(template, "AWS::DynamoDB::Table").len() == 1, "there is more than one table, or none"),
        (table["KeySchema"] == key, "the key is not pk and sk"),
        (
            table["TimeToLiveSpecification"] == json!({"AttributeName": "expires_at", "Enabled": true}),
            "items do not expire by expires_at",
        ),
        (table["BillingMode"] == "PAY_PER_REQUEST", "idle costs money"),
        (
            resource["DeletionPolicy"] == "Retain" && resource["UpdateReplacePolicy"] == "Retain",
            "the table goes with the stack",
        ),
        (
            table["DeletionProtectionEnabled"] == json!({"Ref": "DeletionProtection"})
                && template["Parameters"]["DeletionProtection"]["Default"] == "true",
            "the table is not protected unless asked to be",
        ),
        (
            table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] == true,
            "there is no way back to yesterday",
        ),
        (table["SSESpecification"]["SSEEnabled"] == true, "the table has no key in KMS"),
    ];
    broken(&rules)
}

fn broken(rules: &[(bool, &str)]) -> Vec<String> {
    rules.iter().filter(|(holds, _)| !holds).map(|(_, fault)| (*fault).to_owned()).collect()
}

fn functions_are_given_what_they_read(template: &Value) -> Vec<String> {
    let global = names(&template["Globals"]["Function"]["Environment"]["Variables"]);
    let mut faults = Vec::new();
    if global != BTreeSet::from(VARIABLES) {
        faults.push(format!("all functions are given {global:?}"));
    }
    for (function, resource) in functions(template) {
        let own = names(&resource["Properties"]["Environment"]["Variables"]);
        let expected = MORE_VARIABLES.iter().find(|(name, _)| *name == function).map(|(_, more)| *more);
        if own != expected.into_iter().flatten().copied().collect() {
            faults.push(format!("{function} is given {own:?}"));
        }
    }
    let operator = &template["Parameters"]["OperatorKeySha256"];
    if operator["NoEcho"] != true || !operator["Default"].is_null() {
        faults.push("the operator's hash is shown, or has a default that everybody knows".to_owned());
    }
    faults
}

fn nothing_outlives_who_waits_for_it(template: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (function, resource) in functions(template) {
        let most = match function.as_str() {
            "aggregate" => 60,
            // The schedule's interval is 300.
            "seal" => 299,
            _ => 29,
        };
        let timeout = property(template, resource, "Timeout");
        if timeout.as_i64().is_none_or(|seconds| seconds > most) {
            faults.push(format!("{function} may run for {timeout} seconds"));
        }
        let memory = property(template, resource, "MemorySize");
        if memory.as_i64().is_none_or(|megabytes| megabytes < 256) {
            faults.push(format!("{function} has {memory} MB"));
        }
        let group = &resource["Properties"]["LoggingConfig"]["LogGroup"]["Ref"];
        let group = &template["Resources"][group.as_str().unwrap_or_default()]["Properties"];
        if group["RetentionInDays"] != json!({"Ref": "LogRetentionDays"}) {
            faults.push(format!("the logs of {function} are kept for ever"));
        }
    }
    let schedule = &template["Resources"]["Seal"]["Properties"]["Events"]["EveryFiveMinutes"]["Properties"];
    if schedule["Schedule"] != "rate(5 minutes)" {
        faults.push("seal does not run every five minutes".to_owned());
    }
    faults
}

const RULES: [(&str, Rule); 10] = [
    ("every name exists", every_name_exists),
    ("nothing is there for nothing", nothing_is_there_for_nothing),
    ("all run on Amazon Linux and the chosen processor", all_run_on_amazon_linux_and_the_chosen_processor),
    ("rights are the verbs that are called", rights_are_the_verbs_that_are_called),
    ("routes are those of the table", routes_are_those_of_the_table),
    ("functions are the folders", functions_are_the_folders),
    ("the stream wakes aggregate for new batches, and gives up in the end", the_stream_wakes_aggregate),
    ("the table keeps what it is given", the_table_keeps_what_it_is_given),
    ("functions are given what they read", functions_are_given_what_they_read),
    ("nothing outlives who waits for it", nothing_outlives_who_waits_for_it),
];

#[test]
fn the_template_keeps_every_rule() {
    let template = parse(&source());
    let faults: Vec<_> = RULES
        .iter()
        .flat_map(|(name, rule)| rule(&template).into_iter().map(move |fault| format!("{name}: {fault}")))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_rule_notices_what_it_is_there_for() {
    // Per rule: a piece of the template, and what breaks it in its place.
    let breaks: [(Rule, &[(&str, &str)]); RULES.len()] = [
        (
            every_name_exists,
            &[
                ("RECKON_TABLE: !Ref Table", "RECKON_TABLE: !Ref Tabel"),
                ("Stream: !GetAtt Table.", "Stream: !GetAtt Stream."),
                ("!GetAtt OnFailureQueue.Arn\n\n", "!GetAtt Queue.Arn\n\n"),
                ("${AWS::StackName}-table", "${StackName}-table"),
                ("https://${Api}.", "https://${HttpApi}."),
                ("https://${Api}.", "https://${HttpApi.Id}."),
                ("!If [HasAlarmTopic,", "!If [HasTopic,"),
                ("    DeletionPolicy: Retain", "    DependsOn: Nothing\n    DeletionPolicy: Retain"),
            ],
        ),
        (
            nothing_is_there_for_nothing,
            &[
                ("RetentionInDays: !Ref LogRetentionDays", "RetentionInDays: 30"),
                ("RECKON_TABLE_ENDPOINT: !Ref TableEndpoint", "RECKON_TABLE_ENDPOINT: ''"),
                ("!If [HasAlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]", "[]"),
            ],
        ),
        (
            all_run_on_amazon_linux_and_the_chosen_processor,
            &[
                ("provided.al2023", "provided.al2"),
                ("provided.al2023", "provided.al2032"),
                ("[!Ref Architecture]", "[arm64]"),
                ("CodeUri: functions/seal/", "CodeUri: functions/seal/\n      Runtime: provided.al2"),
                ("Default: arm64", "Default: x86_64"),
            ],
        ),
        (
            rights_are_the_verbs_that_are_called,
            &[
                ("[dynamodb:GetItem, dynamodb:Query]", "[dynamodb:*]"),
                ("[dynamodb:GetItem, dynamodb:Query]", "dynamodb:*"),
                ("[dynamodb:GetItem, dynamodb:Query]", "[dynamodb:GetItem]"),
                ("[dynamodb:GetItem, dynamodb:Query]", "[dynamodb:GetItem, dynamodb:Query, dynamodb:Scan]"),
                ("Resource: !GetAtt Table.Arn", "Resource: '*'"),
                ("!GetAtt GoalsLogs.Arn", "!GetAtt SealLogs.Arn"),
                ("dynamodb:ListStreams", "dynamodb:UpdateTable"),
                ("[sqs:SendMessage]", "[sqs:SendMessage, sqs:ReceiveMessage]"),
                ("Role: !GetAtt ReportRole", "Role: !GetAtt ManageRole"),
                ("Role: !GetAtt ReportRole.Arn", "Policies: [AmazonDynamoDBFullAccess]"),
                (
                    "Role: !GetAtt ReportRole.Arn",
                    "Role: !GetAtt ReportRole.Arn\n      Policies: [AmazonDynamoDBFullAccess]",
                ),
                (
                    "      Policies:\n        - PolicyName: report",
                    "      ManagedPolicyArns: [arn]\n      Policies:\n        - PolicyName: report",
                ),
                ("\nResources:\n", "\nResources:\n  More:\n    Type: AWS::IAM::Policy\n"),
            ],
        ),
        (
            routes_are_those_of_the_table,
            &[
                ("Method: PATCH", "Method: PUT"),
                ("Path: /v1/status", "Path: /status"),
                ("\"/v1/goals/{id}/progress\"", "\"/v1/goals/{goal}/progress\""),
                ("Properties: { ApiId: !Ref Api, Method: OPTIONS,", "Properties: { Method: OPTIONS,"),
                ("Type: Schedule", "Type: ScheduleV2"),
                ("StageName: $default", "StageName: v1"),
                ("FailOnWarnings: true", "CorsConfiguration: true"),
            ],
        ),
        (
            functions_are_the_folders,
            &[
                ("\n  Goals:\n", "\n  Aims:\n"),
                ("CodeUri: functions/goals/", "CodeUri: ."),
                ("Binary: goals", "Binary: seal"),
                ("BuildMethod: rust-cargolambda", "BuildMethod: makefile"),
            ],
        ),
        (
            the_stream_wakes_aggregate,
            &[
                ("[\"INSERT\"]", "[\"INSERT\", \"REMOVE\"]"),
                ("\"raw#\"", "\"raw\""),
                ("              Filters:\n", "              Filters:\n                - Pattern: '{}'\n"),
                ("KEYS_ONLY", "NEW_IMAGE"),
                ("[ReportBatchItemFailures]", "[]"),
                ("MaximumRetryAttempts: 10", "MaximumRetryAttempts: -1"),
                ("MaximumRetryAttempts: 10", ""),
                ("InSeconds: 3600", "InSeconds: -1"),
                ("OnFailure:\n", "OnSuccess:\n"),
                ("OnFunctionError: true", "OnFunctionError: false"),
                ("BatchSize: 1000", "BatchSize: 100"),
                ("TRIM_HORIZON", "LATEST"),
                ("SseEnabled: true", "SseEnabled: false"),
                ("InSeconds: !Ref StreamWindowSeconds", "InSeconds: 300"),
            ],
        ),
        (
            the_table_keeps_what_it_is_given,
            &[
                ("AttributeName: expires_at", "AttributeName: ttl"),
                ("        Enabled: true", "        Enabled: false"),
                ("\n    DeletionPolicy: Retain", "\n    DeletionPolicy: Delete"),
                ("PAY_PER_REQUEST", "PROVISIONED"),
                ("RecoveryEnabled: true", "RecoveryEnabled: false"),
                ("!Ref DeletionProtection", "false"),
                ("SSEEnabled: true", "SSEEnabled: false"),
                ("KeyType: RANGE", "KeyType: HASH"),
            ],
        ),
        (
            functions_are_given_what_they_read,
            &[
                ("RECKON_LOG:", "RUST_LOG:"),
                ("RECKON_RETENTION_DAYS:", "RECKON_RETENTION:"),
                ("NoEcho: true", "NoEcho: false"),
                ("NoEcho: true", "NoEcho: true\n    Default: abc"),
            ],
        ),
        (
            nothing_outlives_who_waits_for_it,
            &[
                ("Timeout: 29", "Timeout: 30"),
                ("Timeout: 280", "Timeout: 900"),
                ("Timeout: 60", "Timeout: 300"),
                ("MemorySize: 256", "MemorySize: 128"),
                ("LogGroup: !Ref SealLogs", "LogGroup: /aws/lambda/seal"),
                ("rate(5 minutes)", "rate(1 hour)"),
            ],
        ),
    ];
    let source = source();
    for (rule, breaks) in breaks {
        for (piece, broken) in breaks {
            assert!(source.contains(piece), "the template no longer has {piece:?}");
            let faults = rule(&parse(&source.replace(piece, broken)));
            assert!(!faults.is_empty(), "{piece:?} became {broken:?}, and nobody noticed");
        }
    }
}

#[test]
fn every_route_has_one_function() {
    let routes = template_routes();
    let distinct: BTreeSet<_> = routes.iter().map(|(_, method, path)| (method, path)).collect();
    assert_eq!(distinct.len(), routes.len());
}

/// Tools ask for the head of a file before they load it.
#[test]
fn what_comes_in_formats_answers_head() {
    let routes = template_routes();
    let formed =
        operations().into_iter().filter(|operation| operation.parameters("query").contains("format"));
    let paths: Vec<String> = formed.map(|operation| operation.path).collect();
    assert!(paths.len() >= 17, "{paths:?}");
    for path in paths {
        let head = routes.iter().any(|(_, method, of)| method == "HEAD" && *of == path);
        assert!(head, "{path} is not asked for by HEAD");
    }
}

#[test]
fn the_variables_are_those_that_the_code_reads() {
    let code = ["config.rs", "log.rs"]
        .map(|file| std::fs::read_to_string(root().join("shared/core/src/http").join(file)).unwrap())
        .concat();
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let read: BTreeSet<_> =
        code.split(|letter| !is_part(letter)).filter(|word| word.starts_with("RECKON_")).collect();
    let more = MORE_VARIABLES.iter().flat_map(|(_, more)| *more);
    let given: BTreeSet<_> = VARIABLES.iter().chain(more).copied().collect();
    assert_eq!(given, read);
    // `sam local` passes over variables that the template does not name.
    let local = std::fs::read_to_string(root().join("sam/env.json")).unwrap();
    let local: Value = serde_json::from_str(&local).unwrap();
    assert!(names(&local["Parameters"]).is_subset(&given));
}

#[test]
fn short_forms_are_written_out() {
    let template = parse("a: !Ref B\nc: [!GetAtt D.E.F, !Sub 'g ${H} ${I.J} ${!K}']\nl: !If [M, 1, true]");
    let expected = json!({
        "a": {"Ref": "B"},
        "c": [{"Fn::GetAtt": ["D", "E.F"]}, {"Fn::Sub": "g ${H} ${I.J} ${!K}"}],
        "l": {"Fn::If": ["M", 1, true]},
    });
    assert_eq!(template, expected);
    let name = |name: &str| Mention::Name(name.to_owned());
    let resource = |name: &str| Mention::Resource(name.to_owned());
    let found = [name("B"), name("H"), resource("D"), resource("I"), Mention::Condition("M".to_owned())];
    assert_eq!(mentions_of(&template), BTreeSet::from(found));
}
