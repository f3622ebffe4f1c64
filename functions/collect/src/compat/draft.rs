//! An event in the making: our fields, and where each of them stood in the message of another's client.

use std::collections::BTreeMap;

use reckon_core::domain::event::Trust;
use reckon_core::domain::names::{EventId, LONGEST, Label};
use reckon_core::domain::site::Site;
use reckon_core::http::{Fault, Problem, ProblemKind, sha256_hex};
use serde::Serialize;
use serde_json::value::RawValue;

use super::fold::Folded;
use crate::page::parse_url;

/// An event in the making.
#[derive(Debug)]
pub(super) struct Draft {
    /// Where the message stands in its body.
    pub(super) pointer: String,
    fields: BTreeMap<&'static str, Box<RawValue>>,
    /// Our places, and where in the message they come from.
    places: Vec<(String, String)>,
    agent: Option<Box<RawValue>>,
    utm: BTreeMap<&'static str, String>,
    /// What has no field of its own.
    props: Folded,
}

impl Draft {
    /// An event of that kind with nothing else said; `kind` and `props` come with where the message says so.
    pub(super) fn new(pointer: &str, kind: (&str, &str), props: &str) -> Self {
        let mut draft = Self {
            pointer: pointer.to_owned(),
            fields: BTreeMap::new(),
            places: vec![("/props".to_owned(), props.to_owned())],
            agent: None,
            utm: BTreeMap::new(),
            props: Folded::default(),
        };
        draft.text("kind", kind.1, kind.0);
        draft
    }

    /// Says where a field comes from, whether it is there or missing.
    pub(super) fn place(&mut self, field: &str, place: &str) {
        self.places.push((format!("/{field}"), place.to_owned()));
    }

    /// Fills a field with JSON.
    pub(super) fn json(&mut self, field: &'static str, place: &str, raw: &RawValue) {
        self.place(field, place);
        self.fields.insert(field, raw.to_owned());
    }

    /// Fills a field with a text.
    pub(super) fn text(&mut self, field: &'static str, place: &str, text: &str) {
        if let Some(raw) = raw_of(text) {
            self.json(field, place, &raw);
        }
    }

    /// Fills a field with a label. What a label cannot hold is cut away, and the whole text kept among the props.
    pub(super) fn label(&mut self, field: &'static str, place: &str, text: &str, site: &Site) {
        let clean = cleaned(text);
        if clean != text {
            self.aside(field, text, site);
        }
        if !clean.is_empty() {
            self.text(field, place, &clean);
        }
    }

    /// Fills in the order. A longer number than ours is hashed: cut away it would be another's.
    pub(super) fn order(&mut self, place: &str, order: &str) {
        let fits = Label::parse(order).is_ok();
        self.text("order", place, &if fits { order.to_owned() } else { sha256_hex(order) });
    }

    /// Fills one of the five utm parameters, as a label.
    pub(super) fn utm(&mut self, name: &'static str, place: &str, text: &str, site: &Site) {
        let clean = cleaned(text);
        if clean != text {
            self.aside(name, text, site);
        }
        if Label::parse(&clean).is_ok() {
            self.place(&format!("utm/{name}"), place);
            self.utm.insert(name, clean);
        }
    }

    /// Fills in whose event it is. Longer ids than ours are hashed, as every one is later on.
    pub(super) fn person(&mut self, field: &'static str, place: &str, id: &str) {
        let fits = Label::parse(id).is_ok();
        self.text(field, place, &if fits { id.to_owned() } else { sha256_hex(id) });
    }

    /// Fills in the id. One that cannot be ours is hashed, so that the same message is the same event.
    pub(super) fn id(&mut self, place: &str, id: &str) {
        let fits = EventId::parse(id).is_ok();
        self.text("id", place, &if fits { id.to_owned() } else { sha256_hex(id) });
    }

    /// Fills in the page. What is no web address, such as an app's, is kept among the props.
    pub(super) fn url(&mut self, place: &str, url: &str, site: &Site) {
        if parse_url(url).is_some() {
            self.text("url", place, url);
        } else {
            self.aside("url", url, site);
        }
    }

    /// Says what the person's user agent is. Of a page that does not count: its own request says so.
    pub(super) fn agent(&mut self, agent: &str) {
        self.place("user_agent", "/context/userAgent");
        self.agent = raw_of(agent);
    }

    /// Adds what has no field of its own.
    pub(super) fn prop(&mut self, name: &str, raw: &RawValue, site: &Site) {
        self.props.add(name, raw, site);
    }

    /// Adds a hash of what tells of a person.
    pub(super) fn hashed_prop(&mut self, name: &str, raw: &RawValue, site: &Site) {
        self.props.add_hashed(name, raw, site);
    }

    /// Adds what nothing else can hold.
    pub(super) fn aside(&mut self, name: &str, text: &str, site: &Site) {
        if let Some(raw) = raw_of(text) {
            self.props.add_aside(name, &raw, site);
        }
    }

    /// The event as JSON, as a key of that trust may send it.
    pub(super) fn document(&self, trust: Trust) -> Result<Box<RawValue>, Problem> {
        let mut fields: BTreeMap<&str, &RawValue> =
            self.fields.iter().map(|(name, raw)| (*name, raw.as_ref())).collect();
        let props = self.props.folded().map_err(|detail| {
            super::refused(vec![self.in_their_words(Fault::new(
                format!("{}/props", self.pointer),
                "too_many",
                detail,
            ))])
        })?;
        let unwritable =
            || Problem::new(ProblemKind::Malformed, "The body holds what cannot be written as JSON.");
        let (props, utm) =
            (raw_of(&props).ok_or_else(unwritable)?, raw_of(&self.utm).ok_or_else(unwritable)?);
        fields.insert("props", &props);
        if let Some(agent) = self.agent.as_deref().filter(|_| trust == Trust::Secret) {
            fields.insert("user_agent", agent);
        }
        if !self.utm.is_empty() {
            fields.insert("utm", &utm);
        }
        raw_of(&fields).ok_or_else(unwritable)
    }

    /// A fault of the event as one of the message that it comes from.
    pub(super) fn in_their_words(&self, fault: Fault) -> Fault {
        let within = fault.pointer.strip_prefix(&self.pointer).unwrap_or_default();
        let found = self.places.iter().rev().find_map(|(ours, theirs)| {
            let rest = within.strip_prefix(ours.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{}{theirs}{rest}", self.pointer))
        });
        Fault { pointer: found.unwrap_or(fault.pointer), ..fault }
    }
}

/// A text without what no label may hold.
fn cleaned(text: &str) -> String {
    text.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
}

/// A value as JSON.
pub(super) fn raw_of<T: Serialize + ?Sized>(value: &T) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(value).ok()
}
