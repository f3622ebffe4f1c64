//! `props`: what senders want to know an event by, beside the fields that have a meaning.

use std::collections::BTreeMap;

use reckon_core::domain::event::Prop;
use reckon_core::http::Fault;

use crate::fields::Fields;

/// The most `props` of an event, and the longest of their names and texts, in characters.
pub(crate) const MOST_PROPS: usize = 30;
pub(crate) const LONGEST_PROP_NAME: usize = 64;
pub(crate) const LONGEST_PROP: usize = 256;

/// Reads the `props` of an event.
pub(crate) fn props(fields: &Fields<'_>) -> Result<BTreeMap<String, Prop>, Fault> {
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
pub(crate) fn looks_like_email(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        word.rsplit_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && !rest.is_empty())
        })
    })
}
