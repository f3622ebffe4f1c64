//! Running routes on Lambda, behind an HTTP API, whatever its clients send.

use axum::Router;
use lambda_http::http::header::HOST;
use lambda_http::http::{HeaderName, HeaderValue};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Error, LambdaEvent, Service, lambda_runtime, service_fn};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// Runs a function's routes until Lambda ends the process.
pub async fn run(routes: Router) -> Result<(), Error> {
    let mut routes = Adapter::from(routes);
    let answer = move |LambdaEvent { payload: Sent(request), context }| {
        routes.call(LambdaEvent::new(request, context))
    };
    lambda_runtime::run(service_fn(answer)).await
}

/// A request that `lambda_http` can take.
///
/// By itself it refuses an event for one header that is not ASCII, and panics where host, path and query do not make
/// an address. Both are the sender's to choose, and either would cost the request and its events, the latter the
/// process as well.
#[derive(Debug)]
struct Sent(LambdaRequest);

impl<'de> Deserialize<'de> for Sent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Box::<RawValue>::deserialize(deserializer)?;
        serde_json::from_str(event.get())
            .or_else(|_| serde_json::from_value(without_odd_headers(serde_json::from_str(event.get())?)))
            .map(|request| Self(with_an_address(request)))
            .map_err(serde::de::Error::custom)
    }
}

/// An event without the headers that could not be read as text either, where the routes are served otherwise.
fn without_odd_headers(mut event: Value) -> Value {
    if let Some(headers) = event.get_mut("headers").and_then(Value::as_object_mut) {
        headers.retain(|name, value| {
            let value = value.as_str().unwrap_or_default();
            HeaderName::try_from(name).is_ok() && HeaderValue::from_str(value).is_ok()
        });
    }
    event
}

/// A request whose path and query can stand in an address, without a host, since no route asks for it.
fn with_an_address(mut request: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(sent) = &mut request {
        sent.headers.remove(HOST);
        sent.request_context.domain_name = None;
        let path = sent.raw_path.take().unwrap_or_default();
        let root = if path.starts_with('/') { "" } else { "/" };
        sent.raw_path = Some(format!("{root}{}", escaped(&path, b"\"#<>?\\^`{|}")));
        sent.raw_query_string = sent.raw_query_string.take().map(|query| escaped(&query, b"\"#<>"));
    }
    request
}

/// A text in which whatever no address may have is escaped. Escapes stay as they are.
fn escaped(text: &str, forbidden: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !forbidden.contains(&byte) {
            escaped.push(byte.into());
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, Request};
    use serde_json::json;

    use super::*;

    /// The request that an event becomes.
    fn request(path: &str, query: &str, headers: &Value, domain: &str) -> Request {
        let http = json!({
            "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "::1", "userAgent": "x",
        });
        let context = json!({
            "accountId": "1", "apiId": "a", "domainName": domain, "http": http, "requestId": "r", "routeKey": "$default",
            "stage": "$default", "time": "23/Nov/2026:05:07:12 +0000", "timeEpoch": 1,
        });
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers,
            "requestContext": context, "body": "{}", "isBase64Encoded": false,
        });
        let Sent(request) = serde_json::from_str(&event.to_string()).unwrap();
        request.into()
    }

    #[test]
    fn an_ordinary_request_stays_as_it_is() {
        let headers = json!({"host": "shop.example", "origin": "https://shop.example", "cookie": "a=b"});
        let request =
            request("/v1/goals/a%2Fb", "channel=sms&channel=e%20mail&a[]=b", &headers, "shop.example");
        assert_eq!(request.uri(), "/v1/goals/a%2Fb?channel=sms&channel=e%20mail&a[]=b");
        assert_eq!(request.headers()["origin"], "https://shop.example");
        assert_eq!(request.headers()["cookie"], "a=b");
        assert!(matches!(request.body(), Body::Text(text) if text == "{}"));
    }

    #[test]
    fn a_host_that_is_none_does_no_harm() {
        for host in
            ["a.execute-api.127.0.0.1:4566", "", "a b", "[::1", "a@b/c?d#e", "%", "a:99999999", "b\u{fc}cher"]
        {
            let headers = json!({"host": host, "x-forwarded-proto": ":"});
            assert_eq!(request("/v1/events", "", &headers, host).uri(), "/v1/events", "{host:?}");
        }
    }

    #[test]
    fn headers_that_are_no_text_are_left_out_and_the_others_stay() {
        let headers =
            json!({"referer": "https://b\u{fc}cher.example/", "a b": "c", "authorization": "Bearer rk"});
        let request = request("/v1/events", "", &headers, "shop.example");
        assert_eq!(request.headers().keys().collect::<Vec<_>>(), ["authorization"]);
        assert_eq!(request.headers()["authorization"], "Bearer rk");
    }

    #[test]
    fn strange_paths_and_queries_are_escaped() {
        for (path, query, expected) in [
            ("", "", "/"),
            ("v1", "", "/v1"),
            ("//", "", "//"),
            ("/v1/goals/\u{fc} ?#\\", "", "/v1/goals/%C3%BC%20%3F%23%5C"),
            ("/v1/goals/%", "%zz", "/v1/goals/%?%zz"),
            (
                "/v1/goals",
                "a=\u{fc} \"<b>\"\n#&c={d|e}^`",
                "/v1/goals?a=%C3%BC%20%22%3Cb%3E%22%0A%23&c={d|e}^`",
            ),
        ] {
            assert_eq!(
                request(path, query, &json!({}), "shop.example").uri(),
                expected,
                "{path:?} {query:?}"
            );
        }
    }
}
