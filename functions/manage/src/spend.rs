//! What campaigns cost: told by platform, campaign and day, where telling it again replaces and never adds.

mod entry;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State as Held};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, KEYED, May, SENT};
use reckon_core::domain::event::{Event, Trust};
use reckon_core::domain::site::Site;
use reckon_core::domain::spend::{Figures, Place, Standing};
use reckon_core::http::{App, Body, Caller, Fault, NoParameters, Problem, ProblemKind, Query};
use reckon_core::store::{Kept, Role, StoreError, concurrently};
use serde::Deserialize;
use serde_json::value::RawValue;

use entry::{Entry, Reader, Wanted, label};
#[cfg(feature = "contract")]
use plan::Answer;
use plan::{Standings, plan, rejected, twice};

/// The most entries of a request.
const MOST_ENTRIES: usize = 1_000;

/// What a campaign cost on a day: what the path does not say of it.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = SpendOfDay))]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Told {
    #[cfg_attr(feature = "contract", schema(schema_with = entry::spend_schema, required = true))]
    spend: Option<Box<RawValue>>,
    /// The site's own currency, as a check.
    currency: Option<String>,
    /// How often its ads were shown, 0 to 1000000000.
    #[cfg_attr(feature = "contract", schema(maximum = 1_000_000_000, default = 0))]
    impressions: u32,
    /// How often they were clicked, 0 to 1000000000.
    #[cfg_attr(feature = "contract", schema(maximum = 1_000_000_000, default = 0))]
    clicks: u32,
    /// The platform that was paid, such as `google`.
    source: Option<String>,
    /// By what means, such as `cpc`.
    medium: Option<String>,
}

/// What campaigns cost.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = SpendEntries))]
#[serde(deny_unknown_fields)]
pub(crate) struct Entries {
    /// 1 to 1000 entries, each of another campaign or day.
    #[cfg_attr(feature = "contract", schema(min_items = 1, max_items = 1_000))]
    entries: Vec<Entry>,
}

/// Channel, campaign and date of a path.
type Named = Result<Path<(String, String, String)>, PathRejection>;

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

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// Whether anything is stored.
    Trying: flag("validate_only", "Says what the entries would change, and stores nothing.");
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// What was paid for, and when.
    PlaceAndDay:
        segment("channel", "The channel that was paid for, such as `paid_search`."),
        segment("campaign", "The campaign."),
        segment("date", "The day of the site's calendar, such as `2026-11-22`.");
}

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// Who was paid.
    Paid: text("source", "The platform that was paid, where it was told; no other's cost is meant.");
}

