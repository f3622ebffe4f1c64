//! The Shapley values of places, in closed form.
//!
//! The game: a set of places is worth the results of all paths that touch no place outside of it, so
//! `v(S) = sum of results(p) where places(p) is within S`. That is a sum of one game for each path, in which a
//! set is worth the path's results if it holds all of the path's places, and nothing otherwise. In such a game
//! the places of the path are interchangeable, all others add nothing, and the whole is the path's results; so
//! by symmetry, by the rule for those who add nothing and by efficiency each place of the path has an equal
//! part. Shapley values add up over a sum of games. Dividing every path evenly among its distinct places is
//! therefore exact, and the 2^n sets never have to be looked at. The same holds for revenue of either sign.

use super::path::Step;

/// The distinct places of a path, in the order in which they were first touched.
pub(super) fn places<S: Ord>(steps: &[Step<S>]) -> Vec<&S> {
    let mut seen = std::collections::BTreeSet::new();
    steps.iter().map(|step| &step.place).filter(|place| seen.insert(*place)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use crate::domain::attribution::{MICROS, Model, Path, Step, credit};

    const PLACES: u8 = 5;

    /// v(S) of the game for a set of places as bits, in results.
    fn worth(paths: &[Path<u8>], set: u32) -> i128 {
        let within = |path: &&Path<u8>| path.steps.iter().all(|step| set & (1 << step.place) != 0);
        paths.iter().filter(within).map(|path| i128::from(path.results)).sum()
    }

    /// The definition: what a place adds to those before it, summed over all orders of arrival. `PLACES!` times
    /// the Shapley value.
    fn summed_over_all_orders(paths: &[Path<u8>], place: u8) -> i128 {
        let factorial = |n: u32| (1..=i128::from(n)).product::<i128>();
        (0..1_u32 << PLACES)
            .filter(|before| before & (1 << place) == 0)
            .map(|before| {
                let orders =
                    factorial(before.count_ones()) * factorial(u32::from(PLACES) - 1 - before.count_ones());
                orders * (worth(paths, before | (1 << place)) - worth(paths, before))
            })
            .sum()
    }

    proptest! {
        #[test]
        fn an_even_division_is_the_shapley_value(
            paths in vec((vec(0..PLACES, 1..8), 0_u64..1_000), 1..8),
        ) {
            let step = |place| Step { place, direct: false, days: 0 };
            let paths: Vec<Path<u8>> = paths
                .into_iter()
                .map(|(places, results)| Path {
                    steps: places.into_iter().map(step).collect(),
                    results,
                    revenue: 0,
                    losses: 0,
                })
                .collect();
            let credits = credit(Model::Shapley, &paths).unwrap();
            for place in 0..PLACES {
                let given = credits.get(&place).map_or(0, |credit| credit.results) * 120;
                let exact = summed_over_all_orders(&paths, place) * MICROS;
                // Rounding: less than a micro for each path.
                prop_assert!((given - exact).abs() < 120 * i128::try_from(paths.len()).unwrap());
            }
        }
    }
}
