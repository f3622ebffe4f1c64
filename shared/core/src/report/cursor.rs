//! Cursors: where the next page of an answer begins, as a text that the same question of the same site takes and no other.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::http::{Fault, Problem};

/// The name of a question of a site: of everything that is asked for but the page. Cursors hold it.
pub fn question_name(site: &str, asked: &impl Serialize) -> String {
    let text = serde_json::to_vec(&(site, asked)).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(Sha256::digest(text).get(..9).unwrap_or_default())
}

/// The text of a cursor.
pub fn write_cursor(cursor: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// Reads the text of a cursor that belongs to the question that is asked.
pub fn read_cursor<C: DeserializeOwned>(text: &str, belongs: impl FnOnce(&C) -> bool) -> Result<C, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    let cursor: Option<C> = bytes.and_then(|json| serde_json::from_slice(&json).ok());
    cursor.filter(belongs).ok_or_else(foreign_cursor)
}

/// The problem of a cursor that belongs to another question, or to none.
pub fn foreign_cursor() -> Problem {
    let detail = "the cursor belongs to another question; begin again without it, and keep every parameter";
    Problem::invalid(vec![Fault::new("cursor", "foreign_cursor", detail)])
}
