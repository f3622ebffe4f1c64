//! How events and rollups become bytes: a format version, then columns, dictionaries and zstd where it helps.
//!
//! A batch keeps its events column by column. What repeats stands once in a dictionary and then as a small
//! number; numbers take as few bits as their range needs; what is random by nature (ids, hashes) stands
//! apart and plain. `postcard` writes the parts and `zstd` shrinks texts and skewed columns. Whatever bytes
//! come, reading them ends in events or in an [`Undecodable`], within bounded memory.

mod amounts;
mod arrivals;
mod batch;
mod columns;
mod cursor;
mod envelope;
mod frame;
mod ids;
mod numbers;
mod pages;
mod paths;
mod people;
mod props;
mod rows;
mod sheet;
mod texts;
mod undecodable;
mod values;
mod variants;
mod vocabulary;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub(super) use batch::{MOST_BYTES, pack_below};
pub use batch::{pack, unpack};
pub(super) use envelope::{open_envelope, seal_envelope};
pub(super) use rows::{ROWS_VERSION, pack_rows, unpack_rows};
pub use undecodable::Undecodable;
