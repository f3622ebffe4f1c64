//! A place in bytes that are being read.

use serde::Deserialize;

use super::undecodable::Undecodable;

/// The bytes that are still to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// At the beginning of `bytes`.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next value, as [`append`] wrote it.
    pub(super) fn next<T: Deserialize<'a>>(&mut self) -> Result<T, Undecodable> {
        let (value, rest) = postcard::take_from_bytes(self.rest)?;
        self.rest = rest;
        Ok(value)
    }

    /// The next number, as a size in memory.
    pub(super) fn size(&mut self) -> Result<usize, Undecodable> {
        usize::try_from(self.next::<u64>()?).map_err(|_| Undecodable::TooLarge)
    }

    /// The next so many bytes.
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Undecodable> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or(Undecodable::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Undecodable> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(Undecodable::Truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    /// Refuses bytes that are left over.
    pub(super) const fn finish(self) -> Result<(), Undecodable> {
        if self.rest.is_empty() { Ok(()) } else { Err(Undecodable::Trailing) }
    }
}

/// Appends a value as `postcard` writes it: a number takes a byte for every seven bits.
pub(super) fn append(bytes: &mut Vec<u8>, value: &impl serde::Serialize) {
    // Writing plain data to a vector cannot fail.
    *bytes = postcard::to_extend(value, std::mem::take(bytes)).unwrap_or_default();
}

/// A size in memory as a number.
pub(super) fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
