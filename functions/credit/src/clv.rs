//! `GET /v1/reports/clv`: what customers brought so far, and what they are expected to bring, by acquiring channel.

use std::collections::BTreeMap;

use axum::extract::State as Held;
use axum::response::Response;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Formed, KEYED, May, OfHistory, UNSERVED};
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::{Decimal, Money};
use reckon_core::domain::kpi::divide;
use reckon_core::domain::lifetime::{Forecast, Group, Interval, MAX_HORIZON_DAYS, Outlook, Past, Refusal};
use reckon_core::domain::report::Table;
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::render::{Form, Layout};
use reckon_core::report::{Ask, Asking, Head, require_reader};
use serde::Serialize;

#[cfg(feature = "contract")]
use crate::contract::ByChannel;
use crate::customers::{self, Shown, Unknown};

/// The horizon unless asked.
const USUAL_HORIZON_DAYS: u32 = 365;
/// What the intervals are.
const INTERVAL: &str = "The ends between which the sum falls with a probability of 80 %, a tenth on either side. \
     They cover chance and, to first order, the uncertainty of the parameters, not what the models leave out.";
/// What the models are known not to do.
const LIMITS: [&str; 7] = [
    "Seasons, prices and campaigns to come are not in the models, which take buying to go on as it did.",
    "Customers to come, and those who have not bought yet, are not predicted.",
    "A day with purchases is one purchase with that day's gross revenue; refunds are not predicted.",
    "How often customers buy is taken to say nothing about how much they spend.",
    "Customers who bought on one day only are taken as not gone yet.",
    "All channels share one fit, so a channel's customers differ by their own histories alone.",
    "Of 600 futures made up by the models 78 % fell inside of the interval; the real customers of CDNOW bought 14 % \
     more than expected in 39 weeks, which lies above it.",
];

/// What customers brought, and are expected to bring.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = LifetimeValue))]
struct Answer<'a> {
    #[serde(flatten)]
    #[cfg_attr(feature = "contract", schema(value_type = reckon_core::contract::HeadOfPresent))]
    head: Head<'a>,
    /// What the rows are by.
    #[cfg_attr(feature = "contract", schema(value_type = Option<ByChannel>))]
    by: Option<&'static str>,
    /// How many days after the end are predicted.
    horizon_days: u32,
    /// The channels, where they are asked for, by revenue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Vec<Row>))]
    rows: Option<Vec<Row>>,
    /// All customers.
    total: Outcome,
    /// The fitted models; null where they refuse, with the reason in `why_not` of the total.
    models: Option<Models>,
    /// What the intervals are.
    interval: &'static str,
    /// What the models are known not to do.
    #[cfg_attr(feature = "contract", schema(value_type = Vec<String>))]
    limits: [&'static str; 7],
    /// Results whose customer is not known.
    left_out: Unknown,
    /// All orders and refunds up to the end: the total and what is left out.
    everything: Shown,
}

/// The customers of one channel.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = LifetimeOfChannel))]
struct Row {
    /// The channel that acquired them; null for customers whom nothing acquired.
    channel: Option<Channel>,
    #[serde(flatten)]
    outcome: Outcome,
}

/// What customers brought so far, and what they are expected to bring.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Lifetime))]
struct Outcome {
    /// What they brought so far.
    observed: Observed,
    /// What they are expected to bring; null with a reason in `why_not`.
    predicted: Option<Predicted>,
    /// Why nothing is predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    why_not: Option<String>,
}

/// What customers brought so far.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Observed {
    /// Who was acquired or bought.
    customers: u64,
    /// Who of them bought.
    buyers: u64,
    #[serde(flatten)]
    takings: Shown,
    /// Revenue per customer.
    revenue_per_customer: Option<Decimal>,
    /// Why figures are null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = crate::cohorts::Undefined))]
    undefined: Option<BTreeMap<&'static str, &'static str>>,
}

/// What customers are expected to bring within the horizon.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Predicted {
    /// Whom it is about: those who bought.
    buyers: u64,
    /// Days with a purchase.
    purchases: Decimal,
    /// The interval of the purchases.
    purchases_interval: Ends,
    /// Gross revenue.
    value: Money,
    /// The interval of the value; null with a reason.
    value_interval: Option<Ends>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    why_no_value_interval: Option<String>,
    /// The value per buyer.
    value_per_buyer: Option<Decimal>,
}

/// The ends of an interval.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Interval80))]
struct Ends {
    /// The lower end.
    low: Decimal,
    /// The upper end.
    high: Decimal,
}

/// The fitted models.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = FittedModels))]
struct Models {
    /// Of when customers buy.
    purchases: Fitted,
    /// Of how much they spend.
    values: Fitted,
}

/// A fitted model. Its times are in weeks.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = FittedModel))]
struct Fitted {
    /// Its name.
    name: &'static str,
    /// Where it is from.
    source: &'static str,
    /// What was fitted.
    #[cfg_attr(feature = "contract", schema(value_type = std::collections::HashMap<String, Decimal>))]
    parameters: BTreeMap<&'static str, Decimal>,
    /// How well it fits: the greater, the better.
    log_likelihood: Decimal,
    /// How many customers it was fitted to.
    customers: u64,
}

impl From<Interval> for Ends {
    fn from(interval: Interval) -> Self {
        Self { low: interval.low, high: interval.high }
    }
}

impl From<Forecast> for Predicted {
    fn from(forecast: Forecast) -> Self {
        let (value_interval, why) = match forecast.value_interval {
            Ok(interval) => (Some(interval.into()), None),
            Err(refusal) => (None, Some(refusal.to_string())),
        };
        Self {
            buyers: forecast.customers,
            purchases: forecast.purchases,
            purchases_interval: forecast.purchases_interval.into(),
            value: forecast.value,
            value_interval,
            why_no_value_interval: why,
            value_per_buyer: divide(forecast.value, Decimal::whole(forecast.customers)),
        }
    }
}

