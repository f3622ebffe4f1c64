//! A file that is served as it was built: plain or packed, with a tag for each, and not again to who has it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use reckon_core::http::sha256_hex;

use crate::conditional::{has_it, takes_gzip};

/// What holds of every file.
const ALWAYS: [(HeaderName, &str); 4] = [
    (header::VARY, "accept-encoding"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// A file in both its forms.
#[derive(Debug)]
pub(crate) struct Served {
    /// Its content type.
    pub(crate) kind: &'static str,
    /// The file.
    pub(crate) plain: &'static [u8],
    /// The same, packed with gzip.
    pub(crate) packed: &'static [u8],
    /// The SHA-256 of the plain form, in hex.
    pub(crate) sha256: String,
}

impl Served {
    /// A file and its packed form.
    pub(crate) fn new(kind: &'static str, plain: &'static [u8], packed: &'static [u8]) -> Self {
        Self { kind, plain, packed, sha256: sha256_hex(plain) }
    }

    /// The answer to a request with those headers; `caching` says how long it may be kept.
    pub(crate) fn answer(&self, headers: &HeaderMap, caching: &'static str) -> Response {
        let packed = takes_gzip(headers);
        // Two forms are two representations, so each has a tag of its own.
        let tag = if packed { format!("\"{}-gzip\"", self.sha256) } else { format!("\"{}\"", self.sha256) };
        let mut response = if has_it(headers, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let body = if packed { self.packed } else { self.plain };
            let mut response = ([(header::CONTENT_TYPE, self.kind)], body).into_response();
            if packed {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.extend(ALWAYS.map(|(name, value)| (name, HeaderValue::from_static(value))));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}
