//! What campaigns cost: told by platform, campaign and day, where telling it again replaces and never adds.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, NaiveDate};
use reckon_core::domain::calendar::{Minute, parse_day};
use reckon_core::domain::channel::Channel;
use reckon_core::domain::decimal::{Decimal, Money};
use reckon_core::domain::event::{Event, Trust};
use reckon_core::domain::names::Label;
use reckon_core::domain::site::Site;
use reckon_core::domain::spend::{Figures, Place, Standing};
use reckon_core::http::{App, Body, Caller, Fault, Problem, ProblemKind, Query};
use reckon_core::store::{Kept, Role, StoreError, concurrently};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{channel_of, noted};

/// The most entries of a request.
const MOST_ENTRIES: usize = 1_000;
/// The first year that events are accepted of.
const FIRST_YEAR: i32 = 1990;
/// The most impressions or clicks of an entry: what one event may count.
const MOST: u32 = 1_000_000_000;

/// What a campaign cost on a day, as its sender writes it; in a path some of it stands there.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Entry {
    channel: String,
    campaign: Option<String>,
    date: String,
    spend: Option<Box<RawValue>>,
    currency: Option<String>,
    impressions: u32,
    clicks: u32,
    source: Option<String>,
    medium: Option<String>,
}

/// The body of a PUT: what the path does not say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Told {
    spend: Option<Box<RawValue>>,
    currency: Option<String>,
    impressions: u32,
    clicks: u32,
    source: Option<String>,
    medium: Option<String>,
}

/// The body of a POST.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entries {
    entries: Vec<Entry>,
}

/// Channel, campaign and date of a path.
type Named = Result<Path<(String, String, String)>, PathRejection>;

/// What is to stand of a place and day; nothing where it is to be withdrawn.
struct Wanted {
    place: Place,
    date: NaiveDate,
    figures: Option<Figures>,
}

/// Figures as they are shown.
#[derive(Debug, Serialize)]
struct Shown {
    spend: Money,
    impressions: u32,
    clicks: u32,
}

/// A place and day as it is shown.
#[derive(Debug, Serialize)]
struct Standings {
    channel: Channel,
    source: Option<String>,
    medium: Option<String>,
    campaign: Option<String>,
    date: NaiveDate,
    #[serde(flatten)]
    figures: Shown,
}

/// What an entry did to what stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    New,
    Restated,
    Unchanged,
}

/// What became of an entry.
#[derive(Debug, Serialize)]
struct Done {
    index: usize,
    outcome: Outcome,
    /// What stood of it before.
    before: Option<Shown>,
    /// The channels that the same campaign's cost of that day was taken out of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    moved_from: Vec<Channel>,
}

#[derive(Debug, Serialize)]
struct Rejected {
    index: usize,
    code: &'static str,
    pointer: String,
    detail: String,
}

#[derive(Debug, Serialize)]
struct Answer {
    new: usize,
    restated: usize,
    unchanged: usize,
    entries: Vec<Done>,
    rejected: Vec<Rejected>,
    /// What stands of the same sources and days, and no entry names. It stays.
    unmentioned: Vec<Standings>,
}

impl Shown {
    const fn new(figures: &Figures) -> Self {
        Self { spend: figures.spend, impressions: figures.impressions, clicks: figures.clicks }
    }
}

impl Standings {
    fn new(place: &Place, date: NaiveDate, figures: &Figures) -> Self {
        let text = |label: &Option<Label>| label.as_ref().map(Label::to_string);
        Self {
            channel: place.channel,
            source: text(&place.source),
            medium: text(&figures.medium),
            campaign: text(&place.campaign),
            date,
            figures: Shown::new(figures),
        }
    }
}

/// Reads entries for one site at one moment.
struct Reader<'a> {
    site: &'a Site,
    /// The site's day now.
    today: NaiveDate,
    /// The first minute whose raw events are kept.
    kept_from: Option<Minute>,
}

