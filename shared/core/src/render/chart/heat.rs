//! Heat: cohorts below one another, and what each customer of them brought up to each month of their age.

use maud::html;

use super::Frame;
use super::label::{fitted, grouped, width};
use super::page::{MARGIN, Page, TOP, nothing};
use super::scale::{hundredths, rounded, times};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::Metric;
use crate::render::sheet::Cell;

/// The most cohorts, and the most months of their age, that are drawn.
const MOST_ROWS: usize = 30;
const MOST_AGES: i64 = 25;
/// How high a field is.
const ROW: i64 = 26;
/// What a field shows.
const FIGURE: &str = "revenue_per_customer";

struct Field<'a> {
    row: usize,
    age: i64,
    cell: &'a Cell,
}

pub(super) fn heat(frame: &Frame<'_>) -> Page {
    let title = "Revenue per acquired customer, by month of acquisition and months since".to_owned();
    let by = ["month", "channel"];
    let names = frame.names(by.get(..frame.sheet.column("channel").next().map_or(1, |_| 2)).unwrap_or(&by));
    if names.is_empty() {
        return nothing(frame, title);
    }
    let mut notes = Vec::new();
    let (mut cohorts, mut fields): (Vec<(String, String)>, Vec<Field<'_>>) = (Vec::new(), Vec::new());
    let ages = frame.sheet.column("age").map(|age| age.text().parse().unwrap_or(0));
    let customers = frame.sheet.column("customers").map(Cell::text);
    for (((name, age), many), cell) in
        names.into_iter().zip(ages).zip(customers).zip(frame.sheet.column(FIGURE))
    {
        if cohorts.last().is_none_or(|(last, _)| *last != name) {
            cohorts.push((name, many.to_owned()));
        }
        fields.push(Field { row: cohorts.len() - 1, age, cell });
    }
    if cohorts.len() > MOST_ROWS {
        notes.push(format!("The first {MOST_ROWS} of {} cohorts are drawn.", cohorts.len()));
    }
    let oldest = fields.iter().map(|field| field.age).max().unwrap_or(0);
    if oldest >= MOST_AGES {
        notes.push(format!("The first {MOST_AGES} months of {} are drawn.", oldest + 1));
    }
    fields.retain(|field| field.row < MOST_ROWS && field.age < MOST_AGES);
    cohorts.truncate(MOST_ROWS);
    let columns = oldest.min(MOST_AGES - 1) + 1;
    let heads: Vec<String> = cohorts.iter().map(|(name, many)| format!("{name} ({many})")).collect();
    let left =
        MARGIN + heads.iter().map(|head| width(head)).max().unwrap_or(0).min(times(frame.size.width, 3)) + 12;
    let wide = times(frame.size.width - MARGIN - left, columns).clamp(8, 88);
    let most = fields.iter().filter_map(|field| field.cell.number()).max().unwrap_or(Decimal::ZERO);
    let y = |row: usize| TOP + 22 + ROW * i64::try_from(row).unwrap_or(0);
    let drawing = html! {
        @for age in 0..columns {
            text class="soft mid" x=(left + age * wide + times(wide, 2)) y=(TOP + 12) { (age) }
        }
        @for (row, head) in heads.iter().enumerate() {
            text class="end" x=(left - 10) y=(y(row) + 17) { (fitted(head, left - 10 - MARGIN)) }
        }
        @for Field { row, age, cell } in &fields {
            @let shade = cell.number().filter(|it| *it > Decimal::ZERO).map_or(0, |it| hundredths(it, most));
            @let shown = cell.number().map(|it| grouped(rounded(it, if most > Decimal::whole(100) { 0 } else { 2 })));
            g {
                title {
                    @if let Some((name, _)) = cohorts.get(*row) { (name) }
                    ", month " (age) ": " (FIGURE) " " (frame.exact(cell, Metric::Revenue))
                }
                rect class="track" x=(left + age * wide) y=(y(*row)) width=(wide - 2) height=(ROW - 2) rx="3" {}
                rect class="bar c0" fill-opacity=(format!("0.{:02}", shade.min(99))) x=(left + age * wide) y=(y(*row))
                    width=(wide - 2) height=(ROW - 2) rx="3" {}
                @if let Some(shown) = shown.filter(|shown| width(shown) + 6 <= wide) {
                    text class=(if shade > 55 { "mid on" } else { "mid" }) x=(left + age * wide + times(wide, 2)) y=(y(*row) + 16) { (shown) }
                }
            }
        }
    };
    let last = |row: usize| fields.iter().rev().find(|field| field.row == row);
    let told = cohorts.iter().enumerate().filter_map(|(row, (name, many))| {
        let field = last(row)?;
        Some(format!(
            "{name}: {many} customers, {} each by month {}",
            frame.exact(field.cell, Metric::Revenue),
            field.age
        ))
    });
    let told = told.collect();
    notes.push("In brackets: how many customers were acquired.".to_owned());
    Page { title, told, notes, height: 22 + ROW * i64::try_from(cohorts.len()).unwrap_or(0) + 4, drawing }
}
