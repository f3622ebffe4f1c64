//! Tracking links: addresses of ours that count a click and lead on to the page that was meant.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::channel::{Channel, OwnRules};
use super::event::Utm;
use super::names::{Label, NameError, SiteId};
use super::origin::Origin;

/// The part of a link's path that names it, as in `/r/spring-26`.
///
/// Shape: 1 to 64 of `a` to `z`, `A` to `Z`, `0` to `9`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// The longest slug.
pub const LONGEST_SLUG: usize = 64;

impl Slug {
    /// Reads a slug.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if text.is_empty() || text.len() > LONGEST_SLUG || !text.bytes().all(letter) {
            return Err(NameError::Character("must be 1 to 64 letters of a to z, digits, - or _"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Slug {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

/// The parameter of the destination that carries the id of the click.
pub const CLICK_PARAMETER: &str = "rk_click";

/// A tracking link. Where it leads, and what its clicks are credited to, never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its slug.
    pub slug: Slug,
    /// Whose clicks it counts.
    pub site: SiteId,
    /// What people call it.
    pub name: Option<Label>,
    /// Where it leads: `http` or `https`, with a host.
    pub destination: String,
    /// The channel of its clicks, where it is named.
    pub channel: Option<Channel>,
    /// The partner who is to be paid.
    pub partner: Option<Label>,
    /// The partner's offer.
    pub offer: Option<Label>,
    /// The UTM parameters that are added to the destination.
    pub utm: Utm,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether it is put away. It leads on as before, since it may stand anywhere by now.
    pub archived: bool,
}

impl Link {
    /// Fills in what nobody said: a partner is the source of a link's visitors, by the means of an affiliate.
    #[must_use]
    pub fn with_defaults(mut self) -> Self {
        if self.partner.is_some() {
            self.utm.source = self.utm.source.or_else(|| self.partner.clone());
            self.utm.medium = self.utm.medium.or_else(|| Label::parse("affiliate").ok());
        }
        self
    }

    /// What its clicks are credited to, by the site's own rules as they are.
    pub fn origin(&self, own: &OwnRules) -> Origin {
        let text = |label: &Option<Label>| label.as_ref().map_or("", Label::as_str).to_owned();
        let named = self.channel.or(Some(Channel::Unassigned));
        let told = Origin::told(&self.utm, self.channel, None, None, own);
        let told = told.or_else(|| Origin::told(&self.utm, named, None, None, own));
        Origin {
            partner: text(&self.partner),
            offer: text(&self.offer),
            ..told.unwrap_or_else(Origin::direct)
        }
    }

    /// Where it leads: the destination with the UTM parameters that it does not have itself, and the click's id.
    ///
    /// `None` where the stored destination is no address any more.
    pub fn address(&self, click: Option<&str>) -> Option<String> {
        let mut url = parse_destination(&self.destination)?;
        let has: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        let Utm { source, medium, campaign, content, term } = &self.utm;
        let named = [
            ("utm_source", source),
            ("utm_medium", medium),
            ("utm_campaign", campaign),
            ("utm_content", content),
            ("utm_term", term),
        ];
        let added: Vec<(&str, &str)> = named
            .into_iter()
            .filter(|(name, _)| !has.iter().any(|known| known == name))
            .filter_map(|(name, label)| Some((name, label.as_ref()?.as_str())))
            .chain(click.map(|click| (CLICK_PARAMETER, click)))
            .collect();
        if !added.is_empty() {
            url.query_pairs_mut().extend_pairs(added);
        }
        Some(url.into())
    }
}

/// Reads a destination: `http` or `https` with a host, without a user's name and password, at most 4,096 characters.
pub fn parse_destination(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= 4_096)?;
    let bare = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && bare).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(destination: &str, partner: Option<&str>) -> Link {
        let label = |text: &str| Label::parse(text).unwrap();
        Link {
            slug: Slug::parse("spring").unwrap(),
            site: SiteId::parse("shop").unwrap(),
            name: None,
            destination: destination.to_owned(),
            channel: None,
            partner: partner.map(label),
            offer: None,
            utm: Utm { campaign: Some(label("spring sale")), ..Utm::default() },
            created_at: DateTime::default(),
            archived: false,
        }
        .with_defaults()
    }

    #[test]
    fn a_destination_keeps_its_own_parameters_and_gains_the_links() {
        for (destination, click, address) in [
            (
                "https://shop.example/a?x=1#top",
                Some("spring.abc"),
                "https://shop.example/a?x=1&utm_source=ada&utm_medium=affiliate&utm_campaign=spring+sale&rk_click=spring.abc#top",
            ),
            (
                "https://shop.example?utm_source=own&utm_medium=&utm_campaign=b",
                None,
                "https://shop.example/?utm_source=own&utm_medium=&utm_campaign=b",
            ),
        ] {
            assert_eq!(link(destination, Some("ada")).address(click).as_deref(), Some(address));
        }
    }

    #[test]
    fn a_partners_link_is_an_affiliates_unless_it_says_otherwise() {
        let mut of_partner = link("https://shop.example/", Some("ada"));
        let origin = of_partner.origin(&OwnRules::default());
        assert_eq!((origin.channel, origin.partner.as_str()), (Channel::Affiliate, "ada"));
        assert_eq!((origin.source.as_str(), origin.campaign.as_str()), ("ada", "spring sale"));
        of_partner.channel = Some(Channel::Influencer);
        assert_eq!(of_partner.origin(&OwnRules::default()).channel, Channel::Influencer);
        assert_eq!(
            link("https://shop.example/", None).origin(&OwnRules::default()).channel,
            Channel::Unassigned
        );
    }

    #[test]
    fn destinations_are_web_addresses_and_slugs_are_plain() {
        for (text, good) in [
            ("https://shop.example/", true),
            ("http://localhost:8080/a", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("//shop.example/", false),
            ("https://user:pass@shop.example/", false),
            ("ftp://shop.example/", false),
        ] {
            assert_eq!(parse_destination(text).is_some(), good, "{text}");
        }
        for (text, good) in [("a", true), ("Spring_26-b", true), ("", false), ("a.b", false), ("a/b", false)]
        {
            assert_eq!(Slug::parse(text).is_ok(), good, "{text}");
        }
        assert!(Slug::parse(&"a".repeat(65)).is_err());
    }
}
