//! Columns of numbers, each in the smallest of four forms.

use super::cursor::{Cursor, append, number};
use super::frame::Blob;
use super::undecodable::Undecodable;

// How a column begins. The count of its rows is known from elsewhere.

/// Nearly always one number. It follows, then how many rows differ, then two columns of a later form: how
/// many rows lie before each exception since the last one, and the exceptions.
const SPARSE: u128 = 0;
/// Often one number. It follows, then a bit for each row that tells whether it differs, then the exceptions
/// as a column of a later form.
const SPLIT: u128 = 1;
/// Each number as a varint, and the whole through zstd: for skewed numbers.
const VARINTS: u128 = 2;
/// This plus the width, 1 to 64 bits: what each number is above the least, in so many bits, the lowest
/// first. The least comes before them.
const BITS: u128 = 2;
/// This plus the one number that stands in every row.
const CONSTANT: u128 = BITS + 65;

/// Fewer rows are not worth a zstd frame's own bytes.
const ROWS_FOR_ZSTD: usize = 48;

/// Appends the smallest form of `numbers`.
pub(super) fn write(bytes: &mut Vec<u8>, numbers: &[u64]) {
    let (common, frequency) = most_frequent(numbers);
    let rare = numbers.len() - frequency;
    let worthwhile = |most| (1..=most).contains(&rare);
    let forms = [
        Some(dense(numbers)),
        worthwhile(numbers.len() / 3).then(|| sparse(numbers, common)),
        worthwhile(numbers.len() / 5 * 4).then(|| split(numbers, common)),
    ];
    // Of forms that are equally small, the first.
    bytes.extend(forms.into_iter().flatten().min_by_key(Vec::len).unwrap_or_default());
}

/// The next column, of `rows` numbers. The caller bounds `rows`.
pub(super) fn read(cursor: &mut Cursor<'_>, rows: usize) -> Result<Vec<u64>, Undecodable> {
    match cursor.next()? {
        SPARSE => {
            let (common, exceptions) = (cursor.next()?, cursor.size()?);
            if exceptions > rows {
                return Err(Undecodable::Mismatch("a column has more exceptions than rows"));
            }
            let gaps = read_dense(cursor.next()?, cursor, exceptions)?;
            let others = read_dense(cursor.next()?, cursor, exceptions)?;
            scatter(common, rows, &gaps, &others)
        }
        SPLIT => {
            let common = cursor.next()?;
            let differs = read_bits(0, 1, cursor.bytes(rows.div_ceil(8))?, rows)?;
            let exceptions = differs.iter().filter(|differs| **differs == 1).count();
            let mut others = read_dense(cursor.next()?, cursor, exceptions)?.into_iter();
            let other = |differs| if differs == 1 { others.next() } else { None };
            Ok(differs.into_iter().map(other).map(|other| other.unwrap_or(common)).collect())
        }
        form => read_dense(form, cursor, rows),
    }
}

/// The form that needs no other column: the smallest of the three.
fn dense(numbers: &[u64]) -> Vec<u8> {
    let least = numbers.iter().copied().min().unwrap_or(0);
    let range = numbers.iter().map(|number| number - least).max().unwrap_or(0);
    let mut bytes = Vec::new();
    if range == 0 {
        append(&mut bytes, &(CONSTANT + u128::from(least)));
        return bytes;
    }
    let width = 64 - range.leading_zeros();
    append(&mut bytes, &(BITS + u128::from(width)));
    append(&mut bytes, &least);
    pack_bits(&mut bytes, numbers.iter().map(|number| number - least), width);
    if numbers.len() < ROWS_FOR_ZSTD {
        return bytes;
    }
    let mut plain = Vec::new();
    for number in numbers {
        append(&mut plain, number);
    }
    let mut varints = Vec::new();
    append(&mut varints, &VARINTS);
    append(&mut varints, &Blob::of(plain, ROWS_FOR_ZSTD, &[]));
    if varints.len() < bytes.len() { varints } else { bytes }
}

/// The most frequent number, the smallest of several, and how often it occurs.
fn most_frequent(numbers: &[u64]) -> (u64, usize) {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let longest = sorted.chunk_by(|a, b| a == b).max_by_key(|run| run.len()).unwrap_or_default();
    (longest.first().copied().unwrap_or(0), longest.len())
}

fn sparse(numbers: &[u64], common: u64) -> Vec<u8> {
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
    let mut bytes = Vec::new();
    append(&mut bytes, &SPARSE);
    append(&mut bytes, &common);
    append(&mut bytes, &number(others.len()));
    bytes.extend(dense(&gaps));
    bytes.extend(dense(&others));
    bytes
}

fn split(numbers: &[u64], common: u64) -> Vec<u8> {
    let others: Vec<u64> = numbers.iter().copied().filter(|number| *number != common).collect();
    let mut bytes = Vec::new();
    append(&mut bytes, &SPLIT);
    append(&mut bytes, &common);
    pack_bits(&mut bytes, numbers.iter().map(|number| u64::from(*number != common)), 1);
    bytes.extend(dense(&others));
    bytes
}

