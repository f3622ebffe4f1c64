//! Batches: the events of one POST and one minute, stored once, never changed, named after their content.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::codec::{MOST_BYTES, pack_below, unpack};
use super::error::StoreError;
use super::item::{ABSENT, ALL, Item, Put, Range};
use super::keys::{self, Key};
use super::{Store, ttl};
use crate::domain::calendar::Minute;
use crate::domain::event::{ContentHash, Event, Trust};
use crate::domain::names::SiteId;
use crate::domain::rollup::{Received, Version};
use crate::domain::site::Site;

/// Where a batch lies: its segment and the hash of its content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct BatchName {
    /// The minute of its events.
    pub minute: Minute,
    /// The lane of its events.
    pub lane: u16,
    /// SHA-256 of the trust and of all contents, whatever their order, in base64url.
    pub hash: String,
}

/// A batch that is ready to be stored.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Where it goes.
    pub name: BatchName,
    /// How many events it holds.
    pub n: usize,
    packed: Vec<u8>,
    trust: Trust,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is durable now.
    New,
    /// It was there before: the POST is a retry.
    Already,
}

/// All that is stored of one lane of one minute.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    /// Stored versions of events, readable or not.
    pub n: u64,
    /// Every version that can be read.
    pub versions: Vec<Version>,
    /// The batches that cannot be read, by their hash, and why.
    pub broken: Vec<(String, String)>,
}

/// Cuts events into batches by minute and lane, each below what one item holds.
///
/// The lane comes from the event's id, so that two versions of an event meet in one segment.
pub fn cut(events: Vec<Event>, trust: Trust, site: &Site) -> Vec<Batch> {
    let mut segments: BTreeMap<(Minute, u16), Vec<Event>> = BTreeMap::new();
    for event in events {
        let minute = event.sent.minute();
        let lane = lane_of(event.sent.id.as_str(), site.lanes_at(minute));
        segments.entry((minute, lane)).or_default().push(event);
    }
    let mut batches = Vec::new();
    for ((minute, lane), events) in segments {
        for (chunk, packed) in pack_below(&events, MOST_BYTES) {
            let hash = hash(trust, chunk.iter().map(|event| event.sent.content_hash()));
            batches.push(Batch { name: BatchName { minute, lane, hash }, n: chunk.len(), packed, trust });
        }
    }
    batches
}

/// A lane below `lanes`, always the same for an id.
fn lane_of(id: &str, lanes: u16) -> u16 {
    if lanes < 2 {
        return 0;
    }
    let digest: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    let [first, second, ..] = digest;
    u16::from_be_bytes([first, second]).checked_rem(lanes).unwrap_or(0)
}

fn hash(trust: Trust, contents: impl Iterator<Item = ContentHash>) -> String {
    let mut contents: Vec<_> = contents.collect();
    contents.sort_unstable();
    let mut digest = Sha256::new_with_prefix(trust_text(trust));
    contents.iter().for_each(|content| digest.update(content.0));
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

const fn trust_text(trust: Trust) -> &'static str {
    match trust {
        Trust::Public => "p",
        Trust::Secret => "s",
    }
}

fn key_of(site: &SiteId, name: &BatchName) -> Key {
    Key { pk: keys::raw(site, name.minute, name.lane), sk: name.hash.clone() }
}

/// The number of event versions of a batch item. One that does not say counts as one.
fn versions_in(item: &Item) -> u64 {
    item.get_number("n").unwrap_or(1)
}

fn read(item: &Item) -> Result<Vec<Version>, String> {
    let say = |_: StoreError| "an attribute is missing or of the wrong type".to_owned();
    let trust = match item.get_text("by").map_err(say)? {
        "s" => Trust::Secret,
        "p" => Trust::Public,
        other => return Err(format!("unknown trust {other:?}")),
    };
    let received = Received { trust, at: item.get_number("at").map_err(say)? };
    let events = unpack(item.get_bytes("body").map_err(say)?).map_err(|error| error.to_string())?;
    Ok(events.into_iter().map(|event| Version { event, received }).collect())
}

impl Store {
    /// Makes a batch durable, unless it is already.
    ///
    /// Cost: 1 write unit per KB. Errors: [`StoreError::Unavailable`] when throttled; then it may be stored or not.
    pub async fn put_batch(
        &self, site: &SiteId, batch: &Batch, received: DateTime<Utc>, expires: Option<DateTime<Utc>>,
    ) -> Result<Stored, StoreError> {
        let mut item = Item::new(&key_of(site, &batch.name))
            .number("n", batch.n)
            .number("at", received.timestamp_millis())
            .text("by", trust_text(batch.trust))
            .bytes("body", batch.packed.clone());
        if let Some(expires) = expires {
            item = item.number("expires_at", ttl(expires));
        }
        match self.put_if("store a batch", item, ABSENT).await? {
            Put::Done => Ok(Stored::New),
            Put::Refused(_) => Ok(Stored::Already),
        }
    }

    /// All that is stored of one lane of one minute, read strongly.
    pub async fn segment(&self, site: &SiteId, minute: Minute, lane: u16) -> Result<Segment, StoreError> {
        let mut segment = Segment::default();
        for item in self.query("read a minute", &keys::raw(site, minute, lane), ALL).await? {
            segment.n += versions_in(&item);
            match read(&item) {
                Ok(versions) => segment.versions.extend(versions),
                Err(reason) => segment.broken.push((item.get_text("sk")?.to_owned(), reason)),
            }
        }
        Ok(segment)
    }

    /// How many event versions are stored of one lane of one minute, read strongly.
    pub async fn count_segment(&self, site: &SiteId, minute: Minute, lane: u16) -> Result<u64, StoreError> {
        let range = Range { only: Some("pk, sk, n"), ..ALL };
        let items = self.query("count a minute", &keys::raw(site, minute, lane), range).await?;
        Ok(items.iter().map(versions_in).sum())
    }

    /// Whether a batch is stored.
    pub async fn has_batch(&self, site: &SiteId, name: &BatchName) -> Result<bool, StoreError> {
        Ok(self.get("look for a batch", &key_of(site, name)).await?.is_some())
    }
}
