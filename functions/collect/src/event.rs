//! Reading one event: every field, what it may hold, and what a publish key may not say.

use std::collections::BTreeMap;
use std::hash::Hasher;

use chrono::{DateTime, Utc};
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::Money;
use reckon_core::domain::device::Device;
use reckon_core::domain::event::{Kind, PersonHash, Prop, Sent, Trust, Utm};
use reckon_core::domain::names::{Country, Currency, EventId};
use reckon_core::domain::site::Site;
use reckon_core::http::Fault;
use serde_json::value::RawValue;
use siphasher::sip::SipHasher24;

use crate::fields::Fields;
use crate::page::{click_id_of, page_of, parse_referrer, parse_url, utm_of};
use crate::time::{Window, time_in_id};

/// What one event is read with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) site: &'a Site,
    pub(crate) trust: Trust,
    pub(crate) now: DateTime<Utc>,
    pub(crate) window: Window,
}

/// An event as its sender means it.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) sent: Sent,
    /// The person's user agent, where the sender named it.
    pub(crate) user_agent: Option<String>,
    /// Whether its time has to come from a claim: it has an id, and neither says when it was.
    pub(crate) needs_claim: bool,
}

const KNOWN: [&str; 24] = [
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
];

/// Fields that a page may not fill, since anybody can read its key.
const SECRET: [&str; 4] = ["channel", "void", "user_agent", "version"];

