//! A caller's own list against what is counted: each row is told what became of it, over HTTP and from a file.

use std::collections::BTreeMap;
use std::path::Path;

use axum::http::Method;
use clap::Parser;
use reckon::reconcile::{self, Category, ReconcileArgs, ReconcileError, Summary, exit_code};
use reckon_core::domain::decimal::Decimal;
use serde_json::{Value, json};

use crate::imports::file;
use crate::support::World;

const DAY: &str = "2026-11-23";

/// What a deployment says of a list.
pub async fn posted(world: &World, body: Value) -> Value {
    let answer = world.call(Method::POST, "/v1/reconcile", &world.read, Some(body)).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// The parts of the sums add up to their difference, to the last decimal.
fn assert_adds_up(answer: &Value) {
    let number = |value: &Value| Decimal::parse(&value.to_string()).unwrap();
    let sums = &answer["sums"];
    let parts: Decimal = sums["explained"].as_object().unwrap().values().map(number).sum();
    assert_eq!(number(&sums["list"]) - number(&sums["counted"]), parts, "{sums}");
    assert_eq!(number(&sums["difference"]), parts, "{sums}");
}

/// The part of each row of a list, and the orders that the list does not have.
fn parts(answer: &Value) -> BTreeMap<String, Vec<String>> {
    let mut parts = BTreeMap::new();
    for category in Category::ALL {
        let listing = &answer[category.name()];
        let list = listing["list"].as_array().unwrap();
        assert_eq!(listing["count"], list.len(), "{category:?}");
        assert_eq!(listing["complete"], true);
        let key = |entry: &Value| entry["order"].as_str().or(entry["id"].as_str()).unwrap().to_owned();
        if !list.is_empty() {
            parts.insert(category.name().to_owned(), list.iter().map(key).collect());
        }
    }
    parts
}

fn order(name: &str, value: &str, time: &str) -> Value {
    json!({"kind": "sale", "order": name, "value": value, "occurred_at": time})
}

/// A shop with one order of each fate.
async fn shop() -> World {
    let world = World::new("2026-11-23T01:30:30Z").await;
    let at = "2026-11-23T01:00:00Z";
    world
        .post(json!([
            order("same", "10.10", at), order("other", "20.00", at), order("gone", "5", at),
            order("no", "6", at), order("new", "7.77", at), order("net", "9", "2026-11-23T01:01:00Z"),
            order("before", "8", "2026-11-22T23:00:00Z"), order("twice", "1", at), order("silent", "3", at),
            {"kind": "sale", "order": "bot", "value": "4", "occurred_at": at, "user_agent": "Googlebot/2.1"},
            {"kind": "sale", "id": "bare", "value": "2.5", "occurred_at": at},
            {"kind": "view", "id": "seen", "occurred_at": at},
        ]))
        .await;
    let void = json!({"kind": "sale", "order": "gone", "value": "5", "void": true});
    let refused = json!({"kind": "sale", "order": "no", "value": "6", "status": "rejected"});
    let refund = json!({"kind": "refund", "id": "r", "order": "net", "value": "4", "occurred_at": "2026-11-23T01:02:00Z"});
    world.post(json!([void, refused, refund])).await;
    world.pump().await;
    // The trigger of this one is lost: it is stored all the same.
    world.post(order("fresh", "1.01", "2026-11-23T01:29:00Z")).await;
    world
}

fn shop_list() -> Value {
    json!([
        {"order": "same", "value": 10.10, "currency": "EUR"}, {"order": "other", "value": "19.99"},
        {"order": "gone", "value": "5"}, {"order": "no", "value": "6"}, {"order": "net", "value": "5"},
        {"order": "before", "value": "8"}, {"order": "twice", "value": "1"}, {"order": "twice", "value": "1"},
        {"order": "silent"}, {"order": "bot", "value": "4"}, {"order": "never", "value": "0.30"},
        {"order": "fresh", "value": "1.01"}
    ])
}

#[tokio::test]
async fn each_row_of_a_list_is_told_what_became_of_it_and_the_sums_are_explained_to_the_cent() {
    let world = shop().await;
    let body = json!({"from": DAY, "to": DAY, "by": "order", "rows": shop_list()});
    let answer = posted(&world, body.clone()).await;
    let told = parts(&answer);
    let expected = [
        ("missing", vec!["never"]),
        ("withdrawn", vec!["gone"]),
        ("robot", vec!["bot"]),
        ("rejected", vec!["no"]),
        ("outside", vec!["before"]),
        ("duplicate_in_list", vec!["twice"]),
        ("value_differs", vec!["other", "net"]),
        ("extra", vec!["new", "bare"]),
    ];
    let mut extra = told["extra"].clone();
    extra.sort();
    assert_eq!(extra, ["bare", "new"]);
    for (part, orders) in expected.iter().filter(|(part, _)| *part != "extra") {
        assert_eq!(told[*part], *orders, "{part}");
    }
    assert_eq!(told.len(), expected.len(), "{told:?}");
    assert_eq!(
        (&answer["matched"], &answer["agrees"]),
        (&json!({"count": 4, "value": 15.11}), &json!(false))
    );
    assert_adds_up(&answer);
    let differs = &answer["value_differs"]["list"];
    assert_eq!((&differs[0]["row"], &differs[0]["difference"]), (&json!(1), &json!(-0.01)));
    assert_eq!((&differs[1]["refunded"], &differs[1]["explained_by"]), (&json!(4), &json!("refund")));
    assert_eq!(answer["outside"]["list"][0]["occurred_at"], "2026-11-22T23:00:00.000Z");
    assert_eq!(answer["sums"]["explained"]["without_value"], -3);

    // In parts by the hash of the key the same comes out, each row and event in one of them.
    let (mut rows, mut extra) = (0, 0);
    for number in 0..3 {
        let hash = |order: &str| {
            use sha2::{Digest, Sha256};
            u64::from_be_bytes(Sha256::digest(order.as_bytes())[..8].try_into().unwrap()) % 3
        };
        let of_part: Vec<Value> = shop_list()
            .as_array()
            .unwrap()
            .iter()
            .filter(|row| hash(row["order"].as_str().unwrap()) == number)
            .cloned()
            .collect();
        let part = json!({"number": number, "of": 3});
        let body = json!({"from": DAY, "to": DAY, "by": "order", "rows": of_part, "part": part});
        let answer = posted(&world, body).await;
        assert_adds_up(&answer);
        rows += answer["rows"].as_u64().unwrap();
        extra += answer["extra"]["count"].as_u64().unwrap();
    }
    assert_eq!((rows, extra), (12, 2));

    // A short list is a part of a long one, and says so.
    let mut short = body;
    short["limit"] = json!(1);
    let answer = posted(&world, short).await;
    let listing = &answer["extra"];
    assert_eq!((&listing["count"], &listing["complete"]), (&json!(2), &json!(false)));
    assert_eq!(listing["list"].as_array().unwrap().len(), 1);

    // Another site's key sees nothing of it.
    let (_, admin) = world.another_site("other").await;
    let body = json!({"from": DAY, "to": DAY, "by": "order", "rows": shop_list()});
    let answer = world.call(Method::POST, "/v1/reconcile", &admin, Some(body)).await.json();
    assert_eq!((&answer["missing"]["count"], &answer["events"]), (&json!(11), &json!(0)));
}

#[tokio::test]
async fn events_are_compared_by_their_ids_and_minutes() {
    let world = shop().await;
    let lead = |id: &str, time: &str| json!({"kind": "lead", "id": id, "occurred_at": time});
    let (first, second) = ("2026-11-23T01:03:00Z", "2026-11-23T01:04:00Z");
    world
        .post(json!([
            lead("a", first),
            lead("a", second),
            lead("b", first),
            lead("c", second),
            lead("v", first)
        ]))
        .await;
    world.post(json!({"kind": "lead", "id": "v", "occurred_at": first, "void": true})).await;
    world.post(lead("early", "2026-11-22T10:00:00Z")).await;
    world.pump().await;
    let row = |id: &str, time: &str| json!({"id": id, "occurred_at": time});
    let rows = json!([row("a", second), row("b", first), row("v", first), row("early", "2026-11-22T10:00:00Z"), {"id": "x"}]);
    let body = json!({"from": DAY, "to": DAY, "by": "event", "kind": "lead", "rows": rows});
    let answer = posted(&world, body).await;
    let told = parts(&answer);
    let expected = [
        ("missing", "x"),
        ("withdrawn", "v"),
        ("outside", "early"),
        ("duplicate_in_reckon", "a"),
        ("extra", "c"),
    ];
    assert_eq!(told, expected.map(|(part, id)| (part.to_owned(), vec![id.to_owned()])).into());
    assert_eq!(answer["duplicate_in_reckon"]["list"][0]["occurred_at"], "2026-11-23T01:03:00.000Z");
    assert_eq!((&answer["matched"]["count"], &answer["hint"]), (&json!(2), &Value::Null));

    // All kinds at once; sales that came with an order are known by that, which is said.
    let body = json!({"from": DAY, "to": DAY, "by": "event", "rows": [{"id": "bare", "value": "2.5"}]});
    let answer = posted(&world, body).await;
    assert_eq!(answer["matched"]["count"], 1);
    assert!(answer["hint"].as_str().unwrap().contains("compare them by order"), "{}", answer["hint"]);
    assert_adds_up(&answer);
}

#[tokio::test]
async fn a_question_that_is_none_is_told_what_would_be() {
    let world = World::new("2026-11-23T01:30:30Z").await;
    let list = |change: fn(&mut Value)| {
        let mut body = json!({"from": DAY, "to": DAY, "by": "order", "rows": [{"order": "o"}]});
        change(&mut body);
        body
    };
    for (body, pointer, says) in [
        (list(|body| body["from"] = json!("23.11.2026")), "/from", "from must be a day such as 2026-11-23"),
        (list(|body| body["from"] = json!("2026-11-24")), "/from", "which is after to"),
        (list(|body| body["from"] = json!("2024-11-24")), "/from", "at most 366 days"),
        (list(|body| body["kind"] = json!("view")), "/kind", "compare others by event"),
        (list(|body| body["kind"] = json!("gift")), "/kind", "kind cannot be \"gift\": there are"),
        (list(|body| body["by"] = json!("customer")), "/by", "by cannot be \"customer\""),
        (list(|body| body["rows"][0] = json!({"id": "o"})), "/rows/0/order", "each row needs order"),
        (list(|body| body["rows"][0]["id"] = json!("o")), "/rows/0/order", "and not both"),
        (list(|body| body["rows"][0]["order"] = json!("")), "/rows/0/order", "must not be empty"),
        (list(|body| body["rows"][0]["value"] = json!("1,5")), "/rows/0/value", "must be a decimal number"),
        (
            list(|body| body["rows"][0]["currency"] = json!("USD")),
            "/rows/0/currency",
            "the site's currency is EUR",
        ),
        (list(|body| body["rows"][0]["gift"] = json!(1)), "/rows/0/gift", "unknown field"),
        (list(|body| body["part"] = json!({"number": 2, "of": 2})), "/part", "number below it"),
        (list(|body| body["limit"] = json!(100_000)), "/limit", "at most 10000"),
        (
            list(|body| body["rows"] = json!(vec![json!({"order": "o"}); 10_001])),
            "/rows",
            "at most 10000 rows",
        ),
    ] {
        let answer = world.call(Method::POST, "/v1/reconcile", &world.read, Some(body.clone())).await;
        let told = answer.json();
        assert_eq!(answer.status, 422, "{told}");
        let faults = told["errors"].as_array().unwrap();
        let fault =
            faults.iter().find(|fault| fault["pointer"] == pointer).unwrap_or_else(|| panic!("{told}"));
        assert!(fault["detail"].as_str().unwrap().contains(says), "{told}");
    }
}

/// The command line behind `reckon reconcile`.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    reconcile: ReconcileArgs,
}

