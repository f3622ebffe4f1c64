//! The table's stream: several shards, each delivered at least once, in batches cut anywhere, or lost.

use std::sync::Mutex;
use std::time::Duration;

use aggregate::Trigger;
use chrono::{DateTime, Utc};
use reckon_core::store::Store;
use tokio::time::{Instant, timeout};

use super::chance::Chance;
use super::time::Time;

/// How many shards there are.
pub const SHARDS: usize = 3;
/// How long records are kept.
const KEPT: chrono::Duration = chrono::Duration::hours(24);
/// How often a batch is delivered before its records are given up.
const ATTEMPTS: u32 = 3;

#[derive(Clone, Debug)]
struct Record {
    trigger: Trigger,
    at: DateTime<Utc>,
}

/// What became dirty, in the order of each shard.
#[derive(Debug)]
pub struct Shards {
    shards: [Mutex<Vec<Record>>; SHARDS],
    chance: Chance,
}

/// How badly a schedule's stream is delivered.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The share of batches that are never delivered.
    pub lost: f64,
    /// The share of batches that are delivered twice at once.
    pub doubled: f64,
    /// The share of rounds that deliver old records again.
    pub again: f64,
    /// The share of runs that end in the middle.
    pub crashed: f64,
    /// From when to when nothing is delivered at all.
    pub stopped: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// The longest that records wait.
    pub window: Duration,
}

impl Shards {
    pub(super) fn new(chance: Chance) -> Self {
        Self { shards: Default::default(), chance }
    }

    /// Notes that something new is stored under a partition key.
    pub(super) fn push(&self, pk: &str, at: DateTime<Utc>) {
        let place = pk.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let mut shard = self.shards[place % SHARDS].lock().unwrap();
        let sequence = shard.len().to_string();
        shard.push(Record { trigger: Trigger { sequence, pk: pk.to_owned() }, at });
    }

    /// Up to `most` records of a shard from one on, those that are still kept.
    fn read(&self, shard: usize, from: usize, most: usize, now: DateTime<Utc>) -> (usize, Vec<Trigger>) {
        let records = self.shards[shard].lock().unwrap();
        let from = from + records.iter().skip(from).take_while(|record| record.at + KEPT < now).count();
        let batch = records.iter().skip(from).take(most).map(|record| record.trigger.clone()).collect();
        (from, batch)
    }

    /// Delivers one shard, again and again, until the task is ended.
    pub async fn deliver(&self, shard: usize, store: Store, time: Time, delivery: Delivery) {
        let chance = &self.chance;
        let (mut done, mut most, mut attempts) = (0, 300, 0);
        loop {
            time.pass(chance.millis(300..=delivery.window.as_millis().try_into().unwrap())).await;
            let now = time.now();
            if delivery.stopped.is_some_and(|(from, to)| (from..to).contains(&now)) {
                continue;
            }
            let (from, batch) = self.read(shard, done, most, now);
            done = from;
            if batch.is_empty() {
                continue;
            }
            if chance.happens(delivery.lost) {
                done += batch.len();
                continue;
            }
            let counted = if chance.happens(delivery.doubled) {
                let other = self.run(&store, &time, &batch, delivery.crashed);
                tokio::join!(self.run(&store, &time, &batch, delivery.crashed), other).0
            } else {
                self.run(&store, &time, &batch, delivery.crashed).await
            };
            if chance.happens(delivery.again) {
                let from = usize::try_from(chance.number(0..=u64::try_from(done).unwrap())).unwrap();
                let (_, old) = self.read(shard, from, 10, now);
                self.run(&store, &time, &old, delivery.crashed).await;
            }
            attempts += 1;
            done += counted;
            if counted == batch.len() || attempts >= ATTEMPTS {
                // What is given up lies in the queue of failures; nobody needs to look there.
                done = done.max(from + batch.len());
                (most, attempts) = (usize::try_from(chance.number(1..=300)).unwrap(), 0);
            } else {
                most = batch.len().div_ceil(2);
            }
        }
    }

    /// One run of aggregate, perhaps cut off; answers how many records it is through with.
    async fn run(&self, store: &Store, time: &Time, batch: &[Trigger], crashed: f64) -> usize {
        let begun = Instant::now();
        let out_of_time = || begun.elapsed() > Duration::from_secs(50);
        let crashes = self.chance.happens(crashed);
        let end = if crashes { self.chance.millis(1..=400) } else { Duration::from_secs(60) };
        match timeout(end, aggregate::aggregate(store, batch, time.now(), out_of_time)).await {
            Err(_) => 0,
            Ok(failed) => {
                batch.iter().position(|trigger| failed.contains(&trigger.sequence)).unwrap_or(batch.len())
            }
        }
    }
}
