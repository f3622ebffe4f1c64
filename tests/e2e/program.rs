//! The program as a process of its own: killed, stopped and started again, it loses nothing.

use std::io::{BufRead, BufReader, Read, stdout};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reckon::demo::{self, Keys};
use reckon::serve::{Options, keys_file, serve};
use serde_json::{Value, json};

/// Names the data folder to a process that is to serve; see [`a_child_that_serves`].
const DATA: &str = "RECKON_TEST_DATA";

/// Does nothing, unless the process was started by [`Program::start`]: then it serves until it is ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_serves() {
    let Ok(data) = std::env::var(DATA) else { return };
    serve(&Options { port: 0, data: data.into() }, &mut stdout()).await.unwrap();
}

/// A served data folder.
pub struct Program {
    child: Child,
    pub url: String,
    pub keys: Keys,
}

impl Program {
    /// Starts this test binary again, as the program.
    pub fn start(data: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "program::a_child_that_serves", "--nocapture"])
            .env(DATA, data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .find_map(|line| {
                Some(line.unwrap().split_once("Reckon serves ")?.1.split(' ').next()?.to_owned())
            })
            .expect("the program says where it serves");
        let keys = demo::read(&keys_file(data)).unwrap().unwrap();
        // The rest of what it prints must go somewhere, or it would stand still.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url, keys }
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as ctrl-c does; answers whether it ended well.
    pub fn interrupt(mut self) -> bool {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        self.child.wait().unwrap().success()
    }

    pub async fn post(&self, events: &Value) -> reqwest::Result<u16> {
        let request =
            reqwest::Client::new().post(format!("{}/v1/events", self.url)).bearer_auth(&self.keys.write);
        Ok(request.json(events).send().await?.status().as_u16())
    }

    pub async fn get(&self, path: &str) -> Value {
        let request = reqwest::Client::new().get(format!("{}{path}", self.url)).bearer_auth(&self.keys.read);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Asks again and again until the answer is as `wanted`, for at most two minutes.
    pub async fn wait_for(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.get(path).await;
            if wanted(&answer) || begun.elapsed() > Duration::from_mins(2) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ended already, as a rule.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sales(from: usize, to: usize) -> Value {
    let sale = |number| json!({"id": format!("order-{number}"), "kind": "sale", "value": "1.01", "occurred_at": "2026-11-01T12:00:00Z"});
    json!((from..to).map(sale).collect::<Vec<_>>())
}

const REPORT: &str = "/v1/reports/summary?from=2026-11-01&to=2026-11-01";

#[tokio::test]
async fn a_kill_loses_nothing_that_was_acknowledged_and_counts_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    let keys = program.keys.clone();
    for number in 0..20 {
        assert_eq!(program.post(&sales(number * 5, number * 5 + 5)).await.unwrap(), 202);
    }
    program.kill();

    let program = Program::start(folder.path());
    assert_eq!(program.keys.write, keys.write, "a restart keeps the keys");
    // The sender is not sure of the last ones, sends them again, and some new ones.
    assert_eq!(program.post(&sales(80, 110)).await.unwrap(), 202);
    let answer = program.wait_for(REPORT, |answer| answer["metrics"]["sales"] == 110).await;
    assert_eq!((&answer["metrics"]["sales"], &answer["metrics"]["revenue"]), (&json!(110), &json!(111.1)));
    assert!(program.interrupt(), "ctrl-c ends it well");

    let program = Program::start(folder.path());
    assert_eq!(program.get(REPORT).await["metrics"]["sales"], 110);
    program.kill();
}

#[tokio::test]
async fn keys_lie_where_only_their_owner_reads_them() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    let mode = std::fs::metadata(keys_file(folder.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut text = String::new();
    std::fs::File::open(keys_file(folder.path())).unwrap().read_to_string(&mut text).unwrap();
    for key in [&program.keys.publish, &program.keys.write, &program.keys.read, &program.keys.admin] {
        assert!(key.starts_with("rk_") && text.contains(key.as_str()));
    }
    program.kill();
}

#[test]
fn a_port_is_that_of_the_deployment_which_an_import_or_a_list_is_held_against() {
    use reckon::command_line::{Command, arguments};
    let url = |line: &str| {
        let line = std::iter::once("reckon").chain(line.split(' ')).map(Into::into);
        let command = arguments(line).map_err(|error| error.to_string())?.command;
        Ok(match command {
            Some(Command::Import(args)) => args.url,
            Some(Command::Reconcile(args)) => args.url,
            _ => String::new(),
        })
    };
    for (line, expected) in [
        ("import orders.csv", Ok("http://127.0.0.1:8080")),
        ("import orders.csv --port 9000", Ok("http://127.0.0.1:9000")),
        ("--port 9000 import orders.csv", Ok("http://127.0.0.1:9000")),
        ("import orders.csv --port 9000 --url https://api.example", Ok("https://api.example")),
        ("reconcile orders.csv --port 9000", Ok("http://127.0.0.1:9000")),
        ("serve --port 9000", Ok("")),
        ("--port 9000", Ok("")),
        ("table --port 9000", Err("--listen says where it is served")),
    ] {
        let told: Result<String, String> = url(line);
        match expected {
            Ok(expected) => assert_eq!(told.as_deref(), Ok(expected), "{line}"),
            Err(says) => assert!(told.clone().is_err_and(|error| error.contains(says)), "{line}: {told:?}"),
        }
    }
}

#[test]
fn the_help_of_an_import_has_each_option_under_its_heading() {
    let line = ["reckon", "import", "--help"].map(Into::into);
    let help = reckon::command_line::arguments(line).unwrap_err().to_string();
    let heading = |option: &str| {
        let before = help.split_once(&format!("--{option} ")).map(|(before, _)| before)?;
        before.lines().rev().find(|line| line.ends_with(':') && !line.starts_with(' ')).map(str::to_owned)
    };
    for (option, expected) in [
        ("format", "Options:"),
        ("port", "Options:"),
        ("data", "Options:"),
        ("origin", "Access logs:"),
        ("visitor", "Access logs:"),
        ("map", "Tables:"),
        ("time-zone", "Tables:"),
        ("decimal", "Tables:"),
        ("channel", "Exports of advertising platforms:"),
    ] {
        assert_eq!(heading(option).as_deref(), Some(expected), "{option} in {help}");
    }
}

#[test]
fn what_went_wrong_is_told_in_a_plain_sentence() {
    let source = std::io::Error::other("no such file");
    let error = reckon::import::ImportError::File { path: "orders.csv".into(), source };
    let mut told = Vec::new();
    reckon::command_line::tell(&mut told, &error).unwrap();
    assert_eq!(String::from_utf8(told).unwrap(), "orders.csv cannot be read: no such file\n");
}
