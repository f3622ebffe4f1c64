//! The small texts of the domain, each parsed once and valid ever after.

use serde::{Deserialize, Serialize};

/// Why a text is no id, label or site id. `Display` completes a sentence that begins with the field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty where a text is needed.
    #[error("must not be empty")]
    Empty,
    /// More characters than the bound.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// A character that the type excludes.
    #[error("{0}")]
    Character(&'static str),
}

/// The sender's own id for an event; sending it twice records it once.
///
/// Shape: 1 to 128 visible ASCII characters. `#` is excluded, so that an id can stand in a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId(String);

/// The name of a site in keys and paths. Shape: 1 to 32 of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteId(String);

/// A text of the sender's choosing that a report may group by: a campaign, an order, a form's name.
///
/// Shape: 1 to 128 characters, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// An ISO 3166-1 alpha-2 country code. Shape: two letters, kept in capitals.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(String);

/// An ISO 4217 currency code. Shape: three capital letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(String);

/// The longest id or label, in characters.
pub const LONGEST: usize = 128;

fn bounded(text: &str, most: usize) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.chars().count() > most {
        return Err(NameError::TooLong(most));
    }
    Ok(())
}

impl EventId {
    /// Parses an id, or says what it must be.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        bounded(text, LONGEST)?;
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(NameError::Character("must be visible ASCII without blanks and without #"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl SiteId {
    /// Parses a site id, or says what it must be.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        bounded(text, 32)?;
        if !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return Err(NameError::Character("may hold only a to z, 0 to 9 and -"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Label {
    /// Parses a label, or says what it must be.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        bounded(text, LONGEST)?;
        if text.chars().any(char::is_control) {
            return Err(NameError::Character("must not hold control characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Country {
    /// Parses a code in either case, or says what it must be.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(NameError::Character("must be a country code of two letters such as DE"));
        }
        Ok(Self(text.to_ascii_uppercase()))
    }
}

impl Currency {
    /// Parses a code in capitals, or says what it must be.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() != 3 || !text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(NameError::Character("must be a currency code of three capitals such as EUR"));
        }
        Ok(Self(text.to_owned()))
    }
}

macro_rules! text_type {
    ($($name:ident),*) => {$(
        impl $name {
            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    )*};
}

text_type!(EventId, SiteId, Label, Country, Currency);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_is_visible_ascii_without_hash() {
        for good in ["a", "0193a3f0-0000-7000-8000-000000000001", "order:17/x~!", &"x".repeat(128)] {
            assert!(EventId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a#b", "a b", "a\u{0}b", "a\nb", "ä", "\u{200b}", &"x".repeat(129)] {
            assert!(EventId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_site_id_can_stand_in_a_key() {
        for good in ["shop", "a-1", &"x".repeat(32)] {
            assert!(SiteId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "Shop", "a#b", "a_b", "ä", "a b", &"x".repeat(33)] {
            assert!(SiteId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_label_counts_characters_not_bytes() {
        assert!(Label::parse(&"ä".repeat(128)).is_ok());
        assert_eq!(Label::parse(&"ä".repeat(129)), Err(NameError::TooLong(128)));
        assert!(Label::parse("two\nlines").is_err());
    }

    #[test]
    fn codes_have_their_standard_shape() {
        assert_eq!(Country::parse("de").map(String::from), Ok("DE".to_owned()));
        assert!(Country::parse("DEU").is_err() && Country::parse("1a").is_err());
        assert!(
            Currency::parse("EUR").is_ok()
                && Currency::parse("eur").is_err()
                && Currency::parse("€").is_err()
        );
    }
}
