//! Channel rules: the published list, and a site's own rules before it.

mod draft;
mod moves;
mod plain;
mod preview;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Held;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use reckon_core::domain::channel::{
    Channel, Condition, Field, OWN_FROM, Operator, OwnRules, RULES_VERSION, Rule, When, rules,
};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Body, Caller, Fault, Problem, ProblemKind, Query, secret_in};
use reckon_core::store::Role;
use serde::Serialize;

use draft::Draft;
use plain::Plain;

pub(crate) use preview::preview;

/// The rules in the order in which they are tried.
#[derive(Serialize)]
struct List<'a> {
    /// Whose own rules stand before the built-in ones.
    site: Option<&'a str>,
    /// How often the site's own rules were replaced; null without a site.
    version: Option<u32>,
    saved_at: Option<DateTime<Utc>>,
    built_in_version: u32,
    rules: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    number: u8,
    list: &'static str,
    name: &'a str,
    channel: Channel,
    /// It fires where one of these holds.
    when: Vec<Shown<'a>>,
    /// The same in words.
    matches: String,
}

/// What has to hold: of each field, one of the texts of one of the operators.
type Shown<'a> = BTreeMap<Field, BTreeMap<Operator, Vec<&'a str>>>;

impl<'a> List<'a> {
    fn new(site: Option<&'a Site>, own: &'a OwnRules) -> Self {
        Self {
            site: site.map(|site| site.id.as_str()),
            version: site.map(|_| own.version),
            saved_at: own.saved_at,
            built_in_version: RULES_VERSION,
            rules: own.rules.iter().chain(rules()).map(Line::new).collect(),
        }
    }
}

impl<'a> Line<'a> {
    fn new(rule: &'a Rule) -> Self {
        let Rule { number, channel, name, when } = rule;
        let (list, matches) = (list_of(*number), rule.sentence());
        Self {
            number: *number,
            list,
            name,
            channel: *channel,
            when: when.iter().map(shown).collect(),
            matches,
        }
    }
}

fn shown(when: &When) -> Shown<'_> {
    let mut fields = Shown::new();
    for Condition { field, operator, text } in when {
        fields.entry(*field).or_default().entry(*operator).or_default().push(text);
    }
    fields
}

/// Which list a rule of that number stands in.
const fn list_of(number: u8) -> &'static str {
    if number < OWN_FROM { "built_in" } else { "own" }
}

/// `GET /v1/channel-rules`: the built-in rules are published; with a key the site's own stand before them.
pub(crate) async fn list(Held(app): Held<App>, parts: Parts, query: Query) -> Result<Response, Problem> {
    let secret = secret_in(&parts);
    let mut faults = Vec::new();
    query.only(&["version"], &mut faults);
    let version = query.one("version", &mut faults).and_then(|text| {
        let number = text.parse::<u32>().ok();
        if number.is_none() {
            faults.push(Fault::new("version", "invalid_number", "version must be a whole number such as 3"));
        }
        number
    });
    let caller = match secret {
        Some(_) => Some(Caller::of(&app, secret.as_deref()).await?),
        None => None,
    };
    caller.as_ref().map_or(Ok(()), |caller| caller.require(Role::Read))?;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let Some(caller) = caller else {
        if version.is_some() {
            let detail = "Versions are those of a site's own rules. Send a key of the site.";
            return Err(Problem::new(ProblemKind::NoKey, detail));
        }
        return Ok(Json(List::new(None, &OwnRules::default())).into_response());
    };
    let site = standing(&app, &caller).await?;
    let own = match version {
        Some(version) if version != site.channel_rules.version => {
            let kept = app.store.kept_rules(&site.id, version).await?;
            // Nobody replaced anything by the version 0.
            let none = (version == 0).then(OwnRules::default);
            kept.or(none).ok_or_else(|| Problem::not_found("version of the rules"))?
        }
        _ => site.channel_rules.clone(),
    };
    Ok(Json(List::new(Some(&site), &own)).into_response())
}

/// `PUT /v1/channel-rules`: replaces the site's own rules; an empty list removes them.
///
/// Events that were accepted keep their channels. Sending the same list again changes nothing.
pub(crate) async fn put(
    Held(app): Held<App>,
    caller: Caller,
    Body(body): Body<Plain>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let Draft { version, rules, .. } = Draft::read(&body, &[])?;
    let mut site = standing(&app, &caller).await?;
    let read = site.channel_rules.version;
    if site.channel_rules.rules != rules {
        hold_to_version(version, read)?;
        if read > 0 {
            app.store.keep_rules(&site.id, &site.channel_rules).await?;
        }
        let version = site.channel_rules.next_version();
        site.channel_rules = OwnRules { version, saved_at: Some(app.clock.now()), rules };
        if !app.store.change_site(&site, read).await? {
            let detail =
                "The rules were replaced by somebody else at this moment. Read them, and send yours again.";
            return Err(Problem::new(ProblemKind::Conflict, detail));
        }
        app.forget_keys();
    }
    Ok(Json(List::new(Some(&site), &site.channel_rules)).into_response())
}

/// The caller's site as it stands, past what is remembered of it.
async fn standing(app: &App, caller: &Caller) -> Result<Site, Problem> {
    app.store.site(&caller.site.id).await?.ok_or_else(|| Problem::not_found("site"))
}

/// Holds a list to the version that its sender meant to replace, where it is named.
fn hold_to_version(meant: Option<u32>, standing: u32) -> Result<(), Problem> {
    match meant {
        Some(meant) if meant != standing => {
            let detail = format!(
                "Your list replaces version {meant}, but the rules are of version {standing} by now. Read them with GET \
                 /v1/channel-rules, and send your list with \"version\": {standing}."
            );
            Err(Problem::new(ProblemKind::Conflict, detail))
        }
        _ => Ok(()),
    }
}
