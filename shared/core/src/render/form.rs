//! Forms: in which form an answer is asked for, and the answer in it.

use axum::extract::FromRequestParts;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::accept::{Format, preferred};
use super::chart::{self, Frame, Size};
use super::document::{Members, Node};
use super::layout::Layout;
use super::sheet::Sheet;
use super::{csv_text, etag, lines};
use crate::domain::kpi::Metric;
use crate::domain::words::{near, quoted};
use crate::http::{Caller, Fault, Problem, ProblemKind, Query};

/// The parameters that say in which form an answer is wanted. Every report and list has them.
pub const PARAMETERS: [&str; 5] = ["format", "shape", "bom", "width", "height"];
/// The parameter of reports that chooses among their metrics.
pub const METRICS: &str = "metrics";

/// The longest address of a next page, in bytes: API Gateway delivers some 10 KB of headers.
const LONGEST_LINK: usize = 4_000;

/// The objects of an answer that have a member for each metric.
const BY_METRIC: [&str; 4] = ["metrics", "undefined", "share", "change"];

/// In which form an answer is asked for.
#[derive(Clone, Debug)]
pub struct Form {
    /// The format that the address names, which goes before what the header accepts.
    named: Option<Format>,
    accept: String,
    table: bool,
    byte_order_mark: bool,
    chosen: Option<Vec<Metric>>,
    size: Size,
    /// Whether the caller reads page by page.
    paged: bool,
    if_none_match: String,
    /// The whole query, `key` included, for the address of the next page.
    query: String,
}

impl<S: Sync> FromRequestParts<S> for Form {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(parts.uri.query().unwrap_or_default(), &parts.headers)
    }
}

/// The fault of a metric that there is not.
pub(crate) fn unknown_metric(parameter: &str, name: &str) -> Fault {
    let near = near(name, Metric::ALL.map(Metric::as_str));
    let hint = near.unwrap_or_else(|| "GET /v1/metadata lists them".to_owned());
    Fault::new(parameter, "unknown_metric", format!("{} is not a metric: {hint}", quoted(name)))
}

fn pixels(
    query: &Query,
    name: &'static str,
    (least, most): (i64, i64),
    faults: &mut Vec<Fault>,
) -> Option<i64> {
    let number = query.one(name, faults)?.parse().ok().filter(|number| (least..=most).contains(number));
    if number.is_none() {
        let detail = format!("{name} must be a whole number of pixels from {least} to {most}");
        faults.push(Fault::new(name, "invalid_number", detail));
    }
    number
}

/// The metrics that a query names, in its order; none where it names none.
fn chosen(query: &Query, faults: &mut Vec<Fault>) -> Option<Vec<Metric>> {
    let mut metrics = Vec::new();
    for name in query.one(METRICS, faults)?.split(',').map(str::trim) {
        match Metric::parse(name) {
            Some(metric) if !metrics.contains(&metric) => metrics.push(metric),
            Some(_) => faults.push(Fault::new(METRICS, "repeated", format!("metrics names {name} twice"))),
            None => {
                faults.push(unknown_metric(METRICS, name));
            }
        }
    }
    Some(metrics)
}

impl Form {
    /// Reads what a request says of the form, or everything that is wrong with it.
    pub fn read(text: &str, headers: &HeaderMap) -> Result<Self, Problem> {
        let query = Query::parse(text);
        let mut faults = Vec::new();
        let named =
            query.word("format", &Format::ALL.map(|format| (format.described().0, format)), &mut faults);
        let flag = [("true", true), ("false", false)];
        let table = query.word("shape", &[("nested", false), ("table", true)], &mut faults);
        let byte_order_mark = query.word("bom", &flag, &mut faults);
        let usual = Size::default();
        let size = Size {
            width: pixels(&query, "width", Size::WIDTH, &mut faults).unwrap_or(usual.width),
            height: pixels(&query, "height", Size::HEIGHT, &mut faults).or(usual.height),
        };
        let chosen = chosen(&query, &mut faults);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let joined = |name: HeaderName| {
            let values: Vec<_> =
                headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
            values.join(",")
        };
        Ok(Self {
            named,
            accept: joined(header::ACCEPT),
            table: table.unwrap_or(false),
            byte_order_mark: byte_order_mark.unwrap_or(false),
            chosen,
            size,
            paged: query.iter().any(|(name, _)| name == "limit" || name == "cursor"),
            if_none_match: joined(header::IF_NONE_MATCH),
            query: text.to_owned(),
        })
    }

    /// How many rows a page has unless asked: `usual`, and `most` where all of them are to stand in one table.
    pub fn rows(&self, usual: usize, most: usize) -> usize {
        // Not every list has a chart.
        let rows = |formats: &[Format]| preferred(&self.accept, formats);
        let formats = match self.named {
            Some(named) => [Some(named), None],
            None => [rows(&Format::ALL), rows(&Format::ROWS)],
        };
        if formats.into_iter().flatten().any(|format| self.is_flat(format)) { most } else { usual }
    }

    /// Whether rows stand alone, without a member that says whether there are more.
    const fn is_flat(&self, format: Format) -> bool {
        matches!(format, Format::Csv | Format::Ndjson) || (matches!(format, Format::Json) && self.table)
    }

    /// The format of the answer, among those that there are of it.
    fn format(&self, layout: &Layout) -> Result<Format, Problem> {
        let served: Vec<Format> = Format::ALL
            .into_iter()
            .filter(|format| *format != Format::Svg || layout.chart.is_some())
            .collect();
        let format = match self.named {
            Some(named) => served.contains(&named).then_some(named),
            None => preferred(&self.accept, &served),
        };
        format.ok_or_else(|| {
            let told = |format: &Format| {
                let (name, sent_as) = format.described();
                format!("{} (format={name})", sent_as.split(';').next().unwrap_or_default())
            };
            let formats: Vec<_> = served.iter().map(told).collect();
            let detail = format!("This is served as {}.", formats.join(", "));
            Problem::new(ProblemKind::NotAcceptable, detail)
        })
    }

