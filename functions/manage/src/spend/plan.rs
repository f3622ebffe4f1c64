//! What has to be stored so that what is told stands, and what that changes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::Event;
use reckon_core::domain::names::Label;
use reckon_core::domain::site::Site;
use reckon_core::domain::spend::{Figures, Place, Standing};
use reckon_core::http::Fault;
use serde::Serialize;

use super::entry::Wanted;

/// What a campaign cost on a day, and what it brought in views and clicks.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = SpendFigures))]
pub(super) struct Shown {
    /// What the day cost, in the site's currency.
    spend: Money,
    /// How often its ads were shown.
    impressions: u32,
    /// How often they were clicked.
    clicks: u32,
}

/// What stands of a platform, campaign and day.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Spend))]
pub(super) struct Standings {
    /// The channel that was paid for.
    channel: Channel,
    /// The platform that was paid.
    source: Option<String>,
    /// By what means.
    medium: Option<String>,
    /// The campaign.
    campaign: Option<String>,
    /// The day, by the site's calendar.
    date: NaiveDate,
    #[serde(flatten)]
    figures: Shown,
}

/// What an entry did to what stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = SpendOutcome))]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// Nothing stood before.
    New,
    /// Something else stood before.
    Restated,
    /// The same stood before.
    Unchanged,
}

/// What became of an entry.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = SpendDone))]
pub(super) struct Done {
    /// Its place among the entries sent, from 0.
    index: usize,
    /// What it did.
    outcome: Outcome,
    /// What stood of it before; null where nothing did.
    before: Option<Shown>,
    /// The channels that the same campaign's cost of that day was taken out of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moved_from: Vec<Channel>,
}

/// An entry that was not accepted, and why.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = SpendRejected))]
pub(super) struct Rejected {
    /// Its place among the entries sent, from 0.
    index: usize,
    /// A stable word for programs.
    code: &'static str,
    /// A JSON pointer into the body.
    pointer: String,
    /// A sentence for people that says what would be right.
    detail: String,
}

/// What became of the entries of a request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = SpendTold))]
pub(super) struct Answer {
    /// How many entries stand where nothing stood.
    new: usize,
    /// How many replaced something else.
    restated: usize,
    /// How many changed nothing.
    unchanged: usize,
    /// Those that were accepted, in order.
    entries: Vec<Done>,
    /// Those that were not, one for each fault. The others stand.
    pub(super) rejected: Vec<Rejected>,
    /// What stands of the same sources and days, and no entry names. It stays.
    unmentioned: Vec<Standings>,
}

impl Shown {
    pub(super) const fn new(figures: &Figures) -> Self {
        Self { spend: figures.spend, impressions: figures.impressions, clicks: figures.clicks }
    }
}

impl Standings {
    pub(super) fn new(place: &Place, date: NaiveDate, figures: &Figures) -> Self {
        let text = |label: &Option<Label>| label.as_ref().map(Label::to_string);
        Self {
            channel: place.channel,
            source: text(&place.source),
            medium: text(&figures.medium),
            campaign: text(&place.campaign),
            date,
            figures: Shown::new(figures),
        }
    }
}

pub(super) fn rejected((index, Fault { pointer, code, detail }): (usize, Fault)) -> Rejected {
    Rejected { index, code, pointer, detail }
}

/// Moves entries of a place and day that another one has told already to the faults: which of them is meant?
pub(super) fn twice(wanted: &mut Vec<(usize, Wanted)>, faults: &mut Vec<(usize, Fault)>) {
    let mut seen: BTreeMap<(NaiveDate, Place), usize> = BTreeMap::new();
    wanted.retain(|(index, wanted)| {
        let first = *seen.entry((wanted.date, wanted.place.clone())).or_insert(*index);
        if first != *index {
            let detail = format!(
                "tells the same campaign and day as /entries/{first}; add the two up, or leave one out"
            );
            faults.push((*index, Fault::new(format!("/entries/{index}"), "repeated", detail)));
        }
        first == *index
    });
}

/// The events that make what is wanted stand, and what they change.
///
/// An entry with a source is all that this source says of the campaign and day: what stands of it in a channel that no
/// entry names is withdrawn, so that a campaign whose channel is told otherwise moves instead of counting twice.
pub(super) fn plan(
    site: &Site,
    standing: &BTreeMap<NaiveDate, BTreeMap<Place, Standing>>,
    wanted: &[(usize, Wanted)],
) -> (Vec<Event>, Answer) {
    let named: BTreeSet<(NaiveDate, &Place)> =
        wanted.iter().map(|(_, told)| (told.date, &told.place)).collect();
    let alike = |one: &Place, other: &Place| one.source == other.source && one.campaign == other.campaign;
    let (mut events, mut entries, mut moved) = (Vec::new(), Vec::new(), BTreeSet::new());
    let nothing = BTreeMap::new();
    for (index, Wanted { place, date, figures }) in wanted {
        let day = standing.get(date).unwrap_or(&nothing);
        let stood = day.get(place).cloned().unwrap_or_default();
        let before = stood.figures();
        // Exports have a row for each paused campaign and day; nothing that replaces nothing is not worth storing.
        let idle = before.is_none() && figures.as_ref().is_some_and(Figures::is_nothing);
        let changes = stood.changes(site, place, *date, figures.as_ref().filter(|_| !idle));
        let mut moved_from = Vec::new();
        for (other, left) in day.iter().filter(|(other, _)| place.source.is_some() && alike(other, place)) {
            if left.figures().is_none() || named.contains(&(*date, other)) {
                continue;
            }
            moved_from.push(other.channel);
            if moved.insert((*date, other.clone())) {
                events.extend(left.changes(site, other, *date, None));
            }
        }
        let outcome = match &before {
            _ if changes.is_empty() && moved_from.is_empty() => Outcome::Unchanged,
            None if moved_from.is_empty() => Outcome::New,
            _ => Outcome::Restated,
        };
        events.extend(changes);
        entries.push(Done { index: *index, outcome, before: before.as_ref().map(Shown::new), moved_from });
    }
    let told: BTreeSet<_> = wanted.iter().map(|(_, told)| (told.date, &told.place.source)).collect();
    let unmentioned =
        standing.iter().flat_map(|(date, day)| day.iter().map(move |(place, left)| (*date, place, left)));
    let unmentioned = unmentioned.filter(|(date, place, _)| {
        told.contains(&(*date, &place.source))
            && !named.contains(&(*date, *place))
            && !moved.contains(&(*date, (*place).clone()))
    });
    let unmentioned = unmentioned
        .filter_map(|(date, place, left)| Some(Standings::new(place, date, &left.figures()?)))
        .collect();
    let count = |outcome| entries.iter().filter(|done: &&Done| done.outcome == outcome).count();
    let (new, restated, unchanged) =
        (count(Outcome::New), count(Outcome::Restated), count(Outcome::Unchanged));
    (events, Answer { new, restated, unchanged, entries, rejected: Vec::new(), unmentioned })
}
