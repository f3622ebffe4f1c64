//! What a schedule sends: every event in all of its versions, and which of them has to count in the end.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::chance::Chance;

/// The most events of a schedule: each is a sale of its own power of two, so that any sum of money names the
/// events in it, and 2^49 millionths are within what a sale may be.
pub const MOST: u32 = 49;

/// Where the events of a schedule come from, and the channels that these are.
const ORIGINS: [(&str, &str, &str); 3] =
    [("google", "cpc", "paid_search"), ("letter", "email", "email"), ("partner", "affiliate", "affiliate")];

/// A set of events, one bit for each.
pub type Events = u64;

/// One version of an event.
#[derive(Clone, Debug)]
pub struct Version {
    /// Which event.
    pub event: u32,
    /// Its text of which version it is, which stands in its campaign.
    pub label: String,
    /// Whether it is sent with a secret key.
    pub secret: bool,
    /// The sender's own number.
    pub number: u32,
    /// Whether it withdraws the event.
    pub void: bool,
    /// Whether it names its order.
    pub ordered: bool,
    /// When it happened; without one the time first seen counts.
    pub at: Option<DateTime<Utc>>,
    /// Its origin, unless it follows from its visitor's.
    origin: Option<usize>,
    visitor: Option<u64>,
}

/// Versions that are sent together, and when.
#[derive(Clone, Debug)]
pub struct Post {
    /// When it is sent first.
    pub at: DateTime<Utc>,
    /// What is in it.
    pub versions: Vec<Version>,
    /// Which posts are sent some time after it was acknowledged.
    pub then: Vec<Post>,
}

/// Everything that a schedule sends.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The posts that wait for nothing but their time.
    pub posts: Vec<Post>,
}

impl Version {
    /// As it is sent.
    pub fn json(&self) -> Value {
        let micros = 1_u64 << self.event;
        let value = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        // With an order number every report may have an id of its own.
        let id =
            if self.ordered { format!("report-of-{}", self.label) } else { format!("event-{}", self.event) };
        let mut event = json!({"id": id, "kind": "sale", "value": value});
        if self.ordered {
            event["order"] = json!(format!("order-{}", self.event));
        }
        if let Some(at) = self.at {
            event["occurred_at"] = json!(at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
        }
        if let Some((source, medium, _)) = self.origin.map(|origin| ORIGINS[origin]) {
            event["utm"] = json!({"source": source, "medium": medium, "campaign": self.label});
        }
        if let Some(visitor) = self.visitor {
            event["visitor"] = json!(format!("visitor-{visitor}"));
        }
        if self.number > 0 {
            event["version"] = json!(self.number);
        }
        if self.void {
            event["void"] = json!(true);
        }
        event
    }

    /// The event as a set.
    pub fn bit(&self) -> Events {
        1 << self.event
    }

    /// The channel that its origin is.
    pub fn channel(&self) -> Option<&'static str> {
        self.origin.map(|origin| ORIGINS[origin].2)
    }
}

impl Plan {
    /// The plan of a seed: `begin` to `end` is when posts are sent.
    pub fn of(chance: &Chance, begin: DateTime<Utc>, end: DateTime<Utc>, amended: bool) -> Self {
        // Few minutes, so that events meet in them: long past, just before, and yet to come.
        let long_past = if chance.happens(0.1) { 26 } else { 5 };
        let times: Vec<Duration> = (0..chance.number(2..=5))
            .map(|_| {
                chance.number(0..=(long_past + 3) * 3_600).cast_signed() - long_past.cast_signed() * 3_600
            })
            .map(Duration::seconds)
            .collect();
        let within = u64::try_from((end - begin).num_milliseconds()).unwrap();
        let (mut posts, mut next) = (Vec::new(), 0);
        for _ in 0..chance.number(4..=12) {
            let at = begin + Duration::milliseconds(i64::try_from(chance.number(0..=within)).unwrap());
            let secret = chance.happens(0.6);
            let first = next;
            next = (next + u32::try_from(chance.number(1..=5)).unwrap()).min(MOST);
            let versions: Vec<_> =
                (first..next).map(|event| first_version(chance, event, secret, at, begin, &times)).collect();
            if !versions.is_empty() {
                posts.push(Post { at, then: again(chance, &versions, amended), versions });
            }
        }
        Self { posts }
    }

