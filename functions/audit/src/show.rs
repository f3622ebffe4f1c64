//! What a recount looks like to its caller.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use reckon_core::domain::calendar::{Calendar, Minute};
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::rollup::{Difference, Fold, View};
use serde::Serialize;

use crate::ask::Ask;
use crate::chunk::{Covered, Finding};
use crate::position::{Known, Tally};
use crate::repeats::{MOST_IDS, Repeats};
use crate::walk::Day;

/// The most differences that a day lists.
const MOST: usize = 50;

/// The answer.
#[derive(Serialize)]
pub(crate) struct Answer<'a> {
    pub(crate) query: Ask,
    pub(crate) site: &'a str,
    pub(crate) time_zone: &'a str,
    pub(crate) as_of: String,
    /// Whether views have been added since everything was counted, so that a rebuild is needed.
    pub(crate) rebuild_needed: bool,
    /// The worst of the days.
    pub(crate) difference: Told,
    pub(crate) days: Vec<ShownDay>,
    pub(crate) repeated_ids: RepeatedIds,
    pub(crate) next: Option<String>,
    pub(crate) complete: bool,
}

/// Whether something differs. Ordered: a later one is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// Nothing.
    None,
    /// Something is about to be recounted.
    Pending,
    /// Something is wrong.
    Found,
}

/// One day.
#[derive(Serialize)]
pub(crate) struct ShownDay {
    date: NaiveDate,
    complete: bool,
    /// Up to where it was looked at, where that is not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<String>,
    pub(crate) difference: Told,
    raw_expired: bool,
    events: Option<u64>,
    versions: u64,
    withdrawn: u64,
    unreadable: u64,
    fingerprint: Option<String>,
    levels: BTreeMap<&'static str, Level>,
    differences: Vec<Shown>,
    more_differences: usize,
}

/// How the rollups of one level compare.
#[derive(Serialize)]
struct Level {
    status: Status,
    compared: u64,
    pending: u64,
    different: u64,
    not_sealed: u64,
    not_compared: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Same,
    Pending,
    Different,
    NotSealed,
    NotCompared,
    RawExpired,
}

/// One figure that is not what the recount says.
#[derive(Serialize)]
struct Shown {
    level: &'static str,
    start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<u16>,
    /// Whether its recount is due.
    pending: bool,
    view: Option<&'static str>,
    key: Option<BTreeMap<&'static str, String>>,
    metric: &'static str,
    stored: Option<Decimal>,
    recounted: Decimal,
}

/// The ids that are events of their own in several minutes of the days of this page.
#[derive(Serialize)]
pub(crate) struct RepeatedIds {
    list: Vec<Repeated>,
    more: usize,
    complete: bool,
}

#[derive(Serialize)]
struct Repeated {
    id: String,
    minutes: Vec<String>,
}

/// A time with the offset of the site.
fn local(calendar: Calendar, minute: Minute) -> String {
    calendar.local(minute).to_rfc3339()
}

impl RepeatedIds {
    pub(crate) fn of(repeats: Repeats, calendar: Calendar) -> Self {
        let more = repeats.untold();
        let list = repeats.found.into_iter().take(MOST_IDS).map(|(id, minutes)| Repeated {
            id: id.as_str().to_owned(),
            minutes: minutes.into_iter().map(|minute| local(calendar, minute)).collect(),
        });
        Self { list: list.collect(), more, complete: more == 0 }
    }
}

impl ShownDay {
    pub(crate) fn of(day: Day, calendar: Calendar) -> Self {
        let Day { position, complete, found } = day;
        let known = position.known;
        let mut differences: Vec<Shown> = found
            .iter()
            .flat_map(|(finding, pending)| {
                finding.differences.iter().map(move |difference| (finding, difference, *pending))
            })
            .map(|(finding, difference, pending)| {
                shown(finding, difference, pending, (calendar, position.date))
            })
            .collect();
        let more_differences = differences.len().saturating_sub(MOST);
        // What is wrong goes before what is only due.
        differences.sort_by_key(|shown| shown.pending);
        differences.truncate(MOST);
        let all = [known.minutes, known.hours, known.days];
        let difference = if all.iter().any(|tally| tally.different > 0) {
            Told::Found
        } else if all.iter().any(|tally| tally.pending > 0) {
            Told::Pending
        } else {
            Told::None
        };
        Self {
            date: position.date,
            complete,
            through: (!complete).then(|| local(calendar, position.at)),
            difference,
            raw_expired: known.expired,
            events: (!known.expired).then_some(known.events),
            versions: known.versions,
            withdrawn: known.withdrawn,
            unreadable: known.unreadable,
            fingerprint: (!known.expired).then(|| known.fingerprint.text()),
            levels: levels(&known),
            differences,
            more_differences,
        }
    }
}

fn levels(known: &Known) -> BTreeMap<&'static str, Level> {
    let level = |tally: Tally, expired: bool| {
        let Tally { same, pending, different, not_sealed, not_compared } = tally;
        let compared = same + pending + different;
        let status = match tally {
            _ if different > 0 => Status::Different,
            _ if pending > 0 => Status::Pending,
            _ if expired => Status::RawExpired,
            _ if not_compared > 0 => Status::NotCompared,
            _ if same == 0 && not_sealed > 0 => Status::NotSealed,
            _ => Status::Same,
        };
        Level { status, compared, pending, different, not_sealed, not_compared }
    };
    BTreeMap::from([
        ("minute", level(known.minutes, known.expired)),
        ("hour", level(known.hours, false)),
        ("day", level(known.days, false)),
    ])
}

fn shown(
    finding: &Finding,
    difference: &Difference,
    pending: bool,
    (calendar, date): (Calendar, NaiveDate),
) -> Shown {
    let (level, start, lane) = match finding.covered {
        Covered::Minute((minute, lane)) => ("minute", local(calendar, minute), Some(lane)),
        Covered::Hour(hour) => ("hour", local(calendar, hour.start()), None),
        Covered::Day => ("day", date.to_string(), None),
    };
    Shown {
        level,
        start,
        lane,
        pending,
        view: difference.row.as_ref().map(|(view, _)| view.name()),
        key: difference.row.as_ref().map(|(view, values)| named(*view, values)),
        metric: difference.metric,
        stored: difference.stored,
        recounted: difference.recounted,
    }
}

/// A row's values by the names of what they are.
fn named(view: View, values: &[String]) -> BTreeMap<&'static str, String> {
    let names: Vec<&'static str> = match view.fold() {
        Fold::Events(dimensions) => dimensions.iter().map(|dimension| dimension.as_str()).collect(),
        Fold::Paths(_) => vec!["path"],
        Fold::Decay(_) => vec!["stop"],
        Fold::Customers => vec!["customer", "channel"],
    };
    names.into_iter().zip(values.iter().cloned()).collect()
}
