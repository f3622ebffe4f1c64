//! Pages and servers: whoever sends events, again and again until they are acknowledged.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::plan::{Plan, Post, Version};
use super::time::SKEW;
use super::world::{World, ask};

/// What a page's visitor uses; events of pages without an agent count as robots'.
pub const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0";

impl World {
    /// Sends everything, and waits until all of it is acknowledged.
    pub(super) async fn send(self: &Arc<Self>, plan: &Plan, end: DateTime<Utc>) {
        let mut senders = JoinSet::new();
        for post in &plan.posts {
            senders.spawn_local(Arc::clone(self).send_post(post.clone()));
        }
        senders.join_all().await;
        self.time.until(end).await;
    }

    /// Sends a post until it is acknowledged, and then what follows it.
    async fn send_post(self: Arc<Self>, post: Post) {
        self.time.until(post.at).await;
        self.oracle.send(&post.versions);
        while !self.try_post(&post.versions).await {
            let long = self.chance.happens(0.1);
            self.time.pass(self.chance.millis(if long { 60_000..=4_000_000 } else { 500..=30_000 })).await;
        }
        self.oracle.acknowledge(&post.versions, self.time.now());
        for mut next in post.then {
            let wait = SKEW * 2 + chrono::Duration::seconds(2);
            let wait = wait + chrono::Duration::seconds(self.chance.number(0..=2_000).cast_signed());
            next.at = self.time.now() + wait;
            Box::pin(Arc::clone(&self).send_post(next)).await;
        }
    }

    /// Sends a post once; whether it was acknowledged.
    async fn try_post(self: &Arc<Self>, versions: &[Version]) -> bool {
        let events: Vec<Value> = versions.iter().map(Version::json).collect();
        let secret = versions.iter().all(|version| version.secret);
        let mut request = Request::post("/v1/events").header(header::CONTENT_TYPE, "application/json");
        let key = if secret { &self.keys.write } else { &self.keys.publish };
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        if !secret {
            request =
                request.header(header::ORIGIN, "https://shop.example").header(header::USER_AGENT, BROWSER);
        }
        let request = request.body(Body::from(json!(events).to_string())).expect("a request");
        let router = self.chance.one_of(&self.collects).clone();
        let crashes = self.chance.happens(self.crashed);
        // Whoever loses patience leaves the function running; a crash ends it.
        let patience = if crashes { self.chance.millis(1..=300) } else { Duration::from_secs(30) };
        let mut task = tokio::spawn(ask(router, request));
        let Ok(answered) = tokio::time::timeout(patience, &mut task).await else {
            if self.chance.happens(0.7) {
                task.abort();
            }
            return false;
        };
        let answer = answered.expect("the function panicked");
        match answer.status {
            202 if answer.body["rejected"] == json!([]) => true,
            503 if answer.retry_after => false,
            status => {
                self.oracle.wrong(format!("POST /v1/events answered {status}: {}", answer.body));
                true
            }
        }
    }
}
