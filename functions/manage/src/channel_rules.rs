//! Channel rules: the published list, and a site's own rules before it.

#[cfg(feature = "contract")]
mod contract;
mod draft;
mod moves;
mod plain;
pub(crate) mod preview;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Held;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
#[cfg(feature = "contract")]
use reckon_core::contract::{ABSENT, ASKED, CLASHING, Formed, KEYED, May, SENT};
use reckon_core::domain::channel::{
    Channel, Condition, Field, OWN_FROM, Operator, OwnRules, RULES_VERSION, Rule, When, rules,
};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Body, Caller, Fault, NoParameters, Problem, ProblemKind, Query};
use reckon_core::render::{Form, Layout, PARAMETERS};
use reckon_core::store::Role;
use serde::Serialize;

use crate::TRIES;
use draft::Draft;
use plain::Plain;

/// The columns of flat formats.
const COLUMNS: [&str; 6] = ["number", "list", "name", "channel", "when", "matches"];

/// The rules in the order in which they are tried.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ChannelRules))]
struct List<'a> {
    /// Whose own rules stand before the built-in ones.
    site: Option<&'a str>,
    /// How often the site's own rules were replaced; null without a site.
    version: Option<u32>,
    /// When they were replaced; null where they never were.
    saved_at: Option<DateTime<Utc>>,
    /// The version of the built-in rules.
    built_in_version: u32,
    /// The site's own rules, and behind them the built-in ones.
    rules: Vec<Line<'a>>,
}

/// A rule: the first that fires chooses the channel.
#[derive(Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ListedRule))]
struct Line<'a> {
    /// Its number; those from 101 on are the site's own.
    number: u8,
    /// `own` or `built_in`.
    list: &'static str,
    /// What people call it; may be empty.
    name: &'a str,
    /// The channel that it decides for.
    channel: Channel,
    /// It fires where one of these holds: all fields of it, and of each field one text of one operator.
    #[cfg_attr(feature = "contract", schema(value_type = Vec<BTreeMap<Field, BTreeMap<Operator, Vec<String>>>>))]
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

#[cfg(feature = "contract")]
reckon_core::parameters! {
    /// Which of a site's lists is told.
    Kept: whole("version", "An earlier version of the site's own rules; those that hold now unless said.", 0..=u32::MAX, None);
}

/// `GET /v1/channel-rules`: the built-in rules are published; with a key the site's own stand before them.
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        get,
        path = "/v1/channel-rules",
        tag = "Site and keys",
        operation_id = "list_channel_rules",
        summary = "List the channel rules",
        description = "An event's channel is that of the first rule that fires. The built-in rules are published and \
             need no key; with a key, the site's own stand before them.",
        params(Kept, Formed),
        security((), ("bearer" = ["read", "admin"])),
        responses(
            (status = 200, description = "The rules, in the order in which they are tried", body = List<'static>),
            May<{ KEYED | ABSENT | ASKED }>
        )
    )
)]
pub(crate) async fn list(
    Held(app): Held<App>,
    parts: Parts,
    query: Query,
    form: Form,
) -> Result<Response, Problem> {
    let mut faults = Vec::new();
    let known: Vec<&str> = ["version"].iter().chain(&PARAMETERS).copied().collect();
    query.only(&known, &mut faults);
    let version = query.one("version", &mut faults).and_then(|text| {
        let number = text.parse::<u32>().ok();
        if number.is_none() {
            faults.push(Fault::new("version", "invalid_number", "version must be a whole number such as 3"));
        }
        number
    });
    let caller = Caller::if_any(&app, &parts).await?;
    caller.as_ref().map_or(Ok(()), |caller| caller.require(Role::Read))?;
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let layout = Layout::list("rules", &COLUMNS);
    let Some(caller) = caller else {
        if version.is_some() {
            let detail = "Versions are those of a site's own rules. Send a key of the site.";
            return Err(Problem::new(ProblemKind::NoKey, detail));
        }
        return form.show(None, &layout, &List::new(None, &OwnRules::default()));
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
    form.show(Some(&caller), &layout, &List::new(Some(&site), &own))
}

/// `PUT /v1/channel-rules`: replaces the site's own rules; an empty list removes them.
///
/// Events that were accepted keep their channels. Sending the same list again changes nothing.
#[cfg_attr(
    feature = "contract",
    utoipa::path(
        put,
        path = "/v1/channel-rules",
        tag = "Site and keys",
        operation_id = "replace_channel_rules",
        summary = "Replace the site's own channel rules",
        description = "At most 50, tried before the built-in ones; an empty list removes them. They hold for events \
             that come in from now on, within a minute everywhere: what is accepted keeps its channel. With `version` \
             the list replaces that version alone.",
        security(("bearer" = ["admin"])),
        request_body(content = contract::NewRules, example = json!({
            "rules": [
                {
                    "name": "Partners",
                    "channel": "affiliate",
                    "when": {"source": ["awin", "cj"], "medium": {"begins_with": "cp"}}
                },
                {
                    "channel": "content",
                    "when": [
                        {"referrer_host": {"ends_with": ".blog.example"}},
                        {"campaign": {"contains": "guide"}}
                    ]
                }
            ]
        })),
        responses(
            (status = 200, description = "The rules as they are now", body = List<'static>),
            May<{ KEYED | ABSENT | SENT | CLASHING }>
        )
    )
)]
pub(crate) async fn put(
    Held(app): Held<App>,
    caller: Caller,
    _: NoParameters,
    Body(body): Body<Plain>,
) -> Result<Response, Problem> {
    caller.require(Role::Admin)?;
    let Draft { version, rules, .. } = Draft::read(&body, &[])?;
    let mut first = None;
    for _ in 0..TRIES {
        let mut site = standing(&app, &caller).await?;
        let read = site.channel_rules.version;
        let again = site.channel_rules.rules == rules;
        // A list that stands already may be the same request once more, whose answer was lost.
        let repeated = again && version.is_some_and(|meant| meant.checked_add(1) == Some(read));
        if !repeated {
            hold_to_version(version, read)?;
        }
        if again {
            return Ok(Json(List::new(Some(&site), &site.channel_rules)).into_response());
        }
        if *first.get_or_insert(read) != read {
            break;
        }
        if read > 0 {
            app.store.keep_rules(&site.id, &site.channel_rules).await?;
        }
        let version = site.channel_rules.next_version();
        site.channel_rules = OwnRules { version, saved_at: Some(app.clock.now()), rules: rules.clone() };
        if app.store.change_site(&site).await? {
            app.forget_keys();
            return Ok(Json(List::new(Some(&site), &site.channel_rules)).into_response());
        }
    }
    let detail = "The rules were replaced by somebody else at this moment. Read them, and send yours again.";
    Err(Problem::new(ProblemKind::Conflict, detail))
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
