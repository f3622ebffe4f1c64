//! What an event costs with everything behind it, at a steady rate: its batch, every recount of its minute, its share
//! of the hour and of the day.

use chrono::{DateTime, Duration, Utc};
use reckon::engine::Engine;
use reckon_core::store::metered;

use super::bench::{Bench, Failure, event, ratio, rest, touches, units};

/// Units of an event, everything included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AllIncluded {
    pub(crate) write: f64,
    pub(crate) read: f64,
    /// How many recounts there are per event.
    pub(crate) runs: f64,
}

/// The hour that is measured.
const HOUR: &str = "2026-11-23T05:00:00Z";
/// How long the stream gathers, as by default.
const WINDOW: u32 = 10;

/// Events at `rate` a second in POSTs of `size`, for so many seconds, on `lanes` lanes.
#[expect(clippy::float_arithmetic, reason = "figures for people, not for reports")]
pub(crate) async fn all_included(
    engine: &Engine,
    (rate, size): (u32, u32),
    seconds: u32,
    lanes: u16,
) -> Result<AllIncluded, Failure> {
    let start: DateTime<Utc> = HOUR.parse()?;
    let bench = Bench::new(engine, &format!("rate-{rate}-{size}"), start).await?;
    bench.spread(lanes).await?;
    let (mut write, mut read, mut events, mut runs) = (0.0, 0.0, 0, 0.0);
    for window in 0..seconds / WINDOW {
        let minute = start + Duration::minutes(i64::from(window * WINDOW / 60));
        let first = window * WINDOW % 60 * rate;
        for post in 0..rate * WINDOW / size {
            let numbers = first + post * size..first + (post + 1) * size;
            let posted: Vec<_> = numbers.map(|number| event(number, minute, rate * 60)).collect();
            let second = (post + 1) * size / rate;
            bench.turn_to(start + Duration::seconds(i64::from(window * WINDOW + second)));
            write = rest(write, bench.post(&posted).await?, touches(&posted));
            events += size;
        }
        let (delivered, cost) = metered(Box::pin(bench.system.pump())).await;
        let (reads, writes) = units(cost)?;
        (read, write, runs) =
            (read + reads, write + writes, runs + f64::from(u32::try_from(delivered?.runs)?));
    }
    let all = f64::from(events);
    // Then the hour is closed, and the day, whose cost its events share.
    let (mut hour, mut day) = ((0.0, 0.0), (0.0, 0.0));
    for (after, cost) in [(70, &mut hour), (20 * 60, &mut day)] {
        bench.turn_to(start + Duration::minutes(after));
        let (sealed, consumed) = metered(Box::pin(bench.system.seal(std::time::Duration::MAX))).await;
        sealed?;
        *cost = units(consumed)?;
    }
    let (in_hour, in_day) = (f64::from(rate) * 3_600.0, f64::from(rate) * 86_400.0);
    Ok(AllIncluded {
        write: ratio(write, all) + ratio(hour.1, in_hour) + ratio(day.1, in_day),
        read: ratio(read, all) + ratio(hour.0, in_hour) + ratio(day.0, in_day),
        runs: ratio(runs, all),
    })
}
