//! Claims: which minute an event belongs to that does not say when it was, and which event an order's report is.

use chrono::{DateTime, Utc};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::event::Trust;
use reckon_core::domain::names::EventId;
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Fault};
use reckon_core::store::{Order, StoreError, concurrently, expiry};

use crate::accept::{Numbered, OLD};
use crate::event::{Read, Timing};

/// The first minute whose raw events are kept, as far as there is one.
pub(crate) async fn kept_from(app: &App, site: &Site) -> Result<Option<Minute>, StoreError> {
    app.store.kept_from(site, app.config.kept_from(app.clock.now())).await
}

/// Gives each result with an order number the id and time of the first report of it, and each other event that needs
/// it the time at which its id was first seen. A result of a time that has expired is moved to the faults.
pub(crate) async fn claim(
    app: &App,
    site: &Site,
    trust: Trust,
    reads: &mut Numbered<Read>,
    faults: &mut Numbered<Fault>,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let expires = expiry(app.config.retention_days, now);
    let claims = reads.iter_mut().map(|(_, read)| async move {
        if read.sent.kind.is_result() && read.sent.order.is_some() {
            claim_order(app, site, trust, read, expires).await?;
        } else if read.timing == Timing::ToClaim {
            let first = app.store.claim(&site.id, &read.sent.id, trust, now, expires).await?;
            read.repeated = first != now.timestamp_millis();
            read.sent.at = first;
        }
        read.timing = Timing::Said;
        Ok::<_, StoreError>(())
    });
    concurrently(claims).await.map(|_: Vec<()>| ())?;
    refuse_expired(app, site, reads, faults).await
}

/// Makes a report of an order a version of the order's result.
///
/// The id of that is made of the order: were it one that a sender chose, two orders could be given one, and count once.
async fn claim_order(
    app: &App,
    site: &Site,
    trust: Trust,
    read: &mut Read,
    expires: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let Some(order) = read.sent.order.clone() else { return Ok(()) };
    let (kind, said) = (read.sent.kind, read.sent.at);
    let hash = site.person("order", &format!("{}#{}", kind.as_str(), order.as_str()));
    let Ok(id) = EventId::parse(&format!("order-{:016x}", hash.0)) else { return Ok(()) };
    let first = Order::new(id, said, trust);
    let (standing, known) = app.store.claim_order(&site.id, (kind, &order), first, expires).await?;
    // A page that was first may have said any time: what a server knows of the journey is judged by the server's.
    let own = trust == Trust::Secret && (read.timing == Timing::Said || standing.trust == Trust::Public);
    read.judged_at = (own && standing.at != said).then_some(said);
    read.repeated = known;
    read.refunded = standing.refunded();
    (read.sent.id, read.sent.at) = (standing.id, standing.at);
    Ok(())
}

/// Refuses reports of results whose minute has expired: nothing can be recounted there.
async fn refuse_expired(
    app: &App,
    site: &Site,
    reads: &mut Numbered<Read>,
    faults: &mut Numbered<Fault>,
) -> Result<(), StoreError> {
    let old = (app.clock.now() - OLD).timestamp_millis();
    if !reads.iter().any(|(_, read)| read.repeated && read.sent.at < old) {
        return Ok(());
    }
    let kept_from = kept_from(app, site).await?;
    let expired = |read: &Read| kept_from.is_some_and(|from| read.sent.minute() < from);
    for (index, read) in reads.extract_if(.., |(_, read)| read.repeated && expired(read)) {
        let detail = "this was reported first at a time that has expired, and counts there for good";
        faults.push((index, Fault::new(format!("{}/order", read.pointer), "expired", detail)));
    }
    Ok(())
}
