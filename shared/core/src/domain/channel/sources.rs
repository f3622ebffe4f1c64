//! The catalogue of known sources: which sites are search engines, social networks, shops and so on.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The list behind Google Analytics 4's default channel groups. `data/SOURCES.md` names its origin.
const GA4_SOURCES: &str = include_str!("../../../data/ga4_source_categories.csv");
/// What that list lacks, and the few entries in which we differ from it. It is read last, so it wins.
///
/// `name.*` stands for the name under any country's ending: `name.de`, `name.com`, `name.co.uk`,
/// `name.com.au`.
const MORE_SOURCES: &str = include_str!("../../../data/more_sources.csv");

/// The longest name that a host can have.
const LONGEST_HOST: usize = 253;

/// What kind of site a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    /// A search engine.
    Search,
    /// A shop, a marketplace or a price comparison.
    Shopping,
    /// A social network, forum or messenger.
    Social,
    /// A video site.
    Video,
    /// An AI assistant.
    Assistant,
    /// A native advertising network.
    Native,
    /// A part of a listed site that is an ordinary site: a news page, a mailbox, a developer's manual.
    Ordinary,
}

impl Category {
    /// Its name in the rules; an ordinary site is of no kind.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Shopping => "shopping",
            Self::Social => "social",
            Self::Video => "video",
            Self::Assistant => "ai_assistant",
            Self::Native => "native",
            Self::Ordinary => "",
        }
    }

    /// The category of that name in the lists.
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "SOURCE_CATEGORY_SEARCH" => Self::Search,
            "SOURCE_CATEGORY_SHOPPING" => Self::Shopping,
            "SOURCE_CATEGORY_SOCIAL" => Self::Social,
            "SOURCE_CATEGORY_VIDEO" => Self::Video,
            "SOURCE_CATEGORY_ASSISTANT" => Self::Assistant,
            "SOURCE_CATEGORY_NATIVE" => Self::Native,
            "SOURCE_CATEGORY_REFERRAL" => Self::Ordinary,
            _ => return None,
        })
    }
}

/// What is known by name or host.
static CATALOGUE: LazyLock<HashMap<String, Category>> =
    LazyLock::new(|| entries().filter(|(name, _)| !name.contains('*')).collect());

/// What is known by its name under every country's ending.
static COUNTRIES: LazyLock<HashMap<String, Category>> = LazyLock::new(|| {
    entries().filter_map(|(name, category)| Some((name.strip_suffix(".*")?.to_owned(), category))).collect()
});

/// The lines of both lists.
fn entries() -> impl Iterator<Item = (String, Category)> {
    [GA4_SOURCES, MORE_SOURCES]
        .into_iter()
        .flat_map(|list| list.lines().skip(1))
        .filter_map(|line| line.rsplit_once(','))
        .filter_map(|(name, category)| Some((name.to_ascii_lowercase(), Category::parse(category)?)))
}

/// Subdomains that lead to the same service as the bare domain does.
const DOORS: [&str; 15] = [
    "www", "m", "l", "lm", "r", "mobile", "touch", "amp", "lite", "html", "search", "images", "out", "old",
    "web",
];

/// The category of a source, given in lower case: a name such as `google`, or a host.
///
/// A host is looked up whole, then by its parent domains, then by its name before a country's ending. The
/// subdomains of search engines and shops count only where they are doors: `mail.yahoo.com` and
/// `docs.google.com` are not search results, nor is a stranger's page on a shop's cloud a shop.
pub(super) fn category(source: &str) -> Option<Category> {
    if let Some(known) = CATALOGUE.get(source) {
        return Some(*known);
    }
    // Only what may be a host has parents; the bound keeps a text of a megabyte from costing a megabyte per
    // dot.
    let host = Some(source).filter(|source| source.len() <= LONGEST_HOST)?;
    let (inner, found) = parents(host)
        .find_map(|(inner, parent)| Some((inner, *CATALOGUE.get(parent)?)))
        .or_else(|| by_country(host))?;
    let whole = !matches!(found, Category::Search | Category::Shopping);
    (whole || innermost(inner).is_none_or(is_door)).then_some(found)
}

/// A short name for the site at a host, given in lower case: `google` for every one of its countries and
/// doors, as a sender would write it in `utm_source`; the host without `www.` where the catalogue has no such
/// name.
pub(super) fn name(host: &str) -> String {
    let plain = || host.strip_prefix("www.").unwrap_or(host).to_owned();
    let Some((inner, label)) = registrable(host) else { return plain() };
    let same_site = innermost(inner).is_none_or(|word| is_door(word) || word.len() == 2);
    let known = CATALOGUE.get(label).is_some_and(|named| category(host) == Some(*named));
    if same_site && known { label.to_owned() } else { plain() }
}

/// The parent domains of a host that have a dot themselves, nearest first, each with the labels before it.
fn parents(host: &str) -> impl Iterator<Item = (&str, &str)> {
    host.match_indices('.')
        .filter_map(|(at, _)| Some((host.get(..at)?, host.get(at + 1..)?)))
        .filter(|(_, parent)| parent.contains('.'))
}

/// The category of a site known under every country's ending, with the labels before its name.
fn by_country(host: &str) -> Option<(&str, Category)> {
    let (inner, label) = registrable(host)?;
    Some((inner, *COUNTRIES.get(label)?))
}

