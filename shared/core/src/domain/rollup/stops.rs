//! Stops: the steps of a path as reports group them, as the key of a row, and what each stop gets of a result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::attribution::{self, Model};
use crate::domain::channel::Channel;
use crate::domain::counts::Counts;
use crate::domain::decimal::Decimal;
use crate::domain::event::{Event, Kind};
use crate::domain::journey::Step;

/// What the steps of a path are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The channel.
    Channel,
    /// The campaign.
    Campaign,
    /// The partner.
    Partner,
}

/// A step of a path as it is grouped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stop {
    /// The channel, campaign or partner; empty where the step has none.
    pub place: String,
    /// Whether the visitor came from nowhere that we know.
    pub direct: bool,
    /// Whole days before the result.
    pub days: u16,
}

/// Stands between the stops of a key. No label holds it.
const BETWEEN: char = '\u{1f}';
/// Stands before a stop that is direct. No label holds it.
const DIRECT: char = '\u{1e}';

impl Place {
    /// Every place.
    pub const ALL: [Self; 3] = [Self::Channel, Self::Campaign, Self::Partner];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Campaign => "campaign",
            Self::Partner => "partner",
        }
    }

    fn of<'a>(self, channel: Channel, campaign: &'a str, partner: &'a str) -> &'a str {
        match self {
            Self::Channel => channel.as_str(),
            Self::Campaign => campaign,
            Self::Partner => partner,
        }
    }
}

/// Whether an event is in the views of journeys: whatever a site may call a conversion or an acquisition, and refunds.
pub(super) fn counts_in_journeys(event: &Event) -> bool {
    let kind = event.sent.kind;
    !event.derived.robot && (kind.may_convert() || kind == Kind::Refund)
}

/// The stops that led to a result, oldest first, at least one: without any touch that may be credited, it is direct.
pub(super) fn stops(event: &Event, place: Place) -> Vec<Stop> {
    let direct = || vec![Stop { place: place.of(Channel::Direct, "", "").to_owned(), direct: true, days: 0 }];
    let Some(path) = &event.derived.path else {
        let origin = &event.derived.origin;
        let place = place.of(origin.channel, &origin.campaign, &origin.partner).to_owned();
        return vec![Stop { place, direct: origin.channel == Channel::Direct, days: 0 }];
    };
    let stop = |step: &Step| Stop {
        place: place.of(step.channel, &step.campaign, &step.partner).to_owned(),
        direct: step.channel == Channel::Direct,
        days: step.days_before(path.at),
    };
    let stops: Vec<Stop> = path.eligible().map(stop).collect();
    if stops.is_empty() { direct() } else { stops }
}

/// The key of the row of a path. It says nothing of days, so that few paths are distinct.
pub(super) fn path_key(stops: &[Stop]) -> String {
    let mut key = String::new();
    for (index, stop) in stops.iter().enumerate() {
        key.extend((index > 0).then_some(BETWEEN));
        key.extend(stop.direct.then_some(DIRECT));
        key.push_str(&stop.place);
    }
    key
}

/// The stops of a row's key; their days are not known.
pub fn read_path(key: &str) -> Vec<Stop> {
    let stop = |text: &str| {
        let bare = text.strip_prefix(DIRECT);
        Stop { place: bare.unwrap_or(text).to_owned(), direct: bare.is_some(), days: 0 }
    };
    key.split(BETWEEN).map(stop).collect()
}

/// What each stop gets of a result by how long before it was: counts in millionths, and money.
pub(super) fn split_by_age(event: &Event, place: Place, counts: &Counts) -> BTreeMap<String, Counts> {
    let stops = stops(event, place);
    let weighed: Vec<_> = stops
        .iter()
        .map(|stop| attribution::Step { place: (), direct: stop.direct, days: stop.days })
        .collect();
    let shares = attribution::shares(Model::TimeDecay, &weighed).unwrap_or_default();
    let part = |whole: Decimal| {
        attribution::divide(Model::TimeDecay, &weighed, whole.millionths()).unwrap_or_default()
    };
    let [sales, subscriptions, refunded] =
        [counts.sales_value, counts.subscriptions_value, counts.refunded].map(part);
    let mut parts: BTreeMap<String, Counts> = BTreeMap::new();
    for (index, (stop, share)) in stops.into_iter().zip(&shares).enumerate() {
        let money = |amounts: &[i128]| Decimal::from_millionths(amounts.get(index).copied().unwrap_or(0));
        let part = Counts {
            sales_value: money(&sales),
            subscriptions_value: money(&subscriptions),
            refunded: money(&refunded),
            ..counts.times(*share)
        };
        parts.entry(stop.place).or_default().add(&part);
    }
    parts
}
