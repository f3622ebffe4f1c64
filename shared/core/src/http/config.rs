//! Configuration: read from the environment once, when a process starts.

use chrono::{DateTime, Duration, Utc};

/// What a deployment sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `RECKON_TABLE`: the table's name.
    pub table: String,
    /// `RECKON_TABLE_ENDPOINT`: where DynamoDB answers, if not at AWS.
    pub endpoint: Option<String>,
    /// `RECKON_OPERATOR_KEY_SHA256`: the SHA-256, in hex, of the key that makes sites. Without one nobody can.
    pub operator_key_sha256: Option<String>,
    /// `RECKON_RETENTION_DAYS`: how long raw events are kept; for ever when absent or 0.
    pub retention_days: Option<u32>,
    /// `RECKON_STREAM_WINDOW_SECONDS`: how long the stream gathers before it triggers a recount; 10 by default.
    pub stream_window_seconds: u32,
}

/// Why the environment is no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable that must be set is not.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A variable that is no number.
    #[error("{0} is not a whole number of at most nine digits")]
    NoNumber(&'static str),
}

impl Config {
    /// Reads the variables named at each field through `read`.
    pub fn read(read: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = |name| read(name).filter(|value| !value.is_empty());
        let number = |name: &'static str| {
            text(name).map(|value| value.parse::<u32>().map_err(|_| ConfigError::NoNumber(name))).transpose()
        };
        Ok(Self {
            table: text("RECKON_TABLE").ok_or(ConfigError::Missing("RECKON_TABLE"))?,
            endpoint: text("RECKON_TABLE_ENDPOINT"),
            operator_key_sha256: text("RECKON_OPERATOR_KEY_SHA256").map(|hash| hash.to_ascii_lowercase()),
            retention_days: number("RECKON_RETENTION_DAYS")?.filter(|days| *days > 0),
            stream_window_seconds: number("RECKON_STREAM_WINDOW_SECONDS")?.unwrap_or(10),
        })
    }

    /// Before this time raw events expire; `None` where they are kept for ever.
    pub fn kept_from(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.retention_days.map(|days| now - Duration::days(days.into()))
    }

    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variables_are_absent_and_wrong_ones_are_named() {
        let read = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs.to_vec();
            Config::read(move |name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
        };
        let config = read(&[("RECKON_TABLE", "t"), ("RECKON_RETENTION_DAYS", "0")]).unwrap();
        assert_eq!((config.retention_days, config.stream_window_seconds), (None, 10));
        assert_eq!(read(&[("RECKON_TABLE", "")]), Err(ConfigError::Missing("RECKON_TABLE")));
        assert_eq!(
            read(&[("RECKON_TABLE", "t"), ("RECKON_RETENTION_DAYS", "a week")]),
            Err(ConfigError::NoNumber("RECKON_RETENTION_DAYS"))
        );
    }
}
