//! JSON that keeps the order in which it was written, as people are shown it.

use std::fmt::{Formatter, Result as Written, Write};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A JSON document in its own order.
#[derive(Clone, Debug)]
pub enum Ordered {
    Object(Vec<(String, Ordered)>),
    Array(Vec<Ordered>),
    Leaf(Value),
}

/// The widest that an object or an array is written on one line.
const WIDTH: usize = 90;

impl Ordered {
    pub fn parse(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// A field of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The fields of an object, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        let fields: &[_] = if let Self::Object(fields) = self { fields } else { &[] };
        fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The values of an array.
    pub fn values(&self) -> &[Self] {
        if let Self::Array(values) = self { values } else { &[] }
    }

    /// A text.
    pub fn text(&self) -> Option<&str> {
        if let Self::Leaf(Value::String(text)) = self { Some(text) } else { None }
    }

    /// Sorts a list within an object by some fields of its entries, whose order is that of chance.
    pub fn sort(&mut self, list: &str, by: &[&str]) {
        let Self::Object(fields) = self else { return };
        let found = fields.iter_mut().find(|(name, _)| name == list);
        if let Some((_, Self::Array(values))) = found {
            let key =
                |value: &Self| by.iter().map(|name| value.get(name).map(Self::to_string)).collect::<Vec<_>>();
            values.sort_by_key(key);
        }
    }

    /// The document for people: short things on one line, and of long lists the first entries.
    pub fn pretty(&self, most: usize) -> String {
        let mut text = String::new();
        self.write(0, most, &mut text);
        text
    }

    fn write(&self, indent: usize, most: usize, text: &mut String) {
        let line = self.to_string();
        if line.len() + indent <= WIDTH {
            text.push_str(&line);
            return;
        }
        let margin = " ".repeat(indent + 2);
        match self {
            Self::Leaf(_) => text.push_str(&line),
            Self::Object(fields) => {
                text.push_str("{\n");
                for (index, (name, value)) in fields.iter().enumerate() {
                    write!(text, "{margin}{}: ", Value::from(name.as_str())).unwrap();
                    value.write(indent + 2, most, text);
                    text.push_str(if index + 1 < fields.len() { ",\n" } else { "\n" });
                }
                write!(text, "{}}}", " ".repeat(indent)).unwrap();
            }
            Self::Array(values) => {
                text.push_str("[\n");
                for (index, value) in values.iter().take(most).enumerate() {
                    text.push_str(&margin);
                    value.write(indent + 2, most, text);
                    text.push_str(if index + 1 < values.len() { ",\n" } else { "\n" });
                }
                if values.len() > most {
                    writeln!(text, "{margin}… {} more", values.len() - most).unwrap();
                }
                write!(text, "{}]", " ".repeat(indent)).unwrap();
            }
        }
    }
}

impl std::fmt::Display for Ordered {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Written {
        match self {
            Self::Leaf(value) => write!(formatter, "{value}"),
            Self::Array(values) => {
                formatter.write_char('[')?;
                for (index, value) in values.iter().enumerate() {
                    write!(formatter, "{}{value}", if index == 0 { "" } else { ", " })?;
                }
                formatter.write_char(']')
            }
            Self::Object(fields) => {
                formatter.write_char('{')?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(formatter, "{comma}{}: {value}", Value::from(name.as_str()))?;
                }
                formatter.write_char('}')
            }
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Ordered;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> Written {
                formatter.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Ordered::Object(fields))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ordered, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Ordered::Array(values))
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Ordered, E> {
                Ok(Ordered::Leaf(truth.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Ordered, E> {
                Ok(Ordered::Leaf(number.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Ordered, E> {
                Ok(Ordered::Leaf(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Ordered, E> {
                Ok(Ordered::Leaf(number.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Ordered, E> {
                Ok(Ordered::Leaf(text.into()))
            }

            fn visit_unit<E>(self) -> Result<Ordered, E> {
                Ok(Ordered::Leaf(Value::Null))
            }
        }

        deserializer.deserialize_any(Reader)
    }
}

#[test]
fn a_document_keeps_its_order_and_long_lists_are_cut() {
    let text = r#"{"b": 1, "a": [1, 2.5, null], "c": {"z": "y", "x": true}}"#;
    assert_eq!(Ordered::parse(text).pretty(3), text);
    let long = format!("[{}]", [r#"{"name": "some twenty letters", "value": 1}"#; 5].join(", "));
    let pretty = Ordered::parse(&long).pretty(2);
    assert!(pretty.ends_with("\n  … 3 more\n]") && pretty.lines().count() == 5, "{pretty}");
}
