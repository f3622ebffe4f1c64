//! A year of days with 100 campaigns: what its reports cost and weigh in each format, and the charts of the README.

use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use reckon::engine::Engine;
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::{Event, Kind, Sent, Trust};
use reckon_core::domain::names::{EventId, Label, SiteId};
use reckon_core::domain::origin::derive;
use reckon_core::domain::rollup::{Level, Received, Rollup, Version, of_events};
use reckon_core::domain::site::Site;

use super::bench::{Bench, Failure};

const DAYS: u32 = 365;
const CAMPAIGNS: u32 = 100;
const CHANNELS: [Channel; 5] =
    [Channel::PaidSearch, Channel::Email, Channel::PaidSocial, Channel::Affiliate, Channel::OrganicSearch];

/// A report, what it costs, and how many bytes it has as JSON, as CSV, and as JSON packed with gzip.
pub(crate) struct Weighed {
    pub(crate) report: &'static str,
    pub(crate) units: f64,
    pub(crate) target: &'static str,
    pub(crate) bytes: [usize; 3],
}

/// The site, whose days are sealed.
async fn filled(engine: &Engine) -> Result<Bench, Failure> {
    let created: DateTime<Utc> = "2025-11-24T00:00:00Z".parse()?;
    let bench = Bench::new(engine, "year", created).await?;
    let store = &bench.system.app.store;
    let id = SiteId::parse("marketing-site")?;
    let site = store.site(&id).await?.ok_or("no site")?;
    let stamp = store.state(&id).await?.ok_or("no state")?.stamp();
    for day in 0..DAYS {
        let time = created + Duration::days(i64::from(day));
        let mut versions = Vec::new();
        for campaign in 0..CAMPAIGNS {
            for kind in [Kind::Impression, Kind::Click, Kind::Spend, Kind::Sale] {
                versions.push(version(kind, day, campaign, time, &site)?);
            }
        }
        let number = u64::try_from(versions.len()).unwrap_or(0);
        let part = of_events(versions, number, stamp);
        store.put_day(&id, time.date_naive(), &Rollup::of_parts(&[part], stamp, Level::Day), created).await?;
    }
    let now = created + Duration::days(i64::from(DAYS));
    bench.turn_to(now);
    store.raise_sealing(&id, Minute::of(now)).await?;
    store.raise_sealed(&id, Minute::of(now)).await?;
    Ok(bench)
}

/// What one campaign did on one day, always the same: weekends are quiet, autumn is busy, chance is a multiplication.
fn version(
    kind: Kind,
    day: u32,
    campaign: u32,
    time: DateTime<Utc>,
    site: &Site,
) -> Result<Version, Failure> {
    let channel = campaign.checked_rem(5).unwrap_or(0);
    let chance = (day * 97 + campaign * 31).wrapping_mul(2_654_435_761).rotate_right(16) & 63;
    let weekend = if day % 7 >= 5 { 2 } else { 3 };
    let busy = (40 + chance + day.checked_div(4).unwrap_or(0)) * weekend * (6 - channel);
    let mut sent = Sent::new(EventId::parse(&format!("{}-{day}-{campaign}", kind.as_str()))?, kind, time);
    sent.utm.campaign = Some(Label::parse(&format!("campaign-{campaign:02}"))?);
    sent.channel = usize::try_from(channel).ok().and_then(|place| CHANNELS.get(place)).copied();
    let euros = |number: u32| Some(Money::whole(number));
    match kind {
        Kind::Impression => sent.count = busy * 4,
        Kind::Click => sent.count = busy.checked_div(8).unwrap_or(1).max(1),
        Kind::Spend => sent.value = euros(if channel == 4 { 0 } else { busy.checked_div(24).unwrap_or(0) }),
        _ => sent.value = euros(busy.checked_div(6 + channel).unwrap_or(0)),
    }
    let derived = derive(&sent, None, None, site);
    Ok(Version { event: Event { sent, derived }, received: Received { trust: Trust::Secret, at: 0 } })
}

/// What reports of the whole year cost and weigh.
pub(crate) async fn weighed(engine: &Engine) -> Result<Vec<Weighed>, Failure> {
    let bench = filled(engine).await?;
    let mut all = Vec::new();
    for (report, target, path) in [
        ("channels, the key being looked up", "", "channels?"),
        ("days by channel, of impressions, clicks, spend and sales", "at most 15", "timeseries?by=channel&"),
        ("the same, 4 metrics", "", "timeseries?by=channel&metrics=clicks,sales,revenue,roas&"),
        ("campaigns", "", "breakdown?by=campaign&"),
    ] {
        let path = format!("/v1/reports/{path}from=2025-11-24&to=2026-11-23");
        let (units, json) = bench.fetch(&path, "identity").await?;
        let (_, packed) = bench.fetch(&path, "gzip").await?;
        let (_, csv) = bench.fetch(&format!("{path}&format=csv"), "identity").await?;
        all.push(Weighed { report, units, target, bytes: [json.len(), csv.len(), packed.len()] });
    }
    Ok(all)
}

/// Writes the charts of the README into a folder.
pub(crate) async fn charts(engine: &Engine, folder: &Path) -> Result<(), Failure> {
    let bench = filled(engine).await?;
    for (name, path) in [
        (
            "channels",
            "channels?from=2026-11-01&to=2026-11-23&compare=previous&align=full&metrics=revenue,roas",
        ),
        ("timeseries", "timeseries?from=2026-09-01&to=2026-11-23&by=channel&metrics=revenue"),
    ] {
        let (_, svg) = bench.fetch(&format!("/v1/reports/{path}&format=svg"), "identity").await?;
        std::fs::write(folder.join(format!("{name}.svg")), svg)?;
    }
    Ok(())
}
