//! Bodies: JSON of a bounded size, read with our own sentences about what is wrong with it.

mod strict;
mod wrong;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::{Problem, ProblemKind};
use strict::Strict;

pub use wrong::named;

/// One thing that is wrong with a request, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub struct Fault {
    /// A JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people that says what would be right.
    pub detail: String,
}

impl Fault {
    /// A fault at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}

/// A JSON body read into `T`.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unreadable(&rejection))?;
        read(&bytes).map(Self)
    }
}

/// Reads a body, or says what is wrong with it.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii().is_empty() {
        return Err(Problem::new(ProblemKind::Malformed, "The body is empty. Send a JSON object."));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(Strict(&mut deserializer)).map_err(|error| {
        let inner = error.inner();
        if !inner.is_data() {
            return no_json(inner);
        }
        // Positions say little about a document of a few lines; the pointer says where.
        let text = inner.to_string();
        let position = format!(" at line {} column {}", inner.line(), inner.column());
        let message = text.strip_suffix(&position).unwrap_or(&text);
        Problem::invalid(vec![wrong::fault(pointer(error.path()), message)])
    })?;
    deserializer.end().map_err(|_| {
        Problem::new(ProblemKind::Malformed, "Something follows the JSON document in the body.")
    })?;
    Ok(value)
}

/// The problem of a body that is not JSON.
pub fn no_json(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    let detail = if error.is_eof() {
        format!("The body is not JSON: it breaks off at {place}.")
    } else {
        format!("The body is not JSON: what stands at {place} cannot be read.")
    };
    Problem::new(ProblemKind::Malformed, detail)
}

/// The problem of a body that could not be read from the connection.
pub fn unreadable(rejection: &BytesRejection) -> Problem {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(ProblemKind::TooLarge, "A body has at most 1 MB, after decompression.");
    }
    Problem::new(ProblemKind::Malformed, "The body broke off, or its compression is damaged.")
}

