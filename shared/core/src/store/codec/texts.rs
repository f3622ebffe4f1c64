//! Dictionaries of texts: each text stands once, and columns refer to it by a small number.

use std::collections::HashMap;

use super::cursor::{Cursor, append, number};
use super::frame::Blob;
use super::undecodable::Undecodable;
use super::vocabulary::WORDS;

/// The most texts of a dictionary, and the most rows of a column.
pub(super) const MOST_ROWS: usize = 1 << 18;

/// The most bytes of all texts of a batch, repeats and ends included. A POST holds 1 MB, and what we derive
/// from it is not much more.
pub(super) const MOST_LETTERS: usize = 8 << 20;

/// Ends each text. No UTF-8 holds this byte.
const END: u8 = 0xff;

/// Fewer letters than this are kept plain.
const LETTERS_FOR_ZSTD: usize = 32;

/// A dictionary that grows.
#[derive(Debug, Default)]
pub(super) struct Writer {
    places: HashMap<String, usize>,
    letters: Vec<u8>,
}

/// A dictionary that is read in the order in which it grew.
#[derive(Debug)]
pub(super) struct Reader {
    texts: Vec<String>,
    /// How many texts have been referred to.
    known: usize,
    /// How many more bytes may be copied. What events share is copied once more than they are many, at most.
    left: usize,
}

/// The words that zstd knows before it sees a text.
fn vocabulary() -> Vec<u8> {
    WORDS.split(' ').flat_map(|word| word.bytes().chain([END])).collect()
}

impl Writer {
    /// The number for `text`: 0 for none, 1 for one not seen before, else 2 and how many came after it.
    pub(super) fn put(&mut self, text: Option<&str>) -> u64 {
        let Some(text) = text else { return 0 };
        let newest = self.places.len();
        if let Some(place) = self.places.get(text) {
            return number(newest - place) + 1;
        }
        self.places.insert(text.to_owned(), newest);
        self.letters.extend_from_slice(text.as_bytes());
        self.letters.push(END);
        1
    }

    /// Appends the dictionary: all texts in one blob.
    pub(super) fn finish(self, bytes: &mut Vec<u8>) {
        append(bytes, &Blob::of(self.letters, LETTERS_FOR_ZSTD, &vocabulary()));
    }
}

impl Reader {
    /// Opens the dictionary that comes next.
    pub(super) fn open(cursor: &mut Cursor<'_>) -> Result<Self, Undecodable> {
        let letters = cursor.next::<Blob<'_>>()?.open(MOST_LETTERS, &vocabulary())?;
        let mut texts: Vec<String> = Vec::new();
        for text in letters.split_inclusive(|byte| *byte == END) {
            let text = text.strip_suffix(&[END]).ok_or(Undecodable::Truncated)?;
            if texts.len() == MOST_ROWS {
                return Err(Undecodable::TooLarge);
            }
            texts.push(str::from_utf8(text).map_err(|_| Undecodable::Text("it is no UTF-8"))?.to_owned());
        }
        Ok(Self { texts, known: 0, left: 2 * MOST_LETTERS })
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
        let text = self.texts.get(place).ok_or(UNKNOWN)?;
        self.left = self.left.checked_sub(text.len()).ok_or(Undecodable::TooLarge)?;
        Ok(Some(text))
    }

    /// Counts `bytes` of copied text, and refuses more than a batch may take in memory.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Undecodable> {
        self.left = self.left.checked_sub(bytes).ok_or(Undecodable::TooLarge)?;
        Ok(())
    }

    /// Refuses texts that nothing refers to.
    pub(super) fn finish(&self) -> Result<(), Undecodable> {
        if self.known == self.texts.len() { Ok(()) } else { Err(Undecodable::Trailing) }
    }
}
