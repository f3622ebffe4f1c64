//! All functions over one table in one process.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use axum::Router;
use reckon_core::http::{App, Clock, Config, finish};
use reckon_core::store::{Store, StoreError};
use tokio::sync::Mutex;

use crate::engine::Engine;
use crate::stream::{Delivered, Stream, StreamError};
use crate::table::{self, TableError};

/// Why the system could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The table could not be made.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Its stream could not be opened.
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// All functions over one table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct System {
    /// What every handler is given.
    pub app: App,
    stream: Arc<Mutex<Stream>>,
}

/// Every route of every function, as one router.
pub fn routes() -> Router<App> {
    collect::routes()
        .merge(report::routes())
        .merge(credit::routes())
        .merge(goals::routes())
        .merge(manage::routes())
        .merge(audit::routes())
        .merge(pages::routes())
}

/// The contract: every route of every function, described.
#[cfg(feature = "contract")]
pub fn contract() -> utoipa::openapi::OpenApi {
    reckon_core::contract::document([
        collect::contract(),
        report::contract(),
        credit::contract(),
        goals::contract(),
        manage::contract(),
        audit::contract(),
        pages::contract(),
    ])
}

impl System {
    /// Opens the system over the engine's table of that name, which is made if it is not there.
    ///
    /// `note` is where the position in the stream is kept; without one it begins anew.
    pub async fn open(
        engine: &Engine,
        clock: Clock,
        config: Config,
        note: Option<&Path>,
    ) -> Result<Self, OpenError> {
        let sdk = engine.sdk_config().await;
        Self::open_with(Client::new(&sdk), &sdk, clock, config, note).await
    }

    /// Opens the system over any client, such as one that a test listens to.
    pub async fn open_with(
        client: Client,
        sdk: &SdkConfig,
        clock: Clock,
        config: Config,
        note: Option<&Path>,
    ) -> Result<Self, OpenError> {
        table::create(&client, &config.table).await?;
        let stream = Stream::open(aws_sdk_dynamodbstreams::Client::new(sdk), &config.table, note).await?;
        let store = Store::new(client, &config.table);
        Ok(Self { app: App::new(store, clock, config), stream: Arc::new(Mutex::new(stream)) })
    }

    /// The router of all functions.
    pub fn router(&self) -> Router {
        finish(routes(), self.app.clone())
    }

    /// Delivers what the stream has to aggregate. Answers how much that was.
    pub async fn pump(&self) -> Result<Delivered, StreamError> {
        self.stream.lock().await.pump(&self.app.store, &self.app.clock).await
    }

    /// Runs seal once, at the clock's time, for about as long as `budget`. Answers how many sites failed.
    pub async fn seal(&self, budget: Duration) -> Result<usize, StoreError> {
        let (retention, begun) = (self.app.config.retention_days, Instant::now());
        let out_of_time = || begun.elapsed() > budget;
        seal::seal(&self.app.store, self.app.clock.now(), retention, &out_of_time).await
    }
}
