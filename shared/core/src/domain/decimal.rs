//! Numbers with six decimals that never pass through a float: money, ratios, and how both are written.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// An exact number with at most six decimals.
///
/// Unit: millionths (`1_500_000` is 1.5). Range: that of `i128`, so sums of money cannot overflow.
/// Written in JSON as a plain number, without trailing zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i128);

/// An exact amount in the site's reporting currency.
///
/// Unit: micros, one millionth of a currency unit. One event carries at most [`Money::MAX_OF_EVENT`]; a sum
/// of events is as wide as [`Decimal`]. Never a float.
pub type Money = Decimal;

/// Why a text is no [`Decimal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with at most one point.
    #[error("is not a decimal number such as 49.90")]
    Malformed,
    /// More than six decimals that are not zero.
    #[error("has more than 6 decimals")]
    TooPrecise,
    /// More than the type holds.
    #[error("is too large")]
    TooLarge,
}

impl Decimal {
    /// Millionths in one.
    pub const SCALE: i128 = 1_000_000;
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most that one event may be worth: a thousand million units.
    pub const MAX_OF_EVENT: Self = Self(1_000_000_000 * Self::SCALE);

    /// The number of so many millionths.
    pub const fn from_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// A whole number.
    pub fn whole(number: impl Into<i128>) -> Self {
        Self(number.into().saturating_mul(Self::SCALE))
    }

    /// How many millionths it is.
    pub const fn millionths(self) -> i128 {
        self.0
    }

    /// Whether it is below zero.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Reads `-12.5`, `49.90` or `5e-1`'s plain form `0.5`; an exponent, a sign `+`, blanks and separators are
    /// refused rather than guessed.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(decimals) {
            return Err(DecimalError::Malformed);
        }
        let significant = decimals.trim_end_matches('0');
        if significant.len() > 6 {
            return Err(DecimalError::TooPrecise);
        }
        if whole.trim_start_matches('0').len() > 24 {
            return Err(DecimalError::TooLarge);
        }
        let whole: i128 = whole.parse().map_err(|_| DecimalError::TooLarge)?;
        let fraction: i128 = format!("{significant:0<6}").parse().map_err(|_| DecimalError::TooLarge)?;
        let millionths = whole
            .checked_mul(Self::SCALE)
            .and_then(|micros| micros.checked_add(fraction))
            .ok_or(DecimalError::TooLarge)?;
        Ok(Self(if negative { -millionths } else { millionths }))
    }

    /// The shortest exact text, such as `-0.5` or `49.9`.
    pub fn text(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let all = self.0.unsigned_abs();
        let scale = Self::SCALE.unsigned_abs();
        let (whole, fraction) = (all / scale, all % scale);
        if fraction == 0 {
            return format!("{sign}{whole}");
        }
        let fraction = format!("{fraction:06}");
        format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
    }
}

impl std::ops::Add for Decimal {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Decimal {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::AddAssign for Decimal {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, |sum, number| sum + number)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return RawValue::from_string(self.text())
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer);
        }
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i128::deserialize(deserializer).map(Self);
        }
        // A number, or a text with one in it: the digits are read as they stand, never as a float.
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get().trim_matches('"'))
            .map_err(|error| serde::de::Error::custom(format!("a number {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_decimal_is_read_without_floats_and_written_in_its_shortest_form() {
        for (text, expected) in [
            ("49.90", Ok("49.9")),
            ("0", Ok("0")),
            ("-0.5", Ok("-0.5")),
            ("0.000001", Ok("0.000001")),
            ("1.1000000000", Ok("1.1")),
            ("007", Ok("7")),
            ("999999999999.999999", Ok("999999999999.999999")),
            ("0.0000001", Err(DecimalError::TooPrecise)),
            ("1,234.56", Err(DecimalError::Malformed)),
            ("1e3", Err(DecimalError::Malformed)),
            ("", Err(DecimalError::Malformed)),
            (".5", Err(DecimalError::Malformed)),
            ("5.", Err(DecimalError::Malformed)),
            ("--5", Err(DecimalError::Malformed)),
            ("+5", Err(DecimalError::Malformed)),
            ("NaN", Err(DecimalError::Malformed)),
            ("٤", Err(DecimalError::Malformed)),
            ("9999999999999999999999999999", Err(DecimalError::TooLarge)),
        ] {
            assert_eq!(
                Decimal::parse(text).map(Decimal::text).as_deref(),
                expected.as_ref().map(|t| *t),
                "{text}"
            );
        }
    }

    #[test]
    fn in_json_it_is_a_plain_number_and_may_be_read_from_a_text() {
        let number = Decimal::parse("49.9").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "49.9");
        for json in ["49.90", "\"49.9\""] {
            assert_eq!(serde_json::from_str::<Decimal>(json).unwrap(), number, "{json}");
        }
        assert!(serde_json::from_str::<Decimal>("true").is_err());
        let bytes = postcard::to_stdvec(&number).unwrap();
        assert_eq!(postcard::from_bytes::<Decimal>(&bytes), Ok(number));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(millionths in -10_i128.pow(24)..10_i128.pow(24)) {
            let number = Decimal::from_millionths(millionths);
            prop_assert_eq!(Decimal::parse(&number.text()), Ok(number));
            let json = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(serde_json::from_str::<Decimal>(&json).unwrap(), number);
            prop_assert_eq!(serde_json::from_str::<Decimal>(&format!("\"{json}\"")).unwrap(), number);
        }

        #[test]
        fn what_is_read_is_what_its_digits_say(
            sign in "-?", whole in "[0-9]{1,24}", decimals in "([.][0-9]{1,6}0{0,3})?",
        ) {
            let text = format!("{sign}{whole}{decimals}");
            let digits = format!("{whole}{:0<6}", decimals.trim_start_matches('.').trim_end_matches('0'));
            let millionths: i128 = digits.parse().unwrap();
            let number = Decimal::parse(&text).unwrap();
            prop_assert_eq!(number.millionths(), if sign.is_empty() { millionths } else { -millionths });
        }
    }
}
