//! Charts: an answer as one SVG, without scripts, without anything from elsewhere, in whole numbers alone.

use super::document::Node;
use super::sheet::Sheet;
use crate::domain::kpi::Metric;

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
    /// A bar for each row, the longest metric first.
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
pub(super) struct Size {
    pub(super) width: i64,
    /// As high as it needs to be, unless asked.
    pub(super) height: Option<i64>,
}

impl Size {
    /// The least and the largest width.
    pub(super) const WIDTH: (i64, i64) = (320, 2_400);
    /// The least and the largest height.
    pub(super) const HEIGHT: (i64, i64) = (160, 2_400);
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
    pub(super) chosen: Option<&'a [Metric]>,
    pub(super) size: Size,
    pub(super) complete: bool,
}

/// What a browser may do with a chart: nothing but to style it.
pub(super) fn policy() -> String {
    String::new()
}

/// Draws it.
pub(super) fn draw(_: &Chart, _: &Frame<'_>) -> Vec<u8> {
    Vec::new()
}
