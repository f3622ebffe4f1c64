//! The fields of one event, taken one by one, each with its own sentence when it is wrong.

use std::collections::BTreeMap;

use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::names::{Label, NameError};
use reckon_core::domain::words::{near, quoted};
use reckon_core::http::Fault;
use serde_json::value::RawValue;

use crate::object::Object;

/// A JSON object whose fields are taken out one by one. `null` is the same as absent.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    pointer: String,
}

impl<'a> Fields<'a> {
    /// Opens an object; `pointer` is where it stands in the body.
    pub(crate) fn open(raw: &'a RawValue, pointer: String) -> Result<Self, Fault> {
        let Ok(Object { fields, repeated }) = serde_json::from_str(raw.get()) else {
            return Err(Fault::new(pointer, "not_an_object", "must be a JSON object"));
        };
        let mut opened = Self { fields, pointer };
        if let Some(name) = repeated {
            return Err(opened.fault(&name, "repeated_field", "is given more than once"));
        }
        opened.fields.retain(|_, value| value.get() != "null");
        Ok(opened)
    }

    /// Where the object stands in the body.
    pub(crate) fn pointer(&self) -> &str {
        &self.pointer
    }

    /// A fault at one of its fields.
    pub(crate) fn fault(&self, name: &str, code: &'static str, detail: impl Into<String>) -> Fault {
        Fault::new(format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1")), code, detail)
    }

    /// Holds the object to its known fields.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Fault> {
        let Some(name) = self.fields.keys().find(|name| !known.contains(&name.as_str())) else {
            return Ok(());
        };
        let hint = near(name, known.iter().copied())
            .unwrap_or_else(|| "what has no field of its own goes into props".to_owned());
        Err(self.fault(name, "unknown_field", format!("there is no field {}: {hint}", quoted(name))))
    }

    /// The raw value of a field.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.fields.get(name).copied()
    }

    /// All fields that are there, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let text = serde_json::from_str(raw.get());
        text.map(Some).map_err(|_| self.fault(name, "not_a_text", "must be a text in quotes"))
    }

    /// A text that `parse` understands.
    pub(crate) fn parsed<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, NameError>,
    ) -> Result<Option<T>, Fault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        parse(&text).map(Some).map_err(|error| self.fault(name, "invalid_text", format!("{name} {error}")))
    }

    /// A label.
    pub(crate) fn label(&self, name: &str) -> Result<Option<Label>, Fault> {
        self.parsed(name, Label::parse)
    }

    /// One of a closed set of words; `all` lists them for the sentence.
    pub(crate) fn one_of<T>(
        &self,
        name: &str,
        code: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
        all: &[&str],
    ) -> Result<Option<T>, Fault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        parse(&text).map(Some).ok_or_else(|| {
            self.fault(name, code, format!("{} is not a {name}; there are {}", quoted(&text), all.join(", ")))
        })
    }

    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Fault> {
        match self.raw(name).map(RawValue::get) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(self.fault(name, "not_a_flag", "must be true or false")),
        }
    }

    /// A whole number of a range.
    pub(crate) fn whole(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<Option<u32>, Fault> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let number = raw.get().parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let detail = format!("{name} must be a whole number from {} to {}", range.start(), range.end());
            self.fault(name, "invalid_number", detail)
        })
    }

    /// A decimal number, as a JSON number or as a text, read without floats.
    pub(crate) fn decimal(&self, name: &str) -> Result<Option<Decimal>, Fault> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        let text = if raw.get().starts_with('"') { self.text(name)? } else { Some(raw.get().to_owned()) };
        let parsed = Decimal::parse(text.as_deref().unwrap_or_default());
        parsed.map(Some).map_err(|error| self.fault(name, "invalid_number", format!("{name} {error}")))
    }
}
