//! Raw stream keys and the small texts: whatever is read is written the same again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reckon_core::domain::calendar::parse_day;
use reckon_core::domain::decimal::Decimal;
use reckon_core::domain::names::{EventId, SiteId};
use reckon_core::domain::site::parse_origin;
use reckon_core::store::parse_raw_key;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Some((site, minute, lane)) = parse_raw_key(text) {
        let instant = minute.start().format("%Y-%m-%dT%H:%MZ");
        assert_eq!(format!("raw#{site}#{instant}#{lane}"), text);
    }
    if let Ok(decimal) = Decimal::parse(text) {
        assert_eq!(Decimal::parse(&decimal.text()), Ok(decimal));
        let json = serde_json::to_string(&decimal).expect("a number is JSON");
        assert_eq!(serde_json::from_str::<Decimal>(&json).ok(), Some(decimal));
    }
    if let Some(day) = parse_day(text) {
        assert_eq!(day.to_string(), text);
    }
    if let Some(origin) = parse_origin(text) {
        assert_eq!(parse_origin(&origin).as_ref(), Some(&origin));
    }
    if let Ok(id) = EventId::parse(text) {
        assert!(!id.as_str().contains('#'));
    }
    if let Ok(site) = SiteId::parse(text) {
        assert_eq!(site.as_str(), text);
    }
});
