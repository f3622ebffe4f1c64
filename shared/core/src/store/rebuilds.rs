//! Rebuilds: recounts of a range from raw events, and how far they have come.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::item::Item;
use super::reads::{ALL, Range};
use super::{Store, keys};
use crate::domain::calendar::Minute;
use crate::domain::names::SiteId;

/// A recount of a range of days from raw events under a generation of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuild {
    /// Its id.
    pub id: String,
    /// The first local day.
    pub from: NaiveDate,
    /// The last local day.
    pub to: NaiveDate,
    /// The generation that it writes.
    pub generation: u32,
    /// The fold version that it brings the range to.
    pub fold: u32,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Every hour before this one, within the range, is recounted. Work goes on from here.
    pub done_to: Minute,
    /// When the last day was folded.
    pub finished_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Writes how far a rebuild has come.
    pub async fn put_rebuild(&self, site: &SiteId, rebuild: &Rebuild) -> Result<(), StoreError> {
        let key = keys::site(site, &format!("rebuild#{}", rebuild.id));
        self.put("note a rebuild", Item::new(&key).document(rebuild)).await
    }

    /// One rebuild.
    pub async fn rebuild(&self, site: &SiteId, id: &str) -> Result<Option<Rebuild>, StoreError> {
        if id.len() > keys::LONGEST_OWN_ID {
            return Ok(None);
        }
        let key = keys::site(site, &format!("rebuild#{id}"));
        self.get("read a rebuild", &key).await?.map(|item| item.get_document()).transpose()
    }

    /// All rebuilds of a site, by id, oldest first.
    pub async fn rebuilds(&self, site: &SiteId) -> Result<Vec<Rebuild>, StoreError> {
        let pk = keys::site(site, "").pk;
        let range = Range { between: Some(("rebuild#", "rebuild#~")), ..ALL };
        let items = self.query("read rebuilds", &pk, range).await?;
        items.iter().map(Item::get_document).collect()
    }
}
