//! Packed batches: any bytes are events or an error, within bounded memory, and what is read is written again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reckon_core::store::{pack, unpack};

fuzz_target!(|data: &[u8]| {
    if let Ok(events) = unpack(data) {
        // Other bytes may mean the same events; their order is the packer's.
        let packed = pack(&events);
        let again = unpack(&packed).expect("what was packed is read");
        assert_eq!(again.len(), events.len());
        assert_eq!(pack(&again), packed);
    }
});
