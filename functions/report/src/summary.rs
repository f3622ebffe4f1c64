//! `GET /v1/reports/summary`: one row of all metrics, and how it changed.

use axum::extract::State as Held;
use axum::response::Response;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Drawn, Filtered, KEYED, May, UNSERVED};
use reckon_core::domain::report::{Grain, tabulate};
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::render::{Chart, Form, Layout};
use reckon_core::report::{Asking, Changes, Figures, Head, Other, changes, fetch, require_reader, totals};
use serde::Serialize;

/// The metrics of a period.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Summary<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    figures: Figures,
    /// The days of the comparison, where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Other<Figures>))]
    previous: Option<Other<Figures>>,
    /// How every metric changed, where a comparison is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = reckon_core::contract::ChangeOfMetrics))]
    change: Option<Changes>,
}

/// `GET /v1/reports/summary`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/reports/summary",
        tag = "Reports",
        operation_id = "summary",
        summary = "Add up a period",
        description = "All metrics of a period in one object, and how they changed.",
        params(Filtered, Drawn),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "The metrics of the period", body = Summary<'static>),
            May<{ KEYED | ASKED | UNSERVED | ABSENT }>
        )
    )
)]
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
    let before = fetched.previous.as_ref().map(|other| {
        let table = tabulate(&other.pieces, fetched.view, &ask.filters, &[]);
        (other, totals(table.total, site))
    });
    let compared = before.is_some();
    let answer = Summary {
        head: Head::new(&ask, site, &fetched, &table),
        figures: Figures::of(&now),
        change: before.as_ref().map(|(_, before)| changes(&now, before)),
        previous: before.map(|(other, before)| Other::new(other, site, Figures::of(&before))),
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
