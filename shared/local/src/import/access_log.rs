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

/// A view's time and fields; nothing where the line is malformed; an error says why it is no view.
fn read(
    pattern: &Regex,
    origin: &Url,
    visitor: Visitor,
    line: &str,
) -> Result<Option<(i64, Map<String, Value>)>, &'static str> {
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
