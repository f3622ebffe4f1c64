//! A message of Segment's, as the event that it becomes.

use reckon_core::domain::event::Kind;
use reckon_core::domain::site::Site;
use reckon_core::http::Fault;

use super::{Call, identity, visitor};
use crate::compat::draft::Draft;
use crate::compat::{in_millionths, opened, text_of};
use crate::fields::Fields;

/// The names of events that are of a kind of their own. Every other one is an engagement of its name.
const EVENTS: [(&str, Kind); 8] = [
    ("Order Completed", Kind::Sale),
    ("Order Refunded", Kind::Refund),
    ("Signed Up", Kind::Signup),
    ("Lead Generated", Kind::Lead),
    ("Lead Captured", Kind::Lead),
    ("Subscription Started", Kind::Subscription),
    ("Product Clicked", Kind::Click),
    ("Promotion Clicked", Kind::Click),
];

/// Fields of a message that are read below, and those that say how it was sent: they belong to no event.
const ENVELOPE: [&str; 16] = [
    "type",
    "event",
    "messageId",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "receivedAt",
    "anonymousId",
    "userId",
    "previousId",
    "context",
    "integrations",
    "channel",
    "version",
    "_metadata",
    "writeKey",
];

/// Traits that tell who somebody is, in lower case and without `_`. Only their hashes are stored.
const PERSONAL: [&str; 13] = [
    "address",
    "age",
    "avatar",
    "birthday",
    "email",
    "firstname",
    "gender",
    "lastname",
    "name",
    "phone",
    "title",
    "username",
    "website",
];

/// What a message does: what its path says, or its type.
fn call_of(message: &Fields<'_>, path: Option<Call>) -> Result<Call, Fault> {
    let all = Call::ALL.map(Call::as_str);
    let parse = |name: &str| Call::ALL.into_iter().find(|call| call.as_str() == name);
    let named = message.one_of("type", "unknown_type", parse, &all)?;
    match (path, named) {
        (Some(path), Some(named)) if path != named => {
            let detail = format!("is {}, but this is the path of {}", named.as_str(), path.as_str());
            Err(message.fault("type", "wrong_type", detail))
        }
        (path, named) => path.or(named).ok_or_else(|| {
            message.fault("type", "missing_type", format!("needs a type: {}", all.join(", ")))
        }),
    }
}

/// The event that a message becomes. `path` is the call whose path it was sent to, `shared` the context of a batch.
pub(super) fn draft(
    message: &Fields<'_>,
    path: Option<Call>,
    shared: Option<&Fields<'_>>,
    site: &Site,
) -> Result<Draft, Fault> {
    let call = call_of(message, path)?;
    let event = match call {
        Call::Track => message
            .text("event")?
            .filter(|name| !name.trim().is_empty())
            .ok_or_else(|| message.fault("event", "missing_event", "needs the name of what happened"))?,
        _ => String::new(),
    };
    let known = EVENTS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&event));
    let kind = match call {
        Call::Page | Call::Screen => Kind::View,
        _ => known.map_or(Kind::Engagement, |(_, kind)| kind),
    };
    let place = if call == Call::Track { "/event" } else { "/type" };
    let source = call.properties();
    let mut draft = Draft::new(message.pointer(), (kind.as_str(), place), &format!("/{source}"));
    draft.place("value", &format!("/{source}"));
    envelope(message, &mut draft)?;
    people(message, call, &mut draft, site)?;
    let context = opened(message, "context")?;
    origin([shared, context.as_ref()], &mut draft, site)?;
    let properties = opened(message, source)?;
    let mut taken = Vec::new();
    if let Some(properties) = &properties {
        taken = own_fields(properties, kind, &mut draft, site)?;
    }
    let named = match call {
        Call::Track => Some(event),
        Call::Page | Call::Screen => text_of(message, "name")?,
        Call::Identify | Call::Group | Call::Alias => Some(call.as_str().to_owned()),
    };
    if let Some(name) = named {
        draft.label("name", if kind == Kind::View { "/name" } else { place }, &name, site);
    }
    for (name, raw) in properties.iter().flat_map(Fields::iter).filter(|(name, _)| !taken.contains(name)) {
        let plain = name.replace('_', "").to_ascii_lowercase();
        if source == "traits" && PERSONAL.contains(&plain.as_str()) {
            draft.hashed_prop(name, raw, site);
        } else {
            draft.prop(name, raw, site);
        }
    }
    // Nothing that a message says of the event goes missing, wherever it stands.
    for (name, raw) in message.iter().filter(|(name, _)| !ENVELOPE.contains(name) && *name != source) {
        match name {
            "name" if kind == Kind::View => {}
            "traits" => draft.hashed_prop(name, raw, site),
            _ => draft.prop(name, raw, site),
        }
    }
    Ok(draft)
}

