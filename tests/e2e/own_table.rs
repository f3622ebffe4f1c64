//! A reader's own table: imported without an option, told what was taken for what, and shown where it says.

use serde_json::json;

use crate::imports::{file, import};
use crate::program::Program;

#[tokio::test]
async fn a_table_of_ones_own_needs_no_options_and_says_what_it_was_taken_for() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&folder.path().join("data"));
    let table = "Created at;Order ID;Total;utm_source;utm_medium;Note\n\
                 13/11/2026 10:00;A-1;1.234,56;google;cpc;first\n02/11/2026 09:30;A-2;10,5;;;\n\
                 02/11/2026 09:30;A-2;10,5;;;again\n";
    let table = file(folder.path(), "orders.csv", table.as_bytes());
    let (dry, printed) = import(&program.url, &program.keys.write, &table, &["--dry-run"]).await;
    assert_eq!(dry.unwrap().accepted, 0, "{printed}");
    let (summary, printed) = import(&program.url, &program.keys.write, &table, &[]).await;
    assert_eq!(summary.unwrap().accepted, 2, "{printed}");
    for says in [
        "occurred_at from \"Created at\", order from \"Order ID\", value from \"Total\", utm.source from \"utm_source\"",
        "every row is a sale; not read: Note",
        "#period=custom&from=2026-11-02&to=2026-11-13",
    ] {
        assert!(printed.contains(says), "{says} is not in {printed}");
    }
    let path = "/v1/reports/channels?from=2026-11-02&to=2026-11-13";
    let report = program.get(path).await;
    // An order is one sale, whichever rows name it; 1.234,56 is what the other row's comma says it is.
    assert_eq!(report["total"]["metrics"]["gross_revenue"], json!(1_245.06), "{report}");
    assert_eq!(report["total"]["metrics"]["sales"], json!(2));
    let rows: Vec<_> = report["rows"].as_array().unwrap().iter().map(|row| &row["channel"]).collect();
    assert_eq!(rows, ["paid_search", "direct"]);
    program.kill();
}

#[tokio::test]
async fn a_table_that_may_be_meant_in_two_ways_is_not_imported() {
    let folder = tempfile::tempdir().unwrap();
    for (table, says) in [
        ("date,total\n02/03/2026,5\n", "line 2: 02/03/2026 may be 2026-03-02 or 2026-02-03"),
        ("date,total\n2026-11-01,\"1,234\"\n", "line 2: 1,234 may be a number of thousands"),
        ("2026-11-01,5\n2026-11-02,6\n", "the first line has to name the columns"),
        ("when,what\nnow,that\n", "no column looks like a time: say --map occurred_at=COLUMN"),
        ("date,page\n2026-11-01,/\n", "what the rows are is not told: say --kind"),
    ] {
        let path = file(folder.path(), "own.csv", table.as_bytes());
        let (refused, _) = import("http://127.0.0.1:1", "none", &path, &["--dry-run"]).await;
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(says), "{says} is not in {error}");
    }
}
