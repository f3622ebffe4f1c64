//! Costs: exports of advertising platforms and programs that tell what campaigns cost, where telling again replaces.

use std::path::{Path, PathBuf};

use axum::http::Method;
use reckon::import::ImportError;
use serde_json::{Value, json};

use crate::imports::{file, import};
use crate::program::Program;
use crate::support::{Answer, World};

const NOW: &str = "2026-11-23T05:00:30Z";

/// An export of `tests/data/ads`.
fn export(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/ads").join(name)
}

/// What the import of an export prints.
async fn imported(program: &Program, name: &str, options: &[&str]) -> String {
    let (summary, printed) = import(&program.url, &program.keys.write, &export(name), options).await;
    let summary = summary.unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(summary.rejected.is_empty(), "{printed}");
    printed
}

/// Why an import of a file is refused, without a deployment.
async fn refused(path: &Path, options: &[&str]) -> String {
    let dry = [&["--dry-run"], options].concat();
    match import("http://127.0.0.1:1", "k", path, &dry).await {
        (Err(ImportError::Options(reason)), _) => reason,
        (other, printed) => panic!("{}: {other:?} {printed}", path.display()),
    }
}

/// Spend, clicks and impressions of some days, once spend is what it is expected to be.
async fn metrics(program: &Program, query: &str, spend: Value) -> Value {
    let path = format!("/v1/reports/summary?{query}");
    let answer = program.wait_for(&path, |answer| answer["metrics"]["spend"] == spend).await;
    let of = |name: &str| answer["metrics"][name].clone();
    json!([of("spend"), of("clicks"), of("impressions")])
}

const AUTO: [&str; 2] = ["--format", "auto"];

#[tokio::test]
async fn the_figures_of_each_platform_are_those_of_its_export_to_the_cent() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    for (name, says, source, expected) in [
        ("google.csv", "Google Ads, 6 rows, 3 days, 3 campaigns", "google", json!([1_692.18, 237, 102_106])),
        ("meta.csv", "Meta Ads, 5 rows, 2 days, 2 campaigns", "facebook", json!([350.55, 77, 7_001])),
        (
            "linkedin.csv",
            "LinkedIn Ads, 3 rows, 3 days, 2 campaigns",
            "linkedin",
            json!([820.24, 62, 10_110]),
        ),
        (
            "microsoft.csv",
            "Microsoft Advertising, 3 rows, 2 days, 2 campaigns",
            "bing",
            json!([1_045.25, 105, 41_900]),
        ),
    ] {
        let printed = imported(&program, name, &AUTO).await;
        assert!(printed.contains(says), "{printed}");
        assert!(
            name == "linkedin.csv" || printed.contains("the file's own total says the same"),
            "{printed}"
        );
        assert!(printed.contains("all of it is in the reports"), "{printed}");
        assert!(printed.contains("what the platform counts as conversions is not imported"), "{printed}");
        let query = format!("from=2024-11-01&to=2024-11-30&source={source}");
        assert_eq!(metrics(&program, &query, expected[0].clone()).await, expected, "{name}");
        // Again: nothing is stored, nothing moves.
        let printed = imported(&program, name, &AUTO).await;
        assert!(printed.contains("0 new, 0 restated,"), "{printed}");
        assert_eq!(metrics(&program, &query, expected[0].clone()).await, expected, "{name}");
    }
    let path = "/v1/reports/breakdown?by=channel,campaign&from=2024-11-01&to=2024-11-30&limit=100";
    let rows = program.get(path).await["rows"].clone();
    let of = |channel: &str, campaign: &str| {
        let row = rows
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["channel"] == channel && row["campaign"] == campaign);
        row.unwrap_or_else(|| panic!("{channel} {campaign}: {rows}"))["metrics"]["spend"].clone()
    };
    assert_eq!(of("paid_search", "Brand | Search"), json!(457.55));
    assert_eq!(of("display", "Autumn Größe 42"), json!(1_234.56));
    assert_eq!(of("cross_network", "Total recall"), json!(0.07));
    assert_eq!(of("paid_social", "Autumn \"Sale\", EU"), json!(350.55));
    assert_eq!(of("display", "Audience prospecting"), json!(1_022.75));
    program.kill();
}

