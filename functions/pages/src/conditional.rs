//! What a browser says that it has, and what it can unpack.

use axum::http::{HeaderMap, HeaderName, header};

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// What the browser has.
    pub(crate) Known: header("If-None-Match", "The ETag of what the browser has.");
}

/// Whether the browser already has what a tag stands for.
pub(crate) fn has_it(headers: &HeaderMap, tag: &str) -> bool {
    // A proxy that compresses the answer weakens its tag, which says nothing against using it again.
    listed(headers, &header::IF_NONE_MATCH)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Whether the browser takes gzip: named and not with a weight of zero, or meant by `*` and not named.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let weight_of = |wanted: &str| {
        listed(headers, &header::ACCEPT_ENCODING).find_map(|choice| {
            let (name, rest) = choice.split_once(';').unwrap_or((choice, ""));
            let weight = rest.trim().strip_prefix("q=").unwrap_or("1");
            name.trim().eq_ignore_ascii_case(wanted).then(|| !weight.trim_matches(['0', '.']).is_empty())
        })
    };
    weight_of("gzip").or_else(|| weight_of("*")).unwrap_or(false)
}

/// The members of a list header, of all its lines.
fn listed<'a>(headers: &'a HeaderMap, name: &'a HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn gzip_is_taken_where_it_is_named_or_anything_goes() {
        for (lines, taken) in [
            (&["gzip, deflate, br, zstd"][..], true),
            (&["br;q=1.0, gzip;q=0.8"], true),
            (&["br", "GZIP"], true),
            (&["*"], true),
            (&["*;q=0.1"], true),
            (&["gzip;q=0"], false),
            (&["gzip; q=0.000, *"], false),
            (&["identity"], false),
            (&["xgzip, br"], false),
            (&[""], false),
            (&[], false),
        ] {
            let lines = lines.iter().map(|line| (header::ACCEPT_ENCODING, HeaderValue::from_static(line)));
            let mut headers = HeaderMap::new();
            lines.for_each(|(name, line)| {
                headers.append(name, line);
            });
            assert_eq!(takes_gzip(&headers), taken, "{headers:?}");
        }
    }
}
