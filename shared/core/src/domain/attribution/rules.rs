//! The models that look at one path alone: what each step of it weighs.

use super::model::Model;
use super::path::Step;

/// 2^(-k/7) for k days, in 2^-32, rounded to the nearest.
const DECAY: [u64; 7] =
    [4_294_967_296, 3_890_053_517, 3_523_313_526, 3_191_148_437, 2_890_298_656, 2_617_811_889, 2_371_014_177];

/// What each step weighs, in the order of the path; `None` where the model is no rule for single steps.
pub(super) fn weights<S>(model: Model, steps: &[Step<S>]) -> Option<Vec<u64>> {
    let last = steps.len().saturating_sub(1);
    Some(match model {
        Model::First => all_to(0, steps),
        Model::Last => all_to(last, steps),
        Model::LastNonDirect => all_to(steps.iter().rposition(|step| !step.direct).unwrap_or(last), steps),
        Model::Linear => vec![1; steps.len()],
        Model::Position => position(steps),
        Model::TimeDecay => time_decay(steps),
        Model::Markov | Model::Shapley => return None,
    })
}

fn all_to<S>(chosen: usize, steps: &[Step<S>]) -> Vec<u64> {
    (0..steps.len()).map(|place| u64::from(place == chosen)).collect()
}

/// 40 % for each end is twice what all steps between them have together.
fn position<S>(steps: &[Step<S>]) -> Vec<u64> {
    let mut weights = vec![1; steps.len()];
    let between = steps.iter().skip(2).map(|_| 1).sum::<u64>();
    if between > 0 {
        for end in [0, steps.len() - 1] {
            if let Some(weight) = weights.get_mut(end) {
                *weight = 2 * between;
            }
        }
    }
    weights
}

/// Days count from the step nearest to the result, which changes no proportion, so that a path of long ago is
/// divided as finely as one of today. Beyond 32 weeks from there a step weighs nothing.
fn time_decay<S>(steps: &[Step<S>]) -> Vec<u64> {
    let nearest = steps.iter().map(|step| step.days).min().unwrap_or(0);
    let weight = |step: &Step<S>| {
        let days = step.days - nearest;
        let of_week = DECAY.get(usize::from(days % 7)).copied().unwrap_or(0);
        of_week.checked_shr(u32::from(days / 7)).unwrap_or(0)
    };
    steps.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps as `1d 0`: days before the result, and a `d` where the step is direct.
    fn steps(text: &str) -> Vec<Step<()>> {
        let step = |word: &str| Step {
            place: (),
            direct: word.ends_with('d'),
            days: word.trim_end_matches('d').parse().unwrap(),
        };
        text.split_whitespace().map(step).collect()
    }

    #[test]
    fn each_rule_weighs_the_steps_of_a_path() {
        let week = DECAY[0] >> 1;
        for (model, path, weighed) in [
            (Model::First, "9 5 1", vec![1, 0, 0]),
            (Model::Last, "9 5 1", vec![0, 0, 1]),
            (Model::LastNonDirect, "9 5 1", vec![0, 0, 1]),
            (Model::LastNonDirect, "9 5 1d", vec![0, 1, 0]),
            (Model::LastNonDirect, "9 5d 1d", vec![1, 0, 0]),
            (Model::LastNonDirect, "9d 5d 1d", vec![0, 0, 1]),
            (Model::Linear, "9 5 1", vec![1, 1, 1]),
            (Model::Position, "9", vec![1]),
            (Model::Position, "9 5", vec![1, 1]),
            (Model::Position, "9 5 1", vec![2, 1, 2]),
            (Model::Position, "9 5 3 1", vec![4, 1, 1, 4]),
            (Model::Position, "9 7 5 3 1", vec![6, 1, 1, 1, 6]),
            (Model::TimeDecay, "14 7 0", vec![week >> 1, week, week << 1]),
            (Model::TimeDecay, "8 1", vec![week, week << 1]),
            (Model::TimeDecay, "3 3", vec![week << 1, week << 1]),
            (Model::TimeDecay, "8 6 0", vec![DECAY[1] >> 1, DECAY[6], DECAY[0]]),
            (Model::TimeDecay, "224 217 0", vec![1, 2, DECAY[0]]),
            (Model::TimeDecay, "65535 231 0", vec![0, 0, DECAY[0]]),
            (Model::TimeDecay, "65535 65528", vec![week, week << 1]),
        ] {
            assert_eq!(weights(model, &steps(path)), Some(weighed), "{model} of {path}");
        }
    }

    #[test]
    fn without_steps_there_are_no_weights() {
        for model in Model::ALL {
            assert!(weights::<()>(model, &[]).is_none_or(|weights| weights.is_empty()), "{model}");
        }
    }

    #[test]
    fn the_table_of_decay_holds_the_powers_of_two() {
        for (days, weight) in (0_u32..).zip(DECAY) {
            let power = 2_f64.powf(32.0 - f64::from(days) / 7.0);
            assert_eq!(format!("{power:.0}"), weight.to_string(), "{days} days");
        }
    }
}
