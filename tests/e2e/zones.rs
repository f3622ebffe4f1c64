//! Local days and hours: half-hour zones, changes of the clock, and figures that fall where people expect them.

use serde_json::{Value, json};

use crate::support::{World, sale};

/// The number of sales of each row of a series.
async fn series(world: &World, path: &str) -> Vec<(String, i64)> {
    let answer = world.get(&format!("/v1/reports/timeseries?{path}")).await.json();
    let rows = answer["rows"].as_array().unwrap_or_else(|| panic!("{answer}")).iter();
    rows.map(|row| (row["start"].as_str().unwrap().to_owned(), row["metrics"]["sales"].as_i64().unwrap()))
        .collect()
}

/// A sale every ten minutes from `from`, so many of them.
fn every_ten_minutes(from: &str, count: i64) -> Vec<Value> {
    let from = crate::support::at(from);
    (0..count)
        .map(|number| {
            let time = from + chrono::Duration::minutes(number * 10);
            sale(&format!("e{number}"), &time.to_rfc3339())
        })
        .collect()
}

/// Posts, delivers, seals everything.
async fn settle(world: &World, events: Vec<Value>, now: &str) {
    for chunk in events.chunks(500) {
        world.post(json!(chunk)).await;
    }
    world.pump().await;
    world.turn_to(now);
    world.seal().await;
}

#[tokio::test]
async fn a_day_of_25_hours_in_berlin() {
    // 2026-10-25 lasts from 22:00 UTC of the day before to 23:00 UTC.
    for created in ["2026-10-24T12:00:00Z", "2026-10-27T12:00:00Z"] {
        let world = World::with(created, "Europe/Berlin", |_| {}).await;
        world.turn_to("2026-10-26T10:00:00Z");
        settle(&world, every_ten_minutes("2026-10-24T20:00:00Z", 30 * 6), "2026-10-27T12:00:00Z").await;
        let days = series(&world, "from=2026-10-24&to=2026-10-26").await;
        let numbers: Vec<i64> = days.iter().map(|(_, sales)| *sales).collect();
        assert_eq!(numbers, [12, 150, 18], "site made {created}");
        let hours = series(&world, "from=2026-10-25&to=2026-10-25&interval=hour").await;
        assert_eq!(hours.len(), 25);
        assert!(hours.iter().all(|(_, sales)| *sales == 6), "{hours:?}");
        assert_eq!(hours[2].0, "2026-10-25T02:00:00+02:00");
        assert_eq!(hours[3].0, "2026-10-25T02:00:00+01:00");
    }
}

#[tokio::test]
async fn a_day_of_23_hours_in_berlin() {
    let world = World::with("2026-03-28T12:00:00Z", "Europe/Berlin", |_| {}).await;
    world.turn_to("2026-03-30T10:00:00Z");
    settle(&world, every_ten_minutes("2026-03-28T23:00:00Z", 23 * 6), "2026-03-31T12:00:00Z").await;
    let days = series(&world, "from=2026-03-28&to=2026-03-30").await;
    assert_eq!(days.iter().map(|(_, sales)| *sales).collect::<Vec<_>>(), [0, 138, 0]);
    assert_eq!(series(&world, "from=2026-03-29&to=2026-03-29&interval=hour").await.len(), 23);
}

#[tokio::test]
async fn half_an_hour_back_on_lord_howe() {
    // 2026-04-05: at 02:00 (+11:00) the clock goes back to 01:30 (+10:30), which is 15:00 UTC of the day before.
    let world = World::with("2026-04-04T00:00:00Z", "Australia/Lord_Howe", |_| {}).await;
    world.turn_to("2026-04-06T00:00:00Z");
    settle(&world, every_ten_minutes("2026-04-04T13:00:00Z", 147), "2026-04-07T00:00:00Z").await;
    let days = series(&world, "from=2026-04-04&to=2026-04-06").await;
    // 24.5 hours make 147 sales.
    assert_eq!(days.iter().map(|(_, sales)| *sales).collect::<Vec<_>>(), [0, 147, 0]);
    let hours = series(&world, "from=2026-04-05&to=2026-04-05&interval=hour").await;
    let around: Vec<(&str, i64)> =
        hours[1..4].iter().map(|(start, sales)| (start.as_str(), *sales)).collect();
    assert_eq!(
        around,
        [
            ("2026-04-05T01:00:00+11:00", 6),
            ("2026-04-05T01:30:00+10:30", 3),
            ("2026-04-05T02:00:00+10:30", 6)
        ]
    );
}

#[tokio::test]
async fn half_an_hour_forward_on_lord_howe() {
    // 2026-10-04: at 02:00 (+10:30) the clock goes to 02:30 (+11:00); the day has 23.5 hours.
    let world = World::with("2026-10-03T00:00:00Z", "Australia/Lord_Howe", |_| {}).await;
    world.turn_to("2026-10-05T00:00:00Z");
    settle(&world, every_ten_minutes("2026-10-03T13:30:00Z", 141), "2026-10-06T00:00:00Z").await;
    let days = series(&world, "from=2026-10-03&to=2026-10-05").await;
    assert_eq!(days.iter().map(|(_, sales)| *sales).collect::<Vec<_>>(), [0, 141, 0]);
    let hours = series(&world, "from=2026-10-04&to=2026-10-04&interval=hour").await;
    assert_eq!((hours.len(), hours[2].0.as_str(), hours[2].1), (24, "2026-10-04T02:30:00+11:00", 3));
}

#[tokio::test]
async fn hours_begin_at_half_past_in_kolkata() {
    let world = World::with("2026-11-22T00:00:00Z", "Asia/Kolkata", |_| {}).await;
    world.turn_to("2026-11-23T05:00:00Z");
    let events = vec![
        sale("a", "2026-11-22T18:29:59Z"),
        sale("b", "2026-11-22T18:30:00Z"),
        sale("c", "2026-11-22T19:29:00Z"),
    ];
    settle(&world, events, "2026-11-24T00:00:00Z").await;
    let days = series(&world, "from=2026-11-22&to=2026-11-23").await;
    assert_eq!(days.iter().map(|(_, sales)| *sales).collect::<Vec<_>>(), [1, 2]);
    let hours = series(&world, "from=2026-11-23&to=2026-11-23&interval=hour").await;
    assert_eq!(hours[0], ("2026-11-23T00:00:00+05:30".to_owned(), 2));
}

#[tokio::test]
async fn an_open_hour_and_a_closed_one_give_the_same_figures() {
    let world = World::with("2026-11-22T00:00:00Z", "Asia/Kolkata", |_| {}).await;
    world.turn_to("2026-11-22T10:29:00Z");
    world.post(json!(every_ten_minutes("2026-11-22T08:00:00Z", 14))).await;
    world.pump().await;
    let before = series(&world, "from=2026-11-22&to=2026-11-22&interval=hour").await;
    for now in ["2026-11-22T10:45:00Z", "2026-11-22T12:00:00Z", "2026-11-23T12:00:00Z"] {
        world.turn_to(now);
        world.seal().await;
        assert_eq!(series(&world, "from=2026-11-22&to=2026-11-22&interval=hour").await, before, "{now}");
    }
}
