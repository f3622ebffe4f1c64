//! `GET /v1/reports/breakdown`: rows by any dimensions that a view has, sorted, page by page.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use axum::extract::State as Held;
use axum::response::Response;
use chrono::{DateTime, Utc};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, Drawn, Filtered, KEYED, May, Paged, UNSERVED};
use reckon_core::domain::calendar::Calendar;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::dimension::Dimension;
use reckon_core::domain::kpi::{Metric, Totals};
use reckon_core::domain::report::{Grain, Table, tabulate};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Caller, Problem, Query};
use reckon_core::render::{Chart, Form, Layout};
use reckon_core::report::{
    Ask, Asking, Figures, Head, Other, Row, changes, fetch, question_name, read_cursor, require_reader,
    shares, totals, values, write_cursor,
};
use serde::{Deserialize, Serialize};

use crate::channels::Total;

/// The most rows of one page, and how many there are unless asked.
pub(crate) const MOST_ROWS: usize = 1_000;
pub(crate) const ROWS: usize = 100;

/// A page of rows by dimensions.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Breakdown<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// The dimensions that rows are by.
    #[cfg_attr(feature = "contract", schema(value_type = Vec<Dimension>))]
    by: Vec<&'static str>,
    /// The rows of this page, in the order asked for.
    rows: Vec<Row>,
    /// All rows of all pages.
    total: Figures,
    /// The days of the comparison, where one is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Other<Total>))]
    previous: Option<Other<Total>>,
    /// How many rows were folded into `(other)` for their number.
    folded_rows: u64,
    /// The cursor of the next page; null where nothing follows.
    next: Option<String>,
    /// Whether nothing follows.
    complete: bool,
}

/// A row's key and totals, for sorting, beside the row.
pub(crate) type Keyed = (Vec<String>, Totals, Row);

/// What a breakdown is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) ask: Ask,
    pub(crate) group: Vec<Dimension>,
    pub(crate) sort: Sort,
    pub(crate) limit: usize,
    pub(crate) cursor: Option<Cursor>,
}

/// Where the next page begins: after this row, of this question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    pub(crate) question: String,
    pub(crate) value: Option<i128>,
    pub(crate) key: Vec<String>,
}

/// How rows are sorted: by a metric, undefined ones last, then by their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sort {
    pub(crate) metric: Metric,
    pub(crate) descending: bool,
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// How the rows are made and sorted.
    Broken:
        required(words(
            "by",
            "The dimensions to break down by, those of one view. `GET /v1/metadata` lists the views.",
            Dimension::ALL.map(Dimension::as_str),
            None
        ))
        .example(Some(["campaign"].into_iter().collect())),
        word(
            "sort",
            "The metric to sort by, descending behind a `-`. Rows for which it is undefined come last.",
            Metric::ALL
                .map(|metric| [metric.as_str().to_owned(), format!("-{}", metric.as_str())])
                .as_flattened()
                .iter()
                .map(String::as_str),
            Some("-revenue")
        );
}

