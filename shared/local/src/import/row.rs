//! What is read of a file: events, each with its line, and what became of the other lines.

use std::collections::{BTreeMap, HashMap};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// An event of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The line that it stands on, behind the file's name where there are several.
    pub line: Line,
    /// When it happened, in milliseconds since 1970.
    pub at: i64,
    /// Its id: the file's own, or the hash of what it says.
    pub id: String,
    /// Whether the id is a hash, to which a number is added where rows are equal.
    pub hashed: bool,
    /// Everything else that is sent.
    pub fields: Map<String, Value>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The file's name, where there are several.
    pub file: Option<String>,
    /// Its number, from 1.
    pub number: u64,
}

impl std::fmt::Display for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.file {
            Some(file) => write!(formatter, "{file}, line {}", self.number),
            None => write!(formatter, "line {}", self.number),
        }
    }
}

/// What a file holds.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The events.
    pub rows: Vec<Row>,
    /// Lines that cannot be read, and why.
    pub rejected: Vec<(Line, String)>,
    /// How many lines are no events, by the reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// How many lines there are.
    pub lines: u64,
    /// How many of them are headers.
    pub headers: u64,
    /// What was guessed of the file, for people.
    pub told: Vec<String>,
}

impl Parsed {
    /// Adds another file's content.
    pub fn extend(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.rejected.extend(other.rejected);
        self.lines += other.lines;
        self.headers += other.headers;
        self.told.extend(other.told);
        for (reason, count) in other.skipped {
            *self.skipped.entry(reason).or_default() += count;
        }
    }

    /// Names the file at each of its lines.
    pub fn name_file(&mut self, name: &str) {
        let lines = self.rows.iter_mut().map(|row| &mut row.line);
        for line in lines.chain(self.rejected.iter_mut().map(|(line, _)| line)) {
            line.file = Some(name.to_owned());
        }
        for told in &mut self.told {
            *told = format!("{name}: {told}");
        }
    }

    /// Counts a line that is no event.
    pub fn skip(&mut self, reason: &'static str) {
        *self.skipped.entry(reason).or_default() += 1;
    }

    /// Notes a line that cannot be read.
    pub fn reject(&mut self, number: u64, reason: impl Into<String>) {
        self.rejected.push((Line { file: None, number }, reason.into()));
    }
}

impl Row {
    /// An event under the id that the file gives it.
    pub fn named(number: u64, at: i64, id: String, fields: Map<String, Value>) -> Self {
        Self { line: Line { file: None, number }, at, id, hashed: false, fields }
    }

    /// An event whose id is the hash of `identity`: all that tells it from others.
    pub fn hashed(number: u64, at: i64, identity: &str, fields: Map<String, Value>) -> Self {
        let id = hash(&[&at.to_string(), identity]);
        Self { line: Line { file: None, number }, at, id, hashed: true, fields }
    }

    /// The event as it is sent.
    pub fn json(&self) -> Value {
        let mut fields = self.fields.clone();
        let time = chrono::DateTime::from_timestamp_millis(self.at).unwrap_or_default();
        let time = time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        fields.insert("id".to_owned(), Value::String(self.id.clone()));
        fields.insert("occurred_at".to_owned(), Value::String(time));
        Value::Object(fields)
    }
}

/// Tells equal rows apart by how many of them there are, so that all count, in whatever order they stand.
pub(super) fn number_repeats(rows: &mut [Row]) {
    let mut seen: HashMap<String, u64> = HashMap::new();
    for row in rows.iter_mut().filter(|row| row.hashed) {
        let number = seen.entry(row.id.clone()).or_default();
        *number += 1;
        if *number > 1 {
            row.id = hash(&[&row.id, &number.to_string()]);
        }
    }
}

/// 128 bits of a hash, as an id.
pub(super) fn hash(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(digest.finalize().get(..16).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(number: u64, value: &str) -> Row {
        let fields = json!({"kind": "sale", "value": value}).as_object().unwrap().clone();
        Row::hashed(number, 1_000, value, fields)
    }

    #[test]
    fn equal_rows_stay_distinct_and_their_order_does_not_matter() {
        let ids = |values: &[&str]| {
            let mut rows: Vec<Row> = (1..).zip(values).map(|(number, value)| row(number, value)).collect();
            number_repeats(&mut rows);
            let mut ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
            ids.sort();
            ids
        };
        let straight = ids(&["1", "2", "1", "1"]);
        assert_eq!(ids(&["1", "1", "1", "2"]), straight);
        let mut distinct = straight.clone();
        distinct.dedup();
        assert_eq!(distinct.len(), 4);
        assert!(straight.iter().all(|id| id.len() == 22));
    }

    #[test]
    fn an_id_of_the_file_stays() {
        let mut rows = vec![Row::named(1, 0, "order-1".to_owned(), Map::new()); 2];
        number_repeats(&mut rows);
        assert!(rows.iter().all(|row| row.id == "order-1"));
    }
}
