//! `GET /`: the dashboard, which asks the API as any other client does, and the files that it is made of.

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, May};
use reckon_core::http::{Problem, ProblemKind};

#[cfg(feature = "contract")]
use crate::conditional::Known;
use crate::served::Served;

/// What the page may do: load its own script, style and icon, ask its own host, and nothing else. Text that came in
/// with an event can then become neither markup nor code, whatever the script forgot.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; img-src 'self'; font-src 'none'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// What lies under a name with a hash never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The page names the hashes, so it is asked for again each time, at the price of a 304.
const ASK_AGAIN: &str = "no-cache";

/// What the page is guarded by.
const GUARDS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// A file that `dashboard/build` made.
macro_rules! made {
    ($kind:literal, $name:literal) => {
        Served::new(
            $kind,
            include_bytes!(concat!("../dashboard/made/", $name)),
            include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz")),
        )
    };
}

static PAGE: LazyLock<Served> = LazyLock::new(|| made!("text/html; charset=utf-8", "dashboard.html"));

/// The files of the page, by their names: what they are, the beginning of their hash, their ending.
pub static ASSETS: LazyLock<Vec<(String, Asset)>> = LazyLock::new(|| {
    [
        ("dashboard", "js", made!("text/javascript; charset=utf-8", "dashboard.js")),
        ("dashboard", "css", made!("text/css; charset=utf-8", "dashboard.css")),
        ("icon", "svg", made!("image/svg+xml", "icon.svg")),
    ]
    .map(|(what, ending, file)| {
        let hash = file.sha256.get(..16).unwrap_or_default().to_owned();
        (format!("{what}-{hash}.{ending}"), Asset(file))
    })
    .into()
});

/// A file of the page.
#[derive(Debug)]
pub struct Asset(Served);

/// `GET` and `HEAD /`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        method(get, head),
        path = "/",
        tag = "Pages",
        operation_id = "dashboard",
        summary = "Look at the dashboard",
        description = "The figures of a site in a browser. It asks for a key, which stays in the browser.",
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
    let mut response = PAGE.answer(&headers, ASK_AGAIN);
    response.headers_mut().extend(GUARDS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// Which file, and what the browser has of it.
    Named:
        segment("name", "The file's name, with its hash, as the page names it."),
        header("If-None-Match", "The ETag of what the browser has.");
}

/// `GET` and `HEAD /assets/{name}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        method(get, head),
        path = "/assets/{name}",
        tag = "Pages",
        operation_id = "asset",
        summary = "Load a file of the dashboard",
        description = "Its script, style and icon. What lies under a name with a hash never changes.",
        params(Named),
        responses(
            (
                status = 200, description = "The file",
                content((String = "text/javascript"), (String = "text/css"), (String = "image/svg+xml")),
                headers(("ETag" = String, description = "What stands for this version"))
            ),
            (status = 304, description = "The browser has it already"),
            May<ABSENT>
        )
    )
)]
pub(crate) async fn asset(address: Uri, headers: HeaderMap) -> Response {
    // As it was sent: no name of ours has to be escaped.
    let wanted = address.path().strip_prefix("/assets/").unwrap_or_default();
    match ASSETS.iter().find(|(name, _)| name == wanted) {
        Some((_, Asset(file))) => file.answer(&headers, FOR_EVER),
        None => Problem::new(
            ProblemKind::NotFound,
            "There is no such file. After an update its name is another; load the page again.",
        )
        .into_response(),
    }
}
