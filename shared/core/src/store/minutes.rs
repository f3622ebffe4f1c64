//! Minutes: their rollups, small views apart from large ones, so that the open hour is cheap to read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Store;
use super::codec::seal_envelope;
use super::error::StoreError;
use super::item::Item;
use super::keys;
use super::reads::{ALL, Range};
use super::rollups::{
    FORMAT, MOST_PACKED, Written, item, open, open_rows, overtaken, pack_rows, stamp_of, tally_of, whole_item,
};
use crate::domain::calendar::{Calendar, Hour, Minute};
use crate::domain::names::SiteId;
use crate::domain::rollup::{Rollup, Rows, Stamp, View};

/// How much of a minute to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The small views: total and channel.
    Head,
    /// Every view.
    All,
}

/// Where the views of a minute lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Layout {
    /// All in the head.
    #[default]
    Whole,
    /// The small ones in the head, the others together in the rest.
    Rest,
    /// The small ones in the head, each other in an item of its own.
    Split,
}

/// What the head of a minute holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Head {
    layout: Layout,
    views: BTreeMap<View, Rows>,
}

/// A head up to this size holds every view: it costs one write unit either way.
const SMALL: usize = 900;

/// By which recount an item was made, and how many versions that saw.
type Counted = (Stamp, u64);
/// The views of a minute that its head does not hold, and what each of their items was made from.
type Large = (Vec<Counted>, BTreeMap<View, Rows>);

fn counted(item: &Item) -> Result<Counted, StoreError> {
    Ok((stamp_of(item)?, item.get_number("n")?))
}

impl Store {
    /// Overwrites a minute's rollup of one lane, unless a later recount is already there.
    ///
    /// Both recounts read the same growing set, so the one that saw more is right. What the head refers to is
    /// written before the head. Cost: 1 write unit per KB, twice where the views are large.
    pub async fn put_minute(
        &self,
        site: &SiteId,
        calendar: Calendar,
        minute: Minute,
        lane: u16,
        rollup: &Rollup,
    ) -> Result<Written, StoreError> {
        let hour = calendar.hour_of(minute);
        let head_key = keys::minute_head(site, hour, minute, lane);
        let whole = seal_envelope(FORMAT, &Head { layout: Layout::Whole, views: rollup.views.clone() });
        if whole.len() <= SMALL {
            return self.put_guarded(rollup, whole_item(&head_key, rollup, whole)).await;
        }
        let (small, large): (BTreeMap<View, Rows>, BTreeMap<View, Rows>) =
            rollup.views.clone().into_iter().partition(|(view, _)| view.is_in_head());
        let rest = seal_envelope(FORMAT, &large);
        let mut written = Vec::new();
        let layout = if rest.len() <= MOST_PACKED {
            let key = keys::minute_rest(site, hour, minute, lane);
            written.push(self.put_guarded(rollup, item(&key, rollup, rest)).await?);
            Layout::Rest
        } else {
            // Also those that have no rows any more, and had some.
            for view in View::all().filter(|view| !view.is_in_head()) {
                let key = keys::minute_view(site, hour, minute, lane, view);
                let rows = pack_rows(&rollup.rows(view));
                written.push(self.put_guarded(rollup, item(&key, rollup, rows)).await?);
            }
            Layout::Split
        };
        if let Some(overtaken) = overtaken(rollup, written) {
            return Ok(overtaken);
        }
        let head = seal_envelope(FORMAT, &Head { layout, views: small });
        self.put_guarded(rollup, whole_item(&head_key, rollup, head)).await
    }

    /// The minute rollups of `hour` that begin in `from..to`, by minute and lane.
    ///
    /// With [`Detail::Head`], minutes may hold no more than the small views.
    pub async fn minutes(
        &self,
        site: &SiteId,
        hour: Hour,
        (from, to): (Minute, Minute),
        detail: Detail,
    ) -> Result<BTreeMap<(Minute, u16), Rollup>, StoreError> {
        let pk = keys::minutes(site, hour);
        let last = match detail {
            Detail::Head => "a~",
            Detail::All => "c~",
        };
        let mut heads = BTreeMap::new();
        let mut others: BTreeMap<(Minute, u16), Large> = BTreeMap::new();
        let mut rests = BTreeMap::new();
        for item in self.query("read minutes", &pk, Range { between: Some(("a#", last)), ..ALL }).await? {
            let sk = item.get_text("sk")?;
            let mut parts = sk.split('#');
            let mut next = || parts.next().unwrap_or_default();
            let (part, offset, lane, view) = (next(), next(), next(), next());
            let (Ok(offset), Ok(lane)) = (offset.parse(), lane.parse::<u16>()) else {
                return Err(item.corrupt());
            };
            let minute = hour.start().plus(offset);
            if minute < from || minute >= to {
                continue;
            }
            match part {
                "a" => {
                    let head: Head = open(&item)?;
                    let rollup = Rollup {
                        stamp: stamp_of(&item)?,
                        n: item.get_number("n")?,
                        tally: tally_of(&item),
                        views: head.views,
                        torn: false,
                    };
                    heads.insert((minute, lane), (head.layout, rollup));
                }
                "b" => {
                    let rest: Large = (vec![counted(&item)?], open(&item)?);
                    rests.insert((minute, lane), rest);
                }
                _ => {
                    let named =
                        View::all().find(|known| known.name() == view).ok_or_else(|| item.corrupt())?;
                    let (counts, views) = others.entry((minute, lane)).or_default();
                    counts.push(counted(&item)?);
                    views.insert(named, open_rows(&item)?);
                }
            }
        }
        let mut minutes = BTreeMap::new();
        for (place, (layout, mut rollup)) in heads {
            let large = match layout {
                Layout::Whole => None,
                Layout::Rest => rests.remove(&place),
                Layout::Split => others.remove(&place),
            };
            if detail == Detail::All && layout != Layout::Whole && large.is_none() {
                return Err(StoreError::Corrupt { key: format!("{pk} / {place:?}") });
            }
            if let Some((counts, views)) = large {
                // The head is written last, so it may be behind.
                rollup.torn = counts.iter().any(|counted| *counted != (rollup.stamp, rollup.n));
                rollup.views.extend(views);
            }
            minutes.insert(place, rollup);
        }
        Ok(minutes)
    }
}
