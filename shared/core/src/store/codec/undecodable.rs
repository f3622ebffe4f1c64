//! Why stored bytes cannot be read.

/// Why bytes are no batch or no envelope. `Display` is a sentence for the operator's quarantine list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undecodable {
    /// Written by a release that knows more formats than this one.
    #[error("the format version {0} is unknown to this release")]
    UnknownVersion(u8),
    /// Fewer bytes than the content needs.
    #[error("the bytes end before their content does")]
    Truncated,
    /// More bytes than the content needs.
    #[error("bytes are left over behind the content")]
    Trailing,
    /// More events, rows or text than we ever write.
    #[error("the content is larger than any that we write")]
    TooLarge,
    /// A compressed part that does not decompress to its stated length.
    #[error("a compressed part is damaged")]
    DamagedFrame,
    /// Parts that contradict one another.
    #[error("the parts do not fit together: {0}")]
    Mismatch(&'static str),
    /// A text that its field does not allow.
    #[error("a text is not allowed where it stands: {0}")]
    Text(&'static str),
}

impl From<postcard::Error> for Undecodable {
    fn from(error: postcard::Error) -> Self {
        match error {
            postcard::Error::DeserializeUnexpectedEnd => Self::Truncated,
            postcard::Error::DeserializeBadUtf8 => Self::Text("it is no UTF-8"),
            _ => Self::Mismatch("a value has no meaning in its place"),
        }
    }
}
