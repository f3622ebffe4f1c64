//! What the route makes of a body, without the table: for the benchmark and the fuzzer.

use chrono::{DateTime, Utc};
use reckon_core::domain::event::{Event, Trust};
use reckon_core::domain::origin::derive;
use reckon_core::domain::site::Site;
use reckon_core::http::{Fault, Problem};

use crate::accept::{distinct, read_all};
use crate::event::{Read, Reader};
use crate::time::Window;

/// What a body would become.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    /// The events that would be stored, one per id and minute.
    pub events: Vec<Event>,
    /// How many more were replaced by one of the same id and minute.
    pub duplicates: usize,
    /// Why the others would be rejected.
    pub faults: Vec<Fault>,
}

/// Reads and validates a body as the route does; no visitor has a touch, and ids without a time happen now.
pub fn rehearse(body: &[u8], site: &Site, trust: Trust, now: DateTime<Utc>) -> Result<Rehearsed, Problem> {
    let reader = Reader { site, trust, now, window: Window::new(now, trust, None) };
    let (accepted, faults) = read_all(&reader, body)?;
    let read = accepted.len();
    let derived = |Read { sent, user_agent, .. }: Read| {
        let derived = derive(&sent, user_agent.as_deref(), None, site);
        Event { sent, derived }
    };
    let distinct = distinct(accepted.into_iter().map(|(_, read)| read).collect());
    let events: Vec<Event> = distinct.into_iter().map(derived).collect();
    Ok(Rehearsed {
        duplicates: read - events.len(),
        events,
        faults: faults.into_iter().map(|(_, fault)| fault).collect(),
    })
}
