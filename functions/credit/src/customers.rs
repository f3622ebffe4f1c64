//! Reading the known customers of a whole history, day by day, and saying whom and what it leaves out.

use chrono::NaiveDate;
use reckon_core::domain::customers::{Day, Takings, TooManyCustomers, days};
use reckon_core::domain::decimal::Money;
use reckon_core::domain::rollup::Fold;
use reckon_core::http::{App, Caller, Problem, ProblemKind};
use reckon_core::report::{Fetched, fetch_history, folded_by};
use serde::Serialize;

/// What was bought and sent back.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Takings))]
pub(crate) struct Shown {
    /// Sales and subscriptions.
    orders: u64,
    /// Their value.
    gross_revenue: Money,
    /// Value of refunds.
    refunded: Money,
    /// `gross_revenue - refunded`
    revenue: Money,
}

/// Results whose customer is not known.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = UnknownCustomers))]
pub(crate) struct Unknown {
    /// Of events that name no customer.
    without_customer: Shown,
    /// Of customers whose rows were folded into `(other)` for their number.
    folded: Shown,
    /// How many rows were folded for their number.
    folded_rows: u64,
}

/// What was read.
pub(crate) struct History {
    /// The first day.
    pub(crate) first: NaiveDate,
    /// The total view of all days, and what the figures promise.
    pub(crate) fetched: Fetched,
    /// Everything that was bought and sent back, by known customers or not.
    pub(crate) everything: Takings,
    pub(crate) unknown: Unknown,
}

impl From<Takings> for Shown {
    fn from(takings: Takings) -> Self {
        let Takings { orders, gross_revenue, refunded } = takings;
        Self { orders, gross_revenue, refunded, revenue: takings.revenue() }
    }
}

/// Reads every day up to `to`, in order. Days hold what is in the customers' view: results, refunds, and events of
/// the kinds that are conversions, as far as they name a customer.
pub(crate) async fn read(
    app: &App,
    caller: &Caller,
    to: NaiveDate,
    mut add: impl FnMut(&Day) -> Result<(), TooManyCustomers> + Send,
) -> Result<History, Problem> {
    let site = &caller.site;
    let view = folded_by(Fold::Customers)?;
    let (mut known, mut folded, mut folded_rows) = (Takings::default(), Takings::default(), 0);
    let (first, fetched) = fetch_history(app, caller, to, view, |pieces| {
        for day in days(pieces, site.calendar(), &site.acquisition_kinds) {
            add(&day).map_err(|error| Problem::new(ProblemKind::Invalid, error.to_string()))?;
            day.customers.values().for_each(|doings| known.add(doings.takings));
            folded.add(day.folded);
            folded_rows += day.folded_rows;
        }
        Ok(())
    })
    .await?;
    let mut everything = Takings::default();
    fetched.pieces.iter().for_each(|piece| everything.add(Takings::of(&piece.rows.total())));
    let without_customer = everything.without(known).without(folded).into();
    let unknown = Unknown { without_customer, folded: folded.into(), folded_rows };
    Ok(History { first, fetched, everything, unknown })
}
