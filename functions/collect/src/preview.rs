//! What events would become: the answer to `validate_only=true`.

use reckon_core::domain::channel::{Channel, OWN_FROM, OwnRules, rules};
use reckon_core::domain::device::Device;
use reckon_core::domain::event::{Event, Kind};
use reckon_core::domain::origin::{Origin, RULE_DIRECT};
use reckon_core::domain::site::Site;
use reckon_core::http::{App, Fault};
use reckon_core::store::StoreError;
use serde::Serialize;

use crate::event::Read;
use crate::journeys::derive_all;

/// What every event of a request would become. Nothing is stored.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
pub(crate) struct Preview {
    /// True: nothing was stored.
    validate_only: bool,
    /// The events, in order.
    events: Vec<Outcome>,
}

/// What one event would become, or why not.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema))]
struct Outcome {
    /// Its place among the events sent, from 0.
    index: usize,
    /// What it would become.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = Becoming))]
    event: Option<Becoming>,
    /// Why it would be rejected.
    errors: Vec<Fault>,
}

/// What an accepted event becomes.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = EventAsStored))]
struct Becoming {
    /// Its id, ours where it has none.
    id: String,
    /// What happened.
    kind: Kind,
    /// The minute that it counts in.
    minute: String,
    /// Its channel.
    channel: Channel,
    /// The rule that chose the channel.
    rule: Rule,
    /// The site or list.
    source: String,
    /// By what means.
    medium: String,
    /// The campaign.
    campaign: String,
    /// The page that the visit began on.
    landing_page: String,
    /// The host of the page that the visitor came from.
    referrer: String,
    /// The device.
    device: Device,
    /// Whether it begins a visit.
    visit: bool,
    /// Whether it counts as invalid alone.
    invalid: bool,
    /// Why it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "contract", schema(value_type = String))]
    invalid_reason: Option<&'static str>,
}

/// The rule that chose a channel, and the version of its list; numbers from 101 on are the site's own.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "contract", derive(utoipa::ToSchema), schema(as = ChannelRule))]
struct Rule {
    /// Its number; rules are asked in order.
    number: u8,
    /// The version of its list.
    version: u32,
    /// What people call it; may be empty.
    name: String,
    /// When it holds.
    when: String,
}

/// Describes each event of a request by itself.
pub(crate) async fn describe(
    app: &App,
    site: &Site,
    accepted: Vec<(usize, Read)>,
    faults: Vec<(usize, Fault)>,
) -> Result<Preview, StoreError> {
    let indices: Vec<(usize, String)> =
        accepted.iter().map(|(index, read)| (*index, read.sent.id.as_str().to_owned())).collect();
    let events = derive_all(app, site, accepted.into_iter().map(|(_, read)| read).collect()).await?.events;
    let mut remaining: Vec<Option<Event>> = events.into_iter().map(Some).collect();
    let mut outcomes: Vec<Outcome> = faults
        .into_iter()
        .map(|(index, fault)| Outcome { index, event: None, errors: vec![fault] })
        .collect();
    for (index, id) in indices {
        // Deriving sorts by time; ids lead back. Of several of one id each takes one.
        let place = remaining
            .iter_mut()
            .find(|event| event.as_ref().is_some_and(|event| event.sent.id.as_str() == id));
        let event = place.and_then(Option::take).map(|event| becoming(&event, &site.channel_rules));
        outcomes.push(Outcome { index, event, errors: Vec::new() });
    }
    outcomes.sort_by_key(|outcome| outcome.index);
    Ok(Preview { validate_only: true, events: outcomes })
}

fn becoming(event: &Event, own: &OwnRules) -> Becoming {
    let Event { sent, derived } = event;
    let origin = &derived.origin;
    Becoming {
        id: sent.id.as_str().to_owned(),
        kind: sent.kind,
        minute: sent.minute().start().to_rfc3339(),
        channel: origin.channel,
        rule: rule(origin, own),
        source: origin.source.clone(),
        medium: origin.medium.clone(),
        campaign: origin.campaign.clone(),
        landing_page: derived.landing_page.clone(),
        referrer: origin.referrer.clone(),
        device: derived.device,
        visit: derived.visit,
        invalid: derived.robot,
        invalid_reason: derived.robot.then_some("the user agent is a robot's"),
    }
}

/// The rule that chose an origin's channel. A touch may have it of an earlier version of the site's list, and then nothing
/// more is known here.
fn rule(origin: &Origin, own: &OwnRules) -> Rule {
    let list = if origin.rule < OWN_FROM { rules() } else { &own.rules };
    let known = origin.rule < OWN_FROM || origin.rules_version == own.version;
    let found = list.iter().find(|rule| rule.number == origin.rule && known);
    let (name, when) = match (origin.rule, found) {
        (0, _) => (String::new(), "the event names its channel".to_owned()),
        (RULE_DIRECT, _) if origin.source.is_empty() => {
            (String::new(), "nothing tells where the visitor came from".to_owned())
        }
        (_, Some(rule)) => (rule.name.clone(), rule.sentence()),
        (_, None) => (String::new(), "a rule that was replaced since".to_owned()),
    };
    let when = if origin.inherited { format!("from the visitor's last touch: {when}") } else { when };
    Rule { number: origin.rule, version: origin.rules_version, name, when }
}
