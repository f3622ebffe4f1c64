//! What may be counted and what must be, as plain sets; and every way in which a report can be wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::{DateTime, Duration, Utc};
use serde_json::Value;

use super::plan::{Events, Version};
use super::time::SKEW;

/// What was sent and acknowledged so far, and what was seen to be wrong.
#[derive(Debug, Default)]
pub struct Oracle(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    sent: Events,
    /// Withdrawn, so that they may be missing.
    voided: Events,
    acknowledged: BTreeMap<u32, DateTime<Utc>>,
    wrong: Vec<String>,
}

/// The events of a row, and whether each is there once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The events that the row's money names.
    pub events: Events,
    /// How many sales the row has.
    pub sales: u64,
}

impl Counted {
    /// Reads a row's metrics.
    pub fn of(metrics: &Value) -> Self {
        let micros = metrics["gross_revenue"].as_f64().unwrap_or(-1.0) * 1_000_000.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^53")]
        let events = micros.round() as Events;
        Self { events, sales: metrics["sales"].as_u64().unwrap_or(u64::MAX) }
    }

    fn is_a_set(self) -> bool {
        u64::from(self.events.count_ones()) == self.sales
    }
}

/// The names of a set's events.
fn names(events: Events) -> Vec<u32> {
    (0..64).filter(|event| events & (1 << event) != 0).collect()
}

impl Oracle {
    /// Notes something wrong.
    pub fn wrong(&self, what: String) {
        self.0.lock().unwrap().wrong.push(what);
    }

    /// Everything wrong so far.
    pub fn verdict(&self) -> Vec<String> {
        self.0.lock().unwrap().wrong.clone()
    }

    /// Notes that versions are on their way.
    pub fn send(&self, versions: &[Version]) {
        let mut known = self.0.lock().unwrap();
        for version in versions {
            known.sent |= version.bit();
            if version.void {
                known.voided |= version.bit();
            }
        }
    }

    /// Notes that versions were acknowledged at `time`.
    pub fn acknowledge(&self, versions: &[Version], time: DateTime<Utc>) {
        let mut known = self.0.lock().unwrap();
        for version in versions {
            known.acknowledged.entry(version.event).or_insert(time);
        }
    }

    /// What was acknowledged so far.
    pub fn acknowledged(&self) -> BTreeMap<u32, DateTime<Utc>> {
        self.0.lock().unwrap().acknowledged.clone()
    }

    /// Holds what a report counts to what was sent, and to what it promises of `acknowledged` before it was asked.
    pub fn judge(
        &self,
        report: &str,
        rows: &[Counted],
        promise: &Value,
        acknowledged: &BTreeMap<u32, DateTime<Utc>>,
    ) {
        let mut known = self.0.lock().unwrap();
        let mut all = 0;
        for row in rows {
            if !row.is_a_set() || all & row.events != 0 {
                known.wrong.push(format!(
                    "{report} counts twice: {:?} sales for {:?}",
                    row.sales,
                    names(row.events)
                ));
            }
            all |= row.events;
        }
        let strange = all & !known.sent;
        if strange != 0 {
            known.wrong.push(format!("{report} counts what was never sent: {:?}", names(strange)));
        }
        let Some(through) = promise.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok()) else {
            return known.wrong.push(format!("{report} promises nothing: {promise}"));
        };
        // The promise is by the clocks of collect and seal, which may both be wrong.
        let margin = SKEW * 2 + Duration::seconds(1);
        let promised = acknowledged.iter().filter(|(_, time)| **time + margin < through);
        let missing: Events = promised.map(|(event, _)| 1 << event).sum::<Events>() & !all & !known.voided;
        if missing != 0 {
            known
                .wrong
                .push(format!("{report} lacks {:?} though complete through {through}", names(missing)));
        }
    }

    /// Holds a row to exactly these events.
    pub fn expect(&self, report: &str, row: &str, counted: Counted, expected: Events) {
        if counted.events != expected || !counted.is_a_set() {
            let (found, wanted) = (names(counted.events), names(expected));
            self.wrong(format!(
                "{report}, {row}: {} sales of {found:?}, where {wanted:?} belong",
                counted.sales
            ));
        }
    }
}
