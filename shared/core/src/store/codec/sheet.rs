//! The sheet: the columns of a batch one after another, their two dictionaries, and the bytes that stay
//! plain.

use super::cursor::{Cursor, append, number};
use super::numbers;
use super::texts::{self, MOST_ROWS};
use super::undecodable::Undecodable;

/// A sheet that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    place: u32,
    /// Bit `i` tells whether column `i` holds anything but zeros; the others are not stored.
    used: u128,
    columns: Vec<u8>,
    names: texts::Writer,
    codes: texts::Writer,
    random: Vec<u8>,
}

/// A sheet that is being read, column by column in the order in which it was written.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    place: u32,
    used: u128,
    columns: Cursor<'a>,
    names: texts::Reader,
    codes: texts::Reader,
    random: Cursor<'a>,
}

impl Writer {
    /// A column of numbers; zeros cost nothing. A sheet has room for 128 columns, and one that was written
    /// before a column was added behind the last reads as zeros there.
    pub(super) fn numbers(&mut self, numbers: &[u64]) {
        if numbers.iter().any(|number| *number != 0) {
            self.used |= 1 << self.place;
            numbers::write(&mut self.columns, numbers);
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

    /// A column of texts each of which often is one of the `usual` ones, which cost a number and no letter.
    pub(super) fn words<'t>(&mut self, usual: &[&str], texts: impl Iterator<Item = &'t str>) {
        let number = |text| match usual.iter().position(|word| *word == text) {
            Some(place) => number(place),
            // The dictionary numbers what it has from 1 on.
            None => number(usual.len()) - 1 + self.names.put(Some(text)),
        };
        let numbers: Vec<u64> = texts.map(number).collect();
        self.numbers(&numbers);
    }

    /// Bytes that no compressor would shrink.
    pub(super) fn random(&mut self, bytes: &[u8]) {
        self.random.extend_from_slice(bytes);
    }

    /// Appends the sheet of so many rows to `bytes`.
    pub(super) fn finish(self, rows: usize, mut bytes: Vec<u8>) -> Vec<u8> {
        append(&mut bytes, &number(rows));
        append(&mut bytes, &self.used);
        self.names.finish(&mut bytes);
        self.codes.finish(&mut bytes);
        append(&mut bytes, &number(self.columns.len()));
        bytes.extend(self.columns);
        bytes.extend(self.random);
        bytes
    }
}

impl<'a> Reader<'a> {
    /// Opens a sheet, and says how many rows it has.
    pub(super) fn open(bytes: &'a [u8]) -> Result<(Self, usize), Undecodable> {
        let mut cursor = Cursor::new(bytes);
        let (rows, used) = (cursor.size()?, cursor.next()?);
        let (names, codes) = (texts::Reader::open(&mut cursor)?, texts::Reader::open(&mut cursor)?);
        let length = cursor.size()?;
        let columns = Cursor::new(cursor.bytes(length)?);
        Ok((Self { place: 0, used, columns, names, codes, random: cursor }, rows))
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

    /// The next column, of texts that [`Writer::words`] wrote beside the same `usual` ones.
    pub(super) fn words(&mut self, rows: usize, usual: &[&str]) -> Result<Vec<String>, Undecodable> {
        let numbers = self.numbers(rows)?;
        let first = number(usual.len());
        let mut word = |number: u64| -> Result<String, Undecodable> {
            let place = usize::try_from(number).ok();
            let word = match place.and_then(|place| usual.get(place)) {
                Some(word) => Some(*word),
                None => self.names.take(number - first + 1)?,
            };
            word.map(str::to_owned).ok_or(Undecodable::Mismatch("a text is missing"))
        };
        numbers.into_iter().map(&mut word).collect()
    }

    /// The next column, of one number.
    pub(super) fn number(&mut self) -> Result<u64, Undecodable> {
        Ok(self.numbers(1)?.first().copied().unwrap_or(0))
    }

    /// The next plain bytes.
    pub(super) fn random<const N: usize>(&mut self) -> Result<[u8; N], Undecodable> {
        self.random.array()
    }

    /// Counts `bytes` of copied text against what a batch may take in memory.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Undecodable> {
        self.names.spend(bytes)
    }

    /// Refuses what nothing has asked for.
    pub(super) fn finish(self) -> Result<(), Undecodable> {
        self.names.finish()?;
        self.codes.finish()?;
        self.columns.finish()?;
        self.random.finish()?;
        if self.used.checked_shr(self.place).unwrap_or(0) == 0 { Ok(()) } else { Err(Undecodable::Trailing) }
    }
}

/// Makes a value of a stored text, or refuses it.
pub(super) type Parse<T> = fn(&str) -> Result<T, Undecodable>;
