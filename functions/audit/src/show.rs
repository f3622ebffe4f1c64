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

/// A page of recounted days.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Recounted))]
pub(crate) struct Answer<'a> {
    /// The question.
    pub(crate) query: Ask,
    /// The site.
    pub(crate) site: &'a str,
    /// Its time zone.
    pub(crate) time_zone: &'a str,
    /// When it was recounted.
    pub(crate) as_of: String,
    /// Whether views have been added since everything was counted, so that a rebuild is needed.
    pub(crate) rebuild_needed: bool,
    /// The worst of the days.
    pub(crate) difference: Told,
    /// The days, in their order.
    pub(crate) days: Vec<ShownDay>,
    /// The ids that were sent at several times.
    pub(crate) repeated_ids: RepeatedIds,
    /// The cursor of the next page; null where nothing follows.
    pub(crate) next: Option<String>,
    /// Whether nothing follows.
    pub(crate) complete: bool,
}

/// Whether something differs. Ordered: a later one is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RecountDifference))]
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
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RecountedDay))]
pub(crate) struct ShownDay {
    /// The day.
    date: NaiveDate,
    /// Whether all of it was looked at.
    complete: bool,
    /// Up to where it was looked at, where that is not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    through: Option<String>,
    /// The worst that was found.
    pub(crate) difference: Told,
    /// Whether some of its events have expired, so that nothing is left to recount them from.
    raw_expired: bool,
    /// How many events there are of it, each counted once; null where some have expired.
    events: Option<u64>,
    /// How many versions of them are stored.
    versions: u64,
    /// How many of the events were withdrawn.
    withdrawn: u64,
    /// How many versions this release cannot read.
    unreadable: u64,
    /// What stands for all of its events, in whatever order they came; null where some have expired.
    fingerprint: Option<String>,
    /// How the stored totals compare, level by level.
    #[cfg_attr(feature = "contract", schema(value_type = crate::contract::Levels))]
    levels: BTreeMap<&'static str, Level>,
    /// What differs: what is wrong before what is only due.
    differences: Vec<Shown>,
    /// How many more differences there are than are listed.
    more_differences: usize,
}

/// How the rollups of one level compare.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RecountedLevel))]
pub(crate) struct Level {
    /// The worst of them, in a word.
    status: Status,
    /// How many were compared.
    compared: u64,
    /// How many of them differ and are about to be recounted.
    pending: u64,
    /// How many of them differ.
    different: u64,
    /// How many are not made yet.
    not_sealed: u64,
    /// How many cannot be told, since what they are made of differs.
    not_compared: u64,
}

/// How a level stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RecountStatus))]
#[serde(rename_all = "snake_case")]
enum Status {
    /// All is as the events add up.
    Same,
    /// Something is about to be recounted.
    Pending,
    /// Something is wrong.
    Different,
    /// It is not made yet.
    NotSealed,
    /// It cannot be told, since what it is made of differs.
    NotCompared,
    /// The events have expired.
    RawExpired,
}

/// One figure that is not what the recount says.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RecountedFigure))]
struct Shown {
    /// `minute`, `hour` or `day`.
    level: &'static str,
    /// When it begins.
    start: String,
    /// Of a minute: which of the lanes that it is stored in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = u16))]
    lane: Option<u16>,
    /// Whether its recount is due.
    pending: bool,
    /// The view; null where it is about all of the total.
    view: Option<&'static str>,
    /// The row of the view, by what its values are.
    #[cfg_attr(feature = "contract", schema(value_type = Option<std::collections::HashMap<String, String>>))]
    key: Option<BTreeMap<&'static str, String>>,
    /// Which figure.
    metric: &'static str,
    /// What is stored; null where there is no such total.
    stored: Option<Decimal>,
    /// What the events add up to.
    recounted: Decimal,
}

/// The ids that are events of their own in several minutes of the days of this page.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub(crate) struct RepeatedIds {
    /// Some of them.
    list: Vec<Repeated>,
    /// How many more there are, about.
    more: usize,
    /// Whether all are listed.
    complete: bool,
}

/// An id that was sent at several times, each of which made an event of its own.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RepeatedId))]
struct Repeated {
    /// The id.
    id: String,
    /// The minutes in which there is an event of it.
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
