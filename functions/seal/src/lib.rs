//! Closes hours and days that are over, settles what came late, and carries out rebuilds.
//!
//! Everything here may run twice, at once, or be cut off anywhere; the next run goes on.

mod close;
mod late;
mod rebuild;

use chrono::{DateTime, Duration, Utc};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::names::SiteId;
use reckon_core::store::{Store, StoreError};

pub use close::{GRACE, due, fold_closed, open_to, raise};
pub use late::settle;
pub use rebuild::carry_on;

/// Does for every site what is due at `now`. Answers how many sites failed; they are logged.
///
/// `retention` is how many days raw events are kept, for ever where `None`. `out_of_time` is asked between the steps.
pub async fn seal(
    store: &Store,
    now: DateTime<Utc>,
    retention: Option<u32>,
    out_of_time: &impl Fn() -> bool,
) -> Result<usize, StoreError> {
    let mut failed = 0;
    for site in store.sites().await? {
        if out_of_time() {
            break;
        }
        if let Err(error) = seal_site(store, &site, now, retention, out_of_time).await {
            tracing::error!(site = site.as_str(), %error, detail = ?error, "not sealed");
            failed += 1;
        }
    }
    Ok(failed)
}

async fn seal_site(
    store: &Store,
    id: &SiteId,
    now: DateTime<Utc>,
    retention: Option<u32>,
    out_of_time: &impl Fn() -> bool,
) -> Result<(), StoreError> {
    // A site that is listed without a profile was cut off while it was made; making it again completes it.
    let (Some(site), Some(state)) = (store.site(id).await?, store.state(id).await?) else { return Ok(()) };
    if let Some(days) = retention {
        let kept_from = Minute::of(now - Duration::days(days.into()));
        // Once an hour is often enough: what has expired is deleted days later.
        if kept_from.number() - state.raw_complete_from.number() >= 60 {
            store.raise_raw_complete_from(&site.id, kept_from).await?;
        }
    }
    if let Some(closing) = due(&site, &state, now) {
        raise(store, &site, closing).await?;
        fold_closed(store, &site, &state, closing, now).await?;
        open_to(store, &site, closing).await?;
    }
    settle(store, &site, now, out_of_time).await?;
    carry_on(store, &site, now, out_of_time).await
}
