//! What a report makes of a query, without the table: for the fuzzer.

use chrono::{DateTime, Utc};
use reckon_core::domain::calendar::Calendar;
use reckon_core::domain::dimension::Dimension;
use reckon_core::domain::report::{Align, Compare, Span, bounds, previous};
use reckon_core::http::{Problem, Query};
use reckon_core::report::{Ask, write_cursor};

use crate::breakdown::{Question, ROWS, Sort};

/// The site whose cursors are read.
const SITE: &str = "shop";

/// Reads a breakdown's query as the route does. Answers the same question with everything that was left out, and
/// the minutes that it is about, those that it is compared with included.
///
/// Reading the answer again answers the same.
pub fn rehearse(
    query: &Query,
    calendar: Calendar,
    now: DateTime<Utc>,
) -> Result<(Query, Vec<Span>), Problem> {
    let question = Question::read(query, ROWS, SITE, calendar, now)?;
    let ask = &question.ask;
    let mut spans = vec![bounds(ask.period(), calendar)];
    spans.extend(ask.compare.map(|compare| previous(ask.period(), compare, ask.align, calendar, now).1));
    Ok((written(&question), spans))
}

/// The query that asks a question.
fn written(question: &Question) -> Query {
    let Question { ask, group, sort, limit, cursor } = question;
    let Ask { from, to, filters, compare, align, as_of } = ask;
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
    pairs.extend(as_of.map(|as_of| ("as_of", as_of.to_rfc3339())));
    pairs.extend(cursor.as_ref().map(|cursor| ("cursor", write_cursor(cursor))));
    for dimension in Dimension::ALL {
        let values = filters.allowed(dimension).into_iter().flatten();
        pairs.extend(values.map(|value| (dimension.as_str(), value.clone())));
    }
    Query::of(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)))
}

#[cfg(test)]
mod tests {
    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;
    use reckon_core::domain::dimension::Filters;
    use reckon_core::domain::kpi::Metric;
    use reckon_core::domain::report::Compare;
    use reckon_core::report::Ask;

    use super::*;
    use crate::breakdown::Cursor;

    fn words() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("(other)".to_owned()),
            Just(String::new()),
            "[a-c&=+%# ]{0,4}",
            "\\PC{0,8}",
            ".{0,4}"
        ]
    }

    /// Any question, without a cursor.
    fn questions() -> impl Strategy<Value = Question> {
        let dates = (0_u64..2_932_000, 0_u64..700);
        let compare = prop::option::of(prop::sample::select(vec![Compare::Previous, Compare::Year]));
        let align = prop::sample::select(vec![Align::Elapsed, Align::Full]);
        let dimensions = prop::sample::subsequence(Dimension::ALL.to_vec(), 1..4);
        let filters = prop::collection::vec((prop::sample::select(Dimension::ALL.to_vec()), words()), 0..6);
        let sort = (prop::sample::select(Metric::ALL.to_vec()), any::<bool>());
        (dates, compare, align, dimensions, filters, sort, 1_usize..=1_000).prop_map(
            |((from, days), compare, align, group, filters, (metric, descending), limit)| {
                let from = NaiveDate::default() + Days::new(from);
                let mut ask = Ask {
                    from,
                    to: from + Days::new(days),
                    filters: Filters::default(),
                    compare,
                    align,
                    as_of: None,
                };
                for (dimension, value) in filters {
                    // Of a closed set only what is in it can be asked for, and of countries their codes.
                    let known = dimension.closed().unwrap_or_else(|| vec!["DE", "FR"]);
                    let value = match dimension.instead_of(&value) {
                        Some(_) => known[value.len() % known.len()].to_owned(),
                        None => value,
                    };
                    ask.filters.allow(dimension, value);
                }
                Question { ask, group, sort: Sort { metric, descending }, limit, cursor: None }
            },
        )
    }

    fn read(query: &Query) -> Result<Question, Problem> {
        let now = "2026-11-23T05:00:30Z".parse().unwrap();
        Question::read(query, ROWS, SITE, Calendar::new("Europe/Berlin".parse().unwrap()), now)
    }

    proptest! {
        #[test]
        fn a_question_that_is_written_out_is_read_again(question in questions()) {
            prop_assert_eq!(read(&written(&question)).unwrap(), question);
        }

        #[test]
        fn a_cursor_is_read_with_its_question_and_with_no_other(
            question in questions(), value in any::<Option<i128>>(), key in prop::collection::vec(words(), 0..4),
            changed in questions(),
        ) {
            let name = question.name(SITE);
            let cursor = Some(Cursor { question: name.clone(), value, key });
            let paged = Question { cursor, ..question.clone() };
            prop_assert_eq!(read(&written(&paged)).unwrap(), paged.clone());
            let foreign = Question { cursor: paged.cursor, ..changed };
            prop_assert_eq!(read(&written(&foreign)).is_ok(), foreign.name(SITE) == name);
        }

        #[test]
        fn any_text_is_a_query_that_is_read_or_refused(text in ".{0,80}") {
            if let Ok(question) = read(&Query::parse(&text)) {
                prop_assert_eq!(read(&written(&question)).unwrap(), question);
            }
        }
    }
}
