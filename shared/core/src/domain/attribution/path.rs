//! Paths: what visitors touched before a result, and what came of it.

/// A touch as a report groups it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step<S> {
    /// The group of the report: a channel, a campaign or a partner.
    pub place: S,
    /// Whether the visitor came from nowhere that is known, by typing the address or from a bookmark.
    pub direct: bool,
    /// Whole days between the touch and the result.
    pub days: u16,
}

/// One path and what came of everybody who took it.
///
/// A result without any touch has one step, which is direct. A path without steps has nobody to credit, and
/// every model leaves it out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path<S> {
    /// What was touched, oldest first.
    pub steps: Vec<Step<S>>,
    /// How many times it ended in a result.
    pub results: u64,
    /// What those results brought, less refunds. Unit: micros; below zero when the refunds are more.
    pub revenue: i128,
    /// How many times it ended without a result. Only [`Model::Markov`](super::Model::Markov) reads it; zero
    /// where nobody counts.
    pub losses: u64,
}