impl<'a> Reader<'a> {
    async fn new(app: &App, site: &'a Site) -> Result<Self, StoreError> {
        let now = app.clock.now();
        let today = site.calendar().date_of(Minute::of(now));
        Ok(Self { site, today, kept_from: app.store.kept_from(site, app.config.kept_from(now)).await? })
    }

    /// A place and day, or everything that is wrong with it.
    fn place(
        &self,
        at: &str,
        (channel, campaign, date): (&str, Option<&str>, &str),
        source: Option<&str>,
        faults: &mut Vec<Fault>,
    ) -> Option<(Place, NaiveDate)> {
        let channel = noted(channel_of(channel, &format!("{at}channel")), faults);
        let campaign = noted(label(campaign, at, "campaign"), faults);
        let source = noted(label(source, at, "source"), faults);
        let date = noted(self.date(date, &format!("{at}date")), faults);
        Some((Place { channel: channel?, source: source?, campaign: campaign? }, date?))
    }

    fn date(&self, text: &str, pointer: &str) -> Result<NaiveDate, Fault> {
        let fault = |code, detail| Err(Fault::new(pointer, code, detail));
        let Some(date) = parse_day(text) else {
            return fault("invalid_date", "date must be a day such as 2026-11-23".to_owned());
        };
        let calendar = self.site.calendar();
        if date > self.today {
            let Self { today, site, .. } = self;
            let detail =
                format!("{date} has not begun: in the site's time zone, {}, it is {today}", site.time_zone);
            return fault("time_out_of_range", detail);
        }
        let first = self.kept_from.filter(|kept| calendar.start_of_date(date) < *kept);
        if first.is_some() || date.year() < FIRST_YEAR {
            let from = first.map_or_else(
                || format!("{FIRST_YEAR}-01-01"),
                |kept| calendar.date_of(kept.plus(24 * 60 - 1)).to_string(),
            );
            return fault(
                "time_out_of_range",
                format!("{date} lies before {from}, the earliest day accepted"),
            );
        }
        if calendar.hours_of(date).is_empty() {
            let detail = format!("the site's time zone, {}, skipped {date}", self.site.time_zone);
            return fault("invalid_date", detail);
        }
        Ok(date)
    }

    /// An entry, or everything that is wrong with it; `at` is what its pointers begin with.
    fn read(&self, entry: &Entry, at: &str) -> Result<Wanted, Vec<Fault>> {
        let mut faults = Vec::new();
        let named = (entry.channel.as_str(), entry.campaign.as_deref(), entry.date.as_str());
        let place = self.place(at, named, entry.source.as_deref(), &mut faults);
        let medium = noted(label(entry.medium.as_deref(), at, "medium"), &mut faults);
        let spend = noted(amount(entry.spend.as_deref(), &format!("{at}spend")), &mut faults);
        for (name, count) in [("impressions", entry.impressions), ("clicks", entry.clicks)] {
            if count > MOST {
                let detail = format!("{name} must be a whole number from 0 to {MOST}");
                faults.push(Fault::new(format!("{at}{name}"), "invalid_number", detail));
            }
        }
        if let Some(currency) = entry.currency.as_deref().filter(|code| *code != self.site.currency.as_str())
        {
            let short: String = currency.chars().take(16).collect();
            let own = &self.site.currency;
            let detail = format!(
                "currency is {short:?}, but this site reports in {own}; convert it, nothing is converted here"
            );
            faults.push(Fault::new(format!("{at}currency"), "currency_mismatch", detail));
        }
        match (place, medium, spend) {
            (Some((place, date)), Some(medium), Some(spend)) if faults.is_empty() => {
                let Entry { impressions, clicks, .. } = *entry;
                let figures = Some(Figures { spend, impressions, clicks, medium });
                Ok(Wanted { place, date, figures })
            }
            _ => Err(faults),
        }
    }
}

