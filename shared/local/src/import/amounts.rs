//! Numbers as tables have them: `"1,234.56"`, `1.234,56`, `1 234,56`, `$165.10`, `--`.
//!
//! What a point or a comma means is decided once for a file, by all of its numbers.

mod currency;

use clap::ValueEnum;
use reckon_core::domain::decimal::Decimal;

use currency::{End, common, is_blank};
pub(super) use currency::{Named, in_name};

/// What stands before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DecimalMark {
    /// As in 1,234.56.
    Point,
    /// As in 1.234,56.
    Comma,
}

impl DecimalMark {
    const fn mark(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    const fn of(mark: char) -> Self {
        if mark == '.' { Self::Point } else { Self::Comma }
    }

    const fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }
}

/// What one number tells of the marks of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It reads the same either way.
    None,
    /// It reads as two different numbers: `1,234`.
    Ambiguous,
    /// It can only be meant so.
    Decides(DecimalMark),
}

/// A number without what is no part of it.
struct Bare {
    negative: bool,
    /// Digits and marks, and whatever else stands among them.
    digits: String,
    /// The currencies that stand before and behind.
    named: Vec<Named>,
}

/// What a cell has of a number. `None` where it says that there is none.
fn bare(text: &str) -> Option<Bare> {
    let text = text.trim();
    if matches!(text, "" | "-" | "--" | "—" | "–" | "n/a" | "N/A" | "null") {
        return None;
    }
    let (text, bracketed) = match text.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let mut named = Vec::new();
    // A sign may stand before the currency or behind it.
    let text = End::Front.bared(text, &mut named);
    let (negative, text) = match text.strip_prefix(['-', '−']) {
        Some(rest) => (true, End::Front.bared(rest, &mut named)),
        None => (false, text),
    };
    let text = End::Back.bared(text, &mut named);
    let digits = text.chars().filter(|letter| !is_blank(*letter)).collect();
    Some(Bare { negative: negative || bracketed, digits, named })
}

/// The currency that an amount names. Of several that agree, as in `$5.00 USD`, it is the one that says the most.
pub(super) fn currency(text: &str) -> Option<Named> {
    Named::of_all(bare(text)?.named)
}

/// What a number tells of the marks of its file. `whole` are numbers that have no decimals: a lone mark before three
/// digits can only group them.
pub(super) fn evidence(text: &str, whole: bool) -> Evidence {
    let Some(Bare { digits, .. }) = bare(text) else { return Evidence::None };
    // What is no number tells nothing.
    if !digits.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, '.' | ',')) {
        return Evidence::None;
    }
    let Some((at, last)) = digits.char_indices().rev().find(|(_, letter)| matches!(letter, '.' | ',')) else {
        return Evidence::None;
    };
    let mark = DecimalMark::of(last);
    let (before, after) = (digits.get(..at).unwrap_or_default(), digits.get(at + 1..).unwrap_or_default());
    let groups = |part: &str| part.contains(['.', ',']);
    if before.contains(mark.other().mark()) {
        return Evidence::Decides(if before.contains(last) { mark.other() } else { mark });
    }
    if groups(before) {
        // The same mark again and again groups.
        return Evidence::Decides(mark.other());
    }
    let may_group = after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
    match (may_group, whole) {
        (false, _) => Evidence::Decides(mark),
        (true, true) => Evidence::Decides(mark.other()),
        (true, false) => Evidence::Ambiguous,
    }
}

