//! Reports: rows that add up, comparisons, intervals, pages, and what cannot be asked.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{World, sale};

const NOW: &str = "2026-11-23T05:00:30Z";

fn event(kind: &str, id: &str, time: &str, source: &str, medium: &str, campaign: &str) -> Value {
    json!({"id": id, "kind": kind, "occurred_at": time, "utm": {"source": source, "medium": medium, "campaign": campaign}})
}

/// Two days of clicks, sales and spend on three campaigns and two channels.
async fn filled() -> World {
    let world = World::new(NOW).await;
    let mut events = Vec::new();
    for (day, clicks, sales, spend) in [("22", 4, 1, "2.50"), ("23", 10, 3, "5.00")] {
        for (source, medium, campaign) in
            [("google", "cpc", "spring"), ("google", "cpc", "brand"), ("letter", "email", "spring")]
        {
            let time = format!("2026-11-{day}T03:0{}:00Z", campaign.len() % 7);
            let id = |kind: &str, number: i32| format!("{kind}-{day}-{source}-{campaign}-{number}");
            for number in 0..clicks {
                events.push(event("click", &id("click", number), &time, source, medium, campaign));
            }
            for number in 0..sales {
                let mut sale = event("sale", &id("sale", number), &time, source, medium, campaign);
                sale["value"] = json!("20.00");
                events.push(sale);
            }
            let mut cost = event("spend", &id("spend", 0), &time, source, medium, campaign);
            cost["value"] = json!(spend);
            events.push(cost);
        }
    }
    world.post(json!(events)).await;
    world.pump().await;
    world.seal().await;
    world
}

/// Holds the rows of an answer to adding up to its total, in every count and every amount.
fn adds_up(answer: &Value) {
    let rows = answer["rows"].as_array().unwrap();
    for metric in ["clicks", "sales", "conversions", "gross_revenue", "spend", "profit", "invalid"] {
        let sum: f64 = rows.iter().map(|row| row["metrics"][metric].as_f64().unwrap()).sum();
        let total = answer["total"]["metrics"][metric].as_f64().unwrap();
        assert!((sum - total).abs() < 1e-6, "{metric}: {sum} is not {total}");
    }
}

#[tokio::test]
async fn channels_stand_side_by_side_with_rank_share_and_change() {
    let world = filled().await;
    let answer = world
        .get("/v1/reports/channels?from=2026-11-23&to=2026-11-23&compare=previous&align=full")
        .await
        .json();
    adds_up(&answer);
    let [paid, email] = answer["rows"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!((&paid["channel"], &paid["rank"]), (&json!("paid_search"), &json!(1)));
    assert_eq!((&email["channel"], &email["rank"]), (&json!("email"), &json!(2)));
    // 6 of 9 sales at 20 each; 20 clicks for 10.00; before: 2 sales, 8 clicks, 5.00.
    let metrics = &paid["metrics"];
    assert_eq!(
        (&metrics["sales"], &metrics["gross_revenue"], &metrics["cpc"]),
        (&json!(6), &json!(120), &json!(0.5))
    );
    assert_eq!((&metrics["roas"], &metrics["roi"]), (&json!(12), &json!(11)));
    assert_eq!(paid["share"]["sales"], json!(0.666667));
    assert_eq!(paid["change"]["sales"], json!({"delta": 4, "ratio": 2}));
    assert_eq!(paid["change"]["leads"], json!({"delta": 0, "ratio": null}));
    assert_eq!(
        (&answer["previous"]["from"], &answer["previous"]["total"]["metrics"]["sales"]),
        (&json!("2026-11-22"), &json!(3))
    );
}

#[tokio::test]
async fn a_summary_repeats_the_question_and_says_how_far_it_holds() {
    let world = filled().await;
    let answer =
        world.get("/v1/reports/summary?from=2026-11-22&to=2026-11-23&channel=email&channel=sms").await.json();
    assert_eq!(
        answer["query"],
        json!({"from": "2026-11-22", "to": "2026-11-23",
        "filters": {"channel": ["email", "sms"]}, "compare": null, "align": "elapsed"})
    );
    assert_eq!(
        (&answer["site"], &answer["time_zone"], &answer["currency"]),
        (&json!("shop"), &json!("UTC"), &json!("EUR"))
    );
    assert_eq!(
        (&answer["as_of"], &answer["complete_through"]),
        (&json!("2026-11-23T05:00:30Z"), &json!("2026-11-23T04:00:00Z"))
    );
    assert_eq!(answer["metrics"]["sales"], 4);
    assert_eq!(
        (&answer["metrics"]["ctr"], &answer["undefined"]["ctr"]),
        (&json!(null), &json!("no impressions"))
    );
}

#[tokio::test]
async fn a_running_day_is_compared_with_as_much_of_the_day_before() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world
        .post(json!([
            sale("a", "2026-11-22T04:00:00Z"),
            sale("b", "2026-11-22T05:00:59Z"),
            sale("c", "2026-11-22T05:01:00Z"),
            sale("d", "2026-11-22T20:00:00Z"),
            sale("e", "2026-11-23T04:00:00Z"),
        ]))
        .await;
    world.pump().await;
    world.seal().await;
    for (align, before) in [("elapsed", 2), ("full", 4)] {
        let path =
            format!("/v1/reports/summary?from=2026-11-23&to=2026-11-23&compare=previous&align={align}");
        let answer = world.get(&path).await.json();
        assert_eq!(
            (&answer["metrics"]["sales"], &answer["previous"]["metrics"]["sales"]),
            (&json!(1), &json!(before)),
            "{align}"
        );
    }
    let year = world.get("/v1/reports/summary?from=2026-11-23&to=2026-11-23&compare=year").await.json();
    assert_eq!(year["previous"]["from"], "2025-11-23");
}

