//! How storage fails, sorted by who has to act.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A storage failure. An absent item is `None`; a batch stored before is [`super::Stored::Already`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Throttled, contended or unreachable. The same call may succeed later.
    #[error("the table did not answer: {operation}")]
    Unavailable {
        /// What was tried.
        operation: &'static str,
        /// The SDK's account of it.
        source: BoxError,
    },
    /// The table refused the call. Retrying cannot help; this is our bug.
    #[error("the table refused to {operation}")]
    Refused {
        /// What was tried.
        operation: &'static str,
        /// The SDK's account of it.
        source: BoxError,
    },
    /// An item that we cannot read.
    #[error("unreadable item: {key}")]
    Corrupt {
        /// Its partition and sort key.
        key: String,
    },
}

/// DynamoDB's codes for calls that may succeed when they are repeated.
const PASSING: [&str; 7] = [
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "InternalServerError",
    "ServiceUnavailable",
    "TransactionConflictException",
    "ReplicatedWriteConflictException",
];

impl StoreError {
    /// Sorts an error of the SDK.
    pub(crate) fn of<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let passing = match &error {
            SdkError::ServiceError(service) => {
                service.err().code().is_none_or(|code| PASSING.contains(&code))
            }
            SdkError::ConstructionFailure(_) => false,
            // Timeouts, lost connections and answers cut short.
            _ => true,
        };
        let source = Box::new(error);
        if passing { Self::Unavailable { operation, source } } else { Self::Refused { operation, source } }
    }
}
