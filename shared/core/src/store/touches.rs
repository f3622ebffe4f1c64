//! Touches: what each visitor came into contact with, an item each; and which customer a visitor is.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::StoreError;
use super::item::Item;
use super::keys::{self, Key};
use super::reads::{ALL, Range};
use super::writes::{Condition, Put};
use super::{Store, ttl};
use crate::domain::event::PersonHash;
use crate::domain::journey::{Lookback, Touch};
use crate::domain::names::SiteId;

/// The most items that are read of one visitor, the latest first.
const MOST_READ: i32 = 60;

/// What is known of a visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visitor {
    /// The touches, in no particular order, at most some sixty, the latest.
    pub touches: Vec<Touch>,
    /// Who the visitor is, where that was told.
    pub customer: Option<Identity>,
}

/// Which customer a visitor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The customer.
    pub customer: PersonHash,
    /// What a visitor of the customer's id would be, so that a circle of identities can be told.
    pub as_visitor: PersonHash,
}

impl Store {
    /// A visitor's touches and identity. Cost: 1 read unit per 4 KB, which is some 20 touches.
    pub async fn visitor(&self, site: &SiteId, visitor: PersonHash) -> Result<Visitor, StoreError> {
        let range = Range { limit: Some(MOST_READ), newest: true, ..ALL };
        let pk = keys::visitor(site, visitor.0);
        let mut known = Visitor::default();
        for item in self.query("read a visitor", &pk, range).await? {
            if item.get_text("sk")? == keys::IDENTITY {
                known.customer = item.get_document()?;
            } else {
                known.touches.push(item.get_document()?);
            }
        }
        Ok(known)
    }

    /// Remembers a visitor's touch. Remembering it again changes nothing. Cost: 1 write unit.
    pub async fn put_touch(
        &self,
        site: &SiteId,
        visitor: PersonHash,
        touch: &Touch,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let at = DateTime::from_timestamp_millis(touch.at).unwrap_or(now);
        let json = serde_json::to_vec(touch).unwrap_or_default();
        let hash = hex::encode(Sha256::digest(json).get(..6).unwrap_or_default());
        let key = Key { pk: keys::visitor(site, visitor.0), sk: keys::touch(touch.at, &hash) };
        let kept = Duration::days(i64::from(Lookback::MOST_DAYS) + 1);
        let item = Item::new(&key).number("expires_at", ttl(at.max(now) + kept)).document(touch);
        self.put("remember a touch", item).await
    }

    /// Notes which customer a visitor is; false where the visitor is another one already. Cost: 2 write units.
    pub async fn identify(
        &self,
        site: &SiteId,
        visitor: PersonHash,
        identity: &Identity,
    ) -> Result<bool, StoreError> {
        let item = Item::new(&identity_of(site, visitor)).number("gone", 0).document(&Some(identity));
        let numbers = [(":gone", "1".to_owned())];
        let expression = "attribute_not_exists(pk) OR gone = :gone";
        let free = Condition { expression, numbers: &numbers, names: &[] };
        if let Put::Refused(standing) = self.put_if("note an identity", item, free).await?
            && standing
                .get_document::<Option<Identity>>()?
                .is_some_and(|known| known.customer != identity.customer)
        {
            return Ok(false);
        }
        let listed = keys::visitor_of(site, identity.customer.0, visitor.0);
        self.put("note a visitor", Item::new(&listed).number("gone", 0)).await.map(|()| true)
    }

    /// Takes back which customer a visitor is. Paths that were kept stay as they are. Cost: 2 write units.
    ///
    /// What was noted is written over, since whoever takes in events may delete nothing. The identity goes last, so that
    /// a call that was cut off can be made again.
    pub async fn forget_identity(
        &self,
        site: &SiteId,
        visitor: PersonHash,
        customer: PersonHash,
    ) -> Result<(), StoreError> {
        let listed = keys::visitor_of(site, customer.0, visitor.0);
        self.put("forget a visitor", Item::new(&listed).number("gone", 1)).await?;
        let item = Item::new(&identity_of(site, visitor)).number("gone", 1).document(&None::<Identity>);
        self.put("forget an identity", item).await
    }

    /// The visitors that a customer is known to be, at most so many.
    pub async fn visitors_of(
        &self,
        site: &SiteId,
        customer: PersonHash,
        most: i32,
    ) -> Result<Vec<PersonHash>, StoreError> {
        let pk = keys::visitor_of(site, customer.0, 0).pk;
        let range = Range { limit: Some(most), ..ALL };
        let items = self.query("read a customer's visitors", &pk, range).await?;
        let hash = |item: &Item| {
            let hex = item.get_text("sk")?;
            u64::from_str_radix(hex, 16).map(PersonHash).map_err(|_| item.corrupt())
        };
        let known = items.iter().filter(|item| item.get_number::<u8>("gone").is_ok_and(|gone| gone == 0));
        known.map(hash).collect()
    }
}

fn identity_of(site: &SiteId, visitor: PersonHash) -> Key {
    Key { pk: keys::visitor(site, visitor.0), sk: keys::IDENTITY.to_owned() }
}
