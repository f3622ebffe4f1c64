//! The table's stream, polled in place of Lambda's event source mapping, with the same filter.

use std::path::{Path, PathBuf};

use aggregate::Trigger;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::types::{OperationType, Record, ShardIteratorType, StreamDescription};
use reckon_core::guard::{Guard, stands};
use reckon_core::http::Clock;
use reckon_core::store::Store;

/// Why the stream could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The engine did not answer.
    #[error("the stream did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The table has no stream.
    #[error("the table has no stream")]
    Absent,
    /// How far it was read could not be noted.
    #[error("the position in the stream could not be noted")]
    Position(#[source] std::io::Error),
}

/// A reader of the table's stream that goes on where it stopped.
#[derive(Debug)]
pub struct Stream {
    client: Client,
    arn: String,
    shard: String,
    /// The last sequence number that was worked off.
    position: Option<String>,
    /// Where that is noted, so that a restart carries on.
    note: Option<PathBuf>,
}

/// How many records one run of aggregate is given at most, as in `template.yaml`.
pub const BATCH: usize = 1_000;

/// What was delivered at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Records that passed the filter.
    pub records: usize,
    /// Runs of aggregate that they took.
    pub runs: usize,
}

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StreamError {
    StreamError::Unavailable(Box::new(error))
}

impl Stream {
    /// Opens the stream of a table, from where `note` says, else from its beginning.
    pub async fn open(client: Client, table: &str, note: Option<&Path>) -> Result<Self, StreamError> {
        let streams = client.list_streams().table_name(table).send().await.map_err(unavailable)?;
        let arn =
            streams.streams().first().and_then(|stream| stream.stream_arn()).ok_or(StreamError::Absent)?;
        let described = client.describe_stream().stream_arn(arn).send().await.map_err(unavailable)?;
        let shards = described.stream_description().map(StreamDescription::shards).unwrap_or_default();
        let shard = shards.first().and_then(|shard| shard.shard_id()).ok_or(StreamError::Absent)?;
        let position =
            note.and_then(|note| std::fs::read_to_string(note).ok()).filter(|text| !text.is_empty());
        let (arn, shard) = (arn.to_owned(), shard.to_owned());
        Ok(Self { client, arn, shard, position, note: note.map(Path::to_owned) })
    }

    /// Hands everything that is new to aggregate, in runs as large as may be. Answers what was delivered.
    ///
    /// Records that could not be worked off are delivered again at the next call.
    pub async fn pump(&mut self, store: &Store, clock: &Clock) -> Result<Delivered, StreamError> {
        let mut delivered = Delivered::default();
        let (mut gathered, mut position) = (Vec::new(), self.position.clone());
        loop {
            let records = self.read(position.as_deref()).await?;
            let at_end = records.is_empty();
            for (sequence, trigger) in records {
                gathered.extend(trigger);
                position = Some(sequence);
                if gathered.len() == BATCH
                    && !self
                        .hand_over((store, clock), &mut gathered, position.as_deref(), &mut delivered)
                        .await?
                {
                    return Ok(delivered);
                }
            }
            if at_end {
                self.hand_over((store, clock), &mut gathered, position.as_deref(), &mut delivered).await?;
                return Ok(delivered);
            }
        }
    }

    /// Runs aggregate over what was gathered up to a position, and notes that. False if some of it failed.
    async fn hand_over(
        &mut self,
        (store, clock): (&Store, &Clock),
        gathered: &mut Vec<Trigger>,
        position: Option<&str>,
        delivered: &mut Delivered,
    ) -> Result<bool, StreamError> {
        if !gathered.is_empty() {
            let failed = aggregate::aggregate(store, gathered, clock.now(), || false).await;
            if !failed.is_empty() {
                return Ok(false);
            }
            delivered.records += gathered.len();
            delivered.runs += 1;
            gathered.clear();
        }
        if self.position.as_deref() != position {
            if let (Some(note), Some(position)) = (&self.note, position) {
                std::fs::write(note, position).map_err(StreamError::Position)?;
            }
            self.position = position.map(str::to_owned);
        }
        Ok(true)
    }

    /// The records after a position: each one's number, and what it triggers, if anything.
    async fn read(&self, position: Option<&str>) -> Result<Vec<(String, Option<Trigger>)>, StreamError> {
        let request = self.client.get_shard_iterator().stream_arn(&self.arn).shard_id(&self.shard);
        let request = match position {
            Some(position) => {
                request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).sequence_number(position)
            }
            None => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
        };
        let iterator = request.send().await.map_err(unavailable)?.shard_iterator;
        let output =
            self.client.get_records().set_shard_iterator(iterator).send().await.map_err(unavailable)?;
        Ok(output.records().iter().filter_map(|record| Some((sequence(record)?, trigger(record)))).collect())
    }
}

fn sequence(record: &Record) -> Option<String> {
    record.dynamodb()?.sequence_number().map(str::to_owned)
}

/// What passes the filter of `template.yaml`: new items under raw keys.
fn trigger(record: &Record) -> Option<Trigger> {
    let pk = record.dynamodb()?.keys()?.get("pk")?.as_s().ok()?;
    let inserted = record.event_name() == Some(&OperationType::Insert) && pk.starts_with("raw#");
    let passes = inserted || !stands(Guard::StreamFilter);
    Some(Trigger { sequence: sequence(record)?, pk: pk.clone() }).filter(|_| passes)
}
