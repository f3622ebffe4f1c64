//! Lines: metrics over time, a panel for each metric, a line for each value of the dimensions.

use std::fmt::Write;

use maud::{Markup, html};

use super::label::{begin, figure, heading, plain, tick, width};
use super::page::{COLOURS, MARGIN, Page, TOP, legend, nothing};
use super::scale::{Scale, Tenths, every, spread, times};
use super::{Frame, joined};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::{Metric, Unit};
use crate::render::sheet::Cell;

/// The most panels.
const MOST_METRICS: usize = 4;
/// The most points of a chart that are dots with their figures.
const MOST_DOTS: usize = 400;
/// How high the axis of a panel is: of one alone, and of one among others.
const HEIGHTS: (i64, i64) = (240, 130);

/// A line: its name, its rows in order of time, and whether it is what the others are compared with.
struct Series {
    name: String,
    rows: Vec<usize>,
    before: bool,
}

/// The colour of what a line is compared with.
const BEFORE: usize = 6;

impl Series {
    /// The colour of the line at a place.
    fn colour(&self, place: usize) -> usize {
        if self.before { BEFORE } else { place }
    }
}

pub(super) fn lines(frame: &Frame<'_>, by: &[&str]) -> Page {
    let mut notes = Vec::new();
    let metrics = frame.metrics(Metric::Revenue, MOST_METRICS, &mut notes);
    let headings: Vec<String> = metrics.iter().map(|metric| heading(*metric)).collect();
    let interval = frame.document.text_at("interval").unwrap_or("day");
    let mut title = format!("{} by {interval}", joined(&headings));
    if !by.is_empty() {
        let dimensions: Vec<_> = by.iter().map(|column| column.replace('_', " ")).collect();
        title = format!("{title} and {}", dimensions.join(" and "));
    }
    if frame.sheet.rows.is_empty() {
        return nothing(frame, title);
    }
    let series = series(frame, by, metrics.first().copied().unwrap_or(Metric::Revenue), &mut notes);
    let starts: Vec<&str> = series
        .first()
        .map(|one| {
            one.rows.iter().filter_map(|row| frame.sheet.column("start").nth(*row)).map(Cell::text).collect()
        })
        .unwrap_or_default();
    let names: Vec<_> =
        series.iter().enumerate().map(|(place, one)| (one.name.clone(), one.colour(place))).collect();
    let (names, above) = if names.len() > 1 { legend(&names, frame.size.width) } else { (html! {}, 0) };
    let high = if metrics.len() == 1 { HEIGHTS.0 } else { HEIGHTS.1 };
    let head = if metrics.len() > 1 { 22 } else { 6 };
    let panel_of = |place: i64| TOP + above + place * (head + high + 30);
    let drawing = html! {
        (names)
        @for (place, metric) in (0_i64..).zip(&metrics) {
            @if metrics.len() > 1 { text class="head" x=(MARGIN) y=(panel_of(place) + 10) { (heading(*metric)) } }
            (panel(frame, *metric, &series, &starts, (panel_of(place) + head, high)))
        }
    };
    let height = panel_of(i64::try_from(metrics.len()).unwrap_or(1)) - TOP;
    let told = told(frame, &metrics, &series);
    Page { title, told, notes, height, drawing }
}

/// The lines, those that reach highest first where there are too many.
fn series(frame: &Frame<'_>, by: &[&str], metric: Metric, notes: &mut Vec<String>) -> Vec<Series> {
    let periods: Vec<&Cell> = frame.sheet.column("period").collect();
    let mut series: Vec<Series> = Vec::new();
    for (row, name) in frame.names(by).into_iter().enumerate() {
        let before = periods.get(row).is_some_and(|period| period.text() == "previous");
        match series.iter_mut().find(|one| one.name == name && one.before == before) {
            Some(one) => one.rows.push(row),
            None => series.push(Series { name, rows: vec![row], before }),
        }
    }
    if by.is_empty() {
        for one in &mut series {
            let period = if one.before { "the period before" } else { "this period" };
            period.clone_into(&mut one.name);
        }
        return series;
    }
    if series.iter().any(|one| one.before) {
        notes.push("The period before is drawn where there is no by=.".to_owned());
    }
    series.retain(|one| !one.before);
    let figures: Vec<_> = frame.sheet.column(metric.as_str()).map(Cell::number).collect();
    let sum = |one: &Series| {
        let of = one.rows.iter().filter_map(|row| figures.get(*row).copied().flatten());
        of.sum::<Decimal>()
    };
    series.sort_by_cached_key(|one| std::cmp::Reverse(sum(one)));
    if series.len() > COLOURS {
        notes
            .push(format!("The {COLOURS} largest of {} are drawn; name others with a filter.", series.len()));
        series.truncate(COLOURS);
    }
    series
}

