//! What every test stands on: a table of its own in one embedded engine, a clock that it turns, requests.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{
    ConfigBag, Credentials, Intercept, RuntimeComponents, SharedCredentialsProvider,
};
use aws_sdk_dynamodb::error::BoxError;
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use chrono::{DateTime, Utc};
use http_body_util::BodyExt;
use manage::{NewSite, create_site, make_key};
use reckon::engine::Engine;
use reckon::system::System;
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::names::SiteId;
use reckon_core::domain::site::Site;
use reckon_core::http::{Clock, Config, sha256_hex};
use reckon_core::store::{Role, Store};
use serde_json::{Value, json};
use tower::ServiceExt;

/// The operator's key of every test.
pub const OPERATOR: &str = "rk_operator_test";

pub use e2e::simulation::BROWSER;

/// One engine for all tests of the process, over a temporary file.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
        // A process cannot delete its own file at its end, so the next one does.
        for entry in std::fs::read_dir(all).unwrap().flatten() {
            if !Path::new("/proc").join(entry.file_name()).exists() {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        let folder = all.join(std::process::id().to_string());
        std::fs::create_dir_all(&folder).unwrap();
        Engine::start(&folder.join("table.db")).unwrap()
    })
}

/// Where a second DynamoDB answers that the tests are to run over, so that they build upon no quirk of the first.
pub fn second_engine() -> Option<String> {
    std::env::var("RECKON_TEST_ENDPOINT").ok().filter(|endpoint| !endpoint.is_empty())
}

/// The SDK's configuration for whichever engine the tests run over. DynamoDB Local keeps a database for each access key,
/// and a write searches all stream records of its own: with one for all tables, each test takes longer than the last.
async fn sdk_config(key: &str) -> SdkConfig {
    let sdk = engine().sdk_config().await;
    let Some(endpoint) = second_engine() else { return sdk };
    let credentials = Credentials::new(key, "secret", None, None, "tests");
    sdk.into_builder()
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

/// Sees every request to DynamoDB before it is sent, the operation's name and the body; true lets it fail.
pub type Ear = Arc<dyn Fn(&str, &Value) -> bool + Send + Sync>;

/// What listens to a client, if anything.
#[derive(Clone, Default)]
pub struct Spy(Arc<Mutex<Option<Ear>>>);

impl std::fmt::Debug for Spy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Spy")
    }
}

impl Spy {
    /// Listens from now on.
    pub fn listen(&self, ear: impl Fn(&str, &Value) + Send + Sync + 'static) {
        self.refuse(move |operation, body| {
            ear(operation, body);
            false
        });
    }

    /// Lets requests fail from now on, those for which `ear` says so: they never reach the table.
    pub fn refuse(&self, ear: impl Fn(&str, &Value) -> bool + Send + Sync + 'static) {
        *self.0.lock().unwrap() = Some(Arc::new(ear));
    }

    /// Listens no more.
    pub fn stop(&self) {
        *self.0.lock().unwrap() = None;
    }
}

impl Intercept for Spy {
    fn name(&self) -> &'static str {
        "spy"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let ear = self.0.lock().unwrap().clone();
        if let Some(ear) = ear {
            let request = context.request();
            let operation = request
                .headers()
                .get("x-amz-target")
                .unwrap_or_default()
                .rsplit('.')
                .next()
                .unwrap_or_default();
            let body = request.body().bytes().unwrap_or_default();
            if ear(operation, &serde_json::from_slice(body).unwrap_or_default()) {
                return Err("the table is out of reach".into());
            }
        }
        Ok(())
    }
}

/// A system over a table of its own, with one site.
pub struct World {
    pub system: System,
    pub spy: Spy,
    pub site: SiteId,
    pub admin: String,
    pub write: String,
    pub read: String,
    pub publish: String,
    router: Router,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The cost header's figure behind `rru=` or `wru=`.
    pub fn cost(&self, unit: &str) -> f64 {
        let header = self.headers["reckon-cost"].to_str().unwrap();
        let part = header.split(", ").find_map(|part| part.strip_prefix(&format!("{unit}="))).unwrap();
        part.parse().unwrap()
    }
}

/// A time from its text.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_else(|_| panic!("{text} is no time"))
}

/// The minute that begins at a time.
pub fn minute(text: &str) -> Minute {
    Minute::of(at(text))
}

impl World {
    /// A world at `now` whose site is in UTC and EUR.
    pub async fn new(now: &str) -> Self {
        Self::with(now, "UTC", |_| {}).await
    }

