//! What lies between the SDK and the table: delay, loss, throttling, writes that happen though nobody hears of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::result::ConnectorError;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::chance::Chance;
use super::engine::Engine;
use super::stream::Shards;
use super::time::Time;
use super::weather::Weather;

/// A table behind faults.
#[derive(Debug)]
pub struct Table {
    engine: Arc<dyn Engine>,
    name: String,
    chance: Chance,
    time: Time,
    weather: Mutex<Weather>,
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
    /// Writes that a lagging replica, which answers weak reads, has not heard of yet.
    lag: Mutex<Vec<(String, Value)>>,
    /// What became dirty.
    pub shards: Shards,
    /// Every operation in its order, as one number, and how many there were.
    trace: Mutex<(u64, u64)>,
}

/// The name of the replica that weak reads may be answered from.
fn replica(table: &str) -> String {
    format!("{table}-replica")
}

impl Table {
    /// A table of that name, with its replica, in fine weather.
    pub fn new(engine: Arc<dyn Engine>, name: &str, chance: Chance, time: Time) -> Arc<Self> {
        let shards = Shards::new(chance.clone());
        Arc::new(Self {
            engine,
            name: name.to_owned(),
            chance,
            time,
            weather: Mutex::default(),
            buckets: Mutex::default(),
            lag: Mutex::default(),
            shards,
            trace: Mutex::default(),
        })
    }

    /// Changes the weather.
    pub fn set(&self, weather: Weather) {
        *self.weather.lock().unwrap() = weather;
    }

    /// The digest of everything that was asked, in its order, and how many calls that was.
    pub fn trace(&self) -> (u64, u64) {
        *self.trace.lock().unwrap()
    }

    /// Every item, by its keys, straight from the engine.
    pub fn items(&self) -> Vec<Value> {
        let (mut items, mut start) = (Vec::new(), Value::Null);
        loop {
            let mut request = json!({"TableName": self.name, "ConsistentRead": true});
            if !start.is_null() {
                request["ExclusiveStartKey"] = start;
            }
            let (status, body) = self.engine.call("Scan", &serde_json::to_vec(&request).unwrap());
            assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
            let mut answer: Value = serde_json::from_slice(&body).unwrap();
            items.extend(answer["Items"].as_array().unwrap().clone());
            start = answer["LastEvaluatedKey"].take();
            if start.is_null() {
                return items;
            }
        }
    }

    /// Deletes the table and its replica, where the engine outlives the schedule.
    pub fn drop_tables(&self) {
        for name in [self.name.clone(), replica(&self.name)] {
            self.engine.call("DeleteTable", &serde_json::to_vec(&json!({"TableName": name})).unwrap());
        }
    }

