//! Sending: some requests at once, each again and again until it is answered, within bounds.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use indicatif::ProgressBar;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::row::{Line, Row};

/// Why events were not taken. Those before are stored; the same command sends the rest.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Nobody answers there.
    #[error("{url} does not answer; is it running? What was sent is stored, the same command goes on")]
    Unreachable {
        /// Where.
        url: String,
        /// What the connection said.
        source: reqwest::Error,
    },
    /// Nobody answers there, and nothing was sent.
    #[error("{url} does not answer; is it running?")]
    Silent {
        /// Where.
        url: String,
        /// What the connection said.
        source: reqwest::Error,
    },
    /// The key is no write key of that deployment.
    #[error(
        "the key is refused: {0} An import needs a write key of the site, which --key or RECKON_WRITE_KEY tells"
    )]
    Key(String),
    /// It answers that it cannot, again and again.
    #[error("the deployment answers {status} again and again: {detail}; the same command goes on later")]
    Failing {
        /// The status.
        status: u16,
        /// Its sentence.
        detail: String,
    },
    /// It refuses a whole request.
    #[error("the deployment refuses the request with {status}: {detail}")]
    Refused {
        /// The status.
        status: u16,
        /// Its sentence.
        detail: String,
    },
}

/// How often a request is tried, and how long the waits between are.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often, at most.
    pub tries: u32,
    /// The first wait; each further one is twice as long.
    pub first: Duration,
    /// The longest wait, also where the deployment asks for a longer one.
    pub longest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 8, first: Duration::from_millis(250), longest: Duration::from_secs(20) }
    }
}

/// How many requests are under way at once.
const AT_ONCE: usize = 4;
/// How long to wait for the reports.
const REPORTS_WITHIN: Duration = Duration::from_mins(10);

/// Sends events to one deployment.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    url: String,
    key: String,
    patience: Patience,
}

/// What became of the events that were sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// How many are stored now.
    pub accepted: u64,
    /// Which were refused, and why.
    pub rejected: Vec<(Line, String)>,
    /// How many say again what another of their request says.
    pub repeated: u64,
}

#[derive(Deserialize)]
struct Answer {
    accepted: u64,
    #[serde(default)]
    duplicates_in_request: u64,
    rejected: Vec<Fault>,
}

/// What would become of the events of a request.
#[derive(Deserialize)]
struct Preview {
    events: Vec<Previewed>,
}

#[derive(Deserialize)]
struct Previewed {
    index: usize,
    errors: Vec<Fault>,
}

/// One thing that is wrong with a request, as the deployment tells it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Fault {
    /// A JSON pointer into the body.
    pub(super) pointer: String,
    /// A sentence.
    pub(super) detail: String,
}

/// Why a request is refused, as the deployment tells it.
#[derive(Debug, Deserialize, Default)]
pub(super) struct Problem {
    #[serde(default)]
    pub(super) detail: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    pub(super) errors: Vec<Fault>,
}

/// A key as it can be sent. An error says what is wrong with it, without telling it.
pub(crate) fn checked_key(key: String) -> Result<String, String> {
    if key.contains(['\n', '\r']) {
        return Err(
            "the key has a line break in it; pass it without, as it stands on its one line".to_owned()
        );
    }
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the key is no key: it has blanks or strange letters in it, or is empty".to_owned());
    }
    Ok(key)
}

impl SendError {
    /// The same, where nothing was sent before.
    pub(super) fn of_a_question(self) -> Self {
        match self {
            Self::Unreachable { url, source } => Self::Silent { url, source },
            other => other,
        }
    }
}

impl Sender {
    /// A sender to the deployment at `url`.
    pub fn new(url: &str, key: String, patience: Patience) -> Self {
        Self { client: Client::new(), url: url.trim_end_matches('/').to_owned(), key, patience }
    }

    /// Sends all rows, `batch` at a time. A `rehearsal` asks what would be accepted of each request, and stores nothing.
    pub async fn send_all(
        &self,
        rows: &[Row],
        batch: usize,
        rehearsal: bool,
        bar: &ProgressBar,
    ) -> Result<Sent, SendError> {
        let send = async |rows| if rehearsal { self.rehearse(rows).await } else { self.send(rows).await };
        let requests = rows.chunks(batch).map(|rows| async move { (rows.len(), send(rows).await) });
        let mut answers = stream::iter(requests.collect::<Vec<_>>()).buffer_unordered(AT_ONCE);
        let mut all = Sent::default();
        while let Some((sent, answer)) = answers.next().await {
            let answer = answer?;
            all.accepted += answer.accepted;
            all.rejected.extend(answer.rejected);
            all.repeated += answer.repeated;
            bar.inc(sent.try_into().unwrap_or(0));
        }
        Ok(all)
    }

