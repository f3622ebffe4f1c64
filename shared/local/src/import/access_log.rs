//! Access logs, as Apache and nginx write them: requests for pages become views.

use std::sync::LazyLock;

use chrono::DateTime;
use regex::Regex;
use serde_json::{Map, Value, json};
use url::Url;

use super::row::{Parsed, Row, hash};
use super::{ImportArgs, ImportError, Visitor};

/// Address, identity, user, time, request, status, size; then, in the combined format, referrer and user agent.
static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let quoted = r#""((?:[^"\\]|\\.)*)""#;
    Regex::new(&format!(r"^(\S+) \S+ \S+ \[([^\]]+)\] {quoted} (\d{{3}}) \S+(?: {quoted} {quoted})?\s*$"))
        .ok()
});

/// Files that a page is made of, or that programs ask for: requests for them are no views.
const ASSETS: [&str; 36] = [
    "atom", "avif", "bmp", "css", "csv", "eot", "gif", "gz", "ico", "jpeg", "jpg", "js", "json", "map",
    "mjs", "mp3", "mp4", "ogg", "otf", "pdf", "png", "rss", "svg", "swf", "tar", "tgz", "tif", "ttf", "txt",
    "wasm", "webm", "webp", "woff", "woff2", "xml", "zip",
];

/// Whether a text is a log, by its first line.
pub(super) fn is_log(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty());
    LINE.as_ref().zip(first).is_some_and(|(pattern, line)| pattern.is_match(line))
}

/// Reads a log.
pub(super) fn parse(text: &str, args: &ImportArgs) -> Result<Parsed, ImportError> {
    let wrong = || {
        let detail =
            "an access log needs --origin, the web origin that it is of, such as https://shop.example";
        ImportError::Options(detail.to_owned())
    };
    let origin = args.origin.as_deref().and_then(|origin| Url::parse(origin).ok()).filter(Url::has_host);
    let origin = origin.ok_or_else(wrong)?;
    let pattern = LINE.as_ref().ok_or_else(wrong)?;
    let mut parsed = Parsed::default();
    for (number, line) in (1..).zip(text.lines()) {
        parsed.lines += 1;
        if line.trim().is_empty() {
            parsed.skip("an empty line");
            continue;
        }
        match read(pattern, &origin, args.visitor, line) {
            Ok(Some((at, fields))) => parsed.rows.push(Row::hashed(number, at, line, fields)),
            Ok(None) => parsed.reject(number, "is no line of an access log"),
            Err(reason) => parsed.skip(reason),
        }
    }
    Ok(parsed)
}

/// A view's time and fields.
type View = (i64, Map<String, Value>);

/// A view; nothing where the line is malformed; an error says why it is no view.
fn read(pattern: &Regex, origin: &Url, visitor: Visitor, line: &str) -> Result<Option<View>, &'static str> {
    let Some(parts) = pattern.captures(line) else { return Ok(None) };
    let part = |number| parts.get(number).map_or("", |part| part.as_str());
    let Ok(time) = DateTime::parse_from_str(part(2), "%d/%b/%Y:%H:%M:%S %z") else { return Ok(None) };
    let request = unescape(part(3));
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method != "GET" {
        return Err("no GET request");
    }
    if !matches!(part(4), "200" | "304") {
        return Err("not answered with 200 or 304");
    }
    // Not `join`, which takes what follows two slashes for a host.
    let path = target.strip_prefix('/').ok_or("an address that is no path")?;
    let url = Url::parse(&format!("{}/{path}", origin.origin().ascii_serialization()));
    let url = url.map_err(|_| "an address that is no path")?;
    let name = url.path().rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    if ASSETS.contains(&ending.to_ascii_lowercase().as_str()) {
        return Err("a file that is no page");
    }
    let given = |number| Some(unescape(part(number))).filter(|text| text != "-");
    let agent = given(6).unwrap_or_default();
    let mut fields = Map::new();
    fields.insert("kind".to_owned(), json!("view"));
    fields.insert("url".to_owned(), json!(url.as_str()));
    if let Some(referrer) = given(5).filter(|referrer| !referrer.is_empty()) {
        fields.insert("referrer".to_owned(), json!(referrer));
    }
    if visitor == Visitor::IpAgent {
        fields.insert("visitor".to_owned(), json!(hash(&[part(1), &agent])));
    }
    fields.insert("user_agent".to_owned(), json!(agent));
    Ok(Some((time.timestamp_millis(), fields)))
}

/// Apache writes quotes as `\"` and bytes that are no text as `\xNN`.
fn unescape(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'\\', [b'x', high, low, more @ ..]) => {
                let code = [*high, *low];
                let byte = std::str::from_utf8(&code).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
                bytes.push(byte.unwrap_or(b'?'));
                rest = more;
            }
            (b'\\', [next, more @ ..]) => {
                bytes.push(*next);
                rest = more;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).chars().filter(|letter| !letter.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(line: &str, visitor: Visitor) -> Result<Option<Map<String, Value>>, &'static str> {
        let origin = Url::parse("https://shop.example").unwrap();
        let found = read(LINE.as_ref().unwrap(), &origin, visitor, line)?;
        Ok(found.map(|(_, fields)| fields))
    }

    fn line(request: &str, status: u16) -> String {
        format!(
            r#"192.0.2.7 - ann [17/May/2015:10:05:03 +0200] "{request}" {status} 12 "-" "Mozilla/5.0 \"x\" \xe4""#
        )
    }

    #[test]
    fn requests_for_pages_become_views() {
        for (request, url) in [
            ("GET / HTTP/1.1", "https://shop.example/"),
            ("GET /a/b.html?utm_source=x HTTP/1.1", "https://shop.example/a/b.html?utm_source=x"),
            ("GET //evil.example/page HTTP/1.1", "https://shop.example//evil.example/page"),
            ("GET /v1.2/ HTTP/1.0", "https://shop.example/v1.2/"),
            ("GET /old", "https://shop.example/old"),
        ] {
            let fields = view(&line(request, 200), Visitor::None).unwrap().unwrap();
            assert_eq!(fields["url"], url, "{request}");
            assert_eq!(fields["user_agent"], "Mozilla/5.0 \"x\" \u{fffd}");
            assert!(!fields.contains_key("referrer") && !fields.contains_key("visitor"));
        }
    }

    #[test]
    fn what_is_no_view_says_why() {
        for (request, status, reason) in [
            ("POST / HTTP/1.1", 200, "no GET request"),
            ("GET / HTTP/1.1", 404, "not answered with 200 or 304"),
            ("GET /style.CSS?v=1 HTTP/1.1", 200, "a file that is no page"),
            ("GET //favicon.ico HTTP/1.1", 200, "a file that is no page"),
            ("GET http://elsewhere.example/ HTTP/1.1", 200, "an address that is no path"),
            ("GET", 200, "an address that is no path"),
        ] {
            assert_eq!(view(&line(request, status), Visitor::None), Err(reason), "{request}");
        }
        for malformed in ["", "hello", "192.0.2.7 - - [yesterday] \"GET / HTTP/1.1\" 200 1"] {
            assert_eq!(view(malformed, Visitor::None), Ok(None), "{malformed}");
        }
    }

    #[test]
    fn a_visitor_is_a_hash_of_address_and_agent() {
        let fields = view(&line("GET / HTTP/1.1", 200), Visitor::IpAgent).unwrap().unwrap();
        let visitor = fields["visitor"].as_str().unwrap();
        assert!(visitor.len() == 22 && !visitor.contains("192"), "{visitor}");
    }
}
