//! The document as a whole: what all functions' routes have in common.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::Type;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContentBuilder, Info, License, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr,
    ResponseBuilder, Server,
};
use utoipa::{PartialSchema, ToSchema};

use super::{forms, problems};
use crate::http::{Fault, ProblemSchema};

/// What the routes are sorted under, in the order of the document.
const TAGS: [(&str, &str); 9] = [
    ("Events", "Sending what happened: impressions, clicks, visits, results, refunds and spend."),
    ("Tracking links", "Links that count their clicks and lead on, and what partners report back of them."),
    ("Reports", "What happened, added up: totals, channels, time series and breakdowns."),
    ("Attribution and customers", "What earned the results, who brought them, and what customers are worth."),
    ("Proof", "Whether the figures are right, and what changed since they were settled."),
    ("Goals", "What a metric should come to, and how it stands."),
    ("Site and keys", "The site, its keys, rebuilds, and whether the figures keep up."),
    ("Other senders", "What the clients of Segment and Plausible send, once their host is changed."),
    ("Pages", "What browsers load. None of it needs a key."),
];

const DESCRIPTION: &str = "\
Reckon takes in marketing events and answers reports about them, exactly.

**Keys.** A key belongs to one site and has one role: `publish` (pages), `write` (servers), `read` (reports) or `admin` \
(everything of the site). Beside each route stand the roles that may call it. Send the key as a bearer token, as the \
user name of basic authentication, or as `?key=` where only an address fits. The operator's key makes sites.

**Numbers.** Money, ratios and shares are exact decimal numbers with at most six decimals. A ratio without a \
denominator is null, and a reason stands beside it.

**Days** are those of the site's time zone, the first and the last included.

**Problems** are `application/problem+json` (RFC 9457): `code` is for programs, `detail` for people, `errors` names \
each fault and its place. A path that is not here answers 404, a method that is not here 405.

**Formats.** Reports and lists answer JSON, CSV, NDJSON and, where there is a chart, SVG: as `Accept` asks or as \
`format` names it. Their `ETag`, sent back as `If-None-Match`, saves an answer that is still the same. Most of them \
answer HEAD as well: the headers of GET alone.

**Lists** go on with `next` as `cursor` until `complete` is true.";

/// The document of all functions' routes.
pub fn document(parts: impl IntoIterator<Item = OpenApi>) -> OpenApi {
    let mut info = Info::new("Reckon", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    let mut license = License::new("Apache License 2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    info.license = Some(license);
    let tags =
        TAGS.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build());
    let empty = OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .tags(Some(tags))
        .components(Some(components()))
        .build();
    let mut document = parts.into_iter().fold(empty, OpenApi::merge_from);
    document.paths.paths.values_mut().for_each(complete);
    document
}

/// What routes refer to.
fn components() -> Components {
    let mut components = Components::new();
    let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).description(Some(
        "`Authorization: Bearer rk_...`. The roles named are those that may call the route.",
    ));
    let basic = Http::builder()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("The key as the user name; nobody looks at the password."));
    let query = ApiKeyValue::with_description("key", "`?key=rk_...`, where no header can be sent.");
    components.security_schemes = BTreeMap::from([
        ("bearer".to_owned(), SecurityScheme::Http(bearer.build())),
        ("basic".to_owned(), SecurityScheme::Http(basic.build())),
        ("key".to_owned(), SecurityScheme::ApiKey(ApiKey::Query(query))),
    ]);
    components.schemas.insert(Fault::name().into_owned(), Fault::schema());
    components.schemas.insert(ProblemSchema::name().into_owned(), ProblemSchema::schema());
    components.responses =
        problems::responses().map(|(code, response)| (code.to_owned(), RefOr::T(response))).collect();
    let throttled = ResponseBuilder::new()
        .description(
            "API Gateway's own answer while a stack gets more requests than its parameters allow \
             (`RequestsPerSecond`, `RequestBurst`). Send the same request again, later.",
        )
        .content(
            "application/json",
            ContentBuilder::new()
                .schema(Some(
                    super::object([("message", super::sentence("`Too Many Requests`"))], true).build(),
                ))
                .build(),
        );
    components.responses.insert("too_many_requests".to_owned(), RefOr::T(throttled.build()));
    components
}

/// The header of every answer.
pub(super) fn cost() -> Header {
    HeaderBuilder::new()
        .schema(ObjectBuilder::new().schema_type(Type::String))
        .description(Some("What the request consumed by DynamoDB's own account."))
        .build()
}

/// Adds what holds of every operation of a path.
fn complete(item: &mut PathItem) {
    let of_all =
        [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.options, &mut item.patch];
    of_all.into_iter().flatten().for_each(complete_operation);
    if let Some(head) = &mut item.head {
        complete_operation(head);
        head.operation_id = head.operation_id.take().map(|id| format!("{id}_head"));
        head.summary = head.summary.take().map(|summary| format!("{summary}: headers alone"));
        for response in head.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                response.content.clear();
            }
        }
    }
}

fn complete_operation(operation: &mut Operation) {
    forms::complete(operation);
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            response.headers.entry("Reckon-Cost".to_owned()).or_insert_with(cost);
        }
    }
    let throttled = Ref::new("#/components/responses/too_many_requests");
    operation.responses.responses.insert("429".to_owned(), RefOr::Ref(throttled));
    let ways = operation.security.take().map(|ways| ways.iter().flat_map(in_every_way).collect());
    // Where no key is needed the document says so, rather than nothing.
    operation.security = Some(ways.unwrap_or_default());
}

/// The ways to send a key: whoever may send it in a header may name it in the address.
fn in_every_way(way: &SecurityRequirement) -> Vec<SecurityRequirement> {
    let written = serde_json::to_value(way).unwrap_or_default();
    let Some(Value::Array(roles)) = written.get("bearer") else { return vec![way.clone()] };
    let roles: Vec<&str> = roles.iter().filter_map(Value::as_str).collect();
    ["bearer", "basic", "key"].map(|name| SecurityRequirement::new(name, roles.iter().copied())).into()
}
