//! What every batch promises: it comes back whole, it stays small, and no bytes can hurt its reader.

use proptest::prelude::*;

use super::samples::{benchmark, events};
use super::{pack, unpack};
use crate::domain::event::Event;

/// What DynamoDB counts for a batch's item besides the packed bytes: names, keys, hash, and the other attributes.
const OVERHEAD: usize = 190;

fn sorted(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by_key(|event| (event.sent.at, event.sent.id.clone(), postcard::to_stdvec(event).unwrap()));
    events
}

#[test]
fn a_batch_of_the_benchmark_takes_its_share_of_write_units() {
    for (count, kilobytes) in [(1, 1), (25, 1), (100, 3), (500, 10)] {
        let size = |per_visitor, seed| OVERHEAD + pack(&benchmark(count, per_visitor, seed)).len();
        let worst = |per_visitor| (0..20).map(|seed| size(per_visitor, seed)).max().unwrap();
        println!("{count} events: {} bytes, every one another visitor: {}", worst(3), worst(1));
        assert!(worst(3) <= kilobytes * 1024, "{count} events take {} bytes", worst(3));
    }
}

#[test]
fn a_single_event_is_small() {
    let size = pack(&benchmark(1, 1, 1)).len();
    println!("one event: {size} bytes");
    assert!(size <= 350);
}

#[test]
fn time() {
  for n in [1, 25, 500] {
    let events = benchmark(n, 3, 5);
    let start = std::time::Instant::now();
    for _ in 0..200 { std::hint::black_box(pack(&events)); }
    println!("pack {n} {:?}", start.elapsed() / 200);
    let bytes = pack(&events);
    let start = std::time::Instant::now();
    for _ in 0..200 { std::hint::black_box(unpack(&bytes).unwrap()); }
    println!("unpack {:?}", start.elapsed() / 200);
  }
}

proptest! {
    #[test]
    fn every_event_is_read_back_whole(events in prop::collection::vec(events(), 0..70)) {
        prop_assert_eq!(unpack(&pack(&events)), Ok(sorted(events)));
    }

    #[test]
    fn the_order_of_the_events_leaves_no_trace(events in prop::collection::vec(events(), 0..20), turn in 0_usize..20) {
        let mut turned = events.clone();
        turned.rotate_left(turn.min(events.len()));
        prop_assert_eq!(pack(&events), pack(&turned));
    }
}
