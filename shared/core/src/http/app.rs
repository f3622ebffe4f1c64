//! What every handler is given: the table, the clock, the configuration, and the keys seen lately.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

use super::auth::KeyCache;
use super::config::{Config, ConfigError};
use crate::store::{ConnectError, Store};

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
    /// Keys and sites seen lately.
    pub(crate) keys: Arc<KeyCache>,
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
        Self { store, clock, config: Arc::new(config), keys: Arc::default() }
    }

    /// The state of a function on Lambda.
    pub fn from_env() -> Result<Self, StartError> {
        let config = Config::from_env()?;
        let store = Store::from_env(&config.table, config.endpoint.as_deref())?;
        Ok(Self::new(store, Clock::System, config))
    }
}
