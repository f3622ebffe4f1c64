//! `GET /v1/reports/channels`: the channels side by side, ranked, with their shares and changes.

use std::cmp::Reverse;

use axum::extract::State as Held;
use axum::response::Response;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::dimension::Dimension;
use reckon_core::domain::kpi::{Metric, Totals};
use reckon_core::domain::report::{Grain, Period, tabulate};
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::render::{Chart, Form, Layout};
use reckon_core::report::{Asking, Figures, Head, Other, Row, fetch, require_reader, totals};
use serde::Serialize;

use crate::breakdown::compared_rows;

#[derive(Serialize)]
struct Channels<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// What the channels are ranked by, highest first.
    ranked_by: &'static str,
    rows: Vec<Row>,
    total: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Other<Total>>,
    folded_rows: u64,
}

#[derive(Serialize)]
struct Total {
    total: Figures,
}

/// `GET /v1/reports/channels`
pub(crate) async fn channels(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let site = &caller.site;
    let mut asking = Asking::new(&query, &["rank_by"]);
    let ranked_by = asking.metric("rank_by").map_or(Metric::Revenue, |(metric, _)| metric);
    let ask = asking.finish(site.calendar(), app.clock.now())?;
    let group = [Dimension::Channel];
    let fetched = fetch(&app, &caller, &ask, &group, Grain::Day).await?;
    let table = tabulate(&fetched.pieces, fetched.view, &ask.filters, &group);
    let before =
        fetched.previous.as_ref().map(|(_, pieces)| tabulate(pieces, fetched.view, &ask.filters, &group));
    let mut rows = compared_rows(&table, before.as_ref(), &group, site);
    rows.sort_by_cached_key(|(key, totals, _)| (Reverse(weight(ranked_by, totals)), key.clone()));
    let previous = fetched.previous.as_ref().zip(before.as_ref()).map(|((period, _), before)| {
        let period: Period = *period;
        Other { period, content: Total { total: Figures::of(&totals(before.total.clone(), site)) } }
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
