//! The dashboard's page and files: what guards them, how they are kept and packed, and that nobody needs a key.

use std::collections::BTreeSet;
use std::io::Read;

use axum::body::Body;
use axum::http::{Method, Request, header};
use flate2::read::GzDecoder;
use pages::{ASSETS, CONTENT_SECURITY_POLICY};
use reckon_core::http::sha256_hex;

use crate::support::{Answer, World};
use crate::template::template_routes;

const NOW: &str = "2026-11-23T05:00:30Z";
/// The most that the page and its files may take on their way, packed: with the answers of the API it has 100 KB.
const LARGEST: usize = 50_000;

async fn get(world: &World, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.send(request.body(Body::empty()).unwrap()).await
}

fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn unpacked(answer: &Answer) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(answer.body.as_slice()).read_to_end(&mut plain).unwrap();
    plain
}

/// The page, and the paths that it names.
async fn page(world: &World) -> (String, BTreeSet<String>) {
    let page = String::from_utf8(get(world, Method::GET, "/", &[]).await.body).unwrap();
    let named = page.split('"').filter(|part| part.starts_with('/')).map(str::to_owned).collect();
    (page, named)
}

#[tokio::test]
async fn the_page_is_guarded_and_asked_for_each_time() {
    let world = World::new(NOW).await;
    let answer = get(&world, Method::GET, "/", &[]).await;
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-cache"),
        ("vary", "accept-encoding"),
        ("x-robots-tag", "noindex"),
        ("set-cookie", ""),
        ("access-control-allow-origin", ""),
    ] {
        assert_eq!(text(&answer, name), value, "{name}");
    }
    let policy: Vec<_> = CONTENT_SECURITY_POLICY.split("; ").collect();
    for directive in
        ["default-src", "base-uri", "form-action", "frame-ancestors", "font-src", "trusted-types"]
    {
        assert!(policy.contains(&&*format!("{directive} 'none'")), "{directive}");
    }
    for directive in ["script-src", "style-src", "connect-src", "img-src"] {
        assert!(policy.contains(&&*format!("{directive} 'self'")), "{directive}");
    }
    assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
}