#[tokio::test]
async fn restated_days_replace_and_never_add_in_whatever_order_files_come() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    let query = "from=2024-11-01&to=2024-11-03";
    let first = json!([1_692.18, 237, 102_106]);
    // A campaign of the first day is not in the second file: what stood of it stays.
    let second = json!([1_680.34, 227, 101_574]);
    let plain = [&AUTO[..], &["--dry-run"]].concat();
    imported(&program, "google.csv", &AUTO).await;
    assert_eq!(metrics(&program, query, first[0].clone()).await, first);

    let dry = imported(&program, "google-restated.csv", &plain).await;
    for says in [
        "5 days of campaigns: 1 would be new, 2 would be restated, 2 unchanged",
        "restated 2024-11-02 paid_search Brand | Search: spend 165.1 -> 150, clicks 39 -> 35, impressions 1180 -> 1150",
        "restated 2024-11-03 cross_network Total recall: spend 0.07 -> 0, clicks 7 -> 0, impressions 512 -> 0",
        "stays 2024-11-01 display Autumn Größe 42: spend 1234.56, told before and in none of these files",
        "nothing was stored",
    ] {
        assert!(dry.contains(says), "{says} is not in {dry}");
    }
    assert_eq!(metrics(&program, query, first[0].clone()).await, first);

    for (name, expected) in [
        ("google-restated.csv", &second),
        ("google.csv", &first),
        ("google-restated.csv", &second),
        ("google-restated.csv", &second),
        ("google.csv", &first),
    ] {
        imported(&program, name, &AUTO).await;
        assert_eq!(metrics(&program, query, expected[0].clone()).await, *expected, "{name}");
    }
    // Where clicks are tracked already, only the spend is wanted; what was told of the others is withdrawn.
    let only = [&AUTO[..], &["--only", "spend"]].concat();
    imported(&program, "google.csv", &only).await;
    assert_eq!(metrics(&program, query, first[0].clone()).await, json!([first[0], 0, 0]));
    imported(&program, "google.csv", &AUTO).await;
    assert_eq!(metrics(&program, query, first[0].clone()).await, first);
    // The address that is told takes away what no file of the import names, and nothing else.
    let (_, remedy) = dry.split_once("where it is wrong, DELETE ").unwrap();
    let address = format!("{}{}", program.url, remedy.split(" takes it away").next().unwrap());
    let delete = || reqwest::Client::new().delete(&address).bearer_auth(&program.keys.write).send();
    assert_eq!(delete().await.unwrap().status(), 204, "{address}");
    let without = metrics(&program, query, json!(457.62)).await;
    assert_eq!(without[0], json!(457.62));
    let told: Value = delete().await.unwrap().json().await.unwrap();
    assert_eq!(told["detail"], "There is no such spend of the source google in this site.");
    let bare = address.split('?').next().unwrap();
    let told = reqwest::Client::new().get(bare).bearer_auth(&program.keys.read).send().await.unwrap();
    let told: Value = told.json().await.unwrap();
    assert!(told["detail"].as_str().unwrap().contains("add ?source=google"), "{told}");
    imported(&program, "google.csv", &AUTO).await;
    assert_eq!(metrics(&program, query, first[0].clone()).await, first);
    // Another channel for the same campaigns moves them.
    let moved = [&AUTO[..], &["--channel", "paid_other"]].concat();
    let printed = imported(&program, "google.csv", &moved).await;
    assert!(printed.contains("moved from"), "{printed}");
    assert_eq!(metrics(&program, query, first[0].clone()).await, first);
    let path = format!("/v1/reports/channels?{query}");
    let rows =
        program.wait_for(&path, |answer| answer["rows"][0]["channel"] == "paid_other").await["rows"].clone();
    assert_eq!(rows[0]["metrics"]["spend"], json!(1_692.18), "{rows}");
    program.kill();
}

#[tokio::test]
async fn the_numbers_and_days_of_other_countries_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    for (name, query, expected) in [
        ("google-de.csv", "source=google", json!([2_572.117891, 200, 100_494])),
        ("microsoft-fr.csv", "source=bing", json!([1_022.55, 45, 13_000])),
    ] {
        imported(&program, name, &AUTO).await;
        let query = format!("from=2024-11-01&to=2024-11-30&{query}");
        assert_eq!(metrics(&program, &query, expected[0].clone()).await, expected, "{name}");
    }
    // Rows of devices add up to the campaign's day.
    imported(&program, "google-segmented.csv", &[&AUTO[..], &["--source", "two"]].concat()).await;
    let query = "from=2024-11-01&to=2024-11-01&source=two";
    assert_eq!(metrics(&program, query, json!(1_021)).await, json!([1_021, 31, 305]));
    program.kill();
}