/// The number of a cell, exactly; `None` where the platform has none. An error says what it is not.
pub(super) fn read(text: &str, decimal: DecimalMark) -> Result<Option<Decimal>, String> {
    let Some(Bare { negative, digits, named }) = bare(text) else { return Ok(None) };
    if !named.is_empty() && common(&named).is_empty() {
        return Err(format!("{text:?} names two currencies: write one of them"));
    }
    if digits.contains(char::is_alphabetic) && digits.contains(|letter: char| letter.is_ascii_digit()) {
        return Err(format!(
            "{text:?} is no number: beside its digits only the sign or the code of a currency is understood, such as € or EUR"
        ));
    }
    let (sign, digits) = (if negative { "-" } else { "" }, digits.as_str());
    let (whole, decimals) = digits.split_once(decimal.mark()).unwrap_or((digits, ""));
    let group = decimal.other().mark();
    let mut groups = whole.split(group);
    let first = groups.next().unwrap_or_default();
    // In India only the last group has three digits.
    let grouped = first.len() <= 3 && !first.is_empty();
    let rest: Vec<&str> = groups.collect();
    let fits = rest.is_empty()
        || (grouped
            && rest.last().is_some_and(|last| last.len() == 3)
            && rest.iter().all(|group| matches!(group.len(), 2 | 3)));
    let whole = whole.replace(group, "");
    let whole = if whole.is_empty() && !decimals.is_empty() { "0" } else { &whole };
    let plain = match decimals {
        "" => format!("{sign}{whole}"),
        decimals => format!("{sign}{whole}.{decimals}"),
    };
    if !fits || digits.ends_with(decimal.mark()) {
        return Err(format!("{text:?} is no number"));
    }
    Decimal::parse(&plain).map(Some).map_err(|error| format!("{text:?} {error}"))
}