/// A label of a field, or a fault that names it.
fn label(text: Option<&str>, at: &str, name: &str) -> Result<Option<Label>, Fault> {
    let parsed = text.map(Label::parse).transpose();
    parsed.map_err(|error| Fault::new(format!("{at}{name}"), "invalid_text", format!("{name} {error}")))
}

/// An amount, as a number or as a text, read without floats.
fn amount(raw: Option<&RawValue>, pointer: &str) -> Result<Money, Fault> {
    let fault = |code, detail: String| Err(Fault::new(pointer, code, detail));
    let Some(raw) = raw else {
        return fault("missing_value", "spend is missing: the amount, such as \"12.50\"".to_owned());
    };
    let text = serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned());
    match Decimal::parse(&text) {
        Ok(amount) if amount.is_negative() => {
            fault("negative_value", "spend must not be negative; tell what the day cost in all".to_owned())
        }
        Ok(amount) if amount > Money::MAX_OF_EVENT => {
            fault("value_too_large", "spend must be at most 1000000000".to_owned())
        }
        Ok(amount) => Ok(amount),
        Err(error) => fault("invalid_number", format!("spend {error}")),
    }
}

/// What stands of some days, by place.
async fn standing(
    app: &App,
    site: &Site,
    dates: BTreeSet<NaiveDate>,
) -> Result<BTreeMap<NaiveDate, BTreeMap<Place, Standing>>, StoreError> {
    let reading = dates.into_iter().map(|date| async move {
        let minute = site.calendar().start_of_date(date);
        let mut versions = Vec::new();
        for lane in 0..site.lanes_at(minute) {
            versions.extend(app.store.segment(&site.id, minute, lane).await?.versions);
        }
        Ok::<_, StoreError>((date, Standing::of(versions, date)))
    });
    Ok(concurrently(reading).await?.into_iter().collect())
}

/// Stores events that were made here, as a server's.
async fn keep(app: &App, site: &Site, events: Vec<Event>) -> Result<(), StoreError> {
    let kept = Kept { events, touches: Vec::new() };
    app.store.keep(site, Trust::Secret, kept, app.clock.now(), app.config.retention_days).await
}

/// `POST /v1/spend`
pub(crate) async fn post_spend(
    Held(app): Held<App>,
    caller: Caller,
    query: Query,
    Body(Entries { entries }): Body<Entries>,
) -> Result<Response, Problem> {
    caller.require(Role::Write)?;
    let validate_only = validate_only(&query)?;
    if entries.is_empty() || entries.len() > MOST_ENTRIES {
        let detail = format!("entries must be a list of 1 to {MOST_ENTRIES}");
        return Err(Problem::invalid(vec![Fault::new("/entries", "invalid_list", detail)]));
    }
    let site = &caller.site;
    let reader = Reader::new(&app, site).await?;
    let (mut wanted, mut faults) = (Vec::new(), Vec::new());
    for (index, entry) in entries.iter().enumerate() {
        match reader.read(entry, &format!("/entries/{index}/")) {
            Ok(read) => wanted.push((index, read)),
            Err(found) => faults.extend(found.into_iter().map(|fault| (index, fault))),
        }
    }
    twice(&mut wanted, &mut faults);
    if wanted.is_empty() {
        return Err(Problem::invalid(faults.into_iter().map(|(_, fault)| fault).collect()));
    }
    let dates = wanted.iter().map(|(_, wanted)| wanted.date).collect();
    let (events, mut answer) = plan(site, &standing(&app, site, dates).await?, &wanted);
    faults.sort_by_key(|(index, _)| *index);
    answer.rejected = faults.into_iter().map(rejected).collect();
    if !validate_only {
        keep(&app, site, events).await?;
    }
    Ok(Json(answer).into_response())
}

fn rejected((index, Fault { pointer, code, detail }): (usize, Fault)) -> Rejected {
    Rejected { index, code, pointer, detail }
}