/// The most `props` of an event, and the longest of their names and texts, in characters.
const MOST_PROPS: usize = 30;
const LONGEST_PROP_NAME: usize = 64;
const LONGEST_PROP: usize = 256;
/// The longest user agent that is read.
const LONGEST_AGENT: usize = 2_048;

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
        let (id, at, needs_claim) = self.identify(&fields)?;
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
        Ok(Read { sent, user_agent: user_agent(&fields)?, needs_claim })
    }

    fn hold_to_trust(&self, fields: &Fields<'_>, kind: Kind) -> Result<(), Fault> {
        if self.trust == Trust::Secret {
            return Ok(());
        }
        let needs = |what: &str| format!("{what} needs a write key, which only your servers know");
        if kind.needs_secret() {
            return Err(fields.fault("kind", "needs_write_key", needs(&format!("a {}", kind.as_str()))));
        }
        let filled = SECRET.into_iter().find(|name| fields.raw(name).is_some_and(|raw| raw.get() != "false"));
        filled.map_or(Ok(()), |name| Err(fields.fault(name, "needs_write_key", needs(name))))
    }

    /// The id, the time, and whether the time must come from a claim.
    fn identify(&self, fields: &Fields<'_>) -> Result<(EventId, DateTime<Utc>, bool), Fault> {
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
            return Ok((new_id(self.now), said.unwrap_or(self.now), false));
        };
        // A time inside an id that cannot be meant, such as that of a hash that looks like a ULID, is no time.
        let inside = || time_in_id(id.as_str()).filter(|time| self.window.check(*time).is_ok());
        match said.or_else(inside) {
            Some(time) => Ok((id, time, false)),
            None => Ok((id, self.now, true)),
        }
    }

    /// A person's id, hashed with the site's secret.
    fn person(&self, fields: &Fields<'_>, name: &str) -> Result<Option<PersonHash>, Fault> {
        let label = fields.label(name)?;
        Ok(label.map(|label| {
            let mut key = [0_u8; 16];
            for (byte, pair) in key.iter_mut().zip(self.site.hash_key.as_bytes().chunks(2)) {
                *byte = std::str::from_utf8(pair)
                    .ok()
                    .and_then(|hex| u8::from_str_radix(hex, 16).ok())
                    .unwrap_or(0);
            }
            let mut hasher = SipHasher24::new_with_key(&key);
            hasher.write(name.as_bytes());
            hasher.write(label.as_str().as_bytes());
            PersonHash(hasher.finish())
        }))
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

/// An id for an event that has none, which can be sent only once.
fn new_id(now: DateTime<Utc>) -> EventId {
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

fn props(fields: &Fields<'_>) -> Result<BTreeMap<String, Prop>, Fault> {
    let Some(raw) = fields.raw("props") else { return Ok(BTreeMap::new()) };
    let object = Fields::open(raw, fields.fault("props", "", "").pointer)?;
    let mut props = BTreeMap::new();
    for (name, raw) in object.iter() {
        if name.is_empty() || name.chars().count() > LONGEST_PROP_NAME || name.chars().any(char::is_control) {
            let detail = format!("a name in props has 1 to {LONGEST_PROP_NAME} characters");
            return Err(object.fault(name, "invalid_text", detail));
        }
        let prop = match raw.get().bytes().next() {
            Some(b'"') => Prop::Text(prop_text(&object, name)?),
            Some(b't' | b'f') => Prop::Flag(object.flag(name)?),
            Some(b'{' | b'[') => {
                return Err(object.fault(
                    name,
                    "nested",
                    "props hold texts, numbers and flags, nothing nested",
                ));
            }
            _ => Prop::Number(object.decimal(name)?.unwrap_or_default()),
        };
        props.insert(name.to_owned(), prop);
    }
    if props.len() > MOST_PROPS {
        return Err(fields.fault("props", "too_many", format!("props has at most {MOST_PROPS} entries")));
    }
    Ok(props)
}

fn prop_text(object: &Fields<'_>, name: &str) -> Result<String, Fault> {
    let text = object.text(name)?.unwrap_or_default();
    if text.chars().count() > LONGEST_PROP {
        return Err(object.fault(
            name,
            "too_long",
            format!("a text in props has at most {LONGEST_PROP} characters"),
        ));
    }
    if looks_like_email(&text) {
        let detail = "looks like an e-mail address, which is not stored; send a hash or an id as customer";
        return Err(object.fault(name, "personal_data", detail));
    }
    Ok(text)
}

/// Whether any word of a text has the shape `name@host.tld`.
fn looks_like_email(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        word.rsplit_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && !rest.is_empty())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use reckon_core::domain::names::SiteId;
    use reckon_core::domain::site::{DEFAULT_ACQUISITIONS, DEFAULT_CONVERSIONS};

    fn site() -> Site {
        Site {
            id: SiteId::parse("shop").unwrap(),
            name: "Shop".to_owned(),
            time_zone: chrono_tz::UTC,
            currency: Currency::parse("EUR").unwrap(),
            conversion_kinds: DEFAULT_CONVERSIONS.to_vec(),
            acquisition_kinds: DEFAULT_ACQUISITIONS.to_vec(),
            origins: vec![],
            lanes: vec![],
            hash_key: "000102030405060708090a0b0c0d0e0f".to_owned(),
        }
    }

    fn read(json: &str, trust: Trust) -> Result<Read, Fault> {
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 5, 0, 0).unwrap();
        let site = site();
        let reader = Reader { site: &site, trust, now, window: Window::new(now, trust, None) };
        reader.read(serde_json::from_str(json).unwrap(), "/0".to_owned())
    }

    #[test]
    fn every_wrong_field_is_named_with_what_would_be_right() {
        for (json, pointer, code) in [
            (r#"7"#, "/0", "not_an_object"),
            (r#"{}"#, "/0/kind", "missing_kind"),
            (r#"{"kind": "sail"}"#, "/0/kind", "unknown_kind"),
            (r#"{"kind": 7}"#, "/0/kind", "not_a_text"),
            (r#"{"kind": "sale"}"#, "/0/value", "missing_value"),
            (r#"{"kind": "sale", "value": -1}"#, "/0/value", "negative_value"),
            (r#"{"kind": "sale", "value": "1e3"}"#, "/0/value", "invalid_number"),
            (r#"{"kind": "sale", "value": 1.0000001}"#, "/0/value", "invalid_number"),
            (r#"{"kind": "sale", "value": 1000000001}"#, "/0/value", "value_too_large"),
            (r#"{"kind": "sale", "value": 1, "currency": "USD"}"#, "/0/currency", "currency_mismatch"),
            (r#"{"kind": "sale", "vlaue": 1}"#, "/0/vlaue", "unknown_field"),
            (r#"{"kind": "view", "id": "a b"}"#, "/0/id", "invalid_text"),
            (r#"{"kind": "view", "id": "a#b"}"#, "/0/id", "invalid_text"),
            (r#"{"kind": "view", "occurred_at": "yesterday"}"#, "/0/occurred_at", "invalid_time"),
            (r#"{"kind": "view", "occurred_at": "2026-11-23T05:00:00"}"#, "/0/occurred_at", "invalid_time"),
            (
                r#"{"kind": "view", "occurred_at": "2026-11-24T05:00:00Z"}"#,
                "/0/occurred_at",
                "time_out_of_range",
            ),
            (r#"{"kind": "view", "count": 0}"#, "/0/count", "invalid_number"),
            (r#"{"kind": "view", "count": 1.5}"#, "/0/count", "invalid_number"),
            (r#"{"kind": "view", "url": "shop"}"#, "/0/url", "invalid_url"),
            (r#"{"kind": "view", "utm": {"sauce": "x"}}"#, "/0/utm/sauce", "unknown_field"),
            (r#"{"kind": "view", "channel": "fax"}"#, "/0/channel", "unknown_channel"),
            (r#"{"kind": "view", "country": "Germany"}"#, "/0/country", "invalid_text"),
            (r#"{"kind": "view", "device": "toaster"}"#, "/0/device", "unknown_device"),
            (r#"{"kind": "view", "void": 1}"#, "/0/void", "not_a_flag"),
            (r#"{"kind": "view", "props": {"a": {}}}"#, "/0/props/a", "nested"),
            (r#"{"kind": "view", "props": {"a/b": "ann@mail.example"}}"#, "/0/props/a~1b", "personal_data"),
        ] {
            let fault = read(json, Trust::Secret).unwrap_err();
            assert_eq!((fault.pointer.as_str(), fault.code), (pointer, code), "{json}");
        }
    }

    #[test]
    fn a_page_may_not_say_what_only_a_server_knows() {
        for (json, pointer) in [
            (r#"{"kind": "spend", "value": 1}"#, "/0/kind"),
            (r#"{"kind": "refund", "value": 1}"#, "/0/kind"),
            (r#"{"kind": "view", "void": true}"#, "/0/void"),
            (r#"{"kind": "view", "channel": "email"}"#, "/0/channel"),
            (r#"{"kind": "view", "count": 2}"#, "/0/count"),
            (r#"{"kind": "view", "user_agent": "x"}"#, "/0/user_agent"),
        ] {
            let fault = read(json, Trust::Public).unwrap_err();
            assert_eq!((fault.pointer.as_str(), fault.code), (pointer, "needs_write_key"), "{json}");
            assert!(read(json, Trust::Secret).is_ok(), "{json}");
        }
    }

    #[test]
    fn the_time_comes_from_the_sender_then_from_the_id_then_from_a_claim() {
        let uuid = "019aaf40-5f60-7000-8000-000000000001"; // 2026-11-23 before 05:00? see the assertion
        let in_id = time_in_id(uuid).unwrap();
        for (json, at, claim) in [
            (
                r#"{"kind": "view", "id": "a", "occurred_at": "2026-11-23T04:00:00Z"}"#.to_owned(),
                "2026-11-23T04:00:00Z",
                false,
            ),
            (r#"{"kind": "view", "id": "a"}"#.to_owned(), "2026-11-23T05:00:00Z", true),
            (r#"{"kind": "view"}"#.to_owned(), "2026-11-23T05:00:00Z", false),
        ] {
            let read = read(&json, Trust::Secret).unwrap();
            let expected: DateTime<Utc> = at.parse().unwrap();
            assert_eq!((read.sent.at, read.needs_claim), (expected.timestamp_millis(), claim), "{json}");
        }
        let read = read(&format!(r#"{{"kind": "view", "id": "{uuid}"}}"#), Trust::Secret).unwrap();
        assert_eq!((read.sent.at, read.needs_claim), (in_id.timestamp_millis(), false));
    }

    #[test]
    fn people_are_stored_as_keyed_hashes() {
        let hash = |json| read(json, Trust::Secret).unwrap().sent;
        let one = hash(r#"{"kind": "view", "visitor": "v-81", "customer": "v-81"}"#);
        let two = hash(r#"{"kind": "click", "visitor": "v-81"}"#);
        assert_eq!(one.visitor, two.visitor);
        assert_ne!(one.visitor, one.customer, "the two are different people as far as we know");
    }

    #[test]
    fn given_utm_goes_before_that_of_the_url() {
        let json = r#"{"kind": "view", "url": "https://a.example/?utm_source=url&utm_medium=cpc", "utm": {"source": "said"}}"#;
        let utm = read(json, Trust::Secret).unwrap().sent.utm;
        assert_eq!((utm.source.unwrap().as_str(), utm.medium.unwrap().as_str()), ("said", "cpc"));
    }
}
