//! Bad input: each has its type, and a sentence that says what is allowed. One table.

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use crate::support::{OPERATOR, World};

const NOW: &str = "2026-11-23T05:00:30Z";

/// A request, what it is answered with, and a part of the sentence.
struct Row {
    method: Method,
    path: String,
    key: String,
    body: String,
    status: u16,
    kind: &'static str,
    says: &'static str,
}

fn row(
    method: Method,
    path: &str,
    key: &str,
    body: &str,
    status: u16,
    kind: &'static str,
    says: &'static str,
) -> Row {
    Row { method, path: path.to_owned(), key: key.to_owned(), body: body.to_owned(), status, kind, says }
}

#[tokio::test]
async fn everything_that_can_be_wrong_is_answered_for() {
    let world = World::new(NOW).await;
    let (write, read, admin) = (world.write.clone(), world.read.clone(), world.admin.clone());
    let expiring = json!({"role": "write", "expires_at": "2026-11-23T05:00:31Z"});
    let expired = world.call(Method::POST, "/v1/keys", &admin, Some(expiring)).await.json()["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    world.turn_to("2026-11-23T05:00:31Z");
    let event = |body: &str, kind, says| row(Method::POST, "/v1/events", &write, body, 422, kind, says);
    let whole =
        |body: &str, status, kind, says| row(Method::POST, "/v1/events", &write, body, status, kind, says);
    let report =
        |path: &str, kind, says| row(Method::GET, &format!("/v1/reports/{path}"), &read, "", 422, kind, says);
    let spend = |place: &str, says| {
        let path = format!("/v1/spend/{place}");
        row(Method::PUT, &path, &write, "{\"spend\": \"7.50\"}", 422, "invalid", says)
    };
    let keyed = |key: &str, status, kind, says| {
        row(Method::POST, "/v1/events", key, "{\"kind\": \"view\"}", status, kind, says)
    };
    let invalid = "invalid-events";
    let many = format!("[{}]", vec!["{\"kind\": \"view\"}"; 1_001].join(","));
    let large = format!("{{\"kind\": \"view\", \"name\": \"{}\"}}", "x".repeat(1_000_000));
    let long = |field: &str, length: usize| {
        format!("{{\"kind\": \"view\", \"{field}\": \"{}\"}}", "x".repeat(length))
    };
    let props = (0..31).map(|number| format!("\"p{number}\": 1")).collect::<Vec<_>>().join(",");
    let rows = [
        whole("{\"kind\": ", 400, "malformed", "not JSON"),
        whole("{} {}", 400, "malformed", "not JSON"),
        whole("\"view\"", 400, "malformed", "array of events"),
        whole(&many, 413, "too-large", "at most 1000 events"),
        whole(&large, 413, "too-large", "1 MB"),
        event("[]", invalid, "empty"),
        event("{\"kind\": 7}", invalid, "a text"),
        event("{\"kind\": \"sail\"}", invalid, "sale"),
        event("{\"kind\": \"view\", \"colour\": 1}", invalid, "props"),
        event("{\"kind\": \"sale\", \"value\": -1}", invalid, "negative"),
        event("{\"kind\": \"sale\", \"value\": 0.0000001}", invalid, "6 decimals"),
        event("{\"kind\": \"sale\", \"value\": \"1,5\"}", invalid, "such as 49.90"),
        event("{\"kind\": \"sale\", \"value\": 1, \"currency\": \"USD\"}", invalid, "EUR"),
        event("{\"kind\": \"view\", \"count\": 1000000001}", invalid, "1 to 1000000000"),
        event("{\"kind\": \"view\", \"occurred_at\": \"2026-11-23T06:00:32Z\"}", invalid, "an hour ahead"),
        event("{\"kind\": \"view\", \"occurred_at\": \"1989-12-31T23:59:59Z\"}", invalid, "1990"),
        event("{\"kind\": \"view\", \"occurred_at\": \"23.11.2026\"}", invalid, "2026-11-23T05:00:00.123Z"),
        event(&long("id", 129), invalid, "at most 128"),
        event(&long("order", 129), invalid, "at most 128"),
        event("{\"kind\": \"view\", \"id\": \"a#b\"}", invalid, "without #"),
        event("{\"kind\": \"view\", \"name\": \"a\\u0000b\"}", invalid, "control characters"),
        event("{\"kind\": \"view\", \"name\": \"\"}", invalid, "empty"),
        event(&format!("{{\"kind\": \"view\", \"props\": {{{props}}}}}"), invalid, "at most 30"),
        keyed("", 401, "no-key", "Authorization: Bearer"),
        keyed("rk_write_unknown", 401, "no-key", "not known"),
        keyed(&expired, 401, "no-key", "expired"),
        keyed(&read, 403, "forbidden", "publish"),
        report("summary?from=2026-11-23&to=2026-11-22", "invalid", "after to"),
        report("summary?from=2020-01-01&to=2026-11-22", "invalid", "25 months"),
        report("summary?from=2026-02-30", "invalid", "2026-02-30 is no day of the calendar: from must be"),
        report("summary?to=262142-12-31", "invalid", "a day such as"),
        report("summary?from=0001-01-01&to=0001-01-02", "invalid", "a day from 1970-01-01 to 9999-12-31"),
        report(
            "summary?to=1900-01-01",
            "invalid",
            "1900-01-01 is out of range: to must be a day from 1970-01-01",
        ),
        report("summary?form=2026-11-22", "invalid", "from"),
        report("summary?country=DE&device=tv", "not-served", "channel+campaign"),
        report("breakdown?by=sauce", "invalid", "source"),
        report("summary?channel=emial", "invalid", "did you mean email?"),
        report("breakdown?by=channel&device=phone", "invalid", "desktop"),
        report("breakdown?by=device&device=mobil", "invalid", "did you mean mobile?"),
        report("timeseries?kind=sales", "invalid", "did you mean sale?"),
        report("summary?country=de", "invalid", "is no code of a country: did you mean DE?"),
        report("breakdown?by=country&country=Germany", "invalid", "two capital letters, such as DE"),
        report("channels?rank_by=-revenue", "invalid", "leave the - out"),
        row(Method::GET, "/v1/conversions?channel=emial", &read, "", 422, "invalid", "did you mean email?"),
        row(Method::GET, "/v1/links?cursor=never-a-link", &read, "", 422, "invalid", "none of ours"),
        row(Method::GET, "/v1/nowhere", &read, "", 404, "not-found", "No such path"),
        row(Method::PUT, "/v1/events", &write, "", 405, "method-not-allowed", "the header Allow names"),
        row(Method::POST, "/v1/keys", &admin, "{\"role\": \"king\"}", 422, "invalid", "publish"),
        row(Method::POST, "/v1/keys", &admin, "{\"role\"", 400, "malformed", "not JSON"),
        row(Method::POST, "/v1/rebuild", &admin, "{\"from\": \"2026-11-23\"}", 422, "invalid", "to"),
        row(
            Method::POST,
            "/v1/rebuild",
            &admin,
            "{\"from\": \"x\", \"to\": \"2026-11-23\"}",
            422,
            "invalid",
            "from must be a day",
        ),
        row(
            Method::POST,
            "/v1/rebuild",
            &admin,
            "{\"from\": \"2026-11-23\", \"to\": \"2026-11-31\"}",
            422,
            "invalid",
            "2026-11-31 is no day of the calendar",
        ),
        spend("email/x/2026-02-30", "2026-02-30 is no day of the calendar: date must be"),
        spend("email/x/1900-01-01", "date must be a day from 1970-01-01 to 9999-12-31"),
        spend("email/%20/2026-11-05", "campaign must not be blank"),
        spend("email/%C2%A0%20/2026-11-05", "campaign must not be blank"),
    ];
    for Row { method, path, key, body, status, kind, says } in rows {
        let request = Request::builder()
            .method(&method)
            .uri(&path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        let answer = world.send(request.body(Body::from(body.clone())).unwrap()).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let place = format!("{method} {path} {body:.80}: {text:.400}");
        assert_eq!(answer.status, status, "{place}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{place}");
        let problem = answer.json();
        assert_eq!(problem["type"], format!("/problems/{kind}"), "{place}");
        assert_eq!(problem["status"], status, "{place}");
        assert!(text.contains(says), "{says:?} is not in {place}");
        for trace in ["serde", "Error {", "aws", "DynamoDb", &key] {
            assert!(trace.is_empty() || !text.contains(trace), "{trace:?} is in {place}");
        }
    }
    world.pump().await;
    let metrics = world.metrics("2026-11-01", "2026-11-23").await;
    assert_eq!((&metrics["views"], &metrics["sales"]), (&json!(0), &json!(0)), "nothing of it was stored");
}

#[tokio::test]
async fn a_list_of_values_is_no_object_in_any_body() {
    let world = World::new(NOW).await;
    let (write, read, admin) = (world.write.as_str(), world.read.as_str(), world.admin.as_str());
    let goal = |period: Value| json!({"name": "n", "metric": "sales", "target": 1, "direction": "at_least", "period": period});
    let made =
        world.call(Method::POST, "/v1/goals", admin, Some(goal(json!({"every": "month"})))).await.json();
    let goal_path = format!("/v1/goals/{}", made["id"].as_str().unwrap());
    let positional_goal = json!([null, "m", "clicks", 2, "at_least", {"every": "week"}, {}]);
    let link = json!({"slug": "spring", "destination": "https://shop.example/"});
    assert_eq!(world.call(Method::POST, "/v1/links", admin, Some(link)).await.status, 201);
    let list = |part: Value, rows: Value| json!({"from": "2026-11-23", "to": "2026-11-23", "by": "order", "part": part, "rows": rows});
    let of_day = "/v1/spend/email/x/2026-11-06";
    for (method, path, key, body, pointer, fields) in [
        (
            Method::PUT,
            of_day,
            write,
            json!(["7.50", "EUR", 3, 4, null, null]),
            "",
            "spend, currency, impressions, clicks",
        ),
        (
            Method::POST,
            "/v1/spend",
            write,
            json!([[{"channel": "email", "date": "2026-11-05", "spend": 3}]]),
            "",
            "entries",
        ),
        (
            Method::POST,
            "/v1/spend",
            write,
            json!({"entries": [{"channel": "fax"}, ["email", "x", "2026-11-05", "3"]]}),
            "/entries/1",
            "channel, campaign, date, spend, currency, impressions, clicks, source, medium",
        ),
        (Method::POST, "/v1/keys", admin, json!(["read", "positional", null]), "", "role, name, expires_at"),
        (
            Method::POST,
            "/v1/sites",
            OPERATOR,
            json!(["list", "List", "UTC", "EUR", null, null, []]),
            "",
            "id, name, time_zone, currency",
        ),
        (
            Method::PATCH,
            "/v1/sites/shop",
            admin,
            json!(["List", null, null, null, null, null, null, null]),
            "",
            "name, time_zone, currency",
        ),
        (
            Method::PATCH,
            "/v1/sites/shop",
            admin,
            json!({"lookbacks": {"sale": [7, 1]}}),
            "/lookbacks/sale",
            "click_days, view_days",
        ),
        (
            Method::POST,
            "/v1/links",
            admin,
            json!(["list", null, "https://shop.example/"]),
            "",
            "slug, name, destination",
        ),
        (
            Method::POST,
            "/v1/links",
            admin,
            json!({"slug": "list", "destination": "https://shop.example/", "utm": ["letter"]}),
            "/utm",
            "source, medium, campaign, content, term",
        ),
        (Method::PATCH, "/v1/links/spring", admin, json!(["List", true]), "", "name, archived"),
        (Method::POST, "/v1/rebuild", admin, json!(["2026-11-23", "2026-11-23"]), "", "from, to"),
        (
            Method::POST,
            "/v1/reconcile",
            read,
            json!(["2026-11-23", "2026-11-23", "order", null, null, null, []]),
            "",
            "from, to, by, kind, part, limit, rows",
        ),
        (
            Method::POST,
            "/v1/reconcile",
            read,
            list(Value::Null, json!([["o", null, 1, null, null, null]])),
            "/rows/0",
            "order, id, value, currency, occurred_at, count",
        ),
        (Method::POST, "/v1/reconcile", read, list(json!([0, 1]), json!([])), "/part", "number, of"),
        (Method::POST, "/v1/goals", admin, positional_goal.clone(), "", "a goal"),
        (Method::PUT, goal_path.as_str(), admin, positional_goal, "", "a goal"),
        (
            Method::POST,
            "/v1/goals",
            admin,
            goal(json!(["2026-11-01", "2026-11-30", null])),
            "/period",
            "from and to, or with every",
        ),
        (Method::PUT, "/v1/channel-rules", admin, json!([null, []]), "", "version, rules"),
        (Method::POST, "/v1/channel-rules/preview", admin, json!([null, []]), "", "version, rules"),
    ] {
        let answer = world.call(method.clone(), path, key, Some(body.clone())).await;
        let told = answer.json();
        let place = format!("{method} {path} {body}: {told}");
        assert_eq!(answer.status, 422, "{place}");
        assert_eq!(
            (&told["errors"][0]["pointer"], &told["errors"][0]["code"]),
            (&json!(pointer), &json!("invalid")),
            "{place}"
        );
        let detail = told["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("must be an object ") && detail.contains(fields), "{place}");
    }
    // Nothing of it was taken.
    assert_eq!(world.call(Method::GET, of_day, write, None).await.status, 404);
    let keys = world.call(Method::GET, "/v1/keys", admin, None).await.json();
    assert!(keys["keys"].as_array().unwrap().iter().all(|key| key["name"] != "positional"), "{keys}");
    assert_eq!((world.site().await.name.as_str(), &world.get(&goal_path).await.json()), ("Shop", &made));
    let link = world.get("/v1/links/spring").await.json();
    assert_eq!((&link["name"], &link["archived"]), (&Value::Null, &json!(false)));
    assert_eq!(world.get("/v1/links/list").await.status, 404);
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_in_plain_words() {
    let world = World::new(NOW).await;
    let (write, read, admin) = (world.write.as_str(), world.read.as_str(), world.admin.as_str());
    let of_day = "PUT /v1/spend/email/x/2026-11-06";
    let row = |row: &str| {
        format!(r#"{{"from": "2026-11-23", "to": "2026-11-23", "by": "event", "rows": [{row}]}}"#)
    };
    let (priced, dated) =
        (row(r#"{"id": "a", "value": "€49.90"}"#), row(r#"{"id": "a", "occurred_at": "today"}"#));
    for (route, key, body, status, pointer, says) in [
        (of_day, write, "", 400, "", "The body is empty. Send a JSON object."),
        (
            of_day,
            write,
            "x",
            400,
            "",
            "The body is not JSON: what stands at line 1, column 1 cannot be read.",
        ),
        (
            of_day,
            write,
            r#"{"spend": "#,
            400,
            "",
            "The body is not JSON: it breaks off at line 1, column 10.",
        ),
        (of_day, write, "null", 422, "", "the body must be an object with the fields spend, currency, "),
        (of_day, write, "[]", 422, "", "the body must be an object with the fields spend, currency, "),
        (
            of_day,
            write,
            r#"{"spend": 1, "impressions": -3}"#,
            422,
            "/impressions",
            "impressions must be a whole number from 0 on",
        ),
        (
            of_day,
            write,
            r#"{"spend": 1, "clicks": 5000000000}"#,
            422,
            "/clicks",
            "clicks must be a smaller number",
        ),
        (of_day, write, r#"{"spend": 1, "spend": 2}"#, 422, "/spend", "spend is given more than once"),
        (of_day, write, r#"{"spend": 1, "source": 2}"#, 422, "/source", "source must be a text"),
        ("POST /v1/spend", write, "{}", 422, "/entries", "entries is missing"),
        ("POST /v1/spend", write, r#"{"entries": {}}"#, 422, "/entries", "entries must be a list"),
        (
            "POST /v1/keys",
            admin,
            r#"{"role": "reed"}"#,
            422,
            "/role",
            r#"role cannot be "reed": did you mean read?"#,
        ),
        (
            "POST /v1/keys",
            admin,
            r#"{"role": 7}"#,
            422,
            "/role",
            "role must be one of publish, write, read, admin",
        ),
        (
            "POST /v1/keys",
            admin,
            r#"{"role": "read", "expires_at": "2026-12-31"}"#,
            422,
            "/expires_at",
            "expires_at must be a time such as 2027-11-23T00:00:00Z",
        ),
        (
            "PATCH /v1/links/a",
            admin,
            r#"{"archived": 1}"#,
            422,
            "/archived",
            "archived must be true or false",
        ),
        (
            "PATCH /v1/sites/shop",
            admin,
            r#"{"lanse": 2}"#,
            422,
            "/lanse",
            r#""lanse" is an unknown field: did you mean lanes?"#,
        ),
        (
            "POST /v1/reconcile",
            read,
            priced.as_str(),
            422,
            "/rows/0/value",
            "value must be a decimal number such as 49.90",
        ),
        (
            "POST /v1/reconcile",
            read,
            dated.as_str(),
            422,
            "/rows/0/occurred_at",
            "occurred_at must be a time such as 2027-11-23T00:00:00Z",
        ),
    ] {
        let (method, path) = route.split_once(' ').unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        let answer = world.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        let told = answer.json();
        let place = format!("{route} {body}: {told}");
        assert_eq!(answer.status, status, "{place}");
        assert!(told["detail"].as_str().unwrap().starts_with(says), "{says} does not begin {place}");
        assert_eq!(told["errors"][0]["pointer"].as_str().unwrap_or_default(), pointer, "{place}");
    }
}

#[tokio::test]
async fn storage_that_is_out_of_reach_is_never_a_2xx() {
    let world = World::new(NOW).await;
    let event = json!({"id": "a", "kind": "sale", "value": 10, "occurred_at": NOW, "visitor": "v", "utm": {"source": "x"}});
    // Whatever cannot be written, the sender is told to come back; the key is remembered from here on.
    for prefix in ["raw#", "visitor#", "claim#", "late#"] {
        world.spy.refuse(move |operation, body| {
            operation == "PutItem" && body["Item"]["pk"]["S"].as_str().unwrap_or_default().starts_with(prefix)
        });
        let mut event = event.clone();
        match prefix {
            "claim#" => drop(event.as_object_mut().unwrap().remove("occurred_at")),
            "late#" => event["occurred_at"] = json!("2026-11-20T05:00:30Z"),
            "visitor#" => {
                event = json!({"id": "t", "kind": "click", "occurred_at": NOW, "visitor": "v", "utm": {"source": "x"}})
            }
            _ => {}
        }
        let answer = world.call(Method::POST, "/v1/events", &world.write, Some(event)).await;
        assert_eq!(answer.status, 503, "{prefix}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.headers[header::RETRY_AFTER], "2");
        assert!(!String::from_utf8_lossy(&answer.body).contains("out of reach"));
    }
    world.spy.refuse(|_, _| true);
    assert_eq!(world.get("/v1/reports/summary").await.status, 503);
    world.spy.stop();
    // The sender comes back, and nothing counts twice.
    world.post(event).await;
    world.pump().await;
    assert_eq!(world.sales("2026-11-23", "2026-11-23").await, 1);
}

#[tokio::test]
async fn in_a_batch_good_events_are_kept_and_each_bad_one_is_named() {
    let world = World::new(NOW).await;
    let body = json!([
        {"id": "1", "kind": "sale", "value": "10.00", "occurred_at": NOW},
        {"id": "2", "kind": "sale", "value": "-1", "occurred_at": NOW},
        {"id": "3", "kind": "sale", "value": "20.00", "occurred_at": NOW},
        "no event",
    ]);
    let answer = world.call(Method::POST, "/v1/events", &world.write, Some(body)).await;
    assert_eq!(answer.status, 202);
    let indices: Vec<_> =
        answer.json()["rejected"].as_array().unwrap().iter().map(|fault| fault["index"].clone()).collect();
    assert_eq!(indices, [1, 3]);
    world.pump().await;
    assert_eq!(world.metrics("2026-11-23", "2026-11-23").await["revenue"], 30);
}
