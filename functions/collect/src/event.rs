//! Reading one event: every field, what it may hold, and what a publish key may not say.

use chrono::{DateTime, Utc};
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::Money;
use reckon_core::domain::device::Device;
use reckon_core::domain::event::{Decision, Kind, PersonHash, Sent, Status, Trust, Utm};
use reckon_core::domain::journey::Touch;
use reckon_core::domain::names::{Country, Currency, EventId};
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::Fault;
use serde_json::value::RawValue;

use crate::fields::Fields;
use crate::page::{click_id_of, page_of, parse_referrer, parse_url, utm_of};
use crate::props::props;
use crate::refunds::Lent;
use crate::time::{Window, time_in_id};

/// What one event is read with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) site: &'a Site,
    pub(crate) trust: Trust,
    pub(crate) now: DateTime<Utc>,
    pub(crate) window: Window,
}

/// Where the time of an event is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    /// From its sender, outright or within its id.
    Said,
    /// From a claim: it has an id, and neither says when it was.
    ToClaim,
    /// From our clock: it has not even an id.
    Received,
}

/// An event as its sender means it.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) sent: Sent,
    /// The person's user agent, where the sender named it.
    pub(crate) user_agent: Option<String>,
    /// Where its time is from.
    pub(crate) timing: Timing,
    /// When its journey is judged, in milliseconds since 1970, where that is not when it is counted.
    pub(crate) judged_at: Option<i64>,
    /// Where it stands in the body.
    pub(crate) pointer: String,
    /// The id of the click on a tracking link that it brings back, as it was sent.
    pub(crate) brought: Option<String>,
    /// That click, once it is found to be ours.
    pub(crate) click: Option<Touch>,
    /// For a refund, where its sale tells what it was credited to.
    pub(crate) sale: Option<Lent>,
    /// Whether another report had named its result before.
    pub(crate) repeated: bool,
    /// What went back of its order so far.
    pub(crate) refunded: Money,
}

impl Read {
    /// An event of which nothing more than what was sent is known.
    pub(crate) fn new(sent: Sent, pointer: String) -> Self {
        Self {
            sent,
            user_agent: None,
            timing: Timing::Said,
            judged_at: None,
            pointer,
            brought: None,
            click: None,
            sale: None,
            repeated: false,
            refunded: Money::ZERO,
        }
    }

    /// Takes from another event of the same id what two requests would keep of both.
    pub(crate) fn complete(&mut self, other: &Self) {
        self.sent.void |= other.sent.void;
        self.sent.visitor = self.sent.visitor.or(other.sent.visitor);
        self.sent.decision = self.sent.decision.take().or_else(|| other.sent.decision.clone());
        self.click = self.click.take().or_else(|| other.click.clone());
        self.repeated |= other.repeated;
    }
}

pub(crate) const KNOWN: [&str; 27] = [
    "id",
    "kind",
    "name",
    "occurred_at",
    "visitor",
    "customer",
    "order",
    "value",
    "currency",
    "count",
    "url",
    "referrer",
    "utm",
    "channel",
    "country",
    "device",
    "user_agent",
    "partner",
    "offer",
    "experiment",
    "variant",
    "props",
    "void",
    "version",
    "click",
    "status",
    "reason",
];

/// Fields that a page may not fill, since anybody can read its key.
pub(crate) const SECRET: [&str; 6] = ["channel", "void", "user_agent", "version", "status", "reason"];

/// The longest user agent that is read.
pub(crate) const LONGEST_AGENT: usize = 2_048;