/// A host without its country ending, as the labels before the registered name and that name.
///
/// Only plain endings count (`com`, a country's two letters, `co` or `com` before these): whoever registers
/// `google.evil.example` cannot dress up as a search engine.
fn registrable(host: &str) -> Option<(&str, &str)> {
    let country = |word: &str| word.len() == 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let (rest, ending) = host.rsplit_once('.')?;
    if !country(ending) && ending != "com" {
        return None;
    }
    let rest = match rest.rsplit_once('.') {
        Some((rest, "co" | "com")) if country(ending) => rest,
        _ => rest,
    };
    Some(rest.rsplit_once('.').unwrap_or(("", rest)))
}

/// The label next to the domain, of those before it; `None` where there is none.
fn innermost(labels: &str) -> Option<&str> {
    labels.rsplit('.').next().filter(|label| !label.is_empty())
}

fn is_door(label: &str) -> bool {
    DOORS.contains(&label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_read_whole() {
        let rows = |list: &str| list.lines().count() - 1;
        assert_eq!(rows(GA4_SOURCES), 819);
        for line in
            GA4_SOURCES.lines().chain(MORE_SOURCES.lines()).filter(|line| !line.starts_with("source,"))
        {
            let (source, kind) = line.rsplit_once(',').unwrap();
            assert!(Category::parse(kind).is_some() && !source.is_empty(), "{line}");
        }
        assert!(CATALOGUE.len() > 900);
    }

    #[test]
    fn our_list_repeats_no_entry_and_overrules_only_where_it_means_to() {
        let ga4: HashMap<_, _> =
            GA4_SOURCES.lines().skip(1).filter_map(|line| line.rsplit_once(',')).collect();
        let mut seen = std::collections::HashSet::new();
        for (source, kind) in MORE_SOURCES.lines().skip(1).filter_map(|line| line.rsplit_once(',')) {
            assert!(seen.insert(source), "{source} twice");
            assert!(
                !ga4.contains_key(source) || kind == "SOURCE_CATEGORY_REFERRAL",
                "{source} is in both lists"
            );
        }
    }

    #[test]
    fn hosts_are_found_whole_by_parent_and_by_country() {
        use Category::{Assistant, Ordinary, Search, Shopping, Social, Video};
        for (source, expected) in [
            ("google", Some(Search)),
            ("google.de", Some(Search)),
            ("www.google.co.uk", Some(Search)),
            ("google.com.au", Some(Search)),
            ("www.google.com", Some(Search)),
            ("html.duckduckgo.com", Some(Search)),
            ("r.search.yahoo.com", Some(Search)),
            ("be.search.yahoo.com", Some(Search)),
            ("search.naver.com", Some(Search)),
            ("www.ecosia.org", Some(Search)),
            ("google.evil.example", None),
            ("www.google.com.evil.example", None),
            ("google.com.evil.de", None),
            ("notgoogle.com", None),
            ("google.evil.co.uk", None),
            ("mail.google.com", None),
            ("docs.google.com", None),
            ("mail.yahoo.com", None),
            ("news.google.com", Some(Ordinary)),
            ("mail.yandex.ru", Some(Ordinary)),
            ("groups.google.com", Some(Social)),
            ("blog.naver.com", Some(Social)),
            ("gemini.google.com", Some(Assistant)),
            ("copilot.microsoft.com", Some(Assistant)),
            ("microsoft.com", None),
            ("m.facebook.com", Some(Social)),
            ("de-de.facebook.com", Some(Social)),
            ("myblog.wordpress.com", Some(Social)),
            ("myfacebook.com", None),
            ("hatena", Some(Social)),
            ("music.youtube.com", Some(Video)),
            ("amazon.de", Some(Shopping)),
            ("www.amazon.com.be", Some(Shopping)),
            ("docs.aws.amazon.com", Some(Ordinary)),
            ("line", Some(Social)),
            ("anything.line", None),
            ("line.de", None),
            ("com", None),
            ("google.*", None),
            ("", None),
            (".", None),
            ("..", None),
            ("google.", None),
            (".google.com", Some(Search)),
        ] {
            assert_eq!(category(source), expected, "{source}");
        }
    }

    #[test]
    fn a_site_has_one_name_for_all_its_doors() {
        for (host, expected) in [
            ("www.google.co.uk", "google"),
            ("de.search.yahoo.com", "yahoo"),
            ("duckduckgo.com", "duckduckgo"),
            ("search.brave.com", "brave"),
            ("l.facebook.com", "facebook"),
            ("lm.facebook.com", "facebook"),
            ("out.reddit.com", "reddit"),
            ("uk.pinterest.com", "pinterest"),
            ("www.youtube.com", "youtube"),
            ("chatgpt.com", "chatgpt"),
            ("amazon.co.jp", "amazon"),
            ("t.co", "t.co"),
            ("www.ecosia.org", "ecosia.org"),
            ("mail.google.com", "mail.google.com"),
            ("news.google.com", "news.google.com"),
            ("groups.google.com", "groups.google.com"),
            ("myblog.wordpress.com", "myblog.wordpress.com"),
            ("www.partner.example", "partner.example"),
            ("line.de", "line.de"),
            ("www.", ""),
        ] {
            assert_eq!(name(host), expected, "{host}");
        }
    }
}
