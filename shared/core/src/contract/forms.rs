//! Forms: the parameters that say in which form an answer is wanted, and what they make of the answer. Whatever has a
//! parameter `format` is answered in the formats that it names.

use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{Content, ObjectBuilder, Ref, RefOr, ResponseBuilder};

use super::parameters::{flag, header, list, whole, word};
use super::problems;
use crate::http::ProblemKind;
use crate::render::{Format, Size};

/// The headers of an answer, and what each says.
const HEADERS: [(&str, &str); 7] = [
    ("ETag", "What stands for this answer, in this form, to this key."),
    ("Reckon-Complete-Through", "`complete_through`, of an answer that has it."),
    ("Reckon-Folded-Rows", "`folded_rows`, of an answer that has it."),
    ("Reckon-Warning", "One of `warnings`, of an answer that has some."),
    ("Reckon-Complete", "`complete`, of an answer that has it: whether nothing follows."),
    ("Reckon-Next", "`next`, where more follows: the `cursor` of the next page."),
    ("Link", "The address of the next page, where more follows: `<?...>; rel=\"next\"`."),
];

/// The form of an answer that nothing is drawn of.
#[derive(Debug)]
pub struct Formed;

/// The form of an answer that there is a chart of.
#[derive(Debug)]
pub struct Drawn;

fn parameters(served: impl Iterator<Item = Format>) -> Vec<Parameter> {
    let pixels = |name, description, (least, most): (i64, i64), usual: Option<i64>| {
        let pixels = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        whole(name, description, pixels(least)..=pixels(most), usual.map(pixels))
    };
    let usual = Size::default();
    list([
        word(
            "format",
            "The format of the answer, which goes before `Accept`; JSON unless either says.",
            served.map(|format| format.described().0),
            None,
        ),
        word(
            "shape",
            "Of JSON: as it is described here, or as the flat rows of CSV.",
            ["nested", "table"],
            Some("nested"),
        ),
        flag("bom", "Of CSV: whether it begins with a byte order mark, by which Excel knows UTF-8."),
        pixels("width", "Of SVG: how many pixels wide it is.", Size::WIDTH, Some(usual.width)),
        pixels(
            "height",
            "Of SVG: how many pixels high it is; what the chart needs unless said.",
            Size::HEIGHT,
            usual.height,
        ),
        header("If-None-Match", "The ETag of what the caller has."),
    ])
}

impl IntoParams for Formed {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        parameters(Format::ALL.into_iter().filter(|format| *format != Format::Svg))
    }
}

impl IntoParams for Drawn {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        parameters(Format::ALL.into_iter())
    }
}

fn text(description: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new().schema(text).description(Some(description)).build()
}

/// The formats that a parameter `format` names.
fn named(operation: &Operation) -> Vec<Format> {
    let parameters = operation.parameters.iter().flatten();
    let Some(named) = parameters.into_iter().find(|parameter| parameter.name == "format") else {
        return Vec::new();
    };
    let written = serde_json::to_value(named).unwrap_or_default();
    let words = written.pointer("/schema/enum").and_then(Value::as_array);
    let has = |format: &Format| words.is_some_and(|words| words.contains(&format.described().0.into()));
    Format::ALL.into_iter().filter(has).collect()
}

/// Adds to an operation that has forms what they make of its answers.
pub(super) fn complete(operation: &mut Operation) {
    let formats = named(operation);
    let responses = &mut operation.responses.responses;
    let Some(RefOr::T(answer)) = responses.get_mut("200").filter(|_| !formats.is_empty()) else { return };
    if let Some(nested) = answer.content.get_mut("application/json").and_then(|json| json.schema.as_mut()) {
        let row = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
        let rows = ArrayBuilder::new().items(row).description(Some("The flat rows, with `shape=table`."));
        let either = OneOfBuilder::new().item(nested.clone()).item(rows.build());
        *nested = RefOr::T(Schema::OneOf(either.build()));
    }
    for format in formats {
        let kind = format.described().1.split(';').next().unwrap_or_default();
        let body = ObjectBuilder::new().schema_type(Type::String).build();
        answer.content.entry(kind.to_owned()).or_insert_with(|| Content::new(Some(Schema::Object(body))));
    }
    for (name, description) in HEADERS {
        answer.headers.insert(name.to_owned(), text(description));
    }
    let unchanged = ResponseBuilder::new()
        .description("The caller has it already")
        .header("ETag", text("The ETag that was sent."));
    responses.insert("304".to_owned(), RefOr::T(unchanged.build()));
    let refused = RefOr::Ref(Ref::new(problems::shared(ProblemKind::NotAcceptable)));
    responses.insert("406".to_owned(), refused);
}
