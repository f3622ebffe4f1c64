//! `cargo bench -p e2e`: how long it takes to read, validate and pack a POST, without the table.

use std::hint::black_box;

use chrono::{DateTime, Utc};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use reckon_core::domain::event::Trust;
use reckon_core::domain::names::{Currency, SiteId};
use reckon_core::domain::site::Site;
use reckon_core::store::cut;
use serde_json::json;

fn site() -> Site {
    Site {
        origins: vec!["https://shop.example".to_owned()],
        hash_key: "00112233445566778899aabbccddeeff".to_owned(),
        ..Site::new(
            SiteId::parse("shop").unwrap(),
            "Europe/Berlin".parse().unwrap(),
            Currency::parse("EUR").unwrap(),
        )
    }
}

/// A POST of so many views with everything that a page sends.
fn body(events: u32) -> Vec<u8> {
    let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile/15E148 Safari/604.1";
    let event = |number: u32| {
        json!({"id": format!("event-{number}"), "kind": "view", "occurred_at": format!("2026-11-23T05:00:{:02}Z", number % 60),
               "visitor": format!("visitor-{}", number % 97), "user_agent": agent,
               "url": format!("https://shop.example/p/{}?utm_source=google&utm_medium=cpc&utm_campaign=c{}", number % 30, number % 20),
               "referrer": "https://www.google.com/"})
    };
    serde_json::to_vec(&(0..events).map(event).collect::<Vec<_>>()).unwrap()
}

fn collect(criterion: &mut Criterion) {
    let (site, now): (Site, DateTime<Utc>) = (site(), "2026-11-23T05:01:00Z".parse().unwrap());
    let mut group = criterion.benchmark_group("read, validate and pack");
    for events in [1, 25, 100, 500] {
        let body = body(events);
        group.throughput(Throughput::Elements(events.into()));
        group.bench_with_input(BenchmarkId::from_parameter(events), &body, |bencher, body| {
            bencher.iter(|| {
                let read = collect::rehearse(black_box(body), &site, Trust::Secret, now).unwrap();
                assert_eq!((cut(read.events, Trust::Secret, &site).len(), read.faults.len()), (1, 0));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, collect);
criterion_main!(benches);
