//! Versions of days: what a day said before it was overwritten, read back.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::Store;
use super::error::StoreError;
use super::item::Item;
use super::keys;
use super::reads::{ALL, Range};
use super::rollups::{date_of, open_rows, stamp_of};
use crate::domain::names::SiteId;
use crate::domain::rollup::{Reason, Rows, Stamp, View};
use crate::guard::{Guard, stands};

/// What a day said in one view, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayVersion {
    /// Since when it stands, in milliseconds since 1970; 0 for since ever.
    pub since: i64,
    /// The recount that it was last found to be right by.
    pub stamp: Stamp,
    /// Its rows.
    pub rows: Rows,
    /// Of the total view: why it took the place of the one before.
    pub reasons: Vec<Reason>,
    /// Of the total view: the views that say something else than before.
    pub moved: BTreeSet<View>,
}

impl Store {
    /// One view of the days of `from..=to` as a moment saw it, in milliseconds since 1970: each day as the newest fold
    /// up to it left it, whose total tells which that was. Days that were never folded by then are left out.
    ///
    /// Cost: that of [`Self::days`] for the total and the view, and 1 read unit or more for each day and each of the two
    /// that changed since.
    pub async fn days_at(
        &self,
        site: &SiteId,
        view: View,
        days: (NaiveDate, NaiveDate),
        moment: i64,
    ) -> Result<BTreeMap<NaiveDate, DayVersion>, StoreError> {
        let early =
            if stands(Guard::TotalBeforeView) { None } else { Some(self.day_items(site, view, days).await?) };
        // What stands is read before what is kept, which is written first: so no version escapes between the two.
        let items = self.day_items(site, View::TOTAL, days).await?;
        let totals = self.versions_up_to(site, View::TOTAL, items, |_| Some(moment)).await?;
        if view == View::TOTAL {
            return Ok(totals);
        }
        let items = match early {
            Some(early) => early,
            None => self.day_items(site, view, days).await?,
        };
        let decided = |date: NaiveDate| {
            let fold = totals.get(&date).map(|total| total.since)?;
            Some(if stands(Guard::TotalDecides) { fold } else { moment })
        };
        let mut views = self.versions_up_to(site, view, items, decided).await?;
        let of_total = |(date, total): (&NaiveDate, &DayVersion)| {
            let rows = views.remove(date).map(|version| version.rows).unwrap_or_default();
            (*date, DayVersion { rows, ..total.clone() })
        };
        Ok(totals.iter().map(of_total).collect())
    }

    /// The newest version of each day up to a number.
    async fn versions_up_to(
        &self,
        site: &SiteId,
        view: View,
        items: BTreeMap<NaiveDate, Item>,
        last: impl Fn(NaiveDate) -> Option<i64>,
    ) -> Result<BTreeMap<NaiveDate, DayVersion>, StoreError> {
        let reads = items.into_iter().filter_map(|(date, item)| Some((date, item, last(date)?))).map(
            |(date, item, last)| async move {
                let found = if since_of(&item)? <= last {
                    Some(item)
                } else {
                    let (pk, first) = (keys::past(site, view, date.year()), keys::past_version(date, 0));
                    let range = Range {
                        between: Some((&first, &keys::past_version(date, last))),
                        limit: Some(1),
                        newest: true,
                        ..ALL
                    };
                    self.query("read a version of a day", &pk, range).await?.into_iter().next()
                };
                Ok(found.map(|item| version(&item)).transpose()?.map(|version| (date, version)))
            },
        );
        let found: Vec<_> = super::concurrently(reads).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Every version of one view of the days of `from..=to`, by the number since which it stands.
    pub async fn day_versions(
        &self,
        site: &SiteId,
        view: View,
        (from, to): (NaiveDate, NaiveDate),
    ) -> Result<BTreeMap<NaiveDate, BTreeMap<i64, DayVersion>>, StoreError> {
        let mut days: BTreeMap<NaiveDate, BTreeMap<i64, DayVersion>> = BTreeMap::new();
        for (date, item) in self.day_items(site, view, (from, to)).await? {
            let version = version(&item)?;
            days.entry(date).or_default().insert(version.since, version);
        }
        for year in from.year()..=to.year() {
            let first = NaiveDate::from_ymd_opt(year, 1, 1).map_or(from, |first| first.max(from));
            let last = NaiveDate::from_ymd_opt(year, 12, 31).map_or(to, |last| last.min(to));
            let range = (keys::past_version(first, 0), keys::past_version(last, i64::MAX));
            let range = Range { between: Some((&range.0, &range.1)), ..ALL };
            for item in self.query("read versions of days", &keys::past(site, view, year), range).await? {
                let version = version(&item)?;
                days.entry(date_of(&item, year)?).or_default().insert(version.since, version);
            }
        }
        Ok(days)
    }

    /// When the newest version of the days of `from..=to` began.
    pub async fn newest_version(
        &self,
        site: &SiteId,
        days: (NaiveDate, NaiveDate),
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let items = self.day_items(site, View::TOTAL, days).await?;
        let begun: Vec<i64> = items.values().map(since_of).collect::<Result<_, _>>()?;
        Ok(begun.into_iter().max().and_then(DateTime::from_timestamp_millis))
    }
}

/// Since when an item's rows stand: since the fold that wrote it, where nothing else is noted; 0 where an earlier release
/// wrote it, which noted neither.
pub(super) fn since_of(item: &Item) -> Result<i64, StoreError> {
    match item.find_number("since")? {
        Some(since) => Ok(since),
        None => Ok(item.find_number("folded")?.unwrap_or_default()),
    }
}

/// One version of a day in one view.
fn version(item: &Item) -> Result<DayVersion, StoreError> {
    let words = |name| item.find_text(name).into_iter().flat_map(|text| text.split(','));
    let moved = match item.find_text("moved") {
        // Earlier releases noted their names.
        Some(_) => View::all().filter(|view| words("moved").any(|name| name == view.name())).collect(),
        None => View::unmask(item.find_number("moved")?.unwrap_or_default()),
    };
    Ok(DayVersion {
        since: since_of(item)?,
        stamp: stamp_of(item)?,
        rows: open_rows(item)?,
        reasons: words("why").filter_map(Reason::parse).collect(),
        moved,
    })
}
