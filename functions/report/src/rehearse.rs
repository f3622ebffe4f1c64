//! What a report makes of a query, without the table: for the fuzzer.

use chrono::{DateTime, Utc};
use reckon_core::domain::calendar::Calendar;
use reckon_core::domain::dimension::Dimension;
use reckon_core::domain::report::{Align, Compare, Span, bounds, previous};
use reckon_core::http::{Problem, Query};

use crate::ask::Ask;
use crate::breakdown::{Question, Sort, write_cursor};

/// Reads a breakdown's query as the route does. Answers the same question with everything that was left out, and
/// the minutes that it is about, those that it is compared with included.
///
/// Reading the answer again answers the same.
pub fn rehearse(
    query: &Query,
    calendar: Calendar,
    now: DateTime<Utc>,
) -> Result<(Query, Vec<Span>), Problem> {
    let question = Question::read(query, calendar, now)?;
    let ask = &question.ask;
    let mut spans = vec![bounds(ask.period(), calendar)];
    spans.extend(ask.compare.map(|compare| previous(ask.period(), compare, ask.align, calendar, now).1));
    Ok((written(&question), spans))
}

/// The query that asks a question.
fn written(question: &Question) -> Query {
    let Question { ask, group, sort, limit, cursor } = question;
    let Ask { from, to, filters, compare, align } = ask;
    let Sort { metric, descending } = sort;
    let compare = match compare {
        None => "none",
        Some(Compare::Previous) => "previous",
        Some(Compare::Year) => "year",
    };
    let align = match align {
        Align::Elapsed => "elapsed",
        Align::Full => "full",
    };
    let group: Vec<&str> = group.iter().map(|dimension| dimension.as_str()).collect();
    let mut pairs = vec![
        ("from", from.to_string()),
        ("to", to.to_string()),
        ("compare", compare.to_owned()),
        ("align", align.to_owned()),
        ("by", group.join(",")),
        ("sort", format!("{}{}", if *descending { "-" } else { "" }, metric.as_str())),
        ("limit", limit.to_string()),
    ];
    pairs.extend(cursor.as_ref().map(|cursor| ("cursor", write_cursor(cursor))));
    for dimension in Dimension::ALL {
        let values = filters.allowed(dimension).into_iter().flatten();
        pairs.extend(values.map(|value| (dimension.as_str(), value.clone())));
    }
    Query::of(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)))
}
