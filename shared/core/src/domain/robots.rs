//! Robots: user agents that no person sits behind.
//!
//! Three questions, none of them a regular expression. Is it on the public list of crawlers? Does it say that
//! it is one, by a word such as `crawl`, an address to read more at, or a mailbox? And does it name any
//! machine at all? Every browser says what it runs on, while programs of a few lines say their own name and
//! no more.

use std::sync::LazyLock;

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{BuildError, Input};

/// Texts that give a robot away, one a line, in their exact case: `^` ties one to the start of the agent and
/// `$` to its end. `data/SOURCES.md` tells how they were derived from a public list.
const LISTED: &str = include_str!("../../data/robots.txt");

/// Words of robots, one a line, in any case: what they do, where to read about them, browsers without a
/// screen, libraries and measuring services. None of them stands in the agents of people's browsers; `bot`
/// does, so it has a rule of its own.
const WORDS: &str = include_str!("../../data/robot_words.txt");

/// Words that name a machine or its system, one a line, in any case.
const MACHINES: &str = include_str!("../../data/machine_words.txt");

/// Whether a user agent is a robot's; an empty one is.
///
/// Built for the robots that load pages and send events. Programs that dress up as a browser in every word
/// pass, and so do mobile apps that name their system.
pub fn is_robot(user_agent: &str) -> bool {
    // Without the automata, which cannot fail to build, nobody would be called a robot.
    FILTER.as_ref().is_ok_and(|filter| filter.catches(user_agent))
}

static FILTER: LazyLock<Result<Filter, BuildError>> = LazyLock::new(Filter::build);

/// The lists, ready to be searched for in one pass each.
struct Filter {
    listed: NFA,
    at_start: Vec<&'static str>,
    at_end: Vec<&'static str>,
    words: NFA,
    machines: NFA,
}

/// Whether an agent has any of the texts.
fn has(texts: &NFA, agent: &str) -> bool {
    // Such a search cannot be refused: it is neither anchored nor limited in any way.
    texts.try_find(&Input::new(agent).earliest(true)).is_ok_and(|found| found.is_some())
}

impl Filter {
    fn build() -> Result<Self, BuildError> {
        // Of the three kinds of automata this one is built as fast as any (the DFA takes twenty times as
        // long, which a cold start would feel) and is the smallest.
        let automaton = |any_case: bool, texts: &mut dyn Iterator<Item = &'static str>| {
            NFA::builder().ascii_case_insensitive(any_case).build(texts)
        };
        let lines = || LISTED.lines().filter(|line| !line.is_empty());
        let anywhere = |line: &&str| !line.starts_with('^') && !line.ends_with('$');
        Ok(Self {
            listed: automaton(false, &mut lines().filter(anywhere))?,
            at_start: lines().filter_map(|line| line.strip_prefix('^')).collect(),
            at_end: lines().filter_map(|line| line.strip_suffix('$')).collect(),
            words: automaton(true, &mut WORDS.lines())?,
            machines: automaton(true, &mut MACHINES.lines())?,
        })
    }

    fn catches(&self, agent: &str) -> bool {
        self.is_listed(agent) || self.says_so(agent) || !has(&self.machines, agent)
    }

    /// Whether the public list knows the agent.
    fn is_listed(&self, agent: &str) -> bool {
        has(&self.listed, agent)
            || self.at_start.iter().any(|text| agent.starts_with(text))
            || self.at_end.iter().any(|text| agent.ends_with(text))
    }

    /// Whether the agent speaks of itself as robots do.
    fn says_so(&self, agent: &str) -> bool {
        has(&self.words, agent) || is_named_bot(agent) || has_mailbox(agent)
    }
}

/// Whether a word of the agent ends in `bot` or `bots`.
///
/// Phones are named so as well: every `Cubot`, and on Android models such as `M bot 60` and `POWER BOT`.
/// There the word counts only where a robot's own name ends, before a version or a bracket.
fn is_named_bot(agent: &str) -> bool {
    let agent = agent.to_ascii_lowercase();
    let android = agent.contains("android");
    agent.match_indices("bot").any(|(at, word)| {
        let phone = agent.get(..at).is_some_and(|before| before.ends_with("cu"));
        let after = agent.get(at + word.len()..).unwrap_or_default();
        let next = after.strip_prefix('s').unwrap_or(after).chars().next();
        let ends = if android {
            next.is_none_or(|letter| matches!(letter, '/' | ';' | ',' | ')'))
        } else {
            next.is_none_or(|letter| !letter.is_alphabetic())
        };
        ends && !phone
    })
}

