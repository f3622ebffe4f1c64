//! What the targets share: a site, a clock.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use reckon_core::domain::names::{Currency, SiteId};
use reckon_core::domain::site::Site;

/// A zone by a byte: whole hours, changes of the clock, half hours, a date that was skipped.
pub fn zone(byte: u8) -> Tz {
    let zones = [
        Tz::UTC,
        Tz::Europe__Berlin,
        Tz::Australia__Lord_Howe,
        Tz::Pacific__Apia,
        Tz::America__St_Johns,
        Tz::Asia__Kathmandu,
    ];
    zones[usize::from(byte) % zones.len()]
}

/// A site in a zone.
pub fn site(time_zone: Tz) -> Site {
    Site {
        origins: vec!["https://shop.example".to_owned()],
        hash_key: "00112233445566778899aabbccddeeff".to_owned(),
        ..Site::new(
            SiteId::parse("shop").expect("it is an id"),
            time_zone,
            Currency::parse("EUR").expect("it is a currency"),
        )
    }
}

/// The time of every run.
pub fn now() -> DateTime<Utc> {
    "2026-11-23T05:00:30Z".parse().expect("it is a time")
}
