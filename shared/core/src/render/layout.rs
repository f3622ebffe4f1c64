//! Layouts: which part of an answer its rows are, and what the columns of flat formats are called.

use crate::domain::kpi::Metric;

use super::chart::{self, Chart, Frame};

/// How an answer becomes rows, and what is drawn of it.
///
/// A flat row is the row of the JSON answer without its nesting: `metrics` by their own names, and beside them
/// `sales_share`, `sales_delta` and `sales_ratio`. Why a metric is undefined is told by the nested JSON alone.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(super) name: &'static str,
    pub(super) rows: Rows,
    pub(super) columns: Vec<Column>,
    /// Which of the figures stand in a row, `metrics` among them.
    pub(super) figures: Vec<Figures>,
    /// What is drawn, and what draws it: so that a function that draws nothing does not link the charts.
    pub(super) chart: Option<(Chart, Draw)>,
}

/// Makes an SVG of an answer.
pub(super) type Draw = fn(&Chart, &Frame<'_>) -> Vec<u8>;

/// Where the rows of an answer are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rows {
    /// In a list of that name, and behind it those of the period that it is compared with.
    In(&'static str),
    /// In a list inside of each row of another: each of them is a row.
    InEach(&'static str, &'static str),
    /// The answer itself, and behind it what it is compared with.
    Whole,
    /// In all lists of these names.
    InAll(&'static [&'static str]),
}

/// A column: its name, and where its cells are found in a row; the first place that has something counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) places: Vec<String>,
}

/// Objects by metric inside of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figures {
    Metrics,
    Shares,
    Changes,
}

/// The column that tells the period asked for from the one that it is compared with.
pub(super) const PERIOD: &str = "@period";
/// Before a place of the row itself, which is not looked for in what is around the row.
pub(super) const OWN: &str = "@own.";
/// The column that names the list of a row.
pub(super) const LIST: &str = "@list";

impl Layout {
    /// The place of what is no object, such as a text of a list.
    pub const ITSELF: &str = "@itself";

    /// A place in a row of its own, and in nothing around it.
    pub fn own(place: &str) -> String {
        format!("{OWN}{place}")
    }

    fn new(name: &'static str, rows: Rows) -> Self {
        Self { name, rows, columns: Vec::new(), figures: Vec::new(), chart: None }
    }

    /// A list, whose rows stand in `rows` of the answer. Its columns have the names of what they show; behind a point
    /// is what is nested, which the name has behind a `_`.
    pub fn list(rows: &'static str, columns: &[&str]) -> Self {
        Self::new(rows, Rows::In(rows)).columns(columns)
    }

    /// A report whose rows stand in `rows` of the answer.
    pub fn report(name: &'static str) -> Self {
        Self::new(name, Rows::In("rows"))
    }

    /// A report of which each row is some: those of its list `nested`, whose members are told apart by that name.
    pub fn nested(name: &'static str, nested: &'static str) -> Self {
        Self::new(name, Rows::InEach("rows", nested))
    }

    /// An answer that is a row itself.
    pub fn whole(name: &'static str) -> Self {
        Self::new(name, Rows::Whole)
    }

    /// Several lists, one below the other; `list` names the one of a row.
    pub fn lists(name: &'static str, lists: &'static [&'static str]) -> Self {
        Self::new(name, Rows::InAll(lists)).column("list", &[LIST])
    }

    /// Columns as [`Layout::list`] has them.
    #[must_use]
    pub fn columns(mut self, columns: &[&str]) -> Self {
        let column =
            |place: &&str| Column { name: place.replace('.', "_"), places: vec![(*place).to_owned()] };
        self.columns.extend(columns.iter().map(column));
        self
    }

    /// A column of another name than what it shows.
    #[must_use]
    pub fn column(mut self, name: impl Into<String>, places: &[&str]) -> Self {
        let places = places.iter().map(|place| (*place).to_owned()).collect();
        self.columns.push(Column { name: name.into(), places });
        self
    }

    /// The column `period`, where the answer is `compared` row by row: `current` or `previous`.
    #[must_use]
    pub fn period(self, compared: bool) -> Self {
        if compared { self.column("period", &[PERIOD]) } else { self }
    }

    /// The metrics.
    #[must_use]
    pub fn metrics(mut self) -> Self {
        self.figures.push(Figures::Metrics);
        self
    }

    /// The shares of the total.
    #[must_use]
    pub fn shares(mut self) -> Self {
        self.figures.push(Figures::Shares);
        self
    }

    /// The changes, where the answer is `compared`.
    #[must_use]
    pub fn changes(mut self, compared: bool) -> Self {
        self.figures.extend(compared.then_some(Figures::Changes));
        self
    }

    /// What is drawn of it. A layout without a chart is not served as SVG.
    #[must_use]
    pub fn drawn(mut self, chart: Chart) -> Self {
        self.chart = Some((chart, chart::draw));
        self
    }

    /// All columns, with those of `chosen` metrics.
    pub(super) fn all(&self, chosen: &[Metric]) -> Vec<Column> {
        let mut columns = self.columns.clone();
        let mut add = |name: String, place: String| columns.push(Column { name, places: vec![place] });
        for figures in &self.figures {
            for metric in chosen {
                let name = metric.as_str();
                match figures {
                    Figures::Metrics => add(name.to_owned(), format!("metrics.{name}")),
                    Figures::Shares if metric.quotient().is_some() => {}
                    Figures::Shares => add(format!("{name}_share"), format!("share.{name}")),
                    Figures::Changes => {
                        add(format!("{name}_delta"), format!("change.{name}.delta"));
                        add(format!("{name}_ratio"), format!("change.{name}.ratio"));
                    }
                }
            }
        }
        columns
    }
}
