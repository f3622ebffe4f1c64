//! A rule: in which channel an origin falls, and when, as data that is published, stored and tried alike.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Channel, ClickId};
use super::sources::{self, Category};

/// One line of a rule list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its number, which events store. A built-in rule keeps it for ever, a site's own in one version of its list.
    pub number: u8,
    /// The channel that it decides for.
    pub channel: Channel,
    /// What people call it; may be empty.
    #[serde(default)]
    pub name: String,
    /// The rule fires where one of these holds.
    pub when: Vec<When>,
}

/// What has to hold of an origin, all of it. Without a test it always holds.
pub type When = BTreeMap<Field, Test>;

/// What a field may be. One of the texts of one of the operators suffices.
pub type Test = BTreeMap<Operator, Vec<String>>;

/// What a test looks at. Letters A to Z mean the same in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The source as reports show it: as sent, else that of the ad click or of the referrer.
    Source,
    /// The medium as reports show it: as sent, else that of the ad click or of the referrer.
    Medium,
    /// `utm_campaign`.
    Campaign,
    /// The host of the page that linked here, without `www.`.
    ReferrerHost,
    /// The parameter of the ad click.
    ClickId,
    /// What kind of site the source is, by the catalogue of known sources.
    SourceKind,
}

/// How a text is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The whole of it; an empty text where there is none.
    Is,
    /// Anywhere in it.
    Contains,
    /// At its begin.
    BeginsWith,
    /// At its end.
    EndsWith,
    /// Anywhere in it where no letter a to z stands before.
    WordBeginsWith,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 6] =
        [Self::Source, Self::Medium, Self::Campaign, Self::ReferrerHost, Self::ClickId, Self::SourceKind];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Medium => "medium",
            Self::Campaign => "campaign",
            Self::ReferrerHost => "referrer_host",
            Self::ClickId => "click_id",
            Self::SourceKind => "source_kind",
        }
    }
}

impl Operator {
    /// Every operator.
    pub const ALL: [Self; 5] =
        [Self::Is, Self::Contains, Self::BeginsWith, Self::EndsWith, Self::WordBeginsWith];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::Contains => "contains",
            Self::BeginsWith => "begins_with",
            Self::EndsWith => "ends_with",
            Self::WordBeginsWith => "word_begins_with",
        }
    }

    /// Whether it holds of a text, both in lower case.
    fn holds(self, text: &str, part: &str) -> bool {
        match self {
            Self::Is => text == part,
            Self::Contains => text.contains(part),
            Self::BeginsWith => text.starts_with(part),
            Self::EndsWith => text.ends_with(part),
            Self::WordBeginsWith => text.match_indices(part).any(|(at, _)| begins_word(text, at)),
        }
    }
}

/// Whether no letter a to z stands before a place of a text.
fn begins_word(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(..at).and_then(<[u8]>::last);
    before.is_none_or(|byte| !byte.is_ascii_lowercase())
}

/// What rules look at, in lower case.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    source: String,
    medium: String,
    campaign: String,
    referrer_host: String,
    source_kind: Option<Category>,
    pub(super) click_id: Option<ClickId>,
}

impl Facts {
    /// The facts of a source, a medium, a campaign and the host of a referrer, written in any case.
    pub(super) fn new(
        [source, medium, campaign, referrer_host]: [&str; 4],
        click_id: Option<ClickId>,
    ) -> Self {
        let [source, medium, campaign, host] =
            [source, medium, campaign, referrer_host].map(str::to_ascii_lowercase);
        let referrer_host = host.strip_prefix("www.").map_or_else(|| host.clone(), str::to_owned);
        let source_kind = sources::category(&source);
        Self { source, medium, campaign, referrer_host, source_kind, click_id }
    }

    fn of(&self, field: Field) -> &str {
        match field {
            Field::Source => &self.source,
            Field::Medium => &self.medium,
            Field::Campaign => &self.campaign,
            Field::ReferrerHost => &self.referrer_host,
            Field::ClickId => self.click_id.map_or("", ClickId::as_str),
            Field::SourceKind => self.source_kind.map_or("", Category::as_str),
        }
    }
}

impl Rule {
    /// Whether it fires.
    pub(super) fn fires(&self, facts: &Facts) -> bool {
        self.when.iter().any(|when| when.iter().all(|(field, test)| passes(test, facts.of(*field))))
    }

    /// Whether it looks at a field.
    pub fn asks_for(&self, field: Field) -> bool {
        self.when.iter().any(|when| when.contains_key(&field))
    }

    /// When it fires, in a sentence for people.
    pub fn sentence(&self) -> String {
        let all = |when: &When| {
            let tests: Vec<_> = when.iter().map(|(field, test)| words(*field, test)).collect();
            if tests.is_empty() { "anything else".to_owned() } else { tests.join(" and ") }
        };
        self.when.iter().map(all).collect::<Vec<_>>().join("; or ")
    }
}

fn passes(test: &Test, text: &str) -> bool {
    test.iter().any(|(operator, parts)| parts.iter().any(|part| operator.holds(text, part)))
}

/// A test in words: `medium is "ppc" or contains "cp"`.
fn words(field: Field, test: &Test) -> String {
    let mut sentence = field.as_str().to_owned();
    let mut first = true;
    for (operator, parts) in test {
        for (place, part) in parts.iter().enumerate() {
            sentence.push_str(if first { " " } else { " or " });
            first = false;
            if place == 0 {
                sentence.push_str(operator.as_str());
                sentence.push(' ');
            }
            sentence.push('"');
            sentence.push_str(part);
            sentence.push('"');
        }
    }
    sentence.replace('_', " ")
}
