//! Late markers: POSTs that held batches of hours already over, kept until every rollup above them is right.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::Store;
use super::batches::BatchName;
use super::error::StoreError;
use super::item::Item;
use super::keys::{self, Key};
use super::reads::{ALL, Range};
use crate::domain::names::SiteId;

/// One POST with batches of hours already over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// When it came in.
    pub received: DateTime<Utc>,
    /// The batches of hours that were over.
    pub batches: Vec<BatchName>,
    name: String,
}

impl Late {
    /// The marker of a POST received at `received`.
    pub fn new(received: DateTime<Utc>, batches: Vec<BatchName>) -> Self {
        // Named after all that it names: two POSTs of one millisecond may share a batch.
        let mut digest = Sha256::new();
        for batch in &batches {
            digest.update(format!("{}#{}#{}#", batch.minute.number(), batch.lane, batch.hash));
        }
        let all = URL_SAFE_NO_PAD.encode(digest.finalize());
        // Thirteen digits of milliseconds sort as text until the year 2286.
        let name = format!("{:013}#{all}", received.timestamp_millis());
        Self { received, batches, name }
    }
}

impl Store {
    /// Writes a marker; the batches that it names follow. Cost: 1 write unit per KB, some 60 bytes a batch.
    pub async fn put_late(&self, site: &SiteId, late: &Late) -> Result<(), StoreError> {
        let key = Key { pk: keys::late(site), sk: late.name.clone() };
        let item = Item::new(&key).number("at", late.received.timestamp_millis()).document(&late.batches);
        self.put("mark late events", item).await
    }

    /// The oldest markers, oldest first, at most `limit`.
    pub async fn late(&self, site: &SiteId, limit: i32) -> Result<Vec<Late>, StoreError> {
        let range = Range { limit: Some(limit), ..ALL };
        let items = self.query("read late markers", &keys::late(site), range).await?;
        let read = |item: &Item| {
            let received =
                DateTime::from_timestamp_millis(item.get_number("at")?).ok_or_else(|| item.corrupt())?;
            Ok(Late { received, batches: item.get_document()?, name: item.get_text("sk")?.to_owned() })
        };
        items.iter().map(read).collect()
    }

    /// Takes a marker away: everything above its batches is right.
    pub async fn delete_late(&self, site: &SiteId, late: &Late) -> Result<(), StoreError> {
        let key = Key { pk: keys::late(site), sk: late.name.clone() };
        self.delete("take a late marker away", &key).await
    }
}