impl From<&Outlook> for Models {
    fn from(outlook: &Outlook) -> Self {
        let (times, times_likelihood) = outlook.purchases.figures();
        let (values, values_likelihood) = outlook.values.figures();
        Self {
            purchases: Fitted {
                name: "BG/NBD",
                source: "Fader, Hardie and Lee 2005, \"Counting Your Customers\" the Easy Way",
                parameters: times.into(),
                log_likelihood: times_likelihood,
                customers: outlook.purchases.customers,
            },
            values: Fitted {
                name: "gamma-gamma",
                source: "Fader and Hardie 2013, The Gamma-Gamma Model of Monetary Value",
                parameters: values.into(),
                log_likelihood: values_likelihood,
                customers: outlook.values.customers,
            },
        }
    }
}

impl Outcome {
    fn of(group: &Group, outlook: Result<&Outlook, &Refusal>, horizon_days: u32) -> Self {
        let revenue_per_customer = divide(group.takings.revenue(), Decimal::whole(group.customers));
        let undefined = BTreeMap::from([("revenue_per_customer", "no customers")]);
        let observed = Observed {
            customers: group.customers,
            buyers: group.buyers.customers(),
            takings: group.takings.into(),
            revenue_per_customer,
            undefined: revenue_per_customer.is_none().then_some(undefined),
        };
        let forecast =
            outlook.map_err(|refusal| *refusal).and_then(|it| it.of_group(&group.buyers, horizon_days));
        match forecast {
            Ok(forecast) => Self { observed, predicted: Some(forecast.into()), why_not: None },
            Err(refusal) => Self { observed, predicted: None, why_not: Some(refusal.to_string()) },
        }
    }
}

fn horizon(asking: &mut Asking<'_>) -> u32 {
    let Some(text) = asking.one("horizon_days") else { return USUAL_HORIZON_DAYS };
    let days = text.parse().ok().filter(|days| (1..=MAX_HORIZON_DAYS).contains(days));
    days.unwrap_or_else(|| {
        let detail = format!("horizon_days must be 1 to {MAX_HORIZON_DAYS}");
        asking.fault("horizon_days", "out_of_range", detail);
        USUAL_HORIZON_DAYS
    })
}

/// A row a channel, or one of all customers.
fn layout(by_channel: bool) -> Layout {
    let layout = if by_channel { Layout::report("clv").columns(&["channel"]) } else { Layout::whole("clv") };
    let figures = [
        "observed.customers",
        "observed.buyers",
        "observed.orders",
        "observed.gross_revenue",
        "observed.refunded",
        "observed.revenue",
        "observed.revenue_per_customer",
        "predicted.purchases",
        "predicted.purchases_interval.low",
        "predicted.purchases_interval.high",
        "predicted.value",
        "predicted.value_interval.low",
        "predicted.value_interval.high",
        "predicted.value_per_buyer",
        "why_not",
    ];
    figures.into_iter().fold(layout, |layout, figure| {
        let within = if by_channel { figure.to_owned() } else { format!("total.{figure}") };
        layout.column(figure.replace('.', "_"), &[&within])
    })
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// What is predicted, and for whom.
    Asked:
        word("by", "Rows for the channels that acquired the customers.", ["channel"], None),
        whole(
            "horizon_days",
            "How many days after the end are predicted.",
            1..=MAX_HORIZON_DAYS,
            Some(USUAL_HORIZON_DAYS)
        );
}

/// `GET /v1/reports/clv`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/reports/clv",
        tag = "Attribution and customers",
        operation_id = "clv",
        summary = "Say what customers are worth",
        description = "What customers brought so far and what they are expected to bring, in total and by acquiring \
             channel, with an interval and with what the models are known not to do. They refuse where there is too \
             little to learn from, and say so.",
        params(OfHistory, Asked, Formed),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "What customers brought, and are expected to bring", body = Answer<'static>),
            May<{ KEYED | ASKED | UNSERVED | ABSENT }>
        )
    )
)]
pub(crate) async fn clv(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let mut asking = Asking::of_history(&query, &["by", "horizon_days"]);
    let by = asking.word("by", &[("channel", "channel")]);
    let horizon_days = horizon(&mut asking);
    let to = asking.finish_history(caller.site.calendar(), app.clock.now())?;
    let mut past = Past::new(to);
    let history = customers::read(&app, &caller, to, |day| past.add(day)).await?;
    let groups = past.groups();
    let mut all = Group::default();
    for group in groups.values() {
        all.add(group);
    }
    let outlook = Outlook::fit(&all.buyers);
    let outlook = outlook.as_ref();
    let mut rows: Vec<_> = groups.iter().collect();
    rows.sort_by_key(|(channel, group)| {
        (-group.takings.revenue().millionths(), channel.map(Channel::as_str))
    });
    let row = |(channel, group): (&Option<Channel>, &Group)| Row {
        channel: *channel,
        outcome: Outcome::of(group, outlook, horizon_days),
    };
    let ask = Ask::everything(history.first, to);
    let answer = Answer {
        head: Head::new(&ask, &caller.site, &history.fetched, &Table::default()),
        by,
        horizon_days,
        rows: by.map(|_| rows.into_iter().map(row).collect()),
        total: Outcome::of(&all, outlook, horizon_days),
        models: outlook.ok().map(Models::from),
        interval: INTERVAL,
        limits: LIMITS,
        left_out: history.unknown,
        everything: history.everything.into(),
    };
    form.show(Some(&caller), &layout(by.is_some()), &answer)
}
