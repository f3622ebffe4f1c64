//! A list of rules as it is sent, for the contract. [`super::draft`] reads it, so that all faults are told at once.
#![expect(dead_code, reason = "the contract describes it, and nothing is read into it")]

use chrono::NaiveDate;
use reckon_core::domain::channel::Channel;
use serde::Deserialize;
use utoipa::ToSchema;

/// A site's own rules.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewRules {
    /// The version that the list is to replace; whichever there is unless said.
    #[schema(required = false)]
    version: u32,
    /// The rules in the order in which they are tried; an empty list removes all of the site's own.
    #[schema(max_items = 50)]
    rules: Vec<NewRule>,
}

/// A list of rules, and the days whose events it is tried on.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RulesToTry {
    /// The version of the list that stands, as a check.
    #[schema(required = false)]
    version: u32,
    /// The rules in the order in which they are tried; an empty list leaves the built-in ones.
    #[schema(max_items = 50)]
    rules: Vec<NewRule>,
    /// The first day; 29 days before `to` unless said.
    #[schema(required = false)]
    from: NaiveDate,
    /// The last day, which is included; today unless said. At most 25 months.
    #[schema(required = false)]
    to: NaiveDate,
    /// Where the next page begins: `next` of the page before, everything else kept.
    #[schema(required = false)]
    cursor: String,
}

/// A rule as its maker writes it.
#[derive(Deserialize, ToSchema)]
struct NewRule {
    /// What people call it.
    #[schema(required = false)]
    name: String,
    /// The channel that it decides for.
    channel: Channel,
    /// When it fires.
    when: NewWhen,
}

/// What has to hold: all fields that are named, or one of 1 to 20 such objects.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum NewWhen {
    All(Box<NewConditions>),
    Any(Vec<NewConditions>),
}

/// What has to hold of fields, all of those that are named. Capitals do not matter.
#[derive(Deserialize, ToSchema)]
struct NewConditions {
    /// The source as reports show it.
    #[schema(required = false)]
    source: NewTest,
    /// The medium as reports show it.
    #[schema(required = false)]
    medium: NewTest,
    /// The campaign.
    #[schema(required = false)]
    campaign: NewTest,
    /// The host of the page that linked here, without `www.`.
    #[schema(required = false)]
    referrer_host: NewTest,
    /// The parameter of the ad click, such as `gclid`; compared as a whole.
    #[schema(required = false)]
    click_id: NewTest,
    /// What kind of site the source is: `search`, `shopping`, `social`, `video`, `ai_assistant` or `native`; compared
    /// as a whole.
    #[schema(required = false)]
    source_kind: NewTest,
}

/// What a field may be: texts that it is, or texts by how they are compared. An empty one means that there is none.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum NewTest {
    Is(NewTexts),
    By(NewComparisons),
}

/// Texts by how they are compared; one of them all has to hold.
#[derive(Deserialize, ToSchema)]
struct NewComparisons {
    /// The whole of it.
    #[schema(required = false)]
    is: NewTexts,
    /// Anywhere in it.
    #[schema(required = false)]
    contains: NewTexts,
    /// At its begin.
    #[schema(required = false)]
    begins_with: NewTexts,
    /// At its end.
    #[schema(required = false)]
    ends_with: NewTexts,
    /// Anywhere in it where no letter a to z stands before.
    #[schema(required = false)]
    word_begins_with: NewTexts,
}

/// A text, or 1 to 100 of which one will do.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
enum NewTexts {
    One(String),
    Several(Vec<String>),
}
