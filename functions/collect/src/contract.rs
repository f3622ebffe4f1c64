//! What is taken in, as the contract describes it: the routes read it field by field, with sentences of their own.

use std::borrow::Cow;

use reckon_core::contract::{flag, list, segment, text, time, word};
use reckon_core::domain::event::{Kind, Status};
use utoipa::openapi::path::{HttpMethod, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{ObjectBuilder, OpenApi, Ref, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::event::{KNOWN, LONGEST_AGENT, SECRET};
use crate::props::MOST_PROPS;
use crate::{document::MOST_EVENTS, pixel, postback};

/// Whether events are stored.
pub(crate) struct Validated;
/// The parameters of a picture.
pub(crate) struct OfPixel;
/// The parameters of a postback.
pub(crate) struct OfPostback;
/// One event as it is sent.
pub(crate) struct Event;
/// The three shapes of a body of events.
pub(crate) struct Events;
/// What is decided of a result.
pub(crate) struct Decision;

/// Gives a type a name and a schema.
macro_rules! schema {
    ($type:ident, $name:literal, $schema:expr $(, $also:ty)*) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                $schema
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                let _ = &schemas;
                $(schemas.push((<$also>::name().into_owned(), <$also>::schema()));)*
            }
        }
    };
}
pub(crate) use schema;

fn typed(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(kind)
}

/// A text of 1 to 128 characters.
fn label() -> ObjectBuilder {
    typed(Type::String).min_length(Some(1)).max_length(Some(reckon_core::domain::names::LONGEST))
}

fn reference(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// What a field of an event is, and its schema.
fn field(name: &str) -> RefOr<Schema> {
    let (meaning, schema) = match name {
        "id" => (
            "The sender's own id, 1 to 128 visible letters without `#`. Sent again with it, an event counts once.",
            label().pattern(Some("^[!-\"$-~]+$")),
        ),
        "kind" => return described("What happened.", reference(&Kind::name())),
        "name" => ("Which form, button or download.", label()),
        "occurred_at" => (
            "When it happened, with its zone; that of the id, or now, where it is left out.",
            typed(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
        ),
        "visitor" => ("Whose browser. Its keyed hash alone is stored.", label()),
        "customer" => ("Which customer. Its keyed hash alone is stored.", label()),
        "order" => ("The order number, which is one result whoever reports it.", label()),
        "value" => (
            "What it was worth, or cost: a number or a text with one, at most six decimals, never negative. A sale, a \
             refund and a spend need one.",
            ObjectBuilder::new()
                .schema_type(SchemaType::from_iter([Type::String, Type::Number]))
                .minimum(Some(0))
                .pattern(Some("^[0-9]+(\\.[0-9]+)?$")),
        ),
        "currency" => {
            ("The site's own currency, as a check.", typed(Type::String).pattern(Some("^[A-Z]{3}$")))
        }
        "count" => (
            "How often it happened; the value is that of all together.",
            typed(Type::Integer).minimum(Some(1)).maximum(Some(1_000_000_000)),
        ),
        "url" => (
            "The page. Its utm parameters and click ids are read; its query is not stored.",
            typed(Type::String).format(Some(SchemaFormat::Custom("uri".to_owned()))),
        ),
        "referrer" => ("The page before. A host of the site's own is none.", typed(Type::String)),
        "utm" => {
            let names = ["source", "medium", "campaign", "content", "term"];
            let utm = names.into_iter().fold(typed(Type::Object), |utm, name| utm.property(name, label()));
            (
                "Where the visitor came from; it overrules what the url says.",
                utm.additional_properties(Some(AdditionalProperties::FreeForm(false))),
            )
        }
        "channel" => {
            return described(
                "The channel, instead of the one that rules would choose.",
                reference("Channel"),
            );
        }
        "country" => ("ISO 3166-1 code of the country.", typed(Type::String).pattern(Some("^[A-Za-z]{2}$"))),
        "device" => {
            return described("The device, instead of what the user agent says.", reference("Device"));
        }
        "user_agent" => (
            "The person's user agent, read for device and robots and not stored.",
            typed(Type::String).max_length(Some(LONGEST_AGENT)),
        ),
        "partner" => ("The partner who is to be paid.", label()),
        "offer" => ("The partner's offer.", label()),
        "experiment" => ("The experiment that the visitor was in.", label()),
        "variant" => ("The experiment's variant.", label()),
        "props" => {
            let value = typed(Type::String).schema_type(SchemaType::from_iter([
                Type::String,
                Type::Number,
                Type::Boolean,
            ]));
            (
                "Anything else: texts, numbers and flags by name. What looks like an e-mail address is refused.",
                typed(Type::Object)
                    .max_properties(Some(MOST_PROPS))
                    .additional_properties(Some(AdditionalProperties::RefOr(value.into()))),
            )
        }
        "void" => ("Withdraws the event of this id and time.", typed(Type::Boolean)),
        "version" => (
            "The sender's number for this version of the event; a higher one overrules a lower.",
            typed(Type::Integer).minimum(Some(0)).maximum(Some(u32::MAX)),
        ),
        "click" => (
            "The id of the click on a tracking link that it follows from: `rk_click` of the address.",
            label(),
        ),
        "status" => {
            return described("Of a result: whether it is to be paid for.", reference("ResultStatus"));
        }
        "reason" => ("Why it has that status.", label()),
        _ => ("", typed(Type::String)),
    };
    let secret = if SECRET.contains(&name) { " Not with a publish key." } else { "" };
    RefOr::T(Schema::Object(schema.description(Some(format!("{meaning}{secret}"))).build()))
}

/// A reference with a sentence beside it.
fn described(meaning: &str, reference: RefOr<Schema>) -> RefOr<Schema> {
    match reference {
        RefOr::Ref(mut reference) => {
            meaning.clone_into(&mut reference.description);
            RefOr::Ref(reference)
        }
        schema @ RefOr::T(_) => schema,
    }
}

schema!(
    Event,
    "Event",
    RefOr::T(Schema::Object(
        KNOWN
            .into_iter()
            .fold(typed(Type::Object), |event, name| event.property(name, field(name)))
            .required("kind")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .description(Some("Something that happened. Its kind alone is needed, and for money its value."))
            .build()
    )),
    Kind,
    reckon_core::domain::channel::Channel,
    reckon_core::domain::device::Device,
    Status
);

fn many() -> ArrayBuilder {
    ArrayBuilder::new().items(reference("Event")).min_items(Some(1)).max_items(Some(MOST_EVENTS))
}

schema!(
    Events,
    "Events",
    RefOr::T(Schema::OneOf(
        OneOfBuilder::new()
            .item(reference("Event"))
            .item(Schema::Array(many().build()))
            .item(
                typed(Type::Object)
                    .property("events", Schema::Array(many().build()))
                    .required("events")
                    .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            )
            .build()
    )),
    Event,
    Kind,
    reckon_core::domain::channel::Channel,
    reckon_core::domain::device::Device,
    Status
);

schema!(
    Decision,
    "Decision",
    RefOr::T(Schema::Object(
        typed(Type::Object)
            .property("status", described("Whether it is to be paid for.", reference("ResultStatus")))
            .required("status")
            .property("reason", field("reason"))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .build()
    )),
    Status
);

impl IntoParams for Validated {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        list([flag("validate_only", "Says what the events would become, and stores nothing.")])
    }
}

/// A parameter that is a field of an event.
fn parameter((name, of): (&'static str, &'static str)) -> ParameterBuilder {
    let inner = of.strip_prefix("utm.").map(|inner| format!("The {inner} of where the visitor came from."));
    match of {
        "occurred_at" => time(name, "When it happened."),
        "status" => word(name, "Whether it is to be paid for.", Status::ALL.map(Status::as_str), None),
        _ => text(name, &inner.unwrap_or_else(|| format!("As `{of}` of an event."))),
    }
}

impl IntoParams for OfPixel {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let kinds = [Kind::Impression, Kind::Engagement].map(Kind::as_str);
        list(pixel::NAMED.map(|named| match named.0 {
            "kind" => word("kind", "What it counts.", kinds, Some(Kind::Impression.as_str())),
            "utm_campaign" => parameter(named).example(Some("spring".into())),
            _ => parameter(named),
        }))
    }
}

