//! What stands beside marks: figures as people read them, names that fit, days.

use super::scale::{rounded, shortened};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::{Metric, Unit};

/// A metric's name as a heading: the letters of its field, and the field itself for those that are acronyms.
pub(super) fn heading(metric: Metric) -> String {
    let name = metric.as_str();
    if name.len() <= 4 && metric.quotient().is_some() {
        return name.to_uppercase();
    }
    capital(&name.replace('_', " "))
}

/// A text with a capital letter in front.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A figure of a metric, rounded to be read; the row has all of it.
pub(super) fn figure(figure: Decimal, metric: Metric, currency: &str) -> String {
    match (metric, metric.unit()) {
        (_, Unit::Count) => grouped(rounded(figure, 2)),
        (_, Unit::Money) => money(figure, currency),
        (Metric::Roas, _) => format!("{}\u{d7}", grouped(rounded(figure, 2))),
        (_, Unit::Ratio) => percent(figure),
    }
}

/// An amount, rounded to cents.
pub(super) fn money(figure: Decimal, currency: &str) -> String {
    format!("{}\u{a0}{currency}", grouped(rounded(figure, 2))).trim_end().to_owned()
}

/// A fraction in per cent, rounded to a tenth.
pub(super) fn percent(figure: Decimal) -> String {
    let hundredfold = Decimal::from_millionths(figure.millionths().saturating_mul(100));
    format!("{}\u{a0}%", grouped(rounded(hundredfold, 1)))
}

/// A figure at an axis, as short as it can be.
pub(super) fn tick(figure: Decimal, metric: Metric) -> String {
    match (metric, metric.unit()) {
        (Metric::Roas, _) => format!("{}\u{d7}", figure.text()),
        (_, Unit::Ratio) => {
            format!("{}\u{a0}%", Decimal::from_millionths(figure.millionths().saturating_mul(100)).text())
        }
        _ => {
            let (short, unit) = shortened(figure);
            format!("{}{unit}", short.text())
        }
    }
}

/// A change with its sign, which a loss has anyway and what rounds to nothing has not.
pub(super) fn signed(text: String) -> String {
    let rises = !text.starts_with('-') && text.contains(|digit: char| matches!(digit, '1'..='9'));
    if rises { format!("+{text}") } else { text }
}

/// A number with a comma between thousands.
pub(super) fn grouped(figure: Decimal) -> String {
    let text = figure.text();
    let (sign, size) = text.strip_prefix('-').map_or(("", text.as_str()), |size| ("-", size));
    let (whole, rest) =
        size.split_once('.').map_or((size, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

/// A text as XML can hold it: what no document may have becomes a sign of its own.
pub(super) fn plain(text: &str) -> String {
    // Marks that turn the direction of writing would turn what stands behind them, too.
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let held =
        |letter| !char::is_control(letter) && !turns(letter) && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|letter| if held(letter) { letter } else { '\u{fffd}' }).collect()
}

/// What a row is about: the values of its columns; what has none says so.
pub(super) fn name<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<_> = values.map(|value| if value.is_empty() { "(none)" } else { value }).collect();
    plain(&values.join(" / "))
}

/// How wide a text is at twelve pixels, about, in pixels.
pub(super) fn width(text: &str) -> i64 {
    text.chars()
        .map(|letter| match letter {
            'i' | 'l' | 'j' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '\u{a0}' => 4,
            'm' | 'w' | 'M' | 'W' | '%' | '@' => 11,
            letter if letter.is_ascii_uppercase() => 9,
            letter if letter < '\u{250}' => 7,
            _ => 13,
        })
        .sum()
}

/// A text that is at most so many pixels wide, cut where it must be.
pub(super) fn fitted(text: &str, most: i64) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut cut = String::new();
    for letter in text.chars() {
        cut.push(letter);
        if width(&cut) > most - 10 {
            cut.pop();
            break;
        }
    }
    format!("{}\u{2026}", cut.trim_end())
}

/// The beginning of an interval, as short as an axis has it: `22 Nov`, `22 Nov 03:00`, `Nov 2026`.
pub(super) fn begin(start: &str, interval: &str) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = start.get(..10).unwrap_or(start).split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?));
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return plain(start) };
    let day = day.trim_start_matches('0');
    match interval {
        "month" => format!("{month} {year}"),
        "hour" => format!("{day} {month} {}", start.get(11..16).unwrap_or_default()),
        _ => format!("{day} {month}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_like_figures() {
        let of = |text: &str, metric| figure(Decimal::parse(text).unwrap(), metric, "EUR");
        assert_eq!(of("2500315.63", Metric::Revenue), "2,500,315.63\u{a0}EUR");
        assert_eq!(of("-1234", Metric::Profit), "-1,234\u{a0}EUR");
        assert_eq!(of("0.02519", Metric::Ctr), "2.5\u{a0}%");
        assert_eq!(of("7.984", Metric::Roas), "7.98\u{d7}");
        assert_eq!(of("999", Metric::Clicks), "999");
        assert_eq!(
            (heading(Metric::Ctr), heading(Metric::GrossRevenue)),
            ("CTR".to_owned(), "Gross revenue".to_owned())
        );
    }

    #[test]
    fn names_are_cut_and_never_break_a_document() {
        assert_eq!(fitted("spring", 100), "spring");
        assert!(fitted(&"spring".repeat(30), 100).ends_with('\u{2026}'));
        assert!(width(&fitted(&"W".repeat(128), 100)) <= 113);
        assert_eq!(plain("a\u{0}b\u{ffff}"), "a\u{fffd}b\u{fffd}");
        assert_eq!(plain("a\u{202e}live"), "a\u{fffd}live");
        assert_eq!(name(["", "x"].into_iter()), "(none) / x");
    }

    #[test]
    fn a_rise_has_a_plus_and_nothing_has_none() {
        let text = |text: &str| signed(percent(Decimal::parse(text).unwrap()));
        assert_eq!(
            ["0.005", "-0.005", "0", "1", "0.0001"].map(text),
            ["+0.5\u{a0}%", "-0.5\u{a0}%", "0\u{a0}%", "+100\u{a0}%", "0\u{a0}%"]
        );
    }

    #[test]
    fn days_are_short() {
        assert_eq!(begin("2026-11-02", "day"), "2 Nov");
        assert_eq!(begin("2026-11-01", "month"), "Nov 2026");
        assert_eq!(begin("2026-11-22T03:00:00+00:00", "hour"), "22 Nov 03:00");
        assert_eq!(begin("odd", "day"), "odd");
    }
}