#[tokio::test]
async fn a_comparison_tells_how_far_it_goes_and_has_no_rows_beyond() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    world.post(json!([sale("a", "2026-11-21T04:00:00Z"), sale("b", "2026-11-22T20:00:00Z")])).await;
    world.pump().await;
    world.seal().await;
    // The first of three days runs: of the days before, the first five hours are compared.
    let ask = async |report: &str, align: &str| {
        let path =
            format!("/v1/reports/{report}from=2026-11-23&to=2026-11-25&compare=previous&align={align}");
        world.get(&path).await.json()["previous"].clone()
    };
    for report in ["summary?", "channels?", "timeseries?", "breakdown?by=campaign&"] {
        let (elapsed, full) = (ask(report, "elapsed").await, ask(report, "full").await);
        assert_eq!(
            (&elapsed["from"], &elapsed["to"]),
            (&json!("2026-11-20"), &json!("2026-11-22")),
            "{report}"
        );
        assert_eq!(elapsed["until"], "2026-11-20T05:01:00Z", "{report}");
        assert_eq!(full["until"], Value::Null, "{report}");
    }
    for report in ["channels?", "breakdown?by=campaign&"] {
        assert_eq!(ask(report, "elapsed").await["total"]["metrics"]["sales"], 0);
        assert_eq!(ask(report, "full").await["total"]["metrics"]["sales"], 2);
    }
    let rows = async |report: &str, align: &str| {
        let previous = ask(report, align).await;
        let rows = previous["rows"].as_array().unwrap().iter();
        rows.map(|row| {
            (row["start"].as_str().unwrap()[..13].to_owned(), row["metrics"]["sales"].as_i64().unwrap())
        })
        .collect::<Vec<_>>()
    };
    let days = async |align: &str| {
        let previous = ask("timeseries?", align).await;
        let rows = previous["rows"].as_array().unwrap().iter();
        rows.map(|row| row["metrics"]["sales"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((days("elapsed").await, days("full").await), (vec![0], vec![0, 1, 1]));
    let hours = rows("timeseries?interval=hour&", "elapsed").await;
    assert_eq!((hours.len(), hours.last().unwrap().0.as_str()), (6, "2026-11-20T05"));
}

#[tokio::test]
async fn a_time_series_has_a_row_for_every_interval() {
    let world = filled().await;
    let rows = async |path: &str| world.get(path).await.json()["rows"].as_array().unwrap().clone();
    let sales =
        |rows: &[Value]| rows.iter().map(|row| row["metrics"]["sales"].as_i64().unwrap()).collect::<Vec<_>>();
    let days = rows("/v1/reports/timeseries?from=2026-11-21&to=2026-11-23").await;
    assert_eq!((sales(&days), &days[0]["start"]), (vec![0, 3, 9], &json!("2026-11-21")));
    let hours = rows("/v1/reports/timeseries?from=2026-11-22&to=2026-11-22&interval=hour").await;
    assert_eq!(
        (hours.len(), sales(&hours)[3], &hours[3]["start"]),
        (24, 3, &json!("2026-11-22T03:00:00+00:00"))
    );
    let weeks = rows("/v1/reports/timeseries?from=2026-11-20&to=2026-11-23&interval=week").await;
    assert_eq!((sales(&weeks), &weeks[1]["start"]), (vec![3, 9], &json!("2026-11-23")));
    let months = rows("/v1/reports/timeseries?from=2026-10-20&to=2026-11-23&interval=month").await;
    assert_eq!(sales(&months), [0, 12]);
    let split = world.get("/v1/reports/timeseries?from=2026-11-21&to=2026-11-23&by=channel").await.json();
    adds_up(&split);
    assert_eq!(split["rows"].as_array().unwrap().len(), 6, "three days of two channels");
}

#[tokio::test]
async fn a_breakdown_is_sorted_and_read_page_by_page() {
    let world = filled().await;
    let path = "/v1/reports/breakdown?from=2026-11-22&to=2026-11-23&by=channel,campaign&sort=-sales&limit=2";
    let first = world.get(path).await.json();
    assert_eq!((&first["complete"], first["rows"].as_array().unwrap().len()), (&json!(false), 2));
    let second = world.get(&format!("{path}&cursor={}", first["next"].as_str().unwrap())).await.json();
    assert_eq!((&second["complete"], &second["next"]), (&json!(true), &json!(null)));
    let mut all = first.clone();
    all["rows"].as_array_mut().unwrap().extend(second["rows"].as_array().unwrap().clone());
    adds_up(&all);
    let keys: Vec<_> = all["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{}/{}", row["channel"].as_str().unwrap(), row["campaign"].as_str().unwrap()))
        .collect();
    assert_eq!(keys, ["email/spring", "paid_search/brand", "paid_search/spring"]);
    let foreign = world
        .get(&format!(
            "{}&cursor={}",
            path.replace("limit=2", "limit=2&channel=email"),
            first["next"].as_str().unwrap()
        ))
        .await;
    assert_eq!((foreign.status, &foreign.json()["errors"][0]["code"]), (422, &json!("foreign_cursor")));
    let by_campaign = world
        .get("/v1/reports/breakdown?from=2026-11-22&to=2026-11-23&by=campaign&campaign=spring")
        .await
        .json();
    assert_eq!(by_campaign["total"]["metrics"]["sales"], 8);
}

#[tokio::test]
async fn a_cursor_is_of_one_site() {
    let world = filled().await;
    let (_, stranger) = world.another_site("other").await;
    // Two sealed days that say something else than before.
    world.turn_to("2026-11-24T00:50:00Z");
    world.seal().await;
    world.turn_to("2026-11-24T01:00:00Z");
    world
        .post(json!([sale("late-22", "2026-11-22T06:00:00Z"), sale("late-23", "2026-11-23T06:00:00Z")]))
        .await;
    world.pump().await;
    for path in ["reports/breakdown?by=campaign&", "restatements?", "conversions?"] {
        let path = format!("/v1/{path}from=2026-11-22&to=2026-11-23&limit=1");
        let first = world.get(&path).await.json();
        let next = first["next"].as_str().unwrap_or_else(|| panic!("{path}: {first}"));
        let path = format!("{path}&cursor={next}");
        assert_eq!(world.get(&path).await.status, 200, "{path}");
        let answer = world.call(Method::GET, &path, &stranger, None).await;
        let told = answer.json();
        assert_eq!(
            (answer.status, &told["errors"][0]["code"]),
            (422, &json!("foreign_cursor")),
            "{path}: {told}"
        );
    }
}

#[tokio::test]
async fn a_country_is_asked_for_by_its_code() {
    let world = World::new(NOW).await;
    let from = |id: &str, country: &str| {
        let mut sale = sale(id, NOW);
        sale["country"] = json!(country);
        sale
    };
    world.post(json!([from("a", "DE"), from("b", "de"), from("c", "FR"), sale("d", NOW)])).await;
    world.pump().await;
    for (query, sales) in [
        ("country=DE", 2),
        ("country=DE&country=FR", 3),
        ("country=", 1),
        ("country=(other)", 0),
        ("country=AT", 0),
    ] {
        let path = format!("/v1/reports/summary?from=2026-11-23&to=2026-11-23&{query}");
        let answer = world.get(&path).await;
        assert_eq!((answer.status, &answer.json()["metrics"]["sales"]), (200, &json!(sales)), "{query}");
    }
    for (query, says) in [
        ("country=de", r#""de" is no code of a country: did you mean DE?"#),
        ("country=DE&country=fr", r#""fr" is no code of a country: did you mean FR?"#),
        (
            "country=Germany",
            r#""Germany" is no code of a country: a country is two capital letters, such as DE"#,
        ),
    ] {
        let answer = world.get(&format!("/v1/reports/summary?{query}")).await;
        let told = answer.json();
        let fault = &told["errors"][0];
        assert_eq!(
            (answer.status, &fault["code"], &fault["pointer"]),
            (422, &json!("unknown_value"), &json!("country"))
        );
        assert_eq!(fault["detail"], says);
    }
}

#[tokio::test]
async fn every_view_adds_up_to_the_same_total_at_every_level() {
    let world = filled().await;
    let by = [
        "channel",
        "source,medium",
        "channel,campaign",
        "campaign,content",
        "campaign,term",
        "landing_page",
        "referrer",
        "country",
        "device",
        "kind,name",
    ];
    for now in [NOW, "2026-11-24T00:15:00Z"] {
        world.turn_to(now);
        world.seal().await;
        for by in by {
            let answer = world
                .get(&format!("/v1/reports/breakdown?from=2026-11-22&to=2026-11-23&by={by}"))
                .await
                .json();
            adds_up(&answer);
            assert_eq!(answer["total"]["metrics"]["sales"], 12, "{by}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_with_what_can() {
    let world = World::new(NOW).await;
    for (path, status, says) in [
        ("summary?from=2026-11-23&to=2026-11-01", 422, "after to"),
        ("summary?from=yesterday", 422, "2026-11-23"),
        ("summary?from=2023-01-01&to=2026-11-01", 422, "25 months"),
        ("summary?form=2026-11-01", 422, "did you mean from?"),
        ("summary?compare=last", 422, "previous"),
        ("summary?from=2026-11-01&from=2026-11-02", 422, "more than once"),
        ("summary?country=DE&device=mobile", 422, "source+medium"),
        ("breakdown", 422, "by=campaign"),
        ("breakdown?by=chanel", 422, "did you mean channel?"),
        ("breakdown?by=channel&sort=clcks", 422, "did you mean clicks?"),
        ("breakdown?by=channel&limit=0", 422, "1 to 1000"),
        ("breakdown?by=channel&cursor=abc", 422, "without it"),
        ("breakdown?by=country,device", 422, "channel+campaign"),
        ("timeseries?interval=minute", 422, "hour, day, week, month"),
        ("timeseries?interval=hour&from=2026-10-01&to=2026-11-23", 422, "31 days"),
    ] {
        let answer = world.get(&format!("/v1/reports/{path}")).await;
        assert_eq!(answer.status, status, "{path}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(says), "{path}: {detail}");
    }
}

#[tokio::test]
async fn the_metadata_describes_every_metric_view_and_limit() {
    let world = World::new(NOW).await;
    let metadata = world.get("/v1/metadata").await.json();
    let metric = |name: &str| {
        metadata["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == name).unwrap().clone()
    };
    assert_eq!(metric("ctr")["formula"], "clicks / impressions");
    assert_eq!(metric("ctr")["undefined_without"], "impressions");
    assert_eq!(
        (metric("spend")["unit"].clone(), metric("sales")["unit"].clone()),
        (json!("money"), json!("count"))
    );
    assert_eq!(metadata["metrics"].as_array().unwrap().len(), 34);
    assert_eq!(metadata["views"].as_array().unwrap().len(), 13);
    assert_eq!(metadata["models"].as_array().unwrap().len(), 8);
    assert!(metadata["limits"]["rows_of_a_view_per_day"].as_u64().unwrap() >= 5_000);
    // What it lists is what a summary has.
    let summary = world.get("/v1/reports/summary").await.json();
    let names: Vec<_> = summary["metrics"].as_object().unwrap().keys().cloned().collect();
    let mut listed: Vec<_> = metadata["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|metric| metric["name"].as_str().unwrap().to_owned())
        .collect();
    listed.sort();
    assert_eq!(names, listed);
}

#[tokio::test]
async fn rows_past_the_cap_fold_and_the_total_stays_exact() {
    let world = World::new(NOW).await;
    for chunk in 0..2 {
        let events: Vec<_> = (0..600)
            .map(|number| json!({"id": format!("e{chunk}-{number}"), "kind": "view", "occurred_at": "2026-11-23T05:00:01Z",
                                 "url": format!("https://shop.example/page-{chunk}-{number}")}))
            .collect();
        world.post(json!(events)).await;
    }
    world.pump().await;
    let answer = world
        .get("/v1/reports/breakdown?by=landing_page&from=2026-11-23&to=2026-11-23&limit=1000&sort=-views")
        .await
        .json();
    assert_eq!((&answer["total"]["metrics"]["views"], &answer["folded_rows"]), (&json!(1_200), &json!(201)));
    let other = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["landing_page"] == "(other)")
        .unwrap()
        .clone();
    assert_eq!(other["metrics"]["views"], 201);
    let filtered = world
        .get("/v1/reports/summary?landing_page=shop.example/page-0-1&from=2026-11-23&to=2026-11-23")
        .await
        .json();
    assert!(filtered["warnings"][0].as_str().unwrap().contains("(other)"), "{filtered}");
}

#[tokio::test]
async fn a_campaign_that_calls_itself_other_makes_no_figure_doubtful() {
    let world = World::new(NOW).await;
    let click = |id: &str, campaign: &str| event("click", id, NOW, "google", "cpc", campaign);
    world.post(json!([click("a", "(other)"), click("b", "spring")])).await;
    world.pump().await;
    let path = "/v1/reports/summary?campaign=spring&from=2026-11-23&to=2026-11-23";
    let answer = world.get(path).await.json();
    assert_eq!((&answer["metrics"]["clicks"], &answer["warnings"]), (&json!(1), &Value::Null), "{answer}");
}
