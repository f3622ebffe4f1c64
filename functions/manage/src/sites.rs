//! Sites: making one, reading it, changing what may change.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Held;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, CLASHING, KEYED, May, Path, SENT};
use reckon_core::domain::calendar::Minute;
use reckon_core::domain::event::Kind;
use reckon_core::domain::journey::Lookback;
use reckon_core::domain::names::{Currency, Label, SiteId};
use reckon_core::domain::rollup::FOLD_VERSION;
use reckon_core::domain::site::{
    DEFAULT_ACQUISITIONS, DEFAULT_CONVERSIONS, LaneChange, MOST_LANES, Site, parse_origin,
};
use reckon_core::domain::words::quoted;
use reckon_core::http::{
    App, Body, Caller, Fault, Id, NoParameters, Operator, Problem, ProblemKind, new_secret,
};
use reckon_core::store::{Role, State};
use serde::{Deserialize, Serialize};

use crate::keys::{Made, make};
use crate::{TRIES, noted};

/// How long after a change of the lanes it comes into force: longer than any cache remembers the site, and past
/// the hour by which events may be ahead.
const LANES_AFTER: Duration = Duration::minutes(70);
/// For how long after an hour its events leave no late marker.
const LATE_AFTER: Duration = Duration::minutes(2);
/// The most origins of a site.
const MOST_ORIGINS: usize = 50;

/// A site as its maker describes it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSite {
    /// Its id: 1 to 32 of a to z, 0 to 9 and `-`.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its IANA time zone, such as `Europe/Berlin`.
    pub time_zone: String,
    /// Its ISO 4217 currency.
    pub currency: String,
    /// The kinds that count as conversions; lead, signup, subscription and sale by default.
    #[cfg_attr(feature = "contract", schema(value_type = Option<Vec<Kind>>))]
    pub conversion_kinds: Option<Vec<String>>,
    /// The kinds that count as acquisitions; signup, subscription and sale by default.
    #[cfg_attr(feature = "contract", schema(value_type = Option<Vec<Kind>>))]
    pub acquisition_kinds: Option<Vec<String>>,
    /// The web origins whose pages may send events.
    #[serde(default)]
    pub origins: Vec<String>,
}

/// What may change of a site.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = SitePatch))]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    /// Its name for people.
    name: Option<String>,
    /// Its time zone, which does not change; it may be sent as it is.
    time_zone: Option<String>,
    /// Its currency, which does not change; it may be sent as it is.
    currency: Option<String>,
    /// The kinds that count as conversions.
    #[cfg_attr(feature = "contract", schema(value_type = Option<Vec<Kind>>))]
    conversion_kinds: Option<Vec<String>>,
    /// The kinds that count as acquisitions.
    #[cfg_attr(feature = "contract", schema(value_type = Option<Vec<Kind>>))]
    acquisition_kinds: Option<Vec<String>>,
    /// The web origins whose pages may send events.
    origins: Option<Vec<String>>,
    /// Into how many lanes its events are spread, 70 minutes from now on: one for each 1000 events a second or so.
    #[cfg_attr(feature = "contract", schema(minimum = 1))]
    lanes: Option<u16>,
    /// How many days kinds of results look back for what led to them; kinds that are not named stay as they are.
    lookbacks: Option<BTreeMap<String, Lookback>>,
}

/// A site as it is shown: everything but its secret.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Site))]
pub(crate) struct Shown<'a> {
    /// Its id.
    id: &'a str,
    /// Its name for people.
    name: &'a str,
    /// Its IANA time zone, by which days are cut.
    time_zone: &'a str,
    /// Its ISO 4217 currency, in which all amounts are.
    currency: &'a str,
    /// The kinds that count as conversions.
    conversion_kinds: &'a [Kind],
    /// The kinds that count as acquisitions.
    acquisition_kinds: &'a [Kind],
    /// The web origins whose pages may send events with a publish key.
    origins: &'a [String],
    /// Into how many lanes its events are spread, and from when on.
    lanes: Vec<ShownLanes>,
    /// How many days each kind of result looks back for clicks and visits, and for impressions.
    lookbacks: BTreeMap<&'static str, Lookback>,
    /// What partners sign their postbacks with.
    postback_secret: String,
    /// Its first admin key; shown once, when the site is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Made))]
    key: Option<Made>,
}

