//! A caller's own list held against what is counted: which of both belong together, and what the rest is worth.

use std::collections::{BTreeMap, HashMap, VecDeque};

use sha2::{Digest, Sha256};

use super::calendar::Minute;
use super::decimal::Money;

/// One row of the caller's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is known by: an order or an event's id.
    pub key: String,
    /// When it happened, where the list says so.
    pub minute: Option<Minute>,
    /// What it was worth, where the list says so.
    pub value: Option<Money>,
    /// How often it happened, where the list says so.
    pub count: Option<u32>,
}

/// One event that is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What it is known by; an event may have no order.
    pub key: Option<String>,
    /// When it happened.
    pub minute: Minute,
    /// What it is worth.
    pub value: Money,
    /// How often it happened.
    pub count: u32,
}

/// What belongs together, by places in both lists, each place in exactly one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// Rows and events that say the same.
    pub matched: Vec<(usize, usize)>,
    /// Rows and events of one key with another value or count.
    pub differing: Vec<(usize, usize)>,
    /// Rows whose key a row before has.
    pub listed_twice: Vec<usize>,
    /// Events whose key an event before has.
    pub counted_twice: Vec<usize>,
    /// Rows of which nothing is counted.
    pub missing: Vec<usize>,
    /// Events that the list does not have.
    pub extra: Vec<usize>,
}

/// What explains the difference between the sum of a list and the sum of what is counted.
///
/// `listed - counted` is always `missing + listed_twice + differing - unvalued - extra - counted_twice`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// All values of the list; a row without one adds nothing.
    pub listed: Money,
    /// All that is counted.
    pub counted: Money,
    /// The rows of which nothing is counted.
    pub missing: Money,
    /// The rows that are there again.
    pub listed_twice: Money,
    /// How much more the rows of other values say than the events.
    pub differing: Money,
    /// What the events are worth whose rows say no value.
    pub unvalued: Money,
    /// The events that the list does not have.
    pub extra: Money,
    /// The events that are there again.
    pub counted_twice: Money,
}

/// Pairs a list with what is counted.
///
/// Of one key, a row and an event of the same minute belong together, however many; else the first of each. What is
/// left of a key that both have is there twice.
pub fn pair(listed: &[Listed], counted: &[Counted]) -> Pairing {
    #[derive(Default)]
    struct Same {
        rows: Vec<usize>,
        events: Vec<usize>,
    }
    let mut pairing = Pairing::default();
    let mut by_key: HashMap<&str, Same> = HashMap::new();
    for (place, row) in listed.iter().enumerate() {
        by_key.entry(&row.key).or_default().rows.push(place);
    }
    for (place, event) in counted.iter().enumerate() {
        match &event.key {
            Some(key) => by_key.entry(key).or_default().events.push(place),
            None => pairing.extra.push(place),
        }
    }
    let minute_of_row = |row: usize| listed.get(row).and_then(|row| row.minute);
    let minute_of_event =
        |event: usize| counted.get(event).map_or(Minute::from_number(0), |event| event.minute);
    for Same { rows, events } in by_key.into_values() {
        let mut by_minute: BTreeMap<Minute, VecDeque<usize>> = BTreeMap::new();
        for event in events {
            by_minute.entry(minute_of_event(event)).or_default().push_back(event);
        }
        let (mut pairs, mut left) = (Vec::new(), Vec::new());
        for row in rows {
            let same = minute_of_row(row).and_then(|minute| by_minute.get_mut(&minute)?.pop_front());
            match same {
                Some(event) => pairs.push((row, event)),
                None => left.push(row),
            }
        }
        let (mut rows, mut events) = (left.into_iter(), by_minute.into_values().flatten());
        if pairs.is_empty() {
            match (rows.next(), events.next()) {
                (Some(row), Some(event)) => pairs.push((row, event)),
                (Some(row), None) => pairing.missing.push(row),
                (None, Some(event)) => pairing.extra.push(event),
                (None, None) => {}
            }
        }
        pairing.listed_twice.extend(rows);
        pairing.counted_twice.extend(events);
        for (row, event) in pairs {
            let same = listed.get(row).zip(counted.get(event)).is_some_and(|(row, event)| says(row, event));
            if same { &mut pairing.matched } else { &mut pairing.differing }.push((row, event));
        }
    }
    pairing.sort();
    pairing
}

/// Which of so many parts a key belongs to: the first 8 bytes of its SHA-256, read as a number, modulo the number of
/// parts. A day with more rows than a list may have is compared in parts.
pub fn part_of(key: &str, parts: u64) -> u64 {
    let digest: [u8; 32] = Sha256::digest(key.as_bytes()).into();
    let first = digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    first.checked_rem(parts).unwrap_or(0)
}

/// Whether a row says nothing else than an event.
fn says(row: &Listed, event: &Counted) -> bool {
    row.value.is_none_or(|value| value == event.value) && row.count.is_none_or(|count| count == event.count)
}

impl Pairing {
    fn sort(&mut self) {
        let Self { matched, differing, listed_twice, counted_twice, missing, extra } = self;
        for pairs in [matched, differing] {
            pairs.sort_unstable();
        }
        for places in [listed_twice, counted_twice, missing, extra] {
            places.sort_unstable();
        }
    }

