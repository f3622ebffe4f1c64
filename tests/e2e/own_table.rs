//! A reader's own table: imported without an option, told what was taken for what, and shown where it says.

use clap::Parser;
use reckon::reconcile::{self, ReconcileArgs, ReconcileError, Summary};
use serde_json::{Value, json};

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
        "3 lines: 2 accepted, 0 rejected, 0 skipped, 1 repeated",
        "1 row repeats an order",
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

/// What `reckon reconcile` makes of a list, and what it prints.
async fn reconciled(
    program: &Program,
    list: &std::path::Path,
    options: &[&str],
) -> (Result<Summary, ReconcileError>, String) {
    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        reconcile: ReconcileArgs,
    }
    let line = ["reconcile", list.to_str().unwrap(), "--url", &program.url, "--key", &program.keys.read];
    let args = Arguments::parse_from(line.into_iter().chain(options.iter().copied())).reconcile;
    let mut out = Vec::new();
    let result = reconcile::run(args, &mut out, None).await;
    (result, String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_list_is_read_as_an_import_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&folder.path().join("data"));
    let table =
        "Bestelldatum;Bestellnummer;Rechnungsbetrag;Käufer\n1.11.2026;A-1;1.234;Jörg\n2.11.2026;A-2;5;Zoë\n";
    let path = file(folder.path(), "orders.csv", table.as_bytes());
    let (summary, printed) = import(&program.url, &program.keys.write, &path, &[]).await;
    assert_eq!(summary.unwrap().accepted, 2, "{printed}");
    // Where to look leads to what was taken, and no further.
    let partly =
        file(folder.path(), "partly.csv", b"date,order,total\n2026-11-02,A-2,5\n2026-11-20,A-3,-5\n");
    let (summary, printed) = import(&program.url, &program.keys.write, &partly, &[]).await;
    assert_eq!(summary.unwrap().rejected.len(), 1, "{printed}");
    assert!(printed.contains("from=2026-11-02&to=2026-11-02"), "{printed}");
    let wide: Vec<u8> = table.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin: Vec<u8> = table.chars().map(|letter| u8::try_from(letter).unwrap()).collect();
    let named = format!("sep=;\n{table}");
    for (name, bytes) in [("UTF-16", wide), ("Latin-1", latin), ("a named delimiter", named.into_bytes())] {
        let path = file(folder.path(), "list.csv", &bytes);
        let (result, printed) = reconciled(&program, &path, &[]).await;
        assert!(result.unwrap().agrees(), "{name}: {printed}");
        assert!(printed.contains("2 agree, 1239 USD"), "{name}: {printed}");
    }
    // An item of an order above has no value of its own.
    let further = format!("{table}1.11.2026;A-1;;Jörg\n");
    let (result, printed) =
        reconciled(&program, &file(folder.path(), "list.csv", further.as_bytes()), &[]).await;
    assert!(result.unwrap().agrees(), "{printed}");
    assert!(printed.contains("1 row is a further one of an order above"), "{printed}");
    for (list, options, says) in [
        (
            table,
            &["--from", "2026-12-01"][..],
            "no row of the list lies within --from and --to: its days are 2026-11-01 to 2026-11-02",
        ),
        (
            "order,date,value\nA,2026-11-01,\"5\nB,2026-11-01,6\n",
            &[],
            "line 2: a quote is opened and never closed",
        ),
        (
            "order,value,Value\nA,5,6\n",
            &[],
            "two columns may be the value, \"value\" and \"Value\": remove or rename one, or name with --value",
        ),
    ] {
        let path = file(folder.path(), "list.csv", list.as_bytes());
        let error = reconciled(&program, &path, options).await.0.unwrap_err().to_string();
        assert!(error.contains(says), "{says} is not in {error}");
    }
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
        ("date;total\n2026-11-01;1.5\n26-11-01;2\n", "line 3: 26-11-01 may be 2026-11-01 or 2001-11-26"),
        ("date,total\n2026-11-01,1.234\n2026-11-02,5\n", "line 2: 1.234 may be a number of thousands"),
        (
            "date,total\n2026-11-01,5\n2026-11-02,\"6\n2026-11-03,7\n",
            "line 3: a quote is opened and never closed",
        ),
        (
            "date,type,total\n2026-11-01,Sale,5\n2026-11-02,Return,6\n",
            "line 3: \"Return\" in the column \"type\" is no kind",
        ),
        ("date,total,Total\n2026-11-01,5,6\n", "two columns may be the value, \"total\" and \"Total\""),
        ("date;total\n2026-11-01;1,234\n2026-11-02;2,500\n", "line 2: 1,234 may be a number of thousands"),
        ("date,order,total\n", "no rows follow the header"),
        ("\n  \n", "the file is empty"),
        (
            "date,order,total\n2026-11-01,A,5\n2026-11-01,B,6\n2026-11-01,A,7\n",
            "line 2 and line 4 are both the sale of order \"A\", worth 5 and 7",
        ),
        (
            "date,order,total\n2026-11-01,A,5\n2026-11-02,A,5\n",
            "line 2 and line 3 are both the sale of order \"A\", at different times",
        ),
    ] {
        let path = file(folder.path(), "own.csv", table.as_bytes());
        let (refused, _) = import("http://127.0.0.1:1", "none", &path, &["--dry-run"]).await;
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(says), "{says} is not in {error}");
        // Platforms are spoken of where it may have been an export.
        assert_eq!(error.contains("google-ads"), table.starts_with("when"), "{error}");
    }
    for (key, says) in [("a\nb", "the key has a line break in it"), ("", "the key is no key")] {
        let path = file(folder.path(), "own.csv", b"date,total\n2026-11-01,5\n");
        let (refused, _) = import("http://127.0.0.1:1", key, &path, &[]).await;
        let error = refused.unwrap_err().to_string();
        assert!(error.contains(says), "{says} is not in {error}");
    }
}

