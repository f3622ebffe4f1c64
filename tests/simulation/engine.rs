//! The engines that a schedule runs over: a request's body in, the answer's status and body out.

use std::fmt::Debug;
use std::sync::mpsc::{Sender, channel};

use dynoxide::Database;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A DynamoDB that answers at once, in whatever time its machine takes; virtual time stands still meanwhile.
pub trait Engine: Debug + Send + Sync {
    /// Carries out an operation such as `PutItem`.
    fn call(&self, operation: &str, body: &[u8]) -> (u16, Vec<u8>);
}

/// The engine of the local program, in memory, without its server.
#[derive(Clone)]
pub struct Embedded(Database);

impl Debug for Embedded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Embedded")
    }
}

impl Embedded {
    /// An empty one.
    pub fn new() -> Self {
        Self(Database::memory().expect("a database in memory"))
    }
}

impl Default for Embedded {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for Embedded {
    fn call(&self, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let Self(database) = self;
        match operation {
            "CreateTable" => answer(body, |request| database.create_table(request)),
            "UpdateTimeToLive" => answer(body, |request| database.update_time_to_live(request)),
            "PutItem" => answer(body, |request| database.put_item(request)),
            "GetItem" => answer(body, |request| database.get_item(request)),
            "UpdateItem" => answer(body, |request| database.update_item(request)),
            "DeleteItem" => answer(body, |request| database.delete_item(request)),
            "BatchGetItem" => answer(body, |request| database.batch_get_item(request)),
            "Query" => answer(body, |request| database.query(request)),
            "Scan" => answer(body, |request| database.scan(request)),
            "DeleteTable" => answer(body, |request| database.delete_table(request)),
            other => panic!("nothing simulates {other} yet"),
        }
    }
}

fn answer<Q, A>(body: &[u8], act: impl FnOnce(Q) -> dynoxide::Result<A>) -> (u16, Vec<u8>)
where
    Q: DeserializeOwned,
    A: Serialize,
{
    let request = serde_json::from_slice(body).expect("the SDK writes what the engine reads");
    match act(request) {
        Ok(answer) => (200, serde_json::to_vec(&answer).expect("an answer is plain data")),
        Err(error) => (error.status_code(), error.to_json().into_bytes()),
    }
}

/// Any other DynamoDB, over HTTP, such as Amazon's own DynamoDB Local.
#[derive(Clone, Debug)]
pub struct Remote(Sender<Call>);

type Call = (String, Vec<u8>, Sender<(u16, Vec<u8>)>);

impl Remote {
    /// Speaks to the DynamoDB at `endpoint`.
    pub fn new(endpoint: &str) -> Self {
        let (sender, calls) = channel::<Call>();
        let endpoint = endpoint.to_owned();
        // Its own thread and runtime: whoever calls waits without letting virtual time go on.
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let client = reqwest::Client::new();
            for (operation, body, answer) in calls {
                let request = client
                    .post(&endpoint)
                    .header("content-type", "application/x-amz-json-1.0")
                    .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
                    .header("authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
                    .body(body);
                let answered = runtime.block_on(async {
                    let response = request.send().await?;
                    let status = response.status().as_u16();
                    Ok::<_, reqwest::Error>((status, response.bytes().await?.to_vec()))
                });
                let _ = answer.send(answered.unwrap_or_else(|error| panic!("{endpoint}: {error}")));
            }
        });
        Self(sender)
    }
}

impl Engine for Remote {
    fn call(&self, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let (sender, answer) = channel();
        self.0.send((operation.to_owned(), body.to_vec(), sender)).expect("its thread runs");
        answer.recv().expect("the engine answers")
    }
}
