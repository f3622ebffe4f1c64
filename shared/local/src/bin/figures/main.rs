//! `cargo run --bin figures`: what events and reports cost, by DynamoDB's own account, beside the targets.
//! `--charts FOLDER` draws the charts of the README instead.

mod bench;
mod journeys;
mod memory;
mod prices;
mod rates;
mod year;

use std::io::{Write, stdout};
use std::time::Instant;

use chrono::{DateTime, Duration, Utc};
use reckon::engine::Engine;
use reckon_core::store::metered;
use serde_json::{Value, json};

use prices::Prices;

use bench::{Bench, Failure, event, ratio, rest, touches};

/// A site at this time, which is within a minute that all the events of a POST share.
const NOW: &str = "2026-11-23T05:00:59Z";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("--recount") {
        return memory::recount(arguments.next().unwrap_or_default().parse()?);
    }
    let folder = tempfile::tempdir()?;
    let engine = Engine::start(&folder.path().join("table.db"))?;
    if first.as_deref() == Some("--charts") {
        let folder = arguments.next().ok_or("--charts needs a folder")?;
        return Box::pin(year::charts(&engine, folder.as_ref())).await;
    }
    let mut out = stdout();
    writeln!(out, "| figure | measured | target |\n|---|---|---|")?;
    for (size, target) in [(1, "1.000"), (25, "0.040"), (100, "0.030"), (500, "0.020")] {
        let cost = ingest(&engine, size).await?;
        writeln!(out, "| write units per event, {size} a POST | {cost:.3} | {target} |")?;
    }
    let fresh = Box::pin(fresh(&engine)).await?;
    writeln!(out, "| from accepted to reported, beside the stream's window | {fresh} ms | 1,000 ms |")?;
    let late = late(&engine).await?;
    writeln!(out, "| write units on top for a late batch: its marker's put and delete | {late:.1} | |")?;
    let mut summaries = Vec::new();
    for events in [1_000, 100_000] {
        let [sealed, open] = summary(&engine, events).await?;
        writeln!(
            out,
            "| read units, 30-day summary of sealed days, {events} events | {sealed:.1} | at most 15 |"
        )?;
        writeln!(out, "| the same with today, of which an hour is open, {events} events | {open:.1} | |")?;
        summaries.push(sealed);
    }
    if let [few, many] = summaries.as_slice() {
        writeln!(out, "| ratio of the two | {:.2} | 1.0 |", ratio(*many, *few))?;
    }
    let (units, times) = Box::pin(journeys::redirect(&engine)).await?;
    writeln!(out, "| write units of a redirect, its click included | {units:.1} | 1 |")?;
    writeln!(out, "| time of a redirect, times that of a POST of one event | {times:.2} | |")?;
    let (results, paths) = (journeys::RESULTS, journeys::PATHS);
    let [channel, campaign, partner] = Box::pin(journeys::attribution(&engine)).await?;
    writeln!(
        out,
        "| read units, attribution of {results} results on {paths} paths, by channel, campaign, partner | {channel:.0}, {campaign:.0}, {partner:.0} | |"
    )?;
    for events in [10_000, 100_000] {
        let took = memory::of_minute(events)?;
        writeln!(out, "| recounting one lane of a minute of {events} events | {took} | |")?;
    }
    writeln!(
        out,
        "\n| 12 months of days, 100 campaigns on five channels | read units | target | JSON, KB | CSV, KB | JSON in gzip, KB |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|")?;
    for weighed in Box::pin(year::weighed(&engine)).await? {
        let [json, csv, packed] = weighed.bytes.map(|bytes| bytes.div_ceil(1_000));
        writeln!(
            out,
            "| {} | {:.1} | {} | {json} | {csv} | {packed} |",
            weighed.report, weighed.units, weighed.target
        )?;
    }
    Box::pin(all_included(&engine, &mut out)).await
}

/// What an event costs with everything behind it, at a few rates; `--quick` leaves out the highest, which takes long.
///
/// Lanes cut a POST into as many batches, so a site that sends batches has fewer of them, or larger ones.
async fn all_included(engine: &Engine, out: &mut impl Write) -> Result<(), Failure> {
    let prices = Prices::listed()?;
    let quick = std::env::args().any(|argument| argument == "--quick");
    writeln!(
        out,
        "\n| events a second, and a POST | lanes | write units an event | target | read units | DynamoDB | API | Lambda |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|")?;
    let rates = [
        ((1, 1), 600, 1, "1.15"),
        ((100, 25), 120, 1, "0.11"),
        ((10_000, 100), 60, 1, "0.040"),
        ((10_000, 500), 60, 8, "0.040"),
    ];
    for ((rate, size), seconds, lanes, target) in rates {
        if quick && rate > 1_000 {
            continue;
        }
        let event = rates::all_included(engine, (rate, size), seconds, lanes).await?;
        let [table, api, lambda] = prices.of_a_million(event, size);
        writeln!(
            out,
            "| {rate}, {size} | {lanes} | {:.3} | {target} | {:.3} | ${table:.2} | ${api:.2} | ${lambda:.2} |",
            event.write, event.read
        )?;
    }
    Ok(())
}

