//! Envelopes: one value with a format version, for what is written whole and read whole.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{Blob, MOST_PLAIN};
use super::undecodable::Undecodable;

/// Smaller values are not worth a frame.
const WORTHWHILE: usize = 200;

/// `value` behind its format version, compressed where that is smaller.
///
/// Shape: the version, whether it is compressed, the value as `postcard` writes it. A value that `postcard`
/// refuses, or that takes more than 16 MB there, makes an envelope that does not open.
pub(crate) fn seal_envelope<T: Serialize + ?Sized>(version: u8, value: &T) -> Vec<u8> {
    let blob = Blob::of(postcard::to_stdvec(value).unwrap_or_default(), WORTHWHILE, &[]);
    // Writing bytes to a vector cannot fail.
    postcard::to_extend(&blob, vec![version]).unwrap_or_default()
}

/// The format version and the value of an envelope.
pub(crate) fn open_envelope<T: DeserializeOwned>(bytes: &[u8]) -> Result<(u8, T), Undecodable> {
    let (&version, bytes) = bytes.split_first().ok_or(Undecodable::Truncated)?;
    let (blob, behind) = postcard::take_from_bytes::<Blob<'_>>(bytes)?;
    let plain = blob.open(MOST_PLAIN, &[])?;
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
    fn an_envelope_never_opens_to_more_than_16_megabytes() {
        let bytes = seal_envelope(1, &vec![0_u8; 17 << 20]);
        assert_eq!(open_envelope::<Vec<u8>>(&bytes), Err(Undecodable::TooLarge));
    }
}
