//! What recounting one lane of one busy minute takes: memory and time, in a process of its own.

use std::hint::black_box;
use std::io::{Write, stdout};
use std::process::Command;
use std::time::Instant;

use chrono::{DateTime, Utc};
use collect::rehearse;
use reckon_core::domain::event::Trust;
use reckon_core::domain::rollup::{FOLD_VERSION, Received, Stamp, Version, of_events, union};
use reckon_core::store::{pack, unpack};

use super::bench::{Failure, event, site};

/// Runs this program again to recount a minute of so many events; answers megabytes and milliseconds.
pub(crate) fn of_minute(events: u32) -> Result<String, Failure> {
    let program = std::env::current_exe()?;
    let output = Command::new(program).args(["--recount", &events.to_string()]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Recounts a minute of so many events, in batches of 100 as they are stored, and says what that took.
pub(crate) fn recount(events: u32) -> Result<(), Failure> {
    let (site, minute): (_, DateTime<Utc>) = (site()?, super::NOW.parse()?);
    let mut batches = Vec::new();
    for first in (0..events).step_by(100) {
        let posted: Vec<_> = (first..first + 100).map(|number| event(number, minute, events)).collect();
        let read = rehearse(&serde_json::to_vec(&posted)?, &site, Trust::Secret, minute);
        batches.push(pack(&read.map_err(|problem| problem.to_string())?.events));
    }
    // The most memory so far is forgotten, so that what is read afterwards is the recount's own.
    std::fs::write("/proc/self/clear_refs", "5")?;
    let (before, begun) = (peak()?, Instant::now());
    let mut versions = Vec::new();
    for batch in &batches {
        let received = Received { trust: Trust::Secret, at: minute.timestamp_millis() };
        versions.extend(unpack(batch)?.into_iter().map(|event| Version { event, received }));
    }
    let n = u64::try_from(versions.len())?;
    black_box(of_events(union(versions), n, Stamp { generation: 0, fold: FOLD_VERSION }));
    let took = begun.elapsed();
    writeln!(stdout(), "{} MB, {} ms", (peak()? - before).div_ceil(1_000), took.as_millis())?;
    Ok(())
}

/// The most memory that this process had, in thousands of bytes.
fn peak() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024 / 1_000)
}
