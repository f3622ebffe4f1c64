//! The models of attribution, with their names and rules.

use std::str::FromStr;

/// How the credit for a result is divided among the steps before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "`Model::rule` documents each where clients can read it, too")]
pub enum Model {
    First,
    Last,
    LastNonDirect,
    Linear,
    Position,
    TimeDecay,
    Markov,
    Shapley,
}

/// A text that names no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("names no attribution model")]
pub struct UnknownModel;

impl Model {
    /// Every model, in the order of answers.
    pub const ALL: [Self; 8] = [
        Self::First,
        Self::Last,
        Self::LastNonDirect,
        Self::Linear,
        Self::Position,
        Self::TimeDecay,
        Self::Markov,
        Self::Shapley,
    ];

    /// Its name on the wire and its rule for people.
    const fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::First => ("first", "The first step gets everything."),
            Self::Last => ("last", "The last step gets everything."),
            Self::LastNonDirect => (
                "last_non_direct",
                "The last step that is not direct gets everything; the last step, where all are direct.",
            ),
            Self::Linear => ("linear", "All steps get the same."),
            Self::Position => (
                "position",
                "The first step gets 40 %, the last 40 %, those between share 20 %; two steps get 50 % each.",
            ),
            Self::TimeDecay => {
                ("time_decay", "A step gets half of what one gets that is seven days nearer to the result.")
            }
            Self::Markov => (
                "markov",
                "A place gets in proportion to the part of all results, or of all revenue, that would be lost \
                 without it in a first-order Markov chain of all paths.",
            ),
            Self::Shapley => {
                ("shapley", "The distinct places of a path get the same, which is each one's Shapley value.")
            }
        }
    }

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        self.described().0
    }

    /// What it does, in one sentence.
    pub const fn rule(self) -> &'static str {
        self.described().1
    }

    /// The model of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }
}

impl FromStr for Model {
    type Err = UnknownModel;
    fn from_str(name: &str) -> Result<Self, UnknownModel> {
        Self::named(name).ok_or(UnknownModel)
    }
}

impl std::fmt::Display for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_one_name_in_texts_and_in_json() {
        for (model, name) in Model::ALL.into_iter().zip([
            "first",
            "last",
            "last_non_direct",
            "linear",
            "position",
            "time_decay",
            "markov",
            "shapley",
        ]) {
            assert_eq!(model.name(), name);
            assert_eq!(model.to_string().parse(), Ok(model));
            assert_eq!(serde_json::to_value(model).unwrap(), name);
            assert_eq!(serde_json::from_value::<Model>(name.into()).unwrap(), model);
        }
        for name in ["", "First", "last-non-direct", "u_shaped"] {
            assert_eq!(name.parse::<Model>(), Err(UnknownModel), "{name}");
        }
    }

    #[test]
    fn every_rule_is_one_sentence() {
        for model in Model::ALL {
            let rule = model.rule();
            assert!(rule.ends_with('.') && rule.matches(". ").count() == 0, "{model}: {rule}");
        }
    }
}