    fn note(&self, operation: &str, body: &Value) {
        let place = pk(body).map_or_else(String::new, str::to_owned);
        // The site at most: secrets and hashes of people are drawn anew in each run.
        let place: String = place.split('#').take(if place.starts_with("key#") { 1 } else { 2 }).collect();
        let mut trace = self.trace.lock().unwrap();
        for byte in
            operation.bytes().chain(place.bytes()).chain(self.time.now().timestamp_millis().to_le_bytes())
        {
            trace.0 = (trace.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        trace.1 += 1;
    }

    /// Sends a request through the weather.
    pub(super) async fn send(
        self: Arc<Self>,
        operation: String,
        mut body: Value,
    ) -> Result<(u16, Vec<u8>), ConnectorError> {
        if operation == "CreateTable" {
            // The schedule has a stream of its own; the engine's would only slow it down.
            body["StreamSpecification"] = json!({"StreamEnabled": false});
        }
        let weather = *self.weather.lock().unwrap();
        let chance = &self.chance;
        let slow = chance.happens(weather.slow);
        sleep(chance.millis(if slow { 100..=5_000 } else { 1..=15 })).await;
        self.time.tell();
        self.note(&operation, &body);
        if chance.happens(weather.lost) {
            return Err(ConnectorError::io("lost on the way there".into()));
        }
        if chance.happens(weather.throttled) || self.is_too_fast(&operation, &body, weather.units) {
            return Ok(error(400, "ProvisionedThroughputExceededException"));
        }
        if chance.happens(weather.belated) {
            let (table, after) = (Arc::clone(&self), chance.millis(200..=60_000));
            tokio::spawn(async move {
                sleep(after).await;
                table.time.tell();
                table.apply(&operation, &body);
            });
            sleep(chance.millis(1..=5_000)).await;
            return Err(ConnectorError::timeout("no answer".into()));
        }
        if chance.happens(weather.broken) {
            if chance.happens(0.5) {
                self.apply(&operation, &body);
            }
            return Ok(error(500, "InternalServerError"));
        }
        let answer = if operation == "BatchGetItem" && chance.happens(weather.unprocessed) {
            self.leave_some(&body)
        } else {
            self.apply(&operation, &body)
        };
        sleep(chance.millis(1..=15)).await;
        self.time.tell();
        if chance.happens(weather.unheard) {
            return Err(ConnectorError::timeout("the answer was lost".into()));
        }
        Ok(answer)
    }

    /// Whether a write is more than its partition key takes.
    fn is_too_fast(&self, operation: &str, body: &Value, units: f64) -> bool {
        let writes = matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem");
        let Some(pk) = pk(body).filter(|_| writes && units > 0.0) else { return false };
        let mut buckets = self.buckets.lock().unwrap();
        let (level, since) = buckets.entry(pk.to_owned()).or_insert((units, Instant::now()));
        *level = (*level + since.elapsed().as_secs_f64() * units).min(units);
        *since = Instant::now();
        if *level < 1.0 {
            return true;
        }
        *level -= 1.0;
        false
    }

    /// Carries out a request: weak reads on the replica, everything else on the table.
    fn apply(&self, operation: &str, body: &Value) -> (u16, Vec<u8>) {
        if is_weak(operation, body) {
            self.catch_up();
            return self.engine.call(operation, &at_replica(body, &self.name));
        }
        let insert = operation == "PutItem" && pk(body).is_some_and(|pk| pk.starts_with("raw#"));
        let new = insert && self.is_absent(body);
        let answer = self.engine.call(operation, &serde_json::to_vec(body).unwrap());
        let writes =
            matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "CreateTable" | "UpdateTimeToLive");
        if writes && answer.0 == 200 {
            self.lag.lock().unwrap().push((operation.to_owned(), body.clone()));
        }
        if new && answer.0 == 200 {
            self.shards.push(pk(body).unwrap_or_default(), self.time.now());
        }
        answer
    }

    fn is_absent(&self, put: &Value) -> bool {
        let key = json!({"pk": put["Item"]["pk"], "sk": put["Item"]["sk"]});
        let get = json!({"TableName": self.name, "Key": key, "ConsistentRead": true});
        let (_, answer) = self.engine.call("GetItem", &serde_json::to_vec(&get).unwrap());
        serde_json::from_slice::<Value>(&answer).is_ok_and(|answer| answer["Item"].is_null())
    }

    /// Brings the replica forward, by as much as chance will have it.
    fn catch_up(&self) {
        let mut lag = self.lag.lock().unwrap();
        let most = u64::try_from(lag.len()).unwrap();
        let writes = usize::try_from(self.chance.number(0..=most)).unwrap();
        for (operation, body) in lag.drain(..writes) {
            self.engine.call(&operation, &at_replica(&body, &self.name));
        }
    }

    /// Reads the first key of a batch and leaves the others over.
    fn leave_some(&self, body: &Value) -> (u16, Vec<u8>) {
        let wanted = &body["RequestItems"][&self.name];
        let Some((first, rest)) = wanted["Keys"].as_array().and_then(|keys| keys.split_first()) else {
            return self.apply("BatchGetItem", body);
        };
        let mut part = body.clone();
        part["RequestItems"][&self.name]["Keys"] = json!([first]);
        let (status, answer) = self.apply("BatchGetItem", &part);
        if status != 200 || rest.is_empty() {
            return (status, answer);
        }
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        let mut left = wanted.clone();
        left["Keys"] = json!(rest);
        answer["UnprocessedKeys"] = json!({&self.name: left});
        (status, serde_json::to_vec(&answer).unwrap())
    }
}

/// The partition key of a request on one item or one partition.
fn pk(body: &Value) -> Option<&str> {
    [&body["Item"]["pk"]["S"], &body["Key"]["pk"]["S"], &body["ExpressionAttributeValues"][":pk"]["S"]]
        .into_iter()
        .find_map(Value::as_str)
}

fn is_weak(operation: &str, body: &Value) -> bool {
    match operation {
        "GetItem" | "Query" => body["ConsistentRead"] != true,
        "BatchGetItem" => body["RequestItems"]
            .as_object()
            .is_some_and(|tables| tables.values().any(|table| table["ConsistentRead"] != true)),
        _ => false,
    }
}

/// The same request on the replica; a write that held then holds whatever the replica lacks.
fn at_replica(body: &Value, table: &str) -> Vec<u8> {
    let mut body = body.clone();
    if let Some(tables) = body["RequestItems"].as_object_mut() {
        if let Some(wanted) = tables.remove(table) {
            tables.insert(replica(table), wanted);
        }
    } else {
        body["TableName"] = json!(replica(table));
    }
    serde_json::to_vec(&body).unwrap()
}

fn error(status: u16, name: &str) -> (u16, Vec<u8>) {
    let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "simulated"});
    (status, serde_json::to_vec(&body).unwrap())
}
