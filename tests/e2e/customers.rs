//! Cohorts and lifetime values: CDNOW against a count of the file and against the published fit, and cases by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use crate::imports::{CDNOW, data, file, import};
use crate::support::{World, meanwhile, sale};

const NOW: &str = "2026-11-23T05:00:30Z";

/// Imports a file of CDNOW's shape through the routes, and lets everything be counted and closed.
async fn imported(world: &World, key: &str, path: &Path) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = world.system.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let begun = std::time::Instant::now();
    let options: Vec<&str> = CDNOW.into_iter().chain(["--no-wait"]).collect();
    let (summary, printed) = import(&url, key, path, &options).await;
    assert!(summary.unwrap().rejected.is_empty(), "{printed}");
    server.abort();
    println!("sent {:?}", begun.elapsed());
    world.pump().await;
    println!("pumped {:?}", begun.elapsed());
    world.seal().await;
    println!("sealed {:?}", begun.elapsed());
    let status = world.call(Method::GET, "/v1/status", key, None).await.json();
    assert_eq!(status["late_markers"]["count"], 0, "{status}");
}

/// A line of the file: customer, month since the year 0, cents.
fn purchases(text: &str) -> Vec<(u32, u32, i64)> {
    let read = |line: &str| {
        let [customer, date, _, dollars] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let (year, month): (u32, u32) = (date[..4].parse().unwrap(), date[4..6].parse().unwrap());
        let (whole, cents) = dollars.split_once('.').unwrap();
        assert_eq!(cents.len(), 2);
        (customer.parse().unwrap(), year * 12 + month - 1, format!("{whole}{cents}").parse().unwrap())
    };
    text.lines().skip(1).map(read).collect()
}

/// An amount in cents.
#[expect(clippy::cast_possible_truncation, reason = "amounts of the file have a few digits")]
fn cents(amount: &Value) -> i64 {
    (amount.as_f64().unwrap() * 100.0).round() as i64
}

/// Customers, and by age the buyers, orders and cents, of each month of acquisition: counted from the file.
type Counted = BTreeMap<u32, (u64, BTreeMap<u32, (u64, u64, i64)>)>;

fn counted(purchases: &[(u32, u32, i64)]) -> Counted {
    let mut first = BTreeMap::<u32, u32>::new();
    for (customer, month, _) in purchases {
        let known = first.entry(*customer).or_insert(*month);
        *known = (*known).min(*month);
    }
    let mut counted = Counted::new();
    first.values().for_each(|month| counted.entry(*month).or_default().0 += 1);
    let mut seen = BTreeSet::new();
    for (customer, month, cents) in purchases {
        let acquired = first[customer];
        let cell = counted.get_mut(&acquired).unwrap().1.entry(month - acquired).or_default();
        cell.0 += u64::from(seen.insert((*customer, *month)));
        cell.1 += 1;
        cell.2 += cents;
    }
    counted
}

