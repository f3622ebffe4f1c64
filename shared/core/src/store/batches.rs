//! Batches: the events of one POST and one minute, stored once, never changed, named after their content.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::codec::{MOST_BYTES, pack_below, unpack};
use super::error::StoreError;
use super::item::Item;
use super::keys::{self, Key};
use super::reads::{ALL, Range};
use super::writes::{ABSENT, Put};
use super::{Store, ttl};
use crate::domain::calendar::Minute;
use crate::domain::event::{ContentHash, Event, Trust};
use crate::domain::names::{EventId, SiteId};
use crate::domain::rollup::{Received, Version, union};
use crate::domain::site::Site;
use crate::guard::{Guard, stands};

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
        let lane = lane_of(&event, site.lanes_at(minute));
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
fn lane_of(event: &Event, lanes: u16) -> u16 {
    if lanes < 2 {
        return 0;
    }
    if stands(Guard::LaneOfId) {
        return lane_of_id(&event.sent.id, lanes);
    }
    lane_of_digest(event.sent.content_hash().0, lanes)
}

fn lane_of_id(id: &EventId, lanes: u16) -> u16 {
    lane_of_digest(Sha256::digest(id.as_str().as_bytes()).into(), lanes)
}

fn lane_of_digest([first, second, ..]: [u8; 32], lanes: u16) -> u16 {
    u16::from_be_bytes([first, second]).checked_rem(lanes).unwrap_or(0)
}

fn hash(trust: Trust, contents: impl Iterator<Item = ContentHash>) -> String {
    let mut contents: Vec<_> = contents.collect();
    contents.sort_unstable();
    let mut digest = Sha256::new_with_prefix(if stands(Guard::TrustInName) { trust_text(trust) } else { "" });
    for content in contents {
        digest.update(content.0);
    }
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
        &self,
        site: &SiteId,
        batch: &Batch,
        received: DateTime<Utc>,
        expires: Option<DateTime<Utc>>,
    ) -> Result<Stored, StoreError> {
        let mut item = Item::new(&key_of(site, &batch.name))
            .number("n", batch.n)
            .number("at", received.timestamp_millis())
            .text("by", trust_text(batch.trust))
            .bytes("body", batch.packed.clone());
        if let Some(expires) = expires {
            item = item.number("expires_at", ttl(expires));
        }
        if !stands(Guard::WriteOnce) {
            return self.put("store a batch", item).await.map(|()| Stored::New);
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

    /// The event of an id in a minute, as it stands. Cost: what is stored of its lane and minute, read once.
    pub async fn event(
        &self,
        site: &Site,
        id: &EventId,
        minute: Minute,
    ) -> Result<Option<Version>, StoreError> {
        Ok(union(self.versions(site, id, minute).await?).next())
    }

    /// The event as it will stand once `new` is stored as well.
    pub async fn event_with(&self, site: &Site, new: Version) -> Result<Option<Version>, StoreError> {
        let sent = &new.event.sent;
        let mut versions = self.versions(site, &sent.id, sent.minute()).await?;
        versions.push(new);
        Ok(union(versions).next())
    }

    async fn versions(&self, site: &Site, id: &EventId, minute: Minute) -> Result<Vec<Version>, StoreError> {
        let lane = lane_of_id(id, site.lanes_at(minute));
        let mut segment = self.segment(&site.id, minute, lane).await?;
        segment.versions.retain(|version| version.event.sent.id == *id);
        Ok(segment.versions)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{Kind, Sent};
    use crate::domain::names::{Currency, EventId};
    use crate::domain::origin::derive;

    fn site(lanes: u16) -> Site {
        use crate::domain::site::LaneChange;
        Site {
            lanes: vec![LaneChange { from: Minute::from_number(0), lanes }],
            ..Site::new(SiteId::parse("shop").unwrap(), chrono_tz::UTC, Currency::parse("EUR").unwrap())
        }
    }

    fn event(id: &str, millis: i64, name: &str) -> Event {
        let at = DateTime::from_timestamp_millis(millis).unwrap();
        let mut sent = Sent::new(EventId::parse(id).unwrap(), Kind::View, at);
        sent.props.insert("text".to_owned(), crate::domain::event::Prop::Text(name.to_owned()));
        let derived = derive(&sent, None, None, &site(1));
        Event { sent, derived }
    }

    fn names(events: &[Event], trust: Trust, lanes: u16) -> Vec<BatchName> {
        cut(events.to_vec(), trust, &site(lanes)).into_iter().map(|batch| batch.name).collect()
    }

    #[test]
    fn a_batch_is_named_after_its_content_whatever_the_order() {
        let [one, two] = [event("a", 1, "x"), event("b", 2, "y")];
        let both = names(&[one.clone(), two.clone()], Trust::Secret, 1);
        assert_eq!(names(&[two.clone(), one.clone()], Trust::Secret, 1), both);
        assert_ne!(names(&[one.clone(), two.clone()], Trust::Public, 1), both, "the trust is part of it");
        assert_ne!(names(std::slice::from_ref(&one), Trust::Secret, 1), both);
        let amended = event("b", 2, "z");
        assert_ne!(names(&[one, amended], Trust::Secret, 1), both);
    }

    #[test]
    fn two_versions_of_an_event_meet_in_one_lane() {
        let lanes: Vec<u16> = (0..64)
            .map(|number| {
                let id = format!("event-{number}");
                let lane = |name: &str| names(&[event(&id, 1, name)], Trust::Secret, 8)[0].lane;
                assert_eq!(lane("first"), lane("second"));
                lane("first")
            })
            .collect();
        assert!((0..8).all(|lane| lanes.contains(&lane)), "{lanes:?}");
    }

    #[test]
    fn a_batch_that_would_not_fit_an_item_is_cut_the_same_way_each_time() {
        // Texts that do not compress: 250 characters each of a hash of the number.
        let noise = |number: u32| {
            let digest =
                |salt: u32| URL_SAFE_NO_PAD.encode(Sha256::digest((number * 8 + salt).to_be_bytes()));
            (0..6).map(digest).collect::<String>().chars().take(250).collect::<String>()
        };
        let events: Vec<Event> =
            (0..3_000).map(|number| event(&format!("e{number}"), 1, &noise(number))).collect();
        let batches = cut(events.clone(), Trust::Secret, &site(1));
        assert!(batches.len() > 1 && batches.iter().all(|batch| batch.packed.len() <= MOST_BYTES));
        assert_eq!(batches.iter().map(|batch| batch.n).sum::<usize>(), 3_000);
        let again: Vec<BatchName> = batches.into_iter().map(|batch| batch.name).collect();
        assert_eq!(names(&events, Trust::Secret, 1), again);
    }
}
