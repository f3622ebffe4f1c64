//! Where each event of a request came from, by itself or by its visitor's touches, and the path of each result.

use std::collections::{BTreeMap, BTreeSet};

use reckon_core::domain::channel::Channel;
use reckon_core::domain::event::{Event, PersonHash, Sent};
use reckon_core::domain::journey::{Contact, ONE_VISIT_MILLIS, Touch, path_of, touch_of};
use reckon_core::domain::origin::{LOOKBACK_MILLIS, Origin, derive, needs_touch};
use reckon_core::domain::site::Site;
use reckon_core::http::App;
use reckon_core::store::{Kept, StoreError, Visitor, concurrently};

use crate::event::Read;
use crate::refunds::Lent;

/// How far a browser's clock may be behind ours.
const CLOCKS_APART_MILLIS: i64 = 60 * 60 * 1000;
/// The most visitors of one customer whose touches are joined.
const MOST_JOINED: i32 = 20;

/// What the table knows of the people of a request.
#[derive(Debug, Default)]
struct People {
    visitors: BTreeMap<PersonHash, Visitor>,
    customers: BTreeMap<PersonHash, Vec<PersonHash>>,
}

/// Finds the origin of each event, its visitor's last touch included, and the path of each result.
pub(crate) async fn derive_all(app: &App, site: &Site, mut reads: Vec<Read>) -> Result<Kept, StoreError> {
    let mut people = people_of(app, site, &reads).await?;
    // In the order of time, so that a sale finds the click that came before it in the same request.
    // Refunds come last, since they take what their sale was given.
    reads.sort_by_cached_key(|read| (read.sale.is_some(), read.sent.at, read.sent.id.clone()));
    let mut derived = Kept::default();
    for mut read in reads {
        // A journey is judged by its own time, and then counted where it belongs.
        let counted_at = read.sent.at;
        read.sent.at = read.judged_at.unwrap_or(counted_at);
        let before = people.touches_before(&read);
        let last = before.iter().filter(|touch| touch.at <= read.sent.at && lends_origin(touch)).max();
        let mut made = derive(&read.sent, read.user_agent.as_deref(), last, site);
        if let Some(click) = read.click.as_ref().filter(|click| led_to(click, read.sent.at, &made.origin)) {
            // The page that a partner's link leads to names the campaign in its address, and not the partner.
            made.origin.partner.clone_from(&click.origin.partner);
            made.origin.offer.clone_from(&click.origin.offer);
        }
        made.path = path_of(&read.sent, &made, &before, site);
        read.sent.at = counted_at;
        lend(&read, &mut made, &derived.events);
        if let Some(visitor) = read.sent.visitor {
            // With the visit that it led to, and not with each event of the page: it is one touch, and a write costs.
            let landed = |click: &Touch| made.visit && read.sent.at - click.at <= ONE_VISIT_MILLIS;
            let brought = read.click.clone().filter(|click| landed(click) && !made.robot && !read.sent.void);
            for touch in brought.into_iter().chain(touch_of(&read.sent, &made)) {
                if people.leave(visitor, &touch) {
                    derived.touches.push((visitor, touch));
                }
            }
        }
        derived.events.push(Event { sent: read.sent, derived: made });
    }
    Ok(derived)
}

/// A refund is credited to whatever its sale was.
fn lend(read: &Read, made: &mut reckon_core::domain::event::Derived, earlier: &[Event]) {
    let lender = match &read.sale {
        None => return,
        Some(Lent::Stored(derived)) => Some(&**derived),
        Some(Lent::InRequest(kind, order)) => earlier
            .iter()
            .find(|event| event.sent.kind == *kind && event.sent.order.as_ref() == Some(order))
            .map(|event| &event.derived),
    };
    if let Some(sale) = lender {
        made.origin.clone_from(&sale.origin);
        made.origin.inherited = true;
        made.landing_page.clone_from(&sale.landing_page);
        made.path.clone_from(&sale.path);
    }
}

