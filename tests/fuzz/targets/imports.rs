//! Files of the import. The first line holds the options, parted by blanks; the file follows.

#![no_main]

use std::collections::BTreeSet;

use chrono_tz::Tz;
use fuzz::{now, site};
use libfuzzer_sys::fuzz_target;
use reckon::import::{AdOptions, Format, ImportArgs, Row, Visitor, ads, rehearse};
use reckon_core::domain::event::Trust;

fuzz_target!(|data: &[u8]| {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let (first, file) = (String::from_utf8_lossy(&data[..end]), &data[end + 1..]);
    let Some(args) = options(&first) else { return };
    if !matches!(args.format, Format::Csv | Format::AccessLog) {
        // Whatever an export says, what is told of it is an amount and two counts.
        for entry in ads::rehearse(&args, file).unwrap_or_default() {
            let spend = entry["spend"].as_str().is_some_and(|spend| !spend.starts_with('-'));
            let counts = entry["clicks"].is_u64() && entry["impressions"].is_u64();
            assert!(spend && counts && entry["campaign"] != "", "{entry}");
        }
        return;
    }
    let Ok(parsed) = rehearse(&args, file) else { return };
    let header = u64::from(args.format == Format::Csv);
    let skipped: u64 = parsed.skipped.values().sum();
    let told = u64::try_from(parsed.rows.len() + parsed.rejected.len()).expect("few") + skipped;
    assert_eq!(told + header, parsed.lines, "every line is an event, or is told why not");
    let mut hashed: Vec<&Row> = parsed.rows.iter().filter(|row| row.hashed).collect();
    let ids: BTreeSet<&str> = hashed.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), hashed.len(), "rows without an id of their own stay distinct");
    hashed.truncate(20);
    // Whatever a file says, the route reads it as one event or as one fault.
    for row in hashed {
        let body = row.json().to_string();
        let read = collect::rehearse(body.as_bytes(), &site(Tz::UTC), Trust::Secret, now());
        let read = read.expect("one event is a body");
        assert_eq!(read.events.len() + read.faults.len(), 1, "{body}");
    }
});

fn options(line: &str) -> Option<ImportArgs> {
    let mut args = ImportArgs {
        files: vec![],
        format: Format::Csv,
        url: String::new(),
        key: None,
        batch: 500,
        dry_run: true,
        no_wait: true,
        ads: AdOptions::default(),
        origin: Some("https://shop.example".to_owned()),
        visitor: Visitor::None,
        map: vec![],
        set: vec![],
        kind: None,
        delimiter: None,
        date_format: None,
        time_zone: Some(Tz::UTC),
    };
    let pair = |text: &str| text.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
    for word in line.split(' ') {
        match word.split_once('=') {
            Some(("map", text)) => args.map.push(pair(text)?),
            Some(("set", text)) => args.set.push(pair(text)?),
            Some(("kind", text)) => args.kind = Some(text.to_owned()),
            Some(("delimiter", text)) => args.delimiter = Some(text.to_owned()),
            Some(("date", text)) => args.date_format = Some(text.replace('+', " ")),
            Some(("zone", text)) => args.time_zone = Some(text.parse().ok()?),
            Some(("origin", text)) => args.origin = Some(text.to_owned()),
            Some(_) => return None,
            None if word == "log" => args.format = Format::AccessLog,
            None if word == "ads" => args.format = Format::Auto,
            None if word == "visitors" => args.visitor = Visitor::IpAgent,
            None => {}
        }
    }
    Some(args)
}
