//! Entity tags: what an answer says, but for the time at which it was made, and whether a caller has it already.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::document::Members;
use crate::http::Caller;

/// The members that change with the clock alone.
const OF_THE_CLOCK: [&str; 1] = ["as_of"];

/// The tag of an answer to a caller in the form that is `named`.
///
/// It is weak: two answers of one tag say the same, and may differ in when they were made.
pub(super) fn of(members: &Members<'_>, named: &str, caller: Option<&Caller>) -> String {
    let mut hash = Sha256::new();
    // No part can run into the next, since each is preceded by its length.
    let mut add = |part: &str| {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    };
    add(env!("CARGO_PKG_VERSION"));
    add(named);
    add(caller.map_or("", |caller| caller.site.id.as_str()));
    add(caller.map_or("", |caller| &caller.key.id));
    for (name, value) in members.0.iter().filter(|(name, _)| !OF_THE_CLOCK.contains(&name.as_str())) {
        add(name);
        add(value.get());
    }
    format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(hash.finalize().get(..15).unwrap_or_default()))
}

/// Whether an `If-None-Match` header names the tag, or any.
pub(super) fn matches(if_none_match: &str, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    // No tag of ours has a comma.
    if_none_match.split(',').any(|known| known.trim() == "*" || opaque(known) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly_and_in_lists() {
        for (header, found) in [
            ("", false),
            ("*", true),
            ("W/\"a\"", true),
            ("\"a\"", true),
            ("\"b\", W/\"a\"", true),
            ("\"b\", \"ab\"", false),
            ("a", false),
            ("\"a", false),
        ] {
            assert_eq!(matches(header, "W/\"a\""), found, "{header}");
        }
    }

    #[test]
    fn a_tag_depends_on_all_but_the_clock() {
        let tag = |json: &str, named: &str| of(&Members::of(json.as_bytes()), named, None);
        let first = tag(r#"{"as_of":"a","rows":[1]}"#, "csv");
        assert_eq!(first, tag(r#"{"as_of":"b","rows":[1]}"#, "csv"));
        assert_ne!(first, tag(r#"{"as_of":"a","rows":[2]}"#, "csv"));
        assert_ne!(first, tag(r#"{"as_of":"a","rows":[1]}"#, "json"));
        assert_ne!(tag(r#"{"a":1,"b":2}"#, ""), tag(r#"{"a":12,"b":2}"#, ""));
    }
}
