//! Many stored versions of an event are one event: which of them counts.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::domain::channel::Channel;
use crate::domain::event::{ContentHash, Decision, Derived, Event, Trust};
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
/// Two things are the event's whichever version counts: the latest decision, and the first path that was kept.
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
    let decision = decided(&hashed, &first_seen);
    let journey = told(&hashed);
    let (_, mut winner) = hashed.into_iter().max_by_key(|(hash, version)| {
        (!decides(version), weight(hash, version), Reverse((version.received.at, derived(version))))
    })?;
    winner.event.sent.void |= void;
    if stands(Guard::DecisionStays) {
        winner.event.sent.decision = decision;
    }
    if let Some(told) = journey.filter(|_| stands(Guard::JourneyStays)) {
        keep_journey(&mut winner.event.derived, &told);
    }
    Some(winner)
}

type Hashed = (ContentHash, Version);

/// Whether a version was made to decide: it repeats what the event was then, and so must not undo an amendment that
/// came in meanwhile.
fn decides(version: &Version) -> bool {
    stands(Guard::DecisionStays)
        && version.event.sent.decision.as_ref().is_some_and(|decision| decision.at > 0)
}

/// The latest decision among the versions: amending an event does not decide anew, and a decision amends nothing else.
fn decided(hashed: &[Hashed], first_seen: &HashMap<(Trust, ContentHash), i64>) -> Option<Decision> {
    let weighed = hashed.iter().filter_map(|(hash, version)| {
        let (decision, trust) = (version.event.sent.decision.as_ref()?, version.received.trust);
        let seen = first_seen.get(&(trust, *hash)).copied().unwrap_or(version.received.at);
        Some((trust, decision.at, seen, decision))
    });
    weighed.max().map(|(.., decision)| decision.clone())
}

/// What the first version that tells where the visitor came from made of that: a server that reports the sale of a
/// page later may know no visitor, and touches that came since do not change the path.
fn told(hashed: &[Hashed]) -> Option<Derived> {
    let tells = |derived: &Derived| {
        !derived.robot && (derived.path.is_some() || derived.origin.channel != Channel::Direct)
    };
    let telling = hashed.iter().map(|(_, version)| version).filter(|version| tells(&version.event.derived));
    // A server goes before a page, which may claim anybody's order, and a path before an origin alone.
    let first = telling.min_by_key(|version| {
        let Received { trust, at } = version.received;
        (Reverse(trust), version.event.derived.path.is_none(), at, derived(version))
    });
    first.map(|version| version.event.derived.clone())
}

fn keep_journey(derived: &mut Derived, told: &Derived) {
    derived.path.clone_from(&told.path);
    if derived.origin.channel == Channel::Direct && !derived.robot {
        derived.origin.clone_from(&told.origin);
        derived.landing_page.clone_from(&told.landing_page);
    }
}

/// What was derived, as bytes: the last resort that makes the choice independent of order.
fn derived(version: &Version) -> Vec<u8> {
    postcard::to_stdvec(&version.event.derived).unwrap_or_default()
}
