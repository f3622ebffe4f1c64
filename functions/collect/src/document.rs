//! The three shapes of a body: one event, an array of them, or `{"events": [...]}`.

use reckon_core::http::{Problem, ProblemKind, no_json};
use serde_json::value::RawValue;

use crate::object::Object;

/// The most events of one request.
pub(crate) const MOST_EVENTS: usize = 1_000;

/// The events of a body, not yet read, and where the first of them stands.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) events: Vec<&'a RawValue>,
    shape: Shape,
}

/// An event of a body, not yet read, and its JSON pointer there.
#[derive(Clone, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) raw: &'a RawValue,
    pub(crate) pointer: String,
}

#[derive(Debug)]
enum Shape {
    One,
    Array,
    Wrapped,
}

impl<'a> Document<'a> {
    /// Takes a body apart. What is not JSON is refused whole; what is wrong within an event concerns it alone.
    pub(crate) fn read(body: &'a [u8]) -> Result<Self, Problem> {
        let whole = json_of(body)?;
        let (events, shape) = match whole.get().bytes().next() {
            Some(b'[') => (serde_json::from_str(whole.get()).map_err(|error| no_json(&error))?, Shape::Array),
            Some(b'{') => match events_within(whole) {
                Some(events) => (events, Shape::Wrapped),
                None => (vec![whole], Shape::One),
            },
            _ => {
                let detail = "The body must be an event, an array of events, or {\"events\": [...]}.";
                return Err(Problem::new(ProblemKind::Malformed, detail));
            }
        };
        check_number(events.len())?;
        Ok(Self { events, shape })
    }

    /// Its events, each with its place.
    pub(crate) fn placed(&self) -> Vec<Placed<'a>> {
        let numbered = self.events.iter().enumerate();
        numbered.map(|(index, raw)| Placed { raw, pointer: self.pointer(index) }).collect()
    }

    /// The JSON pointer of the event at `index`.
    pub(crate) fn pointer(&self, index: usize) -> String {
        match self.shape {
            Shape::One => String::new(),
            Shape::Array => format!("/{index}"),
            Shape::Wrapped => format!("/events/{index}"),
        }
    }
}

/// The JSON document that a body is.
pub(crate) fn json_of(body: &[u8]) -> Result<&RawValue, Problem> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| no_json(&error))
}

/// Holds a request to the number of events that it may have.
pub(crate) fn check_number(events: usize) -> Result<(), Problem> {
    if events == 0 {
        return Err(Problem::new(ProblemKind::InvalidEvents, "The list of events is empty."));
    }
    if events > MOST_EVENTS {
        let detail = format!("A request has at most {MOST_EVENTS} events; this one has {events}.");
        return Err(Problem::new(ProblemKind::TooLarge, detail));
    }
    Ok(())
}

/// The list of `{"events": [...]}`, where the object is that.
fn events_within(whole: &RawValue) -> Option<Vec<&RawValue>> {
    let Object { fields, repeated } = serde_json::from_str(whole.get()).ok()?;
    // With anything beside it, another list included, it is an event with a field of that name, and told so.
    let events = fields.get("events").filter(|_| fields.len() == 1 && repeated.is_none())?;
    serde_json::from_str(events.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_shapes_are_read_and_their_events_located() {
        for (body, count, pointer) in [
            (r#"{"kind": "view"}"#, 1, ""),
            (r#" [{"kind": "view"}, 7] "#, 2, "/0"),
            (r#"{"events": [{}, {}, {}]}"#, 3, "/events/0"),
            (r#"{"events": [{}, {}], "more": 1}"#, 1, ""),
            (r#"{"events": [{}, {}], "events": []}"#, 1, ""),
        ] {
            let document = Document::read(body.as_bytes()).unwrap();
            assert_eq!((document.events.len(), document.pointer(0).as_str()), (count, pointer), "{body}");
        }
    }

    #[test]
    fn what_is_no_list_of_events_is_refused_whole() {
        let many = format!("[{}]", vec!["{}"; 1_001].join(","));
        for (body, kind) in [
            ("", ProblemKind::Malformed),
            ("7", ProblemKind::Malformed),
            ("[{]", ProblemKind::Malformed),
            ("[]", ProblemKind::InvalidEvents),
            (many.as_str(), ProblemKind::TooLarge),
        ] {
            assert_eq!(Document::read(body.as_bytes()).unwrap_err().kind(), kind, "{body:.20}");
        }
    }
}
