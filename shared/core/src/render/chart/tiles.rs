//! Tiles: the metrics of a summary, each with its change.

use maud::html;

use super::label::{figure, fitted, heading, percent, plain, signed, tick, width};
use super::page::{MARGIN, Page, TOP};
use super::scale::{every, in_rows, times};
use super::{Frame, Node};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::{Metric, Unit};
use crate::render::sheet::Cell;

/// What is shown unless asked.
const USUAL: [Metric; 8] = [
    Metric::Revenue,
    Metric::Sales,
    Metric::Conversions,
    Metric::Clicks,
    Metric::Spend,
    Metric::Roas,
    Metric::Cvr,
    Metric::Profit,
];
const HIGH: i64 = 92;
const GAP: i64 = 14;
/// The least width of a tile.
const LEAST: i64 = 176;

/// A figure and the class of its text: large, or smaller where it is long, or else short and large. An amount that is cut
/// off would be read as another.
fn sized(it: Decimal, metric: Metric, currency: &str, wide: i64) -> (String, &'static str) {
    let exact = figure(it, metric, currency);
    // What twelve pixels take, times the size and the weight.
    match width(&exact) {
        width if width * 9 <= wide * 4 => (exact, "large"),
        width if width * 5 <= wide * 3 => (exact, "title"),
        _ if metric.unit() == Unit::Money => (format!("{}\u{a0}{currency}", tick(it, metric)), "large"),
        _ => (tick(it, metric), "large"),
    }
}

pub(super) fn tiles(frame: &Frame<'_>) -> Page {
    let metrics: Vec<Metric> = frame.chosen.map_or_else(|| USUAL.to_vec(), <[Metric]>::to_vec);
    let inner = frame.size.width - 2 * MARGIN;
    let columns = times(inner + GAP, LEAST + GAP).min(4);
    let wide = times(inner - GAP * (columns - 1), columns);
    let cell = |name: &str| frame.sheet.column(name).next().cloned().unwrap_or_default();
    let tile = |metric: Metric| {
        let value = cell(metric.as_str());
        let shown = value
            .number()
            .map_or(("\u{2013}".to_owned(), "large"), |it| sized(it, metric, frame.currency(), wide - 32));
        let delta = cell(&format!("{}_delta", metric.as_str())).number();
        let ratio = cell(&format!("{}_ratio", metric.as_str())).number();
        let why = frame.document.at("undefined").and_then(|reasons| reasons.text_at(metric.as_str()));
        let below = match (why, delta, ratio) {
            (Some(why), _, _) => plain(why),
            (_, Some(delta), Some(ratio)) => {
                format!("{} ({})", signed(figure(delta, metric, frame.currency())), signed(percent(ratio)))
            }
            (_, Some(delta), None) => signed(figure(delta, metric, frame.currency())),
            _ if matches!(frame.document.at("previous"), Some(Node::Object(_))) => "no comparison".to_owned(),
            _ => metric.meaning().to_owned(),
        };
        (metric, value, shown, below)
    };
    let tiles: Vec<(Metric, Cell, (String, &str), String)> = metrics.iter().copied().map(tile).collect();
    let rows = every(tiles.len(), columns);
    let drawing = html! {
        @for (place, (metric, value, (shown, class), below)) in (0_i64..).zip(&tiles) {
            @let (row, column) = in_rows(place, columns);
            @let (x, y) = (MARGIN + column * (wide + GAP), TOP + row * (HIGH + GAP));
            g {
                title { (metric.as_str()) ": " (frame.exact(value, *metric)) }
                rect class="card" x=(x) y=(y) width=(wide) height=(HIGH) rx="8" {}
                text class="soft" x=(x + 16) y=(y + 26) { (heading(*metric)) }
                text class=(class) x=(x + 16) y=(y + 54) { (shown) }
                text class="soft" x=(x + 16) y=(y + 77) { (fitted(below, wide - 28)) }
            }
        }
    };
    let told = tiles.iter().map(|(metric, value, _, below)| {
        format!("{} {} ({below})", metric.as_str(), frame.exact(value, *metric))
    });
    let told = told.collect();
    Page {
        title: "Summary".to_owned(),
        told,
        notes: Vec::new(),
        height: i64::try_from(rows).unwrap_or(1) * (HIGH + GAP),
        drawing,
    }
}
