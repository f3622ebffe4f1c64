//! Writing a day over what stands, which is kept before it is overwritten with anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::Store;
use super::error::StoreError;
use super::item::Item;
use super::keys;
use super::rollups::{
    MONOTONE, Written, is_forgotten, item, open_rows, pack_rows, stamp_of, tally_of, whole_item,
};
use super::versions::since_of;
use super::writes::{ABSENT, Condition, Put};
use crate::domain::names::SiteId;
use crate::domain::rollup::{Origin, Reason, Refold, Rollup, Stamp, Standing, Tally, View};
use crate::guard::{Guard, stands};

/// How often a day is read and written again while somebody else writes it.
const TRIES: u32 = 4;

/// The items of a day by their views.
type Day = BTreeMap<View, Item>;

/// Everything that one try to write a day is made of.
struct Fold<'a> {
    site: &'a SiteId,
    date: NaiveDate,
    rollup: &'a Rollup,
    packed: &'a BTreeMap<View, Vec<u8>>,
    found: Day,
    plan: Refold,
}

impl Store {
    /// Overwrites a day's rollup at `now`, unless a later one is there, and keeps what it overwrites, where that says
    /// something else. The total is written last and says that all are there.
    ///
    /// Cost: 1 write unit per KB and view; where the day was folded before, as many read units to see what stands, and
    /// 1 write unit per KB more for each view that changed, and for the total. Nothing is written where nothing is new.
    pub async fn put_day(
        &self,
        site: &SiteId,
        date: NaiveDate,
        rollup: &Rollup,
        now: DateTime<Utc>,
    ) -> Result<Written, StoreError> {
        let packed = View::all().map(|view| (view, pack_rows(&rollup.rows(view)))).collect();
        for tried in 0..TRIES {
            let found = self.standing_day(site, date, tried > 0).await?;
            if let Some(refused) = refused(rollup, &found)? {
                return Ok(refused);
            }
            let fold = Fold::plan(site, date, rollup, &packed, found, now)?;
            if fold.is_there()? || self.write_day(&fold).await? {
                return Ok(Written::Stored);
            }
            // Two who fold at once get out of step by their numbers.
            let step = u64::try_from(fold.plan.folded.rem_euclid(7)).unwrap_or_default() + 1;
            tokio::time::sleep(Duration::from_millis(20 * step * u64::from(tried + 1))).await;
        }
        Ok(Written::Contended)
    }

    /// What stands of a day. The views of one without a total are only looked for when they were in the way.
    async fn standing_day(&self, site: &SiteId, date: NaiveDate, all: bool) -> Result<Day, StoreError> {
        let read = async |view: View| {
            let item = self.get("read what stands of a day", &keys::day(site, view, date)).await?;
            Ok::<_, StoreError>(item.map(|item| (view, item)))
        };
        let Some(total) = read(View::TOTAL).await? else {
            return if all { self.other_views(read).await } else { Ok(Day::new()) };
        };
        let mut day = self.other_views(read).await?;
        day.extend([total]);
        Ok(day)
    }

    async fn other_views<F>(&self, read: impl Fn(View) -> F) -> Result<Day, StoreError>
    where
        F: Future<Output = Result<Option<(View, Item)>, StoreError>>,
    {
        let views = View::all().filter(|view| *view != View::TOTAL);
        Ok(futures::future::try_join_all(views.map(read)).await?.into_iter().flatten().collect())
    }

    /// Writes what is planned; false where something else stands than was read.
    async fn write_day(&self, fold: &Fold<'_>) -> Result<bool, StoreError> {
        // One view goes first: of two who fold at once, one is then refused before it has written anything.
        if !self.write_view(fold, View::CHANNEL).await? {
            return Ok(false);
        }
        let others = View::all().filter(|view| ![View::CHANNEL, View::TOTAL].contains(view));
        let written = futures::future::try_join_all(others.map(|view| self.write_view(fold, view))).await?;
        Ok(written.into_iter().all(|written| written) && self.write_view(fold, View::TOTAL).await?)
    }

    async fn write_view(&self, fold: &Fold<'_>, view: View) -> Result<bool, StoreError> {
        let (item, kept) = (fold.item(view)?, fold.kept(view)?);
        if let Some(kept) = kept.clone().filter(|_| stands(Guard::KeepFirst)) {
            self.put("keep a version of a day", kept).await?;
        }
        let written = self.put_over(item, fold.found.get(&view), fold.rollup).await?;
        if let Some(kept) = kept.filter(|_| !stands(Guard::KeepFirst)) {
            self.put("keep a version of a day", kept).await?;
        }
        Ok(written)
    }

    /// Writes an item over the one that was read, and over no other.
    async fn put_over(&self, item: Item, read: Option<&Item>, rollup: &Rollup) -> Result<bool, StoreError> {
        let number = |name| read.map_or(Ok(0), |read| read.get_number::<i64>(name));
        let stamped = [(":g", "g"), (":f", "f"), (":n", "n")];
        let (expression, numbers) =
            match read.map(|read| read.find_number::<i64>("folded")).transpose()?.flatten() {
                _ if !stands(Guard::OverwriteRead) => {
                    let Stamp { generation, fold } = rollup.stamp;
                    let numbers = [generation.to_string(), fold.to_string(), rollup.n.to_string()];
                    (MONOTONE.as_str(), stamped.iter().map(|(name, _)| *name).zip(numbers).collect())
                }
                Some(folded) => ("folded = :folded", vec![(":folded", folded.to_string())]),
                None if read.is_none() => (ABSENT.expression, Vec::new()),
                // What a release without versions wrote.
                None => {
                    let numbers = stamped.iter().map(|(name, of)| Ok((*name, number(of)?.to_string())));
                    let expression = "attribute_not_exists(folded) AND g = :g AND f = :f AND n = :n";
                    (expression, numbers.collect::<Result<Vec<_>, StoreError>>()?)
                }
            };
        let condition = Condition { expression, numbers: &numbers, names: &[] };
        match self.put_if("write a day", item.clone(), condition).await? {
            Put::Done => Ok(true),
            // The answer to the first try may have been lost.
            Put::Refused(standing) => Ok(standing == item),
        }
    }
}

