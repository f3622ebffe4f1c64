//! Requests as API Gateway delivers them, and a function's routes over them.

use std::fmt::Write;

use axum::Router;
use axum::http::header;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Error, LambdaEvent, Service, lambda_runtime, service_fn};
use serde::Serialize;

use super::app::App;
use super::finish::finish;
use super::log::log_to_stdout;

/// Serves a function's routes on Lambda for as long as the process lives.
pub async fn serve(routes: Router<App>) -> Result<(), Error> {
    log_to_stdout();
    run(finish(routes, App::from_env()?)).await
}

/// Serves routes that need neither the table nor a configuration.
pub async fn serve_alone(routes: Router<()>) -> Result<(), Error> {
    log_to_stdout();
    run(finish(routes, ())).await
}

async fn run(finished: Router) -> Result<(), Error> {
    lambda_runtime::run(service_fn(|event| answer(finished.clone(), event))).await
}

/// Answers one request of an HTTP API, payload format 2.0, whatever its sender made of it.
pub async fn answer(router: Router, event: LambdaEvent<LambdaRequest>) -> Result<impl Serialize, Error> {
    let LambdaEvent { payload, context } = event;
    Ok(Adapter::from(router).call(LambdaEvent::new(repaired(payload), context)).await?)
}

/// An event that `lambda_http` can make a request of. It ends the process over an address that it cannot parse,
/// and the sender chooses the host, the path and the query.
fn repaired(event: LambdaRequest) -> LambdaRequest {
    let LambdaRequest::ApiGatewayV2(mut event) = event else { return event };
    // No route asks for the host. Without one the address is the path.
    event.headers.remove(header::HOST);
    event.request_context.domain_name = None;
    let stage = event.request_context.stage.take().map(|stage| format!("/{stage}"));
    event.raw_path = event.raw_path.map(|path| {
        let inner = stage.and_then(|stage| path.strip_prefix(&stage)).filter(|inner| inner.starts_with('/'));
        escaped(inner.unwrap_or(&path), "?#\\")
    });
    event.raw_query_string = event.raw_query_string.map(|query| escaped(&query, "#"));
    LambdaRequest::ApiGatewayV2(event)
}

/// Escapes what no address holds as it is, and `more`.
fn escaped(text: &str, more: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        let letter = char::from(byte);
        if letter.is_ascii_graphic() && !"\"<>".contains(letter) && !more.contains(letter) {
            escaped.push(letter);
        } else {
            // Writing to a text cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_address_holds_is_escaped_and_all_else_stays() {
        for (text, more, expected) in [
            ("/v1/goals/a%2Fb|^`{}[]", "?#\\", "/v1/goals/a%2Fb|^`{}[]"),
            ("/a b\u{e4}\n\u{0}\"<>", "?#\\", "/a%20b%C3%A4%0A%00%22%3C%3E"),
            ("/a?b#c\\d", "?#\\", "/a%3Fb%23c%5Cd"),
            ("from=a&to=b?#", "#", "from=a&to=b?%23"),
        ] {
            assert_eq!(escaped(text, more), expected);
        }
    }
}