/// What a dry run makes of a table: the first event, and all that is printed.
async fn rehearsed(table: &str, options: &[&str]) -> (Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "own.csv", table.as_bytes());
    let dry = [&["--dry-run"], options].concat();
    let (summary, printed) = import("http://127.0.0.1:1", "none", &path, &dry).await;
    summary.unwrap_or_else(|error| panic!("{table}: {error}"));
    let first = printed.lines().find_map(|line| line.strip_prefix("the first: ")).unwrap_or("null");
    (serde_json::from_str(first).unwrap(), printed)
}

#[tokio::test]
async fn a_dry_run_without_an_answer_says_so_and_nothing_of_what_was_sent() {
    let (event, printed) = rehearsed("date,total\n2026-11-01,5\n", &[]).await;
    assert_eq!(event["occurred_at"], "2026-11-01T00:00:00.000Z");
    assert!(printed.contains("http://127.0.0.1:1 does not answer"), "{printed}");
    assert!(!printed.contains("What was sent"), "{printed}");
    assert!(printed.contains("1 event would be sent") && printed.contains("1 line: "), "{printed}");
}

#[tokio::test]
async fn a_dry_run_tells_what_the_deployment_would_refuse_and_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(&folder.path().join("data"));
    let table = "date,order,total,currency\n2026-11-01,A,5,EUR\n2026-11-02,B,6,USD\n2099-01-01,C,7,USD\n\
                 2026-11-03,D,€8.00,\n2026-11-03,E,€9.00,USD\n";
    let path = file(folder.path(), "own.csv", table.as_bytes());
    let (dry, printed) = import(&program.url, &program.keys.write, &path, &["--dry-run"]).await;
    let dry = dry.unwrap();
    assert_eq!((dry.accepted, dry.rejected.len()), (0, 4), "{printed}");
    for says in [
        "4 events would be sent",
        "5 lines: 1 would be accepted, 4 rejected, 0 skipped",
        "rejected line 2: currency is",
        "rejected line 4: ",
        "rejected line 5: currency is EUR",
        "rejected line 6: \"€9.00\" is in €, EUR, and the currency of its row is USD",
        "nothing was stored",
    ] {
        assert!(printed.contains(says), "{says} is not in {printed}");
    }
    let report = program.get("/v1/conversions?from=2026-11-01&to=2026-11-03").await;
    assert_eq!(report["conversions"], json!([]));
    // What it would refuse is what is refused.
    let (summary, printed) = import(&program.url, &program.keys.write, &path, &[]).await;
    let summary = summary.unwrap();
    assert_eq!((summary.accepted, summary.rejected), (1, dry.rejected), "{printed}");
    // A key of another role is told which is needed.
    for options in [&[][..], &["--dry-run"]] {
        let (result, printed) = import(&program.url, &program.keys.read, &path, options).await;
        let told = result.map_or_else(|error| error.to_string(), |_| printed);
        assert!(told.contains("publish (of a page) or write (of a server); yours is read"), "{told}");
        assert!(told.contains("An import needs a write key"), "{told}");
    }
    program.kill();
}

