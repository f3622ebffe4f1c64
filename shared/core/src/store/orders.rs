//! Orders: the one result of its kind that an order number names, however often it is reported, and its refunds.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::item::Item;
use super::writes::{ABSENT, Condition, Put};
use super::{Store, keys, ttl};
use crate::domain::calendar::Minute;
use crate::domain::decimal::Money;
use crate::domain::event::{Kind, Trust};
use crate::domain::names::{EventId, Label, SiteId};
use crate::guard::{Guard, stands};

/// The result of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The event that every report of it is a version of.
    pub id: EventId,
    /// When it happened, in milliseconds since 1970: as the first to report it said.
    pub at: i64,
    /// Who reported it first.
    pub trust: Trust,
    /// What was refunded.
    pub refunds: Vec<Refund>,
    /// How often the refunds were changed.
    revision: u64,
}

/// A refund of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The refund's event.
    pub id: EventId,
    /// When it happened, in milliseconds since 1970.
    pub at: i64,
    /// How much, in millionths. Nothing where it was withdrawn.
    pub millionths: i128,
}

impl Refund {
    /// How much.
    pub const fn value(&self) -> Money {
        Money::from_millionths(self.millionths)
    }
}

impl Order {
    /// An order that was never reported before.
    pub const fn new(id: EventId, at: i64, trust: Trust) -> Self {
        Self { id, at, trust, refunds: Vec::new(), revision: 0 }
    }

    fn read(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            id: EventId::parse(item.get_text("id")?).map_err(|_| item.corrupt())?,
            at: item.get_number("at")?,
            trust: if item.get_number::<u8>("rank")? > 0 { Trust::Secret } else { Trust::Public },
            refunds: item.get_document()?,
            revision: item.get_number("revision")?,
        })
    }

    /// The minute of its event.
    pub const fn minute(&self) -> Minute {
        Minute::from_number(self.at.div_euclid(60_000))
    }

    /// What was refunded in all.
    pub fn refunded(&self) -> Money {
        Money::from_millionths(self.refunds.iter().map(|refund| refund.millionths).sum())
    }

    /// The same order with a refund, in the place of an earlier version of it.
    #[must_use]
    pub fn with(mut self, refund: Refund) -> Self {
        let minute = |at: i64| at.div_euclid(60_000);
        self.refunds.retain(|known| known.id != refund.id || minute(known.at) != minute(refund.at));
        self.refunds.push(refund);
        self
    }
}

impl Store {
    /// The result of an order, and whether it was known; `first` becomes it where it was not.
    ///
    /// Cost: 1 write unit per KB, some 60 bytes a refund.
    pub async fn claim_order(
        &self,
        site: &SiteId,
        (kind, order): (Kind, &Label),
        first: Order,
        expires: Option<DateTime<Utc>>,
    ) -> Result<(Order, bool), StoreError> {
        match self.put_order(site, (kind, order), &first, ABSENT, expires).await? {
            Put::Refused(standing) if stands(Guard::OneResultPerOrder) => Ok((Order::read(&standing)?, true)),
            Put::Refused(_) | Put::Done => Ok((first, false)),
        }
    }

    /// What is known of an order. Cost: 1 read unit.
    pub async fn order(&self, site: &SiteId, kind: Kind, order: &Label) -> Result<Option<Order>, StoreError> {
        let item = self.get("read an order", &keys::order(site, kind, order)).await?;
        item.as_ref().map(Order::read).transpose()
    }

    /// Writes the refunds of an order; false where somebody else changed them since it was read.
    pub async fn put_refunds(
        &self,
        site: &SiteId,
        (kind, order): (Kind, &Label),
        mut changed: Order,
        expires: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let numbers = [(":revision", changed.revision.to_string())];
        changed.revision += 1;
        let condition = Condition { expression: "revision = :revision", numbers: &numbers, names: &[] };
        Ok(matches!(self.put_order(site, (kind, order), &changed, condition, expires).await?, Put::Done))
    }

    async fn put_order(
        &self,
        site: &SiteId,
        (kind, order): (Kind, &Label),
        new: &Order,
        condition: Condition<'_>,
        expires: Option<DateTime<Utc>>,
    ) -> Result<Put, StoreError> {
        let mut item = Item::new(&keys::order(site, kind, order))
            .text("id", new.id.as_str())
            .number("at", new.at)
            .number("rank", u8::from(new.trust == Trust::Secret))
            .number("revision", new.revision)
            .document(&new.refunds);
        if let Some(expires) = expires {
            item = item.number("expires_at", ttl(expires));
        }
        self.put_if("note an order", item, condition).await
    }
}
