//! What reports said of sealed days, remembered while a schedule runs, and asked for again at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::Value;

use super::oracle::Counted;
use super::time::SKEW;
use super::verdict::rows;
use super::world::World;

/// The longest from the number of a fold, which is the time at which its run began, until its last write stands.
const WRITING: Duration = Duration::minutes(8);
/// The most moments of a schedule that are looked at once more.
const MOST: usize = 8;

/// The days of a series as they were told, and when that was asked and answered.
#[derive(Clone, Debug)]
struct Told {
    asked: DateTime<Utc>,
    answered: DateTime<Utc>,
    days: BTreeMap<String, Counted>,
}

/// Everything that was remembered.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Vec<Told>>);

impl Memory {
    /// Remembers a series of days.
    pub(super) fn remember(&self, asked: DateTime<Utc>, answered: DateTime<Utc>, series: &Value) {
        self.0.lock().unwrap().push(Told { asked, answered, days: by_day(series) });
    }
}

fn by_day(series: &Value) -> BTreeMap<String, Counted> {
    let day = |row: &Value| Some((row["start"].as_str()?.to_owned(), Counted::of(&row["metrics"])));
    series["rows"].as_array().into_iter().flatten().filter_map(day).collect()
}

/// When versions of days begin, by day, and when days were sealed, as the table has it.
struct Boundaries {
    versions: BTreeMap<String, BTreeSet<i64>>,
    seals: BTreeSet<i64>,
}

impl World {
    /// Asks for the past as it was told then. Answers how many days could be held to one version alone.
    pub(super) async fn judge_past(&self) -> usize {
        let boundaries = self.boundaries();
        let told = self.memory.0.lock().unwrap().clone();
        let mut exact = 0;
        for told in told.iter().take(MOST) {
            exact += self.judge_moment(told, &boundaries).await;
        }
        // The parts of a day add up to it at any moment, those at which folds begin above all.
        let begun = boundaries.versions.values().flatten().flat_map(|since| [since - 1, *since, since + 1]);
        let begun = begun.chain(boundaries.seals.iter().copied());
        for moment in begun.collect::<BTreeSet<_>>().into_iter().rev().take(MOST) {
            self.judge_parts(moment).await;
        }
        exact
    }

    async fn judge_moment(&self, told: &Told, boundaries: &Boundaries) -> usize {
        let near = |moment: &i64| {
            (told.asked - WRITING).timestamp_millis() <= *moment
                && *moment <= (told.answered + SKEW * 2).timestamp_millis()
        };
        let moment = told.answered.timestamp_millis();
        let Some(then) = self.days_at(moment).await else { return 0 };
        // Whether a day was sealed already cannot be told while a seal is being noted.
        if boundaries.seals.iter().any(near) {
            return 0;
        }
        let mut exact = 0;
        for (day, now) in &then {
            let Some(was) = told.days.get(day) else { continue };
            let begun: Vec<i64> =
                boundaries.versions.get(day).into_iter().flatten().copied().filter(near).collect();
            exact += usize::from(begun.is_empty() && now.sales > 0);
            let mut right = was == now;
            for moment in begun.iter().flat_map(|since| [since - 1, *since]) {
                right |= self
                    .days_at(moment)
                    .await
                    .is_some_and(|days| days.get(day).is_none_or(|seen| seen == was));
            }
            if !right {
                let answered = told.answered;
                self.oracle.wrong(format!(
                    "{day} was told as {was:?} at {answered}, and as of then is {now:?}; near begin {begun:?}"
                ));
            }
        }
        exact
    }

    /// The days that were sealed at a moment, as of it; nothing, if nobody answered.
    async fn days_at(&self, moment: i64) -> Option<BTreeMap<String, Counted>> {
        let answer = self.get_at("timeseries?interval=day&", moment).await?;
        Some(by_day(&answer))
    }

    async fn judge_parts(&self, moment: i64) {
        let all = async |report: &str| {
            let answer = self.get_at(report, moment).await?;
            let (mut events, mut sales) = (0, 0);
            for row in rows(&answer) {
                events |= row.events;
                sales += row.sales;
            }
            Some(Counted { events, sales })
        };
        let Some(total) = all("summary?").await else { return };
        for report in ["channels?", "breakdown?by=campaign&limit=1000&", "breakdown?by=device&"] {
            let parts = all(report).await;
            if parts.is_some_and(|parts| parts != total) {
                self.oracle.wrong(format!("{report} as of {moment} is {parts:?}, and the total {total:?}"));
            }
        }
    }

    async fn get_at(&self, report: &str, moment: i64) -> Option<Value> {
        let at = DateTime::from_timestamp_millis(moment)?;
        if at > self.time.now() || at < self.opened {
            return None;
        }
        let (from, to) = self.days;
        let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        self.get(&format!("/v1/reports/{report}from={from}&to={to}&as_of={at}")).await
    }

    fn boundaries(&self) -> Boundaries {
        let mut found = Boundaries { versions: BTreeMap::new(), seals: BTreeSet::new() };
        for item in self.table.items() {
            let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
            let (pk, sk) = (text("pk"), text("sk"));
            let mut parts = pk.split('#');
            let kind = parts.next().unwrap_or_default();
            match (kind, parts.nth(1), parts.next()) {
                ("day" | "past", Some("total"), Some(year)) => {
                    let day = sk.split('#').next().unwrap_or_default();
                    // What a fold brought itself stands since that fold.
                    let number = |name: &str| item[name]["N"].as_str().and_then(|number| number.parse().ok());
                    let since: Option<i64> = number("since").or_else(|| number("folded"));
                    found.versions.entry(format!("{year}-{day}")).or_default().extend(since);
                }
                ("seals", ..) => found.seals.extend(sk.parse::<i64>().ok()),
                _ => {}
            }
        }
        found
    }
}
