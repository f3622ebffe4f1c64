//! What every place is credited with under a model.

use std::collections::BTreeMap;

use super::chain::TooMany;
use super::markov;
use super::model::Model;
use super::path::{Path, Step};
use super::rules;
use super::shapley;
use super::split::split;

/// Micros in one result.
pub const MICROS: i128 = 1_000_000;

/// A place's part of the results and of the revenue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// Unit: micros; [`MICROS`] are one result. Never below zero.
    pub results: i128,
    /// Unit: micros of the currency. Below zero where refunds were more.
    pub revenue: i128,
}

/// The credit of every place that is on some path, also of those that get nothing.
pub type Credits<S> = BTreeMap<S, Credit>;

/// Divides the results and the revenue of all paths among their places.
///
/// Over all places, results add up to [`MICROS`] for each result and revenue adds up to that of the paths,
/// exactly, whatever the model, as long as both sums fit in `i128`; paths without steps are left out. The order
/// of the paths makes no difference. Every path is split by largest remainder, ties going to the earlier step;
/// [`Model::Markov`] splits the two totals, ties going to the lesser place. Errors: [`TooMany`], of
/// [`Model::Markov`] alone.
pub fn credit<S: Clone + Ord>(model: Model, paths: &[Path<S>]) -> Result<Credits<S>, TooMany> {
    if model == Model::Markov {
        return markov::credit(paths);
    }
    let mut credits = Credits::new();
    for path in paths {
        let (places, weights) = match rules::weights(model, &path.steps) {
            Some(weights) => (path.steps.iter().map(|step| &step.place).collect(), weights),
            None => even(shapley::places(&path.steps)),
        };
        let results = split(i128::from(path.results) * MICROS, &weights);
        let revenue = split(path.revenue, &weights);
        add(&mut credits, &places, results, revenue);
    }
    Ok(credits)
}

fn even<S>(places: Vec<&S>) -> (Vec<&S>, Vec<u64>) {
    let weights = vec![1; places.len()];
    (places, weights)
}

/// Adds shares to the places that they belong to.
pub(super) fn add<S: Clone + Ord>(
    credits: &mut Credits<S>,
    places: &[&S],
    results: Vec<i128>,
    revenue: Vec<i128>,
) {
    for ((place, results), revenue) in places.iter().zip(results).zip(revenue) {
        let credit = credits.entry((*place).clone()).or_default();
        credit.results = credit.results.saturating_add(results);
        credit.revenue = credit.revenue.saturating_add(revenue);
    }
}

/// Divides one result among its own steps, in their order, in micros that add up to one result.
///
/// A place's shares add up to what [`credit`] gives it for that one path. `None` for [`Model::Markov`], which
/// cannot be told from a single path; empty where there are no steps. A place that [`Model::Shapley`] meets
/// more than once has its part divided evenly among its steps.
pub fn shares<S: Ord>(model: Model, steps: &[Step<S>]) -> Option<Vec<u64>> {
    let micros = divide(model, steps, MICROS)?;
    Some(micros.into_iter().map(|share| u64::try_from(share).unwrap_or(0)).collect())
}

/// Divides any amount among the steps of one path like [`shares`], in parts that add up to it.
pub fn divide<S: Ord>(model: Model, steps: &[Step<S>], amount: i128) -> Option<Vec<i128>> {
    Some(match model {
        Model::Markov => return None,
        Model::Shapley => divide_by_shapley(steps, amount),
        _ => split(amount, &rules::weights(model, steps)?),
    })
}

