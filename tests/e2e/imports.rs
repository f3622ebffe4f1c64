//! Imports of real files: figures that are right to the cent, however often and in whatever order they are sent.

use std::path::{Path, PathBuf};

use clap::Parser;
use reckon::import::{self, ImportArgs, ImportError, Summary};
use serde_json::{Value, json};

use crate::program::Program;

/// A file of `tests/data`, unpacked.
pub fn data(name: &str) -> Vec<u8> {
    let packed = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)).unwrap();
    zstd::decode_all(packed.as_slice()).unwrap()
}

/// The command line behind `reckon import`.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    import: ImportArgs,
}

/// What `reckon import` makes of a file, and what it prints.
pub async fn import(
    url: &str,
    key: &str,
    file: &Path,
    options: &[&str],
) -> (Result<Summary, ImportError>, String) {
    let file = file.to_str().unwrap();
    let line = ["import", file, "--url", url, "--key", key].into_iter().chain(options.iter().copied());
    let mut out = Vec::new();
    let summary = import::run(Arguments::parse_from(line).import, &mut out, None).await;
    (summary, String::from_utf8(out).unwrap())
}

/// Writes a file into a folder.
pub fn file(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

pub const CDNOW: [&str; 13] = [
    "--format",
    "csv",
    "--delimiter",
    "space",
    "--kind",
    "sale",
    "--map",
    "customer=customer_id",
    "--map",
    "occurred_at=date",
    "--map",
    "value=dollar_value",
    "--date-format=%Y%m%d",
];

/// Sales and gross revenue of the whole history, once all of it is counted.
async fn history(program: &Program) -> (Value, Value) {
    let path = "/v1/reports/summary?from=1997-01-01&to=1998-06-30";
    let metrics =
        program.wait_for(path, |answer| answer["metrics"]["sales"] == 69_659).await["metrics"].clone();
    (metrics["sales"].clone(), metrics["gross_revenue"].clone())
}

#[tokio::test]
async fn the_purchases_of_cdnow_are_right_to_the_cent_after_a_kill_a_repeat_and_a_shuffle() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = data("cdnow.txt.zst");
    // As it lies there, packed; further down plain.
    let straight = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cdnow.txt.zst");
    let expected = (json!(69_659), json!(2_500_315.63));

    // Killed in the middle of the import: some of it is stored, and the sender knows nothing of what.
    let program = Program::start(&folder.path().join("data"));
    let (url, key) = (program.url.clone(), program.keys.write.clone());
    let running = import(&url, &key, &straight, &CDNOW);
    tokio::pin!(running);
    let stored = async {
        // Until something has come in.
        program.wait_for("/v1/status", |status| status["late_markers"]["count"].as_u64() > Some(3)).await
    };
    tokio::select! {
        _ = &mut running => panic!("the import was over before the kill"),
        status = stored => assert!(status["late_markers"]["count"].as_u64() > Some(3), "{status}"),
    }
    program.kill();

    let program = Program::start(&folder.path().join("data"));
    let (summary, printed) = import(&program.url, &key, &straight, &CDNOW).await;
    assert_eq!(summary.unwrap().accepted, 69_659);
    assert!(printed.contains("69659 lines: 69659 accepted, 0 rejected, 0 skipped"), "{printed}");
    assert!(printed.contains("all of it is in the reports"), "{printed}");
    assert_eq!(history(&program).await, expected);

    // Again, with the lines turned round.
    let text = String::from_utf8(bytes).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    lines[1..].rotate_left(12_345);
    let shuffled = file(folder.path(), "shuffled.txt", lines.join("\n").as_bytes());
    for file in [&shuffled, &straight] {
        let (summary, _) = import(&program.url, &key, file, &CDNOW).await;
        assert_eq!(summary.unwrap().accepted, 69_659);
        assert_eq!(history(&program).await, expected);
    }
    // Every single level says so: by month, and by day.
    for interval in ["month", "day"] {
        let path = format!("/v1/reports/timeseries?from=1997-01-01&to=1998-06-30&interval={interval}");
        let rows = program.get(&path).await["rows"].as_array().unwrap().clone();
        let sales: i64 = rows.iter().map(|row| row["metrics"]["sales"].as_i64().unwrap()).sum();
        assert_eq!(sales, 69_659, "{interval}");
    }
    program.kill();
}

