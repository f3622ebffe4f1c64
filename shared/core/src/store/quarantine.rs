//! Quarantine: batches that could not be read, kept by name with the reason until a rebuild reads them.

use serde::{Deserialize, Serialize};

use super::Store;
use super::batches::BatchName;
use super::error::StoreError;
use super::item::Item;
use super::keys::{self, Key};
use super::reads::{ALL, Range};
use crate::domain::names::SiteId;

/// A batch that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Which batch.
    pub batch: BatchName,
    /// Why, as a sentence for the operator.
    pub reason: String,
}

fn key_of(site: &SiteId, batch: &BatchName) -> Key {
    let sk = format!("{}#{}#{}", keys::instant(batch.minute), batch.lane, batch.hash);
    Key { pk: keys::quarantine(site), sk }
}

impl Store {
    /// Notes that a batch cannot be read. Noting it again changes nothing.
    pub async fn quarantine(&self, site: &SiteId, entry: &Quarantined) -> Result<(), StoreError> {
        self.put("quarantine a batch", Item::new(&key_of(site, &entry.batch)).document(entry)).await
    }

    /// The first batches in quarantine, by minute.
    pub async fn quarantined(&self, site: &SiteId, limit: i32) -> Result<Vec<Quarantined>, StoreError> {
        let range = Range { limit: Some(limit), ..ALL };
        let items = self.query("read the quarantine", &keys::quarantine(site), range).await?;
        items.iter().map(Item::get_document).collect()
    }

    /// Takes a batch out of quarantine: it can be read now, or is gone.
    pub async fn release(&self, site: &SiteId, batch: &BatchName) -> Result<(), StoreError> {
        self.delete("release a batch", &key_of(site, batch)).await
    }
}
