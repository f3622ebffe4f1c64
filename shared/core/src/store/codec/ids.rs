//! Event ids by their shape: what is random in an id is stored plain, and what its time says only as a
//! difference.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ulid::Ulid;
use uuid::Uuid;

use super::numbers::{fold, unfold};
use super::sheet::{Reader, Writer};
use super::undecodable::Undecodable;
use crate::domain::names::EventId;

/// The shapes that we know; any other id is a text. Each is recognized only in its one canonical spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A `UUIDv7` in lower case with hyphens: milliseconds, and 74 random bits.
    TimedUuid { millis: u64, random: u128 },
    /// A ULID in capitals: milliseconds, and 80 random bits.
    Ulid { millis: u64, random: u128 },
    /// Another UUID in lower case with hyphens.
    Uuid(u128),
    /// 32 hexadecimal digits in lower case.
    Hex(u128),
    /// 22 characters of base64url without padding.
    Base64(u128),
    /// Anything else.
    Text,
}

const LOW_48: u64 = (1 << 48) - 1;
const LOW_62: u128 = (1 << 62) - 1;
const LOW_80: u128 = (1 << 80) - 1;
const VERSION_AND_VARIANT: u128 = (7 << 76) | (2 << 62);

impl Shape {
    fn of(id: &str) -> Self {
        let uuid = Uuid::try_parse_ascii(id.as_bytes()).ok();
        let shape = match (id.len(), uuid) {
            (36, Some(uuid)) => Self::of_uuid(uuid.as_u128()),
            (32, Some(uuid)) => Self::Hex(uuid.as_u128()),
            (26, _) => Ulid::from_string(id)
                .map_or(Self::Text, |ulid| Self::Ulid { millis: ulid.timestamp_ms(), random: ulid.random() }),
            (22, _) => URL_SAFE_NO_PAD
                .decode(id)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .map_or(Self::Text, |bytes| Self::Base64(u128::from_be_bytes(bytes))),
            _ => Self::Text,
        };
        // Capitals, braces and loose last bits would be lost.
        if shape.spell().as_deref() == Some(id) { shape } else { Self::Text }
    }

    fn of_uuid(bits: u128) -> Self {
        let random = ((bits >> 2) & (0xfff << 62)) | (bits & LOW_62);
        let timed = Self::TimedUuid { millis: u64::try_from(bits >> 80).unwrap_or(0), random };
        if timed.bits() == bits { timed } else { Self::Uuid(bits) }
    }

    /// All 128 bits; none for a text.
    fn bits(self) -> u128 {
        match self {
            Self::TimedUuid { millis, random } => {
                (u128::from(millis) << 80)
                    | ((random & (0xfff << 62)) << 2)
                    | VERSION_AND_VARIANT
                    | (random & LOW_62)
            }
            Self::Ulid { millis, random } => (u128::from(millis) << 80) | random,
            Self::Uuid(bits) | Self::Hex(bits) | Self::Base64(bits) => bits,
            Self::Text => 0,
        }
    }

    /// The id, unless it is a text.
    fn spell(self) -> Option<String> {
        match self {
            Self::TimedUuid { .. } | Self::Uuid(_) => {
                Some(Uuid::from_u128(self.bits()).hyphenated().to_string())
            }
            Self::Hex(bits) => Some(Uuid::from_u128(bits).simple().to_string()),
            Self::Ulid { .. } => Some(Ulid(self.bits()).to_string()),
            Self::Base64(bits) => Some(URL_SAFE_NO_PAD.encode(bits.to_be_bytes())),
            Self::Text => None,
        }
    }

    const fn number(self) -> u64 {
        match self {
            Self::TimedUuid { .. } => 0,
            Self::Ulid { .. } => 1,
            Self::Uuid(_) => 2,
            Self::Hex(_) => 3,
            Self::Base64(_) => 4,
            Self::Text => 5,
        }
    }
}

/// Writes ids, each beside the time of its event.
pub(super) fn write(sheet: &mut Writer, ids: &[(&EventId, i64)]) {
    let shapes: Vec<Shape> = ids.iter().map(|(id, _)| Shape::of(id.as_str())).collect();
    let (mut lags, mut tops) = (Vec::new(), Vec::new());
    for (shape, (_, at)) in shapes.iter().zip(ids) {
        match *shape {
            Shape::TimedUuid { millis, random } => {
                lags.push(lag(*at, millis));
                tops.push(u64::try_from(random >> 72).unwrap_or(0));
                random_bytes::<9>(sheet, random);
            }
            Shape::Ulid { millis, random } => {
                lags.push(lag(*at, millis));
                random_bytes::<10>(sheet, random);
            }
            Shape::Uuid(bits) | Shape::Hex(bits) | Shape::Base64(bits) => random_bytes::<16>(sheet, bits),
            Shape::Text => {}
        }
    }
    sheet.numbers(&shapes.iter().map(|shape| shape.number()).collect::<Vec<_>>());
    sheet.numbers(&lags);
    sheet.numbers(&tops);
    let texts = shapes.iter().zip(ids).filter(|(shape, _)| **shape == Shape::Text);
    sheet.codes(texts.map(|(_, (id, _))| Some(id.as_str())));
}

