//! Columns of exact numbers, mostly money: whole multiples of the largest power of ten that divides them all.

use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use crate::domain::decimal::Decimal;

/// A millionth has six decimals, so that further zeros belong to a whole number.
const MOST_ZEROS: u32 = 6;

/// Writes three columns: the power of ten, and the lower and the upper half of each number.
pub(super) fn write(sheet: &mut Writer, amounts: &[Decimal]) {
    let zeros = amounts.iter().map(|amount| zeros(amount.millionths())).min().unwrap_or(0);
    let unit = 10_i128.pow(zeros);
    let folded: Vec<u128> = amounts.iter().map(|amount| fold(amount.millionths() / unit)).collect();
    let half = |number: u128| u64::try_from(number & u128::from(u64::MAX)).unwrap_or(0);
    sheet.numbers(&[u64::from(zeros)]);
    sheet.numbers(&folded.iter().map(|number| half(*number)).collect::<Vec<_>>());
    sheet.numbers(&folded.iter().map(|number| half(number >> 64)).collect::<Vec<_>>());
}

/// Reads as many amounts.
pub(super) fn read(sheet: &mut Reader<'_>, rows: usize) -> Result<Vec<Decimal>, Undecodable> {
    const OUT_OF_RANGE: Undecodable = Undecodable::Mismatch("an amount is out of range");
    let zeros = sheet.numbers(1)?.first().and_then(|zeros| u32::try_from(*zeros).ok());
    let unit =
        zeros.filter(|zeros| *zeros <= MOST_ZEROS).map(|zeros| 10_i128.pow(zeros)).ok_or(OUT_OF_RANGE)?;
    let lower = sheet.numbers(rows)?;
    let upper = sheet.numbers(rows)?;
    let folded =
        lower.into_iter().zip(upper).map(|(lower, upper)| u128::from(lower) | u128::from(upper) << 64);
    folded
        .map(|folded| unfold(folded).checked_mul(unit).map(Decimal::from_millionths).ok_or(OUT_OF_RANGE))
        .collect()
}

/// How many zeros a number ends with, at most [`MOST_ZEROS`].
fn zeros(mut millionths: i128) -> u32 {
    let mut zeros = 0;
    while zeros < MOST_ZEROS && millionths % 10 == 0 {
        millionths /= 10;
        zeros += 1;
    }
    zeros
}

/// Small numbers of either sign become small numbers.
const fn fold(number: i128) -> u128 {
    (number.cast_unsigned() << 1) ^ (number >> 127).cast_unsigned()
}

const fn unfold(folded: u128) -> i128 {
    (folded >> 1).cast_signed() ^ -((folded & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_any_size_and_sign_are_read_back() {
        for millionths in [0, 1, -1, 49_900_000, -49_910_000, i128::MAX, i128::MIN, i128::from(u64::MAX)] {
            let amounts = [Decimal::from_millionths(millionths), Decimal::from_millionths(70_000)];
            let mut sheet = Writer::default();
            write(&mut sheet, &amounts);
            let bytes = sheet.finish(2, Vec::new());
            let (mut sheet, rows) = Reader::open(&bytes).unwrap();
            assert_eq!(read(&mut sheet, rows).unwrap(), amounts, "{millionths}");
        }
    }

    #[test]
    fn cents_take_the_bits_of_cents() {
        assert_eq!([49_900_000, 10_000, 0, 5].map(zeros), [5, 4, 6, 0]);
    }
}
