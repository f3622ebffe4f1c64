//! Refunds: each names its order, and together they are never more than the sale.

use reckon_core::domain::calendar::Minute;
use reckon_core::domain::decimal::Money;
use reckon_core::domain::event::{Event, Kind, Sent, Status};
use reckon_core::domain::names::Label;
use reckon_core::domain::site::Site;
use reckon_core::guard::{Guard, stands};
use reckon_core::http::{App, Fault, Problem, ProblemKind};
use reckon_core::store::{Order, Refund};

use crate::accept::Numbered;
use crate::claims::expiry;
use crate::event::Read;

/// The code of a refund that is more than is left of its sale.
pub(crate) const EXCEEDS: &str = "refund_exceeds_sale";

/// How often a refund is tried again after another one of the same order was faster.
const TRIES: usize = 5;

/// The sale of a refund.
struct Sale {
    kind: Kind,
    order: Order,
    /// As it is stored; `None` where it is in this request alone.
    stored: Option<Event>,
    worth: Money,
}

/// Holds every refund with an order number to its sale; those that cannot be are moved to the faults.
pub(crate) async fn hold_refunds(
    app: &App,
    site: &Site,
    reads: &mut Numbered<Read>,
    faults: &mut Numbered<Fault>,
) -> Result<(), Problem> {
    let is_held = |sent: &Sent| sent.kind == Kind::Refund && sent.order.is_some();
    if !reads.iter().any(|(_, read)| is_held(&read.sent)) {
        return Ok(());
    }
    let sales: Vec<Sent> =
        reads.iter().map(|(_, read)| &read.sent).filter(|sent| sent.kind.is_result()).cloned().collect();
    let mut kept = Vec::with_capacity(reads.len());
    for (index, mut read) in reads.drain(..) {
        if !is_held(&read.sent) {
            kept.push((index, read));
            continue;
        }
        match hold(app, site, &mut read, &sales).await? {
            Ok(()) => kept.push((index, read)),
            Err(fault) => faults.push((index, fault)),
        }
    }
    *reads = kept;
    Ok(())
}

/// Holds one refund: notes it with its order, and gives it what its sale was credited to.
async fn hold(app: &App, site: &Site, read: &mut Read, sales: &[Sent]) -> Result<Result<(), Fault>, Problem> {
    let Some(label) = read.sent.order.clone() else { return Ok(Ok(())) };
    let fault = |code, detail| Fault::new(format!("{}/order", read.pointer), code, detail);
    for _ in 0..TRIES {
        let Some(sale) = sale_of(app, site, &label, sales).await? else {
            let detail = format!(
                "no sale or subscription with the order {:?} is known; send it first",
                label.as_str()
            );
            return Ok(Err(fault("unknown_order", detail)));
        };
        let value = if read.sent.void { Money::ZERO } else { read.sent.value.unwrap_or_default() };
        let refund = Refund { id: read.sent.id.clone(), at: read.sent.at, millionths: value.millionths() };
        let (before, changed) = (sale.order.refunded(), sale.order.with(refund));
        // What only lowers the sum may always be said.
        let rises = changed.refunded() > before;
        if changed.refunded() > sale.worth && rises && stands(Guard::RefundBound) {
            let detail = format!(
                "the order {:?} was worth {} and {} of that went back already",
                label.as_str(),
                sale.worth.text(),
                before.text()
            );
            return Ok(Err(fault(EXCEEDS, detail)));
        }
        let expires = expiry(app, app.clock.now());
        if app.store.put_refunds(&site.id, (sale.kind, &label), changed, expires).await? {
            read.sale =
                Some(sale.stored.map_or(Lent::InRequest(sale.kind, label), |event| {
                    Lent::Stored(Box::new(event.derived))
                }));
            return Ok(Ok(()));
        }
    }
    let detail = "Several refunds of one order came in at once. Send this one again.";
    Err(Problem::new(ProblemKind::Unavailable, detail))
}

/// Where the refund of a sale finds what the sale was credited to.
#[derive(Clone, Debug)]
pub(crate) enum Lent {
    /// In a sale that is stored.
    Stored(Box<reckon_core::domain::event::Derived>),
    /// In the sale of that kind and order in the same request.
    InRequest(Kind, Label),
}

/// The sale or subscription of an order, with what this request says of it.
async fn sale_of(app: &App, site: &Site, label: &Label, sales: &[Sent]) -> Result<Option<Sale>, Problem> {
    for kind in [Kind::Sale, Kind::Subscription] {
        let Some(order) = app.store.order(&site.id, kind, label).await? else { continue };
        let minute = Minute::from_number(order.at.div_euclid(60_000));
        let stored = app.store.event(site, &order.id, minute).await?.map(|version| version.event);
        let newer = sales.iter().rev().find(|sent| sent.kind == kind && sent.order.as_ref() == Some(label));
        let Some(sent) = newer.or(stored.as_ref().map(|event| &event.sent)) else { continue };
        let void = sent.void || stored.as_ref().is_some_and(|event| event.sent.void);
        let counts = !void && sent.status() != Status::Rejected;
        let worth = if counts { sent.value.unwrap_or_default() } else { Money::ZERO };
        return Ok(Some(Sale { kind, order, stored, worth }));
    }
    Ok(None)
}
