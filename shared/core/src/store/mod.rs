//! The only code that speaks DynamoDB. The methods of [`Store`] are the vocabulary of storage.

mod batches;
mod busy;
mod claims;
mod codec;
mod concurrent;
mod connect;
mod days;
mod error;
mod goals;
mod item;
mod keep;
mod keys;
mod late;
mod links;
mod meter;
mod minutes;
mod orders;
mod quarantine;
mod reads;
mod rebuilds;
mod recount;
mod report;
mod rollups;
mod seals;
mod sites;
mod state;
mod touches;
mod versions;
mod writes;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use chrono::{DateTime, Utc};

pub use batches::{Batch, BatchName, Segment, Stored, cut};
pub use codec::{Undecodable, pack, unpack};
pub use concurrent::concurrently;
pub use connect::ConnectError;
pub use error::StoreError;
pub use keep::{Kept, expiry};
pub use keys::parse_raw_key;
pub use late::Late;
pub use meter::{Cost, metered};
pub use minutes::Detail;
pub use orders::{Order, Refund};
pub use quarantine::Quarantined;
pub use rebuilds::Rebuild;
pub use recount::{Place, places_between};
pub use rollups::{Written, fitted};
pub use sites::{ApiKey, Role};
pub use state::State;
pub use touches::{Identity, Visitor};
pub use versions::DayVersion;

/// The table of one deployment. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    table: Arc<str>,
}

impl Store {
    /// The table of that name, reached through `client`.
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.into() }
    }

    /// The SDK's client, for the local program, which also makes the table.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The table's name.
    pub fn table(&self) -> &str {
        &self.table
    }
}

/// A point in time as the number that DynamoDB's TTL reads: seconds since 1970.
fn ttl(time: DateTime<Utc>) -> String {
    time.timestamp().to_string()
}
