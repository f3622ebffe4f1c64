//! Refunds: each names its order, and together they are never more than the sale, whichever of the two is amended.

use reckon_core::domain::counts::Counts;
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::{Derived, Event, Kind, Sent, Trust};
use reckon_core::domain::names::Label;
use reckon_core::domain::origin::derive;
use reckon_core::domain::rollup::{Received, Version};
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::{App, Fault, Problem, ProblemKind};
use reckon_core::store::{Order, Refund, StoreError, expiry};

use crate::accept::Numbered;
use crate::event::Read;

/// The code of a refund that is more than is left of its sale, and of a sale that would be less than its refunds.
pub(crate) const EXCEEDS: &str = "refund_exceeds_sale";

/// The most refunds of an order: their list is one item.
const MOST_REFUNDS: usize = 500;
/// How often a refund is tried again after another one of the same order was faster.
const TRIES: usize = 5;

/// Where the refund of a sale finds what the sale was credited to.
#[derive(Clone, Debug)]
pub(crate) enum Lent {
    /// In a sale that is stored.
    Stored(Box<Derived>),
    /// In the sale of that kind and order in the same request.
    InRequest(Kind, Label),
}

/// The sale of a refund.
struct Sale {
    kind: Kind,
    order: Order,
    /// As it is stored; `None` where it is in this request alone.
    stored: Option<Event>,
    worth: Money,
}

/// Whoever sends, and what the request says of sales.
struct Holding<'a> {
    app: &'a App,
    site: &'a Site,
    trust: Trust,
    sales: Vec<Sent>,
}

/// Holds refunds with an order number to their sales, and sales to their refunds; those that cannot be are moved to
/// the faults.
pub(crate) async fn hold_refunds(
    app: &App,
    site: &Site,
    trust: Trust,
    reads: &mut Numbered<Read>,
    faults: &mut Numbered<Fault>,
) -> Result<(), Problem> {
    let sales = reads.iter().map(|(_, read)| &read.sent).filter(|sent| sent.kind.is_result());
    let holding = Holding { app, site, trust, sales: sales.cloned().collect() };
    let mut kept = Vec::with_capacity(reads.len());
    for (index, mut read) in reads.drain(..) {
        let fault = match (read.sent.kind, read.sent.order.clone()) {
            (Kind::Refund, Some(order)) => holding.hold(&mut read, &order).await?,
            _ if read.refunded > Money::ZERO => holding.hold_sale(&read).await?,
            _ => None,
        };
        match fault {
            None => kept.push((index, read)),
            Some(fault) => faults.push((index, fault)),
        }
    }
    *reads = kept;
    Ok(())
}

/// What was paid by an event as it stands, if it counts.
pub(crate) fn worth(event: &Event) -> Money {
    let counts = Counts::of(event);
    counts.sales_value + counts.subscriptions_value
}

impl Holding<'_> {
    /// The event as it will stand once this is stored: amendments, withdrawals and old texts sent again included.
    async fn will_be(&self, sent: &Sent) -> Result<Option<Event>, StoreError> {
        let event = Event { sent: sent.clone(), derived: derive(sent, None, None, self.site) };
        let received = Received { trust: self.trust, at: self.app.clock.now().timestamp_millis() };
        let standing = self.app.store.event_with(self.site, Version { event, received }).await?;
        Ok(standing.map(|version| version.event))
    }

    /// Holds a sale that was refunded to what went back of it.
    async fn hold_sale(&self, read: &Read) -> Result<Option<Fault>, Problem> {
        let left = self.will_be(&read.sent).await?.as_ref().map_or(Money::ZERO, worth);
        if left >= read.refunded || !stands(Guard::RefundBound) {
            return Ok(None);
        }
        let detail = format!(
            "{} of this order went back already, so it cannot be worth {}; withdraw the refunds first",
            read.refunded.text(),
            left.text()
        );
        Ok(Some(Fault::new(format!("{}/value", read.pointer), EXCEEDS, detail)))
    }

    /// Holds one refund: notes it with its order, and gives it what its sale was credited to.
    async fn hold(&self, read: &mut Read, label: &Label) -> Result<Option<Fault>, Problem> {
        let fault = |code, detail| Some(Fault::new(format!("{}/order", read.pointer), code, detail));
        let site = &self.site.id;
        for _ in 0..TRIES {
            let Some(sale) = self.sale_of(label).await? else {
                let detail = format!(
                    "no sale or subscription with the order {:?} is known; send it first",
                    label.as_str()
                );
                return Ok(fault("unknown_order", detail));
            };
            let stands_at =
                self.will_be(&read.sent).await?.map_or(Money::ZERO, |event| Counts::of(&event).refunded);
            let refund =
                Refund { id: read.sent.id.clone(), at: read.sent.at, millionths: stands_at.millionths() };
            let (before, changed) = (sale.order.refunded(), sale.order.with(refund));
            if changed.refunds.len() > MOST_REFUNDS {
                let detail = format!("an order has at most {MOST_REFUNDS} refunds");
                return Ok(fault("too_many_refunds", detail));
            }
            // What only lowers the sum may always be said.
            let rises = changed.refunded() > before;
            if changed.refunded() > sale.worth && rises && stands(Guard::RefundBound) {
                let detail = format!(
                    "the order {:?} was worth {} and {} of that went back already",
                    label.as_str(),
                    sale.worth.text(),
                    before.text()
                );
                return Ok(fault(EXCEEDS, detail));
            }
            let expires = expiry(self.app.config.retention_days, self.app.clock.now());
            if self.app.store.put_refunds(site, (sale.kind, label), changed, expires).await? {
                read.sale = Some(sale.stored.map_or(Lent::InRequest(sale.kind, label.clone()), |event| {
                    Lent::Stored(Box::new(event.derived))
                }));
                return Ok(None);
            }
        }
        let detail = "Several refunds of one order came in at once. Send this one again.";
        Err(Problem::new(ProblemKind::Unavailable, detail))
    }

    /// The sale or subscription of an order, with what this request says of it; of both the one that a server told of,
    /// and then the one with more left: a page may name any order.
    async fn sale_of(&self, label: &Label) -> Result<Option<Sale>, Problem> {
        let (store, site) = (&self.app.store, self.site);
        let mut best: Option<((Trust, Money), Sale)> = None;
        for kind in [Kind::Sale, Kind::Subscription] {
            let Some(order) = store.order(&site.id, kind, label).await? else { continue };
            let stored = store.event(site, &order.id, order.minute()).await?;
            let trust = stored.as_ref().map_or(self.trust, |version| version.received.trust);
            let stored = stored.map(|version| version.event);
            let newer =
                self.sales.iter().rev().find(|sent| sent.kind == kind && sent.order.as_ref() == Some(label));
            let standing = match newer {
                Some(sent) => self.will_be(sent).await?,
                None => stored.clone(),
            };
            let Some(standing) = standing else { continue };
            let sale = Sale { kind, worth: worth(&standing), order, stored };
            let rank = (trust, sale.worth - sale.order.refunded());
            if best.as_ref().is_none_or(|(other, _)| rank > *other) {
                best = Some((rank, sale));
            }
        }
        Ok(best.map(|(_, sale)| sale))
    }
}
