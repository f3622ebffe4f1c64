//! Refolding a day: which of its views begin a version, and from when on. One number orders all versions of a day.
//!
//! The views of a day are written one by one, the total last, by whoever folds it, and two may do so at once. So that
//! the day can be read later as any completed fold left it:
//!
//! - a fold has one number, its time in milliseconds, or the next number that no view has seen, if that is greater;
//! - each view that it writes notes that number, and a view whose rows changed begins a version with it;
//! - the total begins a version whenever any view did, even where its own rows are the same;
//! - nothing is overwritten but what was read, after what was read is kept.
//!
//! The fold that a past moment saw is then the total's newest version up to it, and each view's newest version up to
//! that fold's number is what it wrote or left standing: who writes later has read its numbers, and goes beyond them.

use std::collections::{BTreeMap, BTreeSet};

use super::view::View;
use crate::guard::{Guard, stands};

/// How one view of a day stands, beside its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The number of the fold that brought its rows; 0 where that was not noted: since ever.
    pub since: i64,
    /// The number of the fold that wrote it last.
    pub folded: i64,
    /// Whether its rows are those of the new fold.
    pub same: bool,
}

/// What a new fold does to the versions of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refold {
    /// Its number.
    pub folded: i64,
    /// The views that say something else than in the last completed fold.
    pub moved: BTreeSet<View>,
    standing: BTreeMap<View, Standing>,
    filled: BTreeSet<View>,
}

impl Refold {
    /// Plans a fold at `now`, in milliseconds since 1970, over what stands. `filled` are the views that get rows.
    pub fn plan(now: i64, standing: BTreeMap<View, Standing>, filled: BTreeSet<View>) -> Self {
        let seen = standing.values().map(|view| view.folded.max(view.since)).max();
        let folded = match seen {
            Some(seen) if stands(Guard::FoldsRise) => now.max(seen.saturating_add(1)),
            _ => now,
        };
        let completed = standing.get(&View::TOTAL).map(|total| total.since);
        let differs = |view: View| match standing.get(&view) {
            // One that was begun by a fold that never completed differs from what was completed last.
            Some(found) => !found.same || completed.is_none_or(|completed| found.since > completed),
            None => filled.contains(&view),
        };
        let moved = View::all().filter(|view| differs(*view)).collect();
        Self { folded, moved, standing, filled }
    }

    /// Whether any view says something else, so that a version begins.
    pub fn moves(&self) -> bool {
        !self.moved.is_empty() || !self.standing.contains_key(&View::TOTAL)
    }

    /// Whether a view begins a version.
    pub fn begins(&self, view: View) -> bool {
        if !stands(Guard::SameRowsStay) {
            return true;
        }
        if view == View::TOTAL && stands(Guard::TotalMoves) {
            return self.moves();
        }
        self.standing.get(&view).map_or_else(|| self.filled.contains(&view), |found| !found.same)
    }

    /// The number that a view's rows stand under once this fold has written it.
    pub fn since(&self, view: View) -> i64 {
        if self.begins(view) {
            return self.folded;
        }
        self.standing.get(&view).map_or(0, |found| found.since)
    }

    /// Whether what stands of a view has to be kept before it is overwritten.
    pub fn keeps(&self, view: View) -> bool {
        self.begins(view) && self.standing.contains_key(&view)
    }
}

#[cfg(test)]
mod tests;