/// Into how many lanes events are spread from a time on.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = Lanes))]
struct ShownLanes {
    /// From when on.
    from: String,
    /// How many.
    lanes: u16,
}

impl<'a> Shown<'a> {
    fn new(site: &'a Site, key: Option<Made>) -> Self {
        let lanes =
            |change: &LaneChange| ShownLanes { from: change.from.start().to_rfc3339(), lanes: change.lanes };
        Self {
            id: site.id.as_str(),
            name: &site.name,
            time_zone: site.time_zone.name(),
            currency: site.currency.as_str(),
            conversion_kinds: &site.conversion_kinds,
            acquisition_kinds: &site.acquisition_kinds,
            origins: &site.origins,
            lanes: site.lanes.iter().map(lanes).collect(),
            lookbacks: Kind::ALL
                .into_iter()
                .filter(|kind| site.keeps_path(*kind))
                .map(|kind| (kind.as_str(), site.lookback(kind)))
                .collect(),
            postback_secret: site.postback_secret(),
            key,
        }
    }
}

fn name_of(text: &str) -> Result<String, Fault> {
    let label =
        Label::parse(text).map_err(|error| Fault::new("/name", "invalid_text", format!("name {error}")))?;
    Ok(label.as_str().to_owned())
}

fn zone_of(text: &str) -> Result<Tz, Fault> {
    let detail = "time_zone must be an IANA name such as Europe/Berlin";
    text.parse().map_err(|_| Fault::new("/time_zone", "unknown_time_zone", detail))
}

fn kinds_of(names: &[String], field: &str) -> Result<Vec<Kind>, Fault> {
    let read = |(index, name): (usize, &String)| {
        let kind = Kind::parse(name).filter(|kind| kind.may_convert());
        kind.ok_or_else(|| {
            let all: Vec<_> =
                Kind::ALL.into_iter().filter(|kind| kind.may_convert()).map(Kind::as_str).collect();
            let detail =
                format!("{} cannot be among the {field}; the kinds are {}", quoted(name), all.join(", "));
            Fault::new(format!("/{field}/{index}"), "unknown_kind", detail)
        })
    };
    let mut kinds: Vec<Kind> = names.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    kinds.sort_unstable();
    kinds.dedup();
    Ok(kinds)
}

fn lookbacks_of(named: &BTreeMap<String, Lookback>) -> Result<BTreeMap<Kind, Lookback>, Fault> {
    let most = Lookback::MOST_DAYS;
    let read = |(name, lookback): (&String, &Lookback)| {
        let pointer = format!("/lookbacks/{}", name.replace('~', "~0").replace('/', "~1"));
        let kind = Kind::parse(name).filter(|kind| kind.may_convert());
        let kind = kind.ok_or_else(|| {
            Fault::new(
                &pointer,
                "unknown_kind",
                format!("{} is no kind that is credited to touches", quoted(name)),
            )
        })?;
        if lookback.click_days > most || lookback.view_days > most {
            let detail = format!("click_days and view_days are whole numbers from 0 to {most}");
            return Err(Fault::new(pointer, "invalid_number", detail));
        }
        Ok((kind, *lookback))
    };
    named.iter().map(read).collect()
}

fn origins_of(texts: &[String]) -> Result<Vec<String>, Fault> {
    if texts.len() > MOST_ORIGINS {
        return Err(Fault::new("/origins", "too_many", format!("a site has at most {MOST_ORIGINS} origins")));
    }
    let read = |(index, text): (usize, &String)| {
        let detail = "an origin is a scheme and a host such as https://shop.example, and nothing behind them";
        parse_origin(text).ok_or_else(|| Fault::new(format!("/origins/{index}"), "invalid_origin", detail))
    };
    texts.iter().enumerate().map(read).collect()
}

