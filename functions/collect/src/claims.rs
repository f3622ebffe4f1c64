//! Claims: which minute an event belongs to that does not say when it was, and which event an order's report is.

use chrono::{DateTime, Duration, Utc};
use reckon_core::domain::event::Trust;
use reckon_core::domain::site::Site;
use reckon_core::http::App;
use reckon_core::store::{StoreError, concurrently};

use crate::accept::Numbered;
use crate::event::Read;

/// How much longer than the retention DynamoDB keeps batches, so that no recount misses any.
pub(crate) const KEPT_LONGER: Duration = Duration::days(10);

/// When what is noted of an event may be forgotten.
pub(crate) fn expiry(app: &App, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    app.config.retention_days.map(|days| now + Duration::days(days.into()) + KEPT_LONGER)
}

/// Gives each result with an order number the id and time of the first report of it, and each other event that needs
/// it the time at which its id was first seen.
pub(crate) async fn claim(
    app: &App,
    site: &Site,
    trust: Trust,
    reads: &mut Numbered<Read>,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let expires = expiry(app, now);
    let claims = reads.iter_mut().map(|(_, read)| async move {
        let sent = &mut read.sent;
        if let Some(order) = sent.order.clone().filter(|_| sent.kind.is_result()) {
            let (kind, first) = (sent.kind, (&sent.id, sent.at));
            let standing = app.store.claim_order(&site.id, (kind, &order), first, expires).await?;
            read.repeated = (&standing.id, standing.at) != first;
            (sent.id, sent.at) = (standing.id, standing.at);
        } else if read.needs_claim {
            sent.at = app.store.claim(&site.id, &sent.id, trust, now, expires).await?;
        }
        read.needs_claim = false;
        Ok::<_, StoreError>(())
    });
    concurrently(claims).await.map(|_: Vec<()>| ())
}
