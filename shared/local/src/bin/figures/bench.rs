//! What everything is measured on: a site over a temporary table, and the benchmark's event.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, Response, header};
use chrono::{DateTime, Duration, Utc};
use manage::{NewSite, create_site, make_key};
use reckon::engine::Engine;
use reckon::system::System;
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::names::{Currency, SiteId};
use reckon_core::domain::site::{LaneChange, Site};
use reckon_core::http::{Clock, Config};
use reckon_core::store::{Cost, Role};
use serde_json::{Value, json};
use tower::ServiceExt;

pub(crate) type Failure = Box<dyn std::error::Error>;

/// A system over a temporary table, and the keys to it.
pub(crate) struct Bench {
    pub(crate) system: System,
    router: Router,
    write: String,
    read: String,
    admin: String,
}

#[expect(clippy::float_arithmetic, reason = "figures for people, not for reports")]
pub(crate) fn ratio(over: f64, under: f64) -> f64 {
    over / under
}

impl Bench {
    pub(crate) async fn new(engine: &Engine, table: &str, now: DateTime<Utc>) -> Result<Self, Failure> {
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
        let (site, made) = create_site(&system.app, &new).await.map_err(refused)?;
        let write = make_key(&system.app, &site.id, Role::Write, "", None).await.map_err(refused)?.secret;
        let read = make_key(&system.app, &site.id, Role::Read, "", None).await.map_err(refused)?.secret;
        let router = system.router();
        Ok(Self { system, router, write, read, admin: made.secret })
    }

    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Failure> {
        let response = self.router.clone().oneshot(request).await?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(format!("answered {}", response.status()).into())
        }
    }

    /// Turns the clock.
    pub(crate) fn turn_to(&self, time: DateTime<Utc>) {
        self.system.app.clock.turn_to(time);
    }

    /// Spreads the site's events over so many lanes.
    pub(crate) async fn spread(&self, lanes: u16) -> Result<(), Failure> {
        let store = &self.system.app.store;
        let id = SiteId::parse("marketing-site")?;
        let mut site = store.site(&id).await?.ok_or("no site")?;
        site.lanes = vec![LaneChange { from: Minute::from_number(0), lanes }];
        store.put_site(&site).await?;
        self.system.app.forget_keys();
        Ok(())
    }

    /// Posts events; answers the write units.
    pub(crate) async fn post(&self, events: &[Value]) -> Result<f64, Failure> {
        let request =
            Request::post("/v1/events").header(header::AUTHORIZATION, format!("Bearer {}", self.write));
        let response = self.send(request.body(Body::from(serde_json::to_vec(events)?))?).await?;
        cost(&response, "wru=")
    }

    /// Sends JSON with the admin key.
    pub(crate) async fn manage(&self, method: Method, path: &str, body: &Value) -> Result<(), Failure> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.admin));
        self.send(request.body(Body::from(body.to_string()))?).await.map(|_| ())
    }

    /// Follows a link; answers the write units.
    pub(crate) async fn follow(&self, request: Request<Body>) -> Result<f64, Failure> {
        let response = self.router.clone().oneshot(request).await?;
        if !response.status().is_redirection() {
            return Err(format!("answered {}", response.status()).into());
        }
        cost(&response, "wru=")
    }

    /// Reads a report; answers the read units.
    pub(crate) async fn read(&self, path: &str) -> Result<f64, Failure> {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {}", self.read));
        cost(&self.send(request.body(Body::empty())?).await?, "rru=")
    }

    /// Fetches an answer in an encoding; answers the read units and the bytes.
    pub(crate) async fn fetch(&self, path: &str, encoding: &str) -> Result<(f64, Bytes), Failure> {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.read))
            .header(header::ACCEPT_ENCODING, encoding);
        let response = self.send(request.body(Body::empty())?).await?;
        let units = cost(&response, "rru=")?;
        Ok((units, to_bytes(response.into_body(), usize::MAX).await?))
    }
}

fn cost(response: &Response<Body>, unit: &str) -> Result<f64, Failure> {
    let header = response.headers().get("reckon-cost").ok_or("no cost header")?.to_str()?;
    let part = header.split(", ").find_map(|part| part.strip_prefix(unit)).ok_or("no such unit")?;
    Ok(part.parse()?)
}

/// A site as it would be read from the table.
pub(crate) fn site() -> Result<Site, Failure> {
    Ok(Site {
        hash_key: "00112233445566778899aabbccddeeff".to_owned(),
        ..Site::new(SiteId::parse("marketing-site")?, chrono_tz::UTC, Currency::parse("EUR")?)
    })
}

/// The benchmark's event: a UUIDv7, a time, a kind, a visitor, one of 20 campaigns, a value on one in fifty.
pub(crate) fn event(number: u32, minute: DateTime<Utc>, spread: u32) -> Value {
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

/// Every landing of a visitor writes its touch, one unit; in the benchmark each event has a visitor of its own.
pub(crate) fn touches(events: &[Value]) -> f64 {
    f64::from(
        u32::try_from(
            events.iter().filter(|event| event.get("kind").is_some_and(|kind| kind != "sale")).count(),
        )
        .unwrap_or(0),
    )
}

#[expect(clippy::float_arithmetic, reason = "figures for people, not for reports")]
pub(crate) fn rest(first: f64, second: f64, less: f64) -> f64 {
    first + second - less
}

/// DynamoDB's units as a number for people: read and write.
pub(crate) fn units(cost: Cost) -> Result<(f64, f64), Failure> {
    Ok((cost.read().text().parse()?, cost.write().text().parse()?))
}
