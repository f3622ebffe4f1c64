//! What is wrong with a value of a body, in words for its sender: those of serde are about Rust.

use super::Fault;
use crate::domain::words::{instead, quoted};

/// The longest name that is ours, in bytes. Senders name what they like in maps.
const LONGEST_NAME: usize = 64;

/// The fault of the value at `pointer`, of which serde says `message`.
pub(super) fn fault(pointer: String, message: &str) -> Fault {
    if let Some(field) = field_of(message, "missing field `") {
        return Fault::new(format!("{pointer}/{field}"), "missing", format!("{field} is missing"));
    }
    if let Some(field) = field_of(message, "duplicate field `") {
        let detail = format!("{field} is given more than once");
        return Fault::new(format!("{pointer}/{field}"), "repeated", detail);
    }
    let detail = sentence(&named(&pointer), message);
    Fault::new(pointer, "invalid", detail)
}

/// What a pointer into a body names, for sentences.
pub fn named(pointer: &str) -> String {
    let Some((_, last)) = pointer.rsplit_once('/') else { return "the body".to_owned() };
    match last {
        strange if !(1..=LONGEST_NAME).contains(&strange.len()) => quoted(strange),
        place if place.bytes().all(|byte| byte.is_ascii_digit()) => "this".to_owned(),
        name if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') => name.to_owned(),
        strange => quoted(strange),
    }
}

/// The field that a message is about.
fn field_of<'a>(message: &'a str, begin: &str) -> Option<&'a str> {
    message.strip_prefix(begin)?.strip_suffix('`')
}

/// A word of the sender's that a message calls unknown, and those that are known.
fn stranger<'a>(message: &'a str, begin: &str) -> Option<(&'a str, Vec<&'a str>)> {
    let (word, known) = message.strip_prefix(begin)?.rsplit_once("`, expected ")?;
    Some((word, known.split('`').skip(1).step_by(2).collect()))
}

fn sentence(name: &str, message: &str) -> String {
    if let Some((word, known)) = stranger(message, "unknown field `") {
        return format!("{} is an unknown field: {}", quoted(word), instead(word, &known));
    }
    if let Some((word, known)) = stranger(message, "unknown variant `") {
        return format!("{name} cannot be {}: {}", quoted(word), instead(word, &known));
    }
    let mistaken = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = mistaken.and_then(|rest| rest.rsplit_once(", expected ")) {
        return format!("{name} must be {}", right(found, expected));
    }
    // So an amount says that it is none.
    if let Some(wrong) = message.strip_prefix("a number ") {
        return match wrong.strip_prefix("is not ") {
            Some(right) => format!("{name} must be {right}"),
            None => format!("{name} {wrong}"),
        };
    }
    message.to_owned()
}

/// What would be right instead of what was found.
fn right<'a>(found: &str, expected: &'a str) -> &'a str {
    match expected {
        "a string" => "a text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        "u8" | "u16" | "u32" | "u64" | "usize" => {
            // A whole number that is not below zero is one that the type cannot hold.
            let whole = found.strip_prefix("integer `").is_some_and(|digits| !digits.starts_with('-'));
            if whole { "a smaller number" } else { "a whole number from 0 on" }
        }
        other => other,
    }
}
