//! The views: the combinations of dimensions that rollups are kept by. A new view is one line of [`VIEWS`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::dimension::Dimension;

/// A combination of dimensions that rollups are kept by, named by its place in the table of views.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct View(u8);

/// What one line of the table says of a view.
#[derive(Clone, Copy, Debug)]
struct Line {
    name: &'static str,
    dimensions: &'static [Dimension],
    since: u32,
}

const fn line(name: &'static str, dimensions: &'static [Dimension], since: u32) -> Line {
    Line { name, dimensions, since }
}

/// What rollups hold. A view added here, with the next fold version, is filled for the past by a rebuild.
const VIEWS: [Line; 11] = [
    line("total", &[], 1),
    line("channel", &[Dimension::Channel], 1),
    line("source+medium", &[Dimension::Source, Dimension::Medium], 1),
    line("channel+campaign", &[Dimension::Channel, Dimension::Campaign], 1),
    line("campaign+content", &[Dimension::Campaign, Dimension::Content], 1),
    line("campaign+term", &[Dimension::Campaign, Dimension::Term], 1),
    line("landing_page", &[Dimension::LandingPage], 1),
    line("referrer", &[Dimension::Referrer], 1),
    line("country", &[Dimension::Country], 1),
    line("device", &[Dimension::Device], 1),
    line("kind+name", &[Dimension::Kind, Dimension::Name], 1),
];

/// The version of everything that a fold depends on: this table, the caps, and what a row holds.
///
/// Raise it with any of them. Rollups of a lower version give way to those of a higher one.
pub const FOLD_VERSION: u32 = 1;

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

    /// Its dimensions, in the order of its rows' keys.
    pub fn dimensions(self) -> &'static [Dimension] {
        self.line().dimensions
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
        Self::all()
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
}
