//! What every function's router shares: size limits, problems for unknown paths, the cost header, one log line.

use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::decompression::RequestDecompressionLayer;

use super::problem::{Problem, ProblemKind};
use crate::store::metered;

/// The largest body, after decompression, in bytes.
pub const LARGEST_BODY: usize = 1_000_000;

/// Completes a function's routes, or several functions' merged.
pub fn finish<S: Clone + Send + Sync + 'static>(routes: Router<S>, state: S) -> Router {
    routes
        .fallback(async || Problem::new(ProblemKind::NotFound, "No such path. GET /docs lists them."))
        .method_not_allowed_fallback(async || {
            let detail =
                "The path exists, but not with this method; the header Allow names those that it knows.";
            Problem::new(ProblemKind::MethodNotAllowed, detail)
        })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(RequestDecompressionLayer::new())
        .layer(from_fn(explain_encoding))
        .layer(from_fn(tell_cost))
        .with_state(state)
}

/// Says what is wrong with an encoding that the layer within refuses without a word.
async fn explain_encoding(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let silent = !response.headers().contains_key(header::CONTENT_TYPE);
    if response.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE && silent {
        let detail = "Send the body as it is, or compressed with gzip and content-encoding: gzip.";
        return Problem::new(ProblemKind::UnsupportedMediaType, detail).into_response();
    }
    response
}

/// Adds what the request consumed, by DynamoDB's own account.
async fn tell_cost(request: Request, next: Next) -> Response {
    // The route and not the path, in which a key may stand.
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let (mut response, cost) = metered(next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&cost.to_string()) {
        response.headers_mut().insert("reckon-cost", value);
    }
    tracing::debug!(%method, route, status = response.status().as_u16(), calls = cost.calls(), %cost, "answered");
    response
}
