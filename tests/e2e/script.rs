//! The script that pages load: its headers, its size, and that the committed one is what stands behind them.

use std::io::Write;

use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use reckon_core::http::sha256_hex;

use crate::support::{Answer, World};

const NOW: &str = "2026-11-23T05:00:30Z";
/// The most that a page has to load for it, compressed, in bytes.
const LARGEST: usize = 2_048;

async fn get(world: &World, method: Method, query: &str, known: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("/v1/reckon.js{query}"));
    if let Some(known) = known {
        request = request.header(header::IF_NONE_MATCH, known);
    }
    world.send(request.header(header::ORIGIN, "https://anybody.example").body(Body::empty()).unwrap()).await
}

fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_script_is_handed_to_every_page_with_its_hashes() {
    let world = World::new(NOW).await;
    let answer = get(&world, Method::GET, "", None).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, pages::SCRIPT.as_bytes()));
    let hash = sha256_hex(pages::SCRIPT);
    assert!(hash.starts_with(pages::version()));
    for (name, value) in [
        ("content-type", "text/javascript; charset=utf-8"),
        ("cache-control", "public, max-age=3600, stale-while-revalidate=86400"),
        ("etag", &format!("\"{hash}\"")),
        ("access-control-allow-origin", "*"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("reckon-integrity", pages::integrity()),
        // The same for every page, or caches would keep one for each.
        ("vary", ""),
    ] {
        assert_eq!(text(&answer, name), value, "{name}");
    }
    let hash = STANDARD.decode(pages::integrity().strip_prefix("sha384-").unwrap()).unwrap();
    assert_eq!(hash.len(), 48);

    let head = get(&world, Method::HEAD, "", None).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(text(&head, "etag"), text(&answer, "etag"));
    assert_eq!(text(&head, "content-length"), pages::SCRIPT.len().to_string());
}

#[tokio::test]
async fn who_has_the_script_is_not_sent_it_again() {
    let world = World::new(NOW).await;
    let tag = format!("\"{}\"", sha256_hex(pages::SCRIPT));
    for (known, status) in [
        (tag.clone(), 304),
        (format!("W/{tag}"), 304),
        (format!("\"another\", {tag}"), 304),
        ("*".to_owned(), 304),
        ("\"another\"".to_owned(), 200),
        (tag.replace('"', ""), 200),
    ] {
        let answer = get(&world, Method::GET, "", Some(&known)).await;
        assert_eq!(answer.status, status, "{known}");
        assert_eq!(answer.body.is_empty(), status == 304, "{known}");
        assert_eq!((text(&answer, "etag"), text(&answer, "access-control-allow-origin")), (&*tag, "*"));
    }
}

#[tokio::test]
async fn an_address_that_names_the_version_is_kept_for_a_year() {
    let world = World::new(NOW).await;
    let hash = sha256_hex(pages::SCRIPT);
    for (query, for_ever) in [
        (format!("?v={}", pages::version()), true),
        (format!("?v={hash}"), true),
        (format!("?utm_source=x&v={}", pages::version()), true),
        // An older page's version: it gets the script of today, and asks again soon.
        ("?v=0123456789abcdef".to_owned(), false),
        (format!("?v={hash}0"), false),
        (format!("?v={}", &hash[..7]), false),
        ("?v=".to_owned(), false),
        ("?v=%ff&&&=".to_owned(), false),
    ] {
        let answer = get(&world, Method::GET, &query, None).await;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(text(&answer, "cache-control").contains("immutable"), for_ever, "{query}");
    }
}

#[test]
fn the_script_weighs_less_than_two_kilobytes() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(pages::SCRIPT.as_bytes()).unwrap();
    let size = packed.finish().unwrap().len();
    assert!(size < LARGEST, "{size} bytes, compressed");
}

#[test]
fn the_script_sets_no_cookie_and_names_no_other_host() {
    let source = include_str!("../../functions/pages/script/reckon.js");
    let code: String = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    for script in [pages::SCRIPT, &code] {
        for word in ["cookie", "http://", "https://", "eval", "Function(", "innerHTML"] {
            assert!(!script.contains(word), "{word}");
        }
    }
}