/// `GET /v1/reports/breakdown`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/reports/breakdown",
        tag = "Reports",
        operation_id = "breakdown",
        summary = "Break a period down",
        description = "Rows by one or more dimensions, sorted, page by page.",
        params(Broken, Filtered, Paged<MOST_ROWS, ROWS>, Drawn),
        security(("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "A page of rows", body = Breakdown<'static>),
            May<{ KEYED | ASKED | UNSERVED | ABSENT }>
        )
    )
)]
pub(crate) async fn breakdown(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    require_reader(&caller)?;
    let site = &caller.site;
    let (id, rows) = (site.id.as_str(), form.rows(ROWS, MOST_ROWS));
    let question = Question::read(&query, rows, id, site.calendar(), app.clock.now())?;
    let name = question.name(id);
    let Question { ask, group, sort, limit, cursor } = question;
    let fetched = fetch(&app, &caller, &ask, &group, Grain::Day).await?;
    let table = tabulate(&fetched.pieces, fetched.view, &ask.filters, &group);
    let before =
        fetched.previous.as_ref().map(|other| tabulate(&other.pieces, fetched.view, &ask.filters, &group));
    let mut rows = compared_rows(&table, before.as_ref(), &group, site);
    let value = |totals: &Totals| sort.metric.value(totals).ok();
    rows.sort_by(|(left_key, left, _), (right_key, right, _)| {
        sort.compare((value(left), left_key), (value(right), right_key))
    });
    if let Some(Cursor { value: last, key, .. }) = &cursor {
        let last = last.map(Decimal::from_millionths);
        rows.retain(|(row_key, totals, _)| sort.compare((value(totals), row_key), (last, key)).is_gt());
    }
    let complete = rows.len() <= limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| !complete).map(|(key, totals, _)| {
        let value = value(totals).map(Decimal::millionths);
        write_cursor(&Cursor { question: name.clone(), value, key: key.clone() })
    });
    let answer = Breakdown {
        head: Head::new(&ask, site, &fetched, &table),
        by: group.iter().map(|dimension| dimension.as_str()).collect(),
        rows: rows.into_iter().map(|(_, _, row)| row).collect(),
        total: Figures::of(&totals(table.total.clone(), site)),
        previous: fetched.previous.as_ref().zip(before.as_ref()).map(|(other, before)| {
            Other::new(other, site, Total { total: Figures::of(&totals(before.total.clone(), site)) })
        }),
        folded_rows: table.folded,
        next,
        complete,
    };
    let by = answer.by.clone();
    let layout = Layout::report("breakdown")
        .columns(&by)
        .metrics()
        .shares()
        .changes(before.is_some())
        .drawn(Chart::Bars { by, metric: sort.metric });
    form.show(Some(&caller), &layout, &answer)
}

/// The rows of a table, with their shares and, where there is another table, their changes.
///
/// Rows that only the other table has are here, too, with zeros.
pub(crate) fn compared_rows(
    table: &Table,
    before: Option<&Table>,
    group: &[Dimension],
    site: &Site,
) -> Vec<Keyed> {
    let total = totals(table.total.clone(), site);
    let keys: BTreeSet<&Vec<String>> =
        table.rows.keys().chain(before.iter().flat_map(|before| before.rows.keys())).collect();
    let of = |table: &Table, key| totals(table.rows.get(key).cloned().unwrap_or_default(), site);
    keys.into_iter()
        .map(|key| {
            let now = of(table, key);
            let row = Row {
                values: values(group, key),
                rank: None,
                figures: Figures::of(&now),
                share: shares(&now, &total),
                change: before.map(|before| changes(&now, &of(before, key))),
            };
            (key.clone(), now, row)
        })
        .collect()
}

impl Question {
    /// Reads a query, or says everything that is wrong with it. A page has so many `rows` unless it is asked for others.
    pub(crate) fn read(
        query: &Query,
        rows: usize,
        site: &str,
        calendar: Calendar,
        now: DateTime<Utc>,
    ) -> Result<Self, Problem> {
        let mut asking = Asking::new(query, &["by", "sort", "limit", "cursor"]);
        let group = asking.dimensions("by");
        if group.is_empty() && asking.faults.is_empty() {
            asking.fault("by", "missing", "by names the dimensions to break down by, such as by=campaign");
        }
        let (metric, descending) = asking.metric("sort").unwrap_or((Metric::Revenue, true));
        let sort = Sort { metric, descending };
        let limit = asking.limit(rows, MOST_ROWS);
        let cursor = asking.one("cursor");
        let ask = asking.finish(calendar, now)?;
        let mut question = Self { ask, group, sort, limit, cursor: None };
        let name = question.name(site);
        let belongs = |cursor: &Cursor| cursor.question == name;
        question.cursor = cursor.map(|text| read_cursor(text, belongs)).transpose()?;
        Ok(question)
    }

    /// What a cursor belongs to: a site, and everything but the page.
    pub(crate) fn name(&self, site: &str) -> String {
        question_name(site, &(&self.ask, &self.group, self.sort))
    }
}

impl Sort {
    fn compare(
        self,
        left: (Option<Decimal>, &Vec<String>),
        right: (Option<Decimal>, &Vec<String>),
    ) -> Ordering {
        let by_value = match (left.0, right.0) {
            (Some(left), Some(right)) if self.descending => right.cmp(&left),
            (Some(left), Some(right)) => left.cmp(&right),
            (left, right) => right.is_some().cmp(&left.is_some()),
        };
        by_value.then_with(|| left.1.cmp(right.1))
    }
}
