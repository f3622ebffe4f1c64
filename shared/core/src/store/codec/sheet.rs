//! The sheet: the columns of a batch one after another, their two dictionaries, and the bytes that stay plain.

use serde::{Deserialize, Serialize};

use super::numbers::{self, Column};
use super::texts::{self, MOST_ROWS};
use super::undecodable::Undecodable;

/// A sheet as `postcard` writes it. The plain bytes follow it.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    rows: u32,
    /// Bit `i` tells whether column `i` holds anything but zeros; the others are not stored.
    used: u128,
    #[serde(borrow)]
    columns: Vec<Column<'a>>,
    #[serde(borrow)]
    names: texts::Stored<'a>,
    #[serde(borrow)]
    codes: texts::Stored<'a>,
}

/// A sheet that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    place: u32,
    used: u128,
    columns: Vec<Column<'static>>,
    names: texts::Writer,
    codes: texts::Writer,
    random: Vec<u8>,
}

/// A sheet that is being read, column by column in the order in which it was written.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    place: u32,
    used: u128,
    columns: std::vec::IntoIter<Column<'a>>,
    names: texts::Reader,
    codes: texts::Reader,
    random: &'a [u8],
}

impl Writer {
    /// A column of numbers; zeros cost nothing. A sheet has room for 128 columns.
    pub(super) fn numbers(&mut self, numbers: &[u64]) {
        if numbers.iter().any(|number| *number != 0) {
            self.used |= 1 << self.place;
            self.columns.extend(numbers::write(numbers));
        }
        self.place += 1;
    }

    /// A column with a number of each row.
    pub(super) fn each<T>(&mut self, rows: &[T], number: impl Fn(&T) -> u64) {
        self.numbers(&rows.iter().map(number).collect::<Vec<_>>());
    }

    /// A column of texts that tend to repeat.
    pub(super) fn names<'t>(&mut self, texts: impl Iterator<Item = Option<&'t str>>) {
        let numbers: Vec<u64> = texts.map(|text| self.names.put(text)).collect();
        self.numbers(&numbers);
    }

    /// A column of texts that tend not to repeat, kept apart so that neither spoils the other's compression.
    pub(super) fn codes<'t>(&mut self, texts: impl Iterator<Item = Option<&'t str>>) {
        let numbers: Vec<u64> = texts.map(|text| self.codes.put(text)).collect();
        self.numbers(&numbers);
    }

    /// Bytes that no compressor would shrink.
    pub(super) fn random(&mut self, bytes: &[u8]) {
        self.random.extend_from_slice(bytes);
    }

    /// Appends the sheet of so many rows to `bytes`.
    pub(super) fn finish(self, rows: usize, mut bytes: Vec<u8>) -> Vec<u8> {
        let stored = Stored {
            rows: u32::try_from(rows).unwrap_or(u32::MAX),
            used: self.used,
            columns: self.columns,
            names: self.names.stored(),
            codes: self.codes.stored(),
        };
        // Writing plain data to a vector cannot fail.
        bytes.extend(postcard::to_stdvec(&stored).unwrap_or_default());
        bytes.extend(self.random);
        bytes
    }
}

impl<'a> Reader<'a> {
    /// Opens a sheet, and says how many rows it has.
    pub(super) fn open(bytes: &'a [u8]) -> Result<(Self, usize), Undecodable> {
        let (stored, random) = postcard::take_from_bytes::<Stored<'a>>(bytes)?;
        let sheet = Self {
            place: 0,
            used: stored.used,
            columns: stored.columns.into_iter(),
            names: texts::Reader::open(stored.names)?,
            codes: texts::Reader::open(stored.codes)?,
            random,
        };
        Ok((sheet, usize::try_from(stored.rows).map_err(|_| Undecodable::TooLarge)?))
    }

    /// The next column, of so many numbers.
    pub(super) fn numbers(&mut self, rows: usize) -> Result<Vec<u64>, Undecodable> {
        if rows > MOST_ROWS {
            return Err(Undecodable::TooLarge);
        }
        let used = self.used & (1 << self.place) != 0;
        self.place += 1;
        if used { numbers::read(&mut self.columns, rows) } else { Ok(vec![0; rows]) }
    }

    /// The next column, of texts that tend to repeat, each made into a value by `parse`.
    pub(super) fn names<T>(&mut self, rows: usize, parse: Parse<T>) -> Result<Vec<Option<T>>, Undecodable> {
        let numbers = self.numbers(rows)?;
        numbers.into_iter().map(|number| self.names.take(number)?.map(parse).transpose()).collect()
    }

    /// The next column, of texts that tend not to repeat, each made into a value by `parse`.
    pub(super) fn codes<T>(&mut self, rows: usize, parse: Parse<T>) -> Result<Vec<Option<T>>, Undecodable> {
        let numbers = self.numbers(rows)?;
        numbers.into_iter().map(|number| self.codes.take(number)?.map(parse).transpose()).collect()
    }

    /// The next plain bytes.
    pub(super) fn random<const N: usize>(&mut self) -> Result<[u8; N], Undecodable> {
        let (bytes, behind) = self.random.split_first_chunk().ok_or(Undecodable::Truncated)?;
        self.random = behind;
        Ok(*bytes)
    }

    /// Counts `bytes` of copied text against what a batch may take in memory.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Undecodable> {
        self.names.spend(bytes)
    }

    /// Refuses what nothing has asked for.
    pub(super) fn finish(mut self) -> Result<(), Undecodable> {
        self.names.finish()?;
        self.codes.finish()?;
        let unread = self.columns.next().is_some() || self.used.checked_shr(self.place).unwrap_or(0) != 0;
        if unread || !self.random.is_empty() { Err(Undecodable::Trailing) } else { Ok(()) }
    }
}

/// Makes a value of a stored text, or refuses it.
pub(super) type Parse<T> = fn(&str) -> Result<T, Undecodable>;
