//! Folding: from events to the rollup of a minute, from minutes to an hour, from hours to a day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rows::Rows;
use super::stops::{counts_in_journeys, path_key, split_by_age, stops};
use super::tally::Tally;
use super::union::Version;
use super::view::{Fold, View};
use crate::domain::counts::Counts;
use crate::domain::event::Trust;

/// Which recount made a rollup. A higher one overrules a lower whatever was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Raised by each rebuild of the site.
    pub generation: u32,
    /// The version of everything that a fold depends on.
    pub fold: u32,
}

/// How long a stretch of time a rollup covers, which decides how many rows its views may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// One minute of one lane.
    Minute,
    /// One local hour.
    Hour,
    /// One local day.
    Day,
}

/// What a set of events adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollup {
    /// The lowest stamp among the recounts that it was made from.
    pub stamp: Stamp,
    /// How many stored versions of events it was made from, readable or not.
    pub n: u64,
    /// Whether some of its views were read as another recount left them, so that they need not agree.
    pub torn: bool,
    /// What these versions are. `None` where a release counted them that did not note it.
    pub tally: Option<Tally>,
    /// The rows of each view. A view that is absent has no rows.
    pub views: BTreeMap<View, Rows>,
}

impl Level {
    /// The most rows of a view.
    pub const fn most_rows(self) -> usize {
        match self {
            Self::Minute => 1_000,
            Self::Hour => 2_000,
            Self::Day => 5_000,
        }
    }

    /// The most bytes of a view's rows before they are packed: one item holds any view.
    pub const MOST_BYTES: usize = 300_000;
}

impl Rollup {
    /// Adds the rollup of other events, without a cap.
    pub fn merge(&mut self, other: &Self) {
        self.stamp = self.stamp.min(other.stamp);
        self.n += other.n;
        self.torn |= other.torn;
        self.tally = self.tally.zip(other.tally).map(|(ours, theirs)| ours.and(theirs));
        for (view, rows) in &other.views {
            self.views.entry(*view).or_default().merge(rows);
        }
    }

    /// The rollup of a longer stretch from those of its parts. `stamp` is the highest that it may carry.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a Self>, stamp: Stamp, level: Level) -> Self {
        let mut whole = Self { stamp, tally: Some(Tally::default()), ..Self::default() };
        parts.into_iter().for_each(|part| whole.merge(part));
        whole.cap(level);
        whole
    }

    fn cap(&mut self, level: Level) {
        self.views.iter_mut().for_each(|(view, rows)| rows.cap(view.most_rows(level), view.most_bytes()));
    }

    /// Whether every view of events that its recount knew adds up to the total.
    pub fn adds_up(&self) -> bool {
        let total = |view: View| self.views.get(&view).map(Rows::total).unwrap_or_default();
        let mut known = View::of_events().filter(|view| view.since() <= self.stamp.fold);
        known.all(|view| total(view) == total(View::TOTAL))
    }

    /// The rows of a view.
    pub fn rows(&self, view: View) -> Rows {
        self.views.get(&view).cloned().unwrap_or_default()
    }
}

/// The rollup of a minute from its events, one version of each. `n` counts all stored versions.
pub fn of_events(events: impl IntoIterator<Item = Version>, n: u64, stamp: Stamp) -> Rollup {
    let mut rollup = Rollup { stamp, n, ..Rollup::default() };
    for Version { event, received } in events {
        let counts = Counts::of(&event);
        if counts.is_empty() && event.sent.void {
            continue;
        }
        let trusted = received.trust == Trust::Secret;
        for view in View::all() {
            let mut add = |values, counts: &Counts| {
                rollup.views.entry(view).or_default().add(values, counts, trusted);
            };
            match view.fold() {
                Fold::Events(dimensions) => add(
                    dimensions.iter().map(|dimension| dimension.value_of(&event).to_owned()).collect(),
                    &counts,
                ),
                Fold::Paths(_) | Fold::Decay(_) | Fold::Customers if !counts_in_journeys(&event) => {}
                Fold::Paths(place) => add(vec![path_key(&stops(&event, place))], &counts),
                Fold::Decay(place) => split_by_age(&event, place, &counts)
                    .into_iter()
                    .for_each(|(stop, part)| add(vec![stop], &part)),
                Fold::Customers => {
                    if let Some(customer) = event.sent.customer {
                        let channel = event.derived.origin.channel.as_str().to_owned();
                        add(vec![format!("{:016x}", customer.0), channel], &counts);
                    }
                }
            }
        }
    }
    rollup.cap(Level::Minute);
    rollup
}
