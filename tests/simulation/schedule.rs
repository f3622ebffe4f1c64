//! One schedule from its seed to its verdict.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::{RetryConfig, RetryPartition};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, StalledStreamProtectionConfig};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use http_body_util::BodyExt;
use manage::{NewSite, create_site, make_key};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::site::LaneChange;
use reckon_core::http::{App, Config, finish};
use reckon_core::store::{Role, Store};
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::error::Elapsed;
use tower::ServiceExt;

use super::chance::Chance;
use super::engine::Engine;
use super::faults::{SETTLED, Table, Weather, Wire};
use super::oracle::{Counted, Oracle};
use super::plan::{Events, Plan, Post, Version};
use super::stream::{Delivery, SHARDS};
use super::time::{SKEW, Time};

/// What came of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Everything wrong; nothing, if all is well.
    pub wrong: Vec<String>,
    /// How many events were acknowledged.
    pub events: usize,
    /// How many calls to DynamoDB there were.
    pub calls: u64,
    /// A digest of all calls in their order, which is the same whenever the seed is.
    pub trace: u64,
}

/// Local midnights near which schedules lie, those of clock changes among them.
const NIGHTS: [(&str, &str); 8] = [
    ("UTC", "2026-11-23"),
    ("Europe/Berlin", "2026-11-23"),
    ("Europe/Berlin", "2026-10-25"),
    ("Europe/Berlin", "2026-03-29"),
    ("America/St_Johns", "2026-11-01"),
    ("Asia/Kolkata", "2026-11-23"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Havana", "2026-03-08"),
];

/// What a page's visitor uses; events of pages without an agent count as robots'.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0";

/// Runs the schedule of a seed over an engine that is empty, or else keeps tables apart by name.
pub fn run(seed: u64, engine: Arc<dyn Engine>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    // The SDK draws how long to wait before a retry from here.
    fastrand::seed(seed);
    LocalSet::new().block_on(&runtime.expect("a runtime"), Schedule::run(seed, engine))
}

struct Schedule {
    chance: Chance,
    time: Time,
    table: Arc<Table>,
    store: Store,
    oracle: Arc<Oracle>,
    /// The processes of collect, each with a clock and a memory of keys of its own.
    collects: Vec<Router>,
    /// A process of everything else.
    other: Router,
    zone: Tz,
    days: (NaiveDate, NaiveDate),
    keys: Keys,
    /// The share of requests and runs that end in the middle.
    crashed: f64,
}

#[derive(Clone)]
struct Keys {
    write: String,
    publish: String,
    read: String,
    admin: String,
}

/// An answer's status, whether it says when to try again, and its body.
struct Answer {
    status: u16,
    retry_after: bool,
    body: Value,
}

impl Schedule {
    async fn run(seed: u64, engine: Arc<dyn Engine>) -> Outcome {
        let chance = Chance::new(seed);
        let (zone, night) = *chance.one_of(&NIGHTS);
        let zone: Tz = zone.parse().expect("a zone");
        let night: NaiveDate = night.parse().expect("a date");
        let midnight = reckon_core::domain::calendar::Calendar::new(zone).start_of_date(night).start();
        let begin =
            midnight - chrono::Duration::minutes(i64::try_from(chance.number(20..=110)).expect("minutes"));
        let time = Time::starting_at(begin);
        let table = Table::new(engine, &format!("schedule-{seed}"), chance.clone(), time.clone());
        let schedule = Arc::new(Self::open(seed, chance, time, table, (zone, night)).await);
        // Some are cut off for more than a day, which is long.
        let stopped = schedule.chance.happens(0.04);
        let hours = schedule.chance.number(2..=3) + if stopped { 26 } else { 0 };
        let end = begin + chrono::Duration::hours(hours.cast_signed());
        let plan = Plan::of(&schedule.chance, begin, end, schedule.chance.happens(0.5));
        schedule.table.set(Weather::of(&schedule.chance));
        let background = schedule.background((begin, end), stopped);
        schedule.send(&plan, end).await;
        schedule.settle(background, end).await;
        schedule.judge(&plan).await;
        if schedule.chance.happens(0.3) {
            schedule.rebuild().await;
            schedule.judge(&plan).await;
        }
        let (trace, calls) = schedule.table.trace();
        let events = schedule.oracle.acknowledged().len();
        schedule.table.drop_tables();
        Outcome { wrong: schedule.oracle.verdict(), events, calls, trace }
    }

    /// Makes the table, a site with its keys, and the processes.
    async fn open(
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
        let other = app(chrono::Duration::zero());
        let new = NewSite {
            id: "shop".to_owned(),
            name: "Shop".to_owned(),
            time_zone: zone.name().to_owned(),
            currency: "EUR".to_owned(),
            conversion_kinds: None,
            acquisition_kinds: None,
            origins: vec!["https://shop.example".to_owned()],
        };
        let (mut site, made) = create_site(&other, &new).await.expect("a site");
        let lanes = *chance.one_of(&[1, 1, 1, 1, 1, 1, 2, 3]);
        if lanes > 1 {
            site.lanes = vec![LaneChange { from: Minute::from_number(0), lanes }];
            store.put_site(&site).await.expect("lanes");
        }
        let key = async |role| make_key(&other, &site.id, role, "", None).await.expect("a key").secret;
        let keys = Keys {
            write: key(Role::Write).await,
            publish: key(Role::Publish).await,
            read: key(Role::Read).await,
            admin: made.secret,
        };
        let collects =
            [-SKEW, chrono::Duration::zero(), SKEW].map(|skew| finish(collect::routes(), app(skew)));
        let rest = report::routes().merge(goals::routes()).merge(manage::routes());
        let days = (night - chrono::Days::new(3), night + chrono::Days::new(4));
        let crashed = *chance.one_of(&[0.0, 0.02, 0.15]);
        let oracle = Arc::default();
        let other = finish(rest, other);
        let collects = collects.to_vec();
        Self { chance, time, table, store, oracle, collects, other, zone, days, keys, crashed }
    }

    /// Sends everything, and waits until all of it is acknowledged.
    async fn send(self: &Arc<Self>, plan: &Plan, end: DateTime<Utc>) {
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

    /// Everything that goes on beside the posts.
    fn background(
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
    async fn seal_once(&self, out_of_time: f64) -> Option<usize> {
        let now = self.time.now() + SKEW.checked_mul(self.chance.number(0..=2).try_into().ok()?)? - SKEW;
        seal::seal(&self.store, now, None, &|| self.chance.happens(out_of_time)).await.ok()
    }

    async fn report_now_and_then(self: Arc<Self>) {
        let (from, to) = self.days;
        let period = format!("from={from}&to={to}");
        loop {
            self.time.pass(self.chance.seconds(30..=1_800)).await;
            let acknowledged = self.oracle.acknowledged();
            let report = *self.chance.one_of(&["summary", "channels", "breakdown", "timeseries"]);
            let by = if report == "breakdown" { "&by=campaign&limit=1000" } else { "" };
            let Some(answer) = self.get(&format!("/v1/reports/{report}?{period}{by}")).await else {
                continue;
            };
            self.oracle.judge(report, &rows(&answer), &answer["complete_through"], &acknowledged);
        }
    }

    async fn ask_for_rebuild(self: Arc<Self>, at: DateTime<Utc>) {
        self.time.until(at).await;
        let (from, to) = self.days;
        let body = json!({"from": from, "to": to});
        self.call(Method::POST, "/v1/rebuild", &self.keys.admin, Some(body)).await;
    }

    /// What a report answers; nothing, if the table did not.
    async fn get(&self, path: &str) -> Option<Value> {
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

    async fn call(&self, method: Method, path: &str, key: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())));
        ask(self.other.clone(), request.expect("a request")).await
    }

    /// Lets everything come to rest: nothing more is delivered, the weather is fine, seal runs as it should.
    async fn settle(&self, mut background: JoinSet<()>, end: DateTime<Utc>) {
        background.abort_all();
        while let Some(ended) = background.join_next().await {
            if let Err(error) = ended
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
        self.table.set(Weather::default());
        self.time.pass(SETTLED).await;
        // Past the hour that events may be ahead, and past that after which a marker without its batch is dropped.
        let rest = end.max(self.time.now()) + chrono::Duration::minutes(150);
        self.time.until(rest).await;
        for _ in 0..60 {
            let failed = self.seal_once(0.0).await;
            let status = self.get("/v1/status").await.unwrap_or_default();
            let sealed = status["sealed_to"].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
            let closed =
                sealed.is_some_and(|sealed| sealed + chrono::Duration::minutes(80) > self.time.now());
            if failed == Some(0) && closed && status["late_markers"]["count"] == 0 {
                return;
            }
        }
        let status = self.get("/v1/status").await;
        self.oracle.wrong(format!("seal does not come to an end: {status:?}"));
    }

    /// Holds every report to the plain fold of what was sent.
    async fn judge(&self, plan: &Plan) {
        let winners = plan.winners();
        let set = |wanted: &dyn Fn(&Version) -> bool| -> Events {
            winners.values().filter(|version| wanted(version)).map(Version::bit).sum()
        };
        let all = set(&|_| true);
        let (from, to) = self.days;
        let period = format!("from={from}&to={to}");
        let acknowledged = self.oracle.acknowledged();
        let read = async |report: &str| {
            let answer = self.get(&format!("/v1/reports/{report}{period}")).await.unwrap_or_default();
            self.oracle.judge(report, &rows(&answer), &answer["complete_through"], &acknowledged);
            let union = rows(&answer).iter().map(|row| row.events).fold(0, |all, row| all | row);
            let sales = rows(&answer).iter().map(|row| row.sales).sum();
            self.oracle.expect(report, "all rows", Counted { events: union, sales }, all);
            answer
        };
        read("summary?").await;
        let channels = read("channels?").await;
        let labels = read("breakdown?by=campaign&limit=1000&").await;
        // Versions without an origin of their own go wherever their visitor's last touch was.
        let floating = set(&|version| version.channel().is_none());
        let own = |counted: Counted, expected: Events| Counted {
            events: counted.events & !(floating & !expected),
            sales: u64::from((counted.events & !(floating & !expected)).count_ones()),
        };
        for row in channels["rows"].as_array().into_iter().flatten() {
            let channel = row["channel"].as_str().unwrap_or_default();
            let expected = set(&|version| version.channel() == Some(channel));
            self.oracle.expect("channels", channel, own(Counted::of(&row["metrics"]), expected), expected);
        }
        for row in labels["rows"].as_array().into_iter().flatten() {
            let label = row["campaign"].as_str().unwrap_or_default();
            let expected = set(&|version| version.channel().is_some() && version.label == label);
            self.oracle.expect("breakdown", label, own(Counted::of(&row["metrics"]), expected), expected);
        }
        // Those without a time are where they were first seen.
        let timeless = set(&|version| version.at.is_none());
        let days = read("timeseries?interval=day&").await;
        let hours = read("timeseries?interval=hour&").await;
        let zone: Tz = days["time_zone"].as_str().and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
        let timed = |counted: Counted| Counted {
            events: counted.events & !timeless,
            sales: u64::from((counted.events & !timeless).count_ones()),
        };
        for row in days["rows"].as_array().into_iter().flatten() {
            let start = row["start"].as_str().unwrap_or_default();
            let on = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive().to_string() == start;
            let expected = set(&|version| version.at.is_some_and(on));
            self.oracle.expect("days", start, timed(Counted::of(&row["metrics"])), expected);
        }
        let starts: Vec<DateTime<Utc>> = hours["rows"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| row["start"].as_str()?.parse().ok())
            .collect();
        for (index, row) in hours["rows"].as_array().into_iter().flatten().enumerate() {
            let within = |at| starts[index] <= at && starts.get(index + 1).is_none_or(|next| at < *next);
            let expected = set(&|version| version.at.is_some_and(within));
            self.oracle.expect(
                "hours",
                &starts[index].to_string(),
                timed(Counted::of(&row["metrics"])),
                expected,
            );
        }
    }

    /// Rebuilds everything, which must give the same bytes.
    async fn rebuild(&self) {
        let before = self.rollups();
        let (from, to) = self.days;
        let body = json!({"from": from, "to": to});
        let asked = self.call(Method::POST, "/v1/rebuild", &self.keys.admin, Some(body)).await;
        let path = format!("/v1/rebuild/{}", asked.body["id"].as_str().unwrap_or_default());
        for _ in 0..3 {
            self.seal_once(0.0).await;
        }
        let rebuilt = self.call(Method::GET, &path, &self.keys.admin, None).await;
        if rebuilt.body["status"] != "finished" {
            self.oracle.wrong(format!("the rebuild is not finished: {}", rebuilt.body));
        }
        // It folds days that are not over, too, as they are by then; nobody reads them before they are sealed.
        let after = self.rollups();
        let status = self.get("/v1/status").await.unwrap_or_default();
        let sealed: DateTime<Utc> =
            status["sealed_to"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default();
        let running = sealed.with_timezone(&self.zone).date_naive().format("%m-%d").to_string();
        for (key, bytes) in before.iter().filter(|((pk, sk), _)| !(pk.starts_with("day#") && *sk >= running))
        {
            if after.get(key) != Some(bytes) {
                self.oracle.wrong(format!("{key:?} is another after a rebuild"));
            }
        }
    }

    /// The packed bytes of every rollup that has counted something.
    fn rollups(&self) -> BTreeMap<(String, String), String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let items = self.table.items().into_iter();
        items
            .map(|item| ((text(&item["pk"]["S"]), text(&item["sk"]["S"])), item))
            .filter(|((pk, _), item)| {
                ["min#", "hour#", "day#"].iter().any(|level| pk.starts_with(level)) && item["n"]["N"] != "0"
            })
            .map(|(key, item)| (key, text(&item["body"]["B"])))
            .collect()
    }
}

/// The rows of a report, or of a summary its one.
fn rows(answer: &Value) -> Vec<Counted> {
    match answer["rows"].as_array() {
        Some(rows) => rows.iter().map(|row| Counted::of(&row["metrics"])).collect(),
        None => vec![Counted::of(&answer["metrics"])],
    }
}

async fn ask(router: Router, request: Request<Body>) -> Answer {
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
