//! Ids that occur in several minutes: each is an event of its own there, which a sender may not have meant.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use reckon_core::domain::calendar::Minute;
use reckon_core::domain::names::EventId;
use sha2::{Digest, Sha256};

/// The most ids that are told, and the most minutes of each.
pub(crate) const MOST_IDS: usize = 100;
pub(crate) const MOST_MINUTES: usize = 10;

/// The ids seen so far.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    /// Half of the hash of each id, which nobody can make two ids share, and the minute that it was first seen in.
    seen: HashMap<[u8; 16], Minute>,
    /// The ids seen in another minute as well.
    pub(crate) found: BTreeMap<EventId, BTreeSet<Minute>>,
    /// Ids beyond those.
    more: BTreeSet<[u8; 16]>,
}

impl Repeats {
    /// Notes an id. Noting it again changes nothing.
    pub(crate) fn note(&mut self, id: &EventId, minute: Minute) {
        let digest: [u8; 32] = Sha256::digest(id.as_str().as_bytes()).into();
        let hash = *digest.first_chunk().unwrap_or(&[0; 16]);
        let first = *self.seen.entry(hash).or_insert(minute);
        if first == minute && !self.found.contains_key(id) {
            return;
        }
        if self.found.len() >= MOST_IDS && !self.found.contains_key(id) {
            self.more.insert(hash);
            return;
        }
        let minutes = self.found.entry(id.clone()).or_insert_with(|| BTreeSet::from([first]));
        if minutes.len() < MOST_MINUTES {
            minutes.insert(minute);
        }
    }

    /// How many ids are not told.
    pub(crate) fn untold(&self) -> usize {
        self.more.len()
    }
}
