//! Credit by removal effects: what would be lost of all results, or of all revenue, without a place.
//!
//! A walk through the chain begins at a place as often as paths do, goes on from each place as paths do, and
//! ends in a result or without one. *Without* a place, a walk that comes to it ends there, with nothing. What
//! is lost is therefore what walks through the place bring, and its part of the whole is the removal effect,
//! `1 - P(result without the place) / P(result)`. Credit is in proportion to removal effects over all paths, not
//! path by path, as in `ChannelAttribution`, which finds by simulation what is solved here.
//!
//! Revenue has removal effects of its own: a walk that ends in a result at a place brings what results there
//! brought on average. Paths that brought more than they cost and paths whose refunds were more are divided
//! apart, because weights of two signs can cancel out and make credits of any size; without refunds nothing
//! differs. Where revenue came to no walk at all, as when there are no results, the removal effects of results
//! divide it; where there are none either, all places get the same.
//!
//! Accuracy: the effects are doubles, computed by the four basic operations in one order, so that every
//! machine and every order of the paths gives the same bits. Their error is about 10^-12, more only where walks
//! go round in circles for thousands of steps. What is divided by them adds up exactly nonetheless.
#![expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_arithmetic,
    reason = "a linear system is solved; its solutions are weights between 0 and 1, never amounts"
)]

use super::chain::{Chain, State, TooMany};
use super::credit::{Credits, MICROS, add};
use super::path::Path;
use super::split::split;

/// What an effect of one weighs. Three hundred such weights add up to less than 2^64.
const ONE: f64 = 4_503_599_627_370_496.0;

/// Divides the results and the revenue of all paths among their places. Errors: [`TooMany`].
pub(super) fn credit<S: Clone + Ord>(paths: &[Path<S>]) -> Result<Credits<S>, TooMany> {
    let chain = Chain::of(paths)?;
    let walks = Walks::of(&chain.states);
    let of_results = walks.weights(|state| state.results);
    let or_of_results = |weights: Vec<u64>| {
        if weights.iter().any(|weight| *weight > 0) { weights } else { of_results.clone() }
    };
    let gained = or_of_results(walks.weights(|state| state.gained));
    let refunded = or_of_results(walks.weights(|state| state.refunded));

    let sum = |part: fn(&State) -> u128| {
        i128::try_from(chain.states.iter().map(part).sum::<u128>()).unwrap_or(i128::MAX)
    };
    let none = vec![0; chain.places.len()];
    let mut credits = Credits::new();
    let results = split(sum(|state| state.results).saturating_mul(MICROS), &of_results);
    add(&mut credits, &chain.places, results, split(sum(|state| state.gained), &gained));
    add(&mut credits, &chain.places, none, split(-sum(|state| state.refunded), &refunded));
    Ok(credits)
}

/// All walks through a chain.
struct Walks<'a> {
    states: &'a [State],
    /// How many walks ever come to each place.
    reach: Vec<f64>,
    /// For a walk that is at a place, how often it comes to each, this time included.
    visits: Vec<Vec<f64>>,
}

impl<'a> Walks<'a> {
    fn of(states: &'a [State]) -> Self {
        let visits =
            inverse(states.iter().enumerate().map(|(place, state)| departures(place, state)).collect());
        let mut reach = vec![0.0; states.len()];
        for (state, visits) in states.iter().zip(&visits) {
            for (reach, visits) in reach.iter_mut().zip(visits) {
                *reach += state.begun as f64 * visits;
            }
        }
        // So far these are visits, of which each walk makes as many as one that is there already.
        for (place, (reach, visits)) in reach.iter_mut().zip(&visits).enumerate() {
            *reach /= visits.get(place).copied().unwrap_or(1.0);
        }
        Self { states, reach, visits }
    }

    /// Each place's removal effect on what walks bring at their end, in 2^-52; all zero where they bring
    /// nothing.
    fn weights(&self, brought: impl Fn(&State) -> u128) -> Vec<u64> {
        let at_end: Vec<f64> =
            self.states.iter().map(|state| brought(state) as f64 / walkers(state)).collect();
        let expected: Vec<f64> = self
            .visits
            .iter()
            .map(|visits| visits.iter().zip(&at_end).map(|(visits, brought)| visits * brought).sum())
            .collect();
        let whole: f64 =
            self.states.iter().zip(&expected).map(|(state, expected)| state.begun as f64 * expected).sum();
        let weight =
            |(reach, expected): (&f64, &f64)| (reach * expected / whole * ONE).clamp(0.0, ONE).round() as u64;
        if whole > 0.0 {
            self.reach.iter().zip(&expected).map(weight).collect()
        } else {
            vec![0; expected.len()]
        }
    }
}

/// How many left a place; one where nobody was, which changes nothing.
fn walkers(state: &State) -> f64 {
    (state.next.iter().sum::<u128>() + state.results + state.losses).max(1) as f64
}

/// A row of the identity less the probabilities of the next place.
fn departures(place: usize, state: &State) -> Vec<f64> {
    let all = walkers(state);
    let entry = |(to, times): (usize, &u128)| f64::from(u8::from(to == place)) - *times as f64 / all;
    state.next.iter().enumerate().map(entry).collect()
}

