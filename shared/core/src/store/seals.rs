//! Seals: from when on days were sealed, noted by seal, for those who ask later what was.

use chrono::{DateTime, NaiveDate, Utc};

use super::Store;
use super::error::StoreError;
use super::item::Item;
use super::keys;
use super::reads::{ALL, Range};
use crate::domain::names::SiteId;
use crate::domain::report::Seals;

/// How many notes of seals are read where the newest is wanted: clocks that are wrong may have put it behind others.
const NOTES: i32 = 4;

impl Store {
    /// Notes that every day up to `through` is sealed. Cost: 1 write unit.
    pub async fn note_sealed(
        &self,
        site: &SiteId,
        at: DateTime<Utc>,
        through: NaiveDate,
    ) -> Result<(), StoreError> {
        let key = keys::Key { pk: keys::seals(site), sk: keys::seal(at.timestamp_millis()) };
        self.put("note what is sealed", Item::new(&key).text("through", &through.to_string())).await
    }

    /// The last day that was sealed at a moment; `None` where nothing is noted of it.
    pub async fn sealed_through(&self, site: &SiteId, moment: i64) -> Result<Option<NaiveDate>, StoreError> {
        let (first, last) = (keys::seal(0), keys::seal(moment));
        let range = Range { between: Some((&first, &last)), limit: Some(NOTES), newest: true, ..ALL };
        Ok(self.notes(site, range).await?.through(i64::MAX))
    }

    /// Everything that is noted of when days were sealed. Cost: some 70 bytes a day.
    pub async fn seals(&self, site: &SiteId) -> Result<Seals, StoreError> {
        self.notes(site, ALL).await
    }

    async fn notes(&self, site: &SiteId, range: Range<'_>) -> Result<Seals, StoreError> {
        let notes = self.query("read what was sealed when", &keys::seals(site), range).await?;
        let read = |item: &Item| {
            let at = item.get_text("sk")?.parse().map_err(|_| item.corrupt())?;
            let through = item.get_text("through")?.parse().map_err(|_| item.corrupt())?;
            Ok((at, through))
        };
        Ok(Seals::new(notes.iter().map(read).collect::<Result<Vec<_>, StoreError>>()?))
    }
}
