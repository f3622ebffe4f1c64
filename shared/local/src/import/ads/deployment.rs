//! Telling a deployment what campaigns cost, and what it answers: what is new, what changed, what it was before.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use futures::stream::{self, StreamExt};
use indicatif::ProgressBar;
use reckon_core::domain::calendar::Calendar;
use reckon_core::domain::decimal::Decimal;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Entries;
use super::export::{Entry, Key, Sums};
use super::platform::Platform;
use crate::import::ImportArgs;
use crate::import::row::Line;
use crate::import::send::{Fault, Problem, SendError, Sender, understood};

/// How many requests are under way at once.
const AT_ONCE: usize = 4;

/// What a deployment says of the site of a key.
#[derive(Clone, Debug)]
pub(in crate::import) struct Account {
    pub(super) currency: String,
    pub(super) calendar: Calendar,
    pub(in crate::import) time_zone: chrono_tz::Tz,
}

#[derive(Deserialize)]
struct Status {
    currency: String,
    time_zone: chrono_tz::Tz,
}

/// What became of the entries.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub(super) done: Vec<Change>,
    pub(super) rejected: Vec<(Line, String)>,
    /// What stands of the same platforms and days and is in no file.
    pub(super) unmentioned: Vec<Left>,
}

/// What became of an entry.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) key: Key,
    pub(super) outcome: Outcome,
    pub(super) before: Option<Sums>,
    pub(super) after: Sums,
    pub(super) moved_from: Vec<String>,
}

/// What an entry did to what stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    New,
    Restated,
    Unchanged,
}

/// What stands and is told by no entry.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Left {
    pub(super) channel: String,
    pub(super) source: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) date: NaiveDate,
    pub(super) spend: Decimal,
}

#[derive(Deserialize)]
struct Answer {
    entries: Vec<Done>,
    rejected: Vec<Rejected>,
    unmentioned: Vec<Left>,
}