/// The write units of an event of batches alone, at so many events a POST. The visitors' touches come on top.
async fn ingest(engine: &Engine, size: u32) -> Result<f64, Failure> {
    let now: DateTime<Utc> = NOW.parse()?;
    let bench = Bench::new(engine, &format!("ingest-{size}"), now).await?;
    let minute = now - Duration::seconds(59);
    let posts = (2_000 / size).max(4);
    let mut units = 0.0;
    for post in 0..posts {
        let events: Vec<Value> =
            (0..size).map(|number| event(post * size + number, minute, size.max(60))).collect();
        let touches = touches(&events);
        units = rest(units, bench.post(&events).await?, touches);
    }
    Ok(ratio(units, f64::from(posts * size)))
}

/// How long a recount and a report take once the stream has gathered, in a minute of 10,000 events.
async fn fresh(engine: &Engine) -> Result<u128, Failure> {
    let now: DateTime<Utc> = NOW.parse()?;
    let bench = Bench::new(engine, "fresh", now).await?;
    for post in 0..100 {
        let events: Vec<Value> =
            (0..100).map(|number| event(post * 100 + number, now - Duration::seconds(59), 10_000)).collect();
        bench.post(&events).await?;
    }
    let begun = Instant::now();
    bench.system.pump().await?;
    bench.read("/v1/reports/summary?from=2026-11-23&to=2026-11-23").await?;
    Ok(begun.elapsed().as_millis())
}

/// What a batch of an hour that is over costs more: the marker before it, and taking that away.
async fn late(engine: &Engine) -> Result<f64, Failure> {
    let now: DateTime<Utc> = NOW.parse()?;
    let bench = Bench::new(engine, "late", now).await?;
    let sale = |id: &str, time: DateTime<Utc>| json!({"id": id, "kind": "sale", "value": 1, "occurred_at": time.to_rfc3339()});
    let prompt = bench.post(&[sale("a", now)]).await?;
    let late = bench.post(&[sale("b", now - Duration::days(3))]).await?;
    let app = &bench.system.app;
    let site = reckon_core::domain::names::SiteId::parse("marketing-site")?;
    let markers = app.store.late(&site, 1).await?;
    let marker = markers.first().ok_or("no marker")?;
    let (deleted, cost) = metered(app.store.delete_late(&site, marker)).await;
    deleted?;
    Ok(rest(late, cost.write().text().parse()?, prompt))
}

/// The read units of a summary over 30 sealed days, and of one that ends today.
async fn summary(engine: &Engine, events: u32) -> Result<[f64; 2], Failure> {
    let created: DateTime<Utc> = "2026-10-20T00:00:00Z".parse()?;
    let bench = Bench::new(engine, &format!("summary-{events}"), created).await?;
    let per_day = events / 30;
    for day in 0..30 {
        let minute = created + Duration::days(i64::from(day)) + Duration::hours(12);
        bench.system.app.clock.turn_to(minute + Duration::seconds(59));
        let all: Vec<Value> = (0..per_day).map(|number| event(number, minute, 3_000)).collect();
        for chunk in all.chunks(500) {
            bench.post(chunk).await?;
        }
        bench.system.pump().await?;
    }
    let now: DateTime<Utc> = "2026-11-23T05:30:00Z".parse()?;
    bench.system.app.clock.turn_to(now);
    // A run closes at most three days of hours.
    for _ in 0..20 {
        bench.system.seal(std::time::Duration::MAX).await?;
    }
    let open: Vec<Value> = (0..50).map(|number| event(number, now - Duration::minutes(5), 60)).collect();
    bench.post(&open).await?;
    bench.system.pump().await?;
    let sealed = bench.read("/v1/reports/summary?from=2026-10-20&to=2026-11-18").await?;
    let open = bench.read("/v1/reports/summary?from=2026-10-25&to=2026-11-23").await?;
    Ok([sealed, open])
}
