//! What every handler is given: the table, the clock, the configuration, and the keys seen lately.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

use super::auth::Caller;
use super::config::{Config, ConfigError};
use super::remembered::Remembered;
use crate::domain::link::{Link, Slug};
use crate::domain::site::Site;
use crate::store::{ConnectError, Store, StoreError};

/// What time it is.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until it is set, in milliseconds since 1970.
    Set(Arc<AtomicI64>),
}

/// The state of every router. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The table.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// The configuration.
    pub config: Arc<Config>,
    /// Keys seen lately and the sites that they open. One that is revoked opens for as long as it is remembered.
    pub(crate) keys: Arc<Remembered<Caller>>,
    /// Links seen lately and their sites.
    pub(crate) links: Arc<Remembered<(Arc<Link>, Arc<Site>)>>,
}

/// Why a function cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The environment lacks what Lambda puts there.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl Clock {
    /// A clock that stands at `time`.
    pub fn set_to(time: DateTime<Utc>) -> Self {
        Self::Set(Arc::new(AtomicI64::new(time.timestamp_millis())))
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Set(millis) => {
                DateTime::from_timestamp_millis(millis.load(Ordering::Relaxed)).unwrap_or_default()
            }
        }
    }

    /// Moves a clock that is set; the machine's stays as it is.
    pub fn turn_to(&self, time: DateTime<Utc>) {
        if let Self::Set(millis) = self {
            millis.store(time.timestamp_millis(), Ordering::Relaxed);
        }
    }
}

impl App {
    /// The state of a deployment.
    pub fn new(store: Store, clock: Clock, config: Config) -> Self {
        Self { store, clock, config: Arc::new(config), keys: Arc::default(), links: Arc::default() }
    }

    /// A link and its site, as they were within the last minute.
    pub async fn link(&self, slug: &Slug) -> Result<Option<(Arc<Link>, Arc<Site>)>, StoreError> {
        let now = self.clock.now();
        if let Some(found) = self.links.get(slug.as_str(), now) {
            return Ok(Some(found));
        }
        let Some(link) = self.store.link(slug).await? else { return Ok(None) };
        let Some(site) = self.store.site(&link.site).await? else { return Ok(None) };
        let found = (Arc::new(link), Arc::new(site));
        self.links.put(slug.as_str(), &found, now);
        Ok(Some(found))
    }

    /// The state of a function on Lambda.
    pub fn from_env() -> Result<Self, StartError> {
        let config = Config::from_env()?;
        let store = Store::from_env(&config.table, config.endpoint.as_deref())?;
        Ok(Self::new(store, Clock::System, config))
    }
}
