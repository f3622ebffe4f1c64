//! Closes hours and days that are over, settles what came late, and carries out rebuilds.
//!
//! Everything here may run twice, at once, or be cut off anywhere; the next run goes on.

mod close;
mod late;
mod rebuild;

use chrono::{DateTime, Duration, Utc};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::store::{Store, StoreError};

pub use close::{GRACE, due, fold_closed, note, open_to, raise};
pub use late::settle;
pub use rebuild::carry_on;

/// Does for every site what is due at `now`. Answers how many steps failed; they are logged.
///
/// First all sites are closed, then what came late is settled, then rebuilds go on, so that a long rebuild of one
/// keeps no other waiting. `retention` is how many days raw events are kept, for ever where `None`. `out_of_time` is
/// asked between the steps.
pub async fn seal(
    store: &Store,
    now: DateTime<Utc>,
    retention: Option<u32>,
    out_of_time: &impl Fn() -> bool,
) -> Result<usize, StoreError> {
    let mut sites = Vec::new();
    for id in store.sites().await? {
        // A site that is listed without a profile was cut off while it was made; making it again completes it.
        sites.extend(store.site(&id).await?);
    }
    let mut failed = 0;
    for pass in [Pass::Close, Pass::Settle, Pass::Rebuild] {
        for site in &sites {
            if out_of_time() {
                return Ok(failed);
            }
            let done = match pass {
                Pass::Close => close(store, site, now, retention).await,
                Pass::Settle => settle(store, site, now, out_of_time).await,
                Pass::Rebuild => carry_on(store, site, now, out_of_time).await,
            };
            if let Err(error) = done {
                tracing::error!(site = site.id.as_str(), ?pass, %error, detail = ?error, "not sealed");
                failed += 1;
            }
        }
    }
    Ok(failed)
}

/// What is done for all sites before the next is begun.
#[derive(Clone, Copy, Debug)]
enum Pass {
    Close,
    Settle,
    Rebuild,
}

async fn close(
    store: &Store,
    site: &Site,
    now: DateTime<Utc>,
    retention: Option<u32>,
) -> Result<(), StoreError> {
    let Some(state) = store.state(&site.id).await? else { return Ok(()) };
    if let Some(days) = retention {
        let kept_from = Minute::of(now - Duration::days(days.into()));
        // Once an hour is often enough: what has expired is deleted days later.
        if kept_from.number() - state.raw_complete_from.number() >= 60 {
            store.raise_raw_complete_from(&site.id, kept_from).await?;
        }
    }
    if let Some(closing) = due(site, &state, now) {
        raise(store, site, closing).await?;
        fold_closed(store, site, &state, closing, now).await?;
        if !stands(Guard::NoteSealed) {
            note(store, site, &state, closing, now).await?;
        }
        open_to(store, site, closing).await?;
        if stands(Guard::NoteSealed) {
            note(store, site, &state, closing, now).await?;
        }
    }
    Ok(())
}
