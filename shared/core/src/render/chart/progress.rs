//! Progress: what a goal's metric has come to, towards its target.

use maud::html;

use super::Frame;
use super::label::{figure, fitted, heading, plain};
use super::page::{MARGIN, Page, TOP};
use super::scale::{Scale, Tenths};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::{Metric, Unit};

/// Where the bar stands, and how high it is.
const BAR: (i64, i64) = (TOP + 34, 30);

pub(super) fn progress(frame: &Frame<'_>) -> Page {
    let cell = |name: &str| frame.sheet.column(name).next().cloned().unwrap_or_default();
    let metric = Metric::parse(cell("goal_metric").text()).unwrap_or(Metric::Conversions);
    let name = plain(cell("goal_name").text());
    let status = cell("status").text().replace('_', " ");
    let names = ["actual", "target", "expected_by_now", "projected"];
    let figures: Vec<(&str, Option<Decimal>)> =
        names.iter().map(|name| (*name, cell(name).number())).collect();
    let scale = Scale::over(figures.iter().filter_map(|(_, it)| *it), metric.unit() == Unit::Count, 5);
    let length = frame.size.width - 2 * MARGIN;
    let at = |it: Decimal| Tenths(MARGIN * 10 + scale.place(it, length).0);
    let of = |name: &str| figures.iter().find(|(known, _)| *known == name).and_then(|(_, it)| *it);
    let shown = |it: Decimal| figure(it, metric, frame.currency());
    let zero = at(Decimal::ZERO);
    let words: Vec<String> = figures
        .iter()
        .map(|(name, it)| {
            let why = cell("reasons");
            let figure = it.map_or_else(
                || if why.text().len() > 2 { "undefined".to_owned() } else { "\u{2013}".to_owned() },
                shown,
            );
            format!("{} {figure}", name.replace('_', " "))
        })
        .collect();
    let mark = |name: &'static str, class: &'static str| {
        of(name).map(|it| (name, class, at(it), frame.exact(&cell(name), metric)))
    };
    let marks: Vec<_> =
        [mark("target", "mark"), mark("expected_by_now", "axis"), mark("projected", "mark before")]
            .into_iter()
            .flatten()
            .collect();
    let drawing = html! {
        text class="head" x=(MARGIN) y=(TOP + 16) { (fitted(&format!("{}: {status}", heading(metric)), length)) }
        rect class="track" x=(MARGIN) y=(BAR.0) width=(length) height=(BAR.1) rx="4" {}
        @if let Some(actual) = of("actual") {
            g {
                title { "actual: " (frame.exact(&cell("actual"), metric)) }
                rect class="bar c0" x=(zero.min(at(actual))) y=(BAR.0) height=(BAR.1) rx="4"
                    width=(Tenths((at(actual).0 - zero.0).abs())) {}
            }
        }
        @for (name, class, x, exact) in &marks {
            g {
                title { (name) ": " (exact) }
                line class=(class) x1=(x) x2=(x) y1=(BAR.0 - 7) y2=(BAR.0 + BAR.1 + 7) {}
            }
        }
        text class="soft" x=(MARGIN) y=(BAR.0 + BAR.1 + 28) { (fitted(&words.join("  \u{b7}  "), length)) }
    };
    let told = figures.iter().map(|(name, _)| format!("{name} {}", frame.exact(&cell(name), metric)));
    let told = told.chain([format!("status {status}")]).collect();
    let notes = vec!["Full line: the target; thin: expected by now; dashed: projected.".to_owned()];
    Page { title: name, told, notes, height: BAR.0 + BAR.1 + 38 - TOP, drawing }
}