    /// The metrics that are shown.
    fn metrics(&self) -> &[Metric] {
        self.chosen.as_deref().unwrap_or(&Metric::ALL)
    }

    /// An answer in the form that was asked for, or 304 where the caller has it already.
    ///
    /// `caller` is whom it is for; nobody in particular where it needs no key.
    pub fn show<T: Serialize>(
        &self,
        caller: Option<&Caller>,
        layout: &Layout,
        answer: &T,
    ) -> Result<Response, Problem> {
        let format = self.format(layout)?;
        let json = serde_json::to_vec(answer).map_err(|error| {
            tracing::error!(%error, "an answer could not be written");
            Problem::new(ProblemKind::Internal, "The answer could not be written.")
        })?;
        let members = Members::of(&json);
        let complete = members.raw("complete").is_none_or(|complete| complete.get() != "false");
        if !complete && !self.paged && self.is_flat(format) {
            return Err(too_many_rows());
        }
        let asked =
            format!("{format:?} {} {} {:?} {:?}", self.table, self.byte_order_mark, self.chosen, self.size);
        let tag = etag::of(&members, &asked, caller);
        let mut headers = self.told(&members, complete, caller.is_some());
        insert(&mut headers, header::ETAG, &tag);
        if etag::matches(&self.if_none_match, &tag) {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        insert(&mut headers, header::CONTENT_TYPE, format.described().1);
        let sheet = || Sheet::of(&members, layout, self.metrics());
        let body = match format {
            Format::Json if self.table => lines::table(&sheet()),
            Format::Json if self.chosen.is_none() => json,
            Format::Json => {
                let names: Vec<_> = self.metrics().iter().map(|metric| metric.as_str()).collect();
                let mut document = members.read();
                document.choose(&BY_METRIC, &names);
                serde_json::to_vec(&document).unwrap_or_default()
            }
            Format::Ndjson => lines::ndjson(&sheet()),
            Format::Csv => {
                let name = file_name(caller, layout, &members);
                insert(
                    &mut headers,
                    header::CONTENT_DISPOSITION,
                    &format!("attachment; filename=\"{name}\""),
                );
                csv_text::write(&sheet(), self.byte_order_mark)
            }
            Format::Svg => {
                insert(&mut headers, header::CONTENT_SECURITY_POLICY, &chart::policy());
                let frame = Frame {
                    document: &members.read(),
                    sheet: &sheet(),
                    site: caller.map(|caller| &*caller.site),
                    chosen: self.chosen.as_deref(),
                    size: self.size,
                    complete,
                };
                layout.chart.as_ref().map(|(chart, draw)| draw(chart, &frame)).unwrap_or_default()
            }
        };
        Ok((headers, body).into_response())
    }

    /// What is told beside any body: what the flat formats have no place for, and how it may be kept.
    fn told(&self, members: &Members<'_>, complete: bool, private: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let kept = if private { "private, no-cache" } else { "no-cache" };
        insert(&mut headers, header::CACHE_CONTROL, kept);
        insert(&mut headers, header::VARY, "accept, accept-encoding, authorization");
        for (member, name) in
            [("complete_through", "reckon-complete-through"), ("folded_rows", "reckon-folded-rows")]
        {
            if let Some(raw) = members.raw(member) {
                insert(&mut headers, HeaderName::from_static(name), raw.get().trim_matches('"'));
            }
        }
        for warning in members.get("warnings").iter().flat_map(|warnings| warnings.parts().iter()) {
            if let Node::Text(text) = warning
                && let Ok(value) = HeaderValue::from_str(text)
            {
                headers.append("reckon-warning", value);
            }
        }
        if members.0.iter().any(|(name, _)| name == "complete") {
            let text = if complete { "true" } else { "false" };
            insert(&mut headers, HeaderName::from_static("reckon-complete"), text);
        }
        if let Some(next) = members.text("next") {
            // Whoever logs headers on the way must not find a key in them.
            let pairs = url::form_urlencoded::parse(self.query.as_bytes());
            let pairs = pairs.filter(|(name, _)| name != "cursor" && name != "key");
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(pairs).append_pair("cursor", &next);
            let link = format!("<?{}>; rel=\"next\"", query.finish());
            insert(&mut headers, HeaderName::from_static("reckon-next"), &next);
            if link.len() <= LONGEST_LINK {
                insert(&mut headers, header::LINK, &link);
            }
        }
        headers
    }
}

/// Rows alone do not show that others are missing, so a caller who does not read page by page gets none.
fn too_many_rows() -> Problem {
    let detail = "there are more rows than an answer holds, and rows alone cannot say so: filter, or read page by \
                  page with limit=, following the Link header until Reckon-Complete is true";
    Problem::invalid(vec![Fault::new("limit", "too_many_rows", detail)])
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// What a file of the answer is called: the site, what it is, and its days.
fn file_name(caller: Option<&Caller>, layout: &Layout, members: &Members<'_>) -> String {
    let query = members.get("query");
    let day = |name| Some(query.as_ref()?.text_at(name)?.to_owned());
    let parts = [
        caller.map(|caller| caller.site.id.as_str().to_owned()),
        Some(layout.name.to_owned()),
        day("from"),
        day("to"),
    ];
    format!("{}.csv", parts.into_iter().flatten().collect::<Vec<_>>().join("-"))
}