/// Where a world answers over HTTP.
async fn served(world: &World) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = world.system.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

/// What `reckon reconcile` makes of a file, what it ends with, and what it prints.
async fn run(
    url: &str,
    key: &str,
    file: &Path,
    options: &[&str],
) -> (Result<Summary, ReconcileError>, u8, String) {
    let file = file.to_str().unwrap();
    let line = ["reconcile", file, "--url", url, "--key", key].into_iter().chain(options.iter().copied());
    let mut out = Vec::new();
    let result = reconcile::run(Arguments::parse_from(line).reconcile, &mut out, None).await;
    let code = exit_code(&result);
    (result, code, String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_file_of_orders_is_compared_and_every_difference_has_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let world = shop().await;
    let url = served(&world).await;
    let table = "Order ID,Total,Created at,Note\n\
                 same,10.10,2026-11-23T01:00:00Z,\nother,19.99,2026-11-23,\nnever,$0.30,2026-11-23,\n\
                 gone,5,2026-11-23,\nno,6,2026-11-23,\nbot,4,2026-11-23,\ntwice,1,2026-11-23,\ntwice,1,2026-11-23,\n\
                 silent,3,2026-11-23,\nfresh,1.01,2026-11-23,\nnet,5,2026-11-23,\n=1+1,2,2026-11-23,\n\
                 bad,\"1,5\",2026-11-23,\n";
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, table.as_bytes()).unwrap();
    let path = file(folder.path(), "orders.csv.gz", &packed.finish().unwrap());
    let output = folder.path().join("differences.csv");
    let (result, code, printed) =
        run(&url, &world.read, &path, &["--decimal", "point", "--output", output.to_str().unwrap()]).await;
    let summary = result.unwrap();
    assert_eq!(code, 1, "{printed}");
    for says in [
        "2026-11-23 to 2026-11-23: order from \"Order ID\", value from \"Total\", date from \"Created at\"",
        "4 agree, 15.11 EUR",
        "2 are not in Reckon\n  line 4: never, 0.3\n",
        "1 are in Reckon and were withdrawn\n  line 5: gone, 5\n",
        "line 12: net, 5 in the list, 9 in Reckon",
        "which is the refund of 4",
        "1 stand in the list again\n  line 9: twice, 1\n",
        "2 are in Reckon and not in the list",
        "line 14 cannot be read: \"1,5\" is no number",
        "list 58.4 - Reckon 54.38 = 4.02 EUR",
    ] {
        assert!(printed.contains(says), "{says} is not in\n{printed}");
    }
    let explained: Decimal = summary.explained.values().copied().sum();
    assert_eq!(summary.list - summary.counted, explained);
    let written = std::fs::read_to_string(&output).unwrap();
    assert!(written.contains("missing,4,never,0.3,,,,\n"), "{written}");
    assert!(written.contains("missing,13,'=1+1,2,,,,\n"), "{written}");
    assert!(written.contains("value_differs,3,other,19.99,20,-0.01,"), "{written}");
    assert_eq!(written.lines().count(), 1 + 10 + 1, "{written}");

    // Everything agrees: the rows that the shop has, whatever their order.
    let table = "net;9\nsame;10.10\nother;20\nnew;7.77\ntwice;1\nsilent;3\nfresh;1.01\n";
    let path = file(folder.path(), "right.csv", format!("order;value\n{table}").as_bytes());
    world.post(json!({"kind": "sale", "id": "bare", "value": "2.5", "occurred_at": "2026-11-23T01:00:00Z", "void": true})).await;
    world.pump().await;
    let options = ["--delimiter", ";", "--from", DAY, "--to", DAY];
    let (_, code, printed) = run(&url, &world.read, &path, &options).await;
    assert_eq!(code, 0, "{printed}");
    assert!(printed.contains("7 agree, 51.88 EUR") && printed.contains("everything agrees"), "{printed}");
}

