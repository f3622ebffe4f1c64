//! The id in a path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::problem::{Problem, ProblemKind};

/// The `{id}` of a path. One that is no text names nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(id) =
            path.map_err(|_| Problem::new(ProblemKind::NotFound, "The id in the path is no text in UTF-8."))?;
        Ok(Self(id))
    }
}
