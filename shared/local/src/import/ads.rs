//! Costs from the exports of advertising platforms: what each campaign cost on each day, told so that it replaces what
//! was told before.

mod currency;
mod deployment;
mod export;
mod lines;
mod platform;
mod sheet;
mod tell;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::channel::Channel;

pub use platform::Platform;

use super::amounts::DecimalMark;
use super::encoding;
use super::send::{Patience, Sender};
use super::{Format, ImportArgs, ImportError, Summary, summary};
pub(super) use deployment::Account;
use deployment::Told;
use export::{Entry, Export, Key};
use platform::Column;
use sheet::{Named, Sheet};

/// How exports of advertising platforms are read.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Exports of advertising platforms")]
pub struct AdOptions {
    /// The channel of all campaigns; by default that of the platform and of the column Campaign type.
    #[arg(long, value_parser = channel)]
    pub channel: Option<Channel>,
    /// The `utm_source` of the ads' links; by default google, facebook, linkedin or bing.
    #[arg(long)]
    pub source: Option<String>,
    /// The `utm_medium` of the ads' links; by default cpc, or `paid_social` of a social network.
    #[arg(long)]
    pub medium: Option<String>,
    /// Import nothing but the spend: where impressions and clicks are tracked already.
    #[arg(long, value_enum)]
    pub only: Option<Only>,
    /// What stands before decimals, where the file does not tell; also of a platform's export.
    #[arg(long, value_enum, help_heading = "Tables")]
    pub decimal: Option<DecimalMark>,
    /// The site's currency, where the deployment cannot be asked; nothing is imported where it says otherwise.
    #[arg(long)]
    pub currency: Option<String>,
}

impl AdOptions {
    /// Whether any of them is given that says nothing of another table.
    pub(super) fn any(&self) -> bool {
        let Self { channel, source, medium, only, decimal: _, currency } = self;
        let texts = [source, medium, currency];
        channel.is_some() || only.is_some() || texts.iter().any(|text| text.is_some())
    }
}

/// What alone is imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Only {
    /// The spend.
    Spend,
}

fn channel(name: &str) -> Result<Channel, String> {
    let all = || Channel::ALL.map(Channel::as_str).join(", ");
    Channel::parse(name).ok_or_else(|| format!("there are {}", all()))
}

/// Entries of all files by where they belong.
type Entries = BTreeMap<(Platform, Key), Entry>;

/// Whether a text is, by its header or by the columns that the options name, an export of one of the platforms.
pub(super) fn is_export(text: &str, args: &ImportArgs) -> bool {
    let is_column = |field: &str| Column::ALL.iter().any(|(_, known)| *known == field);
    // Who names a field that only events have means a table.
    if args.map.iter().any(|(field, _)| !is_column(field) && super::fields::is_field(field)) {
        return false;
    }
    let found = Sheet::find_header(text, None, &Named::new());
    let by_header =
        found.map_or_else(|reason| reason.starts_with(sheet::MAY_BE_OF), |sheet| sheet.is_of_a_platform());
    by_header || (!args.map.is_empty() && named(args).is_ok())
}

/// What the header of each platform's export has, for a sentence.
pub(super) fn expected() -> String {
    sheet::expected(None)
}

/// Reads the exports, tells the deployment, and prints what changed.
pub(super) async fn run(
    args: &ImportArgs,
    files: &[(PathBuf, Vec<u8>)],
    out: &mut (dyn Write + Send),
    default_key: Option<String>,
) -> Result<Summary, ImportError> {
    if !args.set.is_empty() || args.kind.is_some() || args.origin.is_some() {
        let detail = "--set, --kind and --origin say nothing of a platform's export; --source, --medium and --channel do";
        return Err(ImportError::Options(detail.to_owned()));
    }
    let key = default_key;
    if key.is_none() && !args.dry_run {
        return Err(super::no_key());
    }
    // A dry run asks what would change, and is content without an answer.
    let patience =
        if args.dry_run { Patience { tries: 1, ..Patience::default() } } else { Patience::default() };
    let sender = key.map(|key| Sender::new(&args.url, key, patience));
    let account = match &sender {
        None => Err("there is no key".to_owned()),
        Some(sender) => match Account::of(sender).await {
            Ok(account) => Ok(account),
            Err(error) if args.dry_run => Err(error.to_string()),
            Err(error) => return Err(error.into()),
        },
    };
    let site = currency(args.ads.currency.as_deref(), account.as_ref().ok())?;
    let (mut entries, mut lines) = (Entries::new(), 0);
    for (path, bytes) in files {
        let export = read(args, path, bytes, site.as_deref())?;
        tell::file(out, path, &export, site.as_deref())?;
        lines += export.rows + export.skipped.values().sum::<u64>();
        merge(&mut entries, export)?;
    }
    let mut summary = Summary { lines, ..Summary::default() };
    let today = account.as_ref().ok().map(|account| account.calendar.date_of(Minute::of(chrono::Utc::now())));
    let planned = entries.len();
    if let Some(today) = today {
        entries.retain(|(_, (date, ..)), _| *date <= today);
    }
    let future = planned - entries.len();
    if future > 0 {
        let days = summary::counted(
            u64::try_from(future).unwrap_or(u64::MAX),
            "day of a campaign is",
            "days of campaigns are",
        );
        writeln!(out, "{days} left out: not begun yet in the site's time zone")?;
        summary.skipped.insert("a day that has not begun", u64::try_from(future).unwrap_or(u64::MAX));
    }
    let told = match (&sender, &account) {
        (Some(sender), Ok(_)) => tell_all(args, sender, &entries).await?,
        (_, reason) => {
            let reason = reason.as_ref().err().map_or("", String::as_str);
            let days = summary::counted(
                u64::try_from(entries.len()).unwrap_or(u64::MAX),
                "day of a campaign",
                "days of campaigns",
            );
            writeln!(out, "{days}; what would change cannot be told: {reason}")?;
            return Ok(summary);
        }
    };
    tell::changes(out, &told, args.dry_run)?;
    summary.rejected = told.rejected;
    if args.dry_run {
        return Ok(summary);
    }
    summary.accepted = u64::try_from(told.done.len()).unwrap_or(u64::MAX);
    if let Some(sender) = sender.filter(|_| !args.no_wait && summary.accepted > 0) {
        super::wait(&sender, out).await?;
        let dates = || entries.keys().map(|(_, (date, ..))| *date);
        super::where_to_look(&args.url, dates().min().zip(dates().max()), out)?;
    }
    Ok(summary)
}

