//! `reckon reconcile`: holds a list of the caller's own, such as a shop's orders, against what a deployment counts.
//!
//! The list is cut into stretches of days, each asked for by itself; what a stretch calls outside of its days and another
//! calls extra belongs together again here. Nothing is written anywhere.

mod ask;
mod difference;
mod stretches;
mod summary;
mod table;

use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

pub use ask::AskError;
pub use difference::{Category, Line};
pub use summary::Summary;

use crate::import::{DecimalMark, checked_key, encoding, unpacked};
use ask::Asker;

/// What stands below the options in the help.
const EXAMPLES: &str = "Examples:
  reckon reconcile orders.csv
  reckon reconcile orders.csv.gz --order 'Order number' --value Total --date 'Paid at' --output differences.csv

It ends with 0 where everything agrees, with 1 where something differs, and with 2 where it could not be told.";

/// Hold a list of your own, such as a shop's orders, against what is counted.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReconcileArgs {
    /// The list, a CSV with a header, plain or packed with gzip or zstd.
    pub file: PathBuf,
    /// The column with the order; by default the one that is called so.
    #[arg(long, value_name = "COLUMN", conflicts_with = "id")]
    pub order: Option<String>,
    /// The column with the id of the event, for events that were sent without an order.
    #[arg(long, value_name = "COLUMN")]
    pub id: Option<String>,
    /// The column with what it was worth; by default the one that is called so.
    #[arg(long, value_name = "COLUMN")]
    pub value: Option<String>,
    /// The column with the day or time; by default the one that is called so.
    #[arg(long, value_name = "COLUMN")]
    pub date: Option<String>,
    /// The kind of the results.
    #[arg(long, default_value = "sale")]
    pub kind: String,
    /// The first day that the list is complete for; by default that of its first row.
    #[arg(long)]
    pub from: Option<NaiveDate>,
    /// The last day that the list is complete for; by default that of its last row.
    #[arg(long)]
    pub to: Option<NaiveDate>,
    /// Where the deployment answers.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// A read key; by default the one of the demo site in --data.
    #[arg(long, env = "RECKON_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// One character, `tab`, or `space` for columns separated by any number of blanks; by default the one of comma,
    /// semicolon, tab and `|` that parts the header the most.
    #[arg(long)]
    pub delimiter: Option<String>,
    /// What stands before decimals, where the file does not tell.
    #[arg(long, value_enum)]
    pub decimal: Option<DecimalMark>,
    /// How times are written, such as %d.%m.%Y; by default whatever can be meant in one way alone.
    #[arg(long)]
    pub date_format: Option<String>,
    /// Write every difference to this CSV file.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Why nothing can be told.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// A file could not be read or written.
    #[error("{path} cannot be read or written")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The options do not fit the file.
    #[error("{0}")]
    Options(String),
    /// The deployment did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The result could not be told.
    #[error("nothing can be printed")]
    Print(#[from] std::io::Error),
    /// Ctrl-c.
    #[error("stopped; nothing was changed, run the same command again")]
    Stopped,
}

/// What the program ends with: 0 where everything agrees, 1 where something differs, 2 where it could not be told.
pub fn exit_code(result: &Result<Summary, ReconcileError>) -> u8 {
    match result {
        Ok(summary) if summary.agrees() => 0,
        Ok(_) => 1,
        Err(_) => 2,
    }
}

/// Reads the list, asks, and prints what differs.
pub async fn run(
    args: ReconcileArgs,
    out: &mut (dyn Write + Send),
    default_key: Option<String>,
) -> Result<Summary, ReconcileError> {
    let no_key =
        || ReconcileError::Options("no key: pass --key, or run where the demo site's data lies".to_owned());
    let key = args.key.clone().or(default_key).ok_or_else(no_key)?;
    let key = checked_key(key).map_err(ReconcileError::Options)?;
    let bytes =
        unpacked(&args.file).map_err(|source| ReconcileError::File { path: args.file.clone(), source })?;
    let text = encoding::decoded(&bytes);
    let text = text.as_str();
    // What is wrong with the header is told before anybody is asked.
    let columns = table::Columns::of(text, &args)?;
    let asker = Asker::new(&args.url, key);
    let work = async {
        let zone = asker.time_zone().await?;
        let table = table::read(text, &args, &columns, zone)?;
        let period = table.period(&args)?;
        let mut summary = Summary::begin(&table, period);
        let stretches = stretches::cut(&table, period);
        let bar = ProgressBar::new(table.rows.len().try_into().unwrap_or(u64::MAX));
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} rows, {eta} left") {
            bar.set_style(style);
        }
        let mut left = stretches;
        while let Some(stretch) = left.pop() {
            match asker.ask(&table, &stretch, &args.kind).await {
                Ok(answer) => {
                    summary.add(&table, &stretch, &answer);
                    bar.inc(stretch.rows.len().try_into().unwrap_or(0));
                }
                Err(AskError::TooMuch(_)) if stretch.days() > 1 => left.extend(stretch.halves(&table)),
                Err(error) => return Err(error.into()),
            }
        }
        bar.finish_and_clear();
        summary.join();
        Ok::<_, ReconcileError>(summary)
    };
    let summary = tokio::select! {
        summary = work => summary?,
        _ = tokio::signal::ctrl_c() => return Err(ReconcileError::Stopped),
    };
    summary.print(&args.file, &columns, out)?;
    if let Some(path) = &args.output {
        let written = summary.write(path);
        written.map_err(|source| ReconcileError::File { path: path.clone(), source })?;
        writeln!(out, "every difference is in {}", path.display())?;
    }
    Ok(summary)
}
