//! Tracking links, by slug and in the list of their site.

use super::error::StoreError;
use super::item::Item;
use super::reads::{ALL, Range};
use super::writes::{ABSENT, Put};
use super::{Store, keys};
use crate::domain::link::{Link, Slug};
use crate::domain::names::SiteId;

impl Store {
    /// Makes a link; false where its slug is taken, by whichever site.
    ///
    /// It is listed first, so that no link leads on that its site does not see. Cost: 2 write units.
    pub async fn create_link(&self, link: &Link) -> Result<bool, StoreError> {
        let listed = keys::site(&link.site, &format!("link#{}", link.slug.as_str()));
        if self.link(&link.slug).await?.is_some() {
            return Ok(false);
        }
        self.put("list a link", Item::new(&listed).document(link)).await?;
        let item = Item::new(&keys::link(link.slug.as_str())).document(link);
        match self.put_if("create a link", item, ABSENT).await? {
            Put::Done => Ok(true),
            Put::Refused(standing) => {
                // Somebody was faster: another site, whose slug is not in our list, or ours, which lists what stands.
                let standing: Link = standing.get_document()?;
                if standing.site == link.site {
                    self.put("list a link", Item::new(&listed).document(&standing)).await?;
                } else {
                    self.delete("unlist a link", &listed).await?;
                }
                Ok(false)
            }
        }
    }

    /// Writes a link over the one that stands. Cost: 2 write units.
    pub async fn put_link(&self, link: &Link) -> Result<(), StoreError> {
        self.put("change a link", Item::new(&keys::link(link.slug.as_str())).document(link)).await?;
        let listed = keys::site(&link.site, &format!("link#{}", link.slug.as_str()));
        self.put("change a listed link", Item::new(&listed).document(link)).await
    }

    /// The link of a slug, of whichever site. Cost: 1 read unit.
    pub async fn link(&self, slug: &Slug) -> Result<Option<Link>, StoreError> {
        let item = self.get("read a link", &keys::link(slug.as_str())).await?;
        item.map(|item| item.get_document()).transpose()
    }

    /// At most `most` links of a site behind `after`, by slug.
    pub async fn links(
        &self,
        site: &SiteId,
        after: Option<&Slug>,
        most: i32,
    ) -> Result<Vec<Link>, StoreError> {
        let pk = keys::site(site, "").pk;
        // No slug holds a blank, so this is the first key behind the slug's own.
        let first = after.map_or_else(|| "link#".to_owned(), |slug| format!("link#{} ", slug.as_str()));
        let range = Range { between: Some((&first, "link#~")), limit: Some(most), ..ALL };
        let items = self.query("list the links", &pk, range).await?;
        items.iter().map(Item::get_document).collect()
    }
}