impl NewSite {
    /// The site, or everything that is wrong with it.
    fn parse(&self, hash_key: String) -> Result<Site, Problem> {
        let mut faults = Vec::new();
        let text = |pointer: &str, error: &dyn std::fmt::Display, field: &str| {
            Fault::new(pointer, "invalid_text", format!("{field} {error}"))
        };
        let id = noted(SiteId::parse(&self.id).map_err(|error| text("/id", &error, "id")), &mut faults);
        let currency = Currency::parse(&self.currency).map_err(|error| text("/currency", &error, "currency"));
        let currency = noted(currency, &mut faults);
        let name = noted(name_of(&self.name), &mut faults);
        let time_zone = noted(zone_of(&self.time_zone), &mut faults);
        let kinds = |names: &Option<Vec<String>>, field, defaults: &[Kind]| match names {
            Some(names) => kinds_of(names, field),
            None => Ok(defaults.to_vec()),
        };
        let conversions = kinds(&self.conversion_kinds, "conversion_kinds", &DEFAULT_CONVERSIONS);
        let conversions = noted(conversions, &mut faults);
        let acquisitions = kinds(&self.acquisition_kinds, "acquisition_kinds", &DEFAULT_ACQUISITIONS);
        let acquisitions = noted(acquisitions, &mut faults);
        let origins = noted(origins_of(&self.origins), &mut faults);
        let site = (|| {
            Some(Site {
                name: name?,
                conversion_kinds: conversions?,
                acquisition_kinds: acquisitions?,
                origins: origins?,
                hash_key,
                ..Site::new(id?, time_zone?, currency?)
            })
        })();
        site.ok_or_else(|| Problem::invalid(faults))
    }
}

/// Makes a site and its first admin key. Nothing is sealed after the hour of its creation.
pub async fn create(app: &App, new: &NewSite) -> Result<(Site, Made), Problem> {
    // 128 of the secret's bits key the hashes of people.
    let hash_key = reckon_core::http::sha256_hex(&new_secret("")?).chars().take(32).collect();
    let site = new.parse(hash_key)?;
    // The hour of its creation, or the one before while events of that may still come in without a late marker.
    let now = app.clock.now();
    let created = site.calendar().hour_of(Minute::of(now - LATE_AFTER)).start();
    let state = State {
        generation: 0,
        sealing: created,
        sealed: created,
        built: FOLD_VERSION,
        raw_complete_from: Minute::from_number(0),
    };
    let taken = || {
        let detail = format!("There is a site {} already. Take another id.", site.id);
        Problem::new(ProblemKind::Conflict, detail)
    };
    if app.store.site(&site.id).await?.is_some() {
        return Err(taken());
    }
    // The key goes first: it opens nothing without the profile, and a site without a key nobody could open.
    let made = make(app, &site.id, Role::Admin, "first admin key", None).await?;
    if app.store.create_site(&site, state, now).await? {
        return Ok((site, made));
    }
    // Somebody else was faster; the key must not open theirs.
    let keys = app.store.keys(&site.id).await?;
    for key in keys.iter().filter(|key| key.id == made.id) {
        app.store.revoke(key).await?;
    }
    Err(taken())
}

/// `POST /v1/sites`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        post,
        path = "/v1/sites",
        tag = "Site and keys",
        operation_id = "make_site",
        summary = "Make a site",
        description = "This needs the operator's own key. The answer has the site's first admin key, whose secret is \
             shown this once.",
        security(("bearer" = ["operator"])),
        request_body(content = NewSite, example = json!({
            "id": "bakery",
            "name": "Bakery",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "origins": ["https://bakery.example"]
        })),
        responses((status = 201, description = "The site", body = Shown), May<{ KEYED | SENT | CLASHING }>)
    )
)]
pub(crate) async fn post_site(
    Held(app): Held<App>,
    _: Operator,
    _: NoParameters,
    Body(new): Body<NewSite>,
) -> Result<Response, Problem> {
    let (site, made) = create(&app, &new).await?;
    Ok((StatusCode::CREATED, Json(Shown::new(&site, Some(made)))).into_response())
}

/// The caller's site, read anew, if `id` names it.
async fn own_site(app: &App, caller: &Caller, id: &str) -> Result<Site, Problem> {
    caller.require(Role::Admin)?;
    let missing = || Problem::new(ProblemKind::NotFound, "The key opens no site of that id.");
    if caller.site.id.as_str() != id {
        return Err(missing());
    }
    app.store.site(&caller.site.id).await?.ok_or_else(missing)
}

