//! The published rules: an ordered list, of which the first that fires decides the channel.
//!
//! They follow the definitions and the order of Google Analytics 4's default channel group, so that reports can be
//! held beside one another. What is ours alone: retargeting, influencers, native ads, AI assistants and content,
//! placed where their own words speak before a mere list of sources does.

use super::Channel;
use super::sources::{self, Category};

/// The version of the rule list. It rises when a link may fall into another channel than before.
pub const RULES_VERSION: u8 = 1;

/// One line of the rule list.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its number, which events store: a rule keeps it for ever, wherever it moves in the order.
    pub number: u8,
    /// The channel that it decides for.
    pub channel: Channel,
    /// The condition, in a sentence for people.
    pub when: &'static str,
    condition: fn(&Facts<'_>) -> bool,
}

/// The rules in the order in which they are tried; the last one always fires.
pub fn rules() -> &'static [Rule] {
    &RULES
}

impl Rule {
    const fn new(
        number: u8,
        channel: Channel,
        when: &'static str,
        condition: fn(&Facts<'_>) -> bool,
    ) -> Self {
        Self { number, channel, when, condition }
    }

    /// Whether the condition holds.
    pub(super) fn fires(&self, facts: &Facts<'_>) -> bool {
        (self.condition)(facts)
    }
}

/// What the rules look at, in lower case.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    source: String,
    medium: String,
    campaign: String,
    site: Option<Category>,
    empty: std::marker::PhantomData<&'a ()>,
}

static RULES: [Rule; 24] = [];
