//! `GET /v1/reckon.js`: the script that pages load. It needs no key, and calls nothing.

use std::sync::LazyLock;

use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use reckon_core::http::sha256_hex;

use crate::conditional::has_it;

/// The script, as `script/build` makes it of `script/reckon.js`.
pub const SCRIPT: &str = include_str!("../script/reckon.min.js");

/// How much of the hash `?v=` has at least.
const SHORTEST_VERSION: usize = 8;

/// For an address that says which script it means: what lies there never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// For one that does not: a new release reaches every page within an hour, and nobody waits for it.
const FOR_AN_HOUR: &str = "public, max-age=3600, stale-while-revalidate=86400";

/// The SHA-256 of the script in hex. Its beginning is the version that `?v=` asks for.
static SHA256: LazyLock<String> = LazyLock::new(|| sha256_hex(SCRIPT));

/// The script's version, as `?v=` names it.
pub fn version() -> &'static str {
    SHA256.get(..16).unwrap_or_default()
}

/// What a page's `integrity` holds the script to: `sha384-` and the hash in base64, made with the script.
pub const fn integrity() -> &'static str {
    include_str!("../script/integrity.txt")
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// Which script, and which the browser has.
    OfScript:
        text("v", "The beginning of the script's hash: what lies there never changes."),
        header("If-None-Match", "The ETag of what the browser has.");
}

/// `GET` and `HEAD /v1/reckon.js`. Whatever else the query holds is left alone: pages put all kinds of things there.
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        method(get, head),
        path = "/v1/reckon.js",
        tag = "Pages",
        operation_id = "script",
        summary = "Load the script for pages",
        description = "The script that a page of the site loads, and which sends its events. It needs no key to be \
             loaded.",
        params(OfScript),
        responses(
            (status = 200, description = "The script", body = String, content_type = "text/javascript", headers(
                ("ETag" = String, description = "What stands for this script"),
                ("Cache-Control" = String, description = "For ever where `v` names this script, else an hour"),
                ("Reckon-Integrity" = String, description = "What a page's `integrity` holds the script to")
            )),
            (status = 304, description = "The browser has it already")
        )
    )
)]
pub(crate) async fn get_script(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let tag = format!("\"{}\"", *SHA256);
    let caching = if names_this(query.as_deref().unwrap_or_default()) { FOR_EVER } else { FOR_AN_HOUR };
    let known: [(HeaderName, &str); 5] = [
        (header::ETAG, &tag),
        (header::CACHE_CONTROL, caching),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
        (HeaderName::from_static("reckon-integrity"), integrity()),
    ];
    let mut response = if has_it(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
    };
    for (name, value) in known {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Whether a query's `v` is the beginning of this script's hash.
fn names_this(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == "v" && value.len() >= SHORTEST_VERSION && SHA256.starts_with(&*value))
}
