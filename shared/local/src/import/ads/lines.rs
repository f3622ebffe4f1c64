//! The lines of an export: which are rows of campaigns and which are none, and how all of them write days and numbers.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::platform::{Column, Platform};
use super::sheet::{Record, Sheet};
use crate::import::ImportArgs;
use crate::import::amounts::{self, DecimalMark};
use crate::import::days::{self, Order, Written};
use crate::import::times;

/// Lines that are understood, before numbers are read.
pub(super) struct Lines<'a> {
    pub(super) sheet: &'a Sheet,
    pub(super) campaigns: Vec<(&'a Record, Written, Option<Written>)>,
    pub(super) totals: Vec<&'a Record>,
    pub(super) skipped: BTreeMap<&'static str, u64>,
    pub(super) faults: Vec<(u64, String)>,
}

/// The words that begin a row of totals, in the languages of the platforms.
const TOTALS: [&str; 21] = [
    "total",
    "totals",
    "gesamt",
    "insgesamt",
    "summe",
    "totaal",
    "totale",
    "totaux",
    "totalt",
    "totalsumma",
    "samlet",
    "i alt",
    "łącznie",
    "suma",
    "celkem",
    "összesen",
    "toplam",
    "итого",
    "всего",
    "合計",
    "合计",
];

/// Tells rows of campaigns from rows of totals and from what stands around the table.
pub(super) fn sort<'a>(sheet: &'a Sheet, args: &ImportArgs) -> Result<Lines<'a>, Vec<String>> {
    if let Some(fault) = args.date_format.as_deref().and_then(times::unusable) {
        return Err(vec![fault]);
    }
    let mut lines = Lines {
        sheet,
        campaigns: Vec::new(),
        totals: Vec::new(),
        skipped: BTreeMap::new(),
        faults: Vec::new(),
    };
    let blank = |cell: &str| matches!(cell.trim(), "" | "--" | "-" | "—");
    let written = |text: &str| match &args.date_format {
        None => Written::read(text),
        Some(format) => NaiveDate::parse_from_str(text, format).ok().map(Written::Day),
    };
    // A column of single days stands beside the ends of the whole report.
    let spans = !matches!(sheet.name(Column::Day).to_lowercase().as_str(), "day" | "date" | "tag");
    for record in &sheet.rows {
        let (number, cells) = record;
        let day = sheet.cell(Column::Day, cells);
        let mut skip = |what| *lines.skipped.entry(what).or_default() += 1;
        let filled = cells.iter().filter(|cell| !blank(cell)).count();
        let starts = |cell: &String| {
            let cell = cell.trim().to_lowercase();
            TOTALS.iter().any(|word| {
                cell.strip_prefix(word)
                    .is_some_and(|rest| rest.chars().next().is_none_or(|next| !next.is_alphanumeric()))
            })
        };
        let (read, last) = (written(day), sheet.cell(Column::End, cells));
        let range = spans && !blank(last) && last != day;
        match read {
            _ if filled == 0 => skip("an empty line"),
            // Meta's row of totals has no campaign, and the days of the whole report.
            Some(_) if blank(sheet.cell(Column::Campaign, cells)) && sheet.platform == Platform::Meta => {
                skip("a row of totals");
                lines.totals.push(record);
            }
            Some(_) if cells.len() != sheet.header.len() => {
                let (has, header) = (cells.len(), sheet.header.len());
                let fault =
                    format!("has {has} columns where the header has {header}; a quote may be missing");
                lines.faults.push((*number, fault));
            }
            Some(_) if blank(sheet.cell(Column::Campaign, cells)) => {
                lines.faults.push((*number, "names no campaign; export by campaign".to_owned()));
            }
            Some(first) => lines.campaigns.push((record, first, written(last).filter(|_| range))),
            None if cells.iter().any(starts)
                || (blank(day) && blank(sheet.cell(Column::Campaign, cells))) =>
            {
                if cells.len() > 1 && !blank(sheet.cell(Column::Spend, cells)) {
                    skip("a row of totals");
                    lines.totals.push(record);
                } else {
                    skip("a line beside the table");
                }
            }
            // A copyright, or when the report was made.
            None if filled == 1 => skip("a line beside the table"),
            None => {
                let how = match &args.date_format {
                    Some(format) => format!("is not written as {format}"),
                    None if times::is_no_day(day) => "is no day of the calendar".to_owned(),
                    None => "is no day that is understood; say how days are written, such as --date-format %d.%m.%Y".to_owned(),
                };
                lines.faults.push((*number, format!("{day:?} {how}")));
            }
        }
    }
    if lines.campaigns.is_empty() && lines.faults.is_empty() {
        return Err(vec![format!(
            "line {}: no row of a campaign follows the header; were there any ads in that time?",
            sheet.line
        )]);
    }
    Ok(lines)
}

/// In which order the file writes day and month.
pub(super) fn order(lines: &Lines<'_>, args: &ImportArgs) -> Result<Order, Vec<String>> {
    if args.date_format.is_some() {
        return Ok(Order::DayFirst);
    }
    let text = |(line, cells): &'_ Record| (*line, lines.sheet.cell(Column::Day, cells).to_owned());
    let days = lines.campaigns.iter().flat_map(|(record, first, last)| {
        [Some(*first), *last].into_iter().flatten().map(move |day| (text(record), day))
    });
    let days: Vec<_> = days.collect();
    let days: Vec<_> = days.iter().map(|((line, text), day)| (*line, text.as_str(), *day)).collect();
    days::order(&days).or_else(|fault| order_of_the_report(lines, &days).ok_or(vec![fault]))
}

/// The order in which all days lie in the days of the report, where only one does.
fn order_of_the_report(lines: &Lines<'_>, days: &[(u64, &str, Written)]) -> Option<Order> {
    let (_, from, to) = lines.sheet.period()?;
    let lies_within = |order: &Order| {
        days.iter().all(|(.., day)| day.day(*order).is_some_and(|day| (from..=to).contains(&day)))
    };
    let mut orders = [Order::DayFirst, Order::MonthFirst].into_iter().filter(lies_within);
    orders.next().filter(|_| orders.next().is_none())
}

/// What the file writes before decimals.
pub(super) fn decimal(lines: &Lines<'_>, args: &ImportArgs) -> Result<DecimalMark, Vec<String>> {
    if let Some(decimal) = args.ads.decimal {
        return Ok(decimal);
    }
    let sheet = lines.sheet;
    let rows = lines.campaigns.iter().map(|(record, ..)| *record).chain(lines.totals.iter().copied());
    let cells = rows.flat_map(|(line, cells)| {
        let columns = [Column::Spend, Column::Impressions, Column::Clicks];
        columns.map(|column| {
            let text = sheet.cell(column, cells);
            (*line, text, amounts::evidence(text, column != Column::Spend))
        })
    });
    amounts::mark(&cells.collect::<Vec<_>>(), sheet.delimiter).map_err(|fault| vec![fault])
}