#[tokio::test]
async fn what_is_not_understood_names_its_line_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    for (name, options, says) in [
        ("google-summary.csv", vec![], vec!["line 3", "no column holds days", "Segment > Time > Day"]),
        (
            "meta-range.csv",
            vec![],
            vec!["line 2", "covers 2024-11-01 to 2024-11-30", "Breakdown > By time > Day"],
        ),
        (
            "meta-eur.csv",
            vec!["--currency", "USD"],
            vec!["line 1", "the cost is in EUR", "nothing is converted"],
        ),
        ("linkedin-summary.csv", vec![], vec!["line 2", "covers 2024-11-01 to 2024-11-14", "Daily"]),
        ("google.csv", vec!["--map", "spend=Price"], vec!["google.csv", "has no header that is known"]),
        ("google.csv", vec!["--set", "kind=spend"], vec!["--set, --kind and --origin say nothing"]),
        ("google.csv", vec!["--map", "cost=Cost"], vec!["--map takes day, end, campaign, spend"]),
        ("google.csv", vec!["--date-format", "%Q"], vec!["google.csv, %Q is no format of dates"]),
        ("google.csv", vec!["--currency", "EUR"], vec!["line 4", "the cost is in USD", "reports in EUR"]),
    ] {
        let error = refused(&export(name), &[&AUTO[..], &options].concat()).await;
        for says in says {
            assert!(error.contains(says), "{name}: {says} is not in {error}");
        }
    }
    let header = "Day,Campaign,Cost,Impr.";
    for (content, says) in [
        ("a,b\n1,2\n", "--format meta-ads has day, campaign name, impressions, link clicks, amount spent"),
        ("", "the file is empty"),
        ("Day,Campaign,Cost,Spend\n", "may be of Google Ads or Microsoft Advertising"),
        ("HEAD\n3/4/2024,A,1,1\n3/4/2024,B,1,1\n", "line 2: 3/4/2024 may be 2024-04-03 or 2024-03-04"),
        ("HEAD\n3/4/2024,A,1,1\n", "--date-format %d/%m/%Y or --date-format %m/%d/%Y"),
        (
            "HEAD\n13/4/2024,A,1,1\n4/13/2024,A,1,1\n",
            "line 2: 13/4/2024 has the day first, and line 3: 4/13/2024 the month",
        ),
        ("HEAD\n2024-11-01,A,\"1,234\",1\n", "line 2: 1,234 may be a number of thousands"),
        ("HEAD\n2024-11-01,A,\"1,234\",1\n", "--decimal point or --decimal comma"),
        (
            "HEAD\n2024-11-01,A,\"1,2\",1\n2024-11-02,A,1.2,1\n",
            "line 3: 1.2 has a decimal point, and line 2: 1,2",
        ),
        ("HEAD\n2024-11-01,A,twelve,1\n", "line 2: Cost: \"twelve\" is not a decimal number"),
        ("HEAD\n2024-11-01,A,1,1.5\n", "line 2: Impr.: \"1.5\" is no count"),
        ("HEAD\n2024-11-01,A,1.1234567,1\n", "line 2: Cost: \"1.1234567\" has more than 6 decimals"),
        ("HEAD\n2024-11-01,A,-5.00,1\n", "line 2: \"A\" costs -5 on 2024-11-01, less than nothing"),
        ("HEAD\n2024-11-01,A,5.00,1\nsoon,B,5.00,1\n", "line 3: \"soon\" is no day that is understood"),
        ("HEAD\n2024-11-01,A,5.00,1\n2024-11-02,\"B,5.00,1\n", "line 3: a quote is opened and never closed"),
        (
            "Day,Campaign,Cost,Cost,Impr.\n2024-11-01,A,1,2,1\n",
            "line 1: two columns may be the spend, \"Cost\" and \"Cost\"",
        ),
        ("HEAD\n2024-11-01,A,twelve,1\n", "If it is a table of your own, say --format csv"),
        ("HEAD\n2024-11-01,A,5.00\n", "line 2: has 3 columns where the header has 4"),
        ("HEAD\n2024-11-01,,5.00,1\n", "line 2: names no campaign"),
        ("HEAD\nTotal: Account,,5.00,1\n", "line 1: no row of a campaign follows the header"),
        ("Day,Cost,Impr.\n2024-11-01,1,1\n", "line 1: no column names the campaign"),
        ("HEAD\n2024-02-30,A,5.00,1\n", "line 2: \"2024-02-30\" is no day of the calendar"),
        ("HEAD\n2024-11-01,A,12k,1\n", "line 2: Cost: \"12k\" is no number"),
        ("HEAD\n2024-11-01,A,5 CR,1\n", "line 2: Cost: \"5 CR\" is no number"),
        ("HEAD\n2024-11-01,A,5,1.2M\n", "line 2: Impr.: \"1.2M\" is no number"),
    ] {
        let path = file(folder.path(), "export.csv", content.replace("HEAD", header).as_bytes());
        let error = refused(&path, &AUTO).await;
        assert!(error.contains(says), "{says} is not in {error}");
    }
    // Two currencies in one file.
    let mixed = "Day,Campaign,Cost,Currency code\n2024-11-01,A,1,USD\n2024-11-02,A,1,EUR\n";
    let error = refused(&file(folder.path(), "mixed.csv", mixed.as_bytes()), &AUTO).await;
    assert!(error.contains("line 3: the cost is in EUR, and lines before it are in USD"), "{error}");
    // The remedies help.
    let both = file(folder.path(), "both.csv", b"Day,Campaign,Cost,Impr.\n3/4/2024,A,\"1,234\",1\n");
    for (options, spend) in [
        (["--date-format", "%d/%m/%Y", "--decimal", "point"], "2024-04-03 to 2024-04-03: spend 1234,"),
        (["--date-format", "%m/%d/%Y", "--decimal", "comma"], "2024-03-04 to 2024-03-04: spend 1.234,"),
    ] {
        let dry = [&AUTO[..], &options, &["--dry-run"]].concat();
        let (summary, printed) = import("http://127.0.0.1:1", "k", &both, &dry).await;
        assert!(summary.is_ok() && printed.contains(spend), "{summary:?} {printed}");
        assert!(printed.contains("what would change cannot be told"), "{printed}");
    }
    // The words before the header settle the order of day and month.
    let report = "Campaign Performance Report\nReport Start: November 1, 2024, 12:00 AM\n\
                  Report End: November 9, 2024, 11:59 PM\n\n\
                  Start Date (in UTC)\tCampaign Name\tTotal Spent\tClicks\n11/1/2024\tA\t5\t1\n11/2/2024\tA\t6\t1\n";
    let report = file(folder.path(), "report.csv", report.as_bytes());
    let (_, printed) = import("http://127.0.0.1:1", "k", &report, &["--dry-run"]).await;
    assert!(printed.contains("2024-11-01 to 2024-11-02: spend 11,"), "{printed}");
    assert!(!printed.contains("What was sent"), "{printed}");
    let foreign = "Fecha;Nombre;Gasto\n01/11/2024;A;12,50\n02/11/2024;A;0,75\n";
    let foreign = file(folder.path(), "spanish.csv", foreign.as_bytes());
    let options =
        ["--format", "google-ads", "--map", "day=Fecha", "--map", "campaign=Nombre", "--map", "spend=Gasto"];
    let dry = [&options[..], &["--date-format", "%d/%m/%Y", "--dry-run"]].concat();
    let (_, printed) = import("http://127.0.0.1:1", "k", &foreign, &dry).await;
    assert!(printed.contains("2 days, 1 campaign") && printed.contains("spend 13.25"), "{printed}");
}