/// The inverse of the identity less a matrix of probabilities, by elimination in place.
///
/// Every walk ends, since every path does, so the inverse exists, and no pivot has to be sought: each stays
/// above zero.
fn inverse(mut rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    for place in 0..rows.len() {
        // Its slot is empty while the others are changed, and so is skipped.
        let mut pivots = rows.get_mut(place).map(std::mem::take).unwrap_or_default();
        let pivot = pivots.get_mut(place).map_or(1.0, |pivot| std::mem::replace(pivot, 1.0));
        for entry in &mut pivots {
            *entry /= pivot;
        }
        for row in &mut rows {
            let factor = row.get_mut(place).map_or(0.0, std::mem::take);
            for (entry, pivot) in row.iter_mut().zip(&pivots) {
                *entry -= factor * pivot;
            }
        }
        if let Some(row) = rows.get_mut(place) {
            *row = pivots;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attribution::{Credit, Step};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn path(places: &str, results: u64, losses: u64, revenue: i128) -> Path<char> {
        let steps = places.chars().map(|place| Step { place, direct: false, days: 0 }).collect();
        Path { steps, results, revenue, losses }
    }

    /// Places with their results and revenue, as `a 200000 0`.
    fn credited(paths: &[Path<char>]) -> String {
        let line =
            |(place, Credit { results, revenue }): (&char, &Credit)| format!("{place} {results} {revenue}");
        credit(paths).unwrap().iter().map(line).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn credit_follows_removal_effects_worked_by_hand() {
        for (paths, expected) in [
            // From the start 2/3 go to a and 1/3 to b. From a half go to b and half end; from b all go to c; from
            // c half end in a result. P(result) = (2/3 * 1/2 + 1/3) * 1/2 = 1/3. Without a it is 1/3 * 1/2 = 1/6,
            // an effect of 1/2; without b or c it is 0, an effect of 1. Of one result: 1/5, 2/5, 2/5.
            (
                vec![path("abc", 1, 0, 10), path("a", 0, 1, 0), path("bc", 0, 1, 0)],
                "a 200000 2, b 400000 4, c 400000 4",
            ),
            // Two results end at b, one at a, after a visit to b for one of the two from a. From the start 2/3 go
            // to a, 1/3 to b. From a, which three walks leave, 1/3 end in a result and 2/3 go to b; from b, which
            // three leave, 1/3 go to a and 2/3 end in a result. Everything ends in a result, so P = 1. Without a
            // only b's own remain, 1/3 * 2/3 = 2/9, an effect of 7/9; without b 2/3 * 1/3 = 2/9, and 7/9 again.
            (vec![path("ab", 2, 0, 0), path("ba", 1, 0, 0)], "a 1500000 0, b 1500000 0"),
            // Revenue has effects of its own. From the start half go to a, half to b, and nothing lies between.
            (vec![path("a", 1, 0, 30), path("b", 1, 0, 10)], "a 1000000 30, b 1000000 10"),
            // A result at b brings 10/3, whatever came before b. Of 40, b has 10, an effect of 3/12; c leads to
            // one of three results at b, 1/12; a has its own 30 and leads to the other two, 11/12. Of 40: 440/15,
            // 120/15, 40/15. The effects on results are 3/4, 3/4 and 1/4. Of 4: 12/7, 12/7, 4/7.
            (
                vec![path("a", 1, 0, 30), path("ab", 2, 0, 10), path("cb", 1, 0, 0)],
                "a 1714286 29, b 1714286 8, c 571428 3",
            ),
            // Refunds are divided apart from gains, among those who brought them.
            (vec![path("a", 1, 0, 30), path("b", 1, 0, -10)], "a 1000000 30, b 1000000 -10"),
            // One who stays makes no step.
            (vec![path("aaab", 1, 1, 5)], "a 500000 3, b 500000 2"),
            // Nothing came of anything: money without results goes to all alike.
            (vec![path("a", 0, 0, 5), path("b", 0, 3, 0)], "a 0 3, b 0 2"),
            // A refund where nobody walked: the effects of results divide it.
            (vec![path("a", 3, 0, 8), path("b", 0, 0, -5)], "a 3000000 3, b 0 0"),
            (vec![path("", 5, 5, 5)], ""),
            (vec![], ""),
        ] {
            assert_eq!(credited(&paths), expected, "{paths:?}");
        }
    }

    /// The definition, by brute force: what walks bring when those that come to `without` end with nothing.
    fn brought(states: &[State], without: Option<usize>, reward: fn(&State) -> u128) -> f64 {
        let mut expected = vec![0.0; states.len()];
        for _ in 0..500 {
            expected = states
                .iter()
                .enumerate()
                .map(|(place, state)| {
                    let later: f64 =
                        state.next.iter().zip(&expected).map(|(times, later)| *times as f64 * later).sum();
                    let all = (later + reward(state) as f64) / walkers(state);
                    if Some(place) == without { 0.0 } else { all }
                })
                .collect();
        }
        states.iter().zip(&expected).map(|(state, expected)| state.begun as f64 * expected).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn effects_are_what_is_lost_without_a_place(
            paths in vec(("[a-f]{1,7}", 0_u64..9, 0_u64..9, -50_i128..100), 1..12),
        ) {
            let paths: Vec<Path<char>> = paths.iter().map(|(p, r, l, v)| path(p, *r, *l, *v)).collect();
            let chain = Chain::of(&paths).unwrap();
            let walks = Walks::of(&chain.states);
            let rewards: [fn(&State) -> u128; 3] =
                [|state| state.results, |state| state.gained, |state| state.refunded];
            for reward in rewards {
                let whole = brought(&chain.states, None, reward);
                for (place, weight) in walks.weights(reward).into_iter().enumerate() {
                    let lost = whole - brought(&chain.states, Some(place), reward);
                    let effect = if whole > 0.0 { lost / whole } else { 0.0 };
                    prop_assert!((weight as f64 / ONE - effect).abs() < 1e-9, "{} {} {}", place, weight, effect);
                }
            }
        }
    }
}
