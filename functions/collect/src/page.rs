//! Addresses: the page of a url, and the marketing parameters of its query.

use reckon_core::domain::channel::ClickId;
use reckon_core::domain::event::{Page, Utm};
use reckon_core::domain::names::{LONGEST, Label};
use url::Url;

/// The longest url that is read.
pub(crate) const LONGEST_URL: usize = 8_192;
/// The longest page that is kept, in bytes; what is longer is cut.
const LONGEST_PAGE: usize = 512;
/// The longest ad click id that is kept, in characters; what is longer is cut.
const LONGEST_CLICK_ID: usize = 512;

/// The page of a web address: host and path, without `www.` kept as it is, without port, query and fragment.
pub(crate) fn page_of(url: &Url) -> Option<Page> {
    let mut page = format!("{}{}", url.host_str()?, url.path());
    let cut = (0..=LONGEST_PAGE.min(page.len())).rev().find(|at| page.is_char_boundary(*at)).unwrap_or(0);
    page.truncate(cut);
    Some(Page(page))
}

/// The page of a `url` field: `http` or `https`, with a host.
pub(crate) fn parse_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST_URL)?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The page of a referrer. Logs and browsers put all kinds of things there; what has no host is no referrer.
pub(crate) fn parse_referrer(text: &str) -> Option<Page> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST_URL)?;
    let known = matches!(url.scheme(), "http" | "https" | "android-app" | "ios-app");
    page_of(&url).filter(|page| known && !page.host().is_empty())
}

/// The UTM parameters of a query. Links are written by strangers: what no label may hold is cut away.
pub(crate) fn utm_of(url: &Url) -> Utm {
    let mut utm = Utm::default();
    for (name, value) in url.query_pairs() {
        let place = match name.as_ref() {
            "utm_source" => &mut utm.source,
            "utm_medium" => &mut utm.medium,
            "utm_campaign" => &mut utm.campaign,
            "utm_content" => &mut utm.content,
            "utm_term" => &mut utm.term,
            _ => continue,
        };
        let clean: String =
            value.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
        *place = Label::parse(&clean).ok().or_else(|| place.take());
    }
    utm
}

/// The ad click of a query, where there is one.
pub(crate) fn click_id_of(url: &Url) -> Option<(ClickId, String)> {
    let found =
        |parameter: &str| url.query_pairs().find(|(name, value)| name == parameter && !value.is_empty());
    ClickId::ALL.into_iter().find_map(|click_id| {
        let (_, value) = found(click_id.as_str())?;
        Some((click_id, value.chars().filter(|letter| !letter.is_control()).take(LONGEST_CLICK_ID).collect()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_host_and_path() {
        for (text, page) in [
            ("https://Shop.example:8443/a/b?utm_source=x#y", Some("shop.example/a/b")),
            ("https://shop.example", Some("shop.example/")),
            ("ftp://shop.example/", None),
            ("/a/b", None),
            ("https://", None),
        ] {
            let found = parse_url(text).as_ref().and_then(page_of);
            assert_eq!(found.map(|page| page.0).as_deref(), page, "{text}");
        }
        let long = format!("https://shop.example/{}", "ä".repeat(600));
        assert_eq!(page_of(&parse_url(&long).unwrap()).unwrap().0.len(), LONGEST_PAGE);
    }

    #[test]
    fn a_referrer_without_a_host_is_none() {
        for (text, host) in [
            ("https://www.google.com/search?q=secret", Some("www.google.com")),
            ("android-app://com.google.android.gm/", Some("com.google.android.gm")),
            ("-", None),
            ("about:blank", None),
            ("data:text/html,x", None),
        ] {
            let found = parse_referrer(text);
            assert_eq!(found.as_ref().map(Page::host), host, "{text}");
        }
    }

    #[test]
    fn the_parameters_of_a_query_are_cleaned() {
        let url = parse_url("https://a.example/?utm_source=%20x%0A&utm_campaign=&gclid=abc&utm_medium=cpc")
            .unwrap();
        let utm = utm_of(&url);
        assert_eq!(utm.source.unwrap().as_str(), "x");
        assert_eq!((utm.campaign, utm.medium.unwrap().as_str()), (None, "cpc"));
        assert_eq!(click_id_of(&url), Some((ClickId::Gclid, "abc".to_owned())));
    }
}
