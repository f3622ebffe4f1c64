//! Customers as the models see them: how often they came back, when last, since when, and for how much.

use std::collections::BTreeMap;

use crate::domain::decimal::Money;

/// One customer's purchases up to a day, summarised.
///
/// An occasion is a day with a purchase, however many there were on it: the papers' convention. The first occasion
/// is what makes a customer; the others are repeats. Times are whole days, so that histories compare exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct History {
    repeats: u32,
    recency_days: u32,
    age_days: u32,
    repeat_value: Money,
}

/// Why numbers are no [`History`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// The last purchase lies after the end.
    #[error("the last purchase is later than the end of the past")]
    RecencyBeyondAge,
    /// A day has one occasion at most, and so many repeats take at least as many days.
    #[error("there are more repeats than days to the last one")]
    TooManyRepeats,
    /// Recency or value without a repeat.
    #[error("there is no repeat, yet there is a time or a value of repeats")]
    NoRepeat,
}

impl History {
    /// A history by its parts: repeats (x), days from the first occasion to the last (`t_x`), days from the first
    /// to the end (T), and what all repeats were worth together.
    pub fn new(
        repeats: u32,
        recency_days: u32,
        age_days: u32,
        repeat_value: Money,
    ) -> Result<Self, HistoryError> {
        if recency_days > age_days {
            return Err(HistoryError::RecencyBeyondAge);
        }
        if repeats > recency_days {
            return Err(HistoryError::TooManyRepeats);
        }
        if repeats == 0 && (recency_days, repeat_value) != (0, Money::ZERO) {
            return Err(HistoryError::NoRepeat);
        }
        Ok(Self { repeats, recency_days, age_days, repeat_value })
    }

    /// Summarises purchases, each a day number and a value, in any order, up to the day `end`, which counts in.
    ///
    /// `None` when there is none by then, or when the days are more than `u32` apart.
    pub fn of(purchases: impl IntoIterator<Item = (i64, Money)>, end: i64) -> Option<Self> {
        let mut occasions = BTreeMap::<i64, Money>::new();
        for (day, value) in purchases.into_iter().filter(|(day, _)| *day <= end) {
            *occasions.entry(day).or_default() += value;
        }
        let (first, _) = occasions.pop_first()?;
        let days_to = |day: i64| u32::try_from(day.checked_sub(first)?).ok();
        let last = occasions.last_key_value().map_or(first, |(day, _)| *day);
        Some(Self {
            repeats: u32::try_from(occasions.len()).ok()?,
            recency_days: days_to(last)?,
            age_days: days_to(end)?,
            repeat_value: occasions.into_values().sum(),
        })
    }

    /// Occasions after the first: the papers' x.
    pub const fn repeats(self) -> u32 {
        self.repeats
    }

    /// Days from the first occasion to the last: `t_x`.
    pub const fn recency_days(self) -> u32 {
        self.recency_days
    }

    /// Days from the first occasion to the end of the past: T.
    pub const fn age_days(self) -> u32 {
        self.age_days
    }

    /// What the repeats were worth together.
    pub const fn repeat_value(self) -> Money {
        self.repeat_value
    }
}

/// Any number of customers, those with the same history counted together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cohort(BTreeMap<History, u64>);

impl Cohort {
    /// Adds customers that share a history.
    pub fn add(&mut self, history: History, customers: u64) {
        if customers > 0 {
            let count = self.0.entry(history).or_default();
            *count = count.saturating_add(customers);
        }
    }

    /// How many customers there are.
    pub fn customers(&self) -> u64 {
        self.customers_with(|_| true)
    }

    /// How many customers have a history of some kind.
    pub fn customers_with(&self, kind: impl Fn(History) -> bool) -> u64 {
        let counts = self.iter().filter(|(history, _)| kind(*history)).map(|(_, count)| count);
        counts.fold(0, u64::saturating_add)
    }

    /// Each distinct history with its number of customers, by repeats, recency, age and value.
    pub fn iter(&self) -> impl Iterator<Item = (History, u64)> + '_ {
        self.0.iter().map(|(history, count)| (*history, *count))
    }
}

impl FromIterator<History> for Cohort {
    fn from_iter<I: IntoIterator<Item = History>>(histories: I) -> Self {
        let mut cohort = Self::default();
        histories.into_iter().for_each(|history| cohort.add(history, 1));
        cohort
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    #[test]
    fn purchases_of_one_day_are_one_occasion_and_the_first_is_no_repeat() {
        let purchases = [(3, "10"), (10, "1.5"), (10, "2.5"), (17, "6"), (31, "100")];
        let purchases = purchases.map(|(day, value)| (day, money(value)));
        for (end, expected) in [
            (2, None),
            (3, Some((0, 0, 0, "0"))),
            (9, Some((0, 0, 6, "0"))),
            (10, Some((1, 7, 7, "4"))),
            (30, Some((2, 14, 27, "10"))),
            (40, Some((3, 28, 37, "110"))),
        ] {
            let expected = expected.map(|(repeats, recency, age, value)| {
                History::new(repeats, recency, age, money(value)).unwrap()
            });
            assert_eq!(History::of(purchases, end), expected, "to day {end}");
        }
    }

    #[test]
    fn a_history_that_cannot_be_is_refused() {
        for (repeats, recency, age, value, error) in [
            (1, 8, 7, "1", HistoryError::RecencyBeyondAge),
            (8, 7, 7, "1", HistoryError::TooManyRepeats),
            (0, 1, 7, "0", HistoryError::NoRepeat),
            (0, 0, 7, "1", HistoryError::NoRepeat),
        ] {
            assert_eq!(History::new(repeats, recency, age, money(value)), Err(error));
        }
    }

    proptest! {
        #[test]
        fn a_history_does_not_depend_on_the_order_of_purchases(
            mut purchases in proptest::collection::vec((0_i64..90, 0_i128..1_000_000), 1..12), end in 0_i64..120,
        ) {
            let history = |purchases: &[(i64, i128)]| {
                History::of(purchases.iter().map(|(day, value)| (*day, Money::from_millionths(*value))), end)
            };
            let forward = history(&purchases);
            purchases.reverse();
            prop_assert_eq!(forward, history(&purchases));
            if let Some(it) = forward {
                let again = History::new(it.repeats, it.recency_days, it.age_days, it.repeat_value);
                prop_assert_eq!(again, Ok(it));
            }
        }
    }
}
