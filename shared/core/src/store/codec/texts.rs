//! Dictionaries of texts: each text stands once, and columns refer to it by a small number.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::frame::{Blob, MOST_PLAIN};
use super::numbers::{self, Column};
use super::undecodable::Undecodable;

/// The most texts of a dictionary, and the most rows of a column.
pub(super) const MOST_ROWS: usize = 1 << 18;

/// Fewer letters than this are kept plain.
const LETTERS_FOR_ZSTD: usize = 32;

/// A dictionary as stored: all letters in one blob, and the length of each text in bytes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Stored<'a> {
    count: u32,
    #[serde(borrow)]
    lengths: Vec<Column<'a>>,
    #[serde(borrow)]
    letters: Option<Blob<'a>>,
}

/// A dictionary that grows.
#[derive(Debug, Default)]
pub(super) struct Writer {
    places: HashMap<String, usize>,
    lengths: Vec<u64>,
    letters: Vec<u8>,
}

/// A dictionary that is read in the order in which it grew.
#[derive(Debug, Default)]
pub(super) struct Reader {
    letters: String,
    /// Where each text ends.
    ends: Vec<usize>,
    /// How many texts have been referred to.
    known: usize,
    /// How many more bytes may be given out.
    left: usize,
}

impl Writer {
    /// The number for `text`: 0 for none, 1 for one not seen before, else 2 and how many came after it.
    pub(super) fn put(&mut self, text: Option<&str>) -> u64 {
        let Some(text) = text else { return 0 };
        let newest = self.lengths.len();
        if let Some(place) = self.places.get(text) {
            // A dictionary that fits in memory has fewer than 2^64 texts.
            return u64::try_from(newest - place).unwrap_or(u64::MAX).saturating_add(1);
        }
        self.places.insert(text.to_owned(), newest);
        self.lengths.push(u64::try_from(text.len()).unwrap_or(u64::MAX));
        self.letters.extend_from_slice(text.as_bytes());
        1
    }

    /// The dictionary as it is stored.
    pub(super) fn stored(self) -> Stored<'static> {
        if self.lengths.is_empty() {
            return Stored::default();
        }
        Stored {
            count: u32::try_from(self.lengths.len()).unwrap_or(u32::MAX),
            lengths: numbers::write(&self.lengths),
            letters: Some(Blob::of(self.letters, LETTERS_FOR_ZSTD)),
        }
    }
}

impl Reader {
    /// Opens a stored dictionary.
    pub(super) fn open(stored: Stored<'_>) -> Result<Self, Undecodable> {
        let count = usize::try_from(stored.count).map_err(|_| Undecodable::TooLarge)?;
        if count > MOST_ROWS {
            return Err(Undecodable::TooLarge);
        }
        let Some(letters) = stored.letters else {
            return if count == 0 { Ok(Self::default()) } else { Err(Undecodable::Truncated) };
        };
        let mut lengths = stored.lengths.into_iter();
        let mut end = 0_usize;
        let mut ends = Vec::new();
        for length in numbers::read(&mut lengths, count)? {
            end = usize::try_from(length)
                .ok()
                .and_then(|length| end.checked_add(length))
                .ok_or(Undecodable::TooLarge)?;
            ends.push(end);
        }
        let letters = String::from_utf8(letters.open(MOST_PLAIN)?.into_owned())
            .map_err(|_| Undecodable::Text("it is no UTF-8"))?;
        if end != letters.len() || lengths.next().is_some() {
            return Err(Undecodable::Mismatch("a dictionary has not the letters of its texts"));
        }
        Ok(Self { letters, ends, known: 0, left: MOST_PLAIN })
    }

    /// The text of a number that [`Writer::put`] gave, in the same order.
    pub(super) fn take(&mut self, number: u64) -> Result<Option<&str>, Undecodable> {
        const UNKNOWN: Undecodable = Undecodable::Mismatch("a text is not in the dictionary");
        let place = match number {
            0 => return Ok(None),
            1 => {
                self.known += 1;
                self.known - 1
            }
            older => {
                let back = usize::try_from(older - 1).map_err(|_| UNKNOWN)?;
                self.known.checked_sub(back).ok_or(UNKNOWN)?
            }
        };
        let end = *self.ends.get(place).ok_or(UNKNOWN)?;
        let start = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.left = self.left.checked_sub(end - start).ok_or(Undecodable::TooLarge)?;
        let text = self.letters.get(start..end);
        text.map(Some).ok_or(Undecodable::Text("it begins or ends inside a character"))
    }

    /// Refuses, once copies of texts would take more than a batch may, `bytes` more of them.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Undecodable> {
        self.left = self.left.checked_sub(bytes).ok_or(Undecodable::TooLarge)?;
        Ok(())
    }

    /// Refuses texts that nothing refers to.
    pub(super) fn finish(&self) -> Result<(), Undecodable> {
        if self.known == self.ends.len() { Ok(()) } else { Err(Undecodable::Trailing) }
    }
}