    /// What each part is worth.
    pub fn sums(&self, listed: &[Listed], counted: &[Counted]) -> Sums {
        let value_of = |row: &usize| listed.get(*row).and_then(|row| row.value);
        let rows = |places: &[usize]| places.iter().filter_map(value_of).sum();
        let worth = |event: &usize| counted.get(*event).map_or(Money::ZERO, |event| event.value);
        let events = |places: &[usize]| places.iter().map(worth).sum();
        let pairs = || self.matched.iter().chain(&self.differing);
        let valued = pairs().filter_map(|(row, event)| Some(value_of(row)? - worth(event)));
        let unvalued = pairs().filter(|(row, _)| value_of(row).is_none());
        Sums {
            listed: listed.iter().filter_map(|row| row.value).sum(),
            counted: counted.iter().map(|event| event.value).sum(),
            missing: rows(&self.missing),
            listed_twice: rows(&self.listed_twice),
            differing: valued.sum(),
            unvalued: unvalued.map(|(_, event)| worth(event)).sum(),
            extra: events(&self.extra),
            counted_twice: events(&self.counted_twice),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(key: &str, minute: Option<i64>, value: Option<i128>) -> Listed {
        let minute = minute.map(Minute::from_number);
        Listed { key: key.to_owned(), minute, value: value.map(Money::from_millionths), count: None }
    }

    fn event(key: Option<&str>, minute: i64, value: i128) -> Counted {
        let (key, minute) = (key.map(str::to_owned), Minute::from_number(minute));
        Counted { key, minute, value: Money::from_millionths(value), count: 1 }
    }

    #[test]
    fn each_row_and_event_is_told_what_it_is() {
        let listed = [
            row("same", None, Some(1)),
            row("other", None, Some(5)),
            row("twice", None, Some(2)),
            row("gone", None, Some(3)),
            row("twice", None, Some(2)),
            row("silent", None, None),
        ];
        let counted = [
            event(Some("same"), 1, 1),
            event(Some("other"), 1, 4),
            event(Some("twice"), 1, 2),
            event(Some("new"), 1, 7),
            event(None, 1, 8),
            event(Some("same"), 2, 1),
            event(Some("silent"), 2, 9),
        ];
        let pairing = pair(&listed, &counted);
        let expected = Pairing {
            matched: vec![(0, 0), (2, 2), (5, 6)],
            differing: vec![(1, 1)],
            listed_twice: vec![4],
            counted_twice: vec![5],
            missing: vec![3],
            extra: vec![3, 4],
        };
        assert_eq!(pairing, expected);
        let sums = pairing.sums(&listed, &counted);
        let told = [sums.missing, sums.listed_twice, sums.differing, sums.unvalued, sums.extra];
        assert_eq!(told.map(Money::millionths), [3, 2, 1, 9, 15]);
    }

    #[test]
    fn rows_and_events_of_one_minute_belong_together_however_many() {
        let listed = [row("a", Some(2), Some(1)), row("a", Some(1), Some(1)), row("a", Some(9), Some(1))];
        let counted = [event(Some("a"), 1, 1), event(Some("a"), 2, 1), event(Some("a"), 3, 1)];
        let pairing = pair(&listed, &counted);
        assert_eq!(pairing.matched, [(0, 1), (1, 0)]);
        assert_eq!((pairing.listed_twice, pairing.counted_twice), (vec![2], vec![2]));
    }

    #[test]
    fn a_count_that_differs_is_a_difference() {
        let listed = [Listed { count: Some(2), ..row("a", None, Some(1)) }];
        assert_eq!(pair(&listed, &[event(Some("a"), 1, 1)]).differing, [(0, 0)]);
    }

    fn listed() -> impl Strategy<Value = Vec<Listed>> {
        let minute = prop::option::of(0_i64..3);
        let one = ("[a-d]", minute, prop::option::of(-3_i128..9), prop::option::of(1_u32..3));
        let one = one.prop_map(|(key, minute, value, count)| Listed { count, ..row(&key, minute, value) });
        prop::collection::vec(one, 0..12)
    }

    fn counted() -> impl Strategy<Value = Vec<Counted>> {
        let one = (prop::option::of("[a-d]"), 0_i64..3, 0_i128..9);
        prop::collection::vec(
            one.prop_map(|(key, minute, value)| event(key.as_deref(), minute, value)),
            0..12,
        )
    }

    proptest! {
        #[test]
        fn the_parts_explain_the_difference_of_the_sums_and_nothing_is_in_two(listed in listed(), counted in counted()) {
            let pairing = pair(&listed, &counted);
            let sums = pairing.sums(&listed, &counted);
            let plus = sums.missing + sums.listed_twice + sums.differing;
            prop_assert_eq!(
                sums.listed - sums.counted,
                plus - sums.unvalued - sums.extra - sums.counted_twice
            );
            let pairs = || pairing.matched.iter().chain(&pairing.differing);
            let mut rows: Vec<usize> = pairs().map(|(row, _)| *row).collect();
            rows.extend(pairing.listed_twice.iter().chain(&pairing.missing));
            rows.sort_unstable();
            prop_assert_eq!(rows, (0..listed.len()).collect::<Vec<_>>());
            let mut events: Vec<usize> = pairs().map(|(_, event)| *event).collect();
            events.extend(pairing.counted_twice.iter().chain(&pairing.extra));
            events.sort_unstable();
            prop_assert_eq!(events, (0..counted.len()).collect::<Vec<_>>());
        }
    }
}