/// Whether the agent names a mailbox to write to. `Ecosia android@62.0` is none.
fn has_mailbox(agent: &str) -> bool {
    agent.match_indices('@').any(|(at, _)| {
        let named = agent
            .get(..at)
            .is_some_and(|before| before.ends_with(|letter: char| letter.is_ascii_alphanumeric()));
        let (domain, rest) = agent.get(at + 1..).unwrap_or_default().split_once('.').unwrap_or_default();
        let plain = |letter: char| letter.is_ascii_alphabetic() || letter == '-';
        let ending = rest.chars().take_while(char::is_ascii_alphabetic).count();
        named && !domain.is_empty() && domain.chars().all(plain) && ending >= 2
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The agents of a file under a heading: `# heading` alone on a line.
    fn agents(name: &str, heading: &str) -> Vec<String> {
        let path = format!("{}/../../tests/data/{name}.txt.zst", env!("CARGO_MANIFEST_DIR"));
        let text = String::from_utf8(zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap()).unwrap();
        let lines = text.lines().skip_while(|line| line.strip_prefix("# ") != Some(heading)).skip(1);
        lines.take_while(|line| !line.starts_with("# ")).map(str::to_owned).collect()
    }

    /// How many of the agents are called robots, and how many there are.
    fn robots_among(agents: &[String]) -> (usize, usize) {
        (agents.iter().filter(|agent| is_robot(agent)).count(), agents.len())
    }

    #[test]
    fn robots_of_the_list_and_of_a_public_log_are_caught() {
        for (heading, least) in [("listed", 2_000), ("log", 90)] {
            let (caught, all) = robots_among(&agents("robot-agents", heading));
            assert!(all > least && caught * 100 >= all * 98, "{heading}: {caught} of {all}");
        }
    }

    /// These come from another collection, without those that the list shows as examples. Most of the words that
    /// were added for it were taken from its first half, and a few from a glimpse of the second.
    #[test]
    fn robots_that_the_list_never_saw_are_caught_by_what_they_say() {
        for (heading, least) in [("unseen", 97), ("unseen, kept back", 96)] {
            let (caught, all) = robots_among(&agents("robot-agents", heading));
            assert!(all > 1_400 && caught * 100 >= all * least, "{heading}: {caught} of {all}");
        }
    }

    #[test]
    fn most_robots_of_the_list_would_be_caught_without_it() {
        let filter = FILTER.as_ref().unwrap();
        let listed = agents("robot-agents", "listed");
        let caught = listed
            .iter()
            .filter(|agent| filter.says_so(agent) || !has(&filter.machines, agent.as_str()))
            .count();
        assert!(caught * 100 >= listed.len() * 96, "{caught} of {}", listed.len());
    }

    #[test]
    fn of_all_robots_together_hardly_one_in_fifty_passes() {
        let headings = ["listed", "log", "unseen", "unseen, kept back"];
        let every: Vec<_> = headings.iter().flat_map(|heading| agents("robot-agents", heading)).collect();
        let (caught, all) = robots_among(&every);
        assert!(all > 5_000 && caught * 100 >= all * 98, "{caught} of {all}");
    }

    #[test]
    fn people_are_not_called_robots() {
        for (heading, least) in [("current", 1_700), ("older", 20_000)] {
            let (flagged, all) = robots_among(&agents("browser-agents", heading));
            assert!(all > least && flagged * 1_000 <= all, "{heading}: {flagged} of {all}");
        }
    }

    #[test]
    fn the_border_between_phones_and_bots() {
        for (agent, robot) in [
            ("", true),
            ("-", true),
            ("Mozilla/5.0", true),
            ("curl/8.5.0", true),
            ("python-requests/2.31.0", true),
            ("Go-http-client/2.0", true),
            ("our-shop-backend", true),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", true),
            (
                "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) Mobile Safari/537.36 (compatible; NewBot/1.0)",
                true,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0.0.0 Safari/537.36",
                true,
            ),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) someone@example.com", true),
            (
                "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36",
                false,
            ),
            (
                "Mozilla/5.0 (Linux; Android 8.0.0; CUBOT_X18_Plus Build/O00623; wv) Mobile Safari/537.36",
                false,
            ),
            (
                "Mozilla/5.0 (Linux; Android 7.0; M bot 60 Build/NRD90M) AppleWebKit/537.36 Mobile Safari/537.36",
                false,
            ),
            (
                "Mozilla/5.0 (Linux; Android 6.0; POWER BOT Build/MRA58K) AppleWebKit/537.36 Mobile Safari/537.36",
                false,
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) Chrome/150.0.0.0 Mobile Safari/537.36 (Ecosia android@150.0.0.0)",
                false,
            ),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", false),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 [FBAN/FBIOS;FBAV/460.0.0]",
                false,
            ),
            ("MyShop/5.2 (com.example.shop; build:812; iOS 17.5.1) Alamofire/5.9.1", false),
        ] {
            assert_eq!(is_robot(agent), robot, "{agent}");
        }
        assert!(!is_robot(&"Mozilla/5.0 (Windows NT 10.0) @.@ bo\u{212a}t ".repeat(10_000)));
    }
}
