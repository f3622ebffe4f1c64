//! `GET /v1/reports/channels`: the channels side by side, ranked, with their shares and changes.

use std::cmp::Reverse;

use axum::extract::State as Held;
use axum::response::Response;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Drawn, Filtered, KEYED, May, UNSERVED};
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::dimension::Dimension;
use reckon_core::domain::kpi::{Metric, Totals};
use reckon_core::domain::report::{Grain, tabulate};
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::render::{Chart, Form, Layout};
use reckon_core::report::{Asking, Figures, Head, Other, Row, fetch, require_reader, totals};
use serde::Serialize;

use crate::breakdown::compared_rows;

/// The channels of a period, side by side.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Channels<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// What the channels are ranked by, highest first.
    ranked_by: &'static str,
    /// The channels, the best first.
    rows: Vec<Row>,
    /// All channels together.
    total: Figures,
    /// The days of the comparison, where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Other<Total>))]
    previous: Option<Other<Total>>,
    /// How many rows were folded into `(other)` for their number.
    folded_rows: u64,
}

/// The total of a period.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = TotalOfPeriod))]
pub(crate) struct Total {
    /// All rows together.
    pub(crate) total: Figures,
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// What the channels are ranked by.
    Ranked: word(
        "rank_by",
        "The metric by which the channels are ranked, highest first.",
        Metric::ALL.map(Metric::as_str),
        Some(Metric::Revenue.as_str())
    );
}

/// `GET /v1/reports/channels`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/reports/channels",
        tag = "Reports",
        operation_id = "channels",
        summary = "Compare the channels",
        description = "The channels side by side, ranked, each with its share of the total and how it changed.",
        params(Filtered, Ranked, Drawn),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "The channels, ranked", body = Channels<'static>),
            May<{ KEYED | ASKED | UNSERVED | ABSENT }>
        )
    )
)]
pub(crate) async fn channels(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let site = &caller.site;
    let mut asking = Asking::new(&query, &["rank_by"]);
    let ranked_by = asking.ranking("rank_by").unwrap_or(Metric::Revenue);
    let ask = asking.finish(site.calendar(), app.clock.now())?;
    let group = [Dimension::Channel];
    let fetched = fetch(&app, &caller, &ask, &group, Grain::Day).await?;
    let table = tabulate(&fetched.pieces, fetched.view, &ask.filters, &group);
    let before =
        fetched.previous.as_ref().map(|other| tabulate(&other.pieces, fetched.view, &ask.filters, &group));
    let mut rows = compared_rows(&table, before.as_ref(), &group, site);
    rows.sort_by_cached_key(|(key, totals, _)| (Reverse(weight(ranked_by, totals)), key.clone()));
    let previous = fetched.previous.as_ref().zip(before.as_ref()).map(|(other, before)| {
        Other::new(other, site, Total { total: Figures::of(&totals(before.total.clone(), site)) })
    });
    let answer = Channels {
        head: Head::new(&ask, site, &fetched, &table),
        ranked_by: ranked_by.as_str(),
        rows: (1..).zip(rows).map(|(rank, (_, _, row))| Row { rank: Some(rank), ..row }).collect(),
        total: Figures::of(&totals(table.total.clone(), site)),
        previous,
        folded_rows: table.folded,
    };
    let layout = Layout::report("channels")
        .columns(&["channel", "rank"])
        .metrics()
        .shares()
        .changes(before.is_some())
        .drawn(Chart::Bars { by: vec!["channel"], metric: ranked_by });
    form.show(Some(&caller), &layout, &answer)
}

/// What a channel is ranked by: the metric asked for, then what comes nearest to a result.
fn weight(metric: Metric, totals: &Totals) -> [Option<Decimal>; 5] {
    [metric, Metric::Conversions, Metric::Clicks, Metric::Visits, Metric::Views]
        .map(|metric| metric.value(totals).ok())
}