#[tokio::test]
async fn an_amount_in_another_currency_than_the_site_is_refused_however_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for (cells, site, says) in [
        ("$1.50", Some("EUR"), Some("line 2: the cost is in $, USD, and the site reports in EUR")),
        ("7.00 EUR", Some("USD"), Some("line 2: the cost is in EUR, and the site reports in USD")),
        ("CHF 7.00", Some("USD"), Some("line 2: the cost is in CHF, and the site reports in USD")),
        ("¥700", Some("USD"), Some("line 2: the cost is in ¥, JPY, and the site reports in USD")),
        ("CA$7.00", Some("USD"), Some("line 2: the cost is in CA$, CAD, and the site reports in USD")),
        ("700 kr", Some("EUR"), Some("line 2: the cost is in kr, SEK, and the site reports in EUR")),
        ("1|€2", Some("USD"), Some("line 3: the cost is in €, EUR, and the site reports in USD")),
        ("€1|£2", None, Some("line 3: the cost is in £, GBP, and lines before it are in EUR")),
        ("$1|£2", None, Some("line 3: the cost is in £, GBP, and lines before it are in USD")),
        ("$1 USD|€2 USD", Some("USD"), Some("line 3: Cost: \"€2 USD\" names two currencies")),
        // A sign that many share fits each of them.
        ("$7.00", Some("cad"), None),
        ("$7.00|7.00 CAD", Some("CAD"), None),
        ("¥700", Some("CNY"), None),
        ("700 kr", Some("NOK"), None),
    ] {
        let rows =
            cells.split('|').map(|cell| format!("2024-11-01,A,{cell},1\n")).collect::<Vec<_>>().concat();
        let path = file(folder.path(), "signed.csv", format!("Day,Campaign,Cost,Impr.\n{rows}").as_bytes());
        let options = site.map_or_else(Vec::new, |site| vec!["--currency", site]);
        let options = [&AUTO[..], &options].concat();
        match says {
            Some(says) => {
                let error = refused(&path, &options).await;
                assert!(error.contains(says), "{cells}: {says} is not in {error}");
            }
            None => {
                let dry = [&options[..], &["--dry-run"]].concat();
                let (summary, printed) = import("http://127.0.0.1:1", "k", &path, &dry).await;
                assert!(summary.is_ok(), "{cells}: {summary:?} {printed}");
            }
        }
    }
    // The name of a column that --map names tells the currency as well.
    let named = "Day,Campaign,Kosten in €\n2024-11-01,A,1\n";
    let named = file(folder.path(), "named.csv", named.as_bytes());
    let options = ["--format", "google-ads", "--map", "spend=Kosten in €", "--currency", "USD"];
    let error = refused(&named, &options).await;
    assert!(error.contains("line 1: the cost is in EUR, and the site reports in USD"), "{error}");
}