/// Whether an origin that names no partner is that of a click on a partner's link, and not of what came after it.
fn led_to(click: &Touch, at: i64, origin: &Origin) -> bool {
    origin.partner.is_empty() && origin.is_like(&click.origin) && at - click.at <= LOOKBACK_MILLIS
}

/// Whether what follows a touch without an origin of its own takes it from there.
fn lends_origin(touch: &Touch) -> bool {
    touch.contact != Contact::Impression && touch.origin.channel != Channel::Direct
}

/// Whether an event's path, or its origin, depends on what its people did before.
fn asks(sent: &Sent, site: &Site) -> bool {
    site.keeps_path(sent.kind) || needs_touch(sent, site)
}

/// Reads what is known of everybody whose journey matters to the events of a request.
async fn people_of(app: &App, site: &Site, reads: &[Read]) -> Result<People, StoreError> {
    let mut people = People::default();
    let asking = || reads.iter().map(|read| &read.sent).filter(|sent| asks(sent, site));
    people.read(app, site, asking().filter_map(|sent| sent.visitor).collect()).await?;
    if !site.identities {
        return Ok(people);
    }
    let told = people.visitors.values().filter_map(|visitor| visitor.customer.map(|known| known.customer));
    let customers: BTreeSet<PersonHash> = asking()
        .filter(|sent| site.keeps_path(sent.kind))
        .filter_map(|sent| sent.customer)
        .chain(told)
        .collect();
    let reading = customers.into_iter().map(|customer| async move {
        Ok::<_, StoreError>((customer, app.store.visitors_of(&site.id, customer, MOST_JOINED).await?))
    });
    let joined: Vec<_> = concurrently(reading).await?;
    people.customers = joined.into_iter().collect();
    let others = people.customers.values().flatten().copied().collect();
    people.read(app, site, others).await?;
    Ok(people)
}

impl People {
    /// Reads those visitors that are not known yet.
    async fn read(
        &mut self,
        app: &App,
        site: &Site,
        mut wanted: BTreeSet<PersonHash>,
    ) -> Result<(), StoreError> {
        wanted.retain(|visitor| !self.visitors.contains_key(visitor));
        let reading = wanted.into_iter().map(|visitor| async move {
            Ok::<_, StoreError>((visitor, app.store.visitor(&site.id, visitor).await?))
        });
        let read: Vec<_> = concurrently(reading).await?;
        self.visitors.extend(read);
        Ok(())
    }

    /// The touches of an event's visitor and of the customer's other visitors, the click that it brings among them.
    ///
    /// A browser's clock may be behind ours: a click that it brings was before the event, whatever it says.
    fn touches_before(&self, read: &Read) -> Vec<Touch> {
        let sent = &read.sent;
        let of = |visitor: &PersonHash| self.visitors.get(visitor);
        let told = sent.visitor.as_ref().and_then(of).and_then(|visitor| visitor.customer);
        let customer = sent.customer.or(told.map(|known| known.customer));
        let joined = customer.and_then(|customer| self.customers.get(&customer)).into_iter().flatten();
        let everybody: BTreeSet<&PersonHash> = sent.visitor.iter().chain(joined).collect();
        let mut touches: Vec<Touch> =
            everybody.into_iter().filter_map(of).flat_map(|visitor| visitor.touches.clone()).collect();
        touches.extend(read.click.clone().map(|click| {
            let ahead = click.at - sent.at;
            let at = if (0..=CLOCKS_APART_MILLIS).contains(&ahead) { sent.at } else { click.at };
            Touch { at, ..click }
        }));
        touches
    }

    /// Adds a touch of this request; false where it is one visit with a touch that is known.
    fn leave(&mut self, visitor: PersonHash, touch: &Touch) -> bool {
        let touches = &mut self.visitors.entry(visitor).or_default().touches;
        let known = touches.iter().any(|known| touch == known || touch.continues(known));
        if !known {
            touches.push(touch.clone());
        }
        !known
    }
}