/// The id and the time. Of the times only those of the message itself: `sentAt` is another at every attempt, and an
/// event that is sent again has to fall into the same minute.
fn envelope(message: &Fields<'_>, draft: &mut Draft) -> Result<(), Fault> {
    if let Some(id) = text_of(message, "messageId")? {
        draft.id("/messageId", &id);
    }
    for name in ["timestamp", "originalTimestamp"] {
        if let Some(time) = message.raw(name) {
            draft.json("occurred_at", &format!("/{name}"), time);
            break;
        }
    }
    Ok(())
}

/// Whose message it is. One that says who somebody is has to name them.
fn people(message: &Fields<'_>, call: Call, draft: &mut Draft, site: &Site) -> Result<(), Fault> {
    let (visitor, customer) = match identity(message)? {
        Some((visitor, customer)) => (Some(visitor), Some(customer)),
        None => (visitor(message)?, text_of(message, "userId")?),
    };
    if let (Some(_), Some(raw)) = (message.raw("previousId"), message.raw("anonymousId")) {
        draft.hashed_prop("anonymousId", raw, site);
    }
    let nobody = visitor.is_none() && customer.is_none();
    let half = visitor.is_none() || customer.is_none();
    if (call == Call::Identify && nobody) || (call == Call::Alias && half) {
        let detail = "needs a userId, and whom it is: an anonymousId, or the previousId of an alias";
        return Err(message.fault("userId", "missing_id", detail));
    }
    if call == Call::Group && text_of(message, "groupId")?.is_none() {
        return Err(message.fault("groupId", "missing_id", "needs the groupId of the group"));
    }
    if let Some(visitor) = visitor {
        draft.person("visitor", if call == Call::Alias { "/previousId" } else { "/anonymousId" }, &visitor);
    }
    if let Some(customer) = customer {
        draft.person("customer", "/userId", &customer);
    }
    Ok(())
}

/// The page, where its visitor came from, and the person's user agent, from the last context that has each.
fn origin(contexts: [Option<&Fields<'_>>; 2], draft: &mut Draft, site: &Site) -> Result<(), Fault> {
    for context in contexts.into_iter().flatten() {
        if let Some(page) = opened(context, "page")? {
            page_of(&page, "/context/page", draft, site)?;
        }
        if let Some(campaign) = opened(context, "campaign")? {
            let parameters = [
                ("campaign", "name"),
                ("source", "source"),
                ("medium", "medium"),
                ("content", "content"),
                ("term", "term"),
            ];
            for (ours, theirs) in parameters {
                if let Some(text) = text_of(&campaign, theirs)? {
                    draft.utm(ours, &format!("/context/campaign/{theirs}"), &text, site);
                }
            }
        }
        if let Some(agent) = text_of(context, "userAgent")? {
            draft.agent(&agent);
        }
    }
    Ok(())
}

fn page_of(page: &Fields<'_>, place: &str, draft: &mut Draft, site: &Site) -> Result<(), Fault> {
    if let Some(url) = text_of(page, "url")? {
        draft.url(&format!("{place}/url"), &url, site);
    }
    if let Some(referrer) = text_of(page, "referrer")? {
        draft.text("referrer", &format!("{place}/referrer"), &referrer);
    }
    Ok(())
}

/// Fills the fields that properties have in our events; answers which these were.
fn own_fields(
    properties: &Fields<'_>,
    kind: Kind,
    draft: &mut Draft,
    site: &Site,
) -> Result<Vec<&'static str>, Fault> {
    let mut taken = Vec::new();
    if kind == Kind::View {
        page_of(properties, "/properties", draft, site)?;
        taken.extend(["url", "referrer"]);
        // They repeat the url, of which no query is stored.
        taken.extend(["path", "search"].into_iter().filter(|_| properties.raw("url").is_some()));
    }
    let order = ["order_id", "orderId"].into_iter().find(|name| properties.raw(name).is_some());
    if let Some((name, order)) = order.and_then(|name| Some((name, text_of(properties, name).transpose()?))) {
        draft.order(&format!("/properties/{name}"), &order?);
        taken.push(name);
    }
    let amounts: &[&str] = match kind {
        Kind::Sale | Kind::Subscription | Kind::Refund => &["revenue", "total", "value"],
        _ => return Ok(taken),
    };
    if let Some(name) = amounts.iter().find(|name| properties.raw(name).is_some()) {
        let amount = text_of(properties, name)?.unwrap_or_default();
        draft.text("value", &format!("/properties/{name}"), &in_millionths(&amount));
        taken.push(name);
        if let Some(currency) = text_of(properties, "currency")? {
            draft.text("currency", "/properties/currency", &currency.to_ascii_uppercase());
            taken.push("currency");
        }
    }
    Ok(taken)
}
