//! Items: their attributes, made and read.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::StoreError;
use super::keys::Key;

/// An item of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Item(pub(crate) HashMap<String, AttributeValue>);

impl Item {
    /// An item with nothing but its key.
    pub(crate) fn new(key: &Key) -> Self {
        Self::default().text("pk", &key.pk).text("sk", &key.sk)
    }

    pub(crate) fn text(mut self, name: &str, text: &str) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(text.to_owned()));
        self
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers are small, and a reference at each call would be noise"
    )]
    pub(crate) fn number(mut self, name: &str, number: impl ToString) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::N(number.to_string()));
        self
    }

    pub(crate) fn bytes(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::B(Blob::new(bytes)));
        self
    }

    /// With some attributes as another item has them, if it has.
    pub(crate) fn like<const N: usize>(mut self, other: &Self, names: [&str; N]) -> Self {
        let has = |name: &str| Some((name.to_owned(), other.0.get(name)?.clone()));
        self.0.extend(names.into_iter().filter_map(has));
        self
    }

    /// A document as JSON text.
    pub(crate) fn document(self, document: &impl Serialize) -> Self {
        // Our documents are plain data, which always has a JSON form.
        let json = serde_json::to_string(document).unwrap_or_default();
        self.text("doc", &json)
    }

    /// Its key, for messages.
    pub(crate) fn key(&self) -> String {
        let part = |name| self.0.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
        format!("{} / {}", part("pk"), part("sk"))
    }

    /// The error of an item that we cannot read.
    pub(crate) fn corrupt(&self) -> StoreError {
        StoreError::Corrupt { key: self.key() }
    }

    pub(crate) fn get_text(&self, name: &str) -> Result<&str, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_s().ok());
        value.map(String::as_str).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn get_number<T: std::str::FromStr>(&self, name: &str) -> Result<T, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_n().ok());
        value.and_then(|digits| digits.parse().ok()).ok_or_else(|| self.corrupt())
    }

    /// A number that items of earlier releases lack.
    pub(crate) fn find_number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, StoreError> {
        if self.0.contains_key(name) { self.get_number(name).map(Some) } else { Ok(None) }
    }

    /// A text that not every item has.
    pub(crate) fn find_text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
    }

    pub(crate) fn get_bytes(&self, name: &str) -> Result<&[u8], StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_b().ok());
        value.map(Blob::as_ref).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn get_document<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_str(self.get_text("doc")?).map_err(|_| self.corrupt())
    }
}

/// The attributes of a key alone.
pub(crate) fn attributes(key: &Key) -> HashMap<String, AttributeValue> {
    Item::new(key).0
}
