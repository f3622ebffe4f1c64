//! Charts: an answer as one SVG, without scripts, without anything from elsewhere, in whole numbers alone.

mod bars;
mod heat;
mod label;
mod lines;
mod models;
mod page;
mod progress;
mod scale;
mod tiles;

use super::document::Node;
use super::sheet::{Cell, Sheet};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::{Metric, Unit};
use crate::domain::site::Site;

pub(in crate::render) use page::policy;

/// What is drawn of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chart {
    /// A tile for each metric, with its change.
    Tiles,
    /// A panel for each metric over time, with a line for each value of the dimensions.
    Lines {
        /// The columns that tell lines apart.
        by: Vec<&'static str>,
    },
    /// A bar for each row and metric.
    Bars {
        /// The columns that name a row.
        by: Vec<&'static str>,
        /// What is drawn where no metric is asked for.
        metric: Metric,
    },
    /// A group of bars for each row, one for each model.
    Models {
        /// The column that names a row.
        by: &'static str,
        /// The models, in the order of the answer.
        models: Vec<&'static str>,
    },
    /// A row for each cohort, a field for each month of its age.
    Heat,
    /// A bar towards a target.
    Progress,
}

/// How large a chart is, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) width: i64,
    /// As high as it needs to be, unless asked.
    pub(crate) height: Option<i64>,
}

impl Size {
    /// The least and the largest width.
    pub(crate) const WIDTH: (i64, i64) = (320, 2_400);
    /// The least and the largest height.
    pub(crate) const HEIGHT: (i64, i64) = (160, 2_400);
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 880, height: None }
    }
}

/// What a chart is drawn of.
pub(super) struct Frame<'a> {
    pub(super) document: &'a Node<'a>,
    pub(super) sheet: &'a Sheet,
    /// Whose figures they are.
    pub(super) site: Option<&'a Site>,
    pub(super) chosen: Option<&'a [Metric]>,
    pub(super) size: Size,
    /// Whether there are no rows but these.
    pub(super) complete: bool,
}

/// Draws it.
pub(super) fn draw(chart: &Chart, frame: &Frame<'_>) -> Vec<u8> {
    let page = match chart {
        Chart::Tiles => tiles::tiles(frame),
        Chart::Lines { by } => lines::lines(frame, by),
        Chart::Bars { by, metric } => bars::bars(frame, by, *metric),
        Chart::Models { by, models } => models::models(frame, by, models),
        Chart::Heat => heat::heat(frame),
        Chart::Progress => progress::progress(frame),
    };
    page.draw(frame)
}

impl Frame<'_> {
    /// What is drawn: the metrics asked for, at most `most`, and a note about the others; else `usual`, or what comes
    /// nearest to it and is not all nothing.
    fn metrics(&self, usual: Metric, most: usize, notes: &mut Vec<String>) -> Vec<Metric> {
        let Some(chosen) = self.chosen else {
            let known = [usual, Metric::Conversions, Metric::Clicks, Metric::Visits, Metric::Views];
            let tells = |metric: &Metric| {
                let figures = self.sheet.column(metric.as_str()).filter_map(Cell::number);
                figures.into_iter().any(|figure| figure != Decimal::ZERO)
            };
            return vec![known.into_iter().find(tells).unwrap_or(usual)];
        };
        let left = chosen.iter().skip(most).map(|metric| metric.as_str()).collect::<Vec<_>>();
        if !left.is_empty() {
            notes.push(format!("A chart shows {most} metrics; not drawn: {}.", left.join(", ")));
        }
        chosen.iter().copied().take(most).collect()
    }

    /// A figure as it stands in its row, with its unit.
    fn exact(&self, cell: &Cell, metric: Metric) -> String {
        match (cell, metric.unit()) {
            (Cell::Empty, _) => "undefined".to_owned(),
            (_, Unit::Money) => format!("{} {}", cell.text(), self.currency()),
            _ => cell.text().to_owned(),
        }
    }

    /// What each row is about, by some of its columns.
    fn names(&self, by: &[&str]) -> Vec<String> {
        let places: Vec<_> = by
            .iter()
            .filter_map(|column| self.sheet.names.iter().position(|known| known == column))
            .collect();
        let of =
            |row: &Vec<Cell>| label::name(places.iter().filter_map(|place| row.get(*place)).map(Cell::text));
        self.sheet.rows.iter().map(of).collect()
    }
}

/// Names joined for a title: `a, b and c`.
fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
