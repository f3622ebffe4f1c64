//! Goals, as documents of their site.

use super::error::StoreError;
use super::item::Item;
use super::reads::{ALL, Range};
use super::writes::{ABSENT, Put};
use super::{Store, keys};
use crate::domain::goal::Goal;
use crate::domain::names::SiteId;

impl Store {
    /// Writes a new goal; false where one of that id stands.
    pub async fn create_goal(&self, site: &SiteId, goal: &Goal) -> Result<bool, StoreError> {
        let item = Item::new(&key_of(site, &goal.id)).document(goal);
        Ok(matches!(self.put_if("create a goal", item, ABSENT).await?, Put::Done))
    }

    /// Writes a goal over the one of its id.
    pub async fn put_goal(&self, site: &SiteId, goal: &Goal) -> Result<(), StoreError> {
        self.put("replace a goal", Item::new(&key_of(site, &goal.id)).document(goal)).await
    }

    /// One goal.
    pub async fn goal(&self, site: &SiteId, id: &str) -> Result<Option<Goal>, StoreError> {
        if id.len() > keys::LONGEST_OWN_ID {
            return Ok(None);
        }
        self.get("read a goal", &key_of(site, id)).await?.map(|item| item.get_document()).transpose()
    }

    /// All goals of a site, by id, which is the order of their creation.
    pub async fn goals(&self, site: &SiteId) -> Result<Vec<Goal>, StoreError> {
        let pk = keys::site(site, "").pk;
        let items =
            self.query("read goals", &pk, Range { between: Some(("goal#", "goal#~")), ..ALL }).await?;
        items.iter().map(Item::get_document).collect()
    }

    /// Deletes a goal; one that is absent is no error.
    pub async fn delete_goal(&self, site: &SiteId, id: &str) -> Result<(), StoreError> {
        self.delete("delete a goal", &key_of(site, id)).await
    }
}

fn key_of(site: &SiteId, id: &str) -> keys::Key {
    keys::site(site, &format!("goal#{id}"))
}
