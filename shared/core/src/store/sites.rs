//! Sites and the API keys that open them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::item::Item;
use super::reads::{ALL, Range};
use super::state::State;
use super::writes::{ABSENT, Put};
use super::{Store, keys};
use crate::domain::names::SiteId;
use crate::domain::site::Site;

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
    pub async fn create_site(&self, site: &Site, state: State) -> Result<bool, StoreError> {
        if self.site(&site.id).await?.is_some() {
            return Ok(false);
        }
        self.put("list a site", Item::new(&keys::listed_site(&site.id))).await?;
        self.create_state(&site.id, state).await?;
        let item = Item::new(&keys::site(&site.id, "profile")).document(site);
        Ok(matches!(self.put_if("create a site", item, ABSENT).await?, Put::Done))
    }

    /// Writes a site's settings over those that stand.
    pub async fn put_site(&self, site: &Site) -> Result<(), StoreError> {
        self.put("change a site", Item::new(&keys::site(&site.id, "profile")).document(site)).await
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
