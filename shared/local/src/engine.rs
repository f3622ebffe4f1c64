//! The embedded DynamoDB engine: its own thread and runtime, a file, and care for its stream.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, Region};
use dynoxide::Database;
use rusqlite::Connection;

/// Why the engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The file could not be opened, or is no database of the engine.
    #[error("the database {path} could not be opened: {reason}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// The address is taken, or not this machine's.
    #[error("the engine could not listen")]
    Port(#[source] std::io::Error),
    /// The engine's private table of stream records is not the one that we know.
    #[error("the engine's stream records could not be cared for")]
    Stream(#[from] rusqlite::Error),
}

/// A running engine. It stops with the process.
#[derive(Clone, Debug)]
pub struct Engine {
    address: SocketAddr,
    file: Arc<Path>,
}

/// How long stream records are kept, as at AWS.
const STREAM_HOURS: i64 = 24;
/// How often old stream records and expired items are deleted.
const SWEEP: Duration = Duration::from_mins(10);

/// Each write of the engine looks for its stream's highest number, which is slow without an index.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS stream_records_by_number
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";

impl Engine {
    /// Starts an engine over `file`, which is made if it is not there, on any free loopback port.
    pub fn start(file: &Path) -> Result<Self, EngineError> {
        Self::start_at(file, SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// Starts an engine over `file` at an address of the caller's choosing.
    pub fn start_at(file: &Path, address: SocketAddr) -> Result<Self, EngineError> {
        let failed = |reason: String| EngineError::File { path: file.to_owned(), reason };
        let path = file.to_str().ok_or_else(|| failed("its path is no UTF-8".to_owned()))?;
        let database = Database::new(path).map_err(|error| failed(error.to_string()))?;
        tend_stream(file)?;
        let listener = std::net::TcpListener::bind(address).map_err(EngineError::Port)?;
        listener.set_nonblocking(true).map_err(EngineError::Port)?;
        let address = listener.local_addr().map_err(EngineError::Port)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(EngineError::Port)?;
        let swept = file.to_owned();
        // Its handlers block, so it must not share the threads of whoever waits for it.
        std::thread::spawn(move || {
            runtime.block_on(async move {
                tokio::spawn(sweep(database.clone(), swept));
                match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => dynoxide::server::serve_on(listener, database).await,
                    Err(error) => tracing::error!(%error, "the embedded engine does not listen"),
                }
            });
        });
        Ok(Self { address, file: file.into() })
    }

    /// Its file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Where it answers.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the SDK's clients need to speak to it.
    pub async fn sdk_config(&self) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(self.endpoint())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .load()
            .await
    }
}

/// Makes the index that keeps the engine's stream fast, and deletes records that are older than a day.
fn tend_stream(file: &Path) -> Result<(), rusqlite::Error> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute_batch(INDEX)?;
    let oldest = chrono::Utc::now().timestamp() - STREAM_HOURS * 3600;
    // The newest record stays: the engine numbers the next one after it.
    let delete = "DELETE FROM _stream_records WHERE created_at < ?1 AND CAST(sequence_number AS INTEGER) <
        (SELECT MAX(CAST(newest.sequence_number AS INTEGER)) FROM _stream_records AS newest
         WHERE newest.table_name = _stream_records.table_name)";
    connection.execute(delete, [oldest])?;
    Ok(())
}

/// Deletes what has expired, again and again.
async fn sweep(database: Database, file: PathBuf) {
    loop {
        tokio::time::sleep(SWEEP).await;
        if let Err(error) = tend_stream(&file) {
            tracing::warn!(%error, "old stream records stay");
        }
        if let Err(error) = database.sweep_ttl() {
            tracing::warn!(%error, "expired items stay");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_private_table_is_the_one_that_we_index() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("table.db");
        let _database = Database::new(file.to_str().unwrap()).unwrap();
        tend_stream(&file).unwrap();
        let connection = Connection::open(&file).unwrap();
        let plan: String = connection
            .query_row(
                "EXPLAIN QUERY PLAN SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = 'x'",
                [],
                |row| row.get(3),
            )
            .unwrap();
        assert!(plan.contains("stream_records_by_number"), "{plan}");
    }
}
