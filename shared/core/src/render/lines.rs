//! Flat rows as JSON: an object a line, or all of them in one list.

use super::sheet::Sheet;

/// Newline-delimited JSON: an object a line, nothing else.
pub(super) fn ndjson(sheet: &Sheet) -> Vec<u8> {
    let mut text = Vec::new();
    for row in sheet.flat() {
        text.extend(serde_json::to_vec(&row).unwrap_or_default());
        text.push(b'\n');
    }
    text
}

/// A list of objects, as tools take it that cannot reach into a document.
pub(super) fn table(sheet: &Sheet) -> Vec<u8> {
    serde_json::to_vec(&sheet.flat().collect::<Vec<_>>()).unwrap_or_default()
}