/// Moves entries of a place and day that another one has told already to the faults: which of them is meant?
fn twice(wanted: &mut Vec<(usize, Wanted)>, faults: &mut Vec<(usize, Fault)>) {
    let mut seen: BTreeMap<(NaiveDate, Place), usize> = BTreeMap::new();
    wanted.retain(|(index, wanted)| {
        let first = *seen.entry((wanted.date, wanted.place.clone())).or_insert(*index);
        if first != *index {
            let detail = format!(
                "tells the same campaign and day as /entries/{first}; add the two up, or leave one out"
            );
            faults.push((*index, Fault::new(format!("/entries/{index}"), "repeated", detail)));
        }
        first == *index
    });
}

/// The events that make what is wanted stand, and what they change.
///
/// An entry with a source is all that this source says of the campaign and day: what stands of it in a channel that no
/// entry names is withdrawn, so that a campaign whose channel is told otherwise moves instead of counting twice.
fn plan(
    site: &Site,
    standing: &BTreeMap<NaiveDate, BTreeMap<Place, Standing>>,
    wanted: &[(usize, Wanted)],
) -> (Vec<Event>, Answer) {
    let named: BTreeSet<(NaiveDate, &Place)> =
        wanted.iter().map(|(_, told)| (told.date, &told.place)).collect();
    let alike = |one: &Place, other: &Place| one.source == other.source && one.campaign == other.campaign;
    let (mut events, mut entries, mut moved) = (Vec::new(), Vec::new(), BTreeSet::new());
    let nothing = BTreeMap::new();
    for (index, Wanted { place, date, figures }) in wanted {
        let day = standing.get(date).unwrap_or(&nothing);
        let stood = day.get(place).cloned().unwrap_or_default();
        let before = stood.figures();
        let changes = stood.changes(site, place, *date, figures.as_ref());
        let mut moved_from = Vec::new();
        for (other, left) in day.iter().filter(|(other, _)| place.source.is_some() && alike(other, place)) {
            if left.figures().is_none() || named.contains(&(*date, other)) {
                continue;
            }
            moved_from.push(other.channel);
            if moved.insert((*date, other.clone())) {
                events.extend(left.changes(site, other, *date, None));
            }
        }
        let outcome = match &before {
            _ if changes.is_empty() && moved_from.is_empty() => Outcome::Unchanged,
            None if moved_from.is_empty() => Outcome::New,
            _ => Outcome::Restated,
        };
        events.extend(changes);
        entries.push(Done { index: *index, outcome, before: before.as_ref().map(Shown::new), moved_from });
    }
    let told: BTreeSet<_> = wanted.iter().map(|(_, told)| (told.date, &told.place.source)).collect();
    let unmentioned =
        standing.iter().flat_map(|(date, day)| day.iter().map(move |(place, left)| (*date, place, left)));
    let unmentioned = unmentioned.filter(|(date, place, _)| {
        told.contains(&(*date, &place.source))
            && !named.contains(&(*date, *place))
            && !moved.contains(&(*date, (*place).clone()))
    });
    let unmentioned = unmentioned
        .filter_map(|(date, place, left)| Some(Standings::new(place, date, &left.figures()?)))
        .collect();
    let count = |outcome| entries.iter().filter(|done: &&Done| done.outcome == outcome).count();
    let (new, restated, unchanged) =
        (count(Outcome::New), count(Outcome::Restated), count(Outcome::Unchanged));
    (events, Answer { new, restated, unchanged, entries, rejected: Vec::new(), unmentioned })
}

/// Whether `validate_only` is asked for.
fn validate_only(query: &Query) -> Result<bool, Problem> {
    let mut faults = Vec::new();
    query.only(&["validate_only"], &mut faults);
    let asked = match query.one("validate_only", &mut faults) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => {
            faults.push(Fault::new("validate_only", "invalid_flag", "validate_only must be true or false"));
            false
        }
    };
    if faults.is_empty() { Ok(asked) } else { Err(Problem::invalid(faults)) }
}

