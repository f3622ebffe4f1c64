//! Asking a deployment to hold a stretch of the list against what it counts.

use std::time::Duration;

use chrono_tz::Tz;
use reckon_core::domain::decimal::Money;
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::stretches::Stretch;
use super::table::{By, Table};
use crate::import::Patience;

/// Why a deployment did not tell.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody answers there.
    #[error("{url} does not answer; is it running?")]
    Unreachable {
        /// Where.
        url: String,
        /// What the connection said.
        source: reqwest::Error,
    },
    /// The key opens nothing, or not this.
    #[error("the key is refused: {0}")]
    Key(String),
    /// The days are too many for one question.
    #[error("the deployment cannot read that many events at once: {0}")]
    TooMuch(String),
    /// It answers that it cannot, again and again.
    #[error("the deployment answers {status} again and again: {detail}; try again later")]
    Failing {
        /// The status.
        status: u16,
        /// Its sentence.
        detail: String,
    },
    /// It refuses the question.
    #[error("the deployment refuses the question with {status}: {detail}")]
    Refused {
        /// The status.
        status: u16,
        /// Its sentence.
        detail: String,
    },
    /// Its answer cannot be read.
    #[error("the answer of {0} is none of a deployment's; does the address lead to one of this version?")]
    Strange(String),
}

/// What a deployment answers.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Answer {
    pub(super) currency: String,
    pub(super) matched: Matched,
    pub(super) missing: Listing,
    pub(super) withdrawn: Listing,
    pub(super) robot: Listing,
    pub(super) rejected: Listing,
    pub(super) outside: Listing,
    pub(super) expired: Listing,
    pub(super) duplicate_in_list: Listing,
    pub(super) duplicate_in_reckon: Listing,
    pub(super) value_differs: Listing,
    pub(super) extra: Listing,
    pub(super) sums: Sums,
    pub(super) hint: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Matched {
    pub(super) count: u64,
    pub(super) value: Money,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Listing {
    pub(super) count: u64,
    pub(super) list: Vec<Entry>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    pub(super) row: Option<usize>,
    pub(super) order: Option<String>,
    pub(super) id: Option<String>,
    pub(super) value: Option<Money>,
    pub(super) counted: Option<Money>,
    pub(super) refunded: Option<Money>,
    pub(super) explained_by: Option<String>,
    pub(super) occurred_at: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sums {
    pub(super) list: Money,
    pub(super) counted: Money,
    pub(super) explained: std::collections::BTreeMap<String, Money>,
}

#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    detail: String,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    code: String,
}

/// Asks one deployment.
pub(super) struct Asker {
    client: Client,
    url: String,
    key: String,
    patience: Patience,
}

/// The most entries of each part; a list has no more rows.
const MOST_LISTED: u32 = 10_000;

impl Asker {
    pub(super) fn new(url: &str, key: String, patience: Patience) -> Self {
        Self { client: Client::new(), url: url.trim_end_matches('/').to_owned(), key, patience }
    }

    /// The time zone of the key's site.
    pub(super) async fn time_zone(&self) -> Result<Tz, AskError> {
        #[derive(Deserialize)]
        struct Report {
            time_zone: String,
        }
        let url = format!("{}/v1/reports/summary", self.url);
        let response = self.patiently(|| self.client.get(&url)).await?;
        let report: Report = response.json().await.map_err(|_| AskError::Strange(self.url.clone()))?;
        report.time_zone.parse().map_err(|_| AskError::Strange(self.url.clone()))
    }

    /// Holds a stretch of the list against what is counted of its days.
    pub(super) async fn ask(&self, table: &Table, stretch: &Stretch, kind: &str) -> Result<Answer, AskError> {
        let (by, name) = match table.by {
            By::Order => ("order", "order"),
            By::Event => ("event", "id"),
        };
        let rows: Vec<Value> = stretch
            .rows
            .iter()
            .filter_map(|row| table.rows.get(*row))
            .map(|row| {
                let value = row.value.map(Money::text);
                json!({name: row.key, "value": value, "occurred_at": row.at.map(|at| at.to_rfc3339())})
            })
            .collect();
        let part = stretch.part.map(|(number, of)| json!({"number": number, "of": of}));
        let body = json!({"from": stretch.from, "to": stretch.to, "by": by, "kind": kind, "part": part,
                          "limit": MOST_LISTED, "rows": rows});
        let url = format!("{}/v1/reconcile", self.url);
        let response = self.patiently(|| self.client.post(&url).json(&body)).await?;
        response.json().await.map_err(|_| AskError::Strange(self.url.clone()))
    }

    /// Sends a request until it is answered.
    async fn patiently(&self, request: impl Fn() -> RequestBuilder) -> Result<Response, AskError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let response = match request().bearer_auth(&self.key).send().await {
                Ok(response) => response,
                Err(source) if tries >= self.patience.tries => {
                    return Err(AskError::Unreachable { url: self.url.clone(), source });
                }
                Err(_) => {
                    tokio::time::sleep(self.wait(tries)).await;
                    continue;
                }
            };
            let status = response.status().as_u16();
            if status == 200 {
                return Ok(response);
            }
            let problem: Problem = response.json().await.unwrap_or_default();
            let detail = problem.detail;
            match status {
                401 | 403 => return Err(AskError::Key(detail)),
                422 if problem.errors.iter().any(|fault| fault.code == "too_much") => {
                    return Err(AskError::TooMuch(detail));
                }
                429 | 500.. if tries >= self.patience.tries => {
                    return Err(AskError::Failing { status, detail });
                }
                429 | 500.. => tokio::time::sleep(self.wait(tries)).await,
                _ => return Err(AskError::Refused { status, detail }),
            }
        }
    }

    fn wait(&self, tries: u32) -> Duration {
        let doubled = self.patience.first.saturating_mul(1 << tries.saturating_sub(1).min(16));
        doubled.min(self.patience.longest)
    }
}
