//! The options of `reckon import`.

use std::path::PathBuf;

use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::ads::AdOptions;

/// What stands below the options in the help.
const EXAMPLES: &str = "Examples:
  reckon import orders.csv                               guesses delimiter, columns and kind, and says what it took for what
  reckon import access.log --format access-log --origin https://shop.example
  reckon import sales.csv --format csv --kind sale --map occurred_at=date --map value=amount
  reckon import costs.csv --format auto --dry-run       what an export of an advertising platform would change
  reckon import kosten.csv --format google-ads --map spend=Ausgaben --date-format %d.%m.%Y --decimal comma

Ends with 0 where every line was taken, skipped or repeated, and with 1 where one was rejected, or nothing could be sent.";

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
    #[arg(long, env = "RECKON_WRITE_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// The events of one request, 1 to 1000.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub batch: u16,
    /// Say what would become of everything, and store nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not wait until everything that was sent is in the reports.
    #[arg(long)]
    pub no_wait: bool,
    /// The web origin that the log is of, such as `https://shop.example`; logs do not name it.
    #[arg(long, help_heading = "Access logs")]
    pub origin: Option<String>,
    /// Who counts as one visitor.
    #[arg(long, value_enum, default_value = "none", help_heading = "Access logs")]
    pub visitor: Visitor,
    /// Which column a field of the event is read from, as FIELD=COLUMN; utm.source and props.plan name parts.
    /// Without any, columns are known by their usual names, such as date, `order_id`, amount, `utm_source`;
    /// with one, no others than those that are named are read.
    /// Of a platform's export: day, campaign, spend, impressions, clicks, currency, type, end.
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair, help_heading = "Tables")]
    pub map: Vec<(String, String)>,
    /// A field that is the same for every row, as FIELD=VALUE.
    #[arg(long, value_name = "FIELD=VALUE", value_parser = pair, help_heading = "Tables")]
    pub set: Vec<(String, String)>,
    /// The kind of every row, short for --set kind=KIND; without --map, sale where there is an amount or an order.
    #[arg(long, help_heading = "Tables")]
    pub kind: Option<String>,
    /// One character, `tab`, or `space` for columns separated by any number of blanks; by default the one of
    /// comma, semicolon, tab and `|` that parts the header the most.
    #[arg(long, help_heading = "Tables")]
    pub delimiter: Option<String>,
    /// How times are written, such as %d.%m.%Y; by default whatever can be meant in one way alone.
    /// Of a platform's export: how days are written, where the file does not tell.
    #[arg(long, help_heading = "Tables")]
    pub date_format: Option<String>,
    /// The time zone of times without one, which should be the site's; by default UTC where the name of
    /// their column ends so, else the site is asked, or with --map UTC.
    #[arg(long, help_heading = "Tables")]
    pub time_zone: Option<Tz>,
    /// How exports of advertising platforms are read.
    #[command(flatten)]
    pub ads: AdOptions,
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

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, value) = text.split_once('=').ok_or("must be FIELD=VALUE")?;
    if field.is_empty() {
        Err("the field is missing".to_owned())
    } else {
        Ok((field.to_owned(), value.to_owned()))
    }
}