#[tokio::test]
async fn what_is_no_table_and_what_is_not_named_is_told_with_its_cure() {
    let folder = tempfile::tempdir().unwrap();
    for (bytes, options, says) in [
        (&b"PK\x03\x04\x14\0"[..], &[][..], "own.csv cannot be read: it is a spreadsheet"),
        (&[0xd0, 0xcf, 0x11, 0xe0, 0xa1], &[], "save it as CSV"),
        (
            b"date,total\n2026-11-01,5\n",
            &["--map", "occurred_at=date"],
            "kind is missing, since with --map only the columns that it names are read: say --kind with one of impression,",
        ),
        (
            b"date,total\n2026-11-01,5\n",
            &["--map", "value=total", "--kind", "sale"],
            "occurred_at is missing, since with --map only the columns that it names are read: say --map occurred_at=COLUMN",
        ),
        (
            b"date,total\n31/02/2026,5\n",
            &[],
            "line 2, in the column \"date\": \"31/02/2026\" is no day of the calendar",
        ),
        (b"date,total\nKW 46,5\n", &[], "say how times are written, such as --date-format"),
        (
            b"date,total\n2026-11-01,5\n",
            &["--date-format", "%Q"],
            "%Q is no format of dates: say one such as",
        ),
        (b"when,total\n2026-11-01,5\n", &["--date-format", "%Y"], "no column is written as %Y"),
    ] {
        let path = file(folder.path(), "own.csv", bytes);
        let dry = [&["--dry-run"], options].concat();
        let (refused, _) = import("http://127.0.0.1:1", "none", &path, &dry).await;
        let mut told = Vec::new();
        reckon::command_line::tell(&mut told, &refused.unwrap_err()).unwrap();
        let told = String::from_utf8(told).unwrap();
        assert!(told.contains(says), "{says} is not in {told}");
    }
    // A format that is named is what the column is held to.
    let (event, printed) = rehearsed("date,total\n20.11.26,5\n", &["--date-format", "%d.%m.%y"]).await;
    assert_eq!(event["occurred_at"], "2026-11-20T00:00:00.000Z", "{printed}");
    let (event, printed) = rehearsed("date,total\n26 Nov 20,5\n", &["--date-format", "%y %b %d"]).await;
    assert_eq!(event["occurred_at"], "2026-11-20T00:00:00.000Z", "{printed}");
}

#[tokio::test]
async fn an_event_keeps_its_id_however_long_and_however_written_its_export_is() {
    let id = async |table: &str, options: &[&str]| rehearsed(table, options).await.0["id"].clone();
    let short = "date,type,total,channel,note\n2026-11-01,lead,10.50,email,x\n";
    let first = id(short, &[]).await;
    for later in [
        // Another amount of zeros; a row that keeps a column from being guessed; a column that is empty; a word's case.
        short.replace("10.50", "10.5"),
        format!("{short}2026-11-02,Lead,1,Web,\n"),
        short.replace("note", "note,more").replace(",x\n", ",x,\n"),
        short.replace("lead", "LEAD"),
    ] {
        assert_eq!(id(&later, &[]).await, first, "{later}");
    }
    for other in
        [short.replace("10.50", "10.51"), short.replace(",x\n", ",y\n"), short.replace("lead", "signup")]
    {
        assert_ne!(id(&other, &[]).await, first, "{other}");
    }
    // An order is what its row is known by, and an id is an order of results alone.
    let order = "date,type,id,total\n2026-11-01,lead,7,5\n";
    let first = id(order, &[]).await;
    assert_eq!(id(&format!("{order}2026-11-02,click,8,\n"), &[]).await, first);
    // What --map names is what an event is known by.
    let map = ["--map", "occurred_at=date", "--map", "value=total", "--kind", "sale"];
    let first = id("date,total,note\n2026-11-01,5.0,x\n", &map).await;
    assert_eq!(id("date,total,note\n2026-11-01,5,y\n", &map).await, first);
}

#[tokio::test]
async fn a_german_table_means_thousands_by_its_points() {
    let (event, _) = rehearsed("Bestelldatum;Bestellnummer;Rechnungsbetrag\n1.11.2026;7;1.234\n", &[]).await;
    assert_eq!((&event["value"], &event["order"]), (&json!("1234"), &json!("7")));
    // So does a spreadsheet that names its delimiter.
    let (event, printed) = rehearsed("sep=;\nDatum;Betrag\n1.11.2026;1.234,50\n", &[]).await;
    assert_eq!(event["value"], "1234.5");
    assert!(printed.contains("skipped 1: the line that names the delimiter"), "{printed}");
}