/// The texts of a path.
fn named(path: Named) -> Result<(String, String, String), Problem> {
    let strange = |_| Problem::new(ProblemKind::NotFound, "The path is no text in UTF-8.");
    path.map(|Path(named)| named).map_err(strange)
}

/// `PUT /v1/spend/{channel}/{campaign}/{date}`
pub(crate) async fn put_spend(
    Held(app): Held<App>,
    caller: Caller,
    path: Named,
    Body(told): Body<Told>,
) -> Result<Response, Problem> {
    caller.require(Role::Write)?;
    let (channel, campaign, date) = named(path)?;
    let Told { spend, currency, impressions, clicks, source, medium } = told;
    let campaign = Some(campaign);
    let entry = Entry { channel, campaign, date, spend, currency, impressions, clicks, source, medium };
    let site = &caller.site;
    let wanted = Reader::new(&app, site).await?.read(&entry, "/").map_err(Problem::invalid)?;
    replace(&app, site, &wanted).await?;
    let Wanted { place, date, figures } = wanted;
    let figures = figures.unwrap_or_default();
    Ok(Json(Standings::new(&place, date, &figures)).into_response())
}

/// Makes what is wanted stand, and answers what stood.
async fn replace(app: &App, site: &Site, wanted: &Wanted) -> Result<Option<Figures>, StoreError> {
    let stood = stood(app, site, &wanted.place, wanted.date).await?;
    keep(app, site, stood.changes(site, &wanted.place, wanted.date, wanted.figures.as_ref())).await?;
    Ok(stood.figures())
}

/// What stands of one place and day.
async fn stood(app: &App, site: &Site, place: &Place, date: NaiveDate) -> Result<Standing, StoreError> {
    let mut days = standing(app, site, BTreeSet::from([date])).await?;
    Ok(days.remove(&date).and_then(|mut day| day.remove(place)).unwrap_or_default())
}

/// The place and day of a path and of the `source` behind it.
async fn asked(
    app: &App,
    caller: &Caller,
    path: Named,
    query: &Query,
) -> Result<(Place, NaiveDate), Problem> {
    let (channel, campaign, date) = named(path)?;
    let mut faults = Vec::new();
    query.only(&["source"], &mut faults);
    let source = query.one("source", &mut faults).map(str::to_owned);
    let reader = Reader::new(app, &caller.site).await?;
    let named = (channel.as_str(), Some(campaign.as_str()), date.as_str());
    let place = reader.place("", named, source.as_deref(), &mut faults);
    place.filter(|_| faults.is_empty()).ok_or_else(|| Problem::invalid(faults))
}

/// `GET /v1/spend/{channel}/{campaign}/{date}`
pub(crate) async fn get_spend(
    Held(app): Held<App>,
    caller: Caller,
    path: Named,
    query: Query,
) -> Result<Response, Problem> {
    // Whoever tells what was spent may read it back.
    if caller.key.role != Role::Write {
        caller.require(Role::Read)?;
    }
    let (place, date) = asked(&app, &caller, path, &query).await?;
    let stood = stood(&app, &caller.site, &place, date).await?;
    let figures = stood.figures().ok_or_else(|| Problem::not_found("spend"))?;
    Ok(Json(Standings::new(&place, date, &figures)).into_response())
}

/// `DELETE /v1/spend/{channel}/{campaign}/{date}`
pub(crate) async fn delete_spend(
    Held(app): Held<App>,
    caller: Caller,
    path: Named,
    query: Query,
) -> Result<Response, Problem> {
    caller.require(Role::Write)?;
    let (place, date) = asked(&app, &caller, path, &query).await?;
    let stood = replace(&app, &caller.site, &Wanted { place, date, figures: None }).await?;
    stood.ok_or_else(|| Problem::not_found("spend"))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
