//! Schedules of faults over the whole system, each from its seed. The program `simulate` runs many more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use e2e::simulation::{Embedded, Engine, Remote, run};

use crate::support::second_engine;

/// How many schedules the ordinary tests run; over a second engine, which is slower, the first few of them.
const SCHEDULES: u64 = 200;
const OVER_SECOND: u64 = 10;

fn engine() -> Arc<dyn Engine> {
    match second_engine() {
        Some(endpoint) => Arc::new(Remote::new(&endpoint)),
        None => Arc::new(Embedded::new()),
    }
}

#[test]
fn whatever_goes_wrong_the_figures_are_right() {
    let schedules = if second_engine().is_some() { OVER_SECOND } else { SCHEDULES };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let [next, events, past] = [const { AtomicU64::new(0) }; 3];
    let failed = std::thread::scope(|scope| {
        let work = || {
            let mut failed = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= schedules || failed.len() > 2 {
                    return failed;
                }
                let outcome = run(seed, engine());
                events.fetch_add(outcome.events.try_into().unwrap(), Ordering::Relaxed);
                past.fetch_add(outcome.past.try_into().unwrap(), Ordering::Relaxed);
                if !outcome.wrong.is_empty() {
                    let repeat = format!("cargo run -p e2e --bin simulate -- --seed {seed} --schedules 1");
                    failed.push(format!("{repeat}\n  {}", outcome.wrong.join("\n  ")));
                }
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let events = events.into_inner();
    assert!(events > schedules * 10, "{events} events are too few to say anything");
    let past = past.into_inner();
    assert!(past >= schedules / 4, "{past} days of the past are too few to say anything");
}

#[test]
fn a_seed_repeats_its_schedule_call_for_call() {
    let [first, second, other] = [7, 7, 8].map(|seed| run(seed, Arc::new(Embedded::new())));
    assert_eq!((first.trace, first.calls), (second.trace, second.calls));
    assert_ne!(first.trace, other.trace);
}
