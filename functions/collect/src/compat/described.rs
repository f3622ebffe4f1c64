//! What the clients of others send, as the contract describes it.
//!
//! The router answers all calls with one handler; here each has one of its own, so that it can be described.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use reckon_core::contract::{ABSENT, ASKED, CLASHING, EVENTS, KEYED, May, SENT, object, sentence};
use reckon_core::http::Problem;
use utoipa::openapi::schema::{AdditionalProperties, OneOfBuilder, Schema, Type};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::segment::{self, Call};
use super::{Incoming, plausible};
use crate::contract::{KeyInPath, schema};

reckon_core::routes! {
    fn routes, contract_of_calls;
    "/v1/track": post track;
    "/v1/page": post page;
    "/v1/screen": post screen;
    "/v1/identify": post identify;
    "/v1/group": post group;
    "/v1/alias": post alias;
    "/v1/batch": post batch;
    "/api/event": post event;
    "/k/{key}/api/event": post event_with_key;
}

/// The routes of others' clients, described.
pub(crate) fn contract() -> utoipa::openapi::OpenApi {
    contract_of_calls()
}

/// A message of Segment's. What has no field of its own is kept as props of the event.
struct Message;
/// Several messages.
struct Batch;
/// Which customer a visitor is, in our own words or in Segment's.
struct Identity;
/// A message of Plausible's.
struct Pageview;
/// What Segment's clients are answered.
struct Success;

/// An object that may have more than what is described.
fn open(description: &str, fields: &[(&'static str, &str)]) -> ObjectBuilder {
    object(fields.iter().map(|(name, meaning)| (*name, sentence(meaning))), false)
        .description(Some(description))
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
}

fn message() -> ObjectBuilder {
    let anything = || {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
    };
    open(
        "A message of Segment's. What has no field of its own is kept as props of the event.",
        &[
            ("type", "What the message does, where its path does not say it."),
            (
                "event",
                "What happened. `Order Completed` is a sale; what has no kind of its own is an engagement.",
            ),
            ("name", "The page or screen."),
            ("messageId", "The id: a message that is sent again counts once."),
            ("timestamp", "When it happened."),
            ("anonymousId", "The visitor."),
            ("userId", "The customer."),
            ("previousId", "Of an alias: the id before."),
            ("groupId", "Of a group: its id."),
            ("writeKey", "The key, where no header names it."),
        ],
    )
    .property("properties", anything())
    .property("traits", anything())
    .property("context", anything())
}

schema!(Message, "SegmentMessage", RefOr::T(Schema::Object(message().build())));

schema!(
    Batch,
    "SegmentBatch",
    RefOr::T(Schema::Object(
        open(
            "Several messages of Segment's. They are stored all, or none.",
            &[("writeKey", "The key, where no header names it.")]
        )
        .property(
            "batch",
            ArrayBuilder::new()
                .items(message())
                .min_items(Some(1))
                .max_items(Some(crate::document::MOST_EVENTS))
        )
        .required("batch")
        .build()
    ))
);

schema!(
    Identity,
    "Identity",
    RefOr::T(Schema::OneOf(
        OneOfBuilder::new()
            .item(
                object(
                    [
                        ("visitor", sentence("Whose browser.")),
                        ("customer", sentence("Which customer it is."))
                    ],
                    true
                )
                .property(
                    "void",
                    ObjectBuilder::new().schema_type(Type::Boolean).description(Some("Takes it back."))
                )
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            )
            .item(message().required("userId"))
            .build()
    ))
);

schema!(
    Pageview,
    "PlausibleEvent",
    RefOr::T(Schema::Object(
        open(
            "A message of Plausible's; its short names will do as well.",
            &[
                ("name", "What happened; `pageview` is a view."),
                ("url", "The page."),
                ("domain", "The site, which the key names."),
                ("referrer", "The page before."),
            ]
        )
        .property(
            "props",
            ObjectBuilder::new()
                .description(Some("What else is to be known of it, as an object or as its text."))
        )
        .property(
            "revenue",
            ObjectBuilder::new().description(Some("`amount` and `currency`, as an object or as its text."))
        )
        .build()
    ))
);

schema!(
    Success,
    "SegmentSuccess",
    RefOr::T(Schema::Object(
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .property("success", ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])))
            .required("success")
            .build()
    ))
);