fn divide_by_shapley<S: Ord>(steps: &[Step<S>], amount: i128) -> Vec<i128> {
    let (places, weights) = even(shapley::places(steps));
    let mut parts = BTreeMap::new();
    for (place, part) in places.into_iter().zip(split(amount, &weights)) {
        let touches = vec![1; steps.iter().filter(|step| step.place == *place).count()];
        parts.insert(place, split(part, &touches).into_iter());
    }
    steps.iter().filter_map(|step| parts.get_mut(&step.place)?.next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Steps as `a9 b5 -0`: a place, a letter or `-` for direct, and the days to the result.
    fn steps(text: &str) -> Vec<Step<char>> {
        let step = |word: &str| {
            let place = word.chars().next().unwrap();
            Step { place, direct: place == '-', days: word[1..].parse().unwrap() }
        };
        text.split_whitespace().map(step).collect()
    }

    #[test]
    fn each_model_divides_a_path() {
        let paths = [Path { steps: steps("a14 b7 a7 -0"), results: 3, revenue: -7, losses: 1 }];
        for (model, expected) in [
            (Model::First, "- 0 0, a 3000000 -7, b 0 0"),
            (Model::Last, "- 3000000 -7, a 0 0, b 0 0"),
            (Model::LastNonDirect, "- 0 0, a 3000000 -7, b 0 0"),
            // -1.75 each: the fourths go to the first three steps.
            (Model::Linear, "- 750000 -1, a 1500000 -4, b 750000 -2"),
            // 40, 10, 10 and 40 %: -2.8, -0.7, -0.7 and -2.8 become -3, -1, 0 and -3.
            (Model::Position, "- 1200000 -3, a 1500000 -3, b 300000 -1"),
            // 1, 2, 2 and 4 ninths: -0.78, -1.56, -1.56 and -3.11 become -1, -2, -1 and -3.
            (Model::TimeDecay, "- 1333333 -3, a 1000000 -2, b 666667 -2"),
            // Half of those at a go to b, half leave by way of -: the effects are 1, 1 and 1/2.
            (Model::Markov, "- 1200000 -3, a 1200000 -3, b 600000 -1"),
            (Model::Shapley, "- 1000000 -2, a 1000000 -3, b 1000000 -2"),
        ] {
            let credits = credit(model, &paths).unwrap();
            let line = |(place, Credit { results, revenue }): (&char, &Credit)| {
                format!("{place} {results} {revenue}")
            };
            assert_eq!(credits.iter().map(line).collect::<Vec<_>>().join(", "), expected, "{model}");
        }
    }

    #[test]
    fn one_result_is_divided_among_its_own_steps() {
        for (model, path, expected) in [
            (Model::First, "a9 b5 c1", Some(vec![1_000_000, 0, 0])),
            (Model::LastNonDirect, "a9 b5 -1", Some(vec![0, 1_000_000, 0])),
            (Model::Linear, "a9 b5 c1", Some(vec![333_334, 333_333, 333_333])),
            (Model::Position, "a9", Some(vec![1_000_000])),
            (Model::Position, "a9 b5", Some(vec![500_000, 500_000])),
            (Model::Position, "a9 b5 c1", Some(vec![400_000, 200_000, 400_000])),
            (Model::Position, "a9 b5 c3 d2 e1", Some(vec![400_000, 66_667, 66_667, 66_666, 400_000])),
            (Model::TimeDecay, "a7 b0", Some(vec![333_333, 666_667])),
            // 2^(-1/7) = 0.905724 to 1.
            (Model::TimeDecay, "a1 b0", Some(vec![475_265, 524_735])),
            (Model::TimeDecay, "a400 b400", Some(vec![500_000, 500_000])),
            (Model::Shapley, "a9 b5 a3 c1", Some(vec![166_667, 333_333, 166_667, 333_333])),
            (Model::Shapley, "", Some(vec![])),
            (Model::Linear, "", Some(vec![])),
            (Model::Markov, "a9 b5", None),
        ] {
            assert_eq!(shares(model, &steps(path)), expected, "{model} of {path}");
        }
    }

    fn some_steps() -> impl Strategy<Value = Vec<Step<char>>> {
        let step = ("[-a-e]", 0_u16..400).prop_map(|(place, days)| {
            let place = place.chars().next().unwrap();
            Step { place, direct: place == '-', days }
        });
        vec(step, 1..9)
    }

    fn some_paths() -> impl Strategy<Value = Vec<Path<char>>> {
        let number = || prop_oneof![3 => 0_u64..5, 1 => 0_u64..=u64::MAX];
        let money = prop_oneof![3 => -100_i128..1_000, 1 => -(1_i128 << 110)..1 << 110];
        let path = (some_steps(), number(), money, number())
            .prop_map(|(steps, results, revenue, losses)| Path { steps, results, revenue, losses });
        vec(path, 0..12)
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_made_and_the_order_of_paths_is_the_same_to_all(
            (paths, shuffled) in some_paths().prop_flat_map(|paths| (Just(paths.clone()), Just(paths).prop_shuffle())),
        ) {
            for model in Model::ALL {
                let credits = credit(model, &paths).unwrap();
                prop_assert_eq!(&credits, &credit(model, &shuffled).unwrap(), "{}", model);
                let results: i128 = paths.iter().map(|path| i128::from(path.results)).sum();
                prop_assert_eq!(credits.values().map(|c| c.results).sum::<i128>(), MICROS * results, "{}", model);
                let revenue: i128 = paths.iter().map(|path| path.revenue).sum();
                prop_assert_eq!(credits.values().map(|c| c.revenue).sum::<i128>(), revenue, "{}", model);
                prop_assert!(credits.values().all(|c| c.results >= 0), "{}", model);
                let on_a_path = paths.iter().flat_map(|path| &path.steps);
                prop_assert!(on_a_path.into_iter().all(|step| credits.contains_key(&step.place)), "{}", model);
            }
        }

        #[test]
        fn the_shares_of_steps_are_the_credit_of_their_places(steps in some_steps()) {
            for model in Model::ALL {
                let Some(shares) = shares(model, &steps) else {
                    prop_assert_eq!(model, Model::Markov);
                    continue;
                };
                let mut places: BTreeMap<char, i128> = BTreeMap::new();
                for (step, share) in steps.iter().zip(&shares) {
                    *places.entry(step.place).or_default() += i128::from(*share);
                }
                prop_assert_eq!(shares.len(), steps.len());
                let path = Path { steps: steps.clone(), results: 1, revenue: 0, losses: 0 };
                let credits = credit(model, &[path]).unwrap();
                let credits: BTreeMap<char, i128> = credits.into_iter().map(|(p, c)| (p, c.results)).collect();
                prop_assert_eq!(places, credits, "{}", model);
            }
        }

        #[test]
        fn opposite_revenue_is_opposite_credit(paths in some_paths()) {
            let mut opposite = paths.clone();
            for path in &mut opposite {
                path.revenue = -path.revenue;
            }
            for model in Model::ALL {
                let of = |paths: &[Path<char>]| credit(model, paths).unwrap();
                let mut negated = of(&opposite);
                for credit in negated.values_mut() {
                    credit.revenue = -credit.revenue;
                }
                prop_assert_eq!(of(&paths), negated, "{}", model);
            }
        }
    }
}
