//! `reckon import`: sends the events of files to any deployment, safely again and again.
//!
//! A file is read whole, sorted by time and sent in batches, so that a batch touches few minutes. An event's id is
//! the hash of what it says, so that sending a file again, or shuffled, changes nothing.

mod access_log;
pub mod ads;
mod amounts;
pub(crate) mod csv_file;
pub(crate) mod days;
mod encoding;
pub(crate) mod guess;
mod row;
mod send;
mod summary;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

pub use ads::AdOptions;
pub use amounts::DecimalMark;
pub use row::{Parsed, Row};
pub use send::{Patience, SendError, Sender};
pub use summary::Summary;

/// What stands below the options in the help.
const EXAMPLES: &str = "Examples:
  reckon import orders.csv                               guesses delimiter, columns and kind, and says what it took for what
  reckon import access.log --format access-log --origin https://shop.example
  reckon import sales.csv --format csv --kind sale --map occurred_at=date --map value=amount
  reckon import costs.csv --format auto --dry-run       what an export of an advertising platform would change
  reckon import kosten.csv --format google-ads --map spend=Ausgaben --date-format %d.%m.%Y --decimal comma";

/// Send the events of files to a deployment; sending them again changes nothing.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ImportArgs {
    /// The files to send, plain or packed with gzip or zstd.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What the files are.
    #[arg(long, value_enum, default_value = "auto")]
    pub format: Format,
    /// Where the deployment answers.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// A write key; by default the one of the demo site in --data.
    #[arg(long, env = "RECKON_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// The events of one request, 1 to 1000.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub batch: u16,
    /// Read everything and say what would be sent, without sending it.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not wait until everything that was sent is in the reports.
    #[arg(long)]
    pub no_wait: bool,
    /// How exports of advertising platforms are read.
    #[command(flatten)]
    pub ads: AdOptions,
    /// access-log: the web origin that the log is of, such as `https://shop.example`; logs do not name it.
    #[arg(long)]
    pub origin: Option<String>,
    /// access-log: who counts as one visitor.
    #[arg(long, value_enum, default_value = "none")]
    pub visitor: Visitor,
    /// csv: which column a field of the event is read from, as FIELD=COLUMN; utm.source and props.plan name parts.
    /// Without any, columns are known by their usual names, such as date, `order_id`, amount, `utm_source`.
    /// Of a platform's export: day, campaign, spend, impressions, clicks, currency, type, end.
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// csv: a field that is the same for every row, as FIELD=VALUE.
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// csv: the kind of every row, short for --set kind=KIND; without --map, sale where there is an amount or an order.
    #[arg(long)]
    pub kind: Option<String>,
    /// csv: one character, `tab`, or `space` for columns separated by any number of blanks; by default the one of
    /// comma, semicolon, tab and `|` that parts the header the most.
    #[arg(long)]
    pub delimiter: Option<String>,
    /// csv: how times are written, such as %d.%m.%Y; by default whatever can be meant in one way alone.
    /// Of a platform's export: how days are written, where the file does not tell.
    #[arg(long)]
    pub date_format: Option<String>,
    /// csv: the time zone of times without one, which should be the site's; by default the site is asked, or with
    /// --map UTC.
    #[arg(long)]
    pub time_zone: Option<Tz>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A web server's log, Apache combined or common; requests for pages become views.
    AccessLog,
    /// A table with a header, whose columns are guessed, or named by --map.
    Csv,
    /// Costs from Google Ads: a campaign report by day.
    GoogleAds,
    /// Costs from Meta Ads (Facebook, Instagram): a report with the breakdown Day.
    MetaAds,
    /// Costs from LinkedIn Campaign Manager: a campaign performance report with the breakdown Daily.
    LinkedinAds,
    /// Costs from Microsoft Advertising: a campaign report by day.
    MicrosoftAds,
    /// Whatever the first lines tell: a log, costs from one of these platforms, or else a table.
    Auto,
}

/// Who counts as one visitor of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Visitor {
    /// Nobody: logs do not know.
    None,
    /// Whoever has the same address and user agent; what is sent is a hash of them.
    IpAgent,
}

