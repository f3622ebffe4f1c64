//! The problems that a route may answer with, from the one table of them.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AllOfBuilder, Schema, Type};
use utoipa::openapi::{
    Content, ObjectBuilder, Ref, RefOr, Response as Described, ResponseBuilder, response::Response,
};

use crate::http::ProblemKind;

/// The problems of a route, as the set of their kinds: `May<{ KEYED | ASKED }>`.
#[derive(Clone, Copy, Debug)]
pub struct May<const KINDS: u32>;

/// Of every route that reads or writes the table.
pub const STORED: u32 = set(&[ProblemKind::Internal, ProblemKind::Unavailable]);
/// Of every route that needs a key of some role.
pub const KEYED: u32 = set(&[ProblemKind::NoKey, ProblemKind::Forbidden]) | STORED;
/// Of every route that reads parameters.
pub const ASKED: u32 = set(&[ProblemKind::Invalid]);
/// Of every route that reads a body.
pub const SENT: u32 = BODY | set(&[ProblemKind::Invalid]);
/// Of every route that takes in events.
pub const EVENTS: u32 = BODY | set(&[ProblemKind::InvalidEvents]);
/// Of every route whose path names a thing.
pub const ABSENT: u32 = set(&[ProblemKind::NotFound]);
/// Of every route that may contradict what is there.
pub const CLASHING: u32 = set(&[ProblemKind::Conflict]);
/// Of every route whose dimensions a view has to have together.
pub const UNSERVED: u32 = set(&[ProblemKind::NotServed]);

const BODY: u32 = set(&[ProblemKind::Malformed, ProblemKind::TooLarge, ProblemKind::UnsupportedMediaType]);

/// The bits of some kinds.
const fn set(kinds: &[ProblemKind]) -> u32 {
    match kinds {
        [] => 0,
        [first, rest @ ..] => bit(*first) | set(rest),
    }
}

#[expect(clippy::as_conversions, reason = "the number of a variant, of which there are some dozen")]
const fn bit(kind: ProblemKind) -> u32 {
    1 << kind as u32
}

/// The path under which a problem that all routes share is described.
pub(super) fn shared(kind: ProblemKind) -> String {
    format!("#/components/responses/{}", kind.table().1)
}

/// What to do about a kind of problem.
const fn remedy(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Malformed => "The body is no JSON, or broke off on its way. `detail` says where.",
        ProblemKind::NoKey => "No key was sent, or it is not known, revoked or expired.",
        ProblemKind::Forbidden => {
            "The key has another role than this route needs, or the page's origin is not the site's."
        }
        ProblemKind::NotFound => "Nothing has this id, or it belongs to another site, which nobody is told.",
        ProblemKind::MethodNotAllowed => "The path is right and the method is not.",
        ProblemKind::NotAcceptable => {
            "It is not there in any format that `Accept` or `format` names. `detail` lists those that it is served in."
        }
        ProblemKind::Conflict => "Something that is there already stands against it. `detail` names it.",
        ProblemKind::TooLarge => "A body has at most 1 MB after decompression, and 1000 events.",
        ProblemKind::UnsupportedMediaType => "Send JSON, as it is or packed with gzip.",
        ProblemKind::InvalidEvents => "Each event has a fault; `errors` lists them. Nothing was stored.",
        ProblemKind::Invalid => {
            "A parameter or a field is wrong; `errors` names each and what would be right."
        }
        ProblemKind::NotServed => {
            "No view has these dimensions together. `detail` lists those that are served."
        }
        ProblemKind::Internal => "Ours to repair. `instance` finds it in the log.",
        ProblemKind::Unavailable => "The storage did not answer in time. Send the same request again.",
    }
}

/// The response of problems of one status.
fn response(kinds: &[ProblemKind]) -> Described {
    let texts: Vec<String> =
        kinds.iter().map(|kind| format!("`{}`: {}", kind.table().1, remedy(*kind))).collect();
    let codes = kinds.iter().map(|kind| kind.table().1);
    let types = kinds.iter().map(|kind| kind.type_uri());
    let status = kinds.first().map(|kind| kind.table().0.as_u16());
    let narrowed = ObjectBuilder::new()
        .property("type", words(types))
        .property("code", words(codes))
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some(status)));
    let schema =
        AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(Schema::Object(narrowed.build()));
    let mut response = ResponseBuilder::new()
        .description(texts.join(" "))
        .content("application/problem+json", Content::new(Some(Schema::AllOf(schema.build()))))
        .header("Reckon-Cost", super::document::cost());
    let text = |description: &str| {
        let schema = ObjectBuilder::new().schema_type(Type::String);
        HeaderBuilder::new().schema(schema).description(Some(description)).build()
    };
    if kinds.contains(&ProblemKind::NoKey) {
        response = response.header("WWW-Authenticate", text("`Bearer`: how a key is sent."));
    }
    if kinds.contains(&ProblemKind::Unavailable) {
        response = response.header("Retry-After", text("After how many seconds to send the request again."));
    }
    response.build()
}

fn words(words: impl Iterator<Item = impl Into<String>>) -> ObjectBuilder {
    let words: Vec<String> = words.map(Into::into).collect();
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words))
}

/// Every kind's response, by its code, for all routes that answer with it.
pub(super) fn responses() -> impl Iterator<Item = (&'static str, Response)> {
    ProblemKind::ALL.into_iter().map(|kind| (kind.table().1, response(&[kind])))
}

impl<const KINDS: u32> IntoResponses for May<KINDS> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status: BTreeMap<String, Vec<ProblemKind>> = BTreeMap::new();
        for kind in ProblemKind::ALL.into_iter().filter(|kind| KINDS & bit(*kind) != 0) {
            by_status.entry(kind.table().0.as_u16().to_string()).or_default().push(kind);
        }
        let described = |kinds: Vec<ProblemKind>| match kinds.as_slice() {
            [one] => RefOr::Ref(Ref::new(shared(*one))),
            several => RefOr::T(response(several)),
        };
        by_status.into_iter().map(|(status, kinds)| (status, described(kinds))).collect()
    }
}