#[tokio::test]
async fn the_page_names_its_files_and_no_other_host() {
    let world = World::new(NOW).await;
    let (page, named) = page(&world).await;
    let served: BTreeSet<_> = ASSETS.iter().map(|(name, _)| format!("/assets/{name}")).collect();
    // It names the API as well, in a sentence for browsers without scripts.
    assert!(served.is_subset(&named) && named.len() == served.len(), "{named:?} are not {served:?}");
    for word in ["http:", "https:", "//", "style=", "onload", "<script>", "<style>"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[tokio::test]
async fn files_are_kept_for_ever_under_the_name_of_their_content() {
    let world = World::new(NOW).await;
    let (_, named) = page(&world).await;
    for path in &named {
        let plain = get(&world, Method::GET, path, &[]).await;
        assert_eq!(plain.status, 200, "{path}");
        assert_eq!(text(&plain, "cache-control"), "public, max-age=31536000, immutable", "{path}");
        assert_eq!(text(&plain, "x-content-type-options"), "nosniff", "{path}");
        let hash = sha256_hex(std::str::from_utf8(&plain.body).unwrap());
        assert_eq!(text(&plain, "etag"), format!("\"{hash}\""), "{path}");
        assert!(path.contains(&hash[..16]), "{path} is not named after its content");
        let kind = match path.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(text(&plain, "content-type"), kind);
    }
    for strange in
        ["/assets/dashboard.js", "/assets/dashboard-0123456789abcdef.js", "/assets/%FF", "/assets/.."]
    {
        let answer = get(&world, Method::GET, strange, &[]).await;
        assert_eq!(
            (answer.status, text(&answer, "content-type")),
            (404, "application/problem+json"),
            "{strange}"
        );
    }
}

#[tokio::test]
async fn whoever_takes_gzip_gets_gzip_and_each_form_has_its_tag() {
    let world = World::new(NOW).await;
    let (_, mut paths) = page(&world).await;
    paths.insert("/".to_owned());
    let mut size = 0;
    for path in &paths {
        let plain = get(&world, Method::GET, path, &[]).await;
        let packed = get(&world, Method::GET, path, &[("accept-encoding", "gzip, deflate, br")]).await;
        assert_eq!((text(&plain, "content-encoding"), text(&packed, "content-encoding")), ("", "gzip"));
        assert_eq!(unpacked(&packed), plain.body, "{path}");
        assert_eq!((text(&plain, "vary"), text(&packed, "vary")), ("accept-encoding", "accept-encoding"));
        assert_ne!(text(&plain, "etag"), text(&packed, "etag"), "{path}");
        size += packed.body.len();

        let refused = get(&world, Method::GET, path, &[("accept-encoding", "gzip;q=0, br")]).await;
        assert_eq!((text(&refused, "content-encoding"), &refused.body), ("", &plain.body));
        for (encoding, answer) in [("gzip", &packed), ("identity", &plain)] {
            let tag = text(answer, "etag");
            for (known, status) in
                [(tag.to_owned(), 304), (format!("W/{tag}"), 304), ("\"other\"".to_owned(), 200)]
            {
                let headers = [("accept-encoding", encoding), (header::IF_NONE_MATCH.as_str(), &*known)];
                let again = get(&world, Method::GET, path, &headers).await;
                assert_eq!((again.status, text(&again, "etag")), (status, tag), "{path} {encoding} {known}");
                assert_eq!(again.body.is_empty(), status == 304);
                assert_eq!(text(&again, "cache-control"), text(answer, "cache-control"));
                assert_eq!(text(&again, "content-security-policy"), text(answer, "content-security-policy"));
            }
            // The other form's tag stands for other bytes.
            let other = text(if encoding == "gzip" { &plain } else { &packed }, "etag");
            let headers = [("accept-encoding", encoding), ("if-none-match", other)];
            assert_eq!(get(&world, Method::GET, path, &headers).await.status, 200, "{path} {encoding}");
        }
        let head = get(&world, Method::HEAD, path, &[("accept-encoding", "gzip")]).await;
        assert_eq!((head.status, head.body.len(), text(&head, "etag")), (200, 0, text(&packed, "etag")));
        assert_eq!(text(&head, "content-length"), packed.body.len().to_string());
    }
    assert!(size < LARGEST, "{size} bytes, packed");
}

#[tokio::test]
async fn nothing_of_it_needs_the_table() {
    let world = World::new(NOW).await;
    world.spy.refuse(|_, _| true);
    let routes = template_routes();
    let mut tried = 0;
    for (_, method, path) in routes.iter().filter(|(function, ..)| function == "pages") {
        let path = path.replace("{name}", &ASSETS[0].0);
        let answer = get(&world, method.parse().unwrap(), &path, &[]).await;
        assert_eq!(answer.status, 200, "{method} {path}");
        assert_eq!(text(&answer, "reckon-cost"), "rru=0, wru=0", "{method} {path}");
        tried += 1;
    }
    assert_eq!(tried, 10);
    assert_eq!(crate::template::VERBS.iter().find(|(name, _)| *name == "pages").unwrap().1.len(), 0);
}

#[tokio::test]
async fn reports_are_packed_for_whoever_takes_it() {
    let world = World::new(NOW).await;
    let path = "/v1/reports/timeseries?from=2026-10-01&to=2026-10-31";
    let bearer = format!("Bearer {}", world.read);
    let plain = get(&world, Method::GET, path, &[("authorization", &bearer)]).await;
    let headers = [("authorization", &*bearer), ("accept-encoding", "gzip")];
    let packed = get(&world, Method::GET, path, &headers).await;
    assert_eq!((text(&plain, "content-encoding"), text(&packed, "content-encoding")), ("", "gzip"));
    assert_eq!(unpacked(&packed), plain.body);
    assert!(packed.body.len() * 8 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
    assert_eq!(text(&packed, "vary"), "accept, accept-encoding, authorization");
}
