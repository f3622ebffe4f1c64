//! JSON objects whose values are not read yet, and whose names must differ.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON object.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    /// Its fields by name, the first of each.
    pub(crate) fields: BTreeMap<String, &'a RawValue>,
    /// A name that stands there more than once. JSON leaves open which of them is meant, so none may be taken.
    pub(crate) repeated: Option<String>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Object<'de>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut object = Object::default();
        while let Some((name, value)) = access.next_entry::<String, &'de RawValue>()? {
            match object.fields.entry(name) {
                Entry::Vacant(place) => drop(place.insert(value)),
                Entry::Occupied(standing) => drop(object.repeated.get_or_insert(standing.key().clone())),
            }
        }
        Ok(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_there_twice_is_noted_however_it_is_written() {
        for (json, repeated) in [
            (r#"{"a": 1, "b": 2}"#, None),
            (r#"{"a": 1, "b": 2, "a": 1}"#, Some("a")),
            (r#"{"a": 1, "\u0061": 2}"#, Some("a")),
            (r#"{"a": {"b": 1, "b": 2}}"#, None),
            ("{}", None),
        ] {
            let object: Object<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(object.repeated.as_deref(), repeated, "{json}");
        }
        assert!(serde_json::from_str::<Object<'_>>("[]").is_err());
    }
}
