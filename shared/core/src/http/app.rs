//! What every handler is given: the table, the clock, the configuration, and the keys seen lately.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use chrono::{DateTime, Utc};

use super::auth::KeyCache;
use super::config::{Config, ConfigError};
use crate::store::Store;

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

impl Clock {
    /// A clock that stands at `time`.
    pub fn set_to(time: DateTime<Utc>) -> Self {
        Self::Set(Arc::new(AtomicI64::new(time.timestamp_millis())))
    }

    /// Now.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Set(millis) => DateTime::from_timestamp_millis(millis.load(Ordering::Relaxed)).unwrap_or_default(),
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
    ///
    /// Region and credentials are in the environment there, so the provider chain of `aws-config`, which would
    /// add to each start, is not needed.
    pub fn from_env() -> Result<Self, ConfigError> {
        let config = Config::from_env()?;
        let variable = |name: &'static str| std::env::var(name).map_err(|_| ConfigError::Missing(name));
        let credentials = Credentials::new(
            variable("AWS_ACCESS_KEY_ID")?,
            variable("AWS_SECRET_ACCESS_KEY")?,
            std::env::var("AWS_SESSION_TOKEN").ok(),
            None,
            "environment",
        );
        let mut builder = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(variable("AWS_REGION")?))
            .credentials_provider(credentials);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        let store = Store::new(Client::from_conf(builder.build()), &config.table);
        Ok(Self::new(store, Clock::System, config))
    }
}
