//! Rollups of hours and days: written whole, never incremented, and only over those that saw less.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike, Months, NaiveDate};
use serde::de::DeserializeOwned;

use super::Store;
use super::codec::{self, ROWS_VERSION, open_envelope, unpack_rows};
use super::error::StoreError;
use super::item::Item;
use super::keys::{self, Key};
use super::reads::{ALL, Range};
use super::writes::{Condition, Put};
use crate::domain::calendar::{Hour, Minute};
use crate::domain::names::SiteId;
use crate::domain::rollup::{Rollup, Rows, Stamp, Tally, View};
use crate::guard::{Guard, stands};

/// What became of a rollup that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Written {
    /// It stands.
    Stored,
    /// Somebody else is writing the same one: its parts have to be read again.
    Contended,
    /// A recount that saw more, or a later generation or fold, was there first; its stamp.
    Overtaken(Stamp),
}

/// The version of the packed form of several views at once, as the first byte of each item. Items of one view had it
/// before they got [`ROWS_VERSION`].
pub(super) const FORMAT: u8 = 3;
/// The one before, which has no dictionary and is read as well.
const WITHOUT_DICTIONARY: u8 = 2;
/// The most packed bytes of one item, which DynamoDB holds to 400 KB.
pub(super) const MOST_PACKED: usize = 350_000;

/// The monotone guard: never over a recount of a later generation or fold, or of the same that saw more.
pub(super) static MONOTONE: LazyLock<String> = LazyLock::new(|| {
    let [g, f, n] = [
        (Guard::MonotoneGeneration, "g < :g", "g <> :g"),
        (Guard::MonotoneFold, "f < :f", "f <> :f"),
        (Guard::MonotoneN, "n <= :n", "n <> :n OR n = :n"),
    ]
    .map(|(guard, rises, changes)| if stands(guard) { rises } else { changes });
    format!("attribute_not_exists(n) OR {g} OR (g = :g AND ({f} OR (f = :f AND ({n}))))")
});

pub(super) fn item(key: &Key, rollup: &Rollup, body: Vec<u8>) -> Item {
    Item::new(key)
        .number("n", rollup.n)
        .number("g", rollup.stamp.generation)
        .number("f", rollup.stamp.fold)
        .bytes("body", body)
}

/// The item that says that all of a rollup's are there, which also tells what was counted.
pub(super) fn whole_item(key: &Key, rollup: &Rollup, body: Vec<u8>) -> Item {
    let item = item(key, rollup, body);
    match rollup.tally {
        Some(tally) => item.text("t", &tally.text()),
        None => item,
    }
}

/// What was counted, where the item says so.
pub(super) fn tally_of(item: &Item) -> Option<Tally> {
    item.find_text("t").and_then(Tally::parse)
}

pub(super) fn stamp_of(item: &Item) -> Result<Stamp, StoreError> {
    Ok(Stamp { generation: item.get_number("g")?, fold: item.get_number("f")? })
}

/// The content of an item of several views. One of an earlier format holds nothing any more: its fold version is lower
/// as well, so reports answer that a rebuild is needed, which overwrites it.
pub(super) fn open<T: Default + DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    let body = item.get_bytes("body")?;
    if is_forgotten(body) {
        return Ok(T::default());
    }
    match open_envelope(body) {
        Ok((FORMAT | WITHOUT_DICTIONARY, value)) => Ok(value),
        _ => Err(item.corrupt()),
    }
}

/// The rows of an item of one view, as [`open`] has it.
pub(super) fn open_rows(item: &Item) -> Result<Rows, StoreError> {
    let body = item.get_bytes("body")?;
    if body.first() == Some(&ROWS_VERSION) {
        return unpack_rows(body).map_err(|_| item.corrupt());
    }
    open(item)
}

/// Whether an item is of a format that no release reads any more.
pub(super) fn is_forgotten(body: &[u8]) -> bool {
    body.first().is_some_and(|format| (1..WITHOUT_DICTIONARY).contains(format))
}

/// One view, packed; folded further where it would not fit an item.
pub(super) fn pack_rows(rows: &Rows) -> Vec<u8> {
    let packed = codec::pack_rows(rows);
    if packed.len() <= MOST_PACKED { packed } else { codec::pack_rows(&fitted(rows)) }
}

/// The rows of one view as an item of its own keeps them: folded further where they would not fit.
pub fn fitted(rows: &Rows) -> Rows {
    let mut fewer = rows.clone();
    while codec::pack_rows(&fewer).len() > MOST_PACKED && fewer.len() > 1 {
        let most = fewer.len().div_ceil(2);
        fewer.cap(most, usize::MAX);
    }
    fewer
}

/// What stands in the way of going on: an item of a later generation or fold.
///
/// A rebuild that was cut off leaves some items and not the one that says that all are there. Whoever comes with an
/// earlier stamp then must not complete what is not its own.
pub(super) fn overtaken(rollup: &Rollup, written: impl IntoIterator<Item = Written>) -> Option<Written> {
    let above = |written: &Written| *written > Written::Overtaken(rollup.stamp);
    written.into_iter().filter(above).max().filter(|_| stands(Guard::EveryItem))
}

impl Store {
    pub(super) async fn put_guarded(&self, rollup: &Rollup, item: Item) -> Result<Written, StoreError> {
        let numbers = [
            (":g", rollup.stamp.generation.to_string()),
            (":f", rollup.stamp.fold.to_string()),
            (":n", rollup.n.to_string()),
        ];
        let condition = Condition { expression: &MONOTONE, numbers: &numbers, names: &[] };
        match self.put_if("write a rollup", item, condition).await? {
            Put::Done => Ok(Written::Stored),
            Put::Refused(standing) => Ok(Written::Overtaken(stamp_of(&standing)?)),
        }
    }

