//! What clicks and their credit cost: a redirect beside a POST, and attribution over many results.

use std::time::Instant;

use axum::body::Body;
use axum::http::{Method, Request, header};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use reckon::engine::Engine;
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::{Event, Kind, Sent, Trust};
use reckon_core::domain::journey::{Contact, DAY_MILLIS, Path, Standing, Step};
use reckon_core::domain::names::{EventId, SiteId};
use reckon_core::domain::origin::derive;
use reckon_core::domain::rollup::{Level, Received, Rollup, Version, of_events};
use serde_json::json;

use super::bench::{Bench, Failure, event, ratio};

/// How many results there are, on how many days, and on how many distinct paths.
pub(crate) const RESULTS: u32 = 100_000;
const DAYS: u32 = 25;
pub(crate) const PATHS: u32 = 10_000;

/// The write units of a redirect, and its time as a multiple of that of a POST of one event, both warm.
pub(crate) async fn redirect(engine: &Engine) -> Result<(f64, f64), Failure> {
    let now: DateTime<Utc> = super::NOW.parse()?;
    let bench = Bench::new(engine, "redirect", now).await?;
    let link = json!({"slug": "figures", "destination": "https://shop.example/", "partner": "ada"});
    bench.manage(Method::POST, "/v1/links", &link).await?;
    let follow = || async {
        let request = Request::get("/r/figures").header(header::USER_AGENT, AGENT);
        bench.follow(request.body(Body::empty())?).await
    };
    let post = |number| {
        let event = event(number, now - Duration::seconds(59), 10_000);
        let bench = &bench;
        async move { bench.post(&[event]).await }
    };
    let (mut units, mut led, mut posted) = (follow().await?, 0, 0);
    post(0).await?;
    // In turns, so that whatever else the machine does falls on both.
    for number in 1..=500 {
        let begun = Instant::now();
        units = follow().await?;
        led += begun.elapsed().as_micros();
        let begun = Instant::now();
        post(number).await?;
        posted += begun.elapsed().as_micros();
    }
    Ok((units, ratio(f64::from(u32::try_from(led)?), f64::from(u32::try_from(posted)?))))
}

const AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/// The read units of an attribution report by channel, campaign and partner over sealed days.
pub(crate) async fn attribution(engine: &Engine) -> Result<[f64; 3], Failure> {
    let created: DateTime<Utc> = "2026-10-20T00:00:00Z".parse()?;
    let bench = Bench::new(engine, "attribution", created).await?;
    let store = &bench.system.app.store;
    let id = SiteId::parse("marketing-site")?;
    let site = store.site(&id).await?.ok_or("no site")?;
    let stamp = store.state(&id).await?.ok_or("no state")?.stamp();
    for day in 0..DAYS {
        let date = created.date_naive() + Duration::days(i64::from(day));
        let per_day = RESULTS / DAYS;
        let versions: Result<Vec<Version>, Failure> = (0..per_day)
            .map(|number| {
                let event = result(day * per_day + number, date, &site)?;
                Ok(Version { event, received: Received { trust: Trust::Secret, at: 0 } })
            })
            .collect();
        // In parts that no minute's bound folds, merged as hours and days are.
        let parts: Vec<Rollup> = versions?
            .chunks(500)
            .map(|part| of_events(part.to_vec(), u64::try_from(part.len()).unwrap_or(0), stamp))
            .collect();
        store.put_day(&id, date, &Rollup::of_parts(&parts, stamp, Level::Day), created).await?;
    }
    let now = created + Duration::days(i64::from(DAYS) + 1);
    bench.turn_to(now);
    store.raise_sealing(&id, reckon_core::domain::calendar::Minute::of(now)).await?;
    store.raise_sealed(&id, reckon_core::domain::calendar::Minute::of(now)).await?;
    let mut units = [0.0; 3];
    for (cost, by) in units.iter_mut().zip(["channel", "campaign", "partner"]) {
        let to = (created + Duration::days(i64::from(DAYS) - 1)).date_naive();
        let path = format!(
            "/v1/reports/attribution?by={by}&models=first,last,linear,markov&from=2026-10-20&to={to}"
        );
        *cost = bench.read(&path).await?;
    }
    Ok(units)
}

/// One sale, on one of the paths: four steps, each by one of ten campaigns, which have channels and partners of their own.
fn result(number: u32, date: NaiveDate, site: &reckon_core::domain::site::Site) -> Result<Event, Failure> {
    let at = date.and_time(chrono::NaiveTime::MIN).and_utc();
    let mut sent = Sent::new(EventId::parse(&format!("r{number}"))?, Kind::Sale, at);
    sent.value = Some(Money::whole(49));
    let mut derived = derive(&sent, None, None, site);
    let at = sent.at;
    let path = number.checked_rem(PATHS).unwrap_or(0);
    let step = |place: u32| {
        let chosen = path.checked_div(10_u32.pow(place)).and_then(|rest| rest.checked_rem(10)).unwrap_or(0);
        let channel =
            Channel::ALL.get(usize::try_from(chosen).unwrap_or(0)).copied().unwrap_or(Channel::Email);
        Step {
            at: at - i64::from(place + 1) * DAY_MILLIS,
            contact: Contact::Click,
            standing: Standing::Eligible,
            channel,
            source: String::new(),
            medium: String::new(),
            campaign: format!("campaign-of-autumn-{chosen}"),
            partner: format!("partner-{chosen}"),
            offer: String::new(),
            referrer: String::new(),
        }
    };
    derived.path = Some(Path { at, steps: (0..4).rev().map(step).collect(), dropped: 0 });
    Ok(Event { sent, derived })
}
