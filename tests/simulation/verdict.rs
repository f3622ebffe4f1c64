//! The end of a schedule: every report against the plain fold of what was sent, and a rebuild against what stands.

use std::collections::BTreeMap;

use axum::http::Method;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::oracle::Counted;
use super::plan::{Events, Plan, Version};
use super::world::World;

impl World {
    /// Holds every report to the plain fold of what was sent.
    pub(super) async fn judge(&self, plan: &Plan) {
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
        let timed = |counted: Counted| Counted {
            events: counted.events & !timeless,
            sales: u64::from((counted.events & !timeless).count_ones()),
        };
        for row in days["rows"].as_array().into_iter().flatten() {
            let start = row["start"].as_str().unwrap_or_default();
            let on = |at: DateTime<Utc>| at.with_timezone(&self.zone).date_naive().to_string() == start;
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
    pub(super) async fn rebuild(&self) {
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
pub(super) fn rows(answer: &Value) -> Vec<Counted> {
    match answer["rows"].as_array() {
        Some(rows) => rows.iter().map(|row| Counted::of(&row["metrics"])).collect(),
        None => vec![Counted::of(&answer["metrics"])],
    }
}
