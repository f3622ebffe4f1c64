//! Reading a proposed list of rules: all that is wrong with it at once, each with its place.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use reckon_core::domain::channel::{
    Channel, ClickId, Condition, Field, MOST_RULES, OWN_FROM, Operator, Rule, SOURCE_KINDS, When,
};
use reckon_core::domain::names::Label;
use reckon_core::domain::site::parse_origin;
use reckon_core::domain::words::{instead, quoted};
use reckon_core::http::{Fault, Problem, day_of, named};

use super::plain::Plain;
use crate::{channel_of, noted};

/// The most alternatives of a rule, and the most texts that an operator compares with.
const MOST_ALTERNATIVES: usize = 20;
const MOST_TEXTS: usize = 100;
/// The longest text, in characters: that of a host.
const LONGEST_TEXT: usize = 253;
/// A list as it is stored, in bytes. Every function reads it with the site, and every event is tried by it.
const MOST_BYTES: usize = 12_000;

/// A proposed list, and what goes with it.
#[derive(Debug)]
pub(super) struct Draft {
    /// The version of the list that it is meant to replace.
    pub(super) version: Option<u32>,
    pub(super) rules: Vec<Rule>,
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
    pub(super) cursor: Option<String>,
}

/// What was wrong so far.
#[derive(Default)]
struct Reading {
    faults: Vec<Fault>,
}

type Pairs<'a> = BTreeMap<&'a str, &'a Plain>;

impl Draft {
    /// Reads a body; `more` are the fields that it may have beside the list and its version.
    pub(super) fn read(body: &Plain, more: &[&str]) -> Result<Self, Problem> {
        let mut reading = Reading::default();
        let known: Vec<&str> = ["version", "rules"].iter().chain(more).copied().collect();
        let fields = reading.object(body, "", &known);
        let rules = match fields.get("rules") {
            Some(rules) => reading.rules(rules),
            None if !matches!(body, Plain::Object(_)) => Vec::new(),
            None => {
                reading.fault(
                    "/rules",
                    "missing",
                    "rules must be a list; an empty one removes all of the site's own",
                );
                Vec::new()
            }
        };
        let version = fields.get("version").and_then(|version| {
            let number = if let Plain::Number(number) = version { u32::try_from(*number).ok() } else { None };
            if number.is_none() {
                reading.fault("/version", "invalid_number", "version must be a whole number such as 3");
            }
            number
        });
        let (from, to) = (reading.day(&fields, "from"), reading.day(&fields, "to"));
        let cursor =
            fields.get("cursor").and_then(|cursor| reading.text(cursor, "/cursor")).map(str::to_owned);
        let bytes: usize = rules.iter().map(Rule::stored_bytes).sum();
        if bytes > MOST_BYTES {
            let detail = format!(
                "a list has at most {MOST_BYTES} bytes as it is stored, with the names of fields and operators before \
                 each text; this one has {bytes}"
            );
            reading.fault("/rules", "too_large", detail);
        }
        if reading.faults.is_empty() {
            return Ok(Self { version, rules, from, to, cursor });
        }
        Err(Problem::invalid(reading.faults))
    }
}

impl Reading {
    fn fault(&mut self, pointer: &str, code: &'static str, detail: impl Into<String>) {
        self.faults.push(Fault::new(pointer, code, detail));
    }

