//! What goes on beside the posts: the stream, seal, people who look at reports or ask for a rebuild.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use chrono::{DateTime, Utc};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::error::Elapsed;

use super::stream::{Delivery, SHARDS};
use super::time::SKEW;
use super::verdict::rows;
use super::world::World;

impl World {
    /// Everything that goes on beside the posts.
    pub(super) fn background(
        self: &Arc<Self>,
        (begin, end): (DateTime<Utc>, DateTime<Utc>),
        stopped: bool,
    ) -> JoinSet<()> {
        let chance = &self.chance;
        let delivery = Delivery {
            lost: *chance.one_of(&[0.0, 0.1, 0.5, 1.0]),
            doubled: chance.share(0.2),
            again: chance.share(0.2),
            crashed: self.crashed,
            stopped: stopped
                .then(|| (begin + chrono::Duration::minutes(chance.number(0..=60).cast_signed()), end)),
            window: *chance.one_of(&[
                Duration::from_secs(1),
                Duration::from_secs(20),
                Duration::from_mins(20),
            ]),
        };
        let mut tasks = JoinSet::new();
        for shard in 0..SHARDS {
            let (store, time) = (self.store.clone(), self.time.clone());
            let table = Arc::clone(&self.table);
            let delivery = delivery.clone();
            tasks.spawn_local(async move { table.shards.deliver(shard, store, time, delivery).await });
        }
        tasks.spawn_local(Arc::clone(self).seal_now_and_then());
        tasks.spawn_local(Arc::clone(self).report_now_and_then());
        if chance.happens(0.2) {
            let at = begin + chrono::Duration::minutes(chance.number(0..=180).cast_signed());
            tasks.spawn_local(Arc::clone(self).ask_for_rebuild(at));
        }
        tasks
    }

    /// Runs seal again and again, sometimes twice at once, sometimes not to the end.
    async fn seal_now_and_then(self: Arc<Self>) {
        let mut runs = JoinSet::new();
        loop {
            self.time.pass(self.chance.seconds(60..=1_500)).await;
            let this = Arc::clone(&self);
            let crashes = self.chance.happens(self.crashed * 2.0);
            let end = if crashes { self.chance.millis(1..=4_000) } else { Duration::from_mins(5) };
            runs.spawn_local(tokio::time::timeout(end, async move {
                this.seal_once(this.chance.share(0.2)).await
            }));
            if self.chance.happens(0.7) {
                while let Some(ended) = runs.join_next().await {
                    let _: Result<_, Elapsed> = ended.expect("seal panicked");
                }
            }
        }
    }

    /// One run of seal, which is out of time in a share of all answers; how many steps failed, or that all did.
    pub(super) async fn seal_once(&self, out_of_time: f64) -> Option<usize> {
        let now = self.time.now() + SKEW.checked_mul(self.chance.number(0..=2).try_into().ok()?)? - SKEW;
        seal::seal(&self.store, now, None, &|| self.chance.happens(out_of_time)).await.ok()
    }

    async fn report_now_and_then(self: Arc<Self>) {
        let (from, to) = self.days;
        let period = format!("from={from}&to={to}");
        loop {
            self.time.pass(self.chance.seconds(30..=1_800)).await;
            let acknowledged = self.oracle.acknowledged();
            let report =
                *self.chance.one_of(&["summary", "channels", "breakdown", "timeseries", "timeseries"]);
            let by = if report == "breakdown" { "&by=campaign&limit=1000" } else { "" };
            let asked = self.time.now();
            let Some(answer) = self.get(&format!("/v1/reports/{report}?{period}{by}")).await else {
                continue;
            };
            if report == "timeseries" {
                self.memory.remember(asked, self.time.now(), &answer);
            }
            self.oracle.judge(report, &rows(&answer), &answer["complete_through"], &acknowledged);
        }
    }

    async fn ask_for_rebuild(self: Arc<Self>, at: DateTime<Utc>) {
        self.time.until(at).await;
        let (from, to) = self.days;
        let body = json!({"from": from, "to": to});
        self.call(Method::POST, "/v1/rebuild", &self.keys.admin, Some(body)).await;
    }
}