/// The JSON pointer of a path into a document.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::{DateTime, Utc};
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;
    use crate::domain::decimal::Money;
    use crate::http::optional_time;

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Outer {
        spend: Option<Box<RawValue>>,
        clicks: u32,
        share: Option<u16>,
        name: Option<String>,
        archived: Option<bool>,
        value: Option<Money>,
        role: Option<Role>,
        #[serde(deserialize_with = "optional_time")]
        until: Option<DateTime<Utc>>,
        inner: Inner,
        list: Vec<Inner>,
        days: BTreeMap<String, Inner>,
    }

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        order: String,
        count: Option<u32>,
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Role {
        Read,
        WriteAll,
    }

    /// The kind of problem of a body, where it is, and what is said.
    fn wrong(body: &str) -> (String, String, String) {
        let problem = read::<Outer>(body.as_bytes()).expect_err(body);
        let told = serde_json::to_value(&problem).unwrap();
        let text = |pointer: &str| {
            told.pointer(pointer).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        (text("/errors/0/code"), text("/errors/0/pointer"), text("/detail"))
    }

    #[test]
    fn what_is_right_is_read_to_the_letter() {
        let body = r#" {"spend": 1.50e0, "clicks": 3, "value": 49.90, "role": "write_all", "until": "2027-01-01T01:00:00+01:00",
                        "inner": {"order": "o"}, "list": [{"order": "p", "count": 2}], "days": {"x": {"order": ""}}} "#;
        let read = read::<Outer>(body.as_bytes()).unwrap();
        assert_eq!(read.spend.unwrap().get(), "1.50e0");
        assert_eq!((read.clicks, read.value.unwrap().text().as_str()), (3, "49.9"));
        assert_eq!(
            (read.role, read.until.unwrap().to_rfc3339()),
            (Some(Role::WriteAll), "2027-01-01T00:00:00+00:00".to_owned())
        );
        assert_eq!(read.list, [Inner { order: "p".to_owned(), count: Some(2) }]);
        assert_eq!((read.inner.order.as_str(), read.days.len()), ("o", 1));
        assert!(
            super::read::<Outer>(br#"{"until": null, "role": null, "value": null}"#).unwrap().until.is_none()
        );
    }

    #[test]
    fn a_list_is_no_object_wherever_it_stands() {
        let all = "the body must be an object with the fields spend, clicks, share, name, archived, value, role, until, inner, \
                   list, days";
        for (body, pointer, says) in [
            ("[]", "", all),
            (r#"["7.50", 3, null, null, null, null, null, null, {"order": "o"}, [], {}]"#, "", all),
            ("null", "", all),
            (r#"{"inner": ["o", 1]}"#, "/inner", "inner must be an object with the fields order, count"),
            (
                r#"{"list": [{"order": "o"}, ["o", 1]]}"#,
                "/list/1",
                "this must be an object with the fields order, count",
            ),
            (
                r#"{"days": {"sale": ["o", 1]}}"#,
                "/days/sale",
                "sale must be an object with the fields order, count",
            ),
            (r#"{"role": {"read": null}}"#, "/role", "role must be one of read, write_all"),
            (r#"{"list": {}}"#, "/list", "list must be a list"),
            (r#"{"days": []}"#, "/days", "days must be an object"),
        ] {
            assert_eq!(wrong(body), ("invalid".to_owned(), pointer.to_owned(), says.to_owned()), "{body}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_a_word_of_rust() {
        let long = "x".repeat(500_000);
        let many = format!(r#"{{"role": "{long}"}}"#);
        let shown = format!("role cannot be \"{}…\": there are read, write_all", "x".repeat(64));
        let strange = format!(r#"{{"days": {{"{long}": 1}}}}"#);
        let named = format!("\"{}…\" must be an object with the fields order, count", "x".repeat(64));
        for (body, code, pointer, says) in [
            (r#"{"clicks": -3}"#, "invalid", "/clicks", "clicks must be a whole number from 0 on"),
            (r#"{"clicks": 3.5}"#, "invalid", "/clicks", "clicks must be a whole number from 0 on"),
            (r#"{"clicks": "3"}"#, "invalid", "/clicks", "clicks must be a whole number from 0 on"),
            (r#"{"share": 70000}"#, "invalid", "/share", "share must be a smaller number"),
            (r#"{"name": 7}"#, "invalid", "/name", "name must be a text"),
            (r#"{"archived": "yes"}"#, "invalid", "/archived", "archived must be true or false"),
            (r#"{"value": "€49.90"}"#, "invalid", "/value", "value must be a decimal number such as 49.90"),
            (r#"{"value": 0.0000001}"#, "invalid", "/value", "value has more than 6 decimals"),
            (r#"{"role": "reed"}"#, "invalid", "/role", r#"role cannot be "reed": did you mean read?"#),
            (
                r#"{"role": "a`, expected b"}"#,
                "invalid",
                "/role",
                r#"role cannot be "a`, expected b": there are read, write_all"#,
            ),
            (r#"{"role": 7}"#, "invalid", "/role", "role must be one of read, write_all"),
            (
                r#"{"until": "2026-12-31"}"#,
                "invalid",
                "/until",
                "until must be a time such as 2027-11-23T00:00:00Z",
            ),
            (r#"{"until": 7}"#, "invalid", "/until", "until must be a time such as 2027-11-23T00:00:00Z"),
            (r#"{"cliks": 7}"#, "invalid", "/cliks", r#""cliks" is an unknown field: did you mean clicks?"#),
            (
                r#"{"inner": {"x": 7}}"#,
                "invalid",
                "/inner/x",
                r#""x" is an unknown field: there are order, count"#,
            ),
            (r#"{"inner": {}}"#, "missing", "/inner/order", "order is missing"),
            (r#"{"clicks": 1, "clicks": 2}"#, "repeated", "/clicks", "clicks is given more than once"),
            (
                r#"{"list": [{"order": "a", "order": "b"}]}"#,
                "repeated",
                "/list/0/order",
                "order is given more than once",
            ),
            (
                r#"{"days": {"": 1}}"#,
                "invalid",
                "/days/",
                r#""" must be an object with the fields order, count"#,
            ),
            (many.as_str(), "invalid", "/role", shown.as_str()),
        ] {
            assert_eq!(wrong(body), (code.to_owned(), pointer.to_owned(), says.to_owned()), "{body:.60}");
        }
        assert_eq!(wrong(&strange).2, named);
    }

    #[test]
    fn what_is_not_json_breaks_off_only_where_it_does() {
        for (body, says) in [
            ("", "The body is empty. Send a JSON object."),
            (" \n", "The body is empty. Send a JSON object."),
            ("x", "The body is not JSON: what stands at line 1, column 1 cannot be read."),
            (r#"{"clicks": 1,}"#, "The body is not JSON: what stands at line 1, column 14 cannot be read."),
            (r#"{"clicks": "#, "The body is not JSON: it breaks off at line 1, column 11."),
            ("{} {}", "Something follows the JSON document in the body."),
        ] {
            assert_eq!(wrong(body), (String::new(), String::new(), says.to_owned()), "{body}");
        }
    }
}
