//! The query strings of reports, cursors included. The first byte chooses the zone.

#![no_main]

use fuzz::{now, zone};
use libfuzzer_sys::fuzz_target;
use reckon_core::domain::calendar::Calendar;
use reckon_core::http::{ProblemKind, Query};
use report::rehearse;

/// Minutes of 25 months of 31 days, and of two days beside them.
const LONGEST: i64 = (25 * 31 + 2) * 24 * 60;

fuzz_target!(|data: &[u8]| {
    let Some((first, text)) = data.split_first() else { return };
    let Ok(text) = str::from_utf8(text) else { return };
    let calendar = Calendar::new(zone(*first));
    match rehearse(&Query::parse(text), calendar, now()) {
        Ok((whole, spans)) => {
            for span in &spans {
                let minutes = span.to.number() - span.from.number();
                assert!((0..=LONGEST).contains(&minutes), "{span:?}");
            }
            let again = rehearse(&whole, calendar, now()).expect("a resolved question is one");
            assert_eq!(again, (whole, spans));
        }
        Err(problem) => assert_eq!(problem.kind(), ProblemKind::Invalid, "{problem}"),
    }
});
