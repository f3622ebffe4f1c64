//! Running routes on Lambda, behind an HTTP API, whatever its clients send.

use axum::Router;
use lambda_http::http::header::HOST;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Error, LambdaEvent, Service, lambda_runtime, service_fn};

/// Runs a function's routes until Lambda ends the process.
///
/// By itself `lambda_http` panics where host, path and query make no address. They are the sender's to choose, and it
/// would cost not only the request but the process.
pub async fn run(routes: Router) -> Result<(), Error> {
    let mut routes = Adapter::from(routes);
    let answer = move |LambdaEvent { payload, context }| {
        routes.call(LambdaEvent::new(with_an_address(payload), context))
    };
    lambda_runtime::run(service_fn(answer)).await
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
    let escape = |byte: u8| {
        let plain = byte.is_ascii_graphic() && !forbidden.contains(&byte);
        if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, Request};
    use serde_json::{Value, json};

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
        with_an_address(serde_json::from_str(&event.to_string()).unwrap()).into()
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
