//! The views: the combinations of dimensions that rollups are kept by. A new view is one line of [`VIEWS`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::fold::Level;
use super::stops::Place;
use crate::domain::dimension::Dimension;

/// A combination of dimensions that rollups are kept by, named by its place in the table of views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct View(u8);

/// What the rows of a view are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Every event, by its values in some dimensions.
    Events(&'static [Dimension]),
    /// Results, by the stops of the path that led to them.
    Paths(Place),
    /// Results, split by how long before them each stop was: millionths of counts by stop.
    Decay(Place),
    /// Results of known customers, by customer and channel.
    Customers,
}

/// What one line of the table says of a view.
#[derive(Clone, Copy, Debug)]
struct Line {
    name: &'static str,
    fold: Fold,
    since: u32,
}

const fn line(name: &'static str, dimensions: &'static [Dimension], since: u32) -> Line {
    Line { name, fold: Fold::Events(dimensions), since }
}

/// What rollups hold. A view added here, with the next fold version, is filled for the past by a rebuild.
const VIEWS: [Line; 20] = [
    line("total", &[], 2),
    line("channel", &[Dimension::Channel], 2),
    line("source+medium", &[Dimension::Source, Dimension::Medium], 2),
    line("channel+campaign", &[Dimension::Channel, Dimension::Campaign], 2),
    line("campaign+content", &[Dimension::Campaign, Dimension::Content], 2),
    line("campaign+term", &[Dimension::Campaign, Dimension::Term], 2),
    line("landing_page", &[Dimension::LandingPage], 2),
    line("referrer", &[Dimension::Referrer], 2),
    line("country", &[Dimension::Country], 2),
    line("device", &[Dimension::Device], 2),
    line("kind+name", &[Dimension::Kind, Dimension::Name], 2),
    line("partner+offer", &[Dimension::Partner, Dimension::Offer], 2),
    line("experiment+variant", &[Dimension::Experiment, Dimension::Variant], 2),
    Line { name: "channel-path", fold: Fold::Paths(Place::Channel), since: 2 },
    Line { name: "campaign-path", fold: Fold::Paths(Place::Campaign), since: 2 },
    Line { name: "partner-path", fold: Fold::Paths(Place::Partner), since: 2 },
    Line { name: "channel-decay", fold: Fold::Decay(Place::Channel), since: 2 },
    Line { name: "campaign-decay", fold: Fold::Decay(Place::Campaign), since: 2 },
    Line { name: "partner-decay", fold: Fold::Decay(Place::Partner), since: 2 },
    Line { name: "customer", fold: Fold::Customers, since: 2 },
];

/// The version of everything that a fold depends on: this table, the caps, and what a row holds.
///
/// Raise it with any of them. Rollups of a lower version give way to those of a higher one.
pub const FOLD_VERSION: u32 = 2;

impl View {
    /// One row: everything.
    pub const TOTAL: Self = Self(0);
    /// A row per channel.
    pub const CHANNEL: Self = Self(1);

    /// Every view, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(VIEWS).map(|(place, _)| Self(place))
    }

    fn line(self) -> Line {
        VIEWS.get(usize::from(self.0)).copied().unwrap_or(line("unknown", &[], u32::MAX))
    }

    /// Its name, in keys and answers.
    pub fn name(self) -> &'static str {
        self.line().name
    }

    /// What its rows are made of.
    pub fn fold(self) -> Fold {
        self.line().fold
    }

    /// Its dimensions, in the order of its rows' keys. Views of results have none.
    pub fn dimensions(self) -> &'static [Dimension] {
        match self.line().fold {
            Fold::Events(dimensions) => dimensions,
            Fold::Paths(_) | Fold::Decay(_) | Fold::Customers => &[],
        }
    }

    /// Some views as a number: a bit for each, by its place in the table.
    pub fn mask(views: &BTreeSet<Self>) -> u64 {
        views.iter().filter_map(|view| 1_u64.checked_shl(view.0.into())).sum()
    }

    /// The views of a [`Self::mask`].
    pub fn unmask(mask: u64) -> BTreeSet<Self> {
        Self::all().filter(|view| mask.checked_shr(view.0.into()).is_some_and(|rest| rest & 1 == 1)).collect()
    }

    /// The views of events, which reports group and filter.
    pub fn of_events() -> impl Iterator<Item = Self> {
        Self::all().filter(|view| matches!(view.fold(), Fold::Events(_)))
    }

    /// The view whose rows are made like this.
    pub fn folded_by(fold: Fold) -> Option<Self> {
        Self::all().find(|view| view.fold() == fold)
    }

    /// The most rows that it may have at a level.
    pub fn most_rows(self, level: Level) -> usize {
        match self.line().fold {
            // Customers are only ever added up, so few of them must be folded.
            Fold::Customers => 20_000,
            _ => level.most_rows(),
        }
    }

    /// The most bytes of its rows before they are packed.
    pub fn most_bytes(self) -> usize {
        match self.line().fold {
            Fold::Customers => 5 * Level::MOST_BYTES,
            _ => Level::MOST_BYTES,
        }
    }

    /// The fold version that brought it.
    pub fn since(self) -> u32 {
        self.line().since
    }

    /// Whether minutes keep it in their small item, which the reports of the open hour read.
    pub fn is_in_head(self) -> bool {
        matches!(self, Self::TOTAL | Self::CHANNEL)
    }

    /// The view with the fewest dimensions that has all of `wanted`.
    pub fn covering(wanted: &BTreeSet<Dimension>) -> Option<Self> {
        Self::of_events()
            .filter(|view| wanted.iter().all(|dimension| view.dimensions().contains(dimension)))
            .min_by_key(|view| view.dimensions().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_covering_view_is_taken() {
        for (wanted, view) in [
            (vec![], Some("total")),
            (vec![Dimension::Channel], Some("channel")),
            (vec![Dimension::Campaign], Some("channel+campaign")),
            (vec![Dimension::Campaign, Dimension::Term], Some("campaign+term")),
            (vec![Dimension::Medium], Some("source+medium")),
            (vec![Dimension::Name], Some("kind+name")),
            (vec![Dimension::Offer], Some("partner+offer")),
            (vec![Dimension::Country, Dimension::Device], None),
        ] {
            let wanted: BTreeSet<_> = wanted.into_iter().collect();
            assert_eq!(View::covering(&wanted).map(View::name), view, "{wanted:?}");
        }
    }

    #[test]
    fn the_named_views_and_their_versions_are_right() {
        assert_eq!((View::TOTAL.name(), View::CHANNEL.name()), ("total", "channel"));
        assert!(View::all().all(|view| view.since() <= FOLD_VERSION && view.name() != "unknown"));
        let names: BTreeSet<_> = View::all().map(View::name).collect();
        assert_eq!(names.len(), VIEWS.len());
    }

    #[test]
    fn every_set_of_views_is_a_number() {
        assert!(VIEWS.len() <= 64);
        let all: BTreeSet<_> = View::all().collect();
        for views in [BTreeSet::new(), BTreeSet::from([View::TOTAL, View::CHANNEL]), all] {
            assert_eq!(View::unmask(View::mask(&views)), views);
        }
        assert_eq!(View::mask(&BTreeSet::from([View::CHANNEL])), 2);
    }
}
