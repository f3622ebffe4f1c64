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

/// Where it stands; nothing where it has no campaign, which a path cannot leave out, or one of points, which a path takes
/// for a step.
fn address(left: &Left) -> Option<String> {
    let campaign = left.campaign.as_deref().filter(|campaign| !matches!(*campaign, "." | ".."))?;
    let source = left.source.as_deref().map(|source| format!("?source={}", encoded(source)));
    Some(format!(
        "/v1/spend/{}/{}/{}{}",
        encoded(&left.channel),
        encoded(campaign),
        left.date,
        source.unwrap_or_default()
    ))
}

/// A text in letters that neither an address nor a shell takes for anything else.
fn encoded(text: &str) -> String {
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    // A form writes a blank as a plus, and leaves the star that a shell takes for file names.
    form.replace('+', "%20").replace('*', "%2A")
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

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use reckon_core::domain::decimal::Decimal;

    use super::*;

    #[test]
    fn an_address_may_be_pasted_into_a_shell_whatever_the_campaign_is_called() {
        let left = |campaign: &str, source: Option<&str>| Left {
            channel: "paid_search".to_owned(),
            source: source.map(str::to_owned),
            campaign: Some(campaign.to_owned()),
            date: NaiveDate::from_ymd_opt(2026, 11, 1).unwrap(),
            spend: Decimal::ZERO,
        };
        for (campaign, source, expected) in [
            ("Brand | Search", None, "Brand%20%7C%20Search/2026-11-01"),
            ("a;b&c", Some("x&y z"), "a%3Bb%26c/2026-11-01?source=x%26y%20z"),
            (
                "$(id) `id` 'q' \"q\" *!",
                None,
                "%24%28id%29%20%60id%60%20%27q%27%20%22q%22%20%2A%21/2026-11-01",
            ),
            ("50% +1/2 Größe", None, "50%25%20%2B1%2F2%20Gr%C3%B6%C3%9Fe/2026-11-01"),
            ("a-b_c.d", Some("google"), "a-b_c.d/2026-11-01?source=google"),
        ] {
            let address = address(&left(campaign, source)).unwrap();
            assert_eq!(address, format!("/v1/spend/paid_search/{expected}"));
        }
        assert_eq!(address(&left("..", None)), None);
    }
}