fn read_dense(form: u128, cursor: &mut Cursor<'_>, rows: usize) -> Result<Vec<u64>, Undecodable> {
    if form < VARINTS {
        return Err(Undecodable::Mismatch("a column of exceptions has exceptions"));
    }
    if form == VARINTS {
        // A varint of 64 bits takes at most ten bytes.
        let bytes = cursor.next::<Blob<'_>>()?.open(rows.saturating_mul(10), &[])?;
        let mut varints = Cursor::new(&bytes);
        let numbers = (0..rows).map(|_| varints.next()).collect::<Result<_, _>>()?;
        varints.finish()?;
        return Ok(numbers);
    }
    if form >= CONSTANT {
        let constant = u64::try_from(form - CONSTANT).map_err(|_| Undecodable::TooLarge)?;
        return Ok(vec![constant; rows]);
    }
    let width = u32::try_from(form - BITS).unwrap_or(64);
    let least = cursor.next()?;
    let bits = usize::try_from(width).unwrap_or(64).checked_mul(rows).ok_or(Undecodable::TooLarge)?;
    read_bits(least, width, cursor.bytes(bits.div_ceil(8))?, rows)
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

fn pack_bits(bytes: &mut Vec<u8>, numbers: impl Iterator<Item = u64>, width: u32) {
    let (mut waiting, mut filled) = (0_u128, 0);
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
}

const fn low_byte(bits: u128) -> u8 {
    let [low, ..] = bits.to_le_bytes();
    low
}

fn read_bits(least: u64, width: u32, bytes: &[u8], rows: usize) -> Result<Vec<u64>, Undecodable> {
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

#[cfg(test)]
mod tests {
    use super::super::samples::Dice;
    use super::*;
    use proptest::prelude::*;

    fn written(numbers: &[u64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, numbers);
        bytes
    }

    fn again(numbers: &[u64]) -> Result<Vec<u64>, Undecodable> {
        let bytes = written(numbers);
        let mut cursor = Cursor::new(&bytes);
        let numbers = read(&mut cursor, numbers.len())?;
        cursor.finish().map(|()| numbers)
    }

    #[test]
    fn each_form_is_chosen_where_it_is_smallest() {
        let skewed: Vec<u64> = (0..500).map(|i| if i % 7 == 0 { 1 + i % 5 } else { 0 }).collect();
        let rare: Vec<u64> = (0..500).map(|i| u64::from(i % 50 == 3)).collect();
        let mut dice = Dice(1);
        let even: Vec<u64> = (0..500).map(|_| 1_000_000 + dice.below(16)).collect();
        let mixed: Vec<u64> = (0..500).map(|_| dice.below(2) * dice.roll()).collect();
        for (numbers, form) in [
            (vec![9; 40], CONSTANT + 9),
            (vec![5, 6, 8], BITS + 2),
            (skewed, VARINTS),
            (rare, SPARSE),
            (mixed, SPLIT),
            (even, BITS + 4),
            (vec![u64::MAX; 3], CONSTANT + u128::from(u64::MAX)),
        ] {
            assert_eq!(Cursor::new(&written(&numbers)).next(), Ok(form));
            assert_eq!(again(&numbers), Ok(numbers));
        }
    }

    #[test]
    fn a_column_that_lies_about_its_rows_is_refused() {
        let bytes =
            |values: &[u128]| values.iter().flat_map(|value| postcard::to_stdvec(value).unwrap()).collect();
        let read = |bytes: Vec<u8>, rows| read(&mut Cursor::new(&bytes), rows);
        let bits = || bytes(&[BITS + 1, 0, 3, 0, 0]);
        assert!(read(bits(), 24).is_ok() && read(bits(), 25).is_err() && read(bits(), usize::MAX).is_err());
        assert!(read(bytes(&[u128::MAX]), 1).is_err());
        let sparse = |exceptions, gap| read(bytes(&[SPARSE, 0, exceptions, CONSTANT + gap, CONSTANT + 1]), 4);
        assert_eq!(sparse(2, 1), Ok(vec![0, 1, 0, 1]));
        assert!(sparse(2, 2).is_err() && sparse(5, 0).is_err() && sparse(1, u128::from(u64::MAX)).is_err());
        assert!(read(bytes(&[SPARSE, 0, 1, SPARSE, 0, 0]), 4).is_err());
        assert_eq!(read(bytes(&[SPLIT, 7, 0b0101, CONSTANT + 1]), 4), Ok(vec![1, 7, 1, 7]));
        assert!(read(bytes(&[SPLIT, 7, 0b0101, SPLIT, 1, 1]), 4).is_err());
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
        fn rare_numbers_are_read_back(
            numbers in prop::collection::vec(prop_oneof![20 => Just(3), 1 => 0_u64..900], 1..300),
        ) {
            prop_assert_eq!(again(&numbers), Ok(numbers));
        }
    }
}