#[tokio::test]
async fn a_table_that_may_be_of_any_platform_or_mean_two_numbers_says_what_settles_it() {
    let folder = tempfile::tempdir().unwrap();
    for (content, says) in [
        // A semicolon between columns does not tell what a comma before three digits is.
        (
            "Gregorian date;Campaign name;Spend\n2024-11-01;A;1,234\n2024-11-02;A;2,500\n",
            "line 2: 1,234 may be a number of thousands",
        ),
        // Words that anybody uses tell no platform.
        (
            "Date,Campaign,Spend\n2024-11-01,A,1\n",
            "line 1: Date, Campaign, Spend may be columns of any platform: say whose costs they are, with one of --format google-ads",
        ),
        ("Day,Campaign,Cost\n2024-11-01,A,1\n", "--format microsoft-ads, and --map spend=\"Cost\""),
    ] {
        let error = refused(&file(folder.path(), "export.csv", content.as_bytes()), &AUTO).await;
        assert!(error.contains(says), "{says} is not in {error}");
    }
    // What is said of them helps, whichever platform it is.
    let generic = file(folder.path(), "generic.csv", b"Date,Campaign,Spend\n2024-11-01,A,1.50\n");
    for format in ["google-ads", "meta-ads", "linkedin-ads", "microsoft-ads"] {
        let dry = ["--format", format, "--map", "spend=Spend", "--dry-run"];
        let (summary, printed) = import("http://127.0.0.1:1", "k", &generic, &dry).await;
        assert!(summary.is_ok() && printed.contains("spend 1.5,"), "{format}: {summary:?} {printed}");
    }
    // Where columns are parted by semicolons, the points of one column tell what the commas of another are.
    let settled = "Gregorian date;Campaign name;Impressions;Spend\n2024-11-01;A;1.204;1,234\n";
    let settled = file(folder.path(), "settled.csv", settled.as_bytes());
    let (_, printed) =
        import("http://127.0.0.1:1", "k", &settled, &[&AUTO[..], &["--dry-run"]].concat()).await;
    assert!(printed.contains("spend 1.234, 0 clicks, 1204 impressions"), "{printed}");
}

