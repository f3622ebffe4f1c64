//! From pieces of rollups to the rows of an answer: limit to what is asked for, group, add.

use std::collections::BTreeMap;

use crate::domain::calendar::Minute;
use crate::domain::counts::Counts;
use crate::domain::dimension::{Dimension, Filters, OTHER};
use crate::domain::rollup::{Rows, View};

/// The rows of one rollup, and when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The first minute of its day, hour or minute.
    pub start: Minute,
    /// Its rows in the view that was read.
    pub rows: Rows,
}

/// Rows grouped by the values of some dimensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Counts by the values of the grouping dimensions.
    pub rows: BTreeMap<Vec<String>, Counts>,
    /// Their sum.
    pub total: Counts,
    /// How many rows below were folded into `(other)`.
    pub folded: u64,
    /// Whether rows folded in a filtered dimension had to be left out, so that the answer may be too low.
    pub filtered_folded: bool,
}

/// Adds up pieces of `view`, limited by `filters`, by the values of `group`.
///
/// Every dimension of `group` and `filters` must be one of the view's.
pub fn tabulate<'a>(
    pieces: impl IntoIterator<Item = &'a Piece>,
    view: View,
    filters: &Filters,
    group: &[Dimension],
) -> Table {
    let place = |dimension: &Dimension| view.dimensions().iter().position(|known| known == dimension);
    let grouped: Vec<usize> = group.iter().filter_map(place).collect();
    let mut table = Table::default();
    for piece in pieces {
        table.folded += piece.rows.folded();
        for (values, row) in piece.rows.iter() {
            let mut pairs = view.dimensions().iter().zip(values);
            if !pairs.all(|(dimension, value)| filters.pass(*dimension, value)) {
                // Anybody may call a campaign so, which folds nothing.
                let folded = |dimension: Dimension, value: &String| {
                    piece.rows.folded() > 0 && value == OTHER && filters.allowed(dimension).is_some()
                };
                let mut pairs = view.dimensions().iter().zip(values);
                table.filtered_folded |= pairs.any(|(dimension, value)| folded(*dimension, value));
                continue;
            }
            let key = grouped.iter().filter_map(|place| values.get(*place).cloned()).collect();
            table.rows.entry(key).or_default().add(&row.counts);
            table.total.add(&row.counts);
        }
    }
    table
}
