//! Asking a deployment to hold a stretch of the list against what it counts.

use chrono_tz::Tz;
use reckon_core::domain::decimal::Money;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::stretches::Stretch;
use super::table::{By, Table};
use crate::import::{Patience, SendError, Sender};

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
    sender: Sender,
    url: String,
}

/// The most entries of each part; a list has no more rows.
const MOST_LISTED: u32 = 10_000;
/// What is wrong with a question that two with fewer days each would not be.
const TOO_MUCH: [&str; 2] = ["too_much", "too_long"];

impl Asker {
    pub(super) fn new(url: &str, key: String) -> Self {
        Self { sender: Sender::new(url, key, Patience::default()), url: url.to_owned() }
    }

    /// The time zone of the key's site.
    pub(super) async fn time_zone(&self) -> Result<Tz, AskError> {
        #[derive(Deserialize)]
        struct Status {
            time_zone: Tz,
        }
        let Status { time_zone } = self.answer(Method::GET, "/v1/status", None).await?;
        Ok(time_zone)
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
        self.answer(Method::POST, "/v1/reconcile", Some(&body)).await
    }

    /// Sends a question until it is answered.
    async fn answer<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, AskError> {
        let (status, body) = self.sender.ask(method, path, body).await?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|_| AskError::Strange(self.url.clone()));
        }
        let Problem { detail, errors } = serde_json::from_slice(&body).unwrap_or_default();
        if errors.iter().any(|fault| TOO_MUCH.contains(&fault.code.as_str())) {
            return Err(AskError::TooMuch(detail));
        }
        Err(AskError::Refused { status: status.as_u16(), detail })
    }
}

impl From<SendError> for AskError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Unreachable { url, source } | SendError::Silent { url, source } => {
                Self::Unreachable { url, source }
            }
            SendError::Key(detail) => Self::Key(detail),
            SendError::Failing { status, detail } => Self::Failing { status, detail },
            SendError::Refused { status, detail } => Self::Refused { status, detail },
        }
    }
}
