//! One difference between a list and what is counted: of which kind, on which line, and how it is told.

use reckon_core::domain::decimal::Money;
use reckon_core::render::harmless;

use super::ask::Entry;
use super::stretches::Stretch;
use super::table::{By, Table};

/// How a row and what is counted differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Nothing is known of it.
    Missing,
    /// It was withdrawn.
    Withdrawn,
    /// A robot did it.
    Robot,
    /// It was rejected.
    Rejected,
    /// It is counted at a time outside of the list's days.
    Outside,
    /// It was stored, and has expired.
    Expired,
    /// A row before is of the same order.
    DuplicateInList,
    /// It is counted, and so is another of the same name.
    DuplicateInReckon,
    /// It is counted with another value.
    ValueDiffers,
    /// It is counted, and the list does not have it.
    Extra,
}

impl Category {
    /// Every category, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::Missing,
        Self::Withdrawn,
        Self::Robot,
        Self::Rejected,
        Self::Outside,
        Self::Expired,
        Self::DuplicateInList,
        Self::ValueDiffers,
        Self::Extra,
        Self::DuplicateInReckon,
    ];

    /// Its name on the wire and in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Withdrawn => "withdrawn",
            Self::Robot => "robot",
            Self::Rejected => "rejected",
            Self::Outside => "outside",
            Self::Expired => "expired",
            Self::DuplicateInList => "duplicate_in_list",
            Self::DuplicateInReckon => "duplicate_in_reckon",
            Self::ValueDiffers => "value_differs",
            Self::Extra => "extra",
        }
    }

    /// What is the matter with so many.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Missing => "are not in Reckon",
            Self::Withdrawn => "are in Reckon and were withdrawn",
            Self::Robot => "are in Reckon as a robot's",
            Self::Rejected => "are in Reckon and were rejected",
            Self::Outside => "are in Reckon at a time outside of these days",
            Self::Expired => "were in Reckon and have expired",
            Self::DuplicateInList => "stand in the list again",
            Self::DuplicateInReckon => "are counted in Reckon again",
            Self::ValueDiffers => "have another value in Reckon",
            Self::Extra => "are in Reckon and not in the list",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line of the file; none where only Reckon has it.
    pub line: Option<u64>,
    /// The order, or the event's id.
    pub key: String,
    /// What the list says.
    pub value: Option<Money>,
    /// What is counted.
    pub counted: Option<Money>,
    /// When it is counted.
    pub occurred_at: Option<String>,
    /// What went back to the buyer.
    pub refunded: Option<Money>,
    /// Whether the refund explains it.
    pub explained: bool,
}

impl Line {
    /// What a deployment says of a stretch's row or event.
    pub(super) fn of(table: &Table, stretch: &Stretch, entry: &Entry) -> Self {
        let row = entry.row.and_then(|row| table.rows.get(*stretch.rows.get(row)?));
        let own = match table.by {
            By::Order => entry.order.clone(),
            By::Event => entry.id.clone(),
        };
        Self {
            line: row.map(|row| row.line),
            key: own.or_else(|| entry.id.clone()).unwrap_or_default(),
            value: entry.value,
            counted: entry.counted,
            occurred_at: entry.occurred_at.clone(),
            refunded: entry.refunded,
            explained: entry.explained_by.is_some(),
        }
    }

    /// Nothing.
    pub(super) const fn none() -> Self {
        Self {
            line: None,
            key: String::new(),
            value: None,
            counted: None,
            occurred_at: None,
            refunded: None,
            explained: false,
        }
    }

    /// It, for people.
    pub(super) fn text(&self) -> String {
        let line = self.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let amount = match (self.value, self.counted) {
            (Some(value), Some(counted)) => format!(", {value} in the list, {counted} in Reckon"),
            (Some(value), None) | (None, Some(value)) => format!(", {value}"),
            (None, None) => String::new(),
        };
        let at = self.occurred_at.as_ref().map(|at| format!(", at {at}")).unwrap_or_default();
        let refund = match self.refunded {
            Some(refunded) if self.explained => format!(", which is the refund of {refunded}"),
            Some(refunded) => format!(", {refunded} of it refunded"),
            None => String::new(),
        };
        format!("{line}{}{amount}{at}{refund}", self.key)
    }

    /// It, as the cells of a file.
    pub(super) fn cells(&self, category: Category) -> [String; 8] {
        let money = |value: Option<Money>| value.map(Money::text).unwrap_or_default();
        let difference = self.value.zip(self.counted).map(|(value, counted)| value - counted);
        let detail = match self.refunded {
            Some(refunded) => format!("{refunded} refunded"),
            None => String::new(),
        };
        [
            category.name().to_owned(),
            self.line.map(|line| line.to_string()).unwrap_or_default(),
            harmless(&self.key).into_owned(),
            money(self.value),
            money(self.counted),
            money(difference),
            self.occurred_at.clone().unwrap_or_default(),
            detail,
        ]
    }
}
