//! The first-order Markov chain of all paths, counted in whole paths.

use std::collections::{BTreeMap, BTreeSet};

use super::path::Path;

/// The most places that [`Model::Markov`](super::Model::Markov) takes. Its work grows with their third power:
/// some 27 million multiplications at the most.
pub const MOST_PLACES: usize = 300;

/// More places than [`MOST_PLACES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{places} places are more than the {MOST_PLACES} that a Markov chain may have")]
pub struct TooMany {
    /// How many there are.
    pub places: usize,
}

/// What happened at one place. A path counts once for each of its results and each of its losses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Paths that began here.
    pub begun: u128,
    /// How often each place came next, in the order of [`Chain::places`].
    pub next: Vec<u128>,
    /// Paths that ended here in a result.
    pub results: u128,
    /// Paths that ended here without one.
    pub losses: u128,
    /// Revenue of the paths that ended here, where it is above zero. Unit: micros.
    pub gained: u128,
    /// The same where it is below zero, without its sign.
    pub refunded: u128,
}

/// All places, ascending, with what happened at each.
///
/// A place that comes twice in a row counts once, as in `ChannelAttribution`: staying is no move. Counting it
/// as one would change no credit, since it changes neither where walks go nor what they bring in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain<'a, S> {
    /// Without repeats.
    pub places: Vec<&'a S>,
    /// As many as places, in their order.
    pub states: Vec<State>,
}

impl<'a, S: Ord> Chain<'a, S> {
    /// Counts paths; those without steps are left out. Errors: [`TooMany`].
    pub(super) fn of(paths: &'a [Path<S>]) -> Result<Self, TooMany> {
        let places: BTreeSet<&S> =
            paths.iter().flat_map(|path| &path.steps).map(|step| &step.place).collect();
        if places.len() > MOST_PLACES {
            return Err(TooMany { places: places.len() });
        }
        let numbers: BTreeMap<&S, usize> =
            places.iter().copied().enumerate().map(|(number, place)| (place, number)).collect();
        let mut states = vec![State { next: vec![0; places.len()], ..State::default() }; places.len()];
        // Paths that differ in nothing that the chain sees are one, whose sales and refunds are netted.
        let mut revenues: BTreeMap<Vec<usize>, i128> = BTreeMap::new();
        for path in paths {
            let mut route: Vec<usize> =
                path.steps.iter().filter_map(|step| numbers.get(&step.place).copied()).collect();
            route.dedup();
            count(&mut states, &route, path.results, path.losses);
            let revenue = revenues.entry(route).or_default();
            *revenue = revenue.saturating_add(path.revenue);
        }
        for (route, revenue) in revenues {
            let Some(state) = route.last().and_then(|number| states.get_mut(*number)) else { continue };
            let side = if revenue < 0 { &mut state.refunded } else { &mut state.gained };
            *side += revenue.unsigned_abs();
        }
        Ok(Self { places: places.into_iter().collect(), states })
    }
}

fn count(states: &mut [State], route: &[usize], results: u64, losses: u64) {
    let (results, losses) = (u128::from(results), u128::from(losses));
    if let Some(state) = route.first().and_then(|number| states.get_mut(*number)) {
        state.begun += results + losses;
    }
    for (from, to) in route.iter().zip(route.iter().skip(1)) {
        if let Some(times) = states.get_mut(*from).and_then(|state| state.next.get_mut(*to)) {
            *times += results + losses;
        }
    }
    if let Some(state) = route.last().and_then(|number| states.get_mut(*number)) {
        state.results += results;
        state.losses += losses;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::attribution::{Model, Step, credit};

    fn path(places: &str, results: u64, losses: u64, revenue: i128) -> Path<char> {
        let steps = places.chars().map(|place| Step { place, direct: false, days: 0 }).collect();
        Path { steps, results, revenue, losses }
    }

    #[test]
    fn moves_are_counted_and_staying_is_none() {
        let paths = [path("aab", 2, 1, 7), path("ab", 0, 0, -9), path("b", 1, 0, 5), path("", 9, 9, 9)];
        let chain = Chain::of(&paths).unwrap();
        assert_eq!(chain.places, [&'a', &'b']);
        let a = State { begun: 3, next: vec![0, 3], ..State::default() };
        // `aab` and `ab` are one path of the chain: 7 - 9 = -2.
        let b = State { begun: 1, next: vec![0, 0], results: 3, losses: 1, gained: 5, refunded: 2 };
        assert_eq!(chain.states, [a, b]);
    }

    #[test]
    fn too_many_places_are_refused_with_their_number() {
        let of = |places: u32| {
            let step = |place| Step { place, direct: false, days: 0 };
            [Path { steps: (0..places).map(step).collect(), results: 1, revenue: 1, losses: 0 }]
        };
        let credits = credit(Model::Markov, &of(300)).unwrap();
        assert_eq!(credits.len(), MOST_PLACES);
        let error = credit(Model::Markov, &of(301)).unwrap_err();
        assert_eq!(error.to_string(), "301 places are more than the 300 that a Markov chain may have");
        for model in Model::ALL.into_iter().filter(|model| *model != Model::Markov) {
            assert!(credit(model, &of(301)).is_ok(), "{model}");
        }
    }
}
