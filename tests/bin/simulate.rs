//! `cargo run --profile simulation -p e2e --bin simulate`: runs many schedules of the simulation, or repeats one.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use e2e::simulation::{Embedded, Engine, Outcome, Remote, run};

/// Runs schedules of faults over the whole system, each from its seed, and says which of them went wrong.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many schedules.
    #[arg(long, default_value_t = 10_000)]
    schedules: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many run at once; as many as there are processors by default.
    #[arg(long)]
    threads: Option<usize>,
    /// Another DynamoDB to run over, such as http://127.0.0.1:8000, instead of the embedded one.
    #[arg(long)]
    endpoint: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let threads =
        arguments.threads.or(std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let end = arguments.seed + arguments.schedules;
    let (next, wrong) = (AtomicU64::new(arguments.seed), AtomicU64::new(0));
    let [events, calls, past] = [const { AtomicU64::new(0) }; 3];
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let outcome = run(seed, engine(arguments.endpoint.as_deref()));
                    events.fetch_add(outcome.events.try_into().unwrap_or(0), Ordering::Relaxed);
                    calls.fetch_add(outcome.calls, Ordering::Relaxed);
                    past.fetch_add(outcome.past.try_into().unwrap_or(0), Ordering::Relaxed);
                    if !outcome.wrong.is_empty() {
                        wrong.fetch_add(1, Ordering::Relaxed);
                        tell(seed, &outcome);
                    }
                    let done = seed + 1 - arguments.seed;
                    if done.is_multiple_of(500) {
                        println!("{done} schedules, {} wrong", wrong.load(Ordering::Relaxed));
                    }
                }
            });
        }
    });
    let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
    println!(
        "{} schedules, {} events, {} calls to DynamoDB, {} days of the past, {} schedules wrong, in {} s",
        arguments.schedules,
        load(&events),
        load(&calls),
        load(&past),
        load(&wrong),
        begun.elapsed().as_secs()
    );
    if load(&wrong) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn engine(endpoint: Option<&str>) -> Arc<dyn Engine> {
    match endpoint {
        Some(endpoint) => Arc::new(Remote::new(endpoint)),
        None => Arc::new(Embedded::new()),
    }
}

fn tell(seed: u64, outcome: &Outcome) {
    println!("seed {seed} goes wrong; repeat it with");
    println!("  cargo run --profile simulation -p e2e --bin simulate -- --seed {seed} --schedules 1");
    for wrong in &outcome.wrong {
        println!("  {wrong}");
    }
}
