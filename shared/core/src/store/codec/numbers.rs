//! Columns of numbers, each in the smallest of four forms.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::frame::Blob;
use super::undecodable::Undecodable;

/// A column of numbers whose count is known from elsewhere.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Column<'a> {
    /// The same number in every row.
    Constant(u64),
    /// What each number is above the least, in `width` bits each, the lowest bit first.
    Bits {
        /// The smallest number.
        least: u64,
        /// Bits per number, 1 to 64.
        width: u8,
        /// Exactly as many bytes as the rows need.
        #[serde(borrow)]
        bits: Cow<'a, [u8]>,
    },
    /// Each number as a varint, and the whole through zstd: for skewed numbers.
    Varints(#[serde(borrow)] Blob<'a>),
    /// Nearly always `common`. Two more columns follow: how many rows lie before each exception since the last
    /// one, and the exceptions.
    Sparse {
        /// The usual number.
        common: u64,
        /// How many rows differ.
        exceptions: u32,
    },
}

/// Fewer rows are not worth a zstd frame's own bytes.
const ROWS_FOR_ZSTD: usize = 48;

/// `numbers`, at least one, as one column, or as three where the first is [`Column::Sparse`].
pub(super) fn write(numbers: &[u64]) -> Vec<Column<'static>> {
    let plain = vec![dense(numbers)];
    match sparse(numbers) {
        Some(sparse) if size(&sparse) < size(&plain) => sparse,
        _ => plain,
    }
}

/// The next column of `columns`, of `rows` numbers. The caller bounds `rows`.
pub(super) fn read<'a>(
    columns: &mut impl Iterator<Item = Column<'a>>, rows: usize,
) -> Result<Vec<u64>, Undecodable> {
    match columns.next().ok_or(Undecodable::Truncated)? {
        Column::Sparse { common, exceptions } => {
            let exceptions = usize::try_from(exceptions).map_err(|_| Undecodable::TooLarge)?;
            if exceptions > rows {
                return Err(Undecodable::Mismatch("a column has more exceptions than rows"));
            }
            let mut dense = || read_dense(columns.next().ok_or(Undecodable::Truncated)?, exceptions);
            let (gaps, others) = (dense()?, dense()?);
            scatter(common, rows, &gaps, &others)
        }
        column => read_dense(column, rows),
    }
}

/// The column that needs no other: the smallest of the three forms.
fn dense(numbers: &[u64]) -> Column<'static> {
    let least = numbers.iter().copied().min().unwrap_or(0);
    let range = numbers.iter().map(|number| number - least).max().unwrap_or(0);
    if range == 0 {
        return Column::Constant(least);
    }
    let width = 64 - range.leading_zeros();
    let packed = pack_bits(numbers.iter().map(|number| number - least), width);
    let bits = Column::Bits { least, width: u8::try_from(width).unwrap_or(64), bits: packed.into() };
    if numbers.len() < ROWS_FOR_ZSTD {
        return bits;
    }
    let varints = numbers.iter().flat_map(|number| postcard::to_stdvec(number).unwrap_or_default()).collect();
    let varints = Column::Varints(Blob::of(varints, ROWS_FOR_ZSTD));
    if size(std::slice::from_ref(&varints)) < size(std::slice::from_ref(&bits)) { varints } else { bits }
}

/// The three columns of the sparse form, if most rows agree.
fn sparse(numbers: &[u64]) -> Option<Vec<Column<'static>>> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let most = sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len())?;
    let (common, exceptions) = (*most.first()?, numbers.len() - most.len());
    if exceptions == 0 || exceptions > numbers.len() / 3 {
        return None;
    }
    let (mut gaps, mut others, mut gap) = (Vec::new(), Vec::new(), 0);
    for &number in numbers {
        if number == common {
            gap += 1;
        } else {
            gaps.push(gap);
            others.push(number);
            gap = 0;
        }
    }
    let exceptions = u32::try_from(exceptions).ok()?;
    Some(vec![Column::Sparse { common, exceptions }, dense(&gaps), dense(&others)])
}

fn read_dense(column: Column<'_>, rows: usize) -> Result<Vec<u64>, Undecodable> {
    match column {
        Column::Constant(number) => Ok(vec![number; rows]),
        Column::Bits { least, width, bits } => read_bits(least, u32::from(width), &bits, rows),
        Column::Varints(blob) => {
            // A varint of 64 bits takes at most ten bytes.
            let bytes = blob.open(rows.saturating_mul(10))?;
            let mut rest = bytes.as_ref();
            let mut numbers = Vec::with_capacity(rows.min(rest.len()));
            for _ in 0..rows {
                let (number, behind) = postcard::take_from_bytes(rest)?;
                numbers.push(number);
                rest = behind;
            }
            if rest.is_empty() { Ok(numbers) } else { Err(Undecodable::Trailing) }
        }
        Column::Sparse { .. } => Err(Undecodable::Mismatch("a sparse column inside another")),
    }
}

