//! Encoding: answers are packed where the caller can unpack them, and none is larger than Lambda returns.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::http::{App, Problem, ProblemKind};

/// What is smaller is sent as it is: a packet holds it either way.
const LEAST_PACKED: u16 = 1_000;
/// The largest body, in bytes as it travels: Lambda returns 6 MiB, headers and quotes included.
const LARGEST_ANSWER: usize = 6_000_000;

/// Packs what routes answer, and holds it to what can be delivered.
pub fn encoded(routes: Router<App>) -> Router<App> {
    let packing = CompressionLayer::new().compress_when(SizeAbove::new(LEAST_PACKED));
    routes.route_layer(packing).route_layer(from_fn(deliverable))
}

/// Answers with a problem where a body is too large to be delivered, on Lambda or not: clients see one system.
async fn deliverable(request: Request, next: Next) -> Response {
    let (parts, body) = next.run(request).await.into_parts();
    let mut response = match to_bytes(body, usize::MAX).await {
        Ok(bytes) if travelling(&parts.headers, &bytes) <= LARGEST_ANSWER => {
            Response::from_parts(parts, Body::from(bytes))
        }
        Ok(_) => {
            let detail = "The answer would be larger than 6 MB. Ask for fewer days or rows, choose metrics=, or accept gzip.";
            Problem::new(ProblemKind::Invalid, detail).into_response()
        }
        Err(_) => Problem::new(ProblemKind::Internal, "The answer could not be written.").into_response(),
    };
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// How many bytes a body takes within the document that a function returns: a text is escaped there, and anything
/// else written in base64.
fn travelling(headers: &HeaderMap, bytes: &Bytes) -> usize {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let is_text = kind.starts_with("text/")
        || kind == "application/json"
        || kind.ends_with("+json")
        || kind.ends_with("+xml");
    if is_text && !headers.contains_key(header::CONTENT_ENCODING) {
        let escapes =
            bytes.iter().filter(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t')).count();
        let controls = bytes.iter().filter(|byte| byte.is_ascii_control()).count();
        return bytes.len() + escapes + 5 * controls;
    }
    bytes.len().div_ceil(3) * 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_travels_escaped_and_all_else_in_base64() {
        let of = |kind: &'static str, packed: bool, bytes: &'static [u8]| {
            let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
            if packed {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            travelling(&headers, &Bytes::from_static(bytes))
        };
        assert_eq!(of("application/json", false, b"{\"a\":1}"), 9);
        assert_eq!(of("text/csv; charset=utf-8", false, b"a\r\n"), 3 + 2 + 10);
        assert_eq!(of("application/json", true, b"{\"a\":1}"), 12);
        assert_eq!(of("application/x-ndjson", false, b"abcd"), 8);
    }
}
