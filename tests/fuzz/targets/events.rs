//! The body of `POST /v1/events`. The first byte chooses the trust and the zone.

#![no_main]

use fuzz::{now, site, zone};
use libfuzzer_sys::fuzz_target;
use reckon_core::domain::event::{Event, Trust};
use reckon_core::http::ProblemKind;
use reckon_core::store::{cut, pack, unpack};
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let site = site(zone(first >> 1));
    let trust = if first & 1 == 0 { Trust::Secret } else { Trust::Public };
    match collect::rehearse(body, &site, trust, now()) {
        Ok(read) => {
            let settled = read.events.len() + read.duplicates + read.faults.len();
            if let Some(sent) = sent(body) {
                assert_eq!(settled, sent, "accepted, duplicates and rejected are all that was sent");
            }
            for event in &read.events {
                let ahead = event.sent.at - now().timestamp_millis();
                assert!(ahead <= 3_600_000, "{ahead} ms ahead of the clock");
                assert!(event.sent.value.is_none_or(|value| !value.is_negative()));
            }
            assert_eq!(unpack(&pack(&read.events)).as_ref().map(Vec::len), Ok(read.events.len()));
            for event in &read.events {
                let one = std::slice::from_ref(event);
                assert_eq!(unpack(&pack(one)).as_deref(), Ok(one));
            }
            let sum =
                |events: Vec<Event>| cut(events, trust, &site).iter().map(|batch| batch.n).sum::<usize>();
            assert_eq!(sum(read.events.clone()), read.events.len());
        }
        Err(problem) => {
            assert!(!matches!(problem.kind(), ProblemKind::Internal | ProblemKind::Unavailable), "{problem}");
        }
    }
});

/// How many events a body sends, read in another way; nothing where that reading refuses the body.
fn sent(body: &[u8]) -> Option<usize> {
    match serde_json::from_slice(body).ok()? {
        Value::Array(events) => Some(events.len()),
        Value::Object(fields) => match fields.get("events") {
            Some(Value::Array(events)) if fields.len() == 1 => Some(events.len()),
            _ => Some(1),
        },
        _ => None,
    }
}