#[tokio::test]
async fn a_real_log_shows_visits_by_channel_with_robots_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &data("access-log.txt.zst")).unwrap();
    let log = file(folder.path(), "access.log.gz", &packed.finish().unwrap());
    let program = Program::start(&folder.path().join("data"));
    let options = ["--format", "access-log", "--origin", "http://www.semicomplete.com"];
    for _ in 0..2 {
        let (summary, printed) = import(&program.url, &program.keys.write, &log, &options).await;
        let summary = summary.unwrap();
        assert_eq!((summary.lines, summary.accepted, summary.rejected.len()), (10_000, 3_950, 1));
        assert!(printed.contains("rejected line 8899: is no line of an access log"), "{printed}");
        assert_eq!(summary.skipped.values().sum::<u64>(), 6_049);
    }
    let path = "/v1/reports/channels?from=2015-05-17&to=2015-05-20";
    let answer = program.wait_for(path, |answer| answer["total"]["metrics"]["views"] == 1_638).await;
    // `tests/scripts/access_log.py` counts the same from the file in another way.
    let count = |row: &Value| {
        let number = |metric: &str| row["metrics"][metric].as_i64().unwrap();
        (number("views"), number("visits"))
    };
    let mut channels: Vec<(String, (i64, i64))> = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["channel"].as_str().unwrap().to_owned(), count(row)))
        .filter(|(_, counts)| *counts != (0, 0))
        .collect();
    channels.sort();
    let expected = [
        ("direct", (920, 392)),
        ("organic_search", (467, 467)),
        ("organic_social", (53, 53)),
        ("referral", (133, 133)),
        ("unassigned", (65, 65)),
    ];
    assert_eq!(channels, expected.map(|(channel, counts)| (channel.to_owned(), counts)));
    assert_eq!(count(&answer["total"]), (1_638, 1_110));
    assert_eq!(answer["total"]["metrics"]["invalid"], 2_312);
    let sum: i64 = answer["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["metrics"]["invalid"].as_i64().unwrap())
        .sum();
    assert_eq!(sum, 2_312, "the rows add up, robots as well");
    program.kill();
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&folder.path().join("data"));
    let table = "when;what;worth;from\n2026-11-01;sale;10.00;letter\nyesterday;sale;5;letter\n2026-11-02;sale;-5;letter\n\
                 2026-11-03;sale\n\n2026-11-04;gift;1;letter\n";
    let table = file(folder.path(), "table.csv", table.as_bytes());
    let maps =
        ["--map", "occurred_at=when", "--map", "kind=what", "--map", "value=worth", "--map", "source=from"];
    let options: Vec<&str> = ["--format", "csv", "--delimiter", ";"].into_iter().chain(maps).collect();
    let (summary, printed) = import(&program.url, &program.keys.write, &table, &options).await;
    let summary = summary.unwrap();
    assert_eq!(summary.accepted, 1, "{printed}");
    let lines: Vec<u64> = summary.rejected.iter().map(|(line, _)| line.number).collect();
    assert_eq!(lines, [3, 4, 5, 7], "{printed}");
    for says in [
        "line 3: \"yesterday\" is no time",
        "line 4: value must not be negative",
        "line 5: has 2 columns where the header has 4",
        "line 7: \"gift\" is not a kind",
    ] {
        assert!(printed.contains(says), "{says} is not in {printed}");
    }
    for (options, says) in [
        (
            vec!["--format", "csv", "--map", "occurred_at=time"],
            "there is no column \"time\"; the columns are when, what, worth, from",
        ),
        (vec!["--format", "csv", "--delimiter", ";", "--map", "when=when"], "an event has no field \"when\""),
        (vec!["--format", "csv", "--delimiter", ";", "--map", "occurred_at=when"], "kind is missing"),
        (vec!["--format", "csv", "--delimiter", "::"], "neither one character"),
        (vec!["--format", "access-log"], "--origin"),
    ] {
        let (summary, _) = import(&program.url, &program.keys.write, &table, &options).await;
        let error = summary.unwrap_err().to_string();
        assert!(error.contains(says), "{says} is not in {error}");
    }
    let (refused, _) = import(&program.url, "rk_write_wrong", &table, &options).await;
    assert!(matches!(refused, Err(ImportError::Send(import::SendError::Key(_)))));
    let dry: Vec<&str> = options.iter().copied().chain(["--dry-run"]).collect();
    let (_, printed) = import("http://127.0.0.1:1", "none", &table, &dry).await;
    assert!(
        printed.contains("3 events would be sent") && printed.contains("\"source\":\"letter\""),
        "{printed}"
    );
    program.kill();
}

/// A deployment that answers each request with the next of `answers`; where it answers.
async fn deployment(answers: &[(u16, &'static str)]) -> String {
    use axum::http::StatusCode;
    use axum::response::IntoResponse;
    let left = std::sync::Mutex::new(Vec::from(answers).into_iter());
    let left = std::sync::Arc::new(left);
    let router = axum::Router::new().fallback(async move || {
        let (status, body) = left.lock().unwrap().next().unwrap_or((500, "{}"));
        let headers = [("content-type", "application/json"), ("retry-after", "0")];
        (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn a_deployment_that_stumbles_is_asked_again_and_one_that_lies_down_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let table = file(folder.path(), "table.csv", b"when\n2026-11-01\n2026-11-02\n");
    let options = ["--format", "csv", "--kind", "view", "--map", "occurred_at=when", "--no-wait"];
    let accepted = r#"{"accepted": 2, "duplicates_in_request": 0, "rejected": []}"#;
    let down = r#"{"code": "unavailable", "detail": "The storage did not answer in time."}"#;
    let url = deployment(&[(503, down), (500, "no json"), (429, "{}"), (202, accepted)]).await;
    let (summary, _) = import(&url, "k", &table, &options).await;
    assert_eq!(summary.unwrap().accepted, 2);
    let url = deployment(&[(503, down); 20]).await;
    let (summary, _) = import(&url, "k", &table, &options).await;
    let error = summary.unwrap_err().to_string();
    assert!(error.contains("503 again and again: The storage did not answer in time."), "{error}");
    let faults = r#"{"code": "invalid_events", "detail": "x", "errors": [{"pointer": "/0/kind", "detail": "first"}, {"pointer": "/1/kind", "detail": "second"}]}"#;
    let url = deployment(&[(422, faults)]).await;
    let (summary, printed) = import(&url, "k", &table, &options).await;
    assert_eq!(summary.unwrap().rejected.len(), 2);
    assert!(printed.contains("line 2: first") && printed.contains("line 3: second"), "{printed}");
}
