//! The currency of an export: in the name of a column, in a column, or a sign before an amount. Nothing is converted.

use super::lines::Lines;
use super::platform::Column;

/// The currencies that a sign before or behind an amount may stand for.
const SIGNS: [(char, &[&str]); 4] = [
    ('€', &["EUR"]),
    ('£', &["GBP"]),
    ('₹', &["INR"]),
    ('$', &["USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "ARS", "CLP", "COP", "BRL"]),
];

/// The currency that the file names; a fault at the first line that is in another one than the site's, or than the
/// lines before it.
pub(super) fn hold_to_currency(lines: &mut Lines<'_>, site: Option<&str>) -> Option<String> {
    let sheet = lines.sheet;
    let mut expected = site.map(str::to_owned);
    let mut named = None;
    let header = sheet.currency.iter().map(|code| (sheet.line, code.clone()));
    let cells = lines.campaigns.iter().filter_map(|((line, cells), ..)| {
        let code = sheet.cell(Column::Currency, cells);
        (code.len() == 3).then(|| (*line, code.to_uppercase()))
    });
    for (line, code) in header.chain(cells) {
        let expected = expected.get_or_insert_with(|| code.clone());
        if code != *expected {
            let whose = if site.is_some() { "the site reports in" } else { "lines before it are in" };
            lines.faults.push((line, foreign(&code, whose, expected)));
            return Some(code);
        }
        named = Some(code);
    }
    let signed = lines.campaigns.iter().find_map(|((line, cells), ..)| {
        let text = sheet.cell(Column::Spend, cells);
        let (sign, codes) = SIGNS.iter().find(|(sign, _)| text.contains(*sign))?;
        let other = expected.as_deref().filter(|code| !codes.contains(code))?;
        Some((*line, foreign(&format!("{sign}, {}", codes.first()?), "the site reports in", other)))
    });
    lines.faults.extend(signed);
    named
}

fn foreign(code: &str, whose: &str, expected: &str) -> String {
    format!(
        "the cost is in {code}, and {whose} {expected}; nothing is converted here: export in {expected}, or convert the column and its name first"
    )
}