#[tokio::test]
async fn a_row_of_another_day_than_its_order_is_found_in_the_other_question() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new("2026-11-23T01:30:30Z").await;
    // Two stretches, since they have more than 31 days; both rows lie on the other side of where they are cut.
    world
        .post(json!([order("a", "5", "2026-10-20T12:00:00Z"), order("b", "6", "2026-11-20T12:00:00Z")]))
        .await;
    world.pump().await;
    world.seal().await;
    let url = served(&world).await;
    let table = "order,value,date\na,5,2026-11-20\nb,7,2026-10-20\n";
    let path = file(folder.path(), "orders.csv", table.as_bytes());
    let (result, code, printed) = run(&url, &world.read, &path, &["--from", "2026-10-01"]).await;
    let summary = result.unwrap();
    assert_eq!((code, summary.matched), (1, (1, Decimal::whole(5))), "{printed}");
    assert_eq!(summary.lines.keys().collect::<Vec<_>>(), [&Category::ValueDiffers], "{printed}");
    let explained: Decimal = summary.explained.values().copied().sum();
    assert_eq!((summary.list - summary.counted, explained), (Decimal::whole(1), Decimal::whole(1)));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_or_a_deployment_is_told_and_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new("2026-11-23T01:30:30Z").await;
    let url = served(&world).await;
    let good = "order,value,date\na,5,2026-11-20\n";
    for (table, options, says) in [
        ("", vec![], "the file is empty"),
        ("name,price\nx,1\n", vec![], "no column looks like an order: say --order COLUMN"),
        (good, vec!["--order", "Order"], "there is no column \"Order\"; the columns are order, value, date"),
        ("order,order\n1,2\n", vec!["--order", "order"], "there are two columns \"order\""),
        ("order,value\na,5\n", vec![], "no column tells the days: say --date COLUMN, or --from and --to"),
        ("order,date\na,soon\n", vec![], "no row can be read; line 2: \"soon\" is no time"),
        (
            "order,value,date\na,1.5,2026-11-20\nb,\"1,5\",2026-11-20\n",
            vec![],
            "say which the file means, with --decimal",
        ),
        ("order,date\na,02/03/2026\n", vec![], "line 2: 02/03/2026 may be 2026-03-02 or 2026-02-03"),
        (good, vec!["--delimiter", "::"], "neither one character"),
        (good, vec!["--kind", "view"], "compare others by event"),
        (good, vec!["--from", "2026-11-21", "--to", "2026-11-20"], "is after the last"),
    ] {
        let path = file(folder.path(), "orders.csv", table.as_bytes());
        let (result, code, _) = run(&url, &world.read, &path, &options).await;
        let error = result.unwrap_err().to_string();
        assert!(error.contains(says), "{says} is not in {error}");
        assert_eq!(code, 2);
    }
    let path = file(folder.path(), "orders.csv", good.as_bytes());
    let (refused, code, _) = run(&url, &world.write, &path, &[]).await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("the key is refused") && code == 2, "{error}");
    let (gone, code, _) = run(&url, &world.read, &folder.path().join("none.csv"), &[]).await;
    assert!(matches!(gone, Err(ReconcileError::File { .. })) && code == 2);
}
