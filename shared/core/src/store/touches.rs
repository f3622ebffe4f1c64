//! Touches: the last visit or click of each visitor that had an origin of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::error::StoreError;
use super::item::Item;
use super::writes::Condition;
use super::{Store, keys, ttl};
use crate::domain::event::PersonHash;
use crate::domain::names::SiteId;
use crate::domain::origin::Touch;

/// How long DynamoDB keeps a touch; the look-back itself is held by the domain.
const KEPT: Duration = Duration::days(31);

impl Store {
    /// The last touches of these visitors, where they have any.
    ///
    /// Cost: 1 read unit each, in one call for a hundred.
    pub async fn touches(
        &self,
        site: &SiteId,
        visitors: &[PersonHash],
    ) -> Result<BTreeMap<PersonHash, Touch>, StoreError> {
        let keys: Vec<_> = visitors.iter().map(|visitor| keys::touch(site, visitor.0)).collect();
        let mut touches = BTreeMap::new();
        for item in self.get_many("read touches", &keys).await? {
            let hash =
                item.get_text("pk")?.rsplit('#').next().and_then(|hex| u64::from_str_radix(hex, 16).ok());
            touches.insert(PersonHash(hash.ok_or_else(|| item.corrupt())?), item.get_document()?);
        }
        Ok(touches)
    }

    /// Remembers a visitor's touch, unless a later one is there. Cost: 1 write unit.
    pub async fn put_touch(
        &self,
        site: &SiteId,
        visitor: PersonHash,
        touch: &Touch,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let at = DateTime::from_timestamp_millis(touch.at).unwrap_or(now);
        let item = Item::new(&keys::touch(site, visitor.0))
            .number("touched", touch.at)
            .number("expires_at", ttl(at.max(now) + KEPT))
            .document(touch);
        let numbers = [(":touched", touch.at.to_string())];
        let expression = "attribute_not_exists(pk) OR touched < :touched";
        let condition = Condition { expression, numbers: &numbers, names: &[] };
        // Refused means that a later touch stands there, which is as it should be.
        self.put_if("remember a touch", item, condition).await.map(|_| ())
    }
}
