//! Formats: the same rows in each, whatever stands in them; what is negotiated, packed, and not sent again; charts.

use std::io::Read;

use axum::body::Body;
use axum::http::{Method, Request, header};
use flate2::read::GzDecoder;
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::event::{Event, Kind, Sent, Trust};
use reckon_core::domain::names::{EventId, Label};
use reckon_core::domain::origin::derive;
use reckon_core::domain::rollup::{Level, Received, Rollup, Version, of_events};
use serde_json::{Value, json};

use crate::support::{Answer, World, at, sale};

const NOW: &str = "2026-11-23T05:00:30Z";
const DAYS: &str = "from=2026-11-21&to=2026-11-23";
/// Texts that formats, spreadsheets and browsers stumble over.
const HOSTILE: [&str; 12] = [
    "=1+1",
    "+49",
    "-5",
    "@SUM(A1)",
    "a,\"b\",c",
    "x;=y",
    "<script>alert('&')</script>",
    "\u{ff1d}cmd",
    "'quoted'",
    "  =blank",
    "\u{e4}\u{1f600}\u{202e}\u{fffe}",
    "null",
];

/// Sends a request with the read key and some headers.
async fn ask(world: &World, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let key = format!("Bearer {}", world.admin);
    let mut request = Request::builder().uri(path).header(header::AUTHORIZATION, key);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    world.send(request.body(Body::empty()).unwrap()).await
}

async fn text(world: &World, path: &str) -> String {
    let answer = ask(world, path, &[]).await;
    let text = String::from_utf8(answer.body).unwrap();
    assert_eq!(answer.status, 200, "{path}: {text}");
    text
}

/// Results of known customers on campaigns of hostile names, goals, links, and a day before to compare with.
async fn filled() -> World {
    let world = World::new(NOW).await;
    let mut events = Vec::new();
    let long = "l".repeat(128);
    for (number, name) in HOSTILE.iter().copied().chain([long.as_str()]).enumerate() {
        for (day, many) in [(22, 1), (23, number % 3 + 1)] {
            for time in 0..many {
                let at = format!("2026-11-{day}T0{}:00:00Z", time + 1);
                let utm = json!({"source": "google", "medium": "cpc", "campaign": name});
                let id = format!("{number}-{day}-{time}");
                events.push(json!({"id": format!("c{id}"), "kind": "click", "utm": utm, "occurred_at": at}));
                events.push(json!({"id": format!("s{id}"), "kind": "sale", "utm": utm, "occurred_at": at, "name": name,
                                   "value": format!("{}.37", number + 1), "customer": format!("p{number}"), "order": format!("A{id}")}));
            }
        }
    }
    events
        .push(json!({"id": "r", "kind": "refund", "value": "400.5", "occurred_at": "2026-11-23T02:00:00Z"}));
    world.post(json!(events)).await;
    world.pump().await;
    world.seal().await;
    for name in HOSTILE {
        let goal = json!({"name": name, "metric": "sales", "target": 12.5, "direction": "at_least",
                          "period": {"every": "month"}, "filters": {"campaign": [name, "b"]}});
        assert_eq!(
            world.call(Method::POST, "/v1/goals", &world.admin, Some(goal)).await.status,
            201,
            "{name}"
        );
        let link = json!({"name": name, "destination": "https://shop.example/", "utm": {"campaign": name}});
        assert_eq!(
            world.call(Method::POST, "/v1/links", &world.admin, Some(link)).await.status,
            201,
            "{name}"
        );
    }
    world
}

