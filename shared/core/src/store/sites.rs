//! Sites and the API keys that open them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::item::Item;
use super::reads::{ALL, Range};
use super::state::State;
use super::writes::{ABSENT, Condition, Put};
use super::{Store, keys};
use crate::domain::calendar::plus_days;
use crate::domain::channel::OwnRules;
use crate::domain::names::SiteId;
use crate::domain::site::Site;
use crate::guard::{Guard, stands};

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Send events from a page, where anybody can read the key.
    Publish,
    /// Send events from a server or a file.
    Write,
    /// Read reports, goals and the status.
    Read,
    /// Everything of one site.
    Admin,
}

impl Role {
    /// Its name on the wire and in the prefix of its secrets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Write => "write",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

/// An API key. Its secret is known to its owner alone; we keep the SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id, by which it is listed and revoked.
    pub id: String,
    /// The site that it opens, and no other.
    pub site: SiteId,
    /// What it may do.
    pub role: Role,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it opens nothing.
    pub expires_at: Option<DateTime<Utc>>,
    /// SHA-256 of the secret, in hex. Never shown.
    pub sha256: String,
}

impl Store {
    /// Makes a site with its state; false where one of that id stands.
    ///
    /// It is listed first, so that no site is ever kept that seal does not see; the profile, which opens it, last.
    ///
    /// Days before the one that its sealed hour lies in are sealed and empty from `now` on.
    pub async fn create_site(
        &self,
        site: &Site,
        state: State,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        if self.site(&site.id).await?.is_some() {
            return Ok(false);
        }
        self.put("list a site", Item::new(&keys::listed_site(&site.id))).await?;
        self.create_state(&site.id, state).await?;
        let through = plus_days(site.calendar().date_of(state.sealed), -1);
        self.note_sealed(&site.id, now, through).await?;
        Ok(matches!(self.put_if("create a site", profile(site), ABSENT).await?, Put::Done))
    }

    /// Writes a site's settings over those that stand.
    pub async fn put_site(&self, site: &Site) -> Result<(), StoreError> {
        self.put("change a site", profile(site)).await
    }

    /// Writes a site's settings over those that it was read with; false where somebody changed any of them since, so that
    /// no two changes of a site take back each other's.
    pub async fn change_site(&self, site: &Site) -> Result<bool, StoreError> {
        let expression = if stands(Guard::SiteUnchanged) {
            "attribute_not_exists(revision) OR revision = :read"
        } else {
            "attribute_exists(pk) OR revision = :read"
        };
        let numbers = [(":read", site.revision.to_string())];
        let unchanged = Condition { expression, numbers: &numbers, names: &[] };
        let changed = profile(&Site { revision: site.revision.saturating_add(1), ..site.clone() });
        Ok(match self.put_if("change a site", changed.clone(), unchanged).await? {
            Put::Done => true,
            // The answer to the first try may have been lost.
            Put::Refused(standing) => standing == changed,
        })
    }

    /// Keeps a version of a site's channel rules that is about to be replaced. Keeping it again changes nothing.
    pub async fn keep_rules(&self, site: &SiteId, rules: &OwnRules) -> Result<(), StoreError> {
        let item = Item::new(&keys::channel_rules(site, rules.version)).document(rules);
        self.put("keep channel rules", item).await
    }

    /// A version of a site's channel rules that was replaced since.
    pub async fn kept_rules(&self, site: &SiteId, version: u32) -> Result<Option<OwnRules>, StoreError> {
        let item = self.get("read channel rules", &keys::channel_rules(site, version)).await?;
        item.map(|item| item.get_document()).transpose()
    }

    /// Notes that a site says of its visitors which customers they are.
    pub async fn note_identities(&self, site: &SiteId) -> Result<(), StoreError> {
        self.put("note identities", Item::new(&keys::site(site, "identities"))).await
    }

    /// One site.
    pub async fn site(&self, id: &SiteId) -> Result<Option<Site>, StoreError> {
        let Some(item) = self.get("read a site", &keys::site(id, "profile")).await? else { return Ok(None) };
        // An item of its own, so that no change of the settings takes it back.
        let identities = self.get("read whether there are identities", &keys::site(id, "identities")).await?;
        Ok(Some(Site { identities: identities.is_some(), ..item.get_document()? }))
    }

    /// Every site's id.
    pub async fn sites(&self) -> Result<Vec<SiteId>, StoreError> {
        let items = self.query("list the sites", "sites", ALL).await?;
        items.iter().map(|item| SiteId::parse(item.get_text("sk")?).map_err(|_| item.corrupt())).collect()
    }

    /// Stores a key: first in its site's list, by which it can be revoked, then where requests find it.
    pub async fn put_key(&self, key: &ApiKey) -> Result<(), StoreError> {
        let listed = keys::site(&key.site, &format!("key#{}", key.id));
        self.put("list a key", Item::new(&listed).document(key)).await?;
        self.put("store a key", Item::new(&keys::api_key(&key.sha256)).document(key)).await
    }

    /// The key whose secret has this SHA-256.
    pub async fn key(&self, sha256: &str) -> Result<Option<ApiKey>, StoreError> {
        self.get("read a key", &keys::api_key(sha256)).await?.map(|item| item.get_document()).transpose()
    }

    /// A site's keys, by id, which is the order of their creation.
    pub async fn keys(&self, site: &SiteId) -> Result<Vec<ApiKey>, StoreError> {
        let pk = keys::site(site, "").pk;
        let items =
            self.query("list the keys", &pk, Range { between: Some(("key#", "key#~")), ..ALL }).await?;
        items.iter().map(Item::get_document).collect()
    }

    /// Revokes a key: it opens nothing from the moment that no cache knows it any more.
    pub async fn revoke(&self, key: &ApiKey) -> Result<(), StoreError> {
        self.delete("revoke a key", &keys::api_key(&key.sha256)).await?;
        self.delete("unlist a key", &keys::site(&key.site, &format!("key#{}", key.id))).await
    }
}

/// The item of a site's settings. How often they were changed stands beside them, for conditions.
fn profile(site: &Site) -> Item {
    let key = keys::site(&site.id, "profile");
    Item::new(&key).number("revision", site.revision).document(site)
}
