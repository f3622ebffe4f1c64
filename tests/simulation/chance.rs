//! Chance that a seed repeats.

use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One source of chance, shared by all that happens in a schedule.
#[derive(Clone, Debug)]
pub struct Chance(Arc<Mutex<fastrand::Rng>>);

impl Chance {
    /// The chance of a seed.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    /// A whole number of a range.
    pub fn number(&self, range: RangeInclusive<u64>) -> u64 {
        self.0.lock().unwrap().u64(range)
    }

    /// True in a share of all cases, 0 to 1.
    pub fn happens(&self, share: f64) -> bool {
        self.0.lock().unwrap().f64() < share
    }

    /// A share up to `most`.
    pub fn share(&self, most: f64) -> f64 {
        self.0.lock().unwrap().f64() * most
    }

    /// One of several.
    pub fn one_of<'a, T>(&self, all: &'a [T]) -> &'a T {
        &all[self.0.lock().unwrap().usize(0..all.len())]
    }

    /// A time of so many milliseconds.
    pub fn millis(&self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.number(range))
    }

    /// A time of so many seconds.
    pub fn seconds(&self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.number(range))
    }
}