/// What a file writes before decimals, by all of its numbers, each with its line and text. `delimiter` parts its columns.
/// An error says which lines do not agree, or which may be read either way.
pub(super) fn mark(numbers: &[(u64, &str, Evidence)], delimiter: char) -> Result<DecimalMark, String> {
    let first = |mark| numbers.iter().find(|(.., told)| *told == Evidence::Decides(mark));
    match (first(DecimalMark::Point), first(DecimalMark::Comma)) {
        (Some((one, point, _)), Some((other, comma, _))) => Err(format!(
            "line {one}: {point} has a decimal point, and line {other}: {comma} a decimal comma; say which the file means, with --decimal point or --decimal comma"
        )),
        (Some(_), None) => Ok(DecimalMark::Point),
        (None, Some(_)) => Ok(DecimalMark::Comma),
        (None, None) => {
            let ambiguous = || numbers.iter().filter(|(.., told)| *told == Evidence::Ambiguous);
            // Where a comma parts whole from decimals, a semicolon parts the columns, so that points group. A comma may
            // group all the same, since amounts seldom have three decimals.
            let points_group = delimiter == ';' && ambiguous().all(|(_, text, _)| !text.contains(','));
            match ambiguous().next() {
                None => Ok(DecimalMark::Point),
                Some(_) if points_group => Ok(DecimalMark::Comma),
                Some((line, text, _)) => Err(format!(
                    "line {line}: {text} may be a number of thousands or one with decimals, and nothing else in the file tells which; say --decimal point or --decimal comma"
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_meant() {
        use DecimalMark::{Comma, Point};
        for (text, decimal, read_as) in [
            ("1,234.56", Point, Some("1234.56")),
            ("$165.10", Point, Some("165.1")),
            ("-$5.00", Point, Some("-5")),
            ("US$1,000", Point, Some("1000")),
            ("USD$1,000", Point, Some("1000")),
            ("$5.00 USD", Point, Some("5")),
            ("- CA$ 7.50", Point, Some("-7.5")),
            ("($12.50)", Point, Some("-12.5")),
            ("Rs.500", Point, Some("500")),
            ("kr. 1.500,50", Comma, Some("1500.5")),
            ("1.500,50 KR.", Comma, Some("1500.5")),
            ("12,50 ZŁ", Comma, Some("12.5")),
            ("9.99 eur", Point, Some("9.99")),
            ("(12.50)", Point, Some("-12.5")),
            ("12,34,567.80", Point, Some("1234567.8")),
            ("1'234.50 CHF", Point, Some("1234.5")),
            ("--", Point, None),
            (" -- ", Point, None),
            ("", Point, None),
            (".5", Point, Some("0.5")),
            ("1 234,56", Comma, Some("1234.56")),
            ("1\u{a0}234,56\u{a0}€", Comma, Some("1234.56")),
            ("1\u{202f}234\u{202f}567,8", Comma, Some("1234567.8")),
            ("1.234,56 €", Comma, Some("1234.56")),
            ("0,49", Comma, Some("0.49")),
        ] {
            let read = read(text, decimal).unwrap();
            assert_eq!(read.map(Decimal::text).as_deref(), read_as, "{text}");
        }
        for (text, decimal) in [
            ("1,23.4", Point),
            ("1.234,56", Point),
            ("12.5.1", Point),
            ("5.", Point),
            ("1,,234", Point),
            ("12 apples 3", Point),
            ("1.0000001", Point),
            ("12%", Point),
            (",123,456", Point),
            // Letters that name no currency mean something that is not known.
            ("12k", Point),
            ("1.5M", Point),
            ("refunded 9.00", Point),
            ("5 CR", Point),
            ("9.00 abc", Point),
            ("xCA$ 5", Point),
            ("5 krone", Point),
            ("€5.00 USD", Point),
            ("€", Point),
        ] {
            assert!(read(text, decimal).is_err(), "{text}");
        }
        let error = read("12k", Point).unwrap_err();
        assert!(error.starts_with("\"12k\" is no number: beside its digits only the sign"), "{error}");
        assert_eq!(
            read("€5.00 USD", Point).unwrap_err(),
            "\"€5.00 USD\" names two currencies: write one of them"
        );
    }

    #[test]
    fn an_amount_or_a_column_says_in_which_currency_it_is() {
        for (text, told, only) in [
            ("5.00", None, None),
            ("--", None, None),
            ("12k", None, None),
            ("€5.00", Some("€, EUR"), Some("EUR")),
            ("-£5", Some("£, GBP"), Some("GBP")),
            ("7.00 EUR", Some("EUR"), Some("EUR")),
            ("chf 7.00", Some("CHF"), Some("CHF")),
            ("CA$7.00", Some("CA$, CAD"), Some("CAD")),
            ("$7.00 CAD", Some("CAD"), Some("CAD")),
            ("$7.00", Some("$, USD"), None),
            ("¥700", Some("¥, JPY"), None),
            ("7 kr", Some("kr, SEK"), None),
        ] {
            let named = currency(text);
            assert_eq!(named.as_ref().map(Named::told).as_deref(), told, "{text}");
            assert_eq!(named.and_then(|named| named.only()), only, "{text}");
        }
        for (name, expected) in [
            ("Total (EUR)", Some(("Total (", "EUR"))),
            ("Amount in EUR", Some(("Amount in ", "EUR"))),
            ("Total EUR", Some(("Total ", "EUR"))),
            ("total_eur", Some(("total_", "EUR"))),
            ("Betrag in Euro", Some(("Betrag in ", "EUR"))),
            ("Total (€)", Some(("Total (", "EUR"))),
            ("Price CA$", Some(("Price ", "CAD"))),
            // A word is no code.
            ("Total all", None),
            ("total_all", None),
            ("Created date (UTC)", None),
            ("Total (NET)", None),
            ("Total", None),
            ("Subtotal", None),
            ("", None),
        ] {
            let found = in_name(name).and_then(|(rest, named)| Some((rest, named.only()?)));
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn a_comma_before_three_digits_is_settled_by_another_number_or_by_nobody() {
        use DecimalMark::Comma;
        for (numbers, delimiter, expected) in [
            (&["1,234", "2,500"][..], ';', Err("line 1: 1,234 may be a number of thousands")),
            (&["1,234", "2,500"], ',', Err("line 1: 1,234 may be a number of thousands")),
            (&["5", "1,234"], ';', Err("line 2: 1,234 may be a number of thousands")),
            (&["1,234", "1.234"], ';', Err("line 1: 1,234 may be a number of thousands")),
            (&["1,234", "12,50"], ';', Ok(Comma)),
            (&["1,234", "0,123"], ';', Ok(Comma)),
            (&["1,234", "1.234,5"], ';', Ok(Comma)),
            // Both that a semicolon parts the columns and that amounts have no thousandths say that a point groups.
            (&["1.234", "2.500"], ';', Ok(Comma)),
            (&["1.234"], ',', Err("line 1: 1.234 may be a number of thousands")),
        ] {
            let told: Vec<_> =
                (1..).zip(numbers).map(|(line, text)| (line, *text, evidence(text, false))).collect();
            match (mark(&told, delimiter), expected) {
                (Err(error), Err(says)) => assert!(error.starts_with(says), "{numbers:?}: {error}"),
                (read, expected) => assert_eq!(read.ok(), expected.ok(), "{numbers:?} {delimiter}"),
            }
        }
    }

    #[test]
    fn a_number_tells_what_its_marks_mean_or_that_it_does_not() {
        use DecimalMark::{Comma, Point};
        for (text, whole, told) in [
            ("1,234.56", false, Evidence::Decides(Point)),
            ("1.234,56", false, Evidence::Decides(Comma)),
            ("1,234,567", false, Evidence::Decides(Point)),
            ("12,5", false, Evidence::Decides(Comma)),
            ("0,123", false, Evidence::Decides(Comma)),
            ("1234,567", false, Evidence::Decides(Comma)),
            ("$165.10", false, Evidence::Decides(Point)),
            ("1,234", false, Evidence::Ambiguous),
            ("1,234", true, Evidence::Decides(Point)),
            ("1.234", true, Evidence::Decides(Comma)),
            ("1234", false, Evidence::None),
            ("1 234", false, Evidence::None),
            ("--", false, Evidence::None),
            // What is no number tells nothing.
            ("1.5M", false, Evidence::None),
        ] {
            assert_eq!(evidence(text, whole), told, "{text}");
        }
    }

    fn written(
        millionths: i64,
        decimals: u32,
        decimal: DecimalMark,
        group: &str,
        around: (&str, &str),
    ) -> String {
        let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
        let digits = whole.to_string();
        let places = digits.len();
        let grouped: String = digits
            .chars()
            .enumerate()
            .flat_map(|(at, digit)| {
                let gap = if at > 0 && (places - at).is_multiple_of(3) { group } else { "" };
                gap.chars().chain([digit])
            })
            .collect();
        let all = format!("{rest:06}");
        let kept = all.get(..decimals.try_into().unwrap()).unwrap();
        let mark = if kept.is_empty() { String::new() } else { decimal.mark().to_string() };
        format!("{}{grouped}{mark}{kept}{}", around.0, around.1)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_in_every_locale(
            whole in 0..1_000_000_000_i64, fraction in 0..1_000_000_i64, decimals in 0..=6_u32,
            comma in any::<bool>(),
            group in prop::sample::select(vec!["", "mark", " ", "\u{a0}", "\u{202f}", "'"]),
            around in prop::sample::select(vec![("", ""), ("$", ""), ("", " €"), ("CHF ", ""), ("", "\u{a0}kr")]),
        ) {
            let decimal = if comma { DecimalMark::Comma } else { DecimalMark::Point };
            let other = decimal.other().mark().to_string();
            let group = if group == "mark" { other.as_str() } else { group };
            let cut = 10_i64.pow(6 - decimals);
            let millionths = whole * 1_000_000 + fraction / cut * cut;
            let text = written(millionths, decimals, decimal, group, around);
            let number = read(&text, decimal).unwrap().unwrap();
            prop_assert_eq!(number.millionths(), i128::from(millionths), "{}", text);
            // Nothing that is written so tells the opposite.
            prop_assert_ne!(evidence(&text, false), Evidence::Decides(decimal.other()), "{}", text);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), comma in any::<bool>()) {
            let decimal = if comma { DecimalMark::Comma } else { DecimalMark::Point };
            let _ = (read(&text, decimal), evidence(&text, comma));
        }
    }
}
