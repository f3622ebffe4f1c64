//! How much goes wrong in a schedule.

use std::time::Duration;

use super::chance::Chance;

/// How often what goes wrong, as shares of all calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Refused as too fast.
    pub throttled: f64,
    /// Lost on the way there.
    pub lost: f64,
    /// Carried out, but the answer is lost.
    pub unheard: f64,
    /// Carried out long after the caller gave up.
    pub belated: f64,
    /// Answered 500, carried out or not.
    pub broken: f64,
    /// Taking seconds.
    pub slow: f64,
    /// Batches of which a part is left over.
    pub unprocessed: f64,
    /// Write units a second that a partition key may take; 0 for no bound.
    pub units: f64,
}

impl Weather {
    /// Some weather: fine in a third of all schedules, bad in some.
    pub fn of(chance: &Chance) -> Self {
        let worst = *chance.one_of(&[0.0, 0.01, 0.04, 0.12]);
        let share = || chance.share(worst);
        Self {
            throttled: share(),
            lost: share(),
            unheard: share(),
            belated: share(),
            broken: share(),
            slow: share(),
            unprocessed: chance.share(0.5),
            units: *chance.one_of(&[0.0, 1_000.0, 5.0]),
        }
    }
}

/// How much longer than any call that is still under way.
pub const SETTLED: Duration = Duration::from_secs(120);