/// `GET /v1/sites/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/sites/{id}",
        tag = "Site and keys",
        operation_id = "read_site",
        summary = "Read the site",
        description = "With what partners sign their postbacks with, so it takes an admin key.",
        params(Path),
        security(("bearer" = ["admin"])),
        responses((status = 200, description = "The site", body = Shown), May<{ KEYED | ABSENT | ASKED }>)
    )
)]
pub(crate) async fn get_site(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
) -> Result<Response, Problem> {
    let site = own_site(&app, &caller, &id).await?;
    Ok(Json(Shown::new(&site, None)).into_response())
}

/// `PATCH /v1/sites/{id}`
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        patch,
        path = "/v1/sites/{id}",
        tag = "Site and keys",
        operation_id = "change_site",
        summary = "Change the site",
        description = "What is not named stays. Time zone and currency never change, since stored figures depend on \
             them.",
        params(Path),
        security(("bearer" = ["admin"])),
        request_body(content = Patch, example = json!({
            "name": "Shop & café",
            "lookbacks": {"sale": {"click_days": 30, "view_days": 1}}
        })),
        responses(
            (status = 200, description = "The site as it is now", body = Shown),
            May<{ KEYED | ABSENT | SENT | CLASHING }>
        )
    )
)]
pub(crate) async fn patch_site(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Id(id): Id,
    Body(patch): Body<Patch>,
) -> Result<Response, Problem> {
    for _ in 0..TRIES {
        let site = changed(own_site(&app, &caller, &id).await?, &patch, app.clock.now())?;
        if app.store.change_site(&site).await? {
            app.forget_keys();
            return Ok(Json(Shown::new(&site, None)).into_response());
        }
    }
    let detail = "Others keep changing the site at this moment. Send the same request again.";
    Err(Problem::new(ProblemKind::Conflict, detail))
}

/// The site with what a patch names; everything that is wrong with the patch at once.
fn changed(mut site: Site, patch: &Patch, now: DateTime<Utc>) -> Result<Site, Problem> {
    let mut faults = Vec::new();
    hold_fixed(&site, patch)?;
    if let Some(name) = &patch.name {
        site.name = noted(name_of(name), &mut faults).unwrap_or_default();
    }
    if let Some(names) = &patch.conversion_kinds {
        site.conversion_kinds = noted(kinds_of(names, "conversion_kinds"), &mut faults).unwrap_or_default();
    }
    if let Some(names) = &patch.acquisition_kinds {
        site.acquisition_kinds = noted(kinds_of(names, "acquisition_kinds"), &mut faults).unwrap_or_default();
    }
    if let Some(texts) = &patch.origins {
        site.origins = noted(origins_of(texts), &mut faults).unwrap_or_default();
    }
    if let Some(lookbacks) = &patch.lookbacks {
        site.lookbacks.extend(noted(lookbacks_of(lookbacks), &mut faults).unwrap_or_default());
    }
    if let Some(lanes) = patch.lanes {
        if (1..=MOST_LANES).contains(&lanes) {
            let from = Minute::of(now + LANES_AFTER);
            // A change that has not come into force yet is replaced.
            site.lanes.retain(|change| change.from < from);
            site.lanes.push(LaneChange { from, lanes });
        } else {
            let detail = format!("lanes must be a whole number from 1 to {MOST_LANES}");
            faults.push(Fault::new("/lanes", "invalid_number", detail));
        }
    }
    if faults.is_empty() { Ok(site) } else { Err(Problem::invalid(faults)) }
}

/// Time zone and currency cut and measure what is stored, so they stay as they are.
fn hold_fixed(site: &Site, patch: &Patch) -> Result<(), Problem> {
    let zone = patch.time_zone.as_deref().is_some_and(|zone| zone != site.time_zone.name());
    let currency = patch.currency.as_deref().is_some_and(|currency| currency != site.currency.as_str());
    let field = match (zone, currency) {
        (true, _) => "time_zone",
        (_, true) => "currency",
        _ => return Ok(()),
    };
    let detail = format!(
        "The {field} of a site does not change, since its stored figures depend on it. Make a new site."
    );
    Err(Problem::new(ProblemKind::Conflict, detail))
}