#[utoipa::path(
    post,
    path = "/v1/track",
    tag = "Other senders",
    operation_id = "segment_track",
    summary = "Take a deed from Segment",
    description = "Somebody did something. Nothing of a message that has a fault is stored.",
    security(("bearer" = ["publish", "write", "admin"])),
    request_body(content = Message, example = json!({
        "event": "Order Completed",
        "messageId": "m-1",
        "timestamp": "2026-11-22T10:00:00Z",
        "anonymousId": "v-82",
        "properties": {"order_id": "A-1002", "revenue": 20, "currency": "EUR"}
    })),
    responses(
        (status = 200, description = "It is stored", body = Success),
        May<{ KEYED | ASKED | EVENTS | CLASHING }>
    )
)]
async fn track(incoming: Incoming) -> Result<Response, Problem> {
    segment::answer(incoming, Some(Call::Track)).await
}

#[utoipa::path(
    post,
    path = "/v1/page",
    tag = "Other senders",
    operation_id = "segment_page",
    summary = "Take a page view from Segment",
    description = "Somebody viewed a page. Nothing of a message that has a fault is stored.",
    security(("bearer" = ["publish", "write", "admin"])),
    request_body(content = Message, example = json!({
        "name": "Home",
        "messageId": "m-2",
        "timestamp": "2026-11-22T09:58:00Z",
        "anonymousId": "v-82",
        "context": {"page": {"url": "https://shop.example/?utm_source=google&utm_medium=cpc"}}
    })),
    responses(
        (status = 200, description = "It is stored", body = Success),
        May<{ KEYED | ASKED | EVENTS | CLASHING }>
    )
)]
async fn page(incoming: Incoming) -> Result<Response, Problem> {
    segment::answer(incoming, Some(Call::Page)).await
}

#[utoipa::path(
    post,
    path = "/v1/screen",
    tag = "Other senders",
    operation_id = "segment_screen",
    summary = "Take a screen view from Segment",
    description = "Somebody viewed a screen of an app. Nothing of a message that has a fault is stored.",
    security(("bearer" = ["publish", "write", "admin"])),
    request_body(content = Message, example = json!({
        "name": "Basket",
        "messageId": "m-3",
        "timestamp": "2026-11-22T09:59:00Z",
        "anonymousId": "v-82"
    })),
    responses(
        (status = 200, description = "It is stored", body = Success),
        May<{ KEYED | ASKED | EVENTS | CLASHING }>
    )
)]
async fn screen(incoming: Incoming) -> Result<Response, Problem> {
    segment::answer(incoming, Some(Call::Screen)).await
}

#[utoipa::path(
    post,
    path = "/v1/group",
    tag = "Other senders",
    operation_id = "segment_group",
    summary = "Take a group from Segment",
    description = "A customer belongs to a group. Nothing of a message that has a fault is stored.",
    security(("bearer" = ["publish", "write", "admin"])),
    request_body(content = Message, example = json!({
        "groupId": "g-1",
        "messageId": "m-5",
        "timestamp": "2026-11-22T10:02:00Z",
        "userId": "c-13",
        "traits": {"plan": "team"}
    })),
    responses(
        (status = 200, description = "It is stored", body = Success),
        May<{ KEYED | ASKED | EVENTS | CLASHING }>
    )
)]
async fn group(incoming: Incoming) -> Result<Response, Problem> {
    segment::answer(incoming, Some(Call::Group)).await
}