    /// A world at `now` whose site is in `zone`; `change` sets what else is configured.
    pub async fn with(now: &str, zone: &str, change: impl FnOnce(&mut Config)) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // A second engine outlives the process.
        let own = format!("world{}x{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut config = Config {
            table: own.clone(),
            endpoint: None,
            operator_key_sha256: Some(sha256_hex(OPERATOR)),
            retention_days: None,
            stream_window_seconds: 10,
        };
        change(&mut config);
        let sdk = sdk_config(&own).await;
        let spy = Spy::default();
        let client =
            Client::from_conf(aws_sdk_dynamodb::config::Builder::from(&sdk).interceptor(spy.clone()).build());
        let system = System::open_with(client, &sdk, Clock::set_to(at(now)), config, None).await.unwrap();
        let new = NewSite {
            id: "shop".to_owned(),
            name: "Shop".to_owned(),
            time_zone: zone.to_owned(),
            currency: "EUR".to_owned(),
            conversion_kinds: None,
            acquisition_kinds: None,
            origins: vec!["https://shop.example".to_owned()],
        };
        let (site, made) = create_site(&system.app, &new).await.unwrap();
        let key = async |role| make_key(&system.app, &site.id, role, "", None).await.unwrap().secret;
        let (write, read, publish) =
            (key(Role::Write).await, key(Role::Read).await, key(Role::Publish).await);
        let router = system.router();
        Self { system, spy, site: site.id, admin: made.secret, write, read, publish, router }
    }

    /// A second site of that id, and its admin key.
    pub async fn another_site(&self, id: &str) -> (SiteId, String) {
        let new = NewSite {
            id: id.to_owned(),
            name: "Other".to_owned(),
            time_zone: "UTC".to_owned(),
            currency: "EUR".to_owned(),
            conversion_kinds: None,
            acquisition_kinds: None,
            origins: Vec::new(),
        };
        let (site, made) = create_site(&self.system.app, &new).await.unwrap();
        (site.id, made.secret)
    }

    /// The table.
    pub fn store(&self) -> &Store {
        &self.system.app.store
    }

    /// The site, as it stands.
    pub async fn site(&self) -> Site {
        self.store().site(&self.site).await.unwrap().unwrap()
    }

    /// The clock's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.system.app.clock.now()
    }

    /// Turns the clock.
    pub fn turn_to(&self, time: &str) {
        self.system.app.clock.turn_to(at(time));
    }

    /// Sends any request.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends JSON with a key.
    pub async fn call(&self, method: Method, path: &str, key: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    /// Reads with the read key.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &self.read, None).await
    }

    /// Sends events with the write key; they have to be accepted, all of them.
    pub async fn post(&self, events: Value) {
        let answer = self.call(Method::POST, "/v1/events", &self.write, Some(events)).await;
        assert_eq!(answer.status, 202, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.json()["rejected"], json!([]), "some events were rejected");
    }

    /// Sends events as a page of the site does.
    pub async fn post_from_page(&self, events: Value, agent: &str) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/v1/events?key={}", self.publish))
            .header(header::ORIGIN, "https://shop.example")
            .header(header::USER_AGENT, agent)
            .header(header::CONTENT_TYPE, "text/plain;charset=UTF-8");
        self.send(request.body(Body::from(events.to_string())).unwrap()).await
    }

    /// Delivers the stream.
    pub async fn pump(&self) {
        self.system.pump().await.unwrap();
    }

    /// Runs seal at the clock's time.
    pub async fn seal(&self) {
        assert_eq!(self.system.seal(Duration::MAX).await.unwrap(), 0, "a site was not sealed");
    }

    /// The metrics of a summary over some days.
    pub async fn metrics(&self, from: &str, to: &str) -> Value {
        let answer = self.get(&format!("/v1/reports/summary?from={from}&to={to}")).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        answer.json()["metrics"].clone()
    }

    /// How many sales the summary of some days has.
    pub async fn sales(&self, from: &str, to: &str) -> i64 {
        self.metrics(from, to).await["sales"].as_i64().unwrap()
    }
}

/// Lets `what` happen before the items under a partition key are asked for, each of those `times`; nothing that `what` asks
/// for itself is counted. The runtime has to have several threads.
pub fn meanwhile<F: Future<Output = ()>>(
    world: &Arc<World>,
    key: &'static str,
    times: Range<usize>,
    what: impl Fn(Arc<World>, usize) -> F + Send + Sync + 'static,
) {
    let (other, asked, busy) = (Arc::clone(world), AtomicUsize::new(0), AtomicBool::new(false));
    let handle = tokio::runtime::Handle::current();
    world.spy.listen(move |operation, body| {
        let pk = body["ExpressionAttributeValues"][":pk"]["S"].as_str().unwrap_or_default();
        if operation != "Query" || pk != key || busy.load(Ordering::SeqCst) {
            return;
        }
        let time = asked.fetch_add(1, Ordering::SeqCst);
        if times.contains(&time) {
            busy.store(true, Ordering::SeqCst);
            tokio::task::block_in_place(|| handle.block_on(what(Arc::clone(&other), time)));
            busy.store(false, Ordering::SeqCst);
        }
    });
}

/// A sale of 10 EUR.
pub fn sale(id: &str, occurred_at: &str) -> Value {
    json!({"id": id, "kind": "sale", "value": 10, "occurred_at": occurred_at})
}