fn scatter(common: u64, rows: usize, gaps: &[u64], others: &[u64]) -> Result<Vec<u64>, Undecodable> {
    let mut numbers = vec![common; rows];
    let mut rest = numbers.as_mut_slice();
    for (&gap, &other) in gaps.iter().zip(others) {
        let gap = usize::try_from(gap).map_err(|_| Undecodable::TooLarge)?;
        let (row, behind) = rest
            .get_mut(gap..)
            .and_then(<[u64]>::split_first_mut)
            .ok_or(Undecodable::Mismatch("an exception lies behind the last row"))?;
        *row = other;
        rest = behind;
    }
    Ok(numbers)
}

fn pack_bits(numbers: impl Iterator<Item = u64>, width: u32) -> Vec<u8> {
    let (mut bytes, mut waiting, mut filled) = (Vec::new(), 0_u128, 0);
    for number in numbers {
        waiting |= u128::from(number) << filled;
        filled += width;
        while filled >= 8 {
            bytes.push(low_byte(waiting));
            waiting >>= 8;
            filled -= 8;
        }
    }
    if filled > 0 {
        bytes.push(low_byte(waiting));
    }
    bytes
}

const fn low_byte(bits: u128) -> u8 {
    let [low, ..] = bits.to_le_bytes();
    low
}

fn read_bits(least: u64, width: u32, bytes: &[u8], rows: usize) -> Result<Vec<u64>, Undecodable> {
    let needed = usize::try_from(width).ok().and_then(|width| width.checked_mul(rows)).map(|bits| bits.div_ceil(8));
    if !(1..=64).contains(&width) || needed != Some(bytes.len()) {
        return Err(Undecodable::Mismatch("a column has not the bits of its rows"));
    }
    let mask = u64::MAX >> (64 - width);
    let mut bytes = bytes.iter();
    let (mut numbers, mut waiting, mut filled) = (Vec::with_capacity(rows), 0_u128, 0);
    for _ in 0..rows {
        while filled < width {
            waiting |= u128::from(*bytes.next().ok_or(Undecodable::Truncated)?) << filled;
            filled += 8;
        }
        let number = u64::try_from(waiting & u128::from(mask)).unwrap_or(0);
        numbers.push(least.checked_add(number).ok_or(Undecodable::Mismatch("a number is too large"))?);
        waiting >>= width;
        filled -= width;
    }
    Ok(numbers)
}

/// Small numbers of either sign become small numbers.
pub(super) const fn fold(number: i64) -> u64 {
    (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned()
}

/// The number that [`fold`] was given.
pub(super) const fn unfold(folded: u64) -> i64 {
    (folded >> 1).cast_signed() ^ -((folded & 1).cast_signed())
}

fn size(columns: &[Column<'_>]) -> usize {
    columns.iter().map(|column| postcard::to_stdvec(column).map_or(usize::MAX, |bytes| bytes.len())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn again(numbers: &[u64]) -> Result<Vec<u64>, Undecodable> {
        read(&mut write(numbers).into_iter(), numbers.len())
    }

    #[test]
    fn each_form_is_chosen_where_it_is_smallest() {
        let skewed: Vec<u64> = (0..500).map(|i| if i % 7 == 0 { 1 + i % 5 } else { 0 }).collect();
        let rare: Vec<u64> = (0..500).map(|i| u64::from(i % 50 == 3)).collect();
        let even: Vec<u64> = (0..500).map(|i| 1_000_000 + (i * 7919) % 16).collect();
        assert!(matches!(write(&[9; 40])[..], [Column::Constant(9)]));
        assert!(matches!(write(&[5, 6, 8])[..], [Column::Bits { least: 5, width: 2, .. }]));
        assert!(matches!(write(&rare)[..], [Column::Sparse { common: 0, exceptions: 10 }, ..]));
        for numbers in [skewed, rare, even, vec![0, u64::MAX], vec![u64::MAX; 3]] {
            assert_eq!(again(&numbers), Ok(numbers));
        }
    }

    #[test]
    fn a_column_that_lies_about_its_rows_is_refused() {
        let bits = |rows, width| read_dense(Column::Bits { least: 0, width, bits: vec![0; 3].into() }, rows);
        assert!(bits(24, 1).is_ok() && bits(25, 1).is_err() && bits(16, 1).is_err());
        assert!(bits(usize::MAX, 1).is_err() && bits(24, 0).is_err() && bits(0, 65).is_err());
        let sparse = |exceptions, gap| {
            let columns = [Column::Sparse { common: 0, exceptions }, Column::Constant(gap), Column::Constant(1)];
            read(&mut columns.into_iter(), 4)
        };
        assert_eq!(sparse(2, 1), Ok(vec![0, 1, 0, 1]));
        assert!(sparse(2, 2).is_err() && sparse(5, 0).is_err() && sparse(1, u64::MAX).is_err());
    }

    proptest! {
        #[test]
        fn numbers_of_any_size_are_read_back(
            numbers in prop::collection::vec(any::<u64>(), 1..80), shift in 0_u32..64,
        ) {
            let numbers: Vec<u64> = numbers.iter().map(|number| number >> shift).collect();
            prop_assert_eq!(again(&numbers), Ok(numbers));
        }

        #[test]
        fn rare_numbers_are_read_back(numbers in prop::collection::vec(prop_oneof![20 => Just(3), 1 => 0_u64..900], 1..300)) {
            prop_assert_eq!(again(&numbers), Ok(numbers));
        }
    }
}
