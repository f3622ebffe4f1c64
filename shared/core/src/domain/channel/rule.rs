//! A rule: in which channel an origin falls, and when, as data that is published, stored and tried alike.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sources::{self, Category};
use super::{Channel, ClickId};

/// One line of a rule list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its number, which events store. A built-in rule keeps it for ever, a site's own in one version of its list.
    pub number: u8,
    /// The channel that it decides for.
    pub channel: Channel,
    /// What people call it; may be empty.
    pub name: String,
    /// The rule fires where one of these holds.
    pub when: Vec<When>,
}

/// What has to hold of an origin: of each field that is named, one of its conditions. Those of a field stand together.
/// Without any it always holds.
pub type When = Vec<Condition>;

/// What a field may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Which field.
    pub field: Field,
    /// How it is compared.
    pub operator: Operator,
    /// With what, in lower case, without control characters.
    pub text: String,
}

/// What a condition looks at. Capitals mean the same as small letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RuleField))]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = RuleOperator))]
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
            [source, medium, campaign, referrer_host].map(str::to_lowercase);
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

impl Condition {
    fn holds(&self, facts: &Facts) -> bool {
        self.operator.holds(facts.of(self.field), &self.text)
    }

    /// Reads `medium contains cp`.
    fn parse(cell: &str) -> Option<Self> {
        let mut words = cell.splitn(3, ' ');
        let mut word = || words.next();
        let (field, operator, text) = (word()?, word()?, word()?.to_owned());
        let field = Field::ALL.into_iter().find(|known| known.as_str() == field)?;
        let operator = Operator::ALL.into_iter().find(|known| known.as_str() == operator)?;
        Some(Self { field, operator, text })
    }
}

/// What stands between the alternatives of a rule.
const OR: &str = "or";

impl Rule {
    /// Whether it fires.
    pub(super) fn fires(&self, facts: &Facts) -> bool {
        // The conditions of a field stand together.
        let holds = |when: &When| {
            let mut fields = when.chunk_by(|one, next| one.field == next.field);
            fields.all(|of_field| of_field.iter().any(|one| one.holds(facts)))
        };
        self.when.iter().any(holds)
    }

    /// Whether it looks at a field.
    pub fn asks_for(&self, field: Field) -> bool {
        self.when.iter().flatten().any(|condition| condition.field == field)
    }

    /// When it fires, in words for people: `medium is "ppc" or contains "cp", and source kind is "search"`.
    pub fn sentence(&self) -> String {
        let mut sentence = String::new();
        for (place, when) in self.when.iter().enumerate() {
            sentence.push_str(if place > 0 { "; or " } else { "" });
            sentence.push_str(if when.is_empty() { "no other rule fires" } else { "" });
            let mut last: Option<&Condition> = None;
            for condition in when {
                let same = last.is_some_and(|last| last.field == condition.field);
                if same {
                    sentence.push_str(" or ");
                } else {
                    sentence.push_str(if last.is_some() { ", and " } else { "" });
                    sentence.push_str(&condition.field.as_str().replace('_', " "));
                    sentence.push(' ');
                }
                if !same || last.is_some_and(|last| last.operator != condition.operator) {
                    sentence.push_str(&condition.operator.as_str().replace('_', " "));
                    sentence.push(' ');
                }
                sentence.push('"');
                sentence.push_str(&condition.text);
                sentence.push('"');
                last = Some(condition);
            }
        }
        sentence
    }

    /// The rule as a line: number, channel, name and conditions, with tabs between them.
    pub(super) fn line(&self) -> String {
        let mut cells = vec![self.number.to_string(), self.channel.as_str().to_owned(), self.name.clone()];
        for (place, when) in self.when.iter().enumerate() {
            cells.extend((place > 0).then(|| OR.to_owned()));
            let cell = |Condition { field, operator, text }: &Condition| {
                [field.as_str(), operator.as_str(), text].join(" ")
            };
            cells.extend(when.iter().map(cell));
        }
        cells.join("\t")
    }

    /// How many bytes it takes where it is stored.
    pub fn stored_bytes(&self) -> usize {
        self.line().len() + 1
    }

    /// Reads back [`Rule::line`].
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut cells = line.split('\t');
        let number = cells.next()?.parse().ok()?;
        let channel = Channel::parse(cells.next()?)?;
        let name = cells.next()?.to_owned();
        let mut when = vec![When::new()];
        for cell in cells {
            if cell == OR {
                when.push(When::new());
            } else {
                when.last_mut()?.push(Condition::parse(cell)?);
            }
        }
        Some(Self { number, channel, name, when })
    }
}

/// Rules as they are stored: a line each.
pub(super) mod lines {
    use super::{Deserialize, Deserializer, Rule, Serialize, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(rules: &[Rule], to: S) -> Result<S::Ok, S::Error> {
        rules.iter().map(Rule::line).collect::<Vec<_>>().join("\n").serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Rule>, D::Error> {
        let text = String::deserialize(from)?;
        let rules: Option<Vec<Rule>> = text.lines().map(Rule::parse).collect();
        rules.ok_or_else(|| serde::de::Error::custom("no rules"))
    }
}
