//! What was read of an export and what it changes, for people.

use std::collections::BTreeSet;
use std::io::{Result, Write};
use std::path::Path;

use super::deployment::{Change, Left, Outcome, Told};
use super::export::{Export, Sums};
use crate::import::summary::counted;

/// How many changes are printed, unless nothing is stored: then all are.
const SHOWN: usize = 20;

/// Says what a file holds.
pub(super) fn file(
    out: &mut (dyn Write + Send),
    path: &Path,
    export: &Export,
    site: Option<&str>,
) -> Result<()> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Export { platform, entries, rows, .. } = export;
    let days: BTreeSet<_> = entries.keys().map(|(date, ..)| *date).collect();
    let campaigns: BTreeSet<_> = entries.keys().map(|(.., campaign)| campaign).collect();
    writeln!(
        out,
        "{name}: {}, {}, {}, {}",
        platform.name(),
        counted(*rows, "row", "rows"),
        counted(number(days.len()), "day", "days"),
        counted(number(campaigns.len()), "campaign", "campaigns")
    )?;
    for (what, count) in &export.skipped {
        writeln!(out, "  skipped {count}: {what}")?;
    }
    let sums = export.sums();
    if let (Some(first), Some(last)) = (days.first(), days.last()) {
        let currency = export.currency.as_deref().or(site).map_or(String::new(), |code| format!(" {code}"));
        let Sums { spend, clicks, impressions } = sums;
        writeln!(
            out,
            "  {first} to {last}: spend {spend}{currency}, {clicks} clicks, {impressions} impressions"
        )?;
    }
    if export.currency.is_none() {
        let whose = site.map_or_else(|| "the site's".to_owned(), |code| format!("the site's, {code}"));
        writeln!(out, "  it names no currency, so its amounts are taken for {whose}")?;
    }
    match &export.total {
        Some((_, total)) if total.spend == sums.spend => {
            writeln!(out, "  the file's own total says the same")?;
        }
        Some((line, total)) => {
            let (file, rows) = (total.spend, sums.spend);
            writeln!(
                out,
                "  warning: line {line} totals {file}, and its rows add up to {rows}; are some filtered out?"
            )?;
        }
        None => {}
    }
    for note in &export.notes {
        writeln!(out, "  {note}")?;
    }
    Ok(())
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Says what was changed, or what would be.
pub(super) fn changes(out: &mut (dyn Write + Send), told: &Told, dry: bool) -> Result<()> {
    let count = |outcome| told.done.iter().filter(|change| change.outcome == outcome).count();
    let (new, restated, unchanged) =
        (count(Outcome::New), count(Outcome::Restated), count(Outcome::Unchanged));
    let would = if dry { "would be " } else { "" };
    let days = counted(number(told.done.len()), "day of a campaign", "days of campaigns");
    writeln!(out, "{days}: {new} {would}new, {restated} {would}restated, {unchanged} unchanged")?;
    let all: Vec<&Change> = told.done.iter().filter(|change| change.outcome != Outcome::Unchanged).collect();
    // What is restated moves figures that somebody may have seen.
    let (restated, new): (Vec<&Change>, Vec<&Change>) =
        all.into_iter().partition(|change| change.outcome == Outcome::Restated);
    let shown = if dry { usize::MAX } else { SHOWN };
    for change in restated.iter().chain(new.iter().filter(|_| dry)).take(shown) {
        writeln!(out, "  {}", line(change))?;
    }
    if restated.len() > shown {
        writeln!(out, "  and {} more restated", restated.len() - shown)?;
    }
    for (line, reason) in told.rejected.iter().take(SHOWN) {
        writeln!(out, "  rejected {line}: {reason}")?;
    }
    if told.rejected.len() > SHOWN {
        writeln!(out, "  and {} more rejected", told.rejected.len() - SHOWN)?;
    }
    left(out, &told.unmentioned)?;
    let so =
        if dry { "nothing was stored" } else { "what the platform counts as conversions is not imported" };
    writeln!(out, "{so}")
}

/// What stands of the same days and is in no file: an export may have been filtered, so it stays.
fn left(out: &mut (dyn Write + Send), unmentioned: &[Left]) -> Result<()> {
    for one in unmentioned.iter().take(SHOWN) {
        let Left { channel, campaign, date, spend, .. } = one;
        let campaign = campaign.as_deref().unwrap_or("no campaign");
        let remedy = address(one).map_or_else(String::new, |address| {
            format!("; where it is wrong, DELETE {address} takes it away")
        });
        writeln!(
            out,
            "  stays {date} {channel} {campaign}: spend {spend}, told before and in none of these files{remedy}"
        )?;
    }
    if unmentioned.len() > SHOWN {
        writeln!(out, "  and {} more stay", unmentioned.len() - SHOWN)?;
    }
    Ok(())
}

/// Where it stands; nothing where it has no campaign, which a path cannot leave out.
fn address(left: &Left) -> Option<String> {
    let mut url = url::Url::parse("http://deployment/v1/spend").ok()?;
    let date = left.date.to_string();
    url.path_segments_mut().ok()?.extend([left.channel.as_str(), left.campaign.as_deref()?, &date]);
    if let Some(source) = &left.source {
        url.query_pairs_mut().append_pair("source", source);
    }
    Some(url.as_str().strip_prefix("http://deployment")?.to_owned())
}

fn line(change: &Change) -> String {
    let (date, channel, campaign) = &change.key;
    let after = change.after;
    let before = change.before.unwrap_or_default();
    let mut parts = Vec::new();
    for (name, before, after) in [
        ("spend", before.spend, after.spend),
        ("clicks", before.clicks, after.clicks),
        ("impressions", before.impressions, after.impressions),
    ] {
        if change.before.is_none() {
            parts.push(format!("{name} {after}"));
        } else if before != after {
            parts.push(format!("{name} {before} -> {after}"));
        }
    }
    if !change.moved_from.is_empty() {
        parts.push(format!("moved from {}", change.moved_from.join(", ")));
    }
    let word = if change.outcome == Outcome::New { "new" } else { "restated" };
    format!("{word} {date} {} {campaign}: {}", channel.as_str(), parts.join(", "))
}
