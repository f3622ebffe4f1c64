//! CSV as RFC 4180 has it, of which no cell is a formula to a spreadsheet.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

use super::sheet::{Cell, Sheet};

/// What makes Excel, `LibreOffice` and Google Sheets take a text for a formula, its wide forms included.
const FORMULA: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
/// What some spreadsheets divide cells by, whatever the quotes say.
const DIVIDERS: [char; 4] = [';', '\t', '\r', '\n'];

/// A sheet as CSV: a header, rows that end in CRLF, an undefined figure as an empty cell.
///
/// A `byte_order_mark` tells Excel that the text is UTF-8.
pub(super) fn write(sheet: &Sheet, byte_order_mark: bool) -> Vec<u8> {
    let mut text = if byte_order_mark { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(&mut text);
    // Writing into memory cannot fail, and every row has a cell for each column.
    let _ = writer.write_record(&sheet.names);
    for row in &sheet.rows {
        let _ = writer.write_record(row.iter().map(|cell| {
            let text = match cell {
                Cell::Text(text) => harmless(text),
                _ => Cow::Borrowed(cell.text()),
            };
            text.into_owned()
        }));
    }
    let _ = writer.flush();
    drop(writer);
    text
}

/// A text behind an apostrophe, where a spreadsheet would take it, or a part that it cuts off, for a formula.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let mut safe = String::with_capacity(text.len() + 1);
    for part in text.split_inclusive(DIVIDERS) {
        // Blanks and quotes in front are dropped by some before they look.
        let begins = part.trim_start_matches(|letter: char| {
            !FORMULA.contains(&letter)
                && (letter.is_whitespace() || letter.is_control() || "\"'\u{feff}\u{200b}".contains(letter))
        });
        if begins.starts_with(FORMULA) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    if safe == text { Cow::Borrowed(text) } else { Cow::Owned(safe) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sheet(cells: Vec<Cell>) -> Sheet {
        Sheet { names: (0..cells.len()).map(|number| format!("c{number}")).collect(), rows: vec![cells] }
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![".{0,12}", "[=+@\t\r\n;,\"' -]{0,4}[a-c=\n,\"]{0,4}", "[\u{ff1d}\u{ff0b} =a]{0,4}"]
    }

    #[test]
    fn formulas_are_disarmed_and_numbers_left_alone() {
        for (text, expected) in [
            ("spring", "spring"),
            ("2026-11-01", "2026-11-01"),
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("\"=1", "'\"=1"),
            ("'=1", "''=1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("a;=1", "a;'=1"),
            ("a-b=c", "a-b=c"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
        let written =
            write(&sheet(vec![Cell::Number("-5.25".to_owned()), Cell::Empty, Cell::Flag(true)]), false);
        assert_eq!(String::from_utf8(written).unwrap(), "c0,c1,c2\r\n-5.25,,true\r\n");
    }

    #[test]
    fn a_byte_order_mark_stands_before_the_header() {
        assert!(write(&sheet(vec![Cell::Empty]), true).starts_with("\u{feff}c0".as_bytes()));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again_and_nothing_in_it_is_a_formula(cells in prop::collection::vec(texts(), 1..5)) {
            let written = write(&sheet(cells.iter().cloned().map(Cell::Text).collect()), false);
            let mut reader = csv::Reader::from_reader(written.as_slice());
            let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(rows.len(), 1);
            for (read, sent) in rows[0].iter().zip(&cells) {
                prop_assert!(!read.starts_with(FORMULA), "{:?}", read);
                prop_assert!(!read.trim_start().starts_with(['=', '+', '-', '@']), "{:?}", read);
                prop_assert_eq!(read, harmless(sent));
                prop_assert_eq!(read.replace('\'', ""), sent.replace('\'', ""));
            }
        }
    }
}