impl IntoParams for OfPostback {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let kinds = Kind::ALL.into_iter().map(Kind::as_str);
        let fields = postback::NAMED.map(|named| match named.0 {
            "event" => word("event", "What happened.", kinds.clone(), Some(Kind::Sale.as_str()))
                .example(Some("lead".into())),
            "id" => parameter(named).example(Some("lead-77".into())),
            _ => parameter(named),
        });
        let signed = [
            text("time", "When it was signed, in seconds since 1970; within a day."),
            text("signature", "The HMAC-SHA256 in hex of all before it. The last parameter."),
        ];
        list(fields.into_iter().chain(signed))
    }
}

/// The `{key}` of a path.
pub(crate) struct KeyInPath;

impl IntoParams for KeyInPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        list([segment("key", "A publish key, for clients that can set a host and nothing else.")])
    }
}

fn is_in_path(parameter: &Parameter) -> bool {
    parameter.parameter_in == ParameterIn::Path
}

/// The whole of this function: what pages send is preceded by preflights, and a postback is sent in two ways.
pub(crate) fn complete(mut of_pages: OpenApi, of_servers: OpenApi) -> OpenApi {
    let preflight = of_pages.paths.get_path_operation("/v1/events", HttpMethod::Options).cloned();
    for item in of_pages.paths.paths.values_mut() {
        let sent = item.post.as_ref().and_then(|post| post.operation_id.as_deref());
        let id = sent.map(|sent| format!("{sent}_preflight"));
        let tags = item.post.as_ref().and_then(|post| post.tags.clone());
        let named = item.post.as_ref().and_then(|post| post.parameters.clone());
        item.options = preflight.clone().map(|mut options| {
            (options.operation_id, options.tags) = (id, tags);
            options.parameters = named.map(|all| all.into_iter().filter(is_in_path).collect());
            options
        });
    }
    let mut all = of_pages.merge_from(of_servers);
    if let Some(item) = all.paths.paths.get_mut("/v1/postback")
        && let Some(post) = &mut item.post
    {
        post.operation_id = Some("postback_as_form".to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_an_event_says_what_it_is() {
        for name in KNOWN {
            let schema = serde_json::to_value(field(name)).unwrap();
            assert!(!schema["description"].as_str().unwrap_or_default().is_empty(), "{name}");
        }
    }
}