#[tokio::test]
async fn a_total_that_the_rows_do_not_add_up_to_is_told_and_files_that_contradict_each_other_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let table = "Day,Campaign,Cost,Impr.\n2024-11-01,A,12.50,1\nTotal: Account,,20.00,1\n";
    let one = file(folder.path(), "one.csv", table.as_bytes());
    let dry = [&AUTO[..], &["--dry-run"]].concat();
    let (_, printed) = import("http://127.0.0.1:1", "k", &one, &dry).await;
    assert!(printed.contains("warning: line 3 totals 20, and its rows add up to 12.5"), "{printed}");
    for (other, contradicts) in [("12.50", false), ("13", true)] {
        let content = format!("Day,Campaign,Cost,Impr.\n2024-11-01,A,{other},1\n");
        let two = file(folder.path(), "two.csv", content.as_bytes());
        let both = [&dry[..], &[two.to_str().unwrap()]].concat();
        let (summary, _) = import("http://127.0.0.1:1", "k", &one, &both).await;
        let error = summary.map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(
            error.contains("is told by one.csv, line 2 and otherwise by two.csv, line 2"),
            contradicts,
            "{error}"
        );
    }
    // A day that lies ahead has cost nothing yet.
    let program = Program::start(&folder.path().join("data"));
    let ahead = b"Day,Campaign,Cost,Impr.\n9000-01-01,A,1,1\n2024-11-01,A,1,1\n";
    let ahead = file(folder.path(), "ahead.csv", ahead);
    let (summary, printed) = import(&program.url, &program.keys.write, &ahead, &AUTO).await;
    assert_eq!(summary.unwrap().accepted, 1, "{printed}");
    assert!(printed.contains("1 day of a campaign is left out: not begun yet"), "{printed}");
    let (refused, _) = import(&program.url, "rk_write_wrong", &ahead, &AUTO).await;
    assert!(matches!(refused, Err(ImportError::Send(_))));
    // The site has one currency, whatever an option says.
    for options in [&["--currency", "EUR"][..], &["--currency", "EUR", "--dry-run"]] {
        let options = [&AUTO[..], options].concat();
        let (refused, printed) = import(&program.url, &program.keys.write, &ahead, &options).await;
        let error = refused.map_or_else(|error| error.to_string(), |_| printed);
        assert!(
            error.contains("--currency says EUR, but the site reports in USD; nothing is converted"),
            "{error}"
        );
    }
    let same = [&AUTO[..], &["--currency", "usd"]].concat();
    let (summary, printed) = import(&program.url, &program.keys.write, &ahead, &same).await;
    assert_eq!(summary.unwrap().accepted, 1, "{printed}");
    // Of one source each campaign has one amount a day, though two platforms tell it: neither withdraws the other's.
    let one = file(folder.path(), "one.csv", b"Day,Campaign,Cost,Impr.\n2024-11-01,A,5,1\n");
    let two = file(folder.path(), "two.csv", b"Gregorian date,Campaign name,Spend\n2024-11-01,A,7\n");
    let both = [&AUTO[..], &["--source", "ads", "--batch", "1", two.to_str().unwrap()]].concat();
    let (summary, printed) = import(&program.url, &program.keys.write, &one, &both).await;
    let summary = summary.unwrap();
    assert_eq!((summary.accepted, summary.rejected.len()), (1, 1), "{printed}");
    assert!(printed.contains("rejected two.csv, line 2: "), "{printed}");
    program.kill();
}

/// Tells what a campaign cost.
async fn put(world: &World, path: &str, body: Value) -> Answer {
    world.call(Method::PUT, &format!("/v1/spend/{path}"), &world.write, Some(body)).await
}

/// Spend, clicks and impressions of some days, by everything that is stored.
async fn counted(world: &World, query: &str) -> Value {
    world.pump().await;
    world.seal().await;
    let answer =
        world.get(&format!("/v1/reports/summary?from=2026-11-01&to=2026-11-23&{query}")).await.json();
    let of = |name: &str| answer["metrics"][name].clone();
    json!([of("spend"), of("clicks"), of("impressions")])
}

#[tokio::test]
async fn what_a_program_tells_replaces_what_it_told_and_is_withdrawn_and_told_again() {
    let world = World::with(NOW, "America/New_York", |_| {}).await;
    let day = "paid_search/spring%20%2F%20summer/2026-11-20";
    let spring = "campaign=spring%20/%20summer";
    let told = |spend: &str, clicks: u32, impressions: u32| json!({"spend": spend, "currency": "EUR", "clicks": clicks, "impressions": impressions, "medium": "cpc"});
    for (body, expected) in [
        (told("12.50", 25, 1_000), json!([12.5, 25, 1_000])),
        (told("13", 26, 1_000), json!([13, 26, 1_000])),
        (told("12.50", 25, 1_000), json!([12.5, 25, 1_000])),
        (told("12.50", 25, 1_000), json!([12.5, 25, 1_000])),
        (told("0", 0, 0), json!([0, 0, 0])),
        (told("1", 2, 3), json!([1, 2, 3])),
    ] {
        let answer = put(&world, day, body).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(counted(&world, spring).await, expected);
        let stands = world.call(Method::GET, &format!("/v1/spend/{day}"), &world.write, None).await.json();
        assert_eq!(stands["spend"], expected[0]);
        assert_eq!((&stands["campaign"], &stands["date"]), (&json!("spring / summer"), &json!("2026-11-20")));
    }
    // It stands on the site's own day, beginning at its midnight.
    let path = "/v1/reports/timeseries?from=2026-11-19&to=2026-11-21&interval=day";
    let rows = world.get(path).await.json()["rows"].clone();
    let spend: Vec<&Value> = rows.as_array().unwrap().iter().map(|row| &row["metrics"]["spend"]).collect();
    assert_eq!(spend, [&json!(0), &json!(1), &json!(0)]);
    // A source of its own is another amount.
    put(&world, day, json!({"spend": 5, "source": "google"})).await;
    assert_eq!(counted(&world, spring).await, json!([6, 2, 3]));
    assert_eq!(counted(&world, "source=google").await, json!([5, 0, 0]));
    for (_, expected) in [(1, 204), (2, 404)] {
        let gone = world.call(Method::DELETE, &format!("/v1/spend/{day}"), &world.write, None).await;
        assert_eq!(gone.status, expected);
        assert_eq!(world.get(&format!("/v1/spend/{day}")).await.status, 404);
        assert_eq!(counted(&world, spring).await, json!([5, 0, 0]));
    }
    // What was withdrawn may be told again.
    put(&world, day, told("7", 1, 1)).await;
    assert_eq!(counted(&world, spring).await, json!([12, 1, 1]));
    let gone =
        world.call(Method::DELETE, &format!("/v1/spend/{day}?source=google"), &world.write, None).await;
    assert_eq!(gone.status, 204);
    assert_eq!(counted(&world, spring).await, json!([7, 1, 1]));
}

