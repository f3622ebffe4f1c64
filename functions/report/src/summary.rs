//! `GET /v1/reports/summary`: one row of all metrics, and how it changed.

use axum::extract::State as Held;
use axum::response::Response;
use reckon_core::domain::report::{Grain, tabulate};
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::render::{Chart, Form, Layout};
use reckon_core::report::{Asking, Changes, Figures, Head, Other, changes, fetch, require_reader, totals};
use serde::Serialize;

#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    figures: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Other<Figures>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Changes>,
}

/// `GET /v1/reports/summary`
pub(crate) async fn summary(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let site = &caller.site;
    let ask = Asking::new(&query, &[]).finish(site.calendar(), app.clock.now())?;
    let fetched = fetch(&app, &caller, &ask, &[], Grain::Day).await?;
    let table = tabulate(&fetched.pieces, fetched.view, &ask.filters, &[]);
    let now = totals(table.total.clone(), site);
    let before = fetched.previous.as_ref().map(|(period, pieces)| {
        let table = tabulate(pieces, fetched.view, &ask.filters, &[]);
        (*period, totals(table.total, site))
    });
    let compared = before.is_some();
    let answer = Summary {
        head: Head::new(&ask, site, &fetched, &table),
        figures: Figures::of(&now),
        change: before.as_ref().map(|(_, before)| changes(&now, before)),
        previous: before.map(|(period, before)| Other { period, content: Figures::of(&before) }),
    };
    let layout = Layout::whole("summary")
        .column("from", &["from", "query.from"])
        .column("to", &["to", "query.to"])
        .period(compared)
        .metrics()
        .changes(compared)
        .drawn(Chart::Tiles);
    form.show(Some(&caller), &layout, &answer)
}