/// One metric's axis and lines, from `top` on.
fn panel(
    frame: &Frame<'_>,
    metric: Metric,
    series: &[Series],
    starts: &[&str],
    (top, high): (i64, i64),
) -> Markup {
    let cells: Vec<&Cell> = frame.sheet.column(metric.as_str()).collect();
    let cell = |row: &usize| cells.get(*row).copied().unwrap_or(&Cell::Empty);
    let drawn = || series.iter().flat_map(|one| one.rows.iter()).filter_map(|row| cell(row).number());
    let scale = Scale::over(drawn(), metric.unit() == Unit::Count, if high > HEIGHTS.1 { 6 } else { 3 });
    let labels: Vec<(Decimal, String)> = scale.ticks().map(|at| (at, tick(at, metric))).collect();
    let left = MARGIN + labels.iter().map(|(_, label)| width(label)).max().unwrap_or(0) + 10;
    let length = frame.size.width - MARGIN - 8 - left;
    let many = series.iter().map(|one| one.rows.len()).max().unwrap_or(0);
    let x = |place: usize| Tenths(left * 10 + spread(place, many, length).0);
    let y = |at: Decimal| Tenths((top + high) * 10 - scale.place(at, high).0);
    let interval = frame.document.text_at("interval").unwrap_or("day");
    let begins = begins(starts, interval);
    // The first label begins at its point, the last ends there, and those between stand around theirs.
    let widest = begins.iter().map(|begin| width(begin)).max().unwrap_or(0);
    let step = every(starts.len(), times(length * 2, widest * 3 + 24).max(1));
    let dots = drawn().count() <= MOST_DOTS;
    let bottom = y(Decimal::ZERO);
    html! {
        @for (at, label) in &labels {
            line class=(if *at == Decimal::ZERO { "axis" } else { "grid" }) x1=(left) x2=(left + length) y1=(y(*at)) y2=(y(*at)) {}
            text class="soft end" x=(left - 8) y=(Tenths(y(*at).0 + 40)) { (label) }
        }
        @for (place, begin) in begins.iter().enumerate().step_by(step) {
            @let class = match place {
                _ if starts.len() == 1 => "soft mid",
                0 => "soft",
                last if last + 1 == starts.len() => "soft end",
                _ => "soft mid",
            };
            text class=(class) x=(x(place)) y=(top + high + 18) { (begin) }
        }
        @for (colour, one) in series.iter().enumerate() {
            @let points: Vec<_> = one.rows.iter().enumerate().map(|(place, row)| (place, cell(row))).collect();
            @let class = format!("c{}{}", one.colour(colour), if one.before { " before" } else { "" });
            g {
                title { (one.name) }
                @if series.len() == 1 && many > 1 {
                    path class="area c0" d=(path(&points, &x, &y, Some(bottom))) {}
                }
                path class=(format!("line {class}")) d=(path(&points, &x, &y, None)) {}
                @for (place, cell) in &points {
                    @if let Some(number) = cell.number() {
                        @if dots || points.len() == 1 {
                            circle class=(format!("bar {class}")) cx=(x(*place)) cy=(y(number)) r=(if many > 40 { "2" } else { "3" }) {
                                title {
                                    @if series.len() > 1 { (one.name) ", " }
                                    (at(frame, one, *place)) ": " (metric.as_str()) " " (frame.exact(cell, metric))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What stands at the axis: the beginnings of intervals, of hours of one day without the day.
fn begins(starts: &[&str], interval: &str) -> Vec<String> {
    let day = |start: &str| start.get(..10).map(str::to_owned);
    let one_day =
        interval == "hour" && starts.windows(2).all(|pair| matches!(pair, [a, b] if day(a) == day(b)));
    let text = |start: &&str| match start.get(11..16) {
        Some(hour) if one_day && starts.len() > 1 => plain(hour),
        _ => begin(start, interval),
    };
    starts.iter().map(text).collect()
}

/// The beginning of a point's interval.
fn at(frame: &Frame<'_>, one: &Series, place: usize) -> String {
    let row = one.rows.get(place).copied().unwrap_or_default();
    plain(frame.sheet.column("start").nth(row).map_or("", Cell::text))
}

/// The path of a line, broken where a figure is undefined; down to `bottom` where it bounds an area.
fn path(
    points: &[(usize, &Cell)],
    x: &impl Fn(usize) -> Tenths,
    y: &impl Fn(Decimal) -> Tenths,
    bottom: Option<Tenths>,
) -> String {
    let mut path = String::new();
    let mut begun: Option<Tenths> = None;
    let mut last = Tenths(0);
    for (place, cell) in points {
        match cell.number() {
            Some(number) => {
                let letter = if begun.is_some() { 'L' } else { 'M' };
                // Writing to a text cannot fail.
                let _ = write!(path, "{letter}{} {}", x(*place), y(number));
                begun = begun.or_else(|| Some(x(*place)));
                last = x(*place);
            }
            None => close(&mut path, begun.take(), last, bottom),
        }
    }
    close(&mut path, begun, last, bottom);
    path
}

fn close(path: &mut String, begun: Option<Tenths>, last: Tenths, bottom: Option<Tenths>) {
    if let (Some(begun), Some(bottom)) = (begun, bottom) {
        let _ = write!(path, "L{last} {bottom}L{begun} {bottom}Z");
    }
}

/// Each line in words: its first, its highest and its last figure.
fn told(frame: &Frame<'_>, metrics: &[Metric], series: &[Series]) -> Vec<String> {
    let mut told = Vec::new();
    for metric in metrics {
        let cells: Vec<&Cell> = frame.sheet.column(metric.as_str()).collect();
        for one in series {
            let figures: Vec<(usize, Decimal)> = one
                .rows
                .iter()
                .enumerate()
                .filter_map(|(place, row)| Some((place, cells.get(*row)?.number()?)))
                .collect();
            let (Some(first), Some(last)) = (figures.first(), figures.last()) else { continue };
            let highest = figures.iter().max_by_key(|(_, number)| *number).unwrap_or(last);
            let tell = |(place, number): &(usize, Decimal)| {
                format!("{} on {}", figure(*number, *metric, frame.currency()), at(frame, one, *place))
            };
            told.push(format!(
                "{} of {}: {}, at most {}, at last {}",
                heading(*metric),
                one.name,
                tell(first),
                tell(highest),
                tell(last)
            ));
        }
    }
    told
}