#[tokio::test]
async fn cdnow_has_the_cohorts_of_its_file_and_the_published_fit() {
    let world = World::new("1998-07-01T12:00:30Z").await;
    let straight = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cdnow.txt.zst");
    let begun = std::time::Instant::now();
    imported(&world, &world.admin, &straight).await;
    println!("imported after {:?}", begun.elapsed());

    let answer = world.get("/v1/reports/cohorts?from=1997-01-01&to=1998-06-30").await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let (cost, size, answer) = (answer.cost("rru"), answer.body.len(), answer.json());
    println!("CDNOW, cohorts: {cost} read units, {size} bytes");
    let text = String::from_utf8(data("cdnow.txt.zst")).unwrap();
    let counted = counted(&purchases(&text));
    assert_eq!(counted.keys().copied().collect::<Vec<_>>(), [1997 * 12, 1997 * 12 + 1, 1997 * 12 + 2]);
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 18);
    for (month, row) in (1997 * 12..).zip(rows) {
        assert_eq!(row["month"], format!("{}-{:02}", month / 12, month % 12 + 1));
        let (customers, cells) = counted.get(&month).cloned().unwrap_or_default();
        assert_eq!(row["customers"], customers);
        let ages = row["ages"].as_array().unwrap();
        // To July 1998, which has begun and has no purchase.
        assert_eq!(ages.len(), 1998 * 12 + 7 - usize::try_from(month).unwrap());
        let mut sum = 0;
        for (age, shown) in (0..).zip(ages) {
            let place = format!("{} after {age} months", row["month"]);
            let (buyers, orders, revenue) = cells.get(&age).copied().unwrap_or_default();
            assert_eq!(shown["age"], age);
            assert_eq!((&shown["buyers"], &shown["orders"]), (&json!(buyers), &json!(orders)), "{place}");
            assert_eq!((cents(&shown["gross_revenue"]), cents(&shown["revenue"])), (revenue, revenue));
            assert_eq!(shown["over"], month + age < 1998 * 12 + 6, "{place}");
            sum += revenue;
            if customers == 0 {
                assert_eq!(shown["revenue_per_customer"], json!(null), "{place}");
                assert_eq!(row["undefined"]["revenue_per_customer"], "no customers");
            } else {
                // A hundredth of a cent is exact enough for floats.
                let each = shown["revenue_per_customer"].as_f64().unwrap();
                let expected = f64::from(i32::try_from(sum).unwrap())
                    / 100.0
                    / f64::from(u32::try_from(customers).unwrap());
                assert!((each - expected).abs() < 1e-6, "{place}: {each} is not {expected}");
            }
        }
    }
    assert_eq!(
        (&answer["total"]["customers"], &answer["total"]["orders"], cents(&answer["total"]["revenue"])),
        (&json!(23_570), &json!(69_659), 250_031_563)
    );
    assert_eq!(answer["everything"]["orders"], 69_659);
    for part in ["other_months", "not_acquired", "without_customer", "folded"] {
        assert_eq!(answer["left_out"][part]["orders"], 0, "{part}");
    }

    let begun = std::time::Instant::now();
    let clv = world.get("/v1/reports/clv").await;
    assert_eq!(clv.status, 200, "{}", String::from_utf8_lossy(&clv.body));
    println!("CDNOW, clv: {} read units, {:?}", clv.cost("rru"), begun.elapsed());
    assert_eq!(clv.json()["total"]["predicted"]["buyers"], 23_570);
    // Both read the days of the customers' view, in which a purchase takes some 16 bytes, and those of the total view.
    // 299 and 297 as measured.
    assert!(cost < 350.0 && clv.cost("rru") < 350.0, "{cost}");

    // The tenth of the customers that the papers are about, on a site of their own.
    let ids = String::from_utf8(data("cdnow-sample-ids.txt.zst")).unwrap();
    let ids: BTreeSet<u32> = ids.lines().map(|id| id.trim().parse().unwrap()).collect();
    let of_sample = |line: &&str| {
        let id = line.split_whitespace().next().unwrap().parse();
        id.map_or(true, |id: u32| ids.contains(&id))
    };
    let lines: Vec<&str> = text.lines().filter(of_sample).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "sample.txt", lines.join("\n").as_bytes());
    let (_, key) = world.another_site("sample").await;
    imported(&world, &key, &path).await;
    let path = "/v1/reports/clv?to=1997-09-30&horizon_days=273&by=channel";
    let answer = world.call(Method::GET, path, &key, None).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let answer = answer.json();
    println!("{answer:#}");
    let rounded = |model: &str, name: &str, digits: usize| {
        format!("{:.digits$}", answer["models"][model]["parameters"][name].as_f64().unwrap())
    };
    let purchases = ["r", "alpha", "a", "b"].map(|name| rounded("purchases", name, 3));
    assert_eq!(purchases, ["0.243", "4.414", "0.793", "2.426"]);
    let values = ["p", "q", "gamma"].map(|name| rounded("values", name, 2));
    assert_eq!(values, ["6.25", "3.74", "15.44"]);
    assert_eq!(
        (&answer["models"]["purchases"]["customers"], &answer["models"]["values"]["customers"]),
        (&json!(2_357), &json!(946))
    );
    let predicted = &answer["total"]["predicted"];
    assert_eq!(
        (predicted["purchases"].as_f64().unwrap().floor(), predicted["value"].as_f64().unwrap().floor()),
        (1_653.0, 59_931.0)
    );
    // All came by one channel, so that its row is the total.
    assert_eq!(answer["rows"][0]["channel"], "direct");
    assert_eq!(answer["rows"][0]["predicted"], *predicted);
    assert_eq!(answer["query"]["from"], "1997-01-01");
}

