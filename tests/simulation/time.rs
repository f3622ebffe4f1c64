//! Virtual time: it passes only while everybody waits, and every process has its own idea of it.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};
use reckon_core::http::Clock;
use tokio::time::Instant;

/// How wrong a process's clock may be.
pub const SKEW: Duration = Duration::seconds(3);

/// The time of a schedule, and the clocks of its processes.
#[derive(Clone, Debug)]
pub struct Time {
    start: Instant,
    base: DateTime<Utc>,
    clocks: Arc<Mutex<Vec<(Clock, Duration)>>>,
}

impl Time {
    /// Time that begins now, at `base`.
    pub fn starting_at(base: DateTime<Utc>) -> Self {
        Self { start: Instant::now(), base, clocks: Arc::default() }
    }

    /// What time it really is.
    pub fn now(&self) -> DateTime<Utc> {
        self.base + Duration::from_std(self.start.elapsed()).unwrap_or_default()
    }

    /// A process's clock that is wrong by `skew`.
    pub fn clock(&self, skew: Duration) -> Clock {
        let clock = Clock::set_to(self.now() + skew);
        self.clocks.lock().unwrap().push((clock.clone(), skew));
        clock
    }

    /// Tells all clocks what time it is.
    pub fn tell(&self) {
        let now = self.now();
        for (clock, skew) in self.clocks.lock().unwrap().iter() {
            clock.turn_to(now + *skew);
        }
    }

    /// Waits until a time; one that is over at once.
    pub async fn until(&self, time: DateTime<Utc>) {
        tokio::time::sleep((time - self.now()).to_std().unwrap_or_default()).await;
        self.tell();
    }

    /// Waits for some time.
    pub async fn pass(&self, time: std::time::Duration) {
        tokio::time::sleep(time).await;
        self.tell();
    }
}
