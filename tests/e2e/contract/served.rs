//! The document and its page as they are served: guarded, small, asked for each time, and from no other host.

use axum::body::Body;
use axum::http::{Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::support::{Answer, World};

/// The most that either may take on its way, packed.
const LARGEST: usize = 100_000;

async fn get(world: &World, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let request = headers
        .iter()
        .fold(Request::builder().uri(path), |request, (name, value)| request.header(name, *value));
    world.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn both_are_small_packed_and_not_sent_again_to_who_has_them() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    for (path, kind) in [("/v1/openapi.json", "application/json"), ("/docs", "text/html; charset=utf-8")] {
        let packed = get(&world, path, &[(header::ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!((packed.status, packed.headers[header::CONTENT_TYPE].to_str().unwrap()), (200, kind));
        assert_eq!(packed.headers[header::CONTENT_ENCODING], "gzip");
        assert!(packed.body.len() < LARGEST, "{path} has {} bytes", packed.body.len());
        let tag = packed.headers[header::ETAG].to_str().unwrap();
        let headers = [(header::ACCEPT_ENCODING, "gzip"), (header::IF_NONE_MATCH, tag)];
        let again = get(&world, path, &headers).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
    let document = get(&world, "/v1/openapi.json", &[]).await;
    assert_eq!(document.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(document.body, pages::DOCUMENT.as_bytes());
    assert_eq!(document.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn the_page_runs_nothing_asks_no_other_host_and_leads_nowhere_that_is_not_there() {
    let world = World::new("2026-11-23T05:00:30Z").await;
    let answer = get(&world, "/docs", &[]).await;
    let page = String::from_utf8(answer.body).unwrap();
    let (_, style) = page.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src"), "{policy}");
    for word in ["<script", "<img", "<link", " style=", "url(", "@import"] {
        assert!(!page.contains(word), "{word}");
    }
    for link in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        if let Some(anchor) = link.strip_prefix('#') {
            assert!(page.contains(&format!("id=\"{anchor}\"")), "nothing has the id {anchor}");
        } else {
            assert!(["/", "/v1/openapi.json"].contains(&link), "{link}");
        }
    }
}
