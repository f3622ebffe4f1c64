//! Plausible's events API: `/api/event`, also below a path that names the key, since its clients send none.
//!
//! Its messages have no id, no time and no visitor, so one that is sent again counts again.

use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use reckon_core::domain::event::Kind;
use reckon_core::domain::site::Site;
use reckon_core::http::{Caller, Fault, Id, Problem, ProblemKind};
use reckon_core::store::Role;
use serde_json::value::RawValue;

use super::draft::Draft;
use super::{Incoming, in_millionths, keep_all, refused, text_of};
use crate::accept::Sender;
use crate::document::json_of;
use crate::fields::Fields;

/// The names of events that are of a kind of their own, in lower case.
const EVENTS: [(&str, Kind); 8] = [
    ("pageview", Kind::View),
    ("signup", Kind::Signup),
    ("sign up", Kind::Signup),
    ("lead", Kind::Lead),
    ("subscription", Kind::Subscription),
    ("subscribe", Kind::Subscription),
    ("outbound link: click", Kind::Click),
    ("cloaked link: click", Kind::Click),
];

/// Both names of each field of a message.
const NAME: [&str; 2] = ["n", "name"];
const URL: [&str; 2] = ["u", "url"];
const REFERRER: [&str; 2] = ["r", "referrer"];
const REVENUE: [&str; 2] = ["$", "revenue"];
const PROPS: [&str; 4] = ["p", "props", "m", "meta"];

/// What speaks of the site, which the key names, and of the client.
const ENVELOPE: [&str; 7] = ["d", "domain", "h", "hash_mode", "v", "w", "screen_width"];

/// Short names of what the newer client tells of how long and how far a page was read.
const LONG: [(&str, &str); 3] = [("sd", "scroll_depth"), ("e", "engaged_ms"), ("i", "interactive")];

/// `POST /api/event`
pub(super) async fn answer(incoming: Incoming) -> Result<impl IntoResponse, Problem> {
    let caller = match &incoming.caller {
        Some(caller) => caller.clone(),
        None => Caller::of(&incoming.app, None).await?,
    };
    store(&incoming, &caller).await
}

/// `POST /k/{key}/api/event`
pub(super) async fn answer_with_key(Id(key): Id, incoming: Incoming) -> Result<impl IntoResponse, Problem> {
    let caller = Caller::of(&incoming.app, Some(&key)).await?;
    if caller.key.role != Role::Publish {
        let detail = "Only a publish key may stand in a path, which others see. Send this one in a header.";
        return Err(Problem::new(ProblemKind::Forbidden, detail));
    }
    store(&incoming, &caller).await
}

async fn store(incoming: &Incoming, caller: &Caller) -> Result<impl IntoResponse + use<>, Problem> {
    let Incoming { app, headers, body, .. } = incoming;
    let sender = Sender::hold(app, caller, headers)?;
    let body = json_of(body)?;
    let draft = Fields::open(body, String::new()).and_then(|message| draft(&message, &caller.site));
    let mut draft = draft.map_err(|fault| refused(vec![fault]))?;
    // Whoever forwards a message forwards the person's agent in its header, as Plausible has it.
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    draft.agent(agent.unwrap_or_default());
    keep_all(&sender, &[draft]).await?;
    Ok((StatusCode::ACCEPTED, "ok"))
}

/// The event that a message becomes.
fn draft(message: &Fields<'_>, site: &Site) -> Result<Draft, Fault> {
    let missing = || message.fault("n", "missing_name", "needs the name of an event, such as pageview");
    let (named, _) = first(message, &NAME).ok_or_else(missing)?;
    let name = message.text(named)?.filter(|name| !name.trim().is_empty()).ok_or_else(missing)?;
    let props = first(message, &PROPS).map(|(at, raw)| (at, unpacked(raw)));
    let revenue = first(message, &REVENUE).map(|(at, raw)| (at, unpacked(raw)));
    let lower = name.to_lowercase();
    let kind = match EVENTS.into_iter().find(|(known, _)| *known == lower) {
        Some((_, kind)) => kind,
        None if revenue.is_some() => Kind::Sale,
        None => Kind::Engagement,
    };
    let at = props.as_ref().map_or("p", |(at, _)| at);
    let mut draft = Draft::new("", (kind.as_str(), &format!("/{named}")), &format!("/{at}"));
    if kind != Kind::View {
        draft.label("name", &format!("/{named}"), &name, site);
    }
    let mut read = vec![named, at];
    if let Some((at, _)) = first(message, &URL) {
        draft.url(&format!("/{at}"), &message.text(at)?.unwrap_or_default(), site);
        read.push(at);
    }
    if let Some((at, _)) = first(message, &REFERRER) {
        draft.text("referrer", &format!("/{at}"), &message.text(at)?.unwrap_or_default());
        read.push(at);
    }
    if let Some((at, raw)) = &revenue {
        money(&Fields::open(raw, format!("/{at}"))?, at, &mut draft, site)?;
        read.push(at);
    }
    if let Some((at, raw)) = &props {
        for (name, raw) in Fields::open(raw, format!("/{at}"))?.iter() {
            draft.prop(name, raw, site);
        }
    }
    for (name, raw) in message.iter().filter(|(name, _)| !read.contains(name) && !ENVELOPE.contains(name)) {
        let long = LONG.into_iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long);
        draft.prop(long, raw, site);
    }
    Ok(draft)
}

/// What an event was worth.
fn money(revenue: &Fields<'_>, at: &str, draft: &mut Draft, site: &Site) -> Result<(), Fault> {
    let missing = || revenue.fault("amount", "missing_value", "needs an amount");
    let amount = text_of(revenue, "amount")?.ok_or_else(missing)?;
    draft.text("value", &format!("/{at}/amount"), &in_millionths(&amount));
    if let Some(currency) = text_of(revenue, "currency")? {
        draft.text("currency", &format!("/{at}/currency"), &currency.to_ascii_uppercase());
    }
    for (name, raw) in revenue.iter().filter(|(name, _)| !["amount", "currency"].contains(name)) {
        draft.prop(&format!("{at}.{name}"), raw, site);
    }
    Ok(())
}

/// The first of several names of a field that is there, and its value; an empty text says nothing.
fn first<'a>(message: &Fields<'a>, names: &[&'static str]) -> Option<(&'static str, &'a RawValue)> {
    let found = names.iter().find_map(|name| Some((*name, message.raw(name)?)));
    found.filter(|(_, raw)| raw.get() != "\"\"")
}

/// JSON that may stand in a text, where the older client puts it.
fn unpacked(raw: &RawValue) -> Box<RawValue> {
    let inner =
        serde_json::from_str::<String>(raw.get()).ok().and_then(|text| RawValue::from_string(text).ok());
    inner.unwrap_or_else(|| raw.to_owned())
}
