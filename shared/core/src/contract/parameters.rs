//! The parameters of query strings: what each may be, unless it is left out, and an example.

use std::ops::RangeInclusive;

use serde_json::Value;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, Schema, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, Required};

use crate::domain::channel::Channel;
use crate::domain::device::Device;
use crate::domain::dimension::{Dimension, OTHER};
use crate::domain::event::Kind;
use crate::domain::kpi::Metric;
use crate::render::METRICS;
use crate::report::{MOST_MONTHS, MOST_VALUES};

/// The period, the comparison, and a filter for each dimension.
#[derive(Debug)]
pub struct Filtered;

/// The period alone.
#[derive(Debug)]
pub struct OfResults;

/// The last day alone.
#[derive(Debug)]
pub struct OfHistory;

/// The `{id}` of a path.
#[derive(Debug)]
pub struct Path;

/// `limit` and `cursor`, of a list that has at most `MOST` entries to a page and `USUAL` unless asked.
#[derive(Debug)]
pub struct Paged<const MOST: usize, const USUAL: usize>;

/// Names the parameters of a route, each built by a function of this module.
#[macro_export]
macro_rules! parameters {
    ($(#[$meta:meta])* $visibility:vis $name:ident: $($parameter:expr),+;) => {
        $(#[$meta])*
        $visibility struct $name;

        impl ::utoipa::IntoParams for $name {
            fn into_params(
                _: impl Fn() -> Option<::utoipa::openapi::path::ParameterIn>,
            ) -> Vec<::utoipa::openapi::path::Parameter> {
                #[allow(clippy::wildcard_imports, reason = "the vocabulary of parameters")]
                use $crate::contract::*;
                list([$($parameter),+])
            }
        }
    };
}

fn parameter(name: &str, description: &str, schema: impl Into<Schema>) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema.into()))
}

fn typed(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(kind)
}

/// Any text.
pub fn text(name: &str, description: &str) -> ParameterBuilder {
    parameter(name, description, typed(Type::String))
}

/// A header.
pub fn header(name: &str, description: &str) -> ParameterBuilder {
    text(name, description).parameter_in(ParameterIn::Header)
}

/// A part of the path.
pub fn segment(name: &str, description: &str) -> ParameterBuilder {
    required(text(name, description)).parameter_in(ParameterIn::Path)
}

/// One of a few words, and which of them unless it is said.
pub fn word<'a>(
    name: &str,
    description: &str,
    words: impl IntoIterator<Item = &'a str>,
    usual: Option<&str>,
) -> ParameterBuilder {
    let schema = typed(Type::String).enum_values(Some(words)).default(usual.map(Value::from));
    parameter(name, description, schema)
}

/// Several of a few words, with commas between.
pub fn words<'a>(
    name: &str,
    description: &str,
    words: impl IntoIterator<Item = &'a str>,
    usual: Option<&[&str]>,
) -> ParameterBuilder {
    let item = typed(Type::String).enum_values(Some(words));
    let schema = ArrayBuilder::new().items(item).unique_items(true).min_items(Some(1));
    let schema = schema.default(usual.map(|usual| Value::from(usual.to_vec())));
    parameter(name, description, Schema::Array(schema.build()))
        .style(Some(ParameterStyle::Form))
        .explode(Some(false))
}

/// A day of the site's calendar.
pub fn day(name: &str, description: &str) -> ParameterBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::Date);
    parameter(name, description, typed(Type::String).format(Some(format)))
}

/// A time with its zone.
pub fn time(name: &str, description: &str) -> ParameterBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    parameter(name, description, typed(Type::String).format(Some(format)))
}

/// A whole number of a range.
pub fn whole(
    name: &str,
    description: &str,
    range: RangeInclusive<u32>,
    usual: Option<u32>,
) -> ParameterBuilder {
    let schema = typed(Type::Integer)
        .minimum(Some(*range.start()))
        .maximum(Some(*range.end()))
        .default(usual.map(Value::from));
    parameter(name, description, schema)
}

/// Yes or no; no unless it is said.
pub fn flag(name: &str, description: &str) -> ParameterBuilder {
    parameter(name, description, typed(Type::Boolean).default(Some(Value::from(false))))
}

/// The same parameter, which has to be given.
pub fn required(parameter: ParameterBuilder) -> ParameterBuilder {
    parameter.required(Required::True)
}

/// A list of parameters.
pub fn list(parameters: impl IntoIterator<Item = ParameterBuilder>) -> Vec<Parameter> {
    parameters.into_iter().map(ParameterBuilder::build).collect()
}

/// The past time that a report is told as of.
pub fn as_of() -> ParameterBuilder {
    time(
        "as_of",
        "The report as it stood at this past time, by the days that were sealed then; now unless said.",
    )
}

fn from(usual: &str) -> ParameterBuilder {
    let description = format!(
        "The first day, in the site's time zone; {usual} unless said. A report covers at most {MOST_MONTHS} months."
    );
    day("from", &description).example(Some(Value::from("2026-11-01")))
}

fn to() -> ParameterBuilder {
    day("to", "The last day, which is included; today unless said.").example(Some(Value::from("2026-11-23")))
}

/// A filter: any of the values named.
fn filter(dimension: Dimension) -> ParameterBuilder {
    let name = dimension.as_str();
    let closed = |words: &[&'static str]| {
        let words = words.iter().copied().chain([OTHER]).collect::<Vec<_>>();
        typed(Type::String).enum_values(Some(words))
    };
    let value = match dimension {
        Dimension::Channel => closed(&Channel::ALL.map(Channel::as_str)),
        Dimension::Device => closed(&Device::ALL.map(Device::as_str)),
        Dimension::Kind => closed(&Kind::ALL.map(Kind::as_str)),
        _ => typed(Type::String),
    };
    let description = format!(
        "Limits the report to events of this {}. Given more than once, any of the values will do; empty, those \
         without one.",
        name.replace('_', " ")
    );
    let schema = ArrayBuilder::new().items(value).max_items(Some(MOST_VALUES));
    parameter(name, &description, Schema::Array(schema.build()))
        .style(Some(ParameterStyle::Form))
        .explode(Some(true))
}

impl IntoParams for Filtered {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let compare = word(
            "compare",
            "Which days the report is compared with: those before, or the same days of the year before.",
            ["none", "previous", "year"],
            Some("none"),
        );
        let align = word(
            "align",
            "How much of the days of the comparison counts while the period still runs: as much as has gone by, or \
             all of it.",
            ["elapsed", "full"],
            Some("elapsed"),
        );
        let metrics = words(
            METRICS,
            "Which metrics are told, and in which order; all unless said.",
            Metric::ALL.map(Metric::as_str),
            None,
        );
        list(
            [from("29 days before `to`"), to(), compare, align, as_of(), metrics]
                .into_iter()
                .chain(Dimension::ALL.map(filter)),
        )
    }
}

impl IntoParams for OfResults {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        list([from("29 days before `to`"), to()])
    }
}

impl IntoParams for OfHistory {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        list([to()])
    }
}

impl IntoParams for Path {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        list([segment("id", "The id, as it was answered when the thing was made, or as it is listed.")])
    }
}

impl<const MOST: usize, const USUAL: usize> IntoParams for Paged<MOST, USUAL> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let bound = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        list([
            whole("limit", "How many entries a page has at most.", 1..=bound(MOST), Some(bound(USUAL))),
            text(
                "cursor",
                "Where the next page begins: `next` of the page before, every other parameter kept.",
            ),
        ])
    }
}