    /// Every post, those that follow others included.
    pub fn all(&self) -> Vec<&Post> {
        fn gather<'a>(post: &'a Post, all: &mut Vec<&'a Post>) {
            all.push(post);
            post.then.iter().for_each(|post| gather(post, all));
        }
        let mut all = Vec::new();
        self.posts.iter().for_each(|post| gather(post, &mut all));
        all
    }

    /// The version of each event that counts in the end; none of those withdrawn.
    ///
    /// Said plainly: a server goes before a page, then a higher number, then what was sent for the first time later.
    pub fn winners(&self) -> BTreeMap<u32, Version> {
        let mut versions: BTreeMap<u32, Vec<Version>> = BTreeMap::new();
        for version in self.all().into_iter().flat_map(|post| &post.versions) {
            let known = versions.entry(version.event).or_default();
            // The same content again is as old as it was.
            if !known.iter().any(|other| other.label == version.label && other.secret == version.secret) {
                known.push(version.clone());
            }
        }
        versions.retain(|_, versions| !versions.iter().any(|version| version.void));
        let winner = |versions: Vec<Version>| {
            let ranked = versions.into_iter().enumerate();
            ranked
                .max_by_key(|(order, version)| {
                    // Of pages the first to report an order is believed.
                    let sent = i64::try_from(*order).unwrap();
                    let sent = if version.ordered && !version.secret { -sent } else { sent };
                    (version.secret, version.number, sent)
                })
                .map(|(_, winner)| winner)
        };
        versions.into_iter().filter_map(|(event, versions)| Some((event, winner(versions)?))).collect()
    }
}

fn first_version(
    chance: &Chance,
    event: u32,
    secret: bool,
    sent: DateTime<Utc>,
    begin: DateTime<Utc>,
    times: &[Duration],
) -> Version {
    // An id alone is timed by its claim; most events have a time, of the chosen minutes or of just now.
    let at = match chance.number(0..=9) {
        0 => None,
        1..=3 => Some(sent - Duration::seconds(i64::try_from(chance.number(0..=90)).unwrap())),
        _ => {
            let minute = begin + *chance.one_of(times);
            let second = Duration::seconds(i64::try_from(chance.number(0..=59)).unwrap());
            Some((minute + second).min(sent + Duration::minutes(55)))
        }
    };
    let origin = chance.happens(0.8).then(|| usize::try_from(chance.number(0..=2)).unwrap());
    let visitor = chance.happens(0.5).then(|| chance.number(0..=3));
    let (label, ordered) = (format!("c{event}"), chance.happens(0.25));
    Version { event, label, secret, number: 0, void: false, ordered, at, origin, visitor }
}

/// What follows a post once it is acknowledged: itself again, parts of it, and amendments.
fn again(chance: &Chance, versions: &[Version], amended: bool) -> Vec<Post> {
    let mut then = Vec::new();
    // The times are filled in when the post before is acknowledged.
    let post = |versions: Vec<Version>, then: Vec<Post>| Post { at: DateTime::UNIX_EPOCH, versions, then };
    if chance.happens(0.3) {
        then.push(post(versions.to_vec(), Vec::new()));
    }
    if chance.happens(0.2) {
        then.push(post(versions.iter().rev().take(2).cloned().collect(), Vec::new()));
    }
    if amended && chance.happens(0.7) {
        let amendments: Vec<Version> = versions
            .iter()
            .filter_map(|version| {
                let mut later = version.clone();
                later.label = format!("c{}-amended", version.event);
                match chance.number(0..=9) {
                    0..=2 => return None,
                    // A page never overrules a server; without a time or an order both would have to agree on one.
                    3 if version.at.is_some() || version.ordered => later.secret = !version.secret,
                    4 if version.secret => later.number = 2,
                    5 if version.secret => later.void = true,
                    _ => {}
                }
                later.origin = later.origin.or(Some(0));
                Some(later)
            })
            .collect();
        for secret in [false, true] {
            let amendments: Vec<_> =
                amendments.iter().filter(|version| version.secret == secret).cloned().collect();
            if !amendments.is_empty() {
                // And then the old text once more, which must not undo it.
                let undo = chance.happens(0.5).then(|| post(versions.to_vec(), Vec::new()));
                then.push(post(amendments, undo.into_iter().collect()));
            }
        }
    }
    then
}