    /// Overwrites an hour's rollup, unless a later one is there. Cost: 1 write unit per KB and view.
    ///
    /// Each view is written, whether it has rows or not; the total comes last and says that all are there.
    pub async fn put_hour(&self, site: &SiteId, hour: Hour, rollup: &Rollup) -> Result<Written, StoreError> {
        let views = View::all().filter(|view| *view != View::TOTAL);
        let writes = views.map(|view| {
            let (key, rows) = (keys::hour(site, view, hour), rollup.rows(view));
            async move { self.put_guarded(rollup, item(&key, rollup, pack_rows(&rows))).await }
        });
        let views = futures::future::try_join_all(writes).await?;
        if let Some(overtaken) = overtaken(rollup, views) {
            return Ok(overtaken);
        }
        let (key, rows) = (keys::hour(site, View::TOTAL, hour), rollup.rows(View::TOTAL));
        self.put_guarded(rollup, whole_item(&key, rollup, pack_rows(&rows))).await
    }

    /// One view of the hours that begin in `from..to`, by hour.
    pub async fn hours(
        &self,
        site: &SiteId,
        view: View,
        (from, to): (Hour, Hour),
    ) -> Result<BTreeMap<Hour, Rollup>, StoreError> {
        let mut found = BTreeMap::new();
        let mut start = from;
        while start.start() < to.start() {
            // Keys are partitioned by UTC month: one query each.
            let month = next_month(start.start());
            let end = month.min(to.start());
            let (first, last) =
                (keys::hour(site, view, start), keys::hour(site, view, Hour::from_start(end.plus(-1))));
            let range = Range { between: Some((&first.sk, &last.sk)), ..ALL };
            for item in self.query("read hours", &first.pk, range).await? {
                let hour = keys::parse_instant(item.get_text("sk")?).ok_or_else(|| item.corrupt())?;
                found.insert(Hour::from_start(hour), read_view(&item, view)?);
            }
            start = Hour::from_start(end);
        }
        Ok(found)
    }

    /// A day with all of its views; `None` where it has no total. The total is read first, since it is written last.
    pub async fn whole_day(&self, site: &SiteId, date: NaiveDate) -> Result<Option<Rollup>, StoreError> {
        let mut whole = self.days(site, View::TOTAL, (date, date)).await?.remove(&date);
        let others = View::all().filter(|view| *view != View::TOTAL);
        let reads = others.map(|view| self.days(site, view, (date, date)));
        for mut days in futures::future::try_join_all(reads).await? {
            if let (Some(whole), Some(day)) = (&mut whole, days.remove(&date)) {
                whole.views.extend(day.views);
            }
        }
        Ok(whole)
    }

    /// The first day from `year` to `to` that has a rollup. Cost: 1 read unit for each year before it.
    pub async fn first_day(
        &self,
        site: &SiteId,
        year: i32,
        to: NaiveDate,
    ) -> Result<Option<NaiveDate>, StoreError> {
        for year in year..=to.year() {
            let Some(first) = NaiveDate::from_ymd_opt(year, 1, 1) else { continue };
            let range = Range { limit: Some(1), ..ALL };
            let pk = keys::day(site, View::TOTAL, first).pk;
            if let Some(item) = self.query("look for the first day", &pk, range).await?.first() {
                return Ok(Some(date_of(item, year)?));
            }
        }
        Ok(None)
    }

    /// One view of the days of `from..=to`, by date.
    pub async fn days(
        &self,
        site: &SiteId,
        view: View,
        days: (NaiveDate, NaiveDate),
    ) -> Result<BTreeMap<NaiveDate, Rollup>, StoreError> {
        let items = self.day_items(site, view, days).await?;
        items.into_iter().map(|(date, item)| Ok((date, read_view(&item, view)?))).collect()
    }

    /// The items of one view of the days of `from..=to`.
    pub(super) async fn day_items(
        &self,
        site: &SiteId,
        view: View,
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<BTreeMap<NaiveDate, Item>, StoreError> {
        let mut found = BTreeMap::new();
        for year in from.year()..=to.year() {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).map_or(from, |first| first.max(from));
            let last = NaiveDate::from_ymd_opt(year, 12, 31).map_or(to, |last| last.min(to));
            let (first, last) = (keys::day(site, view, first), keys::day(site, view, last));
            let range = Range { between: Some((&first.sk, &last.sk)), ..ALL };
            for item in self.query("read days", &first.pk, range).await? {
                found.insert(date_of(&item, year)?, item);
            }
        }
        Ok(found)
    }
}

/// The local date of a day's item.
pub(super) fn date_of(item: &Item, year: i32) -> Result<NaiveDate, StoreError> {
    // Behind the day of a version there is since when it stood.
    let day = item.get_text("sk")?.split('#').next().unwrap_or_default();
    let text = format!("{year:04}-{day}");
    NaiveDate::parse_from_str(&text, "%Y-%m-%d").map_err(|_| item.corrupt())
}

/// An item that holds one view of an hour or a day.
fn read_view(item: &Item, view: View) -> Result<Rollup, StoreError> {
    let views = BTreeMap::from([(view, open_rows(item)?)]);
    Ok(Rollup { stamp: stamp_of(item)?, n: item.get_number("n")?, tally: tally_of(item), views, torn: false })
}

/// The first minute of the UTC month after the one that holds `minute`.
fn next_month(minute: Minute) -> Minute {
    let date = minute.start().date_naive();
    let first = date.with_day(1).and_then(|first| first.checked_add_months(Months::new(1)));
    first.map_or(minute.plus(1), |first| Minute::of(first.and_time(chrono::NaiveTime::MIN).and_utc()))
}
