//! A site's own rules, which are tried before the built-in ones.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::rule::{Field, Rule, lines};

/// The number of the first of a site's own rules. The others follow in their order; built-in rules lie below.
pub const OWN_FROM: u8 = 101;

/// The most rules that a site may have of its own.
pub const MOST_RULES: usize = 50;

/// What kinds of site a rule may ask for, by the catalogue of known sources.
pub const SOURCE_KINDS: [&str; 6] = ["search", "shopping", "social", "video", "ai_assistant", "native"];

/// A site's own rules, in the order in which they are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRules {
    /// How often they were replaced; 0 where there never were any.
    pub version: u32,
    /// When that was last.
    pub saved_at: Option<DateTime<Utc>>,
    /// The rules, at most [`MOST_RULES`], numbered from [`OWN_FROM`] on.
    #[serde(with = "lines")]
    pub rules: Vec<Rule>,
}

impl OwnRules {
    /// The version of the list that follows this one.
    pub const fn next_version(&self) -> u32 {
        self.version.saturating_add(1)
    }

    /// Whether any of them looks at a field.
    pub fn asks_for(&self, field: Field) -> bool {
        self.rules.iter().any(|rule| rule.asks_for(field))
    }
}