/// `POST /v1/spend`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        post,
        path = "/v1/spend",
        tag = "Events",
        operation_id = "tell_spend",
        summary = "Tell what campaigns cost",
        description = "What is told of a platform, campaign and day replaces what stood of it and never adds; telling \
             it again changes nothing. An entry with a source is all that this source says of the campaign and day: \
             told with another channel, its cost moves there.",
        params(Trying),
        security(("bearer" = ["write", "admin"])),
        request_body(content = Entries, example = json!({"entries": [
            {
                "channel": "paid_search",
                "campaign": "brand",
                "date": "2026-11-22",
                "source": "google",
                "medium": "cpc",
                "spend": "48.10",
                "currency": "EUR",
                "impressions": 5210,
                "clicks": 131
            },
            {"channel": "email", "campaign": "spring", "date": "2026-11-22", "spend": "12.50"}
        ]})),
        responses(
            (status = 200, description = "What became of each entry", body = Answer),
            May<{ KEYED | SENT }>
        )
    )
)]
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
        let at = format!("/entries/{index}/");
        match reader.read(entry, &at, &at) {
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

/// Whether `validate_only` is asked for.
fn validate_only(query: &Query) -> Result<bool, Problem> {
    let mut faults = Vec::new();
    query.only(&["validate_only"], &mut faults);
    let asked = query.flag("validate_only", &mut faults);
    if faults.is_empty() { Ok(asked) } else { Err(Problem::invalid(faults)) }
}

/// The texts of a path.
fn named(path: Named) -> Result<(String, String, String), Problem> {
    let strange = |_| Problem::new(ProblemKind::NotFound, "The path is no text in UTF-8.");
    path.map(|Path(named)| named).map_err(strange)
}

/// `PUT /v1/spend/{channel}/{campaign}/{date}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        put,
        path = "/v1/spend/{channel}/{campaign}/{date}",
        tag = "Events",
        operation_id = "replace_spend",
        summary = "Tell what a campaign cost on a day",
        description = "It replaces what stood; sending it again changes nothing. No other platform's cost, and that \
             in no other channel, is touched.",
        params(PlaceAndDay),
        security(("bearer" = ["write", "admin"])),
        request_body(content = Told, example = json!({"spend": "14.20", "clicks": 25})),
        responses(
            (status = 200, description = "What stands now", body = Standings),
            May<{ KEYED | ABSENT | SENT }>
        )
    )
)]
pub(crate) async fn put_spend(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    path: Named,
    Body(told): Body<Told>,
) -> Result<Response, Problem> {
    caller.require(Role::Write)?;
    let (channel, campaign, date) = named(path)?;
    let Told { spend, currency, impressions, clicks, source, medium } = told;
    let campaign = Some(campaign);
    let entry = Entry { channel, campaign, date, spend, currency, impressions, clicks, source, medium };
    let site = &caller.site;
    let wanted = Reader::new(&app, site).await?.read(&entry, "", "/").map_err(Problem::invalid)?;
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

/// Nothing stands there. What a platform was paid is found by its source alone, as imports tell it.
fn absent(place: &Place) -> Problem {
    let told = match &place.source {
        Some(source) => format!("There is no such spend of the source {source} in this site."),
        None => "There is no such spend without a source in this site. What an import told has one: \
                 add ?source=google, or whichever platform it is of."
            .to_owned(),
    };
    Problem::new(ProblemKind::NotFound, told)
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
    let source = label(query.one("source", &mut faults), "", "source");
    let reader = Reader::new(app, &caller.site).await?;
    let named = (channel.as_str(), Some(campaign.as_str()), date.as_str());
    let place = reader.place("", named, source, &mut faults);
    place.filter(|_| faults.is_empty()).ok_or_else(|| Problem::invalid(faults))
}

/// `GET /v1/spend/{channel}/{campaign}/{date}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/spend/{channel}/{campaign}/{date}",
        tag = "Events",
        operation_id = "read_spend",
        summary = "Read what a campaign cost on a day",
        params(PlaceAndDay, Paid),
        security(("bearer" = ["write", "read", "admin"])),
        responses(
            (status = 200, description = "What stands", body = Standings),
            May<{ KEYED | ABSENT | ASKED }>
        )
    )
)]
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
    let figures = stood.figures().ok_or_else(|| absent(&place))?;
    Ok(Json(Standings::new(&place, date, &figures)).into_response())
}

/// `DELETE /v1/spend/{channel}/{campaign}/{date}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        delete,
        path = "/v1/spend/{channel}/{campaign}/{date}",
        tag = "Events",
        operation_id = "withdraw_spend",
        summary = "Withdraw what a campaign cost on a day",
        params(PlaceAndDay, Paid),
        security(("bearer" = ["write", "admin"])),
        responses((status = 204, description = "It is withdrawn"), May<{ KEYED | ABSENT | ASKED }>)
    )
)]
pub(crate) async fn delete_spend(
    Held(app): Held<App>,
    caller: Caller,
    path: Named,
    query: Query,
) -> Result<Response, Problem> {
    caller.require(Role::Write)?;
    let (place, date) = asked(&app, &caller, path, &query).await?;
    let wanted = Wanted { place, date, figures: None };
    let stood = replace(&app, &caller.site, &wanted).await?;
    stood.ok_or_else(|| absent(&wanted.place))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
