//! What a list of results is limited to, and the cursor of its next page.

use std::cmp::Reverse;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::dimension::{Dimension, Filters};
use reckon_core::domain::event::{Event, Kind, Status};
use reckon_core::domain::names::Label;
use reckon_core::domain::site::Site;
use reckon_core::http::Problem;
use reckon_core::report::{Ask, Asking, foreign_cursor, question_name};

use super::MOST;
use super::search::newest_first;

/// The parameters of the list beside its days.
pub(super) const OWN: [&str; 8] =
    ["kind", "status", "order", "channel", "campaign", "partner", "limit", "cursor"];

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// What the list is limited to.
    pub(super) Limited:
        word("kind", "Results of this kind.", Kind::ALL.map(Kind::as_str), None),
        word("status", "Results of this status.", Status::ALL.map(Status::as_str), None),
        text("order", "The results of this order number, found at once."),
        text("channel", "Results of this channel."),
        text("campaign", "Results of this campaign."),
        text("partner", "Results of this partner.");
}

/// What a list is limited to.
pub(super) struct Wanted {
    kind: Option<Kind>,
    pub(super) status: Option<Status>,
    pub(super) order: Option<Label>,
    channel: Option<String>,
    campaign: Option<String>,
    partner: Option<String>,
    pub(super) limit: usize,
    pub(super) after: Option<After>,
}

/// What a page ended with: a minute, and the id of an event in it; none where the next page begins with the minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct After {
    /// What the page belongs to.
    pub(super) question: String,
    pub(super) minute: Minute,
    pub(super) id: String,
}

impl After {
    pub(super) fn of(question: &str, event: &Event) -> Self {
        let (minute, id) = (event.sent.minute(), event.sent.id.as_str().to_owned());
        Self { question: question.to_owned(), minute, id }
    }

    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}#{}#{}", self.question, self.minute.number(), self.id))
    }

    fn parse(text: &str) -> Option<Self> {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (question, rest) = plain.split_once('#')?;
        let (minute, id) = rest.split_once('#')?;
        let number = minute.parse().ok().filter(|number| (0..4_223_371_680).contains(number))?;
        let minute = Minute::from_number(number);
        Some(Self { question: question.to_owned(), minute, id: id.to_owned() })
    }

    /// Whether an event comes behind what the page ended with. No id is empty.
    fn is_before(&self, event: &Event) -> bool {
        newest_first(event) > (Reverse(self.minute), self.id.clone())
    }
}

impl Wanted {
    pub(super) fn read(asking: &mut Asking<'_>, rows: usize) -> Self {
        let kinds = Kind::ALL.map(|kind| (kind.as_str(), kind));
        let statuses = Status::ALL.map(|status| (status.as_str(), status));
        let (kind, status) = (asking.word("kind", &kinds), asking.word("status", &statuses));
        let order = asking.one("order").and_then(|text| match Label::parse(text) {
            Ok(order) => Some(order),
            Err(error) => {
                asking.fault("order", "invalid_text", format!("order {error}"));
                None
            }
        });
        let mut value = |dimension| asking.value(dimension).map(str::to_owned);
        let [channel, campaign, partner] =
            [Dimension::Channel, Dimension::Campaign, Dimension::Partner].map(&mut value);
        let limit = asking.limit(rows, MOST);
        let after = asking.one("cursor").and_then(|cursor| {
            let after = After::parse(cursor);
            if after.is_none() {
                let detail = "the cursor is none of ours; begin again without it, and keep every parameter";
                asking.fault("cursor", "foreign_cursor", detail);
            }
            after
        });
        Self { kind, status, order, channel, campaign, partner, limit, after }
    }

    /// Adds what it is limited to, as answers repeat it.
    pub(super) fn add_to(&self, filters: &mut Filters) {
        let kind = self.kind.map(|kind| kind.as_str().to_owned());
        for (dimension, value) in [
            (Dimension::Kind, &kind),
            (Dimension::Channel, &self.channel),
            (Dimension::Campaign, &self.campaign),
            (Dimension::Partner, &self.partner),
        ] {
            if let Some(value) = value {
                filters.allow(dimension, value.clone());
            }
        }
    }

    /// What a cursor belongs to: the site, and everything that is asked for, filters included, but the page.
    pub(super) fn question(&self, site: &Site, ask: &Ask) -> String {
        question_name(site.id.as_str(), &(ask, self.status, &self.order))
    }

    /// Refuses a cursor that belongs to another question.
    pub(super) fn belongs_to(&self, question: &str) -> Result<(), Problem> {
        if self.after.as_ref().is_none_or(|after| after.question == question) {
            return Ok(());
        }
        Err(foreign_cursor())
    }

    /// Whether a result is among those that are wanted.
    pub(super) fn has(&self, event: &Event, site: &Site) -> bool {
        let (sent, origin) = (&event.sent, &event.derived.origin);
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        site.keeps_path(sent.kind)
            && self.after.as_ref().is_none_or(|after| after.is_before(event))
            && !sent.void
            && !event.derived.robot
            && self.kind.is_none_or(|kind| kind == sent.kind)
            && self.status.is_none_or(|status| status == sent.status())
            && self.order.as_ref().is_none_or(|order| sent.order.as_ref() == Some(order))
            && is(&self.channel, origin.channel.as_str())
            && is(&self.campaign, &origin.campaign)
            && is(&self.partner, &origin.partner)
    }
}
