//! The id of a result: the minute that its event is stored in, and the event's own id, in one text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::calendar::Minute;
use super::event::Event;
use super::names::EventId;

/// Where a result is found.
///
/// As text: `c_`, then base64url of the minute's number, a `#`, and the event's id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResultId {
    /// The minute of its event.
    pub minute: Minute,
    /// The id of its event.
    pub event: EventId,
}

impl ResultId {
    /// The id of an event that is a result.
    pub fn of(event: &Event) -> Self {
        Self { minute: event.sent.minute(), event: event.sent.id.clone() }
    }

    /// Its text.
    pub fn text(&self) -> String {
        let plain = format!("{}#{}", self.minute.number(), self.event.as_str());
        format!("c_{}", URL_SAFE_NO_PAD.encode(plain))
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix("c_")?).ok()?;
        let plain = String::from_utf8(bytes).ok()?;
        let (minute, event) = plain.split_once('#')?;
        let minute: i64 = minute.parse().ok()?;
        // From 1970 to 9999, so that every minute has a key.
        let known = (0..4_223_371_680).contains(&minute);
        let id = Self { minute: Minute::from_number(minute), event: EventId::parse(event).ok()? };
        (known && id.text() == text).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_is_read_back_and_nothing_else_is(
            minute in 0_i64..4_223_371_680, event in "[!\"$-~]{1,128}", other in ".{0,40}",
        ) {
            let id = ResultId { minute: Minute::from_number(minute), event: EventId::parse(&event).unwrap() };
            let text = id.text();
            prop_assert_eq!(ResultId::parse(&text), Some(id));
            prop_assert_eq!(ResultId::parse(&other), None);
            prop_assert_eq!(ResultId::parse(&format!("{text}A")), None);
        }
    }
}