#[tokio::test]
async fn telling_again_what_stands_stores_nothing() {
    let world = World::new(NOW).await;
    let entries = json!({"entries": [
        {"channel": "email", "campaign": "a", "date": "2026-11-20", "spend": "1", "clicks": 3, "source": "list"},
        {"channel": "email", "campaign": "b", "date": "2026-11-20", "spend": "2", "source": "list"},
        {"channel": "email", "campaign": "idle", "date": "2026-11-20", "spend": "0", "source": "list"},
    ]});
    let tell = async |query: &str, body: &Value| {
        let answer =
            world.call(Method::POST, &format!("/v1/spend{query}"), &world.write, Some(body.clone())).await;
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let answer = answer.json();
        let of = |name: &str| answer[name].as_u64().unwrap();
        ([of("new"), of("restated"), of("unchanged")], answer)
    };
    let written = std::sync::Arc::new(std::sync::Mutex::new(0));
    let heard = std::sync::Arc::clone(&written);
    world.spy.listen(move |operation, _| *heard.lock().unwrap() += u32::from(operation == "PutItem"));
    assert_eq!(tell("?validate_only=true", &entries).await.0, [2, 0, 1]);
    assert_eq!(*written.lock().unwrap(), 0);
    assert_eq!(tell("", &entries).await.0, [2, 0, 1]);
    let stored = std::mem::take(&mut *written.lock().unwrap());
    assert!(stored > 0);
    assert_eq!(tell("", &entries).await.0, [0, 0, 3]);
    assert_eq!(*written.lock().unwrap(), 0);
    world.spy.stop();

    // The campaign is told in another channel: it moves. What the source says nothing of stays, and is named.
    let other = json!({"entries": [
        {"channel": "sms", "campaign": "a", "date": "2026-11-20", "spend": "1", "clicks": 3, "source": "list"},
    ]});
    let (counts, answer) = tell("", &other).await;
    assert_eq!(counts, [0, 1, 0]);
    assert_eq!(answer["entries"][0]["moved_from"], json!(["email"]));
    assert_eq!(answer["unmentioned"][0]["campaign"], "b");
    assert_eq!(counted(&world, "campaign=a").await, json!([1, 3, 0]));
    assert_eq!(counted(&world, "channel=email").await, json!([2, 0, 0]));
    // Without a source nothing says that both are of one platform.
    let apart = |channel: &str| json!({"entries": [{"channel": channel, "campaign": "c", "date": "2026-11-20", "spend": "1"}]});
    tell("", &apart("email")).await;
    tell("", &apart("sms")).await;
    assert_eq!(counted(&world, "campaign=c").await, json!([2, 0, 0]));
}

