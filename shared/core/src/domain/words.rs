//! Words out of a known set: what is said to whoever writes another one.

/// The longest word that is taken for a misspelt one, in bytes, and that is repeated whole, in letters. What we name
/// ourselves is shorter.
const LONGEST_WORD: usize = 64;

/// The candidate that a misspelt `word` most likely means, where one is near.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes time and memory by the product of the lengths, and a word may be as long as a body.
    let short = word.len() <= LONGEST_WORD;
    candidates
        .into_iter()
        .filter(|_| short)
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().div_euclid(5))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A sender's word as a sentence holds it: in quotes, and no more of it than a sentence can take.
pub fn quoted(word: &str) -> String {
    match word.char_indices().nth(LONGEST_WORD) {
        None => format!("{word:?}"),
        Some((end, _)) => format!("{:?}", format!("{}…", word.get(..end).unwrap_or_default())),
    }
}

/// What to write instead of a word that is none of the `known`: `did you mean clicks?`, or else all of them.
pub fn instead(word: &str, known: &[&str]) -> String {
    let all = || {
        if known.is_empty() { "there are none".to_owned() } else { format!("there are {}", known.join(", ")) }
    };
    near(word, known.iter().copied()).unwrap_or_else(all)
}

/// As [`instead`], of what is too much to list.
pub fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|near| format!("did you mean {near}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_its_neighbour_and_a_strange_one_none() {
        for (word, found) in [
            ("clcks", Some("clicks")),
            ("chanel", Some("channel")),
            ("form", Some("from")),
            ("zebra", None),
            ("foo", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, ["clicks", "channel", "roas", "from", "to"]), found, "{word}");
        }
        assert_eq!(instead("clcks", &["clicks", "roas"]), "did you mean clicks?");
        assert_eq!(instead("zebra", &["clicks", "roas"]), "there are clicks, roas");
        assert_eq!(instead("zebra", &[]), "there are none");
        assert_eq!(near("zebra", ["clicks", "roas"]), None);
    }

    #[test]
    fn a_word_as_long_as_a_body_is_not_repeated() {
        assert_eq!(quoted("say \"é\"\n"), r#""say \"é\"\n""#);
        assert_eq!(quoted(&"é".repeat(LONGEST_WORD)), format!("\"{}\"", "é".repeat(LONGEST_WORD)));
        assert_eq!(quoted(&"é".repeat(1_000_000)), format!("\"{}…\"", "é".repeat(LONGEST_WORD)));
    }

    #[test]
    fn a_word_as_long_as_a_body_is_not_compared() {
        let begun = std::time::Instant::now();
        assert_eq!(nearest(&"k".repeat(1_000_000), ["occurred_at"; 300]), None);
        assert!(begun.elapsed() < std::time::Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}