impl Reader<'_> {
    /// Reads the event at `pointer`.
    pub(crate) fn read(&self, raw: &RawValue, pointer: String) -> Result<Read, Fault> {
        let fields = Fields::open(raw, pointer)?;
        fields.only(&KNOWN)?;
        let kinds = Kind::ALL.map(Kind::as_str);
        let kind = fields.one_of("kind", "unknown_kind", Kind::parse, &kinds)?.ok_or_else(|| {
            fields.fault("kind", "missing_kind", format!("needs a kind: {}", kinds.join(", ")))
        })?;
        self.hold_to_trust(&fields, kind)?;
        let (id, at, timing) = self.identify(&fields)?;
        let mut sent = Sent::new(id, kind, at);
        sent.name = fields.label("name")?;
        sent.visitor = self.person(&fields, "visitor")?;
        sent.customer = self.person(&fields, "customer")?;
        sent.order = fields.label("order")?;
        sent.value = self.value(&fields, kind)?;
        sent.count = self.count(&fields)?;
        read_origin(&fields, &mut sent)?;
        sent.country = fields.parsed("country", Country::parse)?;
        sent.device =
            fields.one_of("device", "unknown_device", Device::parse, &Device::ALL.map(Device::as_str))?;
        sent.partner = fields.label("partner")?;
        sent.offer = fields.label("offer")?;
        sent.experiment = fields.label("experiment")?;
        sent.variant = fields.label("variant")?;
        sent.props = props(&fields)?;
        sent.void = fields.flag("void")?;
        sent.version = fields.whole("version", 0..=u32::MAX)?.unwrap_or(0);
        sent.decision = decision(&fields, kind)?;
        if kind == Kind::Refund && sent.order.is_some() && fields.raw("id").is_none() {
            let detail = "a refund of an order needs an id, so that sending it again is no second refund";
            return Err(fields.fault("id", "missing_id", detail));
        }
        let (agent, brought) = (user_agent(&fields)?, fields.label("click")?);
        let brought = brought.map(|click| click.as_str().to_owned());
        Ok(Read { user_agent: agent, timing, brought, ..Read::new(sent, fields.pointer().to_owned()) })
    }

    fn hold_to_trust(&self, fields: &Fields<'_>, kind: Kind) -> Result<(), Fault> {
        if self.trust == Trust::Secret || !stands(Guard::PageHeld) {
            return Ok(());
        }
        let needs = |what: &str| format!("{what} needs a write key, which only your servers know");
        if kind.needs_secret() {
            return Err(fields.fault("kind", "needs_write_key", needs(&format!("a {}", kind.as_str()))));
        }
        let filled = SECRET.into_iter().find(|name| fields.raw(name).is_some_and(|raw| raw.get() != "false"));
        filled.map_or(Ok(()), |name| Err(fields.fault(name, "needs_write_key", needs(name))))
    }

    /// The id, the time, and where that is from.
    fn identify(&self, fields: &Fields<'_>) -> Result<(EventId, DateTime<Utc>, Timing), Fault> {
        let id = fields.parsed("id", EventId::parse)?;
        let said = match fields.text("occurred_at")? {
            None => None,
            Some(text) => {
                Some(DateTime::parse_from_rfc3339(&text).map(|time| time.to_utc()).map_err(|_| {
                    let detail = "occurred_at must be a time with its zone such as 2026-11-23T05:00:00.123Z";
                    fields.fault("occurred_at", "invalid_time", detail)
                })?)
            }
        };
        if let Some(time) = said {
            let refused =
                |reason| fields.fault("occurred_at", "time_out_of_range", format!("occurred_at {reason}"));
            self.window.check(time).map_err(refused)?;
        }
        let Some(id) = id else {
            let timing = if said.is_some() { Timing::Said } else { Timing::Received };
            return Ok((new_id(self.now), said.unwrap_or(self.now), timing));
        };
        let inside = time_in_id(id.as_str());
        if let (None, Some(time)) = (said, inside)
            && self.window.nearly_has(time)
        {
            // Else a retry a moment later, with the time just inside, would be another event.
            let refused =
                |reason| fields.fault("id", "time_out_of_range", format!("the time inside the id {reason}"));
            self.window.check(time).map_err(refused)?;
        }
        // A time that cannot be meant, such as that of a hash that looks like a ULID, is no time.
        match said.or_else(|| inside.filter(|time| self.window.check(*time).is_ok())) {
            Some(time) => Ok((id, time, Timing::Said)),
            None if stands(Guard::Claims) => Ok((id, self.now, Timing::ToClaim)),
            None => Ok((id, self.now, Timing::Received)),
        }
    }

    /// A person's id, hashed with the site's secret.
    fn person(&self, fields: &Fields<'_>, name: &str) -> Result<Option<PersonHash>, Fault> {
        let label = fields.label(name)?;
        Ok(label.map(|label| self.site.person(name, label.as_str())))
    }

    fn value(&self, fields: &Fields<'_>, kind: Kind) -> Result<Option<Money>, Fault> {
        let value = fields.decimal("value")?;
        match value {
            None if kind.needs_value() => {
                return Err(fields.fault(
                    "value",
                    "missing_value",
                    format!("a {} needs a value", kind.as_str()),
                ));
            }
            Some(value) if value.is_negative() => {
                let detail =
                    "value must not be negative; money that goes back is an event of the kind refund";
                return Err(fields.fault("value", "negative_value", detail));
            }
            Some(value) if value > Money::MAX_OF_EVENT => {
                return Err(fields.fault("value", "value_too_large", "value must be at most 1000000000"));
            }
            _ => {}
        }
        let currency = fields.parsed("currency", Currency::parse)?;
        match currency {
            Some(currency) if currency != self.site.currency => {
                let detail =
                    format!("currency is {currency}, but this site reports in {}", self.site.currency);
                Err(fields.fault("currency", "currency_mismatch", detail))
            }
            _ => Ok(value),
        }
    }

    fn count(&self, fields: &Fields<'_>) -> Result<u32, Fault> {
        let count = fields.whole("count", 1..=1_000_000_000)?.unwrap_or(1);
        if count > 1 && self.trust == Trust::Public {
            return Err(fields.fault("count", "needs_write_key", "with a publish key an event counts once"));
        }
        Ok(count)
    }
}

