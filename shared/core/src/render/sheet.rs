//! Sheets: the rows of an answer without nesting, which every flat format and every chart is made of.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::document::{Members, Node};
use super::layout::{Column, LIST, Layout, OWN, PERIOD, Rows};
use crate::domain::decimal::Decimal;
use crate::domain::kpi::Metric;

/// What stands in a row and a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Cell {
    /// Nothing, or an undefined figure.
    #[default]
    Empty,
    /// Whether something is so.
    Flag(bool),
    /// A number, written as in the JSON answer.
    Number(String),
    /// A text. What has parts is their JSON.
    Text(String),
}

/// Rows below the names of their columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sheet {
    /// The names of the columns.
    pub(super) names: Vec<String>,
    /// The rows, each with a cell for each column.
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A row of a sheet as a flat object.
pub(super) struct Flat<'a> {
    pub(super) names: &'a [String],
    pub(super) row: &'a [Cell],
}

/// Where a row of an answer was found.
struct Found<'a, 'b> {
    /// The list that it is in.
    list: &'static str,
    period: &'static str,
    /// The innermost part that is the row, and those around it.
    within: Vec<&'b Node<'a>>,
}

impl Sheet {
    /// The rows of an answer, with the columns of its layout and those of `chosen` metrics.
    pub(super) fn of(members: &Members<'_>, layout: &Layout, chosen: &[Metric]) -> Self {
        let document = members.read();
        let columns = layout.all(chosen);
        let rows = found(&document, layout.rows);
        let rows =
            rows.iter().map(|found| columns.iter().map(|column| found.cell(column)).collect()).collect();
        Self { names: columns.into_iter().map(|column| column.name).collect(), rows }
    }

    /// The cells of a column, from top to bottom; none where there is no such column.
    pub(super) fn column(&self, name: &str) -> impl Iterator<Item = &Cell> {
        let place = self.names.iter().position(|known| known == name);
        self.rows.iter().filter_map(move |row| row.get(place?))
    }

    /// The rows as flat objects.
    pub(super) fn flat(&self) -> impl Iterator<Item = Flat<'_>> {
        self.rows.iter().map(|row| Flat { names: &self.names, row })
    }
}

impl Cell {
    /// The number that stands there.
    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Self::Number(text) => Decimal::parse(text).ok(),
            _ => None,
        }
    }

    /// What stands there, as text; nothing where it is empty.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Flag(true) => "true",
            Self::Flag(false) => "false",
            Self::Number(text) | Self::Text(text) => text,
        }
    }

    fn of(node: &Node<'_>) -> Self {
        match node {
            Node::Text(text) => Self::Text(text.clone()),
            Node::Bare(raw) => match raw.get() {
                "null" => Self::Empty,
                "true" => Self::Flag(true),
                "false" => Self::Flag(false),
                number => Self::Number(number.to_owned()),
            },
            Node::List(_) | Node::Object(_) => Self::Text(serde_json::to_string(node).unwrap_or_default()),
        }
    }
}

impl Found<'_, '_> {
    fn cell(&self, column: &Column) -> Cell {
        let special = |place: &str| match place {
            PERIOD => Some(Cell::Text(self.period.to_owned())),
            LIST => Some(Cell::Text(self.list.to_owned())),
            Layout::ITSELF => match self.within.first()? {
                Node::Text(text) => Some(Cell::Text(text.clone())),
                _ => None,
            },
            _ => match place.strip_prefix(OWN) {
                Some(own) => self.within.first()?.at(own).map(Cell::of),
                None => self.within.iter().find_map(|node| node.at(place)).map(Cell::of),
            },
        };
        column.places.iter().find_map(|place| special(place)).unwrap_or_default()
    }
}

const CURRENT: &str = "current";
const PREVIOUS: &str = "previous";

fn found<'a, 'b>(document: &'b Node<'a>, rows: Rows) -> Vec<Found<'a, 'b>> {
    let previous = document.at(PREVIOUS);
    let periods = || {
        [(Some(document), CURRENT), (previous, PREVIOUS)]
            .into_iter()
            .filter_map(|(node, name)| Some((node?, name)))
    };
    match rows {
        Rows::Whole => {
            periods().map(|(node, period)| Found { list: "", period, within: vec![node] }).collect()
        }
        Rows::In(list) => periods()
            .flat_map(|(node, period)| {
                let parts = node.parts_at(list);
                parts.iter().map(move |row| Found { list, period, within: vec![row] })
            })
            .collect(),
        Rows::InEach(list, nested) => {
            let outer = document.parts_at(list);
            let rows = outer.iter().flat_map(|row| {
                let inner = row.parts_at(nested);
                inner.iter().map(move |part| Found { list, period: CURRENT, within: vec![part, row] })
            });
            rows.collect()
        }
        Rows::InAll(lists) => lists
            .iter()
            .flat_map(|list| {
                let parts = document.parts_at(list);
                parts.iter().map(|row| Found { list, period: CURRENT, within: vec![row] })
            })
            .collect(),
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(text) => {
                RawValue::from_string(text.clone()).map_err(serde::ser::Error::custom)?.serialize(serializer)
            }
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl Serialize for Flat<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.row.len()))?;
        for (name, cell) in self.names.iter().zip(self.row) {
            map.serialize_entry(name, cell)?;
        }
        map.end()
    }
}