/// Reads the ids of events at these times.
pub(super) fn read(sheet: &mut Reader<'_>, times: &[i64]) -> Result<Vec<EventId>, Undecodable> {
    let shapes = sheet.numbers(times.len())?;
    let count = |wanted: u64| shapes.iter().filter(|shape| **shape == wanted).count();
    let mut lags = sheet.numbers(count(0) + count(1))?.into_iter();
    let mut tops = sheet.numbers(count(0))?.into_iter();
    let mut texts = sheet.codes(count(5), parse)?.into_iter();
    let mut ids = Vec::with_capacity(times.len());
    for (shape, at) in shapes.iter().zip(times) {
        let shape = match shape {
            0 => Shape::TimedUuid {
                millis: millis(*at, lags.next())?,
                random: (u128::from(tops.next().unwrap_or(0) & 3) << 72) | number::<9>(sheet)?,
            },
            1 => Shape::Ulid { millis: millis(*at, lags.next())?, random: number::<10>(sheet)? & LOW_80 },
            2 => Shape::Uuid(number::<16>(sheet)?),
            3 => Shape::Hex(number::<16>(sheet)?),
            4 => Shape::Base64(number::<16>(sheet)?),
            5 => Shape::Text,
            _ => return Err(Undecodable::Mismatch("an id has an unknown shape")),
        };
        ids.push(match shape.spell() {
            Some(id) => parse(&id)?,
            None => texts.next().flatten().ok_or(Undecodable::Mismatch("an id is missing"))?,
        });
    }
    Ok(ids)
}

fn parse(id: &str) -> Result<EventId, Undecodable> {
    EventId::parse(id).map_err(|_| Undecodable::Text("it is no event id"))
}

/// How long an id was made before its event happened.
fn lag(at: i64, millis: u64) -> u64 {
    fold(at.wrapping_sub_unsigned(millis))
}

fn millis(at: i64, lag: Option<u64>) -> Result<u64, Undecodable> {
    let millis = at.wrapping_sub(unfold(lag.unwrap_or(0))).cast_unsigned();
    if millis <= LOW_48 { Ok(millis) } else { Err(Undecodable::Mismatch("an id's time is out of range")) }
}

fn random_bytes<const N: usize>(sheet: &mut Writer, number: u128) {
    let bytes = number.to_be_bytes();
    sheet.random(bytes.last_chunk::<N>().map_or(&[], |low| low));
}

fn number<const N: usize>(sheet: &mut Reader<'_>) -> Result<u128, Undecodable> {
    Ok(sheet.random::<N>()?.iter().fold(0, |number, byte| (number << 8) | u128::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_letters_and_costs_what_is_random_in_it() {
        let at = 0x0193_a3f0_0000;
        for (id, shape, most) in [
            ("0193a3f0-0000-7abc-bdef-0123456789ab", 0, 9),
            ("01JEHZ00000123456789ABCDEF", 1, 10),
            ("9b2d3c4e-1111-4222-8333-0123456789ab", 2, 16),
            ("9b2d3c4e111142228333abcdef012345", 3, 16),
            ("9b2d3c4e111142228333AB", 5, 22),
            ("m3K9_-aaaaaaaaaaaaaaaA", 4, 16),
            ("m3K9_-aaaaaaaaaaaaaaaB", 5, 22),
            ("0193A3F0-0000-7ABC-BDEF-0123456789AB", 5, 36),
            ("9B2D3C4E111142228333ABCDEF012345", 5, 32),
            ("01jehz00000123456789abcdef", 5, 26),
            ("81JEHZ00000123456789ABCDEF", 5, 26),
            ("{0193a3f0-0000-7abc-bdef-0123456789ab}", 5, 38),
            ("order-17", 5, 8),
        ] {
            assert_eq!(Shape::of(id).number(), shape, "{id}");
            let id = EventId::parse(id).unwrap();
            let mut sheet = Writer::default();
            write(&mut sheet, &[(&id, at)]);
            let bytes = sheet.finish(1, Vec::new());
            assert!(bytes.len() <= most + 30, "{id} takes {}", bytes.len());
            let (mut sheet, _) = Reader::open(&bytes).unwrap();
            assert_eq!(read(&mut sheet, &[at]).unwrap(), [id]);
            sheet.finish().unwrap();
        }
    }
}
