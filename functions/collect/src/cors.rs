//! Cross-origin requests: preflights carry no key, so any origin passes them; the POST itself is held to the key.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use reckon_core::domain::event::Trust;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::{Problem, ProblemKind};

/// Answers a preflight, which carries no key: any origin passes.
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        options,
        path = "/v1/events",
        tag = "Events",
        operation_id = "preflight",
        summary = "Answer a browser's preflight",
        description = "It says that pages may send; which of them, the key decides.",
        responses((status = 204, description = "Pages may send", headers(
            ("Access-Control-Allow-Methods" = String, description = "`POST`"),
            ("Access-Control-Allow-Headers" = String, description = "What a page may send beside the body"),
            ("Access-Control-Max-Age" = String, description = "For how many seconds a browser remembers it")
        )))
    )
)]
pub(crate) async fn preflight() -> impl IntoResponse {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST")),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, content-encoding"),
        ),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
    ];
    (StatusCode::NO_CONTENT, headers)
}

/// Lets the page that asked read the answer, problems included.
pub(crate) async fn allow(request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("reckon-cost, retry-after"),
        );
    }
    response
}

/// Holds a publish key, which anybody can read in a page, to the pages of its site.
pub(crate) fn hold_to_origins(site: &Site, trust: Trust, headers: &HeaderMap) -> Result<(), Problem> {
    if trust == Trust::Secret || !stands(Guard::OriginHeld) {
        return Ok(());
    }
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    match origin {
        Some(origin) if site.allows_origin(origin) => Ok(()),
        Some(origin) => Err(Problem::new(
            ProblemKind::Forbidden,
            format!(
                "Pages of {origin:.100} may not use this key. Add the origin to the site with PATCH /v1/sites."
            ),
        )),
        None => Err(Problem::new(
            ProblemKind::Forbidden,
            "A publish key is for pages, whose browser names their origin. Servers use a write key.",
        )),
    }
}
