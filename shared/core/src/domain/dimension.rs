//! The dimensions that reports group and filter by, and the filters themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::device::Device;
use super::event::{Event, Kind};
use super::names::{Country, Label};
use super::words::instead;

/// A property of events that reports group and filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// The channel of the origin.
    Channel,
    /// The site or list that sent the visitor.
    Source,
    /// By what means.
    Medium,
    /// The campaign.
    Campaign,
    /// Which of several ads or links.
    Content,
    /// The search words.
    Term,
    /// The page that the visit began on.
    LandingPage,
    /// The host of the page that the visitor came from.
    Referrer,
    /// The country.
    Country,
    /// The device.
    Device,
    /// The kind of event.
    Kind,
    /// The event's name: which form, which download.
    Name,
    /// The partner who is to be paid.
    Partner,
    /// The partner's offer.
    Offer,
    /// The experiment that the visitor was in.
    Experiment,
    /// The experiment's variant.
    Variant,
}

/// The values that an answer is limited to: any of those named for a dimension, and every dimension at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filters(BTreeMap<Dimension, BTreeSet<String>>);

/// The value that rows folded for their number stand under, in every dimension of their view.
pub const OTHER: &str = "(other)";

impl Dimension {
    /// Every dimension, in the order of documents.
    pub const ALL: [Self; 16] = [
        Self::Channel,
        Self::Source,
        Self::Medium,
        Self::Campaign,
        Self::Content,
        Self::Term,
        Self::LandingPage,
        Self::Referrer,
        Self::Country,
        Self::Device,
        Self::Kind,
        Self::Name,
        Self::Partner,
        Self::Offer,
        Self::Experiment,
        Self::Variant,
    ];

    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Source => "source",
            Self::Medium => "medium",
            Self::Campaign => "campaign",
            Self::Content => "content",
            Self::Term => "term",
            Self::LandingPage => "landing_page",
            Self::Referrer => "referrer",
            Self::Country => "country",
            Self::Device => "device",
            Self::Kind => "kind",
            Self::Name => "name",
            Self::Partner => "partner",
            Self::Offer => "offer",
            Self::Experiment => "experiment",
            Self::Variant => "variant",
        }
    }

    /// The dimension of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.as_str() == name)
    }

    /// The values that there are, beside none and [`OTHER`]; `None` where senders choose them.
    pub fn closed(self) -> Option<Vec<&'static str>> {
        match self {
            Self::Channel => Some(Channel::ALL.map(Channel::as_str).to_vec()),
            Self::Device => Some(Device::ALL.map(Device::as_str).to_vec()),
            Self::Kind => Some(Kind::ALL.map(Kind::as_str).to_vec()),
            _ => None,
        }
    }

    /// What to write instead of a value that no event has in this dimension; `None` where one may have it.
    pub fn instead_of(self, value: &str) -> Option<String> {
        if ["", OTHER].contains(&value) {
            return None;
        }
        if self != Self::Country {
            return self.closed().filter(|known| !known.contains(&value)).map(|known| instead(value, &known));
        }
        match Country::parse(value) {
            Ok(code) if code.as_str() == value => None,
            Ok(code) => Some(format!("did you mean {code}?")),
            Err(_) => Some("a country is two capital letters, such as DE".to_owned()),
        }
    }

    /// The value of an event in this dimension; empty where it has none.
    pub fn value_of<'a>(self, event: &'a Event) -> &'a str {
        let origin = &event.derived.origin;
        let text = |label: &'a Option<Label>| label.as_ref().map_or("", Label::as_str);
        match self {
            Self::Channel => origin.channel.as_str(),
            Self::Source => &origin.source,
            Self::Medium => &origin.medium,
            Self::Campaign => &origin.campaign,
            Self::Content => &origin.content,
            Self::Term => &origin.term,
            Self::LandingPage => &event.derived.landing_page,
            Self::Referrer => &origin.referrer,
            Self::Country => event.sent.country.as_ref().map_or("", |country| country.as_str()),
            Self::Device => event.derived.device.as_str(),
            Self::Kind => event.sent.kind.as_str(),
            Self::Name => text(&event.sent.name),
            Self::Partner => &origin.partner,
            Self::Offer => &origin.offer,
            Self::Experiment => text(&event.sent.experiment),
            Self::Variant => text(&event.sent.variant),
        }
    }
}

impl Filters {
    /// Allows one more value of a dimension.
    pub fn allow(&mut self, dimension: Dimension, value: String) {
        self.0.entry(dimension).or_default().insert(value);
    }

    /// The dimensions that are filtered.
    pub fn dimensions(&self) -> impl Iterator<Item = Dimension> {
        self.0.keys().copied()
    }

    /// The values allowed in a dimension; `None` where all are.
    pub fn allowed(&self, dimension: Dimension) -> Option<&BTreeSet<String>> {
        self.0.get(&dimension)
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a row with this value passes the filter of that dimension.
    pub fn pass(&self, dimension: Dimension, value: &str) -> bool {
        self.allowed(dimension).is_none_or(|values| values.contains(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_read_back_from_their_names() {
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::parse(dimension.as_str()), Some(dimension));
            assert_eq!(serde_json::to_value(dimension).unwrap(), dimension.as_str());
        }
    }

    #[test]
    fn a_value_that_no_event_has_is_told_what_to_write_instead() {
        let letters = Some("a country is two capital letters, such as DE");
        for (dimension, value, hint) in [
            (Dimension::Channel, "emial", Some("did you mean email?")),
            (Dimension::Channel, "email", None),
            (Dimension::Channel, "", None),
            (Dimension::Channel, OTHER, None),
            (Dimension::Campaign, "anything", None),
            (Dimension::Country, "DE", None),
            (Dimension::Country, "", None),
            (Dimension::Country, OTHER, None),
            (Dimension::Country, "de", Some("did you mean DE?")),
            (Dimension::Country, "dE", Some("did you mean DE?")),
            (Dimension::Country, "Germany", letters),
            (Dimension::Country, "D1", letters),
            (Dimension::Country, "\u{e4}", letters),
        ] {
            assert_eq!(dimension.instead_of(value).as_deref(), hint, "{dimension:?} {value}");
        }
    }

    #[test]
    fn a_filter_is_any_of_its_values_and_all_of_its_dimensions() {
        let mut filters = Filters::default();
        filters.allow(Dimension::Channel, "email".to_owned());
        filters.allow(Dimension::Channel, "sms".to_owned());
        assert!(filters.pass(Dimension::Channel, "sms") && !filters.pass(Dimension::Channel, "push"));
        assert!(filters.pass(Dimension::Campaign, "anything"));
        assert_eq!(serde_json::to_string(&filters).unwrap(), r#"{"channel":["email","sms"]}"#);
    }
}
