//! Many stored versions of an event are one event: which of them counts.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::domain::channel::Channel;
use crate::domain::event::{ContentHash, Decision, Derived, Event, Trust};
use crate::domain::journey::{DAY_MILLIS, Step};
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
pub fn union(versions: Vec<Version>) -> impl Iterator<Item = Version> {
    union_noting(versions, |_| {})
}

/// [`union`], which shows `note` all versions of each id.
pub fn union_noting(
    mut versions: Vec<Version>,
    mut note: impl FnMut(&[Version]),
) -> impl Iterator<Item = Version> {
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
        note(&same);
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
        let seen = first_seen.get(&(trust, *hash)).copied().unwrap_or(at);
        // Order numbers can be guessed: of pages the first to report an order is believed, and nobody else.
        let guessable = trust == Trust::Public && version.event.sent.order.is_some();
        (trust, number, if guessable { -seen } else { seen }, *hash)
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
        keep_journey(&mut winner.event, &told);
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

/// What the version that is believed about the visitor made of where that one came from.
///
/// A server goes before a page, which may claim anybody's order; a path goes before an origin alone, and then what came
/// in first, so that touches which came since change nothing. Of pages the first report alone tells, and no later than a
/// day after the result was known: else anybody could claim what nobody had a journey for. Where a server tells no more
/// than a part of what the page told, such as a partner who knows his own click, the page's stays.
fn told(hashed: &[Hashed]) -> Option<Derived> {
    let tells = |version: &Version| {
        let derived = &version.event.derived;
        !derived.robot
            && !decides(version)
            && (derived.path.is_some() || derived.origin.channel != Channel::Direct)
    };
    let receipts = |trust: Option<Trust>| {
        let versions = hashed.iter().map(|(_, version)| version.received);
        versions.filter(move |received| trust.is_none_or(|trust| received.trust == trust)).map(|r| r.at).min()
    };
    let (first, first_page) = (receipts(None)?, receipts(Some(Trust::Public)));
    let in_time = |at: i64| Some(at) == first_page && at - first <= DAY_MILLIS;
    let of = |trust: Trust| {
        let telling = hashed.iter().map(|(_, version)| version).filter(|version| {
            version.received.trust == trust
                && tells(version)
                && (trust == Trust::Secret || in_time(version.received.at))
        });
        let first = telling.min_by_key(|version| {
            (version.event.derived.path.is_none(), version.received.at, derived(version))
        });
        first.map(|version| &version.event.derived)
    };
    match (of(Trust::Secret), of(Trust::Public)) {
        (Some(server), Some(page)) if is_part_of(server, page) => Some(page.clone()),
        (server, page) => server.or(page).cloned(),
    }
}

/// Whether a path is some steps of another.
fn is_part_of(part: &Derived, whole: &Derived) -> bool {
    let (Some(part), Some(whole)) = (&part.path, &whole.path) else { return false };
    // Whether a step may be credited depends on when the result is said to have been.
    let same = |one: &Step, other: &Step| Step { standing: other.standing, ..one.clone() } == *other;
    part.steps.iter().all(|step| whole.steps.iter().any(|other| same(step, other)))
}

fn keep_journey(event: &mut Event, told: &Derived) {
    let named = event.sent.channel.is_some();
    let derived = &mut event.derived;
    derived.path.clone_from(&told.path);
    if derived.origin.channel == Channel::Direct && !named && !derived.robot {
        derived.origin.clone_from(&told.origin);
        derived.landing_page.clone_from(&told.landing_page);
    }
}

/// What was derived, as bytes: the last resort that makes the choice independent of order.
fn derived(version: &Version) -> Vec<u8> {
    postcard::to_stdvec(&version.event.derived).unwrap_or_default()
}