/// The site's currency, as far as it is known: as the deployment says, else the option.
fn currency(option: Option<&str>, account: Option<&Account>) -> Result<Option<String>, ImportError> {
    let option = option.map(str::to_uppercase);
    let Some(Account { currency, .. }) = account else { return Ok(option) };
    match option.filter(|option| option != currency) {
        None => Ok(Some(currency.clone())),
        Some(option) => Err(ImportError::Options(format!(
            "--currency says {option}, but the site reports in {currency}; nothing is converted here: leave --currency out, and export in {currency}"
        ))),
    }
}

/// Tells everything, unless it is stopped.
async fn tell_all(args: &ImportArgs, sender: &Sender, entries: &Entries) -> Result<Told, ImportError> {
    let bar = super::progress(entries.len(), "days of campaigns");
    let told = tokio::select! {
        told = deployment::tell(args, sender, entries, &bar) => told?,
        _ = tokio::signal::ctrl_c() => return Err(ImportError::Stopped),
    };
    bar.finish_and_clear();
    Ok(told)
}

/// Reads one file.
fn read(args: &ImportArgs, path: &Path, bytes: &[u8], site: Option<&str>) -> Result<Export, ImportError> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = (args.files.len() > 1).then_some(name.as_str());
    let text = encoding::decoded(bytes);
    export::read(&text, file, platform(args.format), args, &named(args)?, site).map_err(|faults| {
        let faults: Vec<String> = faults.into_iter().map(|fault| format!("{name}, {fault}")).collect();
        ImportError::Options(format!(
            "nothing is imported, since not every line is understood\n{}",
            faults.join("\n")
        ))
    })
}

/// The platform that a format names; none is told by the header.
const fn platform(format: Format) -> Option<Platform> {
    match format {
        Format::GoogleAds => Some(Platform::Google),
        Format::MetaAds => Some(Platform::Meta),
        Format::LinkedinAds => Some(Platform::LinkedIn),
        Format::MicrosoftAds => Some(Platform::Microsoft),
        Format::Auto | Format::Csv | Format::AccessLog => None,
    }
}

/// The columns that `--map` names.
fn named(args: &ImportArgs) -> Result<Named, ImportError> {
    let column = |(field, name): &(String, String)| {
        let known = Column::ALL.into_iter().find(|(_, known)| known == field);
        let unknown = || {
            let all = Column::ALL.map(|(_, name)| name).join(", ");
            ImportError::Options(format!("an export has no {field:?}: --map takes {all}"))
        };
        known.map(|(column, _)| (column, name.clone())).ok_or_else(unknown)
    };
    args.map.iter().map(column).collect()
}

/// Adds a file's entries. Files that tell the same day of a campaign differently cannot both be meant.
fn merge(entries: &mut Entries, export: Export) -> Result<(), ImportError> {
    for (key, entry) in export.entries {
        let (date, _, campaign) = key.clone();
        match entries.entry((export.platform, key)) {
            std::collections::btree_map::Entry::Vacant(place) => drop(place.insert(entry)),
            std::collections::btree_map::Entry::Occupied(place) => {
                let first = place.get();
                if first.sums != entry.sums {
                    return Err(ImportError::Options(format!(
                        "{campaign:?} on {date} is told by {} and otherwise by {}: where the later restates the earlier, import them one after the other; where they are of two accounts, import each with a --source of its own",
                        first.line, entry.line
                    )));
                }
            }
        }
    }
    Ok(())
}

/// What a file of such content becomes, in JSON, without a deployment: for the fuzzer.
pub fn rehearse(args: &ImportArgs, bytes: &[u8]) -> Result<Vec<serde_json::Value>, ImportError> {
    let export = read(args, Path::new("file"), bytes, None)?;
    let mut entries = Entries::new();
    merge(&mut entries, export)?;
    Ok(entries.iter().map(|(key, entry)| deployment::json(args, key, entry)).collect())
}
