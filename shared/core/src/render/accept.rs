//! Formats, and which of them a caller prefers, as RFC 9110 has it in section 12.5.1.

use mediatype::names::{_STAR, Q};
use mediatype::{MediaTypeList, ReadParams};

use crate::domain::decimal::Decimal;

/// A way of writing an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    /// The nested document, or flat rows where a table is asked for.
    Json,
    /// Flat rows as RFC 4180 has them.
    Csv,
    /// Flat rows, a JSON object a line.
    Ndjson,
    /// A chart.
    Svg,
}

impl Format {
    /// Every format; the first is the one without a wish.
    pub(crate) const ALL: [Self; 4] = [Self::Json, Self::Csv, Self::Ndjson, Self::Svg];

    /// Those that rows come in, whether they can be drawn or not.
    pub(crate) const ROWS: [Self; 3] = [Self::Json, Self::Csv, Self::Ndjson];

    /// Its name in `?format=`, and the media type that it is sent as.
    pub(crate) const fn described(self) -> (&'static str, &'static str) {
        match self {
            Self::Json => ("json", "application/json"),
            Self::Csv => ("csv", "text/csv; charset=utf-8; header=present"),
            Self::Ndjson => ("ndjson", "application/x-ndjson"),
            Self::Svg => ("svg", "image/svg+xml"),
        }
    }

    /// What it is asked for with, beside what it is sent as: names that were in use before there was a registered one.
    const fn asked_as(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Json => &[("application", "json"), ("text", "json")],
            Self::Csv => &[("text", "csv")],
            Self::Ndjson => {
                &[("application", "x-ndjson"), ("application", "ndjson"), ("application", "jsonl")]
            }
            Self::Svg => &[("image", "svg+xml")],
        }
    }
}

/// The format of those `served` that an `Accept` header prefers, or none where it accepts none of them.
///
/// Of two that are wanted alike the first served is taken. A range that cannot be read is passed over, and a header
/// without any range accepts everything.
pub(super) fn preferred(accept: &str, served: &[Format]) -> Option<Format> {
    let ranges: Vec<_> = MediaTypeList::new(accept).filter_map(Result::ok).collect();
    if ranges.is_empty() {
        return served.first().copied();
    }
    let quality = |(place, (kind, name)): (usize, &(&str, &str))| {
        // The most specific range decides, whatever stands before or behind it.
        let matching = ranges.iter().filter_map(|range| {
            let whole = format!(
                "{}{}",
                range.subty,
                range.suffix.map(|suffix| format!("+{suffix}")).unwrap_or_default()
            );
            let exact = range.ty == *kind && whole.eq_ignore_ascii_case(name);
            // A range means what is sent; other names are meant only where they are named.
            let of_kind = place == 0 && range.ty == *kind && range.subty == _STAR;
            let any = place == 0 && range.ty == _STAR && range.subty == _STAR;
            let specific = [any, of_kind, exact].iter().rposition(|matches| *matches)?;
            let weight = range.get_param(Q).and_then(|weight| Decimal::parse(weight.as_str()).ok());
            Some((specific, weight.unwrap_or(Decimal::whole(1)).millionths().clamp(0, Decimal::SCALE)))
        });
        matching.max_by_key(|(specific, _)| *specific).map_or(0, |(_, weight)| weight)
    };
    let wanted = |format: Format| format.asked_as().iter().enumerate().map(quality).max().unwrap_or(0);
    let mut best: Option<(i128, Format)> = None;
    for format in served {
        let weight = wanted(*format);
        if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, *format));
        }
    }
    best.map(|(_, format)| format)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_most_is_taken_and_json_where_all_is_alike() {
        let (json, csv, ndjson, svg) =
            (Some(Format::Json), Some(Format::Csv), Some(Format::Ndjson), Some(Format::Svg));
        for (accept, expected) in [
            ("", json),
            ("*/*", json),
            ("garbage", json),
            ("text/csv", csv),
            ("TEXT/CSV", csv),
            ("text/*", csv),
            ("text/*, text/json;q=0.1, application/json;q=0.2", csv),
            ("application/json;q=0.5, text/csv", csv),
            ("application/json, text/csv;q=0.9", json),
            ("text/csv;q=0, */*", json),
            ("*/*, application/json;q=0", csv),
            ("application/x-ndjson", ndjson),
            ("application/jsonl", ndjson),
            ("image/avif,image/webp,image/svg+xml,image/*;q=0.8,*/*;q=0.5", svg),
            ("image/*", svg),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", json),
            ("text/csv; header=\"a,b\"; q=0.1, image/svg+xml; q=0.2", svg),
            ("text/csv;q=2", csv),
            ("text/html", None),
            ("application/json;q=0", None),
            ("image/png", None),
        ] {
            assert_eq!(preferred(accept, &Format::ALL), expected, "{accept}");
        }
    }

    #[test]
    fn what_is_not_served_is_not_taken() {
        let served = [Format::Json, Format::Csv];
        assert_eq!(preferred("image/svg+xml", &served), None);
        assert_eq!(preferred("image/svg+xml, text/csv;q=0.1", &served), Some(Format::Csv));
    }
}
