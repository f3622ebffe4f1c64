//! `reckon import`: sends the events of files to any deployment, safely again and again.
//!
//! A file is read whole, sorted by time and sent in batches, so that a batch touches few minutes. An event's id is
//! the hash of what it says, so that sending a file again, or shuffled, changes nothing.

mod access_log;
pub mod ads;
mod amounts;
pub(crate) mod csv_file;
pub(crate) mod days;
pub(crate) mod encoding;
mod fields;
mod guess;
pub(crate) mod names;
mod options;
pub(crate) mod records;
mod repeats;
mod row;
mod send;
mod summary;
pub(crate) mod times;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use chrono_tz::Tz;
use indicatif::{ProgressBar, ProgressStyle};
use row::Line;

pub use ads::AdOptions;
pub use amounts::DecimalMark;
pub use options::{Format, ImportArgs, Visitor};
pub use row::{Parsed, Row};
pub(crate) use send::checked_key;
pub use send::{Patience, SendError, Sender, Sent};
pub(crate) use summary::counted;
pub use summary::{Became, Summary};

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
    hold_to_one_meaning(&args)?;
    let format = format_of(&args, &files)?;
    let default_key =
        args.key.clone().or(default_key).map(checked_key).transpose().map_err(ImportError::Options)?;
    if !matches!(format, Format::AccessLog | Format::Csv) {
        return ads::run(&args, &files, out, default_key).await.map_err(|error| match error {
            ImportError::Options(detail) if args.format == Format::Auto => {
                ImportError::Options(format!("{detail}\nIf it is a table of your own, say --format csv."))
            }
            error => error,
        });
    }
    if args.ads.any() {
        let detail = "--channel, --source, --medium, --only and --currency are for the exports of platforms; a table takes --set channel=email and the like";
        return Err(ImportError::Options(detail.to_owned()));
    }
    if format == Format::Csv && (args.origin.is_some() || args.visitor != Visitor::None) {
        let detail = "--origin and --visitor are for access logs; a table says where and who in columns: --map url=COLUMN, --map visitor=COLUMN";
        return Err(ImportError::Options(detail.to_owned()));
    }
    let key = default_key;
    let zone = if format == Format::Csv { zone(&args, key.as_deref(), out).await? } else { Tz::UTC };
    let mut parsed = Parsed::default();
    for (path, bytes) in &files {
        let read = parse(&args, format, path, bytes, zone).map_err(|error| match error {
            // It might have been meant for something else.
            ImportError::Options(detail) if args.format == Format::Auto && !is_own(&args, format, bytes) => {
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
    let Parsed { mut rows, rejected, skipped, lines, headers, .. } = parsed;
    let repeated = repeats::take_out(&mut rows).map_err(ImportError::Options)?;
    row::number_repeats(&mut rows);
    // Equal times are sorted by id, so that a shuffled file makes the same requests.
    rows.sort_by(|left, right| (left.at, &left.id).cmp(&(right.at, &right.id)));
    let mut summary = Summary { lines: lines - headers, accepted: 0, rejected, skipped, repeated };
    if args.dry_run {
        return rehearsed(&args, key, &rows, summary, out).await;
    }
    let key = key.ok_or_else(no_key)?;
    let sender = Sender::new(&args.url, key, Patience::default());
    summary.add(sent(&args, &sender, &rows).await?);
    summary.print(Became::Stored, out)?;
    if !args.no_wait && summary.accepted > 0 {
        wait(&sender, out).await?;
        let rejected: BTreeSet<&Line> = summary.rejected.iter().map(|(line, _)| line).collect();
        rows.retain(|row| !rejected.contains(&row.line));
        // The file's zone may be another than that of the site, whose days reports have.
        let zone = ads::Account::of(&sender).await.map_or(zone, |account| account.time_zone);
        where_to_look(&args.url, days_of(&rows, zone), out)?;
    }
    Ok(summary)
}

/// How many letters of an event are shown.
const SHOWN: usize = 1_000;

/// Sends all rows, or asks what would become of them, unless it is stopped.
async fn sent(args: &ImportArgs, sender: &Sender, rows: &[Row]) -> Result<Sent, ImportError> {
    let bar = progress(rows.len(), "events");
    let sent = tokio::select! {
        sent = sender.send_all(rows, args.batch.into(), args.dry_run, &bar) => sent?,
        _ = tokio::signal::ctrl_c() => return Err(ImportError::Stopped),
    };
    bar.finish_and_clear();
    Ok(sent)
}

/// Says what would be sent, and what the deployment would make of it, as far as it can be asked. What would be accepted is
/// not counted as accepted: nothing is stored.
async fn rehearsed(
    args: &ImportArgs,
    key: Option<String>,
    rows: &[Row],
    mut summary: Summary,
    out: &mut (dyn Write + Send),
) -> Result<Summary, ImportError> {
    let events = summary::counted(u64::try_from(rows.len()).unwrap_or(u64::MAX), "event", "events");
    writeln!(out, "{events} would be sent to {}", args.url)?;
    if let Some(first) = rows.first() {
        let text = first.json().to_string();
        let shown: String = text.chars().take(SHOWN).collect();
        writeln!(out, "the first: {shown}{}", if shown == text { "" } else { "…" })?;
    }
    let asked = match key {
        _ if rows.is_empty() => Ok(Sent::default()),
        Some(key) => {
            let patience = Patience { tries: 1, ..Patience::default() };
            sent(args, &Sender::new(&args.url, key, patience), rows).await
        }
        None => Err(no_key()),
    };
    match asked {
        Ok(sent) => {
            summary.add(sent);
            summary.print(Became::Rehearsed, out)?;
            summary.accepted = 0;
        }
        Err(error) if is_final(&error) => return Err(error),
        Err(error) => {
            writeln!(out, "what it would refuse cannot be told: {error}")?;
            summary.print(Became::Unknown(rows.len()), out)?;
        }
    }
    writeln!(out, "nothing was stored")?;
    Ok(summary)
}

/// Whether a rehearsal has nothing to say beyond an error: it was stopped, or could not have ended well.
fn is_final(error: &ImportError) -> bool {
    matches!(error, ImportError::Stopped | ImportError::Send(SendError::Key(_)))
}

/// Holds the options to saying once where a field comes from.
fn hold_to_one_meaning(args: &ImportArgs) -> Result<(), ImportError> {
    let mut told = BTreeSet::new();
    let mut fields = args.map.iter().chain(&args.set).map(|(field, _)| field);
    match fields.find(|field| !told.insert(*field)) {
        None => Ok(()),
        Some(field) => {
            let detail = format!(
                "--map or --set tells {field} twice; a field comes from one column, or is the same for all"
            );
            Err(ImportError::Options(detail))
        }
    }
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
        Err(error) if args.dry_run && !is_final(&error) => {
            writeln!(
                out,
                "times without a zone are taken for UTC, since the site could not be asked: {error}"
            )?;
            Ok(Tz::UTC)
        }
        Err(error) => Err(error),
    }
}

/// The first and the last day of rows that are sorted by time.
fn days_of(rows: &[Row], zone: Tz) -> Option<(NaiveDate, NaiveDate)> {
    let day = |row: &Row| {
        chrono::DateTime::from_timestamp_millis(row.at).map(|at| at.with_timezone(&zone).date_naive())
    };
    rows.first().and_then(day).zip(rows.last().and_then(day))
}

/// Where the events can be seen now: at most the last two years of them, which is what a report covers.
fn where_to_look(
    url: &str,
    days: Option<(NaiveDate, NaiveDate)>,
    out: &mut (dyn Write + Send),
) -> std::io::Result<()> {
    let Some((first, last)) = days else { return Ok(()) };
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
    let detail = "no key: pass a write key with --key, or run where the demo site's data lies";
    ImportError::Options(detail.to_owned())
}

/// Whether a file can be nothing but a table of one's own, so that nothing needs to be said of platforms.
fn is_own(args: &ImportArgs, format: Format, bytes: &[u8]) -> bool {
    format != Format::Csv || !args.map.is_empty() || csv_file::is_table(&encoding::decoded(bytes), args)
}

/// Waits for the reports, unless it is stopped, and says whether everything is in them.
async fn wait(sender: &Sender, out: &mut (dyn Write + Send)) -> Result<(), ImportError> {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {msg}; ctrl-c ends the wait, and loses nothing")
    {
        bar.set_style(style);
    }
    bar.set_message("everything is stored, and the reports are about to have it");
    let told = tokio::select! {
        counted = sender.wait_until_counted(&bar) => {
            if counted { "all of it is in the reports" } else { "it is stored; the reports will follow" }
        }
        _ = tokio::signal::ctrl_c() => "not waited for: all of it is stored, and the reports will follow",
    };
    bar.finish_and_clear();
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

/// How a zip archive begins, which spreadsheets are.
const SPREADSHEET: &[u8] = b"PK\x03\x04";
/// How spreadsheets began before.
const OLD_SPREADSHEET: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];

/// The content of a file, which may be packed with gzip or zstd.
pub(crate) fn unpacked(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut plain)?;
        return text(plain);
    }
    if [SPREADSHEET, OLD_SPREADSHEET].iter().any(|sheet| bytes.starts_with(sheet)) {
        let detail =
            "it is a spreadsheet (.xlsx, .ods, .xls) or another archive; save it as CSV and import that";
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, detail));
    }
    let packed = bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
    text(if packed { zstd::decode_all(bytes.as_slice())? } else { bytes })
}

/// What a file holds, if that is a text.
fn text(bytes: Vec<u8>) -> std::io::Result<Vec<u8>> {
    if encoding::is_text(&bytes) {
        return Ok(bytes);
    }
    let detail = "it is no text; save it as CSV and import that";
    Err(std::io::Error::new(std::io::ErrorKind::InvalidData, detail))
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
        _ => csv_file::parse(&encoding::decoded(bytes), args, zone).map_err(|error| match error {
            ImportError::Options(detail) if args.files.len() > 1 => {
                ImportError::Options(format!("{name}: {detail}"))
            }
            error => error,
        })?,
    };
    if args.files.len() > 1 {
        parsed.name_file(&name);
    }
    Ok(parsed)
}