/// A purchase, or something else, of a customer by a channel.
fn event(id: &str, kind: &str, time: &str, customer: &str, channel: &str, value: Option<i32>) -> Value {
    let mut event = json!({"id": id, "kind": kind, "occurred_at": time, "channel": channel});
    if !customer.is_empty() {
        event["customer"] = json!(customer);
    }
    if let Some(value) = value {
        event["value"] = json!(value);
    }
    event
}

/// Customers of every kind, some of today.
async fn small() -> World {
    let world = World::new(NOW).await;
    let events = json!([
        // Signs up by mail, buys two months later by a link, and sends some of it back.
        event("1", "signup", "2026-09-10T10:00:00Z", "ada", "email", None),
        event("2", "sale", "2026-11-02T10:00:00Z", "ada", "referral", Some(30)),
        event("3", "refund", "2026-11-23T04:30:00Z", "ada", "referral", Some(5)),
        // Two channels on the first day.
        event("4", "sale", "2026-10-05T10:00:00Z", "bob", "email", Some(10)),
        event("5", "sale", "2026-10-05T08:00:00Z", "bob", "affiliate", Some(1)),
        // Bought long before, and so is not new in the report's months.
        event("6", "sale", "2024-02-05T08:00:00Z", "old", "email", Some(4)),
        event("7", "sale", "2026-11-23T05:00:00Z", "old", "sms", Some(6)),
        // No acquisition, but money.
        event("8", "lead", "2026-10-05T08:00:00Z", "cy", "email", None),
        event("9", "refund", "2026-10-06T08:00:00Z", "cy", "email", Some(2)),
        // Nobody's.
        event("10", "sale", "2026-10-06T08:00:00Z", "", "email", Some(7)),
    ]);
    world.post(events).await;
    world.pump().await;
    world.seal().await;
    world
}

