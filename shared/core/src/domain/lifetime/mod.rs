//! What customers are still worth: how often each will buy again and for how much, by two published models.
//!
//! Purchases follow BG/NBD (Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way) and their values
//! gamma-gamma (Fader and Hardie 2013, The Gamma-Gamma Model of Monetary Value). Both see a customer only as a
//! [`History`]. Parameters are per week, the unit of the papers; histories count days.
//!
//! Nothing here guesses: a cohort that is too small or whose likelihood has no maximum is a [`Refusal`].

mod bgnbd;
mod fit;
mod gamma_gamma;
mod history;
mod past;
mod predict;
mod special;
#[cfg(test)]
mod tests;

pub use bgnbd::BgNbd;
pub use gamma_gamma::GammaGamma;
pub use history::{Cohort, History, HistoryError};
pub use past::{Group, Past};
pub use predict::{Expected, Forecast, Interval, Outlook};

/// The fewest customers that a model is fitted to.
pub const MIN_CUSTOMERS: u64 = 200;
/// The fewest of them that came back, and for gamma-gamma that came back and paid.
pub const MIN_REPEATERS: u64 = 50;
/// The shortest time, in days, for which the first of them must have been known: 12 weeks.
pub const MIN_AGE_DAYS: u32 = 84;
/// The furthest horizon of a prediction, in days: ten years.
pub const MAX_HORIZON_DAYS: u32 = 3_652;

/// Why there is no model or no prediction. `Display` is the sentence that a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Fewer than [`MIN_CUSTOMERS`].
    #[error("a model needs {MIN_CUSTOMERS} customers and there are {customers}")]
    FewCustomers {
        /// How many there are.
        customers: u64,
    },
    /// Fewer than [`MIN_REPEATERS`] came back.
    #[error(
        "a model needs {MIN_REPEATERS} customers who bought on more than one day and there are {repeaters}"
    )]
    FewRepeaters {
        /// How many there are.
        repeaters: u64,
    },
    /// Fewer than [`MIN_REPEATERS`] came back and paid.
    #[error(
        "a model needs {MIN_REPEATERS} customers with repeat purchases of some value and there are {payers}"
    )]
    FewPayers {
        /// How many there are.
        payers: u64,
    },
    /// Nobody was known for [`MIN_AGE_DAYS`].
    #[error("a model needs purchases over {MIN_AGE_DAYS} days and the first was {days} days ago")]
    ShortPast {
        /// The age of the oldest customer.
        days: u32,
    },
    /// The search for the likelihood's maximum did not end at one.
    #[error(
        "the {model} model does not fit these customers: its likelihood has no maximum that can be found"
    )]
    NoMaximum {
        /// Which of the two.
        model: &'static str,
    },
    /// Gamma-gamma's q is at most 1: the values' tail is so heavy that it has no mean.
    #[error("purchase values vary so much that they have no expected value")]
    NoMeanValue,
    /// Gamma-gamma's q is at most 2: there is a mean, but no variance and so no interval around a sum.
    #[error("purchase values vary so much that a sum of them has no interval")]
    NoInterval,
    /// Zero, or more than [`MAX_HORIZON_DAYS`].
    #[error("a prediction reaches 1 to {MAX_HORIZON_DAYS} days ahead, not {days}")]
    Horizon {
        /// What was asked.
        days: u32,
    },
    /// The series of the expected purchases is longer than we sum, as when a horizon is thousands of times a past.
    #[error("the horizon is too far for so short a past")]
    TooFar,
}
