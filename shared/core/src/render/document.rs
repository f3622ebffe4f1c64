//! Documents: an answer's JSON, read back with every number as it is written and every member in its place.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

/// A part of a document.
#[derive(Clone, Debug)]
pub(super) enum Node<'a> {
    /// A number, a truth value or null, as it is written.
    Bare(&'a RawValue),
    /// A text.
    Text(String),
    /// Parts in order.
    List(Vec<Node<'a>>),
    /// Parts by name, in order.
    Object(Vec<(String, Node<'a>)>),
}

/// The members of an object, unread.
#[derive(Clone, Debug, Default)]
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

impl<'a> Members<'a> {
    /// The members of a document; none where it is no object.
    pub(super) fn of(json: &'a [u8]) -> Self {
        serde_json::from_slice(json).unwrap_or_default()
    }

    /// A member, read.
    pub(super) fn get(&self, name: &str) -> Option<Node<'a>> {
        self.raw(name).map(Node::read)
    }

    /// A member as it is written; none where it is null.
    pub(super) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        found.filter(|value| value.get() != "null")
    }

    /// A member that is a text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// All members, read.
    pub(super) fn read(&self) -> Node<'a> {
        Node::Object(self.0.iter().map(|(name, value)| (name.clone(), Node::read(value))).collect())
    }
}

impl<'a> Node<'a> {
    /// Reads what is written.
    pub(super) fn read(raw: &'a RawValue) -> Self {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'{') => serde_json::from_str::<Members<'a>>(text).unwrap_or_default().read(),
            Some(b'[') => {
                let parts: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
                Self::List(parts.into_iter().map(Self::read).collect())
            }
            Some(b'"') => Self::Text(serde_json::from_str(text).unwrap_or_default()),
            _ => Self::Bare(raw),
        }
    }

    /// What stands behind names that are divided by points, such as `query.from`.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |node, name| match node {
            Self::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, node)| node),
            _ => None,
        })
    }

    /// The parts of a list; of anything else none.
    pub(super) fn parts(&self) -> &[Self] {
        match self {
            Self::List(parts) => parts,
            _ => &[],
        }
    }

    /// The parts of a list that stands behind names; none where there is none.
    pub(super) fn parts_at(&self, path: &str) -> &[Self] {
        self.at(path).map_or_else(Default::default, Self::parts)
    }

    /// A text that stands behind names.
    pub(super) fn text_at(&self, path: &str) -> Option<&str> {
        match self.at(path)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Leaves out of every object named in `chosen_in` what is not among `names`, and puts the rest in their order.
    pub(super) fn choose(&mut self, chosen_in: &[&str], names: &[&str]) {
        match self {
            Self::Bare(_) | Self::Text(_) => {}
            Self::List(parts) => parts.iter_mut().for_each(|part| part.choose(chosen_in, names)),
            Self::Object(members) => {
                for (name, node) in members {
                    match node {
                        Self::Object(inner) if chosen_in.contains(&name.as_str()) => {
                            let place = |name: &String| names.iter().position(|chosen| chosen == name);
                            inner.retain(|(name, _)| place(name).is_some());
                            inner.sort_by_key(|(name, _)| place(name));
                        }
                        _ => node.choose(chosen_in, names),
                    }
                }
            }
        }
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bare(raw) => raw.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(parts) => {
                let mut list = serializer.serialize_seq(Some(parts.len()))?;
                for part in parts {
                    list.serialize_element(part)?;
                }
                list.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, node) in members {
                    map.serialize_entry(name, node)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"z":1.10,"a":{"metrics":{"x":123456789012345678901234567890.000001,"y":-0.5,"v":null}},"l":["\u00e4\n",true]}"#;

    #[test]
    fn numbers_and_order_are_kept_as_they_are_written() {
        let read = Members::of(JSON.as_bytes()).read();
        assert_eq!(serde_json::to_string(&read).unwrap(), JSON.replace("\\u00e4", "\u{e4}"));
        assert_eq!(read.at("l").unwrap().parts().len(), 2);
    }

    #[test]
    fn chosen_members_stand_in_the_order_of_the_choice() {
        let mut read = Members::of(JSON.as_bytes()).read();
        read.choose(&["metrics"], &["y", "x"]);
        let text = serde_json::to_string(read.at("a").unwrap()).unwrap();
        assert_eq!(text, r#"{"metrics":{"y":-0.5,"x":123456789012345678901234567890.000001}}"#);
    }
}
