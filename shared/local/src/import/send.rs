//! Sending: some requests at once, each again and again until it is answered, within bounds.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use indicatif::ProgressBar;
use reckon_core::http::LARGEST_BODY;
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
    /// How long an answer may take. A gateway gives up after half a minute; a busy machine of one's own may need longer.
    pub answer: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            tries: 8,
            first: Duration::from_millis(250),
            longest: Duration::from_secs(20),
            answer: Duration::from_mins(2),
        }
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
        let (batches, too_large) = batches(rows, batch);
        let too_large = too_large.into_iter().map(|row| {
            let reason = format!("it is larger than a request may be, which is {LARGEST_BODY} bytes");
            (row.line.clone(), reason)
        });
        let mut all = Sent { rejected: too_large.collect(), ..Sent::default() };
        bar.inc(all.rejected.len().try_into().unwrap_or(0));
        let requests = batches.into_iter().map(|rows| async move { (rows.len(), send(rows).await) });
        let mut answers = stream::iter(requests.collect::<Vec<_>>()).buffer_unordered(AT_ONCE);
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
    pub(crate) async fn ask(
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
            // What it was sent has an id, or replaces what it said before: it may be sent again.
            let (status, asked, body) = match self.answer(request).await {
                Ok(answer) => answer,
                Err(source) if tries >= self.patience.tries => {
                    return Err(SendError::Unreachable { url: self.url.clone(), source });
                }
                Err(_) => {
                    tokio::time::sleep(self.wait(tries, None)).await;
                    continue;
                }
            };
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

    /// A whole answer: its status, how long it asks to wait, its body.
    async fn answer(
        &self,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Option<Duration>, Vec<u8>), reqwest::Error> {
        let response = request.timeout(self.patience.answer).send().await?;
        let (status, asked) = (response.status(), retry_after(&response));
        Ok((status, asked, response.bytes().await?.to_vec()))
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
            let Ok((_, _, body)) = self.answer(request).await else { return false };
            let Ok(status) = serde_json::from_slice::<Value>(&body) else { return false };
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

/// The rows of each request, at most `most` and as many as a body holds; and those that no body holds.
fn batches(rows: &[Row], most: usize) -> (Vec<&[Row]>, Vec<&Row>) {
    let part = |from: usize, to: usize| rows.get(from..to).unwrap_or_default();
    let (mut batches, mut too_large) = (Vec::new(), Vec::new());
    // A body begins and ends with a bracket, and a comma stands behind each event.
    let (mut from, mut bytes) = (0, 2);
    for (place, row) in rows.iter().enumerate() {
        let size = row.json().to_string().len() + 1;
        let alone = 2 + size > LARGEST_BODY;
        if alone || place - from >= most || bytes + size > LARGEST_BODY {
            batches.push(part(from, place));
            (from, bytes) = (place, 2);
        }
        if alone {
            too_large.push(row);
            from = place + 1;
        } else {
            bytes += size;
        }
    }
    batches.push(part(from, rows.len()));
    batches.retain(|rows| !rows.is_empty());
    (batches, too_large)
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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use serde_json::Map;

    use super::*;

    fn row(number: u64, size: usize) -> Row {
        let fields = Map::from_iter([("name".to_owned(), Value::String("n".repeat(size)))]);
        Row::named(number, 0, format!("e{number}"), fields)
    }

    #[test]
    fn each_request_fits_and_no_row_is_lost() {
        let sizes = [10, 400_000, 500_000, 300_000, 2_000_000, 10, 10, 10, 10, 1_000_000];
        let rows: Vec<Row> = (0..).zip(sizes).map(|(number, size)| row(number, size)).collect();
        let (requests, too_large) = batches(&rows, 3);
        let numbers = |rows: &[Row]| rows.iter().map(|row| row.line.number).collect::<Vec<_>>();
        assert_eq!(
            requests.iter().map(|rows| numbers(rows)).collect::<Vec<_>>(),
            [vec![0, 1, 2], vec![3], vec![5, 6, 7], vec![8]]
        );
        assert_eq!(too_large.iter().map(|row| row.line.number).collect::<Vec<_>>(), [4, 9]);
        assert!(requests.iter().all(|rows| body(rows).to_string().len() <= LARGEST_BODY));
    }

    /// Answers each connection with its text, and then closes it; with none, it says nothing and keeps it.
    fn listening(answers: &'static [&'static str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for answer in answers {
                let (mut connection, _) = listener.accept().unwrap();
                assert!(connection.read(&mut [0; 4_096]).unwrap() > 0);
                connection.write_all(answer.as_bytes()).unwrap();
                if answer.is_empty() {
                    kept.push(connection);
                }
            }
            // Until whoever waits for one gives up.
            for mut connection in kept {
                let _ = connection.read(&mut [0; 4_096]);
            }
        });
        format!("http://{address}")
    }

    const CUT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{";
    const WHOLE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

    #[tokio::test]
    async fn silence_and_an_answer_that_breaks_off_are_asked_again() {
        let url = listening(&["", CUT, WHOLE]);
        let patience = Patience {
            first: Duration::from_millis(1),
            answer: Duration::from_millis(300),
            ..Patience::default()
        };
        let sender = Sender::new(&url, "key".to_owned(), patience);
        let (status, body) = sender.ask(Method::GET, "/v1/status", None).await.unwrap();
        assert_eq!((status, body), (StatusCode::OK, b"{}".to_vec()));
        let url = listening(&["", ""]);
        let sender = Sender::new(&url, "key".to_owned(), Patience { tries: 2, ..patience });
        assert!(matches!(
            sender.ask(Method::GET, "/v1/status", None).await,
            Err(SendError::Unreachable { source, .. }) if source.is_timeout()
        ));
    }
}
