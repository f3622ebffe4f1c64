//! One schedule from its seed to its verdict.

use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use reckon_core::domain::calendar::Calendar;
use tokio::task::{JoinSet, LocalSet};

use super::chance::Chance;
use super::engine::Engine;
use super::faults::Table;
use super::plan::Plan;
use super::time::Time;
use super::weather::{SETTLED, Weather};
use super::world::World;

/// What came of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Everything wrong; nothing, if all is well.
    pub wrong: Vec<String>,
    /// How many events were acknowledged.
    pub events: usize,
    /// How many days with sales were held to what was said of them at a moment when nobody wrote.
    pub past: usize,
    /// How many calls to DynamoDB there were.
    pub calls: u64,
    /// A digest of all calls in their order, which is the same whenever the seed is.
    pub trace: u64,
}

/// Local midnights near which schedules lie, those of clock changes among them.
const NIGHTS: [(&str, &str); 8] = [
    ("UTC", "2026-11-23"),
    ("Europe/Berlin", "2026-11-23"),
    ("Europe/Berlin", "2026-10-25"),
    ("Europe/Berlin", "2026-03-29"),
    ("America/St_Johns", "2026-11-01"),
    ("Asia/Kolkata", "2026-11-23"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Havana", "2026-03-08"),
];

/// Runs the schedule of a seed over an engine that is empty, or else keeps tables apart by name.
pub fn run(seed: u64, engine: Arc<dyn Engine>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    // The SDK draws how long to wait before a retry from here.
    fastrand::seed(seed);
    LocalSet::new().block_on(&runtime.expect("a runtime"), run_within(seed, engine))
}

async fn run_within(seed: u64, engine: Arc<dyn Engine>) -> Outcome {
    let chance = Chance::new(seed);
    let (zone, night) = *chance.one_of(&NIGHTS);
    let zone: Tz = zone.parse().expect("a zone");
    let night: NaiveDate = night.parse().expect("a date");
    let midnight = Calendar::new(zone).start_of_date(night).start();
    let begin = midnight - Duration::minutes(i64::try_from(chance.number(20..=110)).expect("minutes"));
    let time = Time::starting_at(begin);
    let table = Table::new(engine, &format!("schedule-{seed}"), chance.clone(), time.clone());
    let world = Arc::new(World::open(seed, chance, time, table, (zone, night)).await);
    // Some are cut off for more than a day, which is long.
    let stopped = world.chance.happens(0.04);
    let hours = world.chance.number(2..=3) + if stopped { 26 } else { 0 };
    let end = begin + Duration::hours(hours.cast_signed());
    let plan = Plan::of(&world.chance, begin, end, world.chance.happens(0.5));
    world.table.set(Weather::of(&world.chance));
    let background = world.background((begin, end), stopped);
    world.send(&plan, end).await;
    settle(&world, background, end).await;
    world.judge(&plan).await;
    if world.chance.happens(0.3) {
        world.rebuild().await;
        world.judge(&plan).await;
    }
    let past = world.judge_past().await;
    let (trace, calls) = world.table.trace();
    let events = world.oracle.acknowledged().len();
    world.table.drop_tables();
    Outcome { wrong: world.oracle.verdict(), events, past, calls, trace }
}

/// Lets everything come to rest: nothing more is delivered, the weather is fine, seal runs as it should.
async fn settle(world: &World, mut background: JoinSet<()>, end: DateTime<Utc>) {
    background.abort_all();
    while let Some(ended) = background.join_next().await {
        if let Err(error) = ended
            && error.is_panic()
        {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    world.table.set(Weather::default());
    world.time.pass(SETTLED).await;
    // Past the hour that events may be ahead, and past that after which a marker without its batch is dropped.
    let rest = end.max(world.time.now()) + Duration::minutes(150);
    world.time.until(rest).await;
    for _ in 0..60 {
        let failed = world.seal_once(0.0).await;
        let status = world.get("/v1/status").await.unwrap_or_default();
        let sealed = status["sealed_to"].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
        let closed = sealed.is_some_and(|sealed| sealed + Duration::minutes(80) > world.time.now());
        if failed == Some(0) && closed && status["late_markers"]["count"] == 0 {
            return;
        }
    }
    let status = world.get("/v1/status").await;
    world.oracle.wrong(format!("seal does not come to an end: {status:?}"));
}