    /// The pairs of an object, without those whose names are unknown or stand twice.
    fn object<'a>(&mut self, value: &'a Plain, pointer: &str, known: &[&str]) -> Pairs<'a> {
        let Plain::Object(pairs) = value else {
            let detail = format!("{} must be an object with the fields {}", named(pointer), known.join(", "));
            self.fault(pointer, "invalid", detail);
            return BTreeMap::new();
        };
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                let hint = instead(name, known);
                let detail = format!("{} has no field {}: {hint}", named(pointer), quoted(name));
                self.fault(&below(pointer, name), "unknown_field", detail);
            } else if fields.insert(name.as_str(), value).is_some() {
                self.fault(&below(pointer, name), "repeated", format!("{name} is given more than once"));
            }
        }
        fields
    }

    fn text<'a>(&mut self, value: &'a Plain, pointer: &str) -> Option<&'a str> {
        if let Plain::Text(text) = value {
            return Some(text);
        }
        self.fault(pointer, "invalid", format!("{} must be a text", named(pointer)));
        None
    }

    fn day(&mut self, fields: &Pairs<'_>, name: &str) -> Option<NaiveDate> {
        let pointer = below("", name);
        let text = self.text(fields.get(name)?, &pointer)?;
        noted(day_of(pointer, name, text), &mut self.faults)
    }

    fn rules(&mut self, value: &Plain) -> Vec<Rule> {
        let Plain::List(rules) = value else {
            self.fault(
                "/rules",
                "invalid",
                "rules must be a list; an empty one removes all of the site's own",
            );
            return Vec::new();
        };
        if rules.len() > MOST_RULES {
            let detail =
                format!("a site has at most {MOST_RULES} rules of its own; these are {}", rules.len());
            self.fault("/rules", "too_many", detail);
            return Vec::new();
        }
        let numbered = rules.iter().enumerate().zip(OWN_FROM..);
        numbered
            .filter_map(|((place, rule), number)| self.rule(rule, &format!("/rules/{place}"), number))
            .collect()
    }

    fn rule(&mut self, value: &Plain, pointer: &str, number: u8) -> Option<Rule> {
        if !matches!(value, Plain::Object(_)) {
            let detail =
                r#"a rule is an object such as {"channel": "affiliate", "when": {"source": "awin"}}"#;
            self.fault(pointer, "invalid", detail);
            return None;
        }
        let fields = self.object(value, pointer, &["channel", "when", "name"]);
        let name = fields.get("name").map_or(Some(String::new()), |name| {
            let place = below(pointer, "name");
            let text = self.text(name, &place)?;
            let label = Label::parse(text).map_err(|error| {
                self.fault(&place, "invalid_text", format!("name {error}"));
            });
            label.ok().map(|label| label.as_str().to_owned())
        });
        let channel = if let Some(channel) = fields.get("channel") {
            self.channel(channel, &below(pointer, "channel"))
        } else {
            self.fault(&below(pointer, "channel"), "missing", "a rule needs the channel that it decides for");
            None
        };
        let place = below(pointer, "when");
        let when = if let Some(when) = fields.get("when") {
            self.alternatives(when, &place)
        } else {
            self.fault(&place, "missing", r#"a rule needs when it fires, such as {"source": "awin"}"#);
            Vec::new()
        };
        Some(Rule { number, channel: channel?, name: name?, when })
    }

    fn channel(&mut self, value: &Plain, pointer: &str) -> Option<Channel> {
        let name = self.text(value, pointer)?;
        noted(channel_of(name, pointer), &mut self.faults)
    }

    /// One object, or a list of such of which one has to hold.
    fn alternatives(&mut self, value: &Plain, pointer: &str) -> Vec<When> {
        match value {
            Plain::List(all) if all.is_empty() || all.len() > MOST_ALTERNATIVES => {
                let code = if all.is_empty() { "empty" } else { "too_many" };
                self.fault(pointer, code, format!("when has 1 to {MOST_ALTERNATIVES} alternatives"));
                Vec::new()
            }
            Plain::List(all) => {
                let numbered = all.iter().enumerate();
                numbered.map(|(place, when)| self.when(when, &format!("{pointer}/{place}"))).collect()
            }
            one => vec![self.when(one, pointer)],
        }
    }

    fn when(&mut self, value: &Plain, pointer: &str) -> When {
        let fields = self.object(value, pointer, &Field::ALL.map(Field::as_str));
        if matches!(value, Plain::Object(pairs) if pairs.is_empty()) {
            let detail = "when needs a condition; a rule without any would take every visit with an origin";
            self.fault(pointer, "empty", detail);
        }
        let tests = Field::ALL.into_iter().filter_map(|field| Some((field, *fields.get(field.as_str())?)));
        tests.flat_map(|(field, test)| self.test(field, test, &below(pointer, field.as_str()))).collect()
    }

    /// A text, a list of texts, or an object of operators.
    fn test(&mut self, field: Field, value: &Plain, pointer: &str) -> When {
        if !matches!(value, Plain::Object(_)) {
            return self.texts(field, Operator::Is, value, pointer);
        }
        let fields = self.object(value, pointer, &Operator::ALL.map(Operator::as_str));
        if matches!(value, Plain::Object(pairs) if pairs.is_empty()) {
            let all = Operator::ALL.map(Operator::as_str).join(", ");
            self.fault(pointer, "empty", format!("{} needs one of {all}", named(pointer)));
        }
        let parts = Operator::ALL.into_iter().filter_map(|part| Some((part, *fields.get(part.as_str())?)));
        parts
            .flat_map(|(operator, texts)| {
                self.texts(field, operator, texts, &below(pointer, operator.as_str()))
            })
            .collect()
    }

    fn texts(&mut self, field: Field, operator: Operator, value: &Plain, pointer: &str) -> When {
        let one;
        let texts = match value {
            Plain::List(texts) => texts,
            text => {
                one = vec![text.clone()];
                &one
            }
        };
        if texts.is_empty() || texts.len() > MOST_TEXTS {
            let code = if texts.is_empty() { "empty" } else { "too_many" };
            self.fault(pointer, code, format!("{} has 1 to {MOST_TEXTS} texts", named(pointer)));
            return Vec::new();
        }
        let listed = matches!(value, Plain::List(_));
        let mut read = When::new();
        for (place, text) in texts.iter().enumerate() {
            let place = if listed { format!("{pointer}/{place}") } else { pointer.to_owned() };
            let Some(text) = self.part(field, operator, text, &place) else { continue };
            let condition = Condition { field, operator, text };
            if !read.contains(&condition) {
                read.push(condition);
            }
        }
        read
    }

    /// A text to compare with, in lower case.
    fn part(&mut self, field: Field, operator: Operator, value: &Plain, pointer: &str) -> Option<String> {
        let given = self.text(value, pointer)?;
        let text = given.to_lowercase();
        let known: Option<Vec<&str>> = match field {
            Field::ClickId => Some(ClickId::ALL.map(ClickId::as_str).to_vec()),
            Field::SourceKind => Some(SOURCE_KINDS.to_vec()),
            _ => None,
        };
        if let Some(known) = known {
            if operator != Operator::Is {
                let detail = format!("{} is compared as a whole; use is", field.as_str());
                self.fault(pointer, "invalid", detail);
            } else if !text.is_empty() && !known.contains(&text.as_str()) {
                let hint = instead(&text, &known);
                let detail = format!("{} is no {}: {hint}", quoted(&text), field.as_str());
                self.fault(pointer, "unknown_word", detail);
            }
            return Some(text);
        }
        let whole = operator == Operator::Is;
        let text = if whole { text.trim() } else { text.as_str() };
        let text = match operator {
            Operator::Is | Operator::BeginsWith if field == Field::ReferrerHost => {
                text.strip_prefix("www.").unwrap_or(text)
            }
            _ => text,
        };
        if text.is_empty() && !(whole && given.is_empty()) {
            self.fault(
                pointer,
                "empty",
                "an empty text stands in every text; is \"\" means that there is none",
            );
        } else if text.chars().count() > LONGEST_TEXT || text.chars().any(char::is_control) {
            let detail = format!("a text has at most {LONGEST_TEXT} characters and no control characters");
            self.fault(pointer, "invalid_text", detail);
        } else if field == Field::ReferrerHost && !text.is_empty() {
            self.hold_to_host(whole, text, given, pointer);
        }
        Some(text.to_owned())
    }

    /// Holds a text to what the host of a referrer, or a part of one, can be: others would never match.
    fn hold_to_host(&mut self, whole: bool, text: &str, given: &str, pointer: &str) {
        let host = host_in(text);
        let (right, wrong) = if whole {
            (host.as_deref() == Some(text), "is no host")
        } else {
            (text.chars().all(may_be_in_host), "stands in no host")
        };
        if right {
            return;
        }
        let hint = host.map_or_else(
            || "a host is such as blog.example, without scheme, port, path and blanks".to_owned(),
            |host| format!("write {host}"),
        );
        self.fault(pointer, "invalid_host", format!("{} {wrong}: {hint}", quoted(given)));
    }
}

/// The pointer of a field of what `pointer` names.
fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The host of what may be an address or a part of one, as that of a referrer is stored and compared.
fn host_in(text: &str) -> Option<String> {
    let behind = text.split_once("://").map_or(text, |(_, behind)| behind).trim();
    let authority = behind.split(['/', '?', '#', '\\']).next()?;
    let origin = parse_origin(&format!("https://{authority}"))?;
    let host = origin.strip_prefix("https://")?;
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    };
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}

/// Whether a letter can stand in the host of a referrer. Those beyond ASCII are written in it with others.
fn may_be_in_host(letter: char) -> bool {
    letter.is_ascii_graphic() && !":/\\?#@".contains(letter)
}