#[utoipa::path(
    post,
    path = "/v1/alias",
    tag = "Other senders",
    operation_id = "segment_alias",
    summary = "Take an alias from Segment",
    description = "Two ids are one person's. Nothing of a message that has a fault is stored.",
    security(("bearer" = ["publish", "write", "admin"])),
    request_body(content = Message, example = json!({
        "previousId": "v-83",
        "messageId": "m-6",
        "timestamp": "2026-11-22T10:03:00Z",
        "userId": "c-14"
    })),
    responses(
        (status = 200, description = "It is stored", body = Success),
        May<{ KEYED | ASKED | EVENTS | CLASHING }>
    )
)]
async fn alias(incoming: Incoming) -> Result<Response, Problem> {
    segment::answer(incoming, Some(Call::Alias)).await
}

#[utoipa::path(
    post,
    path = "/v1/identify",
    tag = "Other senders",
    operation_id = "identify",
    summary = "Say which customer a visitor is",
    description = "Journeys are then joined across devices. In our own words it takes a write key and stores no \
         event; Segment's message counts as an engagement, too.",
    security(("bearer" = ["publish", "write", "admin"])),
    request_body(content = Identity, example = json!({"visitor": "v-81", "customer": "c-12"})),
    responses((status = 204, description = "It is known"),
        (
            status = 200, description = "Segment's message is stored",
            body = Success), May<{ KEYED | ASKED | SENT | EVENTS | CLASHING | ABSENT }>
        )
)]
async fn identify(incoming: Incoming) -> Result<Response, Problem> {
    segment::answer(incoming, Some(Call::Identify)).await
}

#[utoipa::path(
    post,
    path = "/v1/batch",
    tag = "Other senders",
    operation_id = "segment_batch",
    summary = "Take several messages from Segment",
    description = "They are stored all, or none where one has a fault.",
    security(("bearer" = ["publish", "write", "admin"])),
    request_body(content = Batch, example = json!({
        "batch": [{
            "type": "track",
            "event": "Video Played",
            "messageId": "m-7",
            "timestamp": "2026-11-22T10:04:00Z",
            "anonymousId": "v-82"
        }]
    })),
    responses(
        (status = 200, description = "It is stored", body = Success),
        May<{ KEYED | ASKED | EVENTS | CLASHING }>
    )
)]
async fn batch(incoming: Incoming) -> Result<Response, Problem> {
    segment::answer(incoming, None).await
}

#[utoipa::path(
    post,
    path = "/api/event",
    tag = "Other senders",
    operation_id = "plausible_event",
    summary = "Take an event from Plausible",
    description = "It has neither id nor time, so what is sent again counts again.",
    security(("bearer" = ["publish", "write", "admin"])),
    request_body(content = Pageview, example = json!({
        "name": "pageview",
        "url": "https://shop.example/spring",
        "domain": "shop.example",
        "referrer": "https://www.google.com/"
    })),
    responses(
        (status = 202, description = "It is stored", body = String, content_type = "text/plain"),
        May<{ KEYED | ASKED | EVENTS | CLASHING }>
    )
)]
async fn event(incoming: Incoming) -> Result<Response, Problem> {
    plausible::answer(incoming).await.map(IntoResponse::into_response)
}

#[utoipa::path(
    post,
    path = "/k/{key}/api/event",
    tag = "Other senders",
    operation_id = "plausible_event_with_key",
    summary = "Take an event from Plausible, the key in the path",
    description = "For clients that can set a host and nothing else. Only a publish key may stand in a path, which \
         others see.",
    params(KeyInPath),
    request_body(content = Pageview, example = json!({
        "name": "pageview",
        "url": "https://shop.example/spring",
        "domain": "shop.example",
        "referrer": "https://www.google.com/"
    })),
    responses(
        (status = 202, description = "It is stored", body = String, content_type = "text/plain"),
        May<{ KEYED | ASKED | EVENTS | CLASHING }>
    )
)]
async fn event_with_key(key: reckon_core::http::Id, incoming: Incoming) -> Result<Response, Problem> {
    plausible::answer_with_key(key, incoming).await.map(IntoResponse::into_response)
}
