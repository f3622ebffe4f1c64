//! Doing several things at once, but not too many.

use futures::stream::{self, StreamExt, TryStreamExt};

/// How many calls to DynamoDB one request or run has under way at most.
const AT_ONCE: usize = 16;

/// Runs all of `work`, some at once, and answers the results in any order; the first failure ends it.
pub fn concurrently<T, E, F>(work: impl IntoIterator<Item = F>) -> impl Future<Output = Result<Vec<T>, E>>
where
    F: Future<Output = Result<T, E>>,
{
    // Gathered first: a stream over a lazy iterator of borrowing closures is not `Send` as far as rustc can tell.
    let work: Vec<F> = work.into_iter().collect();
    async move { stream::iter(work).buffer_unordered(AT_ONCE).try_collect().await }
}