/// Every report and list: where it is, the list that its rows stand in, and the list within each, if any.
fn all() -> Vec<(String, &'static str, &'static str)> {
    let reports = [
        ("summary?", "", ""),
        ("summary?compare=previous&", "", ""),
        ("summary?metrics=roas,sales&", "", ""),
        ("channels?compare=previous&", "rows", ""),
        ("channels?", "rows", ""),
        ("timeseries?by=campaign&compare=previous&", "rows", ""),
        ("timeseries?interval=hour&metrics=revenue,cvr&", "rows", ""),
        ("breakdown?by=campaign&sort=-sales&", "rows", ""),
        ("breakdown?by=channel,campaign&compare=previous&align=full&", "rows", ""),
        ("attribution?by=campaign&models=first,last,linear&", "rows", ""),
        ("cohorts?by=channel&", "rows", "ages"),
        ("cohorts?", "rows", "ages"),
    ];
    let mut all: Vec<_> = reports
        .into_iter()
        .map(|(path, list, nested)| (format!("/v1/reports/{path}{DAYS}"), list, nested))
        .collect();
    all.push(("/v1/reports/clv?to=2026-11-23".to_owned(), "total", ""));
    all.push(("/v1/reports/clv?by=channel&to=2026-11-23".to_owned(), "rows", ""));
    all.push((format!("/v1/conversions?{DAYS}"), "conversions", ""));
    all.push(("/v1/reconcile?from=2026-11-21&to=2026-11-23&".to_owned(), "days", ""));
    all.push(("/v1/channel-rules?".to_owned(), "rules", ""));
    for list in ["goals", "links", "keys"] {
        all.push((format!("/v1/{list}?"), list, ""));
    }
    all
}

/// The rows of a nested answer, each with everything around it that it can speak of.
fn nested_rows(document: &Value, list: &str, nested: &str) -> Vec<Vec<Value>> {
    let array = |value: &Value| value.as_array().cloned().unwrap_or_default();
    if list.is_empty() {
        let mut current = document.clone();
        current["from"] = document["query"]["from"].clone();
        current["to"] = document["query"]["to"].clone();
        current["period"] = json!("current");
        let mut previous = document["previous"].clone();
        let mut rows = vec![vec![current]];
        if previous.is_object() {
            previous["period"] = json!("previous");
            rows.push(vec![previous]);
        }
        return rows;
    }
    if list == "total" {
        return vec![vec![document["total"].clone()]];
    }
    if nested.is_empty() {
        let of = |document: &Value, period: &str| -> Vec<Vec<Value>> {
            let with = |mut row: Value| {
                if row["period"].is_null() {
                    row["period"] = json!(period);
                }
                vec![row]
            };
            array(&document[list]).into_iter().map(with).collect()
        };
        let mut rows = of(document, "current");
        rows.extend(of(&document["previous"], "previous"));
        return rows;
    }
    let of =
        |row: Value| array(&row[nested]).into_iter().map(|part| vec![part, row.clone()]).collect::<Vec<_>>();
    array(&document[list]).into_iter().flat_map(of).collect()
}

/// What a column of a row shows, by the nested row.
fn shown(node: &Value, column: &str) -> Option<Value> {
    let object = node.as_object()?;
    if let Some(value) = object.get(column) {
        let flat = |value: &Value| {
            if value.is_array() || value.is_object() { json!(value.to_string()) } else { value.clone() }
        };
        return Some(flat(value));
    }
    let within = |name: &str, column: &str| object.get(name).and_then(|inner| shown(inner, column));
    let suffixed = column.strip_suffix("_share").and_then(|metric| within("share", metric));
    let change = |ending: &str, part: &str| {
        let metric = column.strip_suffix(ending)?;
        object.get("change")?.get(metric)?.get(part).cloned()
    };
    suffixed
        .or_else(|| change("_delta", "delta"))
        .or_else(|| change("_ratio", "ratio"))
        .or_else(|| ["metrics", "credit", "moved"].iter().find_map(|name| within(name, column)))
        .or_else(|| {
            object.iter().find_map(|(name, inner)| shown(inner, column.strip_prefix(&format!("{name}_"))?))
        })
}