#[tokio::test]
async fn what_cannot_be_spent_is_refused_with_its_reason() {
    let world = World::with(NOW, "UTC", |config| config.retention_days = Some(30)).await;
    let fine = json!({"spend": "1"});
    for (path, body, code, pointer, says) in [
        ("payed_search/a/2026-11-20", &fine, "unknown_channel", "channel", "did you mean paid_search?"),
        ("email/a/2026-11-31", &fine, "invalid_date", "date", "a day such as 2026-11-23"),
        ("email/a/2026-11-24", &fine, "time_out_of_range", "date", "UTC, it is 2026-11-23"),
        ("email/a/2026-10-01", &fine, "time_out_of_range", "date", "2026-10-01 lies before 2026-10-25"),
        ("email/a%0Ab/2026-11-20", &fine, "invalid_text", "campaign", "control characters"),
        ("email/a/2026-11-20", &json!({}), "missing_value", "/spend", "spend is missing"),
        ("email/a/2026-11-20", &json!({"spend": "-1"}), "negative_value", "/spend", "must not be negative"),
        (
            "email/a/2026-11-20",
            &json!({"spend": "1.1234567"}),
            "invalid_number",
            "/spend",
            "more than 6 decimals",
        ),
        ("email/a/2026-11-20", &json!({"spend": "1,50"}), "invalid_number", "/spend", "decimal number"),
        ("email/a/2026-11-20", &json!({"spend": 1_000_000_001}), "value_too_large", "/spend", "at most"),
        (
            "email/a/2026-11-20",
            &json!({"spend": 1, "currency": "USD"}),
            "currency_mismatch",
            "/currency",
            "reports in EUR",
        ),
        (
            "email/a/2026-11-20",
            &json!({"spend": 1, "clicks": 1_000_000_001}),
            "invalid_number",
            "/clicks",
            "from 0 to",
        ),
        (
            "email/a/2026-11-20",
            &json!({"spend": 1, "source": ""}),
            "invalid_text",
            "/source",
            "must not be empty",
        ),
        ("email/a/2026-11-20", &json!({"spend": 1, "cliks": 2}), "invalid", "/cliks", "unknown field"),
    ] {
        let answer = put(&world, path, body.clone()).await;
        let problem = answer.json();
        let fault = &problem["errors"][0];
        assert_eq!((answer.status, fault["code"].as_str()), (422, Some(code)), "{path} {body}: {problem}");
        assert_eq!(fault["pointer"], pointer, "{path} {body}");
        assert!(fault["detail"].as_str().unwrap().contains(says), "{says} is not in {problem}");
    }
    // Of several entries each is answered for; none is stored twice.
    let entry = |campaign: &str, spend: &str| json!({"channel": "email", "campaign": campaign, "date": "2026-11-20", "spend": spend});
    let body = json!({"entries": [entry("a", "1"), entry("b", "x"), entry("a", "2")]});
    let answer = world.call(Method::POST, "/v1/spend", &world.write, Some(body)).await.json();
    assert_eq!((&answer["new"], answer["rejected"].as_array().unwrap().len()), (&json!(1), 2), "{answer}");
    assert_eq!(answer["rejected"][0]["pointer"], "/entries/1/spend");
    assert_eq!(answer["rejected"][1]["code"], "repeated");
    assert_eq!(counted(&world, "").await, json!([1, 0, 0]));
    for body in [json!({"entries": []}), json!({"entries": [entry("b", "x")]})] {
        assert_eq!(world.call(Method::POST, "/v1/spend", &world.write, Some(body)).await.status, 422);
    }
    assert_eq!(put(&world, "email/%FF/2026-11-20", fine.clone()).await.status, 404);
    let read = world.call(Method::PUT, "/v1/spend/email/a/2026-11-20", &world.read, Some(fine)).await;
    assert_eq!(read.status, 403);
}

#[tokio::test]
async fn what_is_stored_is_what_events_would_have_stored() {
    let world = World::new(NOW).await;
    put(
        &world,
        "paid_search/spring/2026-11-20",
        json!({"spend": "12.5", "clicks": 2, "source": "google", "medium": "cpc"}),
    )
    .await;
    let site = world.site().await;
    let midnight = crate::support::minute("2026-11-20T00:00:00Z");
    let stored = world.store().segment(&site.id, midnight, 0).await.unwrap().versions;
    assert_eq!(stored.len(), 2);
    for version in stored {
        let sent = version.event.sent.clone();
        let mut body = json!({
            "id": sent.id.as_str(), "kind": sent.kind.as_str(), "occurred_at": "2026-11-20T00:00:00Z",
            "channel": "paid_search", "utm": {"source": "google", "medium": "cpc", "campaign": "spring"},
            "count": sent.count,
        });
        if let Some(value) = sent.value {
            body["value"] = json!(value.text());
        }
        world.post(body).await;
        let twins = world.store().segment(&site.id, midnight, 0).await.unwrap().versions;
        let twins: Vec<_> = twins.into_iter().filter(|twin| twin.event.sent.id == sent.id).collect();
        assert_eq!(twins.len(), 2);
        assert_eq!(twins[0].event, twins[1].event);
    }
}