#[tokio::test]
async fn customers_stand_where_they_were_acquired_and_nothing_is_hidden() {
    let world = small().await;
    let answer = world.get("/v1/reports/cohorts?from=2026-09-15&to=2026-11-01&by=channel").await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let answer = answer.json();
    println!("{answer:#}");
    let takings = |orders: u64, gross: u64, refunded: u64, revenue: i64| json!({"orders": orders, "gross_revenue": gross, "refunded": refunded, "revenue": revenue});
    let age = |age: u64, over: bool, buyers: u64, mut takings: Value, each: Value| {
        takings["age"] = json!(age);
        takings["over"] = json!(over);
        takings["buyers"] = json!(buyers);
        takings["revenue_per_customer"] = each;
        takings
    };
    let none = || takings(0, 0, 0, 0);
    let row = |month: &str, channel: &str, mut takings: Value, ages: &[Value]| {
        takings["month"] = json!(month);
        takings["channel"] = json!(channel);
        takings["customers"] = json!(1);
        takings["ages"] = json!(ages);
        takings["undefined"] = json!({});
        takings
    };
    assert_eq!(
        answer["rows"],
        json!([
            row(
                "2026-09",
                "email",
                takings(1, 30, 5, 25),
                &[
                    age(0, true, 0, none(), json!(0)),
                    age(1, true, 0, none(), json!(0)),
                    age(2, false, 1, takings(1, 30, 5, 25), json!(25)),
                ]
            ),
            row(
                "2026-10",
                "affiliate",
                takings(2, 11, 0, 11),
                &[age(0, true, 1, takings(2, 11, 0, 11), json!(11)), age(1, false, 0, none(), json!(11))]
            ),
        ])
    );
    let group = |customers: u64, mut takings: Value| {
        takings["customers"] = json!(customers);
        takings
    };
    assert_eq!(answer["total"], group(2, takings(3, 41, 5, 36)));
    assert_eq!(
        answer["left_out"],
        json!({
            "other_months": group(1, takings(2, 10, 0, 10)),
            "not_acquired": group(1, takings(0, 0, 2, -2)),
            "without_customer": takings(1, 7, 0, 7),
            "folded": none(),
            "folded_rows": 0,
        })
    );
    assert_eq!(answer["everything"], takings(6, 58, 7, 51));
    // Without the channel: every month has its row. What is unsealed counts like what is.
    for now in [NOW, "2026-11-23T06:20:00Z", "2026-11-24T00:30:00Z"] {
        world.turn_to(now);
        world.seal().await;
        let all = world.get("/v1/reports/cohorts").await.json();
        let months: Vec<_> =
            all["rows"].as_array().unwrap().iter().map(|row| row["customers"].as_u64().unwrap()).collect();
        assert_eq!(months, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0], "{now}");
        assert_eq!(all["everything"], takings(6, 58, 7, 51), "{now}");
        assert_eq!(all["rows"][10]["ages"][2]["revenue"], 25, "{now}");
    }
}

