//! `GET /v1/openapi.json` and `GET /docs`: the contract, for programs and for people.
//!
//! Both files are made of the code by `tests/e2e/contract`, which holds them to it.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

#[cfg(feature = "contract")]
use crate::conditional::Known;
use crate::served::Served;

/// The OpenAPI document.
pub const DOCUMENT: &str = include_str!("../contract/openapi.json");

/// The same for people: one page, whose style stands within.
const PAGE: &str = include_str!("../contract/docs.html");

/// Each release may change both, so they are asked for again each time, at the price of a 304.
const ASK_AGAIN: &str = "no-cache";

/// A file of the contract.
macro_rules! made {
    ($kind:literal, $file:ident, $name:literal) => {
        LazyLock::new(|| {
            let packed = include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz"));
            Served::new($kind, $file.as_bytes(), packed)
        })
    };
}

static SERVED_DOCUMENT: LazyLock<Served> = made!("application/json", DOCUMENT, "openapi.json");
static SERVED_PAGE: LazyLock<Served> = made!("text/html; charset=utf-8", PAGE, "docs.html");

/// What the page may do: nothing but look as its own style says, which is known by its hash.
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = PAGE.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    let hash = STANDARD.encode(Sha256::digest(style.map_or("", |(style, _)| style)));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
});

/// `GET` and `HEAD /v1/openapi.json`. Any page may read it: it says nothing of anybody.
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        method(get, head),
        path = "/v1/openapi.json",
        tag = "Pages",
        operation_id = "document",
        summary = "Load this document",
        description = "The OpenAPI document of every route.",
        params(Known),
        responses(
            (
                status = 200, description = "The document",
                body = Object, content_type = "application/json",
                headers(("ETag" = String, description = "What stands for this version"))
            ),
            (status = 304, description = "The browser has it already")
        )
    )
)]
pub(crate) async fn document(headers: HeaderMap) -> Response {
    let mut response = SERVED_DOCUMENT.answer(&headers, ASK_AGAIN);
    let open = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    response.headers_mut().extend(open.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// `GET` and `HEAD /docs`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        method(get, head),
        path = "/docs",
        tag = "Pages",
        operation_id = "read_docs",
        summary = "Read this document",
        description = "The same for people, as one page.",
        params(Known),
        responses(
            (
                status = 200, description = "The page",
                body = String, content_type = "text/html",
                headers(("ETag" = String, description = "What stands for this version"))
            ),
            (status = 304, description = "The browser has it already")
        )
    )
)]
pub(crate) async fn page(headers: HeaderMap) -> Response {
    let mut response = SERVED_PAGE.answer(&headers, ASK_AGAIN);
    if let Ok(policy) = HeaderValue::from_str(&CONTENT_SECURITY_POLICY) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
