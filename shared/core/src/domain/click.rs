//! The id of a click on a tracking link. It says which link, when, and whose click it was, so that whoever brings it
//! back, a page or a partner's server, finds the click without a search; and it cannot be made up.

use std::hash::Hasher;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use siphasher::sip::SipHasher24;

use super::event::PersonHash;
use super::journey::{Contact, Touch};
use super::link::{Link, Slug};
use super::site::Site;

/// A click on a tracking link.
///
/// As text: the slug, a dot, and 30 letters of base64url for 6 bytes of milliseconds since 1970, 8 bytes of the
/// visitor, who is new with every click, and 8 bytes of a keyed hash over all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// The link.
    pub slug: Slug,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who clicked.
    pub visitor: PersonHash,
}

impl Click {
    /// The text that is handed out.
    pub fn text(&self, site: &Site) -> String {
        let mut bytes = self.plain();
        bytes.extend(self.seal(site).to_be_bytes());
        format!("{}.{}", self.slug.as_str(), URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The slug of a text that may be the id of a click.
    pub fn slug_of(text: &str) -> Option<Slug> {
        Slug::parse(text.split_once('.')?.0).ok()
    }

    /// Reads a text that `site` handed out; `None` for any other.
    pub fn parse(text: &str, site: &Site) -> Option<Self> {
        let (slug, rest) = text.split_once('.')?;
        let bytes: [u8; 22] = URL_SAFE_NO_PAD.decode(rest).ok()?.try_into().ok()?;
        let (plain, seal) = bytes.split_at_checked(14)?;
        let (at, visitor) = plain.split_at_checked(6)?;
        let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let click = Self {
            slug: Slug::parse(slug).ok()?,
            at: i64::try_from(number(at)).ok()?,
            visitor: PersonHash(number(visitor)),
        };
        (click.seal(site) == number(seal)).then_some(click)
    }

    /// What the click did to its visitor.
    pub fn touch(&self, link: &Link, site: &Site) -> Touch {
        let origin = link.origin(&site.channel_rules);
        Touch { at: self.at, contact: Contact::Click, origin, landing_page: String::new() }
    }

    fn plain(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.at.to_be_bytes().into_iter().skip(2).collect();
        bytes.extend(self.visitor.0.to_be_bytes());
        bytes
    }

    fn seal(&self, site: &Site) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&site.secret());
        // No slug holds this byte, so that no two clicks are one text.
        for part in [b"click".as_slice(), site.id.as_str().as_bytes(), self.slug.as_str().as_bytes()] {
            hasher.write(part);
            hasher.write(&[0xff]);
        }
        hasher.write(&self.plain());
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::names::{Currency, SiteId};
    use proptest::prelude::*;

    fn site(id: &str, hash_key: &str) -> Site {
        let currency = Currency::parse("EUR").unwrap();
        let site = Site::new(SiteId::parse(id).unwrap(), chrono_tz::UTC, currency);
        Site { hash_key: hash_key.to_owned(), ..site }
    }

    const KEY: &str = "000102030405060708090a0b0c0d0e0f";

    proptest! {
        #[test]
        fn a_click_is_read_back_by_its_site_alone(
            slug in "[a-zA-Z0-9_-]{1,64}", at in 0_i64..1 << 47, visitor: u64, place in any::<prop::sample::Index>(),
        ) {
            let click = Click { slug: Slug::parse(&slug).unwrap(), at, visitor: PersonHash(visitor) };
            let shop = site("shop", KEY);
            let text = click.text(&shop);
            prop_assert_eq!(Click::parse(&text, &shop), Some(click));
            prop_assert_eq!(Click::parse(&text, &site("other", KEY)), None);
            prop_assert_eq!(Click::parse(&text, &site("shop", "ff0102030405060708090a0b0c0d0e0f")), None);
            // No letter can be changed: neither the link nor the time nor the visitor.
            let mut letters: Vec<char> = text.chars().collect();
            let letter = place.get_mut(&mut letters);
            *letter = if *letter == 'A' { 'B' } else { 'A' };
            let changed: String = letters.into_iter().collect();
            prop_assert_eq!(Click::parse(&changed, &shop), None, "{}", changed);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            prop_assert_eq!(Click::parse(&text, &site("shop", KEY)), None);
        }
    }
}
