//! The currency of an export: in the name of a column, in a column, or beside an amount. Nothing is converted.

use super::lines::Lines;
use super::platform::Column;
use crate::import::amounts;

/// Where a file names a currency: its line, how that is told, and the codes that it may mean.
type Mention = (u64, String, Vec<String>);

/// The currency that the file names; a fault at the first line that is in another one than the site's, or than the
/// lines before it.
pub(super) fn hold_to_currency(lines: &mut Lines<'_>, site: Option<&str>) -> Option<String> {
    let whose = if site.is_some() { "the site reports in" } else { "lines before it are in" };
    let (mut expected, mut named) = (site.map(|code| vec![code.to_owned()]), None);
    for (line, told, codes) in mentions(lines) {
        named = named.or_else(|| Some(codes.first()?.clone()).filter(|_| codes.len() == 1));
        let both: Vec<String> = match &expected {
            None => codes,
            Some(expected) => expected.iter().filter(|code| codes.contains(code)).cloned().collect(),
        };
        if both.is_empty() {
            let other = expected.and_then(|codes| codes.into_iter().next()).unwrap_or_default();
            lines.faults.push((line, foreign(&told, whose, &other)));
            break;
        }
        expected = Some(both);
    }
    named
}

/// Every currency that the file names, from the header down.
fn mentions(lines: &Lines<'_>) -> Vec<Mention> {
    let sheet = lines.sheet;
    let code = |line: u64, code: &str| (line, code.to_uppercase(), vec![code.to_uppercase()]);
    let header = sheet.currency.iter().map(|found| code(sheet.line, found));
    let cells = lines.campaigns.iter().flat_map(|((line, cells), ..)| {
        let column = Some(sheet.cell(Column::Currency, cells)).filter(|cell| cell.len() == 3);
        // An amount that names two is told where it is read.
        let amount =
            amounts::currency(sheet.cell(Column::Spend, cells)).filter(|named| !named.codes.is_empty());
        let amount = amount.map(|named| {
            let codes: Vec<String> = named.codes.iter().map(|code| (*code).to_owned()).collect();
            (*line, named.told(), codes)
        });
        column.map(|cell| code(*line, cell)).into_iter().chain(amount)
    });
    header.chain(cells).collect()
}

fn foreign(told: &str, whose: &str, expected: &str) -> String {
    format!(
        "the cost is in {told}, and {whose} {expected}; nothing is converted here: export in {expected}, or convert the column and its name first"
    )
}
