//! The rows of one view: counts per combination of values, bounded in number and bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::counts::Counts;
use crate::domain::dimension::OTHER;

/// One row of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What its events add up to.
    pub counts: Counts,
    /// Whether a secret key brought any of them: such rows are folded last.
    pub trusted: bool,
}

/// The rows of a view by their values, one value per dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    rows: BTreeMap<Vec<String>, Row>,
    folded: u64,
}

/// What a row takes beside its values, at most, in bytes.
const BYTES_PER_ROW: usize = 40;

impl Rows {
    /// Rows as they were, `folded` of them folded; `None` where two have the same values.
    pub fn restored(rows: Vec<(Vec<String>, Row)>, folded: u64) -> Option<Self> {
        let length = rows.len();
        let rows = Self { rows: rows.into_iter().collect(), folded };
        (rows.len() == length).then_some(rows)
    }

    /// Adds to the row of these values.
    pub fn add(&mut self, values: Vec<String>, counts: &Counts, trusted: bool) {
        let row = self.rows.entry(values).or_default();
        row.counts.add(counts);
        row.trusted |= trusted;
    }

    /// Adds the rows of another set of events.
    pub fn merge(&mut self, other: &Self) {
        for (values, row) in &other.rows {
            self.add(values.clone(), &row.counts, row.trusted);
        }
        self.folded += other.folded;
    }

    /// The rows, in the order of their values.
    pub fn iter(&self) -> impl Iterator<Item = (&[String], &Row)> {
        self.rows.iter().map(|(values, row)| (values.as_slice(), row))
    }

    /// How many rows there are, a folded one included.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows were folded into `(other)`, counted anew in each rollup that folded them.
    pub fn folded(&self) -> u64 {
        self.folded
    }

    /// The sum of all rows.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.rows.values().for_each(|row| total.add(&row.counts));
        total
    }

    /// Folds what goes past `most_rows` and `most_bytes` into the row `(other)`, so that the sum stays exact.
    ///
    /// Rows with money and rows that a secret key brought stay first, then those that count most, then by value.
    pub fn cap(&mut self, most_rows: usize, most_bytes: usize) {
        let bytes = |values: &[String]| BYTES_PER_ROW + values.iter().map(String::len).sum::<usize>();
        let fits = self.rows.len() <= most_rows
            && self.rows.keys().map(|values| bytes(values)).sum::<usize>() <= most_bytes;
        if fits {
            return;
        }
        let dimensions = self.rows.keys().next().map_or(0, Vec::len);
        let other = vec![OTHER.to_owned(); dimensions];
        let mut sorted: Vec<_> = std::mem::take(&mut self.rows).into_iter().collect();
        sorted.sort_by(|(left_values, left), (right_values, right)| {
            let rank = |row: &Row| (row.trusted || row.counts.has_money(), row.counts.weight());
            rank(right).cmp(&rank(left)).then_with(|| left_values.cmp(right_values))
        });
        // One row and its bytes are kept free for `(other)`.
        let (mut rows_left, mut bytes_left) =
            (most_rows.saturating_sub(1), most_bytes.saturating_sub(bytes(&other)));
        for (values, row) in sorted {
            let needed = bytes(&values);
            let stays = values != other && rows_left > 0 && needed <= bytes_left;
            if stays {
                (rows_left, bytes_left) = (rows_left - 1, bytes_left - needed);
            } else if values != other {
                self.folded += 1;
            }
            self.add(if stays { values } else { other.clone() }, &row.counts, row.trusted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decimal::Money;

    fn rows(entries: &[(&str, u64, i128, bool)]) -> Rows {
        let mut rows = Rows::default();
        for (value, clicks, spend, trusted) in entries {
            let counts = Counts { clicks: *clicks, spend: Money::whole(*spend), ..Counts::default() };
            rows.add(vec![(*value).to_owned()], &counts, *trusted);
        }
        rows
    }

    fn values(rows: &Rows) -> Vec<&str> {
        rows.iter().map(|(values, _)| values[0].as_str()).collect()
    }

    #[test]
    fn rows_past_the_cap_fold_into_other_and_the_sum_stays() {
        let mut many =
            rows(&[("a", 9, 0, false), ("b", 1, 0, false), ("c", 5, 0, false), ("d", 1, 0, false)]);
        let total = many.total();
        many.cap(3, 10_000);
        assert_eq!(values(&many), ["(other)", "a", "c"]);
        assert_eq!((many.total(), many.folded()), (total, 2));
    }

    #[test]
    fn money_and_secret_keys_go_before_any_number_of_page_events() {
        let mut many = rows(&[
            ("flood1", 900, 0, false),
            ("flood2", 800, 0, false),
            ("paid", 0, 1, false),
            ("ours", 1, 0, true),
        ]);
        many.cap(3, 10_000);
        assert_eq!(values(&many), ["(other)", "ours", "paid"]);
    }

    #[test]
    fn long_values_are_bounded_by_bytes() {
        let long = "x".repeat(1_000);
        let mut many = rows(&[(&long, 5, 0, false), ("b", 4, 0, false), ("c", 3, 0, false)]);
        many.cap(100, 200);
        assert_eq!(values(&many), ["(other)", "b", "c"]);
        assert_eq!(many.folded(), 1);
    }

    #[test]
    fn an_other_row_from_below_stays_other() {
        let mut hour = rows(&[("(other)", 100, 0, true), ("a", 1, 0, false), ("b", 2, 0, false)]);
        hour.cap(2, 10_000);
        assert_eq!(values(&hour), ["(other)", "b"]);
        assert_eq!((hour.total().clicks, hour.folded()), (103, 1));
    }
}
