//! Versions: which of a day's an earlier moment saw, which days were sealed then, and which versions restate a day.

use std::collections::BTreeMap;

use chrono::NaiveDate;

/// The version that a moment saw: the newest up to it. All times are milliseconds since 1970.
pub fn standing_at<T>(versions: &BTreeMap<i64, T>, moment: i64) -> Option<(i64, &T)> {
    versions.range(..=moment).next_back().map(|(since, version)| (*since, version))
}

/// When days came to be sealed: moments, each with the last day that was sealed by then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seals(BTreeMap<i64, NaiveDate>);

impl Seals {
    /// Reads notes in any order. A note may say less than an earlier one, whose writer's clock was ahead.
    pub fn new(notes: impl IntoIterator<Item = (i64, NaiveDate)>) -> Self {
        let mut seals = BTreeMap::new();
        for (at, through) in notes {
            let known = seals.entry(at).or_insert(through);
            *known = through.max(*known);
        }
        Self(seals)
    }

    /// The last day that was sealed at a moment; `None` before the first note.
    pub fn through(&self, moment: i64) -> Option<NaiveDate> {
        self.0.range(..=moment).map(|(_, through)| *through).max()
    }

    /// The first note's moment.
    pub fn first(&self) -> Option<i64> {
        self.0.keys().next().copied()
    }

    /// When a day came to be sealed.
    pub fn sealed_at(&self, date: NaiveDate) -> Option<i64> {
        self.0.iter().find(|(_, through)| **through >= date).map(|(at, _)| *at)
    }
}

/// One version of a day that took the place of another after the day was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restatement<'a, T> {
    /// Since when it stands.
    pub at: i64,
    /// Its number among the versions of the sealed day, from 1; what was sealed first has 0.
    pub version: usize,
    /// What stood until then; `None` where the day was sealed and empty.
    pub before: Option<&'a T>,
    /// What stands from then on.
    pub after: &'a T,
}

/// The restatements of a day that was sealed at `sealed_at`, oldest first.
///
/// Versions from before are how the day came to be what was sealed, and restate nothing.
pub fn restatements<T>(versions: &BTreeMap<i64, T>, sealed_at: i64) -> Vec<Restatement<'_, T>> {
    let mut before = standing_at(versions, sealed_at).map(|(_, version)| version);
    let later = versions.range(sealed_at.saturating_add(1)..);
    (1..)
        .zip(later)
        .map(|(version, (at, after))| Restatement { at: *at, version, before: before.replace(after), after })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_moment_sees_the_newest_version_up_to_it() {
        let versions = BTreeMap::from([(0, "ever"), (10, "a"), (11, "b"), (20, "c")]);
        for (moment, seen) in [
            (-1, None),
            (0, Some((0, &"ever"))),
            (9, Some((0, &"ever"))),
            (10, Some((10, &"a"))),
            (19, Some((11, &"b"))),
            (i64::MAX, Some((20, &"c"))),
        ] {
            assert_eq!(standing_at(&versions, moment), seen, "{moment}");
        }
    }

    #[test]
    fn a_day_is_sealed_from_the_first_note_that_reaches_it() {
        let (one, two, three) = (date("2026-11-01"), date("2026-11-02"), date("2026-11-03"));
        // The third writer's clock was behind.
        let seals = Seals::new([(5, one), (20, three), (21, two)]);
        assert_eq!(
            [4, 5, 19, 20, 21].map(|moment| seals.through(moment)),
            [None, Some(one), Some(one), Some(three), Some(three)]
        );
        let days = ["2020-01-01", "2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"];
        assert_eq!(days.map(|day| seals.sealed_at(date(day))), [Some(5), Some(5), Some(20), Some(20), None]);
    }

    #[test]
    fn what_is_sealed_first_restates_nothing() {
        let versions = BTreeMap::from([(10, "rebuilt at noon"), (20, "closed"), (30, "late"), (40, "void")]);
        let told = |sealed_at| -> Vec<(i64, usize, Option<&str>, &str)> {
            let all = restatements(&versions, sealed_at);
            all.into_iter().map(|one| (one.at, one.version, one.before.copied(), *one.after)).collect()
        };
        assert_eq!(told(21), [(30, 1, Some("closed"), "late"), (40, 2, Some("late"), "void")]);
        // History that is imported: the day was sealed and empty when its site was made.
        assert_eq!(told(1)[0], (10, 1, None, "rebuilt at noon"));
        assert_eq!(told(40), []);
    }

    proptest! {
        #[test]
        fn restatements_are_the_moments_at_which_a_sealed_day_is_seen_to_change(
            versions in proptest::collection::btree_map(0_i64..40, 0_u8..9, 0..9), sealed_at in 0_i64..40,
        ) {
            let seen = |moment| standing_at(&versions, moment).map(|(since, _)| since);
            let changes: Vec<i64> =
                (sealed_at + 1..50).filter(|moment| seen(*moment) != seen(moment - 1)).collect();
            let told = restatements(&versions, sealed_at);
            prop_assert_eq!(told.iter().map(|one| one.at).collect::<Vec<_>>(), changes);
            for one in told {
                prop_assert_eq!(one.before.copied(), standing_at(&versions, one.at - 1).map(|(_, rows)| *rows));
                prop_assert_eq!(Some(*one.after), standing_at(&versions, one.at).map(|(_, rows)| *rows));
            }
        }
    }
}
