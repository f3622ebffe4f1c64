//! Claims: when an id that carries no time was first seen, so that its retry lands in the same minute.

use chrono::{DateTime, Utc};

use super::error::StoreError;
use super::item::Item;
use super::writes::{Condition, Put};
use super::{Store, keys, ttl};
use crate::domain::event::Trust;
use crate::domain::names::{EventId, SiteId};
use crate::guard::{Guard, stands};

impl Store {
    /// The time first seen of an id, in milliseconds since 1970; `now` where it is new.
    ///
    /// The claim of a secret key supersedes that of a publish key, which a stranger may have made.
    /// Cost: 1 write unit.
    pub async fn claim(
        &self,
        site: &SiteId,
        id: &EventId,
        trust: Trust,
        now: DateTime<Utc>,
        expires: Option<DateTime<Utc>>,
    ) -> Result<i64, StoreError> {
        let rank = match trust {
            Trust::Secret if stands(Guard::ClaimRank) => 1,
            _ => 0,
        };
        let mut item =
            Item::new(&keys::claim(site, id)).number("at", now.timestamp_millis()).number("rank", rank);
        if let Some(expires) = expires {
            item = item.number("expires_at", ttl(expires));
        }
        let condition = Condition {
            expression: "attribute_not_exists(pk) OR #rank < :rank",
            numbers: &[(":rank", rank.to_string())],
            names: &[("#rank", "rank")],
        };
        match self.put_if("claim an id", item, condition).await? {
            Put::Done => Ok(now.timestamp_millis()),
            Put::Refused(standing) => standing.get_number("at"),
        }
    }
}
