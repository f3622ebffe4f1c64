//! A site that outgrows one lane: its events are spread over more and more of them, and the figures stay the same.

use axum::http::Method;
use chrono::Duration;
use reckon_core::domain::calendar::Minute;
use serde_json::{Value, json};

use crate::support::{World, at, sale};

const DAYS: (&str, &str) = ("2026-11-23", "2026-11-24");

/// How many versions of events lie in each lane of a minute, up to the first five.
async fn in_lanes(world: &World, time: &str) -> Vec<u64> {
    let mut lanes = Vec::new();
    for lane in 0..5 {
        let minute = Minute::of(at(time));
        lanes.push(world.store().count_segment(&world.site, minute, lane).await.unwrap());
    }
    lanes
}

fn sales(first: usize, time: &str) -> Vec<Value> {
    (first..first + 40).map(|number| sale(&format!("e{number}"), time)).collect()
}

#[tokio::test]
async fn a_site_grows_from_one_lane_to_several_and_back_and_the_figures_add_up() {
    let world = World::new("2026-11-23T03:00:00Z").await;
    let mut sent = 0;
    // Each change holds from 70 minutes on, past all caches and all events that are ahead.
    for (now, lanes, used) in [
        ("2026-11-23T03:00:30Z", 4, 1),
        ("2026-11-23T05:00:30Z", 2, 4),
        ("2026-11-23T07:00:30Z", 1, 2),
        ("2026-11-23T09:00:30Z", 1, 1),
    ] {
        world.turn_to(now);
        let change = json!({"lanes": lanes});
        let patch = world.call(Method::PATCH, "/v1/sites/shop", &world.admin, Some(change)).await;
        assert_eq!(patch.status, 200, "{}", String::from_utf8_lossy(&patch.body));
        let events = sales(sent, now);
        world.post(json!(events)).await;
        // A part again, and in another order, meets the first in its lanes.
        world.post(json!(events.iter().rev().take(7).collect::<Vec<_>>())).await;
        sent += events.len();
        let found = in_lanes(&world, now).await;
        assert!(found[..used].iter().all(|n| *n > 0), "{now}: {found:?}");
        assert!(found[used..].iter().all(|n| *n == 0), "{now}: {found:?}");
        world.pump().await;
        assert_eq!(world.sales(DAYS.0, DAYS.1).await, i64::try_from(sent).unwrap(), "{now}");
    }
    // An old event goes to the lanes of its own time, and a lost trigger is found in every lane.
    world.post(json!(sales(sent, "2026-11-23T05:00:30Z"))).await;
    sent += 40;
    for hours in [0, 12, 15] {
        let late = at("2026-11-23T10:15:00Z") + Duration::hours(hours);
        world.turn_to(&late.to_rfc3339());
        world.seal().await;
        assert_eq!(world.sales(DAYS.0, DAYS.1).await, i64::try_from(sent).unwrap(), "after {hours} hours");
    }
}