#[tokio::test]
async fn every_format_of_every_report_and_list_has_the_same_rows() {
    let world = filled().await;
    let mut compared = 0;
    for (path, list, nested) in all() {
        let document: Value = serde_json::from_str(&text(&world, &path).await).unwrap();
        let rows = nested_rows(&document, list, nested);
        assert!(!rows.is_empty(), "{path}");
        let csv = text(&world, &format!("{path}&format=csv")).await;
        let lines: Vec<Value> = text(&world, &format!("{path}&format=ndjson"))
            .await
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let table: Vec<Value> =
            serde_json::from_str(&text(&world, &format!("{path}&shape=table")).await).unwrap();
        assert_eq!(lines, table, "{path}");
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let header = reader.headers().unwrap().clone();
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!((records.len(), lines.len()), (rows.len(), rows.len()), "{path}");
        for ((around, record), line) in rows.iter().zip(&records).zip(&lines) {
            for (column, cell) in header.iter().zip(record) {
                // What a row does not have, such as the reason of a decision, is empty everywhere.
                let expected = around.iter().find_map(|node| shown(node, column)).unwrap_or_default();
                let place = format!("{path}: {column}");
                match &expected {
                    Value::String(text) if text.starts_with(['{', '[']) && line[column] != expected => {
                        let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
                        assert_eq!(parsed(line[column].as_str().unwrap()), parsed(text), "{place}");
                    }
                    _ => assert_eq!(line[column], expected, "{place}"),
                }
                match &line[column] {
                    Value::Null => assert_eq!(cell, "", "{place}"),
                    Value::String(text) => {
                        assert!(
                            !cell.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}']),
                            "{place}: {cell}"
                        );
                        assert_eq!(cell.replace('\'', ""), text.replace('\'', ""), "{place}");
                    }
                    other => assert_eq!(cell, other.to_string(), "{place}"),
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 4_000, "{compared} cells");
}

#[tokio::test]
async fn rows_add_up_to_the_total_in_every_format() {
    let world = filled().await;
    let path = format!("/v1/reports/breakdown?by=campaign&{DAYS}&metrics=sales,revenue,roas");
    let document: Value = serde_json::from_str(&text(&world, &path).await).unwrap();
    assert_eq!(document["total"]["metrics"].as_object().unwrap().len(), 3);
    assert_eq!(document["rows"][0]["share"].as_object().unwrap().len(), 2, "a ratio has no share");
    let csv = text(&world, &format!("{path}&format=csv")).await;
    assert!(csv.starts_with("campaign,sales,revenue,roas,sales_share,revenue_share\r\n"), "{csv}");
    assert!(csv.ends_with("\r\n") && !csv.replace("\r\n", "").contains(['\r', '\n']), "CRLF alone");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let sales: u64 = reader.records().map(|record| record.unwrap()[1].parse::<u64>().unwrap()).sum();
    assert_eq!(sales, document["total"]["metrics"]["sales"].as_u64().unwrap());
}

#[tokio::test]
async fn an_empty_answer_still_has_its_columns() {
    let world = World::new(NOW).await;
    for (path, _, _) in all() {
        let csv = text(&world, &format!("{path}&format=csv")).await;
        assert!(csv.lines().next().is_some_and(|header| header.split(',').count() >= 3), "{path}: {csv}");
        let table = text(&world, &format!("{path}&shape=table")).await;
        assert!(table.starts_with('['), "{path}");
    }
    let csv = text(&world, &format!("/v1/reports/channels?{DAYS}&format=csv&metrics=sales")).await;
    assert_eq!(csv, "channel,rank,sales,sales_share\r\n");
    let ndjson = text(&world, &format!("/v1/reports/channels?{DAYS}&format=ndjson")).await;
    assert_eq!(ndjson, "");
    let svg = text(&world, &format!("/v1/reports/channels?{DAYS}&format=svg")).await;
    assert!(svg.contains("No data in these days"), "{svg}");
}

#[tokio::test]
async fn formats_are_negotiated_and_the_address_goes_first() {
    let world = World::new(NOW).await;
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8";
    let csv = "text/csv; charset=utf-8; header=present";
    for (path, accept, status, kind) in [
        ("/v1/reports/channels", "", 200, "application/json"),
        ("/v1/reports/channels", "*/*", 200, "application/json"),
        ("/v1/reports/channels", browser, 200, "application/json"),
        ("/v1/reports/channels", "text/csv", 200, csv),
        ("/v1/reports/channels", "text/csv;q=0.4, application/x-ndjson;q=0.5", 200, "application/x-ndjson"),
        ("/v1/reports/channels", "image/svg+xml,image/*;q=0.8", 200, "image/svg+xml"),
        ("/v1/reports/channels?format=csv", "application/json", 200, csv),
        ("/v1/reports/channels?format=json", "text/csv", 200, "application/json"),
        ("/v1/reports/channels?shape=table", "", 200, "application/json"),
        ("/v1/reports/channels", "text/html", 406, "application/problem+json"),
        ("/v1/reports/channels?format=csvv", "", 422, "application/problem+json"),
        ("/v1/reports/channels?format=csv&format=json", "", 422, "application/problem+json"),
        ("/v1/reports/channels?format=csv&width=9", "", 422, "application/problem+json"),
        ("/v1/keys", "image/svg+xml", 406, "application/problem+json"),
        ("/v1/keys?format=svg", "", 406, "application/problem+json"),
        ("/v1/keys", "image/svg+xml, text/csv;q=0.1", 200, csv),
        ("/v1/metadata", "text/csv", 200, csv),
        ("/v1/metadata?format=svg", "", 406, "application/problem+json"),
        ("/v1/metadata?formt=csv", "", 422, "application/problem+json"),
        ("/v1/goals?fromat=csv", "", 422, "application/problem+json"),
    ] {
        let headers: &[_] = if accept.is_empty() { &[] } else { &[(header::ACCEPT, accept)] };
        let answer = ask(&world, path, headers).await;
        let place = format!("{path} as {accept:?}: {}", String::from_utf8_lossy(&answer.body));
        assert_eq!(
            (answer.status, answer.headers[header::CONTENT_TYPE].to_str().unwrap()),
            (status, kind),
            "{place}"
        );
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{place}");
        if status == 200 {
            assert_eq!(answer.headers[header::VARY], "accept, accept-encoding, authorization", "{place}");
        }
    }
    for (path, says) in [
        ("/v1/reports/channels?format=csvv", "did you mean csv?"),
        (
            "/v1/keys?format=svg",
            "application/json (format=json), text/csv (format=csv), application/x-ndjson (format=ndjson).",
        ),
        ("/v1/reports/channels?metrics=clcks&format=csv", "did you mean clicks?"),
        ("/v1/reports/channels?metrics=clicks,clicks&format=svg", "names clicks twice"),
        ("/v1/reports/channels?metric=clicks&format=svg", "did you mean metrics?"),
        ("/v1/goals?fromat=csv", "did you mean format?"),
    ] {
        let answer = ask(&world, path, &[]).await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json", "{path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(says), "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_file_has_a_name_and_a_mark_for_excel_where_it_is_asked_for() {
    let world = World::new(NOW).await;
    let path = format!("/v1/reports/channels?{DAYS}&format=csv");
    let named = |answer: &Answer| answer.headers[header::CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    let answer = ask(&world, &path, &[]).await;
    assert_eq!(named(&answer), "attachment; filename=\"shop-channels-2026-11-21-2026-11-23.csv\"");
    assert!(answer.body.starts_with(b"channel,"));
    assert!(
        ask(&world, &format!("{path}&bom=true"), &[]).await.body.starts_with("\u{feff}channel,".as_bytes())
    );
    assert_eq!(
        named(&ask(&world, "/v1/keys?format=csv", &[]).await),
        "attachment; filename=\"shop-keys.csv\""
    );
}

#[tokio::test]
async fn a_url_alone_is_enough_and_another_sites_key_sees_another_site() {
    let world = filled().await;
    let (_, other) = world.another_site("other").await;
    let get = async |key: &str, tag: &str| {
        let uri = format!("/v1/reports/breakdown?by=campaign&{DAYS}&format=csv&metrics=sales&key={key}");
        let request = Request::builder().uri(uri).header(header::IF_NONE_MATCH, tag);
        world.send(request.body(Body::empty()).unwrap()).await
    };
    let own = get(&world.read, "\"\"").await;
    assert_eq!(own.status, 200);
    assert_eq!(own.body.iter().filter(|byte| **byte == b'\n').count(), 14 + 1);
    let tag = own.headers[header::ETAG].to_str().unwrap().to_owned();
    assert_eq!(get(&world.read, &tag).await.status, 304);
    let foreign = get(&other, &tag).await;
    assert_eq!(
        (foreign.status, foreign.body.as_slice()),
        (200, b"campaign,sales,sales_share\r\n".as_slice())
    );
    let (nobody, writer) = (get("rk_read_none", "*").await, get(&world.write, "*").await);
    assert_eq!((nobody.status, writer.status), (401, 403));
    assert_eq!(nobody.headers[header::CONTENT_TYPE], "application/problem+json");
}

#[tokio::test]
async fn what_the_caller_has_already_is_not_sent_again() {
    let world = filled().await;
    for (path, _, _) in all() {
        for format in ["json", "csv", "ndjson"] {
            let path = format!("{path}&format={format}");
            let first = ask(&world, &path, &[]).await;
            let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
            assert!(tag.starts_with("W/\"") && tag.len() > 15, "{tag}");
            assert_eq!(first.headers[header::CACHE_CONTROL], "private, no-cache");
            world.turn_to("2026-11-23T05:00:40Z");
            for known in [tag.as_str(), "*", &format!("\"x\", {tag}")] {
                let again = ask(&world, &path, &[(header::IF_NONE_MATCH, known)]).await;
                let body = String::from_utf8_lossy(&again.body);
                assert_eq!((again.status, again.body.len()), (304, 0), "{path} {known}: {body}");
                assert!(again.cost("rru") >= 0.0, "{path}");
                assert_eq!(again.headers[header::ETAG].to_str().unwrap(), tag);
            }
            assert_eq!(ask(&world, &path, &[(header::IF_NONE_MATCH, "\"x\"")]).await.status, 200);
            world.turn_to(NOW);
        }
    }
    let path = format!("/v1/reports/summary?{DAYS}");
    let tag = async |world: &World, path: &str| {
        ask(world, path, &[]).await.headers[header::ETAG].to_str().unwrap().to_owned()
    };
    let before = tag(&world, &path).await;
    assert_ne!(before, tag(&world, &format!("{path}&format=csv")).await, "another format");
    assert_ne!(before, tag(&world, &format!("{path}&metrics=sales")).await, "other metrics");
    world.post(json!([sale("new", NOW)])).await;
    world.pump().await;
    assert_ne!(before, tag(&world, &path).await, "a new event");
}

#[tokio::test]
async fn large_answers_are_packed_for_those_who_unpack() {
    let world = filled().await;
    let path = format!("/v1/reports/timeseries?by=campaign&{DAYS}");
    let plain = ask(&world, &path, &[]).await;
    assert!(!plain.headers.contains_key(header::CONTENT_ENCODING));
    for accepted in ["gzip", "br, gzip;q=0.5", "deflate, gzip, br, zstd"] {
        let packed = ask(&world, &path, &[(header::ACCEPT_ENCODING, accepted)]).await;
        assert!(packed.headers.get(header::CONTENT_ENCODING).is_some_and(|it| it == "gzip"), "{accepted}");
        assert!(packed.body.len() * 8 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
        let mut unpacked = Vec::new();
        GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == plain.body, "{accepted}");
        assert_eq!(packed.headers[header::ETAG], plain.headers[header::ETAG]);
    }
    for refused in ["identity", "gzip;q=0", "br"] {
        let answer = ask(&world, &path, &[(header::ACCEPT_ENCODING, refused)]).await;
        assert!(!answer.headers.contains_key(header::CONTENT_ENCODING), "{refused}");
    }
    let small = ask(&world, "/v1/keys?format=csv", &[(header::ACCEPT_ENCODING, "gzip")]).await;
    assert!(small.body.len() > 1_000 || !small.headers.contains_key(header::CONTENT_ENCODING));
}

#[tokio::test]
async fn an_answer_that_could_not_be_delivered_is_refused_with_what_to_do() {
    let world = World::new(NOW).await;
    // Quotes are escaped on the way, so that this is more than it seems; packed it is nearly nothing.
    let large = || async { ([(header::CONTENT_TYPE, "application/json")], "\"".repeat(4_000_000)) };
    let routes = axum::Router::new().route("/large", axum::routing::get(large));
    let router = reckon_core::render::encoded(routes).with_state(world.system.app.clone());
    for (encoding, status) in [("identity", 422), ("gzip", 200)] {
        let request =
            Request::get("/large").header(header::ACCEPT_ENCODING, encoding).body(Body::empty()).unwrap();
        let response = tower::ServiceExt::oneshot(router.clone(), request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{encoding}");
        let kind = response.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        assert_eq!(kind == "application/problem+json", status == 422, "{encoding}");
    }
}

#[tokio::test]
async fn head_tells_what_get_would_without_a_body() {
    let world = filled().await;
    for format in ["json", "csv", "svg"] {
        let path = format!("/v1/reports/channels?{DAYS}&format={format}");
        let head = world.call(Method::HEAD, &path, &world.read, None).await;
        let get = world.call(Method::GET, &path, &world.read, None).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{format}");
        for name in [header::CONTENT_TYPE, header::ETAG, header::CACHE_CONTROL] {
            assert_eq!(head.headers[&name], get.headers[&name], "{format}");
        }
    }
}

/// Sends so many views, each of a page of its own.
async fn pages(world: &World, many: usize) {
    for chunk in 0..many / 500 {
        let events: Vec<_> = (0..500)
            .map(|number| json!({"id": format!("e{chunk}-{number}"), "kind": "view", "occurred_at": format!("2026-11-23T0{chunk}:00:01Z"),
                                 "url": format!("https://shop.example/page-{chunk}-{number}")}))
            .collect();
        world.post(json!(events)).await;
    }
    world.pump().await;
}

#[tokio::test]
async fn flat_rows_are_never_cut_off_in_silence() {
    let world = World::new(NOW).await;
    pages(&world, 1_500).await;
    let path = "/v1/reports/breakdown?by=landing_page&from=2026-11-23&to=2026-11-23&metrics=views";
    for form in ["format=csv", "format=ndjson", "shape=table"] {
        let refused = ask(&world, &format!("{path}&{form}"), &[]).await;
        assert_eq!(
            (refused.status, &refused.json()["errors"][0]["code"]),
            (422, &json!("too_many_rows")),
            "{form}"
        );
        // Page by page, by what the headers say alone.
        let (mut rows, mut next, mut turns) = (0, format!("{path}&{form}&limit=700"), 0);
        loop {
            let answer = ask(&world, &next, &[]).await;
            assert_eq!(answer.status, 200, "{next}");
            let text = String::from_utf8(answer.body).unwrap();
            rows += text.matches("shop.example/page-").count();
            turns += 1;
            if answer.headers["reckon-complete"] == "true" {
                assert!(!answer.headers.contains_key(header::LINK));
                break;
            }
            let link = answer.headers[header::LINK].to_str().unwrap();
            assert!(link.contains(answer.headers["reckon-next"].to_str().unwrap()), "the cursor alone");
            let query = link.strip_prefix("<?").unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            next = format!("/v1/reports/breakdown?{query}");
        }
        assert_eq!((rows, turns), (1_500, 3), "{form}");
    }
    let json = ask(&world, path, &[]).await;
    assert_eq!(
        (json.json()["complete"].clone(), json.headers["reckon-complete"].to_str().unwrap()),
        (json!(false), "false")
    );
    let svg = text(&world, &format!("{path}&format=svg")).await;
    assert!(svg.contains("The first 25 rows are drawn.") && svg.contains("more rows than one page"));
}

#[tokio::test]
async fn what_flat_rows_have_no_place_for_stands_in_headers() {
    let world = World::new(NOW).await;
    for chunk in 0..2 {
        let events: Vec<_> = (0..600)
            .map(|number| json!({"id": format!("e{chunk}-{number}"), "kind": "view", "occurred_at": "2026-11-23T05:00:01Z",
                                 "url": format!("https://shop.example/page-{chunk}-{number}")}))
            .collect();
        world.post(json!(events)).await;
    }
    world.pump().await;
    let days = "from=2026-11-23&to=2026-11-23&format=csv";
    let folded = ask(&world, &format!("/v1/reports/breakdown?by=landing_page&{days}"), &[]).await;
    assert_eq!(folded.headers["reckon-folded-rows"], "201");
    assert_eq!(folded.headers["reckon-complete-through"], "2026-11-23T04:00:00Z");
    let filtered =
        ask(&world, &format!("/v1/reports/summary?landing_page=shop.example/page-0-1&{days}"), &[]).await;
    assert!(filtered.headers["reckon-warning"].to_str().unwrap().contains("(other)"));
}

#[tokio::test]
async fn charts_are_safe_documents_whose_figures_are_those_of_the_rows() {
    let world = filled().await;
    let list = world.get("/v1/goals").await.json();
    let goal = list["goals"][0]["id"].as_str().unwrap().to_owned();
    let mut charts: Vec<(String, &str)> = vec![(format!("/v1/goals/{goal}/progress?"), "target: 12.5")];
    for (path, mark) in [
        ("summary?", "sales: 38"),
        ("summary?compare=previous&metrics=sales,ctr,spend&", "ctr: undefined"),
        ("channels?compare=previous&", "paid_search: revenue 282.06 EUR"),
        ("channels?metrics=sales,revenue,cvr,aov,clicks&", "paid_search: cvr 1"),
        ("timeseries?", "2026-11-22: revenue 95.81 EUR"),
        ("timeseries?compare=previous&metrics=sales,revenue&", "this period, 2026-11-22: sales 13"),
        ("timeseries?by=campaign&interval=hour&", "'quoted'"),
        ("timeseries?by=campaign&interval=week&", "2026-11-23: revenue"),
        ("breakdown?by=campaign&sort=-sales&", "(none): sales 0"),
        ("attribution?by=campaign&models=first,last,linear&", "first: revenue"),
        ("cohorts?by=channel&", "month 0: revenue_per_customer"),
    ] {
        charts.push((format!("/v1/reports/{path}{DAYS}"), mark));
    }
    for (path, mark) in charts {
        for size in ["", "&width=320&height=200", "&width=2400"] {
            let path = format!("{path}&format=svg{size}");
            let answer = ask(&world, &path, &[]).await;
            let svg = String::from_utf8(answer.body).unwrap();
            assert_eq!(answer.status, 200, "{path}: {svg}");
            let document =
                roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{path}: {error}\n{svg}"));
            let root = document.root_element();
            assert_eq!((root.tag_name().name(), root.attribute("role")), ("svg", Some("img")), "{path}");
            let allowed = ["svg", "title", "desc", "style", "g", "rect", "text", "line", "path", "circle"];
            let mut titles = Vec::new();
            for node in document.descendants().filter(roxmltree::Node::is_element) {
                assert!(allowed.contains(&node.tag_name().name()), "{path}: {}", node.tag_name().name());
                for attribute in node.attributes() {
                    let name = attribute.name();
                    assert!(
                        !name.starts_with("on") && !name.ends_with("href") && name != "style",
                        "{path}: {name}"
                    );
                }
                if node.tag_name().name() == "title" {
                    titles.push(node.text().unwrap_or_default().to_owned());
                }
            }
            assert!(!titles[0].is_empty() && svg.contains("<desc"), "{path}");
            assert!(
                titles.iter().any(|title| title.contains(mark)),
                "{path}: {mark} is not among {titles:#?}"
            );
            let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
            let style = document
                .descendants()
                .find(|node| node.tag_name().name() == "style")
                .unwrap()
                .text()
                .unwrap();
            assert!(policy.contains(&sha256_base64(style)), "the policy names the style");
            assert!(!style.contains("url(") && !style.contains("@import"));
        }
    }
}

fn sha256_base64(text: &str) -> String {
    use base64::Engine;
    use sha2::Digest;
    base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text))
}

#[tokio::test]
async fn a_chart_of_bars_has_the_rows_of_the_report() {
    let world = filled().await;
    let path = format!("/v1/reports/breakdown?by=campaign&sort=-sales&metrics=sales,revenue&{DAYS}");
    let report: Value = serde_json::from_str(&text(&world, &path).await).unwrap();
    let svg = text(&world, &format!("{path}&format=svg")).await;
    let document = roxmltree::Document::parse(&svg).unwrap();
    let titles: Vec<&str> = document
        .descendants()
        .filter(|node| node.tag_name().name() == "title")
        .filter_map(|node| node.text())
        .collect();
    for row in report["rows"].as_array().unwrap() {
        let campaign = match row["campaign"].as_str().unwrap() {
            "" => "(none)".to_owned(),
            name => name.replace(['\u{fffe}', '\u{202e}'], "\u{fffd}"),
        };
        let sales = format!("{campaign}: sales {}", row["metrics"]["sales"]);
        let revenue = format!("{campaign}: revenue {} EUR", row["metrics"]["revenue"]);
        assert!(
            titles.contains(&sales.as_str()) && titles.contains(&revenue.as_str()),
            "{sales}, {revenue}: {titles:#?}"
        );
    }
}

/// A site with a year of days, each of impressions, clicks, cost and sales of 100 campaigns on five channels, folded as
/// `seal` does.
async fn year() -> World {
    let world = World::new("2025-11-01T00:00:00Z").await;
    let (store, site) = (world.store(), world.site().await);
    let stamp = store.state(&site.id).await.unwrap().unwrap().stamp();
    let first = at("2025-11-01T00:00:00Z");
    for day in 0..365_i64 {
        let time = first + chrono::Duration::days(day);
        let events = (0..100).map(|number: usize| {
            let kind = [Kind::Impression, Kind::Click, Kind::Spend, Kind::Sale][number / 5 % 4];
            let mut sent = Sent::new(EventId::parse(&format!("e{day}-{number}")).unwrap(), kind, time);
            sent.channel = Some(Channel::ALL[number % 5]);
            sent.utm.campaign = Some(Label::parse(&format!("campaign-{number}")).unwrap());
            // Days and campaigns differ, so that nothing is the smaller for being the same.
            let different = day * 7_919 % 1_009 + i64::try_from(number).unwrap() * 613;
            let cents = || Decimal::from_millionths(i128::from(different + 30_000) * 10_000);
            match kind {
                Kind::Impression => sent.count = u32::try_from(different + 20_000).unwrap(),
                Kind::Click => sent.count = u32::try_from(different / 30 + 500).unwrap(),
                _ => sent.value = Some(cents()),
            }
            let derived = derive(&sent, None, None, &site);
            Version { event: Event { sent, derived }, received: Received { trust: Trust::Secret, at: 0 } }
        });
        let part = of_events(events, 100, stamp);
        store
            .put_day(&site.id, time.date_naive(), &Rollup::of_parts(&[part], stamp, Level::Day), world.now())
            .await
            .unwrap();
    }
    let end = Minute::of(at("2026-11-01T00:00:00Z"));
    store.raise_sealing(&site.id, end).await.unwrap();
    store.raise_sealed(&site.id, end).await.unwrap();
    world.turn_to("2026-11-01T00:00:30Z");
    world
}

#[tokio::test]
async fn a_year_of_days_by_channel_is_read_within_15_read_units() {
    let world = year().await;
    let days = "from=2025-11-01&to=2026-10-31";
    // What finding the key and its site costs is another figure.
    world.call(Method::GET, "/v1/status", &world.admin, None).await;
    for (path, rows) in [
        (format!("/v1/reports/channels?{days}"), 5),
        (
            format!(
                "/v1/reports/timeseries?interval=day&by=channel&{days}&metrics=impressions,clicks,spend,sales,revenue"
            ),
            1_825,
        ),
        (format!("/v1/reports/timeseries?interval=month&by=channel&{days}"), 60),
    ] {
        let answer = ask(&world, &path, &[(header::ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!(answer.status, 200, "{path}");
        let cost = answer.cost("rru");
        assert!(cost <= 15.0, "{path}: {cost} read units");
        let csv = text(&world, &format!("{path}&format=csv")).await;
        assert_eq!(csv.lines().count(), rows + 1, "{path}");
    }
}