#[tokio::test]
async fn the_exports_of_stripe_and_shopify_are_read_as_they_mean_it() {
    let stripe = "id,Created date (UTC),Amount,Amount Refunded,Currency,Source,Status\n\
                  ch_3Nx1a2B3c4D5e6F7,2026-11-01 10:15,20.00,5.00,eur,card_1Nx1a2B3c4D5e6F7,Paid\n";
    let (event, printed) = rehearsed(stripe, &[]).await;
    assert_eq!((&event["currency"], &event["order"]), (&json!("EUR"), &json!("ch_3Nx1a2B3c4D5e6F7")));
    assert_eq!((&event["occurred_at"], &event["utm"]), (&json!("2026-11-01T10:15:00.000Z"), &Value::Null));
    for says in [
        "times of \"Created date (UTC)\" are those of UTC",
        "warning: Amount Refunded is not read: import refunds as events of kind refund",
        "warning: Status is not read: every row counts",
    ] {
        assert!(printed.contains(says), "{says} is not in {printed}");
    }
    let shopify = "Name,Email,Financial Status,Currency,Total,Created at,Lineitem name,Billing Country,Refunded Amount,Id,Source\n\
                   #1001,a@b.example,paid,EUR,30.00,2026-11-01 10:00:00 +0100,Hat,UK,0.00,555,web\n\
                   #1001,a@b.example,,,,2026-11-01 10:00:00 +0100,Scarf,,,,\n\
                   #1001,a@b.example,,,,,Gloves,,,,\n";
    let (event, printed) = rehearsed(shopify, &[]).await;
    assert_eq!((&event["order"], &event["value"]), (&json!("#1001"), &json!("30")));
    assert_eq!((&event["country"], &event["utm"]), (&json!("GB"), &Value::Null));
    for says in [
        "skipped 2: a further row of an order, without a value of its own",
        "country UK is read as GB, which is its code",
        "warning: Financial Status is not read",
        "1 event would be sent",
    ] {
        assert!(printed.contains(says), "{says} is not in {printed}");
    }
    assert!(!printed.contains("Refunded Amount is not read: import"), "nothing was refunded: {printed}");
}

#[tokio::test]
async fn a_table_of_orders_with_their_costs_is_no_export_of_a_platform() {
    let table = "Date,Order ID,Campaign,Cost,Total\n2026-11-01,A-1,spring,3,10\n";
    let (event, _) = rehearsed(table, &[]).await;
    assert_eq!(
        (&event["kind"], &event["value"], &event["order"]),
        (&json!("sale"), &json!("10"), &json!("A-1"))
    );
}

#[tokio::test]
async fn letters_beside_an_amount_are_its_currency_or_make_it_none() {
    let table = "date,total\n2026-11-01,9 USD\n2026-11-02,12k\n2026-11-03,1.5M\n2026-11-04,refunded 9.00\n2026-11-05,5 CR\n";
    let (event, printed) = rehearsed(table, &[]).await;
    assert_eq!((&event["value"], &event["currency"]), (&json!("9"), &json!("USD")));
    assert!(printed.contains("5 lines: 1 can be read, 4 rejected"), "{printed}");
    for (line, cell) in [(3, "12k"), (4, "1.5M"), (5, "refunded 9.00"), (6, "5 CR")] {
        assert!(printed.contains(&format!("rejected line {line}: {cell:?} is no number")), "{printed}");
    }
    for (table, options, currency) in [
        ("date,total\n2026-11-01,€5.00\n", &[][..], json!("EUR")),
        ("date,total\n2026-11-01,£7.00\n", &[], json!("GBP")),
        ("date,total\n2026-11-01,$7.00\n", &[], Value::Null),
        ("date,Total (EUR)\n2026-11-01,5\n", &[], json!("EUR")),
        (
            "date,Total (EUR)\n2026-11-01,5\n",
            &["--map", "occurred_at=date", "--map", "value=Total (EUR)", "--kind", "sale"],
            json!("EUR"),
        ),
    ] {
        let (event, printed) = rehearsed(table, options).await;
        assert_eq!(event["currency"], currency, "{table}: {printed}");
    }
}

#[tokio::test]
async fn a_column_of_values_is_known_with_its_currency_and_one_that_lacks_is_told() {
    let (_, printed) = rehearsed("date,order,Total (EUR)\n2026-11-01,A,5\n", &[]).await;
    assert!(
        printed.contains("order from \"order\", value in EUR from \"Total (EUR)\"; every row"),
        "{printed}"
    );
    let (_, printed) = rehearsed("date,order,Cost,Total foo\n2026-11-01,A,5,6\n", &[]).await;
    let says = "no column is read as the value, which a sale needs; not read: Cost, Total foo; --map value=COLUMN reads one as the value";
    assert!(printed.contains(says), "{printed}");
}

#[tokio::test]
async fn a_time_that_the_clock_skipped_stays_on_its_day() {
    for (table, zone, at) in [
        ("date,total\n2026-03-29 02:30,5\n", "Europe/Berlin", "2026-03-29T01:30:00.000Z"),
        ("date,total\n2026-09-06,5\n", "America/Santiago", "2026-09-06T04:00:00.000Z"),
    ] {
        let (event, _) = rehearsed(table, &["--time-zone", zone]).await;
        assert_eq!(event["occurred_at"], at, "{zone}");
    }
}
