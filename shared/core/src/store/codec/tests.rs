//! What every batch promises: it comes back whole, it stays small, and no bytes can hurt its reader.

use proptest::prelude::*;

use super::arbitrary::events;
use super::samples::{Dice, benchmark, fixture, plain};
use super::{MOST_BYTES, Undecodable, pack, pack_below, unpack};
use crate::domain::event::{Event, Kind, Page};

/// What DynamoDB counts for a batch's item besides the packed bytes: names, keys, hash, and the other
/// attributes.
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

/// Written by the first release that knew format 1. It is never written again.
const BATCH_V1: &[u8] = include_bytes!("../../../data/fixtures/batch-v1.bin");

#[test]
fn a_stored_batch_of_format_1_stays_readable() {
    assert_eq!(unpack(BATCH_V1), Ok(sorted(fixture())));
}

#[test]
fn an_unknown_format_is_refused_by_its_number() {
    let mut bytes = pack(&fixture());
    bytes[0] = 2;
    assert_eq!(unpack(&bytes), Err(Undecodable::UnknownVersion(2)));
}

#[test]
fn a_batch_that_is_cut_short_or_goes_on_is_refused() {
    let bytes = pack(&fixture());
    for end in 0..bytes.len() {
        assert!(unpack(&bytes[..end]).is_err(), "{end} of {} bytes", bytes.len());
    }
    assert_eq!(unpack(&[bytes.as_slice(), &[0]].concat()), Err(Undecodable::Trailing));
}

#[test]
fn too_many_events_and_too_much_text_are_cut_into_batches_that_can_be_read() {
    let many: Vec<Event> = (0..9_000).map(|i| plain(&format!("id-{i}"), Kind::View, i)).collect();
    let mut long = many[..100].to_vec();
    // Texts that compress well fill memory long before they fill an item.
    for event in &mut long {
        event.sent.page = Some(Page("x".repeat(200_000)));
    }
    let mut large = benchmark(100, 1, 1);
    let mut dice = Dice(7);
    for event in &mut large {
        let letters = (0..30_000).map(|_| char::from(b'!' + u8::try_from(dice.below(90)).unwrap()));
        event.derived.landing_page = letters.collect();
    }
    for (events, least) in [(many, 2), (long, 2), (large, 8)] {
        let batches = pack_below(&events, MOST_BYTES);
        assert!(batches.len() >= least);
        let mut all = Vec::new();
        for (chunk, bytes) in batches {
            assert!(bytes.len() <= MOST_BYTES);
            let unpacked = unpack(&bytes).unwrap();
            assert!(unpacked.iter().eq(chunk));
            all.extend(unpacked);
        }
        assert_eq!(all, sorted(events));
    }
    assert!(pack_below(&[], MOST_BYTES).is_empty());
}

proptest! {
    #[test]
    fn every_event_is_read_back_whole(events in prop::collection::vec(events(), 0..70)) {
        prop_assert_eq!(unpack(&pack(&events)), Ok(sorted(events)));
    }

    #[test]
    fn the_order_of_the_events_leaves_no_trace(
        events in prop::collection::vec(events(), 1..20), turn in 0_usize..20, most in 100_usize..2_000,
    ) {
        let mut turned = events.clone();
        turned.rotate_left(turn % events.len());
        prop_assert_eq!(pack(&events), pack(&turned));
        prop_assert_eq!(pack_below(&events, most), pack_below(&turned, most));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        start in any::<prop::sample::Index>(),
    ) {
        let whole = pack(&fixture());
        let mut bytes = whole.clone();
        for (place, byte) in &changes {
            *place.get_mut(&mut bytes) = *byte;
        }
        // Changed bytes may still be a batch; it then holds no more than it says.
        let _ = unpack(&bytes).map(|events| pack(&events));
        let mut headless = vec![1];
        headless.extend_from_slice(&whole[start.index(whole.len())..]);
        let _ = unpack(&headless);
    }
}