/// Everything that tells where the visitor came from.
fn read_origin(fields: &Fields<'_>, sent: &mut Sent) -> Result<(), Fault> {
    if let Some(text) = fields.text("url")? {
        let detail = "url must be a web address such as https://shop.example/thanks";
        let url = parse_url(&text).ok_or_else(|| fields.fault("url", "invalid_url", detail))?;
        sent.page = page_of(&url);
        sent.utm = utm_of(&url);
        sent.click_id = click_id_of(&url);
    }
    sent.referrer = fields.text("referrer")?.as_deref().and_then(parse_referrer);
    if let Some(raw) = fields.raw("utm") {
        let given = Fields::open(raw, fields.fault("utm", "", "").pointer)?;
        given.only(&["source", "medium", "campaign", "content", "term"])?;
        let Utm { source, medium, campaign, content, term } = std::mem::take(&mut sent.utm);
        sent.utm = Utm {
            source: given.label("source")?.or(source),
            medium: given.label("medium")?.or(medium),
            campaign: given.label("campaign")?.or(campaign),
            content: given.label("content")?.or(content),
            term: given.label("term")?.or(term),
        };
    }
    let channels = Channel::ALL.map(Channel::as_str);
    sent.channel = fields.one_of("channel", "unknown_channel", Channel::parse, &channels)?;
    Ok(())
}

/// What was decided of a result, where the sender knows it already.
fn decision(fields: &Fields<'_>, kind: Kind) -> Result<Option<Decision>, Fault> {
    let status =
        fields.one_of("status", "unknown_status", Status::parse, &Status::ALL.map(Status::as_str))?;
    let reason = fields.label("reason")?;
    match (status, reason) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(fields.fault("reason", "missing_status", "a reason needs a status")),
        (Some(_), _) if !kind.is_result() => {
            let detail = "only a lead, signup, subscription or sale has a status";
            Err(fields.fault("status", "no_result", detail))
        }
        (Some(status), reason) => Ok(Some(Decision { at: 0, status, reason })),
    }
}

/// An id for an event that has none, which can be sent only once.
pub(crate) fn new_id(now: DateTime<Utc>) -> EventId {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(millis);
    let text = ulid::Ulid::from_datetime(time).to_string();
    EventId::parse(&text).unwrap_or_else(|_| unreachable!("a ULID is 26 letters and digits"))
}

fn user_agent(fields: &Fields<'_>) -> Result<Option<String>, Fault> {
    let agent = fields.text("user_agent")?;
    if agent.as_ref().is_some_and(|agent| agent.len() > LONGEST_AGENT) {
        return Err(fields.fault(
            "user_agent",
            "too_long",
            format!("user_agent has at most {LONGEST_AGENT} bytes"),
        ));
    }
    Ok(agent)
}

#[cfg(test)]
mod tests;
