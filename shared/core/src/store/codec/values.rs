//! How stored texts and numbers become the domain's values again, or are refused.

use super::undecodable::Undecodable;
use crate::domain::names::{Country, Label};

pub(super) fn label(text: &str) -> Result<Label, Undecodable> {
    Label::parse(text).map_err(|_| Undecodable::Text("it is no label"))
}

pub(super) fn country(text: &str) -> Result<Country, Undecodable> {
    Country::parse(text).map_err(|_| Undecodable::Text("it is no country"))
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for every text that a column may hold")]
pub(super) fn text(text: &str) -> Result<String, Undecodable> {
    Ok(text.to_owned())
}

pub(super) fn byte(number: u64) -> Result<u8, Undecodable> {
    u8::try_from(number).map_err(|_| Undecodable::Mismatch("a number is too large"))
}

pub(super) fn word(number: u64) -> Result<u32, Undecodable> {
    u32::try_from(number).map_err(|_| Undecodable::Mismatch("a number is too large"))
}

pub(super) fn flag(number: u64) -> Result<bool, Undecodable> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Undecodable::Mismatch("a flag is neither yes nor no")),
    }
}
