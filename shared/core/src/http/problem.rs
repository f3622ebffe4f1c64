//! Problems: what a caller is told when something cannot be done, as RFC 9457 has it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};

use super::body::Fault;
use crate::store::StoreError;

/// A kind of problem. Each has one status, one code and one title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table below says what each is")]
pub enum ProblemKind {
    Malformed,
    NoKey,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    NotAcceptable,
    Conflict,
    TooLarge,
    UnsupportedMediaType,
    InvalidEvents,
    Invalid,
    NotServed,
    Internal,
    Unavailable,
}

impl ProblemKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Malformed,
        Self::NoKey,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::Conflict,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidEvents,
        Self::Invalid,
        Self::NotServed,
        Self::Internal,
        Self::Unavailable,
    ];

    /// Its status, code and title.
    pub const fn table(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (StatusCode::BAD_REQUEST, "malformed", "The request cannot be read"),
            Self::NoKey => (StatusCode::UNAUTHORIZED, "no_key", "A valid key is needed"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "The key may not do this"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is no such thing"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The path knows no such method")
            }
            Self::NotAcceptable => {
                (StatusCode::NOT_ACCEPTABLE, "not_acceptable", "It is not served in that format")
            }
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "It contradicts what is there"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request is too large"),
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body is of an unknown type",
            ),
            Self::InvalidEvents => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid_events", "No event could be accepted")
            }
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request is not acceptable"),
            Self::NotServed => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "not_served",
                "This combination of dimensions is not served",
            ),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "We made a mistake"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again shortly"),
        }
    }

    /// The reference that names it, as RFC 9457 has a `type`.
    pub fn type_uri(self) -> String {
        format!("/problems/{}", self.table().1.replace('_', "-"))
    }
}

/// The most faults that a problem lists: a query of a few letters a parameter would else be answered with hundreds.
const MOST_TOLD: usize = 50;

/// What a caller is told when something cannot be done.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    errors: Vec<Fault>,
}

/// What a caller is told when something cannot be done, as RFC 9457 has it.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Problem))]
pub(crate) struct Wire<'a> {
    /// A reference that names the kind of problem, such as `/problems/no-key`.
    r#type: String,
    /// The same for programs: one word that does not change.
    code: &'a str,
    /// The kind of problem in a few words.
    title: &'a str,
    /// The status, once more.
    status: u16,
    /// A sentence that says what to do about it.
    detail: &'a str,
    /// Each thing that is wrong, and where. Absent where the problem is the request as a whole.
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    #[cfg_attr(feature = "contract", schema(required = false))]
    errors: &'a [Fault],
    /// What finds a fault of ours in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String, required = false))]
    instance: Option<String>,
}

impl Problem {
    /// A problem and the sentence that says what to do about it.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new() }
    }

    /// The same, with the places that it is about.
    #[must_use]
    pub fn with(mut self, errors: Vec<Fault>) -> Self {
        self.errors = errors;
        self
    }

    /// A request that is well formed but not acceptable, for the reasons given.
    pub fn invalid(mut errors: Vec<Fault>) -> Self {
        let untold = errors.len().saturating_sub(MOST_TOLD);
        errors.truncate(MOST_TOLD);
        let mut sentences: Vec<String> = errors.iter().map(|fault| fault.detail.clone()).collect();
        sentences.extend((untold > 0).then(|| format!("and {untold} more")));
        Self::new(ProblemKind::Invalid, sentences.join("; ")).with(errors)
    }

    /// There is no such thing, or it belongs to another site, which the caller cannot tell apart.
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemKind::NotFound, format!("There is no such {what} in this site."))
    }

    /// Its kind.
    pub const fn kind(&self) -> ProblemKind {
        self.kind
    }

    fn wire(&self, instance: Option<String>) -> Wire<'_> {
        let (status, code, title) = self.kind.table();
        Wire {
            r#type: self.kind.type_uri(),
            code,
            title,
            status: status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
            instance,
        }
    }
}

#[cfg(feature = "contract")]
impl utoipa::PartialSchema for Problem {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Wire::schema()
    }
}

#[cfg(feature = "contract")]
impl utoipa::ToSchema for Problem {}

/// As a part of an answer, where one thing of several could not be told.
impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.wire(None).serialize(serializer)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.kind.table().2, self.detail)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        // The cause goes to the log; the caller learns only what to do next.
        tracing::error!(%error, detail = ?error, "storage failed");
        match error {
            StoreError::Unavailable { .. } => Self::new(
                ProblemKind::Unavailable,
                "The storage did not answer in time. Send the same request again.",
            ),
            StoreError::Refused { .. } | StoreError::Corrupt { .. } => {
                Self::new(ProblemKind::Internal, "The request could not be carried out.")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, _, _) = self.kind.table();
        let instance = (self.kind == ProblemKind::Internal).then(|| {
            let id = ulid::Ulid::new().to_string();
            tracing::error!(instance = id, "answered 500");
            id
        });
        let body = serde_json::to_vec(&self.wire(instance)).unwrap_or_default();
        let content_type = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, content_type)], body).into_response();
        let headers = response.headers_mut();
        if self.kind == ProblemKind::Unavailable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if self.kind == ProblemKind::NoKey {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<_> =
            ProblemKind::ALL.iter().map(|kind| kind.table().1).collect();
        assert_eq!(codes.len(), ProblemKind::ALL.len());
    }

    #[test]
    fn a_problem_lists_so_many_faults_and_counts_the_others() {
        let problem = Problem::invalid(vec![Fault::new("a", "b", "c"); 60]);
        assert_eq!(problem.errors.len(), 50);
        assert!(problem.detail.ends_with("; c; and 10 more"), "{}", problem.detail);
        assert_eq!(Problem::invalid(vec![Fault::new("a", "b", "c"); 2]).detail, "c; c");
    }
}
