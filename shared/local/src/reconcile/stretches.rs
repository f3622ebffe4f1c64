//! Cutting a list into stretches of days, and days that are too large into parts by the hash of the key.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use reckon_core::domain::calendar::{dates, plus_days};
use reckon_core::domain::pairing::part_of;

use super::table::Table;

/// About how many rows one question has; twice as many are taken.
const ROWS: usize = 5_000;
/// The most days of a question: about a second's worth of reading where each minute has results.
const DAYS: i64 = 31;

/// Days, and the rows of the list that lie in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
    /// Which of how many parts.
    pub(super) part: Option<(u64, u64)>,
    /// The rows, by their places in the list.
    pub(super) rows: Vec<usize>,
}

impl Stretch {
    /// How many days it has.
    pub(super) fn days(&self) -> i64 {
        (self.to - self.from).num_days() + 1
    }

    /// The same days in two questions. Rows without a day stay with the first: what it calls outside and the second extra
    /// belongs together in the end.
    pub(super) fn halves(self, table: &Table) -> Vec<Self> {
        let middle = plus_days(self.from, self.days().div_euclid(2));
        let before =
            |row: &usize| table.rows.get(*row).and_then(|row| row.date).is_none_or(|date| date < middle);
        let (first, second) = self.rows.iter().copied().partition(before);
        vec![
            Self { to: plus_days(middle, -1), rows: first, ..self.clone() },
            Self { from: middle, rows: second, ..self },
        ]
    }
}

/// Cuts a list, such that each row and each day is in exactly one stretch.
pub(super) fn cut(table: &Table, (from, to): (NaiveDate, NaiveDate)) -> Vec<Stretch> {
    let mut by_day: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
    for (place, row) in table.rows.iter().enumerate() {
        by_day.entry(row.date.unwrap_or(from)).or_default().push(place);
    }
    let dateless = table.rows.iter().all(|row| row.date.is_none());
    if dateless {
        return in_parts(table, from, to, by_day.into_values().flatten().collect());
    }
    let mut stretches: Vec<Stretch> = Vec::new();
    for date in dates(from, to) {
        let rows = by_day.remove(&date).unwrap_or_default();
        if rows.len() > ROWS {
            stretches.extend(in_parts(table, date, date, rows));
            continue;
        }
        match stretches.last_mut() {
            Some(last)
                if last.part.is_none() && last.days() < DAYS && last.rows.len() + rows.len() <= ROWS =>
            {
                last.to = date;
                last.rows.extend(rows);
            }
            _ => stretches.push(Stretch { from: date, to: date, part: None, rows }),
        }
    }
    // They are taken from the end.
    stretches.reverse();
    stretches
}

fn in_parts(table: &Table, from: NaiveDate, to: NaiveDate, rows: Vec<usize>) -> Vec<Stretch> {
    let of = u64::try_from(rows.len().div_ceil(ROWS)).unwrap_or(1).max(1);
    if of == 1 {
        return vec![Stretch { from, to, part: None, rows }];
    }
    let mut parts: BTreeMap<u64, Vec<usize>> = (0..of).map(|number| (number, Vec::new())).collect();
    for row in rows {
        let key = table.rows.get(row).map_or("", |row| row.key.as_str());
        parts.entry(part_of(key, of)).or_default().push(row);
    }
    parts.into_iter().map(|(number, rows)| Stretch { from, to, part: Some((number, of)), rows }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::table::{By, Row};
    use super::*;

    fn table(days: &[(&str, usize)]) -> Table {
        let mut rows = Vec::new();
        for (day, number) in days {
            let date = day.parse().ok();
            rows.extend((0..*number).map(|place| Row {
                line: 0,
                key: format!("{day}-{place}"),
                value: None,
                date,
                at: None,
            }));
        }
        Table { by: By::Order, rows, repeated: Vec::new(), unreadable: Vec::new(), outside: 0, further: 0 }
    }

    #[test]
    fn every_row_and_day_is_in_one_stretch_and_none_is_too_large() {
        let table = table(&[("2026-01-05", 3_000), ("2026-01-06", 3_000), ("2026-02-20", 20_000)]);
        let period = ("2026-01-01".parse().unwrap(), "2026-03-01".parse().unwrap());
        let stretches = cut(&table, period);
        let mut rows: Vec<usize> = stretches.iter().flat_map(|stretch| stretch.rows.clone()).collect();
        rows.sort_unstable();
        assert_eq!(rows, (0..26_000).collect::<Vec<_>>());
        assert!(stretches.iter().all(|stretch| stretch.rows.len() <= 2 * ROWS && stretch.days() <= DAYS));
        let mut days: Vec<NaiveDate> = stretches
            .iter()
            .filter(|stretch| stretch.part.is_none_or(|(number, _)| number == 0))
            .flat_map(|stretch| dates(stretch.from, stretch.to))
            .collect();
        days.sort_unstable();
        assert_eq!(days, dates(period.0, period.1).collect::<Vec<_>>());
        let parts = stretches.iter().filter(|stretch| stretch.part.is_some()).count();
        assert_eq!(parts, 4);
    }

    #[test]
    fn halves_have_the_days_and_rows_of_the_whole() {
        let table = table(&[("2026-01-05", 2), ("2026-01-06", 1), ("2026-01-07", 1)]);
        let whole = cut(&table, ("2026-01-05".parse().unwrap(), "2026-01-07".parse().unwrap())).remove(0);
        let halves = whole.halves(&table);
        let told: Vec<_> = halves
            .iter()
            .map(|half| (half.from.to_string(), half.to.to_string(), half.rows.clone()))
            .collect();
        assert_eq!(
            told,
            [
                ("2026-01-05".to_owned(), "2026-01-05".to_owned(), vec![0, 1]),
                ("2026-01-06".to_owned(), "2026-01-07".to_owned(), vec![2, 3]),
            ]
        );
    }
}