#[tokio::test]
async fn few_customers_are_observed_and_nothing_is_predicted_of_them() {
    let world = small().await;
    let answer = world.get("/v1/reports/clv?by=channel").await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let answer = answer.json();
    let why_not = "a model needs 200 customers and there are 3";
    assert_eq!((&answer["models"], &answer["horizon_days"]), (&json!(null), &json!(365)));
    assert_eq!(answer["query"]["from"], "2024-02-05");
    let observed = |customers: u64, buyers: u64, orders: u64, gross: u64, refunded: u64, each: &str| {
        let revenue = i64::try_from(gross).unwrap() - i64::try_from(refunded).unwrap();
        let each: Value = each.parse().unwrap();
        json!({"customers": customers, "buyers": buyers, "orders": orders, "gross_revenue": gross,
               "refunded": refunded, "revenue": revenue, "revenue_per_customer": each})
    };
    let row = |channel: Value, observed: Value| json!({"channel": channel, "observed": observed, "predicted": null, "why_not": why_not});
    assert_eq!(
        answer["rows"],
        json!([
            row(json!("email"), observed(2, 2, 3, 40, 5, "17.5")),
            row(json!("affiliate"), observed(1, 1, 2, 11, 0, "11")),
            row(json!(null), observed(1, 0, 0, 0, 2, "-2")),
        ])
    );
    assert_eq!(answer["total"]["observed"], observed(4, 3, 5, 51, 7, "11"));
    assert_eq!((&answer["total"]["predicted"], &answer["total"]["why_not"]), (&json!(null), &json!(why_not)));
    assert_eq!(answer["left_out"]["without_customer"]["orders"], 1);
    // An earlier end knows less.
    let before = world.get("/v1/reports/clv?to=2026-09-30").await.json();
    assert_eq!(before["total"]["observed"], observed(2, 1, 1, 4, 0, "2"));
    assert_eq!((&before["rows"], &before["by"]), (&json!(null), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_and_the_rest_add_up_though_a_sale_is_counted_between_two_reads() {
    let world = Arc::new(World::new(NOW).await);
    world.post(json!([event("1", "sale", "2026-11-23T05:00:01Z", "eve", "email", Some(3))])).await;
    world.pump().await;
    meanwhile(&world, "min#shop#2026-11-23T05:00Z", 1..2, async |world: Arc<World>, _| {
        world.post(json!([event("2", "sale", "2026-11-23T05:00:02Z", "eve", "email", Some(4))])).await;
        world.pump().await;
    });
    let answer = world.get("/v1/reports/cohorts?from=2026-11-01").await.json();
    let without = &answer["left_out"]["without_customer"];
    assert_eq!((&answer["total"]["revenue"], &without["revenue"]), (&json!(7), &json!(0)), "{answer}");
}

#[tokio::test]
async fn a_site_without_events_has_empty_cohorts_and_no_prediction() {
    let world = World::new(NOW).await;
    let answer = world.get("/v1/reports/cohorts").await;
    println!("empty, cohorts: {} read units", answer.cost("rru"));
    let answer = answer.json();
    assert_eq!(answer["rows"].as_array().unwrap().len(), 13);
    assert_eq!(answer["rows"][0]["month"], "2025-11");
    assert_eq!(answer["rows"][12]["ages"].as_array().unwrap().len(), 1);
    assert_eq!(answer["rows"][0]["undefined"], json!({"revenue_per_customer": "no customers"}));
    assert_eq!(answer["total"]["customers"], 0);
    let by = world.get("/v1/reports/cohorts?by=channel").await.json();
    assert_eq!(by["rows"], json!([]));
    let clv = world.get("/v1/reports/clv?by=channel").await.json();
    assert_eq!((&clv["rows"], &clv["total"]["predicted"]), (&json!([]), &json!(null)));
    assert_eq!(clv["total"]["why_not"], "a model needs 200 customers and there are 0");
    assert_eq!(clv["total"]["observed"]["undefined"], json!({"revenue_per_customer": "no customers"}));
    // What has come in since the last hour was closed is seen at once.
    world.post(json!([event("1", "sale", "2026-11-23T05:00:01Z", "eve", "email", Some(3))])).await;
    world.pump().await;
    let answer = world.get("/v1/reports/cohorts?from=2026-11-01").await.json();
    assert_eq!((&answer["total"]["customers"], &answer["total"]["revenue"]), (&json!(1), &json!(3)));
}

#[tokio::test]
async fn what_cannot_be_asked_of_customers_is_told_with_its_parameter() {
    let world = World::new(NOW).await;
    world.post(json!([sale("a", "2026-11-23T05:00:01Z")])).await;
    for (path, pointer, code) in [
        ("cohorts?by=campaign", "by", "unknown_word"),
        ("cohorts?from=yesterday", "from", "invalid_date"),
        ("cohorts?from=2026-11-23&to=2026-11-01", "from", "reversed"),
        ("cohorts?from=2024-10-31&to=2026-11-23", "from", "too_long"),
        ("cohorts?from=2020-01-01", "from", "too_long"),
        ("cohorts?compare=previous", "compare", "unknown_parameter"),
        ("clv?horizon_days=0", "horizon_days", "out_of_range"),
        ("clv?horizon_days=3653", "horizon_days", "out_of_range"),
        ("clv?horizon_days=a%20year", "horizon_days", "out_of_range"),
        ("clv?from=2026-11-01", "from", "unknown_parameter"),
        ("clv?to=2026-11-24", "to", "in_future"),
        ("clv?by=campaign", "by", "unknown_word"),
    ] {
        let answer = world.get(&format!("/v1/reports/{path}")).await;
        let fault = &answer.json()["errors"][0];
        assert_eq!(
            (answer.status, &fault["pointer"], &fault["code"]),
            (422, &json!(pointer), &json!(code)),
            "{path}"
        );
    }
    for path in [
        "cohorts?from=2024-11-01&to=2026-11-23",
        "cohorts?from=2026-11-01&to=2027-02-01",
        "clv?horizon_days=3652",
    ] {
        assert_eq!(world.get(&format!("/v1/reports/{path}")).await.status, 200, "{path}");
    }
}
