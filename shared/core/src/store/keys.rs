//! Every key of the table, on one screen.
//!
//! No part that a sender chooses can hold `#` except as the last part of a key, so no key can reach into another
//! site's: sites are `[a-z0-9-]`, event ids exclude `#`, hashes and numbers are ours.

use chrono::{Datelike, NaiveDate};

use crate::domain::calendar::{Hour, Minute};
use crate::domain::event::Kind;
use crate::domain::names::{EventId, Label, SiteId};
use crate::domain::rollup::View;
use crate::guard::{Guard, stands};

/// No id that we make is longer, so nothing has to be looked for under a longer one, which DynamoDB would refuse.
pub(crate) const LONGEST_OWN_ID: usize = 64;

/// A partition key and a sort key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

/// The part of a key that keeps sites apart.
fn own(site: &SiteId) -> &str {
    if stands(Guard::SiteInKey) { site.as_str() } else { "any" }
}

/// A UTC instant that sorts as text, such as `2026-11-23T05:00Z`.
pub(crate) fn instant(minute: Minute) -> String {
    minute.start().format("%Y-%m-%dT%H:%MZ").to_string()
}

/// Reads back [`instant`], and nothing that is merely alike, such as `+2026-1-2T5:00Z`.
pub(crate) fn parse_instant(text: &str) -> Option<Minute> {
    let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ").ok()?;
    Some(Minute::of(time.and_utc())).filter(|minute| instant(*minute) == text)
}

/// The batches of one lane of one minute; their sort key is the batch's hash.
pub(crate) fn raw(site: &SiteId, minute: Minute, lane: u16) -> String {
    format!("raw#{site}#{}#{lane}", instant(minute))
}

/// Reads back `raw`, as the stream brings it.
pub fn parse_raw_key(pk: &str) -> Option<(SiteId, Minute, u16)> {
    let mut parts = pk.strip_prefix("raw#")?.split('#');
    let site = SiteId::parse(parts.next()?).ok()?;
    let minute = parse_instant(parts.next()?)?;
    let lane = parts.next()?.parse().ok()?;
    // A key that is merely alike, such as one of the lane `+3`, is not the one that would be recounted.
    (raw(&site, minute, lane) == pk).then_some((site, minute, lane))
}

/// The minute rollups of one local hour.
pub(crate) fn minutes(site: &SiteId, hour: Hour) -> String {
    format!("min#{}#{}", own(site), instant(hour.start()))
}

/// A minute's place within its hour, and its lane: `07#00`.
fn place(hour: Hour, minute: Minute, lane: u16) -> String {
    format!("{:02}#{lane:02}", minute.number() - hour.start().number())
}

/// What a lane's minute item holds: `a` the small views, or all of them where they are small; `b` the other views;
/// `c` one view, where all together would be too large for one item.
pub(crate) fn minute_head(site: &SiteId, hour: Hour, minute: Minute, lane: u16) -> Key {
    key(minutes(site, hour), format!("a#{}", place(hour, minute, lane)))
}
pub(crate) fn minute_rest(site: &SiteId, hour: Hour, minute: Minute, lane: u16) -> Key {
    key(minutes(site, hour), format!("b#{}", place(hour, minute, lane)))
}
pub(crate) fn minute_view(site: &SiteId, hour: Hour, minute: Minute, lane: u16, view: View) -> Key {
    key(minutes(site, hour), format!("c#{}#{}", place(hour, minute, lane), view.name()))
}

/// The hour rollups of one view and UTC month, by the instant at which the local hour begins.
pub(crate) fn hour(site: &SiteId, view: View, hour: Hour) -> Key {
    let start = instant(hour.start());
    let month = start.get(..7).unwrap_or_default();
    key(format!("hour#{}#{}#{month}", own(site), view.name()), start)
}

/// The day rollups of one view and year, by local date.
pub(crate) fn day(site: &SiteId, view: View, date: NaiveDate) -> Key {
    key(format!("day#{}#{}#{:04}", own(site), view.name(), date.year()), date.format("%m-%d").to_string())
}

/// What the day rollups of one view and year were before they were overwritten.
pub(crate) fn past(site: &SiteId, view: View, year: i32) -> String {
    format!("past#{}#{}#{year:04}", own(site), view.name())
}

/// The sort key of the version of a day that stood since a time, in milliseconds: it sorts behind earlier ones.
pub(crate) fn past_version(date: NaiveDate, since: i64) -> String {
    format!("{}#{:014}", date.format("%m-%d"), since.max(0))
}

/// Up to which day a site was sealed, by the time, in milliseconds, from when on.
pub(crate) fn seals(site: &SiteId) -> String {
    format!("seals#{}", own(site))
}

/// The sort key of what was sealed at a time.
pub(crate) fn seal(at: i64) -> String {
    format!("{:014}", at.max(0))
}

/// Posts that held batches of hours already over, by the time that they came in.
pub(crate) fn late(site: &SiteId) -> String {
    format!("late#{}", own(site))
}

/// When an id without a time was first seen.
pub(crate) fn claim(site: &SiteId, id: &EventId) -> Key {
    key(format!("claim#{}#{id}", own(site)), "claim")
}

