//! Blobs: bytes as they are or, where that is smaller, as a zstd frame that decompresses within a bound.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zstd::bulk::{Compressor, Decompressor};

use super::undecodable::Undecodable;

/// The most bytes that a blob may decompress to.
pub(super) const MOST_PLAIN: usize = 16 << 20;

/// The lowest level that makes our small blobs as small as any. Levels 1 to 3 leave a batch of 25 events
/// more than 10 bytes larger; level 19 takes nearly twice the time and saves nothing there.
const LEVEL: i32 = 6;

/// Every zstd frame begins with these bytes. They are left out, since a blob says by itself what it is.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bytes, compressed where that is smaller.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Blob<'a> {
    /// As they are.
    Plain(#[serde(borrow)] Cow<'a, [u8]>),
    /// As a zstd frame without its magic number.
    Zstd {
        /// How many bytes it decompresses to.
        length: u32,
        /// The rest of the frame.
        #[serde(borrow)]
        frame: Cow<'a, [u8]>,
    },
}

impl Blob<'static> {
    /// The smaller form of `plain`. Fewer than `worthwhile` bytes are not tried. What also stands in
    /// `dictionary` costs little; it must be the same when the blob is opened.
    pub(super) fn of(plain: Vec<u8>, worthwhile: usize, dictionary: &[u8]) -> Self {
        if plain.len() >= worthwhile
            && let Some((length, frame)) = squeeze(&plain, dictionary)
        {
            return Self::Zstd { length, frame: frame.into() };
        }
        Self::Plain(plain.into())
    }
}

impl<'a> Blob<'a> {
    /// The bytes again, at most `most` of them.
    pub(super) fn open(self, most: usize, dictionary: &[u8]) -> Result<Cow<'a, [u8]>, Undecodable> {
        match self {
            Self::Plain(plain) if plain.len() <= most => Ok(plain),
            Self::Plain(_) => Err(Undecodable::TooLarge),
            Self::Zstd { length, frame } => {
                let length = usize::try_from(length).map_err(|_| Undecodable::TooLarge)?;
                if length > most {
                    return Err(Undecodable::TooLarge);
                }
                let whole = [&MAGIC, frame.as_ref()].concat();
                Decompressor::with_dictionary(dictionary)
                    .and_then(|mut zstd| zstd.decompress(&whole, length))
                    .ok()
                    .filter(|plain| plain.len() == length)
                    .map(Cow::Owned)
                    .ok_or(Undecodable::DamagedFrame)
            }
        }
    }
}

/// The length and the frame of `plain`, if a blob of them is smaller than `plain` and can be opened again.
fn squeeze(plain: &[u8], dictionary: &[u8]) -> Option<(u32, Vec<u8>)> {
    let length = u32::try_from(plain.len()).ok().filter(|_| plain.len() <= MOST_PLAIN)?;
    let mut zstd = Compressor::with_dictionary(LEVEL, dictionary).ok()?;
    zstd.include_contentsize(false).ok()?;
    let whole = zstd.compress(plain).ok()?;
    let frame = whole.strip_prefix(&MAGIC)?;
    // The stated length takes up to four bytes.
    (frame.len() + 4 < plain.len()).then(|| (length, frame.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::super::samples::Dice;
    use super::*;

    #[test]
    fn a_blob_takes_its_smaller_form_and_opens_to_the_same_bytes() {
        let mut dice = Dice(1);
        let random: Vec<u8> = (0..50).flat_map(|_| dice.roll().to_be_bytes()).collect();
        for (plain, smaller) in
            [(vec![7; 1000], true), (vec![7; 99], false), (random, false), (vec![], false)]
        {
            let blob = Blob::of(plain.clone(), 100, b"");
            assert_eq!(matches!(blob, Blob::Zstd { .. }), smaller);
            assert_eq!(blob.open(MOST_PLAIN, b"").unwrap(), plain);
        }
    }

    #[test]
    fn a_blob_never_opens_to_more_than_its_bound() {
        assert_eq!(Blob::of(vec![0; 5000], 100, b"").open(4999, b""), Err(Undecodable::TooLarge));
        assert_eq!(Blob::of(vec![0; 50], 100, b"").open(49, b""), Err(Undecodable::TooLarge));
        // A frame that understates its length is damaged, not larger.
        let Blob::Zstd { frame, .. } = Blob::of(vec![0; 5000], 100, b"") else { panic!("zeros compress") };
        assert_eq!(Blob::Zstd { length: 4999, frame }.open(MOST_PLAIN, b""), Err(Undecodable::DamagedFrame));
    }
}
