//! What was read lately and seldom changes, kept in a process for a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Duration, Utc};

use crate::guard::{Guard, stands};

/// Values seen lately, by name. A change elsewhere shows once the value is forgotten here.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Mutex<HashMap<String, (T, DateTime<Utc>)>>);

/// How long a value is remembered, by the wall clock, since a frozen Lambda process has no other.
const REMEMBERED: Duration = Duration::seconds(60);
/// How many values are remembered.
const MOST_REMEMBERED: usize = 1_000;

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Remembered<T> {
    pub(crate) fn get(&self, name: &str, now: DateTime<Utc>) -> Option<T> {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, since) = values.get(name)?;
        let fresh = (*since..=*since + REMEMBERED).contains(&now) || !stands(Guard::KeyForgotten);
        fresh.then(|| value.clone())
    }

    pub(crate) fn put(&self, name: &str, value: &T, now: DateTime<Utc>) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= MOST_REMEMBERED {
            values.clear();
        }
        values.insert(name.to_owned(), (value.clone(), now));
    }

    /// Forgets everything, so that a change shows at once in this process.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
