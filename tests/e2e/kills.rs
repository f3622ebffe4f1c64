//! The program killed at random under load: nothing acknowledged is lost, nothing is counted twice.
//!
//! `RECKON_KILLS=200 cargo test -p e2e kills` kills it two hundred times instead of a few.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::Program;

/// How many senders there are, and how many events each sends at a time.
const SENDERS: usize = 4;
const AT_ONCE: usize = 10;
const REPORT: &str = "/v1/reports/summary?from=2026-11-01&to=2026-11-03";

/// A POST of sales of 1.01 in a few minutes of three days.
fn post(number: usize) -> Value {
    let sale = |place: usize| {
        let time = format!("2026-11-0{}T12:0{}:00Z", 1 + number % 3, place % 3);
        json!({"id": format!("order-{number}-{place}"), "kind": "sale", "value": "1.01", "occurred_at": time})
    };
    json!((0..AT_ONCE).map(sale).collect::<Vec<_>>())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_killed_again_and_again_loses_nothing_and_counts_nothing_twice() {
    let kills: usize = std::env::var("RECKON_KILLS").map_or(6, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let next = Arc::new(AtomicUsize::new(0));
    let unsure: Arc<Mutex<Vec<usize>>> = Arc::default();
    for _ in 0..kills {
        let program = Program::start(folder.path());
        let (client, url, key) =
            (reqwest::Client::new(), format!("{}/v1/events", program.url), program.keys.write.clone());
        let senders = (0..SENDERS).map(|_| {
            let (client, url, key) = (client.clone(), url.clone(), key.clone());
            let (next, unsure) = (Arc::clone(&next), Arc::clone(&unsure));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let answer = client.post(&url).bearer_auth(&key).json(&post(number)).send().await;
                    match answer.map(|answer| answer.status().as_u16()) {
                        Ok(202) => {}
                        Ok(status) => panic!("answered {status}"),
                        // The connection broke: it may be stored or not.
                        Err(_) => return unsure.lock().unwrap().push(number),
                    }
                }
            })
        });
        let senders: Vec<_> = senders.collect();
        tokio::time::sleep(Duration::from_millis(fastrand::u64(1..=700))).await;
        program.kill();
        for sender in senders {
            sender.await.unwrap();
        }
    }
    let sent = next.load(Ordering::Relaxed) * AT_ONCE;
    let unsure = std::mem::take(&mut *unsure.lock().unwrap());
    let acknowledged = sent - unsure.len() * AT_ONCE;
    let program = Program::start(folder.path());
    let sales = |answer: &Value| usize::try_from(answer["metrics"]["sales"].as_u64().unwrap_or(0)).unwrap();
    let answer = program.wait_for(REPORT, |answer| sales(answer) >= acknowledged).await;
    let counted = sales(&answer);
    assert!(
        (acknowledged..=sent).contains(&counted),
        "{acknowledged} acknowledged, {counted} counted, {sent} sent"
    );
    // Whoever is unsure sends again.
    for number in unsure {
        assert_eq!(program.post(&post(number)).await.unwrap(), 202);
    }
    let answer = program.wait_for(REPORT, |answer| sales(answer) >= sent).await;
    assert_eq!(sales(&answer), sent);
    let cents = (answer["metrics"]["gross_revenue"].as_f64().unwrap() * 100.0).round();
    assert_eq!(cents, f64::from(u32::try_from(sent).unwrap()) * 101.0);
    assert!(acknowledged > kills * AT_ONCE, "{acknowledged} are too few to say anything");
    println!(
        "{kills} kills: {acknowledged} of {sent} events acknowledged before, all {sent} counted once after"
    );
    program.kill();
}