    /// Asks what would become of events, and stores none.
    async fn rehearse(&self, rows: &[Row]) -> Result<Sent, SendError> {
        let asked = self.ask(Method::POST, "/v1/events?validate_only=true", Some(&body(rows))).await;
        let (status, body) = asked.map_err(SendError::of_a_question)?;
        if status != StatusCode::OK {
            let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
            return Err(SendError::Refused { status: status.as_u16(), detail: problem.detail });
        }
        let Preview { events } = understood(status, &body)?;
        let mut sent = Sent::default();
        for Previewed { index, errors } in events {
            let details: Vec<String> = errors.into_iter().map(|fault| fault.detail).collect();
            match rows.get(index) {
                Some(row) if !details.is_empty() => {
                    sent.rejected.push((row.line.clone(), details.join("; ")));
                }
                _ => sent.accepted += 1,
            }
        }
        Ok(sent)
    }

    /// Sends events until they are answered for.
    async fn send(&self, rows: &[Row]) -> Result<Sent, SendError> {
        let rejected =
            |faults: Vec<Fault>| faults.into_iter().filter_map(|fault| located(&fault, rows)).collect();
        let (status, body) = self.ask(Method::POST, "/v1/events", Some(&body(rows))).await?;
        if status == StatusCode::ACCEPTED {
            let answer: Answer = understood(status, &body)?;
            return Ok(Sent {
                accepted: answer.accepted,
                rejected: rejected(answer.rejected),
                repeated: answer.duplicates_in_request,
            });
        }
        let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
        if problem.code == "invalid_events" && !problem.errors.is_empty() {
            return Ok(Sent { rejected: rejected(problem.errors), ..Sent::default() });
        }
        Err(SendError::Refused { status: status.as_u16(), detail: problem.detail })
    }

    /// Sends one request until it is answered for. What is answered may be a problem, but not one of the key, and none
    /// that another try might cure.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Vec<u8>), SendError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let request = self.client.request(method.clone(), format!("{}{path}", self.url));
            let request = request.bearer_auth(&self.key);
            let request = body.into_iter().fold(request, RequestBuilder::json);
            let response = match request.send().await {
                Ok(response) => response,
                Err(source) if tries >= self.patience.tries => {
                    return Err(SendError::Unreachable { url: self.url.clone(), source });
                }
                Err(_) => {
                    tokio::time::sleep(self.wait(tries, None)).await;
                    continue;
                }
            };
            let (status, asked) = (response.status(), retry_after(&response));
            let unclear = |source| SendError::Unreachable { url: self.url.clone(), source };
            let body = response.bytes().await.map_err(unclear)?.to_vec();
            let detail = || serde_json::from_slice::<Problem>(&body).unwrap_or_default().detail;
            match status.as_u16() {
                401 | 403 => return Err(SendError::Key(detail())),
                status @ (429 | 500..) if tries >= self.patience.tries => {
                    return Err(SendError::Failing { status, detail: detail() });
                }
                429 | 500.. => tokio::time::sleep(self.wait(tries, asked)).await,
                _ => return Ok((status, body)),
            }
        }
    }

    fn wait(&self, tries: u32, asked: Option<Duration>) -> Duration {
        let doubled = self.patience.first.saturating_mul(1 << tries.saturating_sub(1).min(16));
        asked.unwrap_or(doubled).min(self.patience.longest)
    }

    /// Waits until nothing that came late is outstanding, and shows how much is; false where that cannot be told, or takes
    /// too long.
    pub async fn wait_until_counted(&self, bar: &ProgressBar) -> bool {
        let begun = std::time::Instant::now();
        while begun.elapsed() < REPORTS_WITHIN {
            let request = self.client.get(format!("{}/v1/status", self.url)).bearer_auth(&self.key);
            let Ok(response) = request.send().await else { return false };
            let Ok(status) = response.json::<Value>().await else { return false };
            match status.pointer("/late_markers/count").and_then(Value::as_u64) {
                Some(0) => return true,
                Some(left) => {
                    bar.set_message(format!("{left} minutes with new events are still to be counted"));
                    bar.tick();
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                None => return false,
            }
        }
        false
    }
}

/// The body of a request that tells events.
fn body(rows: &[Row]) -> Value {
    rows.iter().map(Row::json).collect()
}

/// An answer that a deployment of this version gives.
pub(super) fn understood<T: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<T, SendError> {
    serde_json::from_slice(body).map_err(|_| {
        let detail = "its answer is not understood; is it Reckon, of this version?".to_owned();
        SendError::Refused { status: status.as_u16(), detail }
    })
}

/// How long the deployment asks to wait.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The line of a fault, from the place of its event in the request.
fn located(fault: &Fault, rows: &[Row]) -> Option<(Line, String)> {
    let index: usize = fault.pointer.split('/').nth(1)?.parse().ok()?;
    Some((rows.get(index)?.line.clone(), fault.detail.clone()))
}
