//! Properties of any number and shape, folded into the 30 `props` of an event without losing any.
//!
//! A text, a number or a flag that `props` can hold stands under its own name. All else is one JSON object, cut into
//! texts `rest.1`, `rest.2` and so on, which joined give the object again. What still does not fit is refused.

use std::collections::BTreeMap;

use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::site::Site;
use serde_json::value::RawValue;

use super::draft::raw_of;
use crate::props::{LONGEST_PROP, LONGEST_PROP_NAME, MOST_PROPS, looks_like_email};

/// What the names of the pieces begin with.
const REST: &str = "rest.";

/// Properties, sorted into those that `props` can hold and the rest.
#[derive(Debug, Default)]
pub(super) struct Folded {
    plain: BTreeMap<String, Box<RawValue>>,
    rest: BTreeMap<String, Box<RawValue>>,
}

impl Folded {
    /// Adds a property. Texts that look like an e-mail address become hashes, wherever they stand.
    pub(super) fn add(&mut self, name: &str, raw: &RawValue, site: &Site) {
        self.insert(name, without_addresses(raw, site), true);
    }

    /// Adds a hash in place of a property.
    pub(super) fn add_hashed(&mut self, name: &str, raw: &RawValue, site: &Site) {
        let text = serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
        if let Some(hash) = raw_of(&hashed(&text, site)) {
            self.insert(name, hash, true);
        }
    }

    /// Adds what stood in a field of its own and did not fit there.
    pub(super) fn add_aside(&mut self, name: &str, raw: &RawValue, site: &Site) {
        self.insert(name, without_addresses(raw, site), false);
    }

    /// Two of one name and different values both stay, the second under a longer name.
    fn insert(&mut self, name: &str, raw: Box<RawValue>, as_it_is: bool) {
        let mut name = name.to_owned();
        while let Some(standing) = self.plain.get(&name).or_else(|| self.rest.get(&name)) {
            if standing.get() == raw.get() {
                return;
            }
            name.push('~');
        }
        let place = if as_it_is && fits(&name, &raw) { &mut self.plain } else { &mut self.rest };
        place.insert(name, raw);
    }

    /// The `props`, or why they cannot hold it all.
    pub(super) fn folded(&self) -> Result<BTreeMap<String, Box<RawValue>>, String> {
        let mut plain = self.plain.clone();
        let mut rest = self.rest.clone();
        loop {
            let pieces =
                if rest.is_empty() && plain.len() <= MOST_PROPS { Vec::new() } else { pieces(&rest) };
            if plain.len() + pieces.len() <= MOST_PROPS {
                plain.extend(pieces);
                return Ok(plain);
            }
            if pieces.len() > MOST_PROPS || plain.is_empty() {
                return Err(format!(
                    "the properties do not fit into {MOST_PROPS} props of {LONGEST_PROP} characters; send fewer"
                ));
            }
            // The last of them go first, and all that are too many at once: a body may have a hundred thousand.
            let too_many = plain.len().saturating_sub(MOST_PROPS).max(1);
            rest.extend((0..too_many).filter_map(|_| plain.pop_last()));
        }
    }
}

/// The rest as texts that `props` can hold.
fn pieces(rest: &BTreeMap<String, Box<RawValue>>) -> Vec<(String, Box<RawValue>)> {
    // Written so, no piece looks like an e-mail address, of which there are none left.
    let text = raw_of(rest).map(|raw| raw.get().replace('@', "\\u0040")).unwrap_or_default();
    let letters: Vec<char> = text.chars().collect();
    let numbered = letters.chunks(LONGEST_PROP).enumerate();
    let named = numbered.filter_map(|(number, piece)| {
        let piece: String = piece.iter().collect();
        Some((format!("{REST}{}", number + 1), raw_of(&piece)?))
    });
    named.collect()
}

/// Whether `props` can hold a property as it is.
fn fits(name: &str, raw: &RawValue) -> bool {
    let named = (1..=LONGEST_PROP_NAME).contains(&name.chars().count())
        && !name.chars().any(char::is_control)
        && !name.starts_with(REST);
    named
        && match serde_json::from_str::<String>(raw.get()) {
            Ok(text) => text.chars().count() <= LONGEST_PROP,
            Err(_) => matches!(raw.get(), "true" | "false") || Decimal::parse(raw.get()).is_ok(),
        }
}

fn hashed(text: &str, site: &Site) -> String {
    format!("hash:{:016x}", site.person("prop", text).0)
}

/// The same JSON with hashes in place of the texts that look like an e-mail address. Everything else stays to the
/// letter: numbers must not pass through floats.
fn without_addresses(raw: &RawValue, site: &Site) -> Box<RawValue> {
    let mut safe = String::new();
    let mut remaining = raw.get();
    while let Some((before, from)) = remaining.split_once('"') {
        let mut escaped = false;
        let end = from.find(|letter| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        let (text, after) = end.and_then(|end| from.split_at_checked(end)).unwrap_or((from, ""));
        let quoted = format!("\"{text}\"");
        // Half a surrogate is JSON and no text; it is looked at as it is written.
        let plain = serde_json::from_str(&quoted).unwrap_or_else(|_| text.to_owned());
        let written = if looks_like_email(&plain) { format!("\"{}\"", hashed(&plain, site)) } else { quoted };
        safe.push_str(before);
        safe.push_str(&written);
        remaining = after.strip_prefix('"').unwrap_or_default();
    }
    safe.push_str(remaining);
    // Only whole texts were replaced, by texts.
    RawValue::from_string(safe).unwrap_or_else(|_| raw.to_owned())
}

#[cfg(test)]
mod tests {
    use reckon_core::domain::names::{Currency, SiteId};

    use super::*;

    fn site() -> Site {
        Site {
            hash_key: "000102030405060708090a0b0c0d0e0f".to_owned(),
            ..Site::new(SiteId::parse("shop").unwrap(), chrono_tz::UTC, Currency::parse("EUR").unwrap())
        }
    }

    #[test]
    fn addresses_are_hashed_wherever_they_stand_and_all_else_stays_to_the_letter() {
        let site = site();
        let hash = |text| format!("\"{}\"", hashed(text, &site));
        let ann = hash("ann@mail.example");
        for (json, expected) in [
            (
                r#"{"a": [1.10, "ann@mail.example"], "b@": 1e400}"#,
                format!(r#"{{"a": [1.10, {ann}], "b@": 1e400}}"#),
            ),
            (r#"{"ann@mail.example": {"\\": "\"@\""}}"#, format!(r#"{{{ann}: {{"\\": "\"@\""}}}}"#)),
            (r#""ann\u0040mail.example""#, ann.clone()),
            (r#"["\ud800", "@a.b", "a@b"]"#, r#"["\ud800", "@a.b", "a@b"]"#.to_owned()),
            ("null", "null".to_owned()),
        ] {
            let raw: &RawValue = serde_json::from_str(json).unwrap();
            assert_eq!(without_addresses(raw, &site).get(), expected, "{json}");
        }
    }

    #[test]
    fn two_properties_of_one_name_both_stay_unless_they_are_equal() {
        let (site, mut folded) = (site(), Folded::default());
        for json in ["\"x\"", "\"x\"", "1", "[1]"] {
            folded.add("a", serde_json::from_str(json).unwrap(), &site);
        }
        let props = folded.folded().unwrap();
        let names: Vec<_> = props.keys().map(String::as_str).collect();
        assert_eq!(names, ["a", "a~", "rest.1"]);
        assert_eq!(props["rest.1"].get(), r#""{\"a~~\":[1]}""#);
    }
}