/// Why an import ended before its end. What was sent until then is stored, and the same command goes on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file could not be read.
    #[error("{path} cannot be read")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The options do not fit the files.
    #[error("{0}")]
    Options(String),
    /// The deployment did not take the events.
    #[error(transparent)]
    Send(#[from] SendError),
    /// What became of it could not be told.
    #[error("nothing can be printed")]
    Print(#[from] std::io::Error),
    /// Ctrl-c.
    #[error("stopped; run the same command again to go on, nothing will count twice")]
    Stopped,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("must be FIELD=VALUE")?;
    if field.is_empty() {
        Err("the field is missing".to_owned())
    } else {
        Ok((field.to_owned(), value.to_owned()))
    }
}

/// Reads, sorts and sends the files, and prints what became of them.
pub async fn run(
    args: ImportArgs,
    out: &mut (dyn Write + Send),
    default_key: Option<String>,
) -> Result<Summary, ImportError> {
    let mut files = Vec::new();
    for path in &args.files {
        let bytes = unpacked(path).map_err(|source| ImportError::File { path: path.clone(), source })?;
        files.push((path.clone(), bytes));
    }
    let format = format_of(&args, &files)?;
    if !matches!(format, Format::AccessLog | Format::Csv) {
        return ads::run(args, out, default_key).await;
    }
    if args.ads.any() {
        let detail = "--channel, --source, --medium, --only and --currency are for the exports of platforms; a table takes --set channel=email and the like";
        return Err(ImportError::Options(detail.to_owned()));
    }
    let key = args.key.clone().or(default_key);
    let zone = if format == Format::Csv { zone(&args, key.as_deref(), out).await? } else { Tz::UTC };
    let mut parsed = Parsed::default();
    for (path, bytes) in &files {
        let read = parse(&args, format, path, bytes, zone).map_err(|error| match error {
            // It might have been meant for something else.
            ImportError::Options(detail) if args.format == Format::Auto && args.map.is_empty() => {
                ImportError::Options(format!(
                    "{detail}\nIt is no export of a platform that is known:\n{}",
                    ads::expected()
                ))
            }
            error => error,
        })?;
        parsed.extend(read);
    }
    for told in &parsed.told {
        writeln!(out, "{told}")?;
    }
    let Parsed { mut rows, rejected, skipped, lines, .. } = parsed;
    row::number_repeats(&mut rows);
    // Equal times are sorted by id, so that a shuffled file makes the same requests.
    rows.sort_by(|left, right| (left.at, &left.id).cmp(&(right.at, &right.id)));
    let mut summary = Summary { lines, accepted: 0, rejected, skipped };
    if args.dry_run {
        writeln!(out, "{} events would be sent to {}", rows.len(), args.url)?;
        if let Some(first) = rows.first() {
            writeln!(out, "the first: {}", first.json())?;
        }
        summary.print(out)?;
        return Ok(summary);
    }
    let key = key.ok_or_else(no_key)?;
    let sender = Sender::new(&args.url, key, Patience::default());
    let bar = progress(rows.len(), "events");
    let sent = tokio::select! {
        sent = sender.send_all(&rows, args.batch.into(), &bar) => sent?,
        _ = tokio::signal::ctrl_c() => return Err(ImportError::Stopped),
    };
    bar.finish_and_clear();
    summary.accepted = sent.accepted;
    summary.rejected.extend(sent.rejected);
    summary.rejected.sort();
    summary.print(out)?;
    if !args.no_wait && summary.accepted > 0 {
        wait(&sender, out).await?;
        where_to_look(&args.url, &rows, zone, out)?;
    }
    Ok(summary)
}

/// What the files are: what the options say, or what their first lines tell.
fn format_of(args: &ImportArgs, files: &[(PathBuf, Vec<u8>)]) -> Result<Format, ImportError> {
    if args.format != Format::Auto {
        return Ok(args.format);
    }
    let told = |(_, bytes): &(PathBuf, Vec<u8>)| {
        let text = encoding::decoded(bytes);
        if access_log::is_log(&text) {
            Format::AccessLog
        } else if ads::is_export(&text, args) {
            Format::Auto
        } else {
            Format::Csv
        }
    };
    let mut formats = files.iter().map(told);
    let first = formats.next().unwrap_or(Format::Csv);
    if formats.any(|format| format != first) {
        let detail = "the files are not of one kind; import them one after the other, or say what they are with --format";
        return Err(ImportError::Options(detail.to_owned()));
    }
    Ok(first)
}

/// The zone of times without one: as the options say, else the site's where columns are guessed, else UTC.
async fn zone(args: &ImportArgs, key: Option<&str>, out: &mut (dyn Write + Send)) -> Result<Tz, ImportError> {
    if let Some(zone) = args.time_zone {
        return Ok(zone);
    }
    if !args.map.is_empty() {
        return Ok(Tz::UTC);
    }
    let patience =
        if args.dry_run { Patience { tries: 1, ..Patience::default() } } else { Patience::default() };
    let asked = match key {
        Some(key) => ads::Account::of(&Sender::new(&args.url, key.to_owned(), patience))
            .await
            .map_err(ImportError::from),
        None => Err(no_key()),
    };
    match asked {
        Ok(account) => Ok(account.time_zone),
        Err(error) if args.dry_run => {
            writeln!(
                out,
                "times without a zone are taken for UTC, since the site could not be asked: {error}"
            )?;
            Ok(Tz::UTC)
        }
        Err(error) => Err(error),
    }
}

/// Where the events can be seen now: at most the last two years of them, which is what a report covers.
fn where_to_look(url: &str, rows: &[Row], zone: Tz, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
    let day = |row: &Row| {
        chrono::DateTime::from_timestamp_millis(row.at).map(|at| at.with_timezone(&zone).date_naive())
    };
    let (Some(first), Some(last)) = (rows.first().and_then(day), rows.last().and_then(day)) else {
        return Ok(());
    };
    let from = last.checked_sub_months(chrono::Months::new(24)).map_or(first, |earliest| earliest.max(first));
    writeln!(out, "look at it: {}/#period=custom&from={from}&to={last}", url.trim_end_matches('/'))
}

/// A bar that shows how far an import has come.
fn progress(all: usize, of: &str) -> ProgressBar {
    let bar = ProgressBar::new(all.try_into().unwrap_or(u64::MAX));
    let template = format!("{{bar:40}} {{pos}}/{{len}} {of}, {{per_sec}}, {{eta}} left");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

fn no_key() -> ImportError {
    ImportError::Options("no key: pass --key, or run where the demo site's data lies".to_owned())
}

/// Waits for the reports, unless it is stopped, and says whether everything is in them.
async fn wait(sender: &Sender, out: &mut (dyn Write + Send)) -> Result<(), ImportError> {
    let counted = tokio::select! {
        counted = sender.wait_until_counted() => counted,
        _ = tokio::signal::ctrl_c() => false,
    };
    let told = if counted { "all of it is in the reports" } else { "it is stored; the reports will follow" };
    writeln!(out, "{told}")?;
    Ok(())
}

/// What a file of such content becomes, repeats told apart, without sending it: for the fuzzer.
pub fn rehearse(args: &ImportArgs, bytes: &[u8]) -> Result<Parsed, ImportError> {
    let zone = args.time_zone.unwrap_or(Tz::UTC);
    let mut parsed = parse(args, args.format, Path::new("file"), bytes, zone)?;
    row::number_repeats(&mut parsed.rows);
    Ok(parsed)
}

/// The content of a file, which may be packed with gzip or zstd.
pub(crate) fn unpacked(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
        return Ok(plain);
    }
    if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) { zstd::decode_all(bytes.as_slice()) } else { Ok(bytes) }
}

/// Reads one file of that format, whose times without a zone are of `zone`.
fn parse(
    args: &ImportArgs,
    format: Format,
    path: &Path,
    bytes: &[u8],
    zone: Tz,
) -> Result<Parsed, ImportError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut parsed = match format {
        Format::AccessLog => access_log::parse(&String::from_utf8_lossy(bytes), args)?,
        _ => csv_file::parse(&encoding::decoded(bytes), args, zone)?,
    };
    if args.files.len() > 1 {
        parsed.name_file(&name);
    }
    Ok(parsed)
}