/// What is known of a visitor, by the visitor's hash: touches by time, and last who it is.
pub(crate) fn visitor(site: &SiteId, visitor: u64) -> String {
    format!("visitor#{}#{visitor:016x}", own(site))
}

/// The sort key of a visitor's touch.
pub(crate) fn touch(at: i64, hash: &str) -> String {
    format!("{:014}#{hash}", at.max(0))
}

/// The sort key of a visitor's identity. It comes after every time.
pub(crate) const IDENTITY: &str = "identity";

/// One of the visitors that a customer is known to be.
pub(crate) fn visitor_of(site: &SiteId, customer: u64, visitor: u64) -> Key {
    key(format!("customer#{}#{customer:016x}", own(site)), format!("{visitor:016x}"))
}

/// The one result of its kind that has this order number, and what was refunded of it.
pub(crate) fn order(site: &SiteId, kind: Kind, order: &Label) -> Key {
    key(format!("order#{}#{}#{}", own(site), kind.as_str(), order.as_str()), "order")
}

/// A tracking link, by its slug; slugs are the deployment's, since the path that serves them names no site.
pub(crate) fn link(slug: &str) -> Key {
    key(format!("link#{slug}"), "link")
}

/// A site's configuration: `profile`, `identities`, `state`, `goal#...`, `key#...`, `link#...`, `rebuild#...`,
/// `rules#...`.
pub(crate) fn site(site: &SiteId, item: &str) -> Key {
    key(format!("site#{site}"), item)
}

/// A version of a site's own channel rules that was replaced.
pub(crate) fn channel_rules(of: &SiteId, version: u32) -> Key {
    site(of, &format!("rules#{version:010}"))
}

/// An API key by the SHA-256 of its secret, in hex.
pub(crate) fn api_key(hash: &str) -> Key {
    key(format!("key#{hash}"), "key")
}

/// The list of sites.
pub(crate) fn listed_site(site: &SiteId) -> Key {
    key("sites".to_owned(), site.as_str())
}

/// Batches that could not be read, by the key of the batch.
pub(crate) fn quarantine(site: &SiteId) -> String {
    format!("quarantine#{}", own(site))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn raw_keys_are_read_back_and_nothing_else_is() {
        let site = SiteId::parse("shop").unwrap();
        let minute = parse_instant("2026-11-23T05:07Z").unwrap();
        assert_eq!(raw(&site, minute, 3), "raw#shop#2026-11-23T05:07Z#3");
        assert_eq!(parse_raw_key("raw#shop#2026-11-23T05:07Z#3"), Some((site, minute, 3)));
        for strange in
            ["min#shop#2026-11-23T05:07Z", "raw#shop", "raw#Shop#2026-11-23T05:07Z#3", "raw#shop#x#0", ""]
        {
            assert_eq!(parse_raw_key(strange), None, "{strange}");
        }
        for alike in [
            "raw#shop#2026-11-23T05:07Z#3#4",
            "raw#shop#2026-11-23T05:07Z#+3",
            "raw#shop#2026-11-23T05:07Z#03",
            "raw#shop#+2026-11-23T05:07Z#3",
            "raw#shop#257-11-23T05:07Z#3",
            "raw#shop#2026-11-23T5:7Z#3",
            "raw#shop#2026-11- 23T05:07Z#3",
        ] {
            assert_eq!(parse_raw_key(alike), None, "{alike}");
        }
    }

    #[test]
    fn instants_sort_as_text_in_the_order_of_time() {
        let from = parse_instant("1997-01-01T00:00Z").unwrap();
        let texts: Vec<_> = (0..2_000).map(|step| instant(from.plus(step * 7_919))).collect();
        assert!(texts.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn an_hour_lies_in_the_month_of_its_utc_instant() {
        let site = SiteId::parse("shop").unwrap();
        let start = Hour::from_start(parse_instant("2026-10-31T23:00Z").unwrap());
        let hour = hour(&site, View::TOTAL, start);
        assert_eq!((hour.pk.as_str(), hour.sk.as_str()), ("hour#shop#total#2026-10", "2026-10-31T23:00Z"));
    }

    proptest! {
        #[test]
        fn every_raw_key_is_read_back(
            site in "[a-z0-9-]{1,32}", number in -20_000_000_i64..4_223_371_680, lane in any::<u16>(),
        ) {
            let (site, minute) = (SiteId::parse(&site).unwrap(), Minute::from_number(number));
            let key = raw(&site, minute, lane);
            prop_assert_eq!(parse_instant(&instant(minute)), Some(minute));
            prop_assert_eq!(parse_raw_key(&key), Some((site, minute, lane)));
        }

        #[test]
        fn what_is_read_as_a_raw_key_is_written_the_same(
            text in "raw#[a-z#-]{0,6}#[+ ]?[0-9]{1,5}-[0-9]{1,2}-[ ]?[0-9]{1,2}T[0-9]{1,2}:[0-9]{1,2}Z#[+]?[0-9]{1,5}"
        ) {
            if let Some((site, minute, lane)) = parse_raw_key(&text) {
                prop_assert_eq!(raw(&site, minute, lane), text);
            }
        }
    }
}
