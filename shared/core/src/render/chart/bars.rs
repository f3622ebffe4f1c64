//! Bars: the rows of a report side by side, a column of bars for each metric.

use maud::{Markup, html};

use super::label::{figure, fitted, heading, percent, signed, width};
use super::page::{MARGIN, Page, TOP, nothing};
use super::scale::{Scale, Tenths, times};
use super::{Frame, Node, joined};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::Metric;
use crate::render::sheet::Cell;

/// The most rows that are drawn.
const MOST_ROWS: usize = 25;
/// The most metrics side by side.
const MOST_METRICS: usize = 4;
/// How high a row is.
const ROW: i64 = 30;
/// How high the names of the metrics stand above them, where there are several.
const HEAD: i64 = 22;
/// From one column of bars to the next.
const GAP: i64 = 22;

pub(super) fn bars(frame: &Frame<'_>, by: &[&str], usual: Metric) -> Page {
    let mut notes = Vec::new();
    let metrics = frame.metrics(usual, MOST_METRICS, &mut notes);
    let headings: Vec<String> = metrics.iter().map(|metric| heading(*metric)).collect();
    let dimensions = by.iter().map(|column| column.replace('_', " ")).collect::<Vec<_>>().join(" and ");
    let title = format!("{} by {dimensions}", joined(&headings));
    let names = frame.names(by);
    if names.is_empty() {
        return nothing(frame, title);
    }
    let rows = names.len().min(MOST_ROWS);
    if names.len() > rows {
        // Of a page that others follow it is not known how many rows there are.
        let more =
            matches!(frame.document.at("complete"), Some(Node::Bare(complete)) if complete.get() == "false");
        let of = if more { String::new() } else { format!(" of {}", names.len()) };
        notes.insert(0, format!("The first {rows}{of} rows are drawn."));
    }
    let widest = names.iter().take(rows).map(|name| width(name)).max().unwrap_or(0);
    let left = MARGIN + (widest + 14).clamp(60, times(frame.size.width, 4));
    let many = i64::try_from(metrics.len()).unwrap_or(1);
    let column = times(frame.size.width - MARGIN - left - GAP * (many - 1), many);
    let head = if metrics.len() > 1 { HEAD } else { 0 };
    let drawing = html! {
        @for (y, name) in (0_i64..).zip(names.iter().take(rows)).map(|(place, name)| (TOP + head + ROW * place, name)) {
            text class="end" x=(left - 12) y=(y + 15) { title { (name) } (fitted(name, left - 12 - MARGIN)) }
        }
        @for (place, metric) in (0_i64..).zip(&metrics) {
            (one(frame, *metric, names.get(..rows).unwrap_or(&names), (left + (column + GAP) * place, column), head))
        }
    };
    let mut told = Vec::new();
    for (row, name) in names.iter().enumerate().take(rows) {
        let figures = metrics.iter().map(|metric| {
            let cell = frame.sheet.column(metric.as_str()).nth(row).cloned().unwrap_or_default();
            format!("{} {}", metric.as_str(), frame.exact(&cell, *metric))
        });
        told.push(format!("{name}: {}", figures.collect::<Vec<_>>().join(", ")));
    }
    Page { title, told, notes, height: head + ROW * i64::try_from(rows).unwrap_or(0) + 4, drawing }
}

/// The bars of one metric, from `x` on and `whole` pixels wide, the figures behind them included.
fn one(frame: &Frame<'_>, metric: Metric, names: &[String], (x, whole): (i64, i64), head: i64) -> Markup {
    let rows = names.len();
    let ratios: Vec<&Cell> = frame.sheet.column(&format!("{}_ratio", metric.as_str())).collect();
    let cells: Vec<(&Cell, String)> = frame
        .sheet
        .column(metric.as_str())
        .take(rows)
        .enumerate()
        .map(|(row, cell)| {
            let Some(number) = cell.number() else { return (cell, "\u{2013}".to_owned()) };
            let change = ratios.get(row).and_then(|ratio| ratio.number());
            let change = change.map_or_else(String::new, |ratio| format!(" ({})", signed(percent(ratio))));
            (cell, figure(number, metric, frame.currency()) + &change)
        })
        .collect();
    let widest = cells.iter().map(|(_, label)| width(label)).max().unwrap_or(0);
    let length = (whole - widest - 12).max(24);
    let figures = || cells.iter().filter_map(|(cell, _)| cell.number());
    let scale = Scale::within(figures());
    let Tenths(zero) = scale.place(Decimal::ZERO, length);
    html! {
        @if head > 0 { text class="head" x=(x) y=(TOP + 8) { (fitted(&heading(metric), whole)) } }
        @for (row, (cell, label)) in cells.iter().enumerate() {
            @let y = TOP + head + ROW * i64::try_from(row).unwrap_or(0);
            @let end = cell.number().map_or(zero, |number| scale.place(number, length).0);
            g {
                title {
                    @if let Some(name) = names.get(row) { (name) ": " }
                    (metric.as_str()) " " (frame.exact(cell, metric))
                }
                rect class="track" x=(x) y=(y) width=(length) height=(ROW - 9) rx="3" {}
                rect class="bar c0" x=(Tenths(x * 10 + zero.min(end))) y=(y)
                    width=(Tenths((end - zero).abs())) height=(ROW - 9) rx="3" {}
                text x=(x + length + 8) y=(y + 15) { (label) }
            }
        }
        @if zero > 0 {
            line class="axis" x1=(Tenths(x * 10 + zero)) x2=(Tenths(x * 10 + zero)) y1=(TOP + head - 4)
                y2=(TOP + head - 4 + ROW * i64::try_from(rows).unwrap_or(0)) {}
        }
    }
}
