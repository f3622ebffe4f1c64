//! Many stored versions of an event are one event: which of them counts.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::domain::event::{ContentHash, Event, Trust};
use crate::guard::{Guard, stands};

/// How a batch of events came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Received {
    /// Who sent it.
    pub trust: Trust,
    /// When it was first accepted, in milliseconds since 1970.
    pub at: i64,
}

/// One stored version of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The event as that version has it.
    pub event: Event,
    /// How it came in.
    pub received: Received,
}

/// What decides between versions of different content, highest first: trust, the sender's number, time, content.
type Weight = (Trust, u32, i64, ContentHash);

/// One version per event id: the one that counts. The answer does not depend on the order of `versions`.
///
/// A version is as old as the first time that its content came in, so that sending the old text again does not
/// undo an amendment. A void absorbs: an event that was withdrawn once stays withdrawn.
///
/// A busy minute has hundreds of thousands of versions, so they are sorted where they lie and handed on one by one.
pub fn union(mut versions: Vec<Version>) -> impl Iterator<Item = Version> {
    versions.sort_unstable_by(|left, right| left.event.sent.id.cmp(&right.event.sent.id));
    let mut sorted = versions.into_iter().peekable();
    std::iter::from_fn(move || {
        let mut same = vec![sorted.next()?];
        let meets = |first: &Version, next: &Version| {
            stands(Guard::Union) && first.event.sent.id == next.event.sent.id
        };
        while let Some(next) = sorted.next_if(|next| same.first().is_some_and(|first| meets(first, next))) {
            same.push(next);
        }
        choose(same)
    })
}

/// The version of one id that counts. Events that came once need no hash.
fn choose(mut versions: Vec<Version>) -> Option<Version> {
    if versions.len() < 2 {
        return versions.pop();
    }
    let hashed: Vec<_> =
        versions.into_iter().map(|version| (version.event.sent.content_hash(), version)).collect();
    let mut first_seen: HashMap<(Trust, ContentHash), i64> = HashMap::new();
    for (hash, version) in &hashed {
        let seen = first_seen.entry((version.received.trust, *hash)).or_insert(version.received.at);
        if stands(Guard::EarliestReceipt) {
            *seen = version.received.at.min(*seen);
        } else {
            *seen = version.received.at.max(*seen);
        }
    }
    let void = stands(Guard::VoidAbsorbs) && hashed.iter().any(|(_, version)| version.event.sent.void);
    let weight = |hash: &ContentHash, version: &Version| -> Weight {
        let Received { trust, at } = version.received;
        let trust = if stands(Guard::TrustDecides) { trust } else { Trust::Public };
        let number = if stands(Guard::SenderVersion) { version.event.sent.version } else { 0 };
        (trust, number, first_seen.get(&(trust, *hash)).copied().unwrap_or(at), *hash)
    };
    // Copies of one content differ in what was derived; the first to come in is the one that stays.
    let (_, mut winner) = hashed.into_iter().max_by_key(|(hash, version)| {
        (weight(hash, version), Reverse((version.received.at, derived(version))))
    })?;
    winner.event.sent.void |= void;
    Some(winner)
}

/// What was derived, as bytes: the last resort that makes the choice independent of order.
fn derived(version: &Version) -> Vec<u8> {
    postcard::to_stdvec(&version.event.derived).unwrap_or_default()
}
