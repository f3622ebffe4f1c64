//! Bodies: JSON of a bounded size, read with our own sentences about what is wrong with it.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::{Problem, ProblemKind};

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
        let mut deserializer = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let pointer = pointer(error.path());
            let inner = error.inner();
            if inner.is_data() {
                // Positions say little about a document of a few lines; the pointer says where.
                let text = inner.to_string();
                let sentence = text.split(" at line ").next().unwrap_or_default();
                let missing =
                    sentence.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
                let fault = match missing {
                    Some(field) => {
                        Fault::new(format!("{pointer}/{field}"), "missing", format!("{field} is missing"))
                    }
                    None => Fault::new(pointer, "invalid", sentence),
                };
                return Problem::invalid(vec![fault]);
            }
            let place = format!("line {}, column {}", inner.line(), inner.column());
            Problem::new(ProblemKind::Malformed, format!("The body is not JSON: it breaks off at {place}."))
        })?;
        deserializer.end().map_err(|_| {
            Problem::new(ProblemKind::Malformed, "Something follows the JSON document in the body.")
        })?;
        Ok(Self(value))
    }
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
