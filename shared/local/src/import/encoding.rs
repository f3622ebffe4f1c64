//! The text of a table: platforms write UTF-8 or UTF-16, and a spreadsheet that saved it again writes its own.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes tell a text of two bytes a letter.
const LOOKED_AT: usize = 1_024;

/// The text of a file: by its byte order mark, else as it looks, without the mark.
pub(crate) fn decoded(bytes: &[u8]) -> String {
    let encoding = Encoding::for_bom(bytes).map_or_else(|| guessed(bytes), |(encoding, _)| encoding);
    encoding.decode(bytes).0.into_owned()
}

/// Whether a file begins like a text: no control characters but those that lay it out.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let start = decoded(bytes.get(..LOOKED_AT).unwrap_or(bytes));
    start.chars().all(|letter| letter >= ' ' || "\t\n\r\u{b}\u{c}".contains(letter))
}

fn guessed(bytes: &[u8]) -> &'static Encoding {
    let start = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    // The letters of names and numbers are mostly ASCII, whose upper bytes are zeros.
    let zeros = |place: usize| start.chunks_exact(2).filter(|pair| pair.get(place) == Some(&0)).count();
    let most = start.len().div_euclid(4).max(1);
    if zeros(1) >= most {
        UTF_16LE
    } else if zeros(0) >= most {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_in_whatever_it_was_saved() {
        let text = "Day,Campaign,Cost\n2026-11-01,Größe € 1,12.50\n";
        let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
        for (name, bytes) in [
            ("UTF-8", text.as_bytes().to_vec()),
            ("UTF-8 with its mark", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
            ("UTF-16LE with its mark", [b"\xff\xfe".as_slice(), &little].concat()),
            ("UTF-16BE with its mark", [b"\xfe\xff".as_slice(), &big].concat()),
            ("UTF-16LE", little),
            ("UTF-16BE", big),
            ("Windows-1252", WINDOWS_1252.encode(text).0.into_owned()),
        ] {
            assert_eq!(decoded(&bytes), text, "{name}");
            assert!(is_text(&bytes), "{name}");
        }
        // A picture, a program, and what is no text from a place on that no first line is.
        let later = ["a,b\n".repeat(100).as_bytes(), &[0, 1, 2]].concat();
        for bytes in [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), b"\x7fELF\x02\x01\x01\0\0\0", &later] {
            assert!(!is_text(bytes), "{bytes:?}");
        }
        assert_eq!(decoded(b""), "");
    }
}
