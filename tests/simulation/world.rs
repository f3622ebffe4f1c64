//! Who takes part in a schedule: the table behind its faults, a site with its keys, the processes of the functions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use http_body_util::BodyExt;
use manage::{NewSite, create_site, make_key};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::site::LaneChange;
use reckon_core::http::{App, Config, finish};
use reckon_core::store::{Role, Store};
use serde_json::Value;
use tower::ServiceExt;

use super::chance::Chance;
use super::faults::Table;
use super::oracle::Oracle;
use super::past::Memory;
use super::time::{SKEW, Time};
use super::wire::Wire;

/// Everything that a schedule is made of.
pub(super) struct World {
    pub(super) chance: Chance,
    pub(super) time: Time,
    pub(super) table: Arc<Table>,
    pub(super) store: Store,
    pub(super) oracle: Arc<Oracle>,
    /// What reports said of days.
    pub(super) memory: Memory,
    /// When the site was made.
    pub(super) opened: DateTime<Utc>,
    /// The processes of collect, each with a clock and a memory of keys of its own.
    pub(super) collects: Vec<Router>,
    /// A process of everything else.
    pub(super) other: Router,
    pub(super) zone: Tz,
    pub(super) days: (NaiveDate, NaiveDate),
    pub(super) keys: Keys,
    /// The share of requests and runs that end in the middle.
    pub(super) crashed: f64,
}

#[derive(Clone)]
pub(super) struct Keys {
    pub(super) write: String,
    pub(super) publish: String,
    pub(super) read: String,
    pub(super) admin: String,
}

/// An answer's status, whether it says when to try again, and its body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: bool,
    pub(super) body: Value,
}

impl World {
    /// Makes the table, a site with its keys, and the processes.
    pub(super) async fn open(
        seed: u64,
        chance: Chance,
        time: Time,
        table: Arc<Table>,
        (zone, night): (Tz, NaiveDate),
    ) -> Self {
        let client = client(&table);
        let name = format!("schedule-{seed}");
        for name in [name.clone(), format!("{name}-replica")] {
            reckon::table::create(&client, &name).await.expect("a table");
        }
        let store = Store::new(client, &name);
        let config = Config {
            table: name,
            endpoint: None,
            operator_key_sha256: None,
            retention_days: None,
            stream_window_seconds: 10,
        };
        let app = |skew| App::new(store.clone(), time.clock(skew), config.clone());
        let other = app(Duration::zero());
        let new = NewSite {
            id: "shop".to_owned(),
            name: "Shop".to_owned(),
            time_zone: zone.name().to_owned(),
            currency: "EUR".to_owned(),
            conversion_kinds: None,
            acquisition_kinds: None,
            origins: vec!["https://shop.example".to_owned()],
        };
        let opened = time.now();
        let (mut site, made) = create_site(&other, &new).await.expect("a site");
        // The ids of orders are made with it, and lanes of them, so that it must repeat as well.
        site.hash_key = "000102030405060708090a0b0c0d0e0f".to_owned();
        let lanes = *chance.one_of(&[1, 1, 1, 1, 1, 1, 2, 3]);
        if lanes > 1 {
            site.lanes = vec![LaneChange { from: Minute::from_number(0), lanes }];
        }
        store.put_site(&site).await.expect("a site with its secret and lanes");
        let key = async |role| make_key(&other, &site.id, role, "", None).await.expect("a key").secret;
        let keys = Keys {
            write: key(Role::Write).await,
            publish: key(Role::Publish).await,
            read: key(Role::Read).await,
            admin: made.secret,
        };
        let collects = [-SKEW, Duration::zero(), SKEW].map(|skew| finish(collect::routes(), app(skew)));
        let rest = report::routes().merge(credit::routes()).merge(goals::routes()).merge(manage::routes());
        let days = (night - Days::new(3), night + Days::new(4));
        let crashed = *chance.one_of(&[0.0, 0.02, 0.15]);
        let oracle = Arc::default();
        let other = finish(rest, other);
        let collects = collects.to_vec();
        let memory = Memory::default();
        Self {
            chance,
            time,
            table,
            store,
            oracle,
            memory,
            opened,
            collects,
            other,
            zone,
            days,
            keys,
            crashed,
        }
    }

    /// What a report answers; nothing, if the table did not.
    pub(super) async fn get(&self, path: &str) -> Option<Value> {
        let answer = self.call(Method::GET, path, &self.keys.read, None).await;
        match answer.status {
            200 => Some(answer.body),
            503 if answer.retry_after => None,
            status => {
                self.oracle.wrong(format!("GET {path} answered {status}: {}", answer.body));
                None
            }
        }
    }

    pub(super) async fn call(&self, method: Method, path: &str, key: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())));
        ask(self.other.clone(), request.expect("a request")).await
    }
}

/// Sends a request to a function.
pub(super) async fn ask(router: Router, request: Request<Body>) -> Answer {
    let Ok(response) = router.oneshot(request).await;
    let (status, retry_after) =
        (response.status().as_u16(), response.headers().contains_key(header::RETRY_AFTER));
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    Answer { status, retry_after, body: serde_json::from_slice(&body).unwrap_or_default() }
}

/// A client of the SDK as the functions have it, but for the way that its requests take.
fn client(table: &Arc<Table>) -> Client {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .endpoint_url("http://simulated")
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .retry_config(RetryConfig::standard())
        // Else the failures of one run would use up the retries of the next.
        .retry_partition(RetryPartition::new(format!("run {}", RUNS.fetch_add(1, Ordering::Relaxed))))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .sleep_impl(aws_smithy_async::rt::sleep::TokioSleep::new())
        .http_client(Wire(Arc::clone(table)))
        .build();
    Client::from_conf(config)
}