#[derive(Deserialize)]
struct Done {
    index: usize,
    outcome: Outcome,
    before: Option<Figures>,
    #[serde(default)]
    moved_from: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
struct Figures {
    spend: Decimal,
    impressions: u32,
    clicks: u32,
}

#[derive(Deserialize)]
struct Rejected {
    index: usize,
    detail: String,
}

impl Account {
    /// Asks for it.
    pub(in crate::import) async fn of(sender: &Sender) -> Result<Self, SendError> {
        let (status, body) =
            sender.ask(Method::GET, "/v1/status", None).await.map_err(SendError::of_a_question)?;
        let Status { currency, time_zone } = understood(status, &body)?;
        Ok(Self { currency, calendar: Calendar::new(time_zone), time_zone })
    }
}

/// An entry as it is sent.
pub(super) fn json(args: &ImportArgs, (platform, key): &(Platform, Key), entry: &Entry) -> Value {
    let ((date, channel, campaign), sums) = (key, entry.sums);
    let (source, medium) = platform.source_and_medium();
    json!({
        "channel": channel.as_str(),
        "source": args.ads.source.as_deref().unwrap_or(source),
        "medium": args.ads.medium.as_deref().unwrap_or(medium),
        "campaign": campaign,
        "date": date,
        "spend": sums.spend.text(),
        "impressions": sums.impressions,
        "clicks": sums.clicks,
    })
}

/// Tells all entries, or asks what telling them would change. Days stay together as far as a request holds them.
pub(super) async fn tell(
    args: &ImportArgs,
    sender: &Sender,
    entries: &Entries,
    bar: &ProgressBar,
) -> Result<Told, SendError> {
    let requests = requests(entries, args.ads.source.as_deref(), args.batch.into());
    let asking = requests.into_iter().map(|chunk| async move {
        let body: Vec<Value> = chunk.iter().map(|(key, entry)| json(args, key, entry)).collect();
        let path = if args.dry_run { "/v1/spend?validate_only=true" } else { "/v1/spend" };
        (chunk, sender.ask(Method::POST, path, Some(&json!({"entries": body}))).await)
    });
    let mut answers = stream::iter(asking.collect::<Vec<_>>()).buffered(AT_ONCE);
    let mut told = Told::default();
    while let Some((chunk, answer)) = answers.next().await {
        let (status, body) =
            answer.map_err(|error| if args.dry_run { error.of_a_question() } else { error })?;
        bar.inc(chunk.len().try_into().unwrap_or(0));
        let line = |index: usize| chunk.get(index).map(|(_, entry)| entry.line.clone());
        if status != StatusCode::OK {
            let problem: Problem = serde_json::from_slice(&body).unwrap_or_default();
            let located =
                |fault: Fault| Some((line(fault.pointer.split('/').nth(2)?.parse().ok()?)?, fault.detail));
            let rejected: Vec<_> = problem.errors.into_iter().filter_map(located).collect();
            if rejected.is_empty() {
                return Err(SendError::Refused { status: status.as_u16(), detail: problem.detail });
            }
            told.rejected.extend(rejected);
            continue;
        }
        let answer: Answer = understood(status, &body)?;
        told.rejected
            .extend(answer.rejected.into_iter().filter_map(|one| Some((line(one.index)?, one.detail))));
        told.unmentioned.extend(answer.unmentioned);
        for Done { index, outcome, before, moved_from } in answer.entries {
            let Some(((_, key), entry)) = chunk.get(index) else { continue };
            let before = before.map(sums);
            told.done.push(Change { key: key.clone(), outcome, before, after: entry.sums, moved_from });
        }
    }
    told.rejected.sort();
    // A day that is spread over requests is told by the others.
    let named: BTreeSet<_> =
        entries.keys().map(|(_, (date, channel, name))| (*date, channel.as_str(), name.as_str())).collect();
    told.unmentioned.retain(|left| {
        !named.contains(&(left.date, left.channel.as_str(), left.campaign.as_deref().unwrap_or_default()))
    });
    told.unmentioned.dedup();
    Ok(told)
}

/// An entry beside where it belongs.
type Placed<'a> = (&'a (Platform, Key), &'a Entry);

/// The entries of each request, at most `most` unless one campaign has more on a day: in the order of days, and what a
/// source says of a campaign and day in one request, since it replaces all that the source said of it. All platforms have
/// the `source` that is given.
fn requests<'a>(entries: &'a Entries, source: Option<&str>, most: usize) -> Vec<Vec<Placed<'a>>> {
    let of = |platform: Platform| source.unwrap_or(platform.source_and_medium().0);
    let mut all: Vec<Placed<'a>> = entries.iter().collect();
    all.sort_by(|((one, left), _), ((other, right), _)| {
        let (left_place, right_place) = ((left.0, of(*one), &left.2), (right.0, of(*other), &right.2));
        left_place.cmp(&right_place).then_with(|| (left.1, one).cmp(&(right.1, other)))
    });
    let mut requests: Vec<Vec<Placed<'a>>> = Vec::new();
    for of_one in all.chunk_by(|((one, left), _), ((other, right), _)| {
        of(*one) == of(*other) && left.0 == right.0 && left.2 == right.2
    }) {
        match requests.last_mut().filter(|request| request.len() + of_one.len() <= most) {
            Some(request) => request.extend(of_one),
            None => requests.push(of_one.to_vec()),
        }
    }
    requests
}

fn sums(Figures { spend, impressions, clicks }: Figures) -> Sums {
    Sums { spend, impressions: Decimal::whole(impressions), clicks: Decimal::whole(clicks) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use reckon_core::domain::channel::Channel;

    use super::*;

    #[test]
    fn what_a_source_says_of_a_campaign_and_day_is_never_parted() {
        let line = Line { file: None, number: 1 };
        let day = |number| NaiveDate::from_ymd_opt(2026, 11, number).unwrap();
        let channels = [Channel::Display, Channel::PaidSearch, Channel::PaidVideo];
        let platforms = [Platform::Google, Platform::Microsoft];
        let mut entries = Entries::new();
        for (date, campaign) in (1..8).flat_map(|date| [(day(date), "a"), (day(date), "b")]) {
            for (platform, channel) in
                channels.into_iter().flat_map(|channel| platforms.map(|platform| (platform, channel)))
            {
                let entry = Entry { line: line.clone(), sums: Sums::default() };
                entries.insert((platform, (date, channel, campaign.to_owned())), entry);
            }
        }
        // A source of one's own is that of all platforms.
        for (source, sources) in [(None, platforms.len()), (Some("ads"), 1)] {
            let together = channels.len() * platforms.len() / sources;
            for most in [1, 2, 3, 4, 7, 100] {
                let requests = requests(&entries, source, most);
                assert_eq!(requests.iter().map(Vec::len).sum::<usize>(), entries.len());
                assert!(requests.iter().all(|request| request.len() <= most.max(together)));
                let mut seen = BTreeMap::new();
                for (number, request) in requests.iter().enumerate() {
                    for ((platform, (date, _, campaign)), _) in request {
                        let told = (source.is_none().then_some(platform), date, campaign);
                        assert_eq!(*seen.entry(told).or_insert(number), number, "{source:?} {most}");
                    }
                }
            }
        }
    }
}
