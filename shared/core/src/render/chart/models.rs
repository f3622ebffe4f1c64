//! Models: what each model of attribution credits a place with, side by side.

use maud::html;

use super::Frame;
use super::label::{capital, figure, fitted, width};
use super::page::{COLOURS, MARGIN, Page, TOP, legend, nothing};
use super::scale::{Scale, Tenths, times};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::Metric;
use crate::render::sheet::Cell;

/// The most places that are drawn.
const MOST_ROWS: usize = 12;
/// How high a bar is, and what is between two places.
const BAR: i64 = 17;
const GAP: i64 = 14;

pub(super) fn models(frame: &Frame<'_>, by: &str, models: &[&str]) -> Page {
    let models = models.get(..COLOURS).unwrap_or(models);
    let cells = |model: &str, metric: Metric| -> Vec<Cell> {
        frame.sheet.column(&format!("{model}_{}", metric.as_str())).cloned().collect()
    };
    let brings = |metric: Metric| {
        let of =
            |model: &&str| cells(model, metric).iter().filter_map(Cell::number).any(|it| it != Decimal::ZERO);
        models.iter().any(of)
    };
    let metric = if brings(Metric::Revenue) { Metric::Revenue } else { Metric::Conversions };
    let title = format!("{} by {by} and model of attribution", capital(metric.as_str()));
    let names = frame.names(&[by]);
    if names.is_empty() {
        return nothing(frame, title);
    }
    let mut notes = Vec::new();
    let rows = names.len().min(MOST_ROWS);
    if names.len() > rows {
        notes.push(format!("The first {rows} of {} rows are drawn.", names.len()));
    }
    let shown: Vec<_> = models.iter().map(|model| capital(&model.replace('_', " "))).zip(0..).collect();
    let (above, begin) = legend(&shown, frame.size.width);
    let all: Vec<Vec<Cell>> = models.iter().map(|model| cells(model, metric)).collect();
    let drawn = || all.iter().flat_map(|cells| cells.iter().take(rows)).filter_map(Cell::number);
    let label =
        |cell: &Cell| cell.number().map_or("\u{2013}".to_owned(), |it| figure(it, metric, frame.currency()));
    let scale = Scale::within(drawn());
    let widest = names.iter().take(rows).map(|name| width(name)).max().unwrap_or(0);
    let left = MARGIN + (widest + 14).clamp(60, times(frame.size.width, 4));
    let room = all
        .iter()
        .flat_map(|cells| cells.iter().take(rows))
        .map(|cell| width(&label(cell)))
        .max()
        .unwrap_or(0);
    let length = (frame.size.width - MARGIN - left - room - 10).max(40);
    let group = BAR * i64::try_from(models.len()).unwrap_or(1) + GAP;
    let Tenths(zero) = scale.place(Decimal::ZERO, length);
    let drawing = html! {
        (above)
        @for (place, name) in names.iter().enumerate().take(rows) {
            @let y = TOP + begin + group * i64::try_from(place).unwrap_or(0);
            text class="end" x=(left - 12) y=(y + 13) { title { (name) } (fitted(name, left - 12 - MARGIN)) }
            @for (colour, (cells, model)) in all.iter().zip(models).enumerate() {
                @if let Some(cell) = cells.get(place) {
                    @let top = y + BAR * i64::try_from(colour).unwrap_or(0);
                    @let end = cell.number().map_or(zero, |number| scale.place(number, length).0);
                    g {
                        title { (name) ", " (model) ": " (metric.as_str()) " " (frame.exact(cell, metric)) }
                        rect class=(format!("bar c{colour}")) x=(Tenths(left * 10 + zero.min(end))) y=(top)
                            width=(Tenths((end - zero).abs().max(10))) height=(BAR - 4) rx="2" {}
                        text class="soft" x=(Tenths(left * 10 + zero.max(end) + 80)) y=(top + 11) { (label(cell)) }
                    }
                }
            }
        }
        line class="axis" x1=(Tenths(left * 10 + zero)) x2=(Tenths(left * 10 + zero)) y1=(TOP + begin - 4)
            y2=(TOP + begin + group * i64::try_from(rows).unwrap_or(0) - GAP) {}
    };
    let told = names.iter().enumerate().take(rows).map(|(place, name)| {
        let of = models
            .iter()
            .zip(&all)
            .filter_map(|(model, cells)| Some(format!("{model} {}", frame.exact(cells.get(place)?, metric))));
        format!("{name}: {}", of.collect::<Vec<_>>().join(", "))
    });
    let told = told.collect();
    Page { title, told, notes, height: begin + group * i64::try_from(rows).unwrap_or(0), drawing }
}
