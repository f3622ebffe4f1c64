//! `cargo run --bin figures`: what events and reports cost, by DynamoDB's own account, beside the targets.

use std::io::{Write, stdout};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use chrono::{DateTime, Duration, Utc};
use manage::{NewSite, create_site, make_key};
use reckon::engine::Engine;
use reckon::system::System;
use reckon_core::http::{Clock, Config};
use reckon_core::store::{Role, metered};
use serde_json::{Value, json};
use tower::ServiceExt;

type Failure = Box<dyn std::error::Error>;

/// A system over a temporary table, and the keys to it.
struct Bench {
    system: System,
    router: Router,
    write: String,
    read: String,
}

/// A site at this time, which is within a minute that all the events of a POST share.
const NOW: &str = "2026-11-23T05:00:59Z";

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let engine = Engine::start(&folder.path().join("table.db"))?;
    let mut out = stdout();
    writeln!(out, "| figure | measured | target |\n|---|---|---|")?;
    for (size, target) in [(1, "1.000"), (25, "0.040"), (100, "0.030"), (500, "0.020")] {
        let cost = ingest(&engine, size).await?;
        writeln!(out, "| write units per event, {size} a POST | {cost:.3} | {target} |")?;
    }
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
    Ok(())
}

#[expect(clippy::float_arithmetic, reason = "figures for people, not for reports")]
fn ratio(over: f64, under: f64) -> f64 {
    over / under
}

impl Bench {
    async fn new(engine: &Engine, table: &str, now: DateTime<Utc>) -> Result<Self, Failure> {
        let config = Config {
            table: table.to_owned(),
            endpoint: None,
            operator_key_sha256: None,
            retention_days: None,
            stream_window_seconds: 10,
        };
        let system = System::open(engine, Clock::set_to(now), config, None).await?;
        let new = NewSite {
            id: "marketing-site".to_owned(),
            name: "Marketing site".to_owned(),
            time_zone: "UTC".to_owned(),
            currency: "EUR".to_owned(),
            conversion_kinds: None,
            acquisition_kinds: None,
            origins: vec![],
        };
        let refused = |problem: reckon_core::http::Problem| Failure::from(problem.to_string());
        let (site, _) = create_site(&system.app, &new).await.map_err(refused)?;
        let write = make_key(&system.app, &site.id, Role::Write, "", None).await.map_err(refused)?.secret;
        let read = make_key(&system.app, &site.id, Role::Read, "", None).await.map_err(refused)?.secret;
        let router = system.router();
        Ok(Self { system, router, write, read })
    }

    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Failure> {
        let response = self.router.clone().oneshot(request).await?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(format!("answered {}", response.status()).into())
        }
    }

    /// Posts events; answers the write units.
    async fn post(&self, events: &[Value]) -> Result<f64, Failure> {
        let request =
            Request::post("/v1/events").header(header::AUTHORIZATION, format!("Bearer {}", self.write));
        let response = self.send(request.body(Body::from(serde_json::to_vec(events)?))?).await?;
        cost(&response, "wru=")
    }

    /// Reads a report; answers the read units.
    async fn read(&self, path: &str) -> Result<f64, Failure> {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {}", self.read));
        cost(&self.send(request.body(Body::empty())?).await?, "rru=")
    }
}

fn cost(response: &Response<Body>, unit: &str) -> Result<f64, Failure> {
    let header = response.headers().get("reckon-cost").ok_or("no cost header")?.to_str()?;
    let part = header.split(", ").find_map(|part| part.strip_prefix(unit)).ok_or("no such unit")?;
    Ok(part.parse()?)
}

/// The benchmark's event: a UUIDv7, a time, a kind, a visitor, one of 20 campaigns, a value on one in fifty.
fn event(number: u32, minute: DateTime<Utc>, spread: u32) -> Value {
    let time =
        minute + Duration::milliseconds(i64::from(number % spread) * 60_000 / i64::from(spread.max(1)));
    let seconds = u64::try_from(time.timestamp()).unwrap_or(0);
    let id = uuid::Uuid::new_v7(uuid::Timestamp::from_unix(
        uuid::NoContext,
        seconds,
        time.timestamp_subsec_nanos(),
    ));
    let campaign = number.wrapping_mul(2_654_435_761) % 20;
    let sale = number % 50 == 49;
    let kind = if number.is_multiple_of(5) { "click" } else { "view" };
    let paid = campaign.is_multiple_of(2);
    json!({
        "id": id.to_string(),
        "kind": if sale { "sale" } else { kind },
        "value": sale.then(|| format!("{}.{:02}", 10 + number % 90, number % 100)),
        "occurred_at": time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        "visitor": uuid::Uuid::new_v7(uuid::Timestamp::now(uuid::NoContext)).to_string(),
        "utm": {"source": if paid { "google" } else { "newsletter" }, "medium": if paid { "cpc" } else { "email" },
                "campaign": format!("campaign-{campaign}")},
    })
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

/// Every landing of a visitor writes its touch, one unit; in the benchmark each event has a visitor of its own.
fn touches(events: &[Value]) -> f64 {
    f64::from(
        u32::try_from(
            events.iter().filter(|event| event.get("kind").is_some_and(|kind| kind != "sale")).count(),
        )
        .unwrap_or(0),
    )
}

#[expect(clippy::float_arithmetic, reason = "figures for people, not for reports")]
fn rest(first: f64, second: f64, less: f64) -> f64 {
    first + second - less
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
