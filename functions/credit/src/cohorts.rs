//! `GET /v1/reports/cohorts`: customers by the month that acquired them, and what they bought in each month since.

use axum::extract::State as Held;
use axum::response::Response;
use chrono::Months;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Drawn, KEYED, May, OfResults, UNSERVED};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::channel::Channel;
use reckon_core::domain::cohorts::{Age, Cohorts, Group, Row, months_between};
use reckon_core::domain::customers::Takings;
use reckon_core::domain::decimal::{Decimal, Money};
use reckon_core::domain::report::Table;
use reckon_core::http::{App, Caller, Fault, Problem, ProblemKind, Query};
use reckon_core::render::{Chart, Form, Layout};
use reckon_core::report::{Asking, Head, MOST_MONTHS, require_reader};
use serde::Serialize;

#[cfg(feature = "contract")]
use crate::contract::ByChannel;
use crate::customers::{self, Shown, Unknown};

/// How far back acquisitions reach unless asked: a year before the last month.
const USUAL_MONTHS: u32 = 12;
/// The most months of all rows together, which keeps an answer below what Lambda returns.
const MOST_AGES: usize = 20_000;

/// Customers by the month that acquired them.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Cohorts))]
struct Answer<'a> {
    #[serde(flatten)]
    #[cfg_attr(feature = "contract", schema(value_type = reckon_core::contract::HeadOfPresent))]
    head: Head<'a>,
    /// What the rows are parted by beside the month.
    #[cfg_attr(feature = "contract", schema(value_type = Option<ByChannel>))]
    by: Option<&'static str>,
    /// The cohorts, by month.
    rows: Vec<ShownRow>,
    /// The sum of the rows.
    total: ShownGroup,
    /// What is in no row.
    left_out: LeftOut,
    /// All orders and refunds up to now: the total and what is left out.
    everything: Shown,
}

/// The customers who were acquired in one month.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Cohort))]
struct ShownRow {
    /// The month of the acquisition, such as 2026-11.
    month: String,
    /// The channel that acquired them, where the rows are parted by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Channel))]
    channel: Option<Channel>,
    #[serde(flatten)]
    group: ShownGroup,
    /// Month by month since.
    ages: Vec<ShownAge>,
    /// Why figures are null.
    undefined: Undefined,
}

/// Why figures are null.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = CohortUndefined))]
pub(crate) struct Undefined {
    /// Why it is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    revenue_per_customer: Option<&'static str>,
}

/// So many customers, and what they bought.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = CustomersAndTakings))]
struct ShownGroup {
    /// How many customers.
    customers: u64,
    #[serde(flatten)]
    takings: Shown,
}

/// One calendar month of a cohort.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = CohortMonth))]
struct ShownAge {
    /// Months since that of the acquisition.
    age: u32,
    /// Whether the month is over; the figures of a running one will grow.
    over: bool,
    /// Who of them bought in this month.
    buyers: u64,
    /// Sales and subscriptions.
    orders: u64,
    /// Their value.
    gross_revenue: Money,
    /// Value of refunds.
    refunded: Money,
    /// `gross_revenue - refunded`
    revenue: Money,
    /// Revenue since the acquisition, up to the end of this month, per acquired customer.
    revenue_per_customer: Option<Decimal>,
}

/// What is in no row.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = OutOfCohorts))]
struct LeftOut {
    /// Customers acquired in other months.
    other_months: ShownGroup,
    /// Customers whom nothing acquired, and what was bought on days before an acquisition.
    not_acquired: ShownGroup,
    #[serde(flatten)]
    unknown: Unknown,
}

impl From<Group> for ShownGroup {
    fn from(group: Group) -> Self {
        Self { customers: group.customers, takings: group.takings.into() }
    }
}

impl From<Age> for ShownAge {
    fn from(age: Age) -> Self {
        let Takings { orders, gross_revenue, refunded } = age.cell.takings;
        Self {
            age: age.months,
            over: age.over,
            buyers: age.cell.buyers,
            orders,
            gross_revenue,
            refunded,
            revenue: age.cell.takings.revenue(),
            revenue_per_customer: age.revenue_per_customer,
        }
    }
}

impl From<Row> for ShownRow {
    fn from(row: Row) -> Self {
        Self {
            month: row.month.format("%Y-%m").to_string(),
            channel: row.channel,
            group: row.group.into(),
            ages: row.ages.into_iter().map(ShownAge::from).collect(),
            undefined: Undefined {
                revenue_per_customer: (row.group.customers == 0).then_some("no customers"),
            },
        }
    }
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// How cohorts are parted.
    Parted: word("by", "Parts each month's customers by the channel that acquired them.", ["channel"], None);
}

/// `GET /v1/reports/cohorts`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/reports/cohorts",
        tag = "Attribution and customers",
        operation_id = "cohorts",
        summary = "Follow customers since their acquisition",
        description = "Customers by the calendar month that acquired them, and what they bought in each month since. \
             `from` is a year before `to` unless said.",
        params(OfResults, Parted, Drawn),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "The cohorts", body = Answer<'static>),
            May<{ KEYED | ASKED | UNSERVED | ABSENT }>
        )
    )
)]
pub(crate) async fn cohorts(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let (calendar, now) = (caller.site.calendar(), app.clock.now());
    let mut asking = Asking::of_results(&query, &["by"]);
    let by = asking.word("by", &[("channel", "channel")]);
    let back = Months::new(USUAL_MONTHS);
    let ask = asking.finish_from(calendar, now, |to| to.checked_sub_months(back).unwrap_or(to))?;
    if months_between(ask.from, ask.to) >= MOST_MONTHS {
        let detail = format!("cohorts are those of at most {MOST_MONTHS} calendar months");
        return Err(Problem::invalid(vec![Fault::new("from", "too_long", detail)]));
    }
    let today = calendar.date_of(Minute::of(now));
    let mut cohorts = Cohorts::new(ask.period());
    let history = customers::read(&app, &caller, today, |day| cohorts.add(day)).await?;
    let rows = cohorts.rows(by.is_some(), today);
    if rows.iter().map(|row| row.ages.len()).sum::<usize>() > MOST_AGES {
        let detail =
            format!("The rows have more than {MOST_AGES} months. Ask for fewer months of acquisition.");
        return Err(Problem::new(ProblemKind::Invalid, detail));
    }
    let mut total = Group::default();
    for row in &rows {
        total.customers += row.group.customers;
        total.takings.add(row.group.takings);
    }
    let answer = Answer {
        head: Head::new(&ask, &caller.site, &history.fetched, &Table::default()),
        by,
        rows: rows.into_iter().map(ShownRow::from).collect(),
        total: total.into(),
        left_out: LeftOut {
            other_months: cohorts.other_months().into(),
            not_acquired: cohorts.not_acquired().into(),
            unknown: history.unknown,
        },
        everything: history.everything.into(),
    };
    let channel: &[&str] = if by.is_some() { &["channel"] } else { &[] };
    let layout = Layout::nested("cohorts", "ages")
        .columns(&["month"])
        .columns(channel)
        .columns(&["customers", "age", "over", "buyers", "orders", "gross_revenue", "refunded", "revenue"])
        .columns(&["revenue_per_customer"])
        .drawn(Chart::Heat);
    form.show(Some(&caller), &layout, &answer)
}