impl<'a> Fold<'a> {
    fn plan(
        site: &'a SiteId,
        date: NaiveDate,
        rollup: &'a Rollup,
        packed: &'a BTreeMap<View, Vec<u8>>,
        found: Day,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let standing = |(view, item): (&View, &Item)| {
            let body = packed.get(view).map_or(&[][..], Vec::as_slice);
            let folded = item.find_number("folded")?.unwrap_or_default();
            Ok((*view, Standing { since: since_of(item)?, folded, same: is_same(item, body) }))
        };
        let standing = found.iter().map(standing).collect::<Result<BTreeMap<_, _>, StoreError>>()?;
        let filled: BTreeSet<View> = View::all().filter(|view| !rollup.rows(*view).is_empty()).collect();
        let plan = Refold::plan(now.timestamp_millis(), standing, filled);
        Ok(Self { site, date, rollup, packed, found, plan })
    }

    /// Whether everything stands already as this fold would write it.
    fn is_there(&self) -> Result<bool, StoreError> {
        let all = View::all().all(|view| self.found.contains_key(&view));
        if self.plan.moves() || !all || !stands(Guard::SameRowsStay) {
            return Ok(false);
        }
        for (view, item) in &self.found {
            let tally = *view != View::TOTAL || tally_of(item) == self.rollup.tally;
            let n: u64 = item.get_number("n")?;
            if n != self.rollup.n || stamp_of(item)? != self.rollup.stamp || !tally {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What a view becomes.
    fn item(&self, view: View) -> Result<Item, StoreError> {
        let key = keys::day(self.site, view, self.date);
        let body = self.packed.get(&view).cloned().unwrap_or_default();
        let plain = if view == View::TOTAL { whole_item } else { item };
        let item = plain(&key, self.rollup, body).number("folded", self.plan.folded);
        // What this fold brings stands since this fold: reports read a year of days, and every byte of each.
        let since = Some(self.plan.since(view)).filter(|since| *since != self.plan.folded);
        let item = since.into_iter().fold(item, |item, since| item.number("since", since));
        if view != View::TOTAL {
            return Ok(item);
        }
        let standing = self.found.get(&view);
        if !self.plan.begins(view) {
            return Ok(standing
                .into_iter()
                .fold(item, |item, standing| item.like(standing, ["why", "moved"])));
        }
        let before = match standing {
            Some(item) => Origin { stamp: stamp_of(item)?, tally: tally_of(item) },
            None => Origin { stamp: self.rollup.stamp, tally: Some(Tally::default()) },
        };
        let now = Origin { stamp: self.rollup.stamp, tally: self.rollup.tally };
        let why: Vec<_> = now.reasons_since(before).into_iter().map(Reason::as_str).collect();
        Ok(item.text("why", &why.join(",")).number("moved", View::mask(&self.plan.moved)))
    }

    /// What has to be kept of a view before it is overwritten.
    fn kept(&self, view: View) -> Result<Option<Item>, StoreError> {
        let Some(standing) = self.found.get(&view).filter(|_| self.plan.keeps(view)) else {
            return Ok(None);
        };
        let since = since_of(standing)?;
        let (pk, sk) = (keys::past(self.site, view, self.date.year()), keys::past_version(self.date, since));
        Ok(Some(standing.clone().text("pk", &pk).text("sk", &sk).number("since", since)))
    }
}

/// What stands in the way of a rollup. A total that saw more means that all of it is there; a view that saw more means
/// that somebody is writing it, or was cut off while doing so.
fn refused(rollup: &Rollup, found: &Day) -> Result<Option<Written>, StoreError> {
    let mut refused = None;
    for (view, item) in found {
        if gives_way(item, rollup)? {
            continue;
        }
        let standing = stamp_of(item)?;
        if *view == View::TOTAL {
            return Ok(Some(Written::Overtaken(standing)));
        }
        let in_the_way =
            if standing > rollup.stamp { Written::Overtaken(standing) } else { Written::Contended };
        refused = refused.max(Some(in_the_way).filter(|_| stands(Guard::EveryItem)));
    }
    Ok(refused)
}

/// Whether an item gives way to a rollup, as [`MONOTONE`] has it.
fn gives_way(item: &Item, rollup: &Rollup) -> Result<bool, StoreError> {
    let (standing, n): (Stamp, u64) = (stamp_of(item)?, item.get_number("n")?);
    let new = rollup.stamp;
    let rises = |guard: Guard, rises: bool, same: bool| rises || (!same && !stands(guard));
    Ok(rises(
        Guard::MonotoneGeneration,
        standing.generation < new.generation,
        standing.generation == new.generation,
    ) || standing.generation == new.generation
        && (rises(Guard::MonotoneFold, standing.fold < new.fold, standing.fold == new.fold)
            || standing.fold == new.fold && rises(Guard::MonotoneN, n <= rollup.n, false)))
}

/// Whether an item has these rows, however packed. One that cannot be read has others.
fn is_same(item: &Item, body: &[u8]) -> bool {
    let Ok(standing) = item.get_bytes("body") else { return false };
    let read = |item: &Item| open_rows(item).ok();
    let new = Item::default().bytes("body", body.to_vec());
    standing == body || !is_forgotten(standing) && read(item).is_some_and(|rows| read(&new) == Some(rows))
}
