//! Closed enums as the position of their variant.
//!
//! A position is for ever: a new variant goes behind the others, and none is taken out. The fixtures tell.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::undecodable::Undecodable;

/// The position of an enum's variant, which `serde` counts from 0.
pub(super) fn position<T: Serialize>(variant: T) -> u64 {
    // A variant without fields is written as its position and cannot fail.
    let mut space = [0; 5];
    let bytes = postcard::to_slice(&variant, &mut space);
    bytes.ok().and_then(|bytes| postcard::from_bytes(bytes).ok()).unwrap_or(u64::MAX)
}

/// The variant at a position.
pub(super) fn at<T: DeserializeOwned>(position: u64) -> Result<T, Undecodable> {
    let mut space = [0; 10];
    let bytes = postcard::to_slice(&position, &mut space);
    bytes
        .ok()
        .and_then(|bytes| postcard::from_bytes(bytes).ok())
        .ok_or(Undecodable::Mismatch("a closed set has no such member"))
}

/// 0 for none, else one more than the position.
pub(super) fn optional<T: Serialize>(variant: Option<T>) -> u64 {
    variant.map_or(0, |variant| position(variant).saturating_add(1))
}

/// The variant that [`optional`] was given.
pub(super) fn at_optional<T: DeserializeOwned>(number: u64) -> Result<Option<T>, Undecodable> {
    number.checked_sub(1).map(at).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Kind;

    #[test]
    fn a_kind_keeps_its_position() {
        for (expected, kind) in (0..).zip(Kind::ALL) {
            assert_eq!(position(kind), expected);
            assert_eq!(at_optional(optional(Some(kind))), Ok(Some(kind)));
        }
        assert_eq!(at_optional::<Kind>(0), Ok(None));
        assert!(at::<Kind>(10).is_err() && at::<Kind>(u64::MAX).is_err());
    }
}
