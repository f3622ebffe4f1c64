//! Envelopes: one value with a format version, for what is written whole and read whole.

use std::sync::LazyLock;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{Blob, MOST_PLAIN};
use super::undecodable::Undecodable;

/// Smaller values are not worth a frame.
const WORTHWHILE: usize = 40;

/// The first version whose values are compressed beside [`USUAL`].
const WITH_USUAL: u8 = 3;

/// The channels that a small rollup is made of, the most frequent last, where they are cheapest to refer to.
///
/// Part of version 3 and frozen with it, as channels to come are not: with one letter changed, no stored value would
/// be read right.
const CHANNELS: [&str; 12] = [
    "(other)",
    "sms",
    "display",
    "affiliate",
    "referral",
    "organic_social",
    "paid_social",
    "organic_search",
    "email",
    "paid_search",
    "direct",
    "",
];

/// How many counts and sums a row had when version 3 was made; most of them are zero, each a byte.
const COUNTS: usize = 17;

/// A dictionary for zstd: rows of the usual channels as `postcard` writes them, with nothing counted.
static USUAL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let row = |name: &&str| {
        let length = u8::try_from(name.len()).unwrap_or(0);
        [&[1, length], name.as_bytes(), &[0; COUNTS], &[1]].concat()
    };
    CHANNELS.iter().flat_map(row).collect()
});

/// What values of a version are compressed beside.
fn dictionary(version: u8) -> &'static [u8] {
    if version < WITH_USUAL { &[] } else { &USUAL }
}

/// `value` behind its format version, compressed where that is smaller.
///
/// Shape: the version, whether it is compressed, the value as `postcard` writes it. A value that `postcard`
/// refuses, or that takes more than 16 MB there, makes an envelope that does not open.
pub(crate) fn seal_envelope<T: Serialize + ?Sized>(version: u8, value: &T) -> Vec<u8> {
    let blob = Blob::of(postcard::to_stdvec(value).unwrap_or_default(), WORTHWHILE, dictionary(version));
    // Writing bytes to a vector cannot fail.
    postcard::to_extend(&blob, vec![version]).unwrap_or_default()
}

/// The format version and the value of an envelope.
pub(crate) fn open_envelope<T: DeserializeOwned>(bytes: &[u8]) -> Result<(u8, T), Undecodable> {
    let (&version, bytes) = bytes.split_first().ok_or(Undecodable::Truncated)?;
    let (blob, behind) = postcard::take_from_bytes::<Blob<'_>>(bytes)?;
    let plain = blob.open(MOST_PLAIN, dictionary(version))?;
    let (value, rest) = postcard::take_from_bytes(&plain)?;
    if behind.is_empty() && rest.is_empty() { Ok((version, value)) } else { Err(Undecodable::Trailing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_opens_to_what_was_sealed() {
        for count in [0_u64, 3, 5_000] {
            let value: Vec<(u64, String)> = (0..count).map(|i| (i, "row".to_owned())).collect();
            let bytes = seal_envelope(3, &value);
            assert_eq!(open_envelope(&bytes), Ok((3, value)));
            for end in 0..bytes.len().min(300) {
                assert!(open_envelope::<Vec<(u64, String)>>(&bytes[..end]).is_err());
            }
            let longer = [bytes.as_slice(), &[0]].concat();
            assert_eq!(open_envelope::<Vec<(u64, String)>>(&longer), Err(Undecodable::Trailing));
        }
        assert!(seal_envelope(1, &vec![0_u8; 5_000]).len() < 40);
    }

    #[test]
    fn the_dictionary_of_version_3_never_changes() {
        use sha2::{Digest, Sha256};
        assert_eq!(Sha256::digest(&*USUAL)[..8], 0x242c_79f4_626a_b3d8_u64.to_be_bytes());
    }

    #[test]
    fn an_envelope_never_opens_to_more_than_16_megabytes() {
        let bytes = seal_envelope(1, &vec![0_u8; 17 << 20]);
        assert_eq!(open_envelope::<Vec<u8>>(&bytes), Err(Undecodable::TooLarge));
    }
}
