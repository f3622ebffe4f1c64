//! A site's state: up to where its rollups may be trusted, and under which stamp they are made.

use super::error::StoreError;
use super::item::Item;
use super::writes::ABSENT;
use super::{Store, keys};
use crate::domain::calendar::Minute;
use crate::domain::names::SiteId;
use crate::domain::rollup::{FOLD_VERSION, Stamp};

/// Up to where a site's rollups may be trusted. Every number in it only rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Rebuilds begun so far.
    pub generation: u32,
    /// Hours that begin before this are being folded, or are folded: who counts a minute there folds them, too.
    pub sealing: Minute,
    /// Hours that begin before this, and days that end before it, are folded and may be read.
    pub sealed: Minute,
    /// Every rollup is of at least this fold version, so views that are no newer are whole.
    pub built: u32,
    /// No event of an earlier minute is kept, so nothing before it is recounted.
    pub raw_complete_from: Minute,
}

impl State {
    /// The stamp of a recount that begins now.
    pub const fn stamp(&self) -> Stamp {
        Stamp { generation: self.generation, fold: FOLD_VERSION }
    }
}

impl Store {
    /// A site's state. `None` where there is no such site.
    pub async fn state(&self, site: &SiteId) -> Result<Option<State>, StoreError> {
        let Some(item) = self.get("read the state", &keys::site(site, "state")).await? else {
            return Ok(None);
        };
        let minute = |name| item.get_number(name).map(Minute::from_number);
        Ok(Some(State {
            generation: item.get_number("generation")?,
            sealing: minute("sealing")?,
            sealed: minute("sealed")?,
            built: item.get_number("built")?,
            raw_complete_from: minute("raw_complete_from")?,
        }))
    }

    /// The state of a new site. One that stands already stays.
    pub(crate) async fn create_state(&self, site: &SiteId, state: State) -> Result<(), StoreError> {
        let item = Item::new(&keys::site(site, "state"))
            .number("generation", state.generation)
            .number("sealing", state.sealing.number())
            .number("sealed", state.sealed.number())
            .number("built", state.built)
            .number("raw_complete_from", state.raw_complete_from.number());
        self.put_if("write the state", item, ABSENT).await.map(|_| ())
    }

    /// Raises `sealing`: from now on whoever counts a minute before `to` folds its hour as well.
    pub async fn raise_sealing(&self, site: &SiteId, to: Minute) -> Result<(), StoreError> {
        self.raise("raise the flag", &keys::site(site, "state"), "sealing", to.number()).await
    }

    /// Raises `sealed`: reports may read hours and days before `to`.
    pub async fn raise_sealed(&self, site: &SiteId, to: Minute) -> Result<(), StoreError> {
        self.raise("seal", &keys::site(site, "state"), "sealed", to.number()).await
    }

    /// Raises the fold version up to which everything is built.
    pub async fn raise_built(&self, site: &SiteId, to: u32) -> Result<(), StoreError> {
        self.raise("note what is built", &keys::site(site, "state"), "built", i64::from(to)).await
    }

    /// Moves the first minute that raw events are kept for.
    pub async fn raise_raw_complete_from(&self, site: &SiteId, to: Minute) -> Result<(), StoreError> {
        let key = keys::site(site, "state");
        self.raise("note what has expired", &key, "raw_complete_from", to.number()).await
    }

    /// Begins a new generation: rollups of earlier ones give way to it.
    pub async fn next_generation(&self, site: &SiteId) -> Result<u32, StoreError> {
        let item = self.increment("begin a rebuild", &keys::site(site, "state"), "generation").await?;
        item.get_number("generation")
    }
}
