//! The schemas of what is written by hand in JSON: exact numbers, metrics, and maps by metric or dimension.

use std::borrow::Cow;

use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Object, ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::decimal::Decimal;
use crate::domain::dimension::{Dimension, Filters};
use crate::domain::kpi::{Metric, Metrics, Reasons, Unit};
use crate::report::{Change, Head};

/// What is listed to be collected with a schema.
type Collected = Vec<(String, RefOr<Schema>)>;

/// How every metric changed, by name.
#[derive(Debug)]
pub struct ChangeOfMetrics;

/// The shares of the metrics that add up, by name.
#[derive(Debug)]
pub struct ShareOfMetrics;

/// The head of a report that is never told as of a past time.
#[derive(Debug)]
pub struct HeadOfPresent;

/// The values of a row in the dimensions that it is grouped by.
#[derive(Debug)]
pub struct ByDimension;

/// An object of these properties; those that are `required` are always there.
pub fn object(
    properties: impl IntoIterator<Item = (&'static str, RefOr<Schema>)>,
    required: bool,
) -> ObjectBuilder {
    properties.into_iter().fold(ObjectBuilder::new().schema_type(Type::Object), |object, (name, schema)| {
        let object = object.property(name, schema);
        if required { object.required(name) } else { object }
    })
}

/// A text, described.
pub fn sentence(description: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    RefOr::T(Schema::Object(text.build()))
}

fn number(description: &str, nullable: bool) -> Object {
    let schema_type = if nullable {
        SchemaType::from_iter([Type::Number, Type::Null])
    } else {
        SchemaType::new(Type::Number)
    };
    ObjectBuilder::new()
        .schema_type(schema_type)
        .format(Some(SchemaFormat::Custom("decimal".to_owned())))
        .description(Some(description))
        .build()
}

/// The schema of a metric's value.
fn value(metric: Metric) -> RefOr<Schema> {
    let meaning = match metric.quotient() {
        Some(_) => format!("{}: {}", metric.meaning(), metric.formula()),
        None => metric.meaning().to_owned(),
    };
    RefOr::T(Schema::Object(match metric.unit() {
        Unit::Count => ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0))
            .description(Some(meaning))
            .build(),
        Unit::Money | Unit::Ratio => number(&meaning, metric.quotient().is_some()),
    }))
}

/// Gives a type a name and a schema.
macro_rules! schema {
    ($type:ty, $name:literal, $schema:expr $(, $also:ty)*) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object($schema))
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn schemas(schemas: &mut Collected) {
                let _ = &schemas;
                $(schemas.push((<$also as ToSchema>::name().into_owned(), <$also as PartialSchema>::schema()));)*
                $(<$also as ToSchema>::schemas(schemas);)*
            }
        }
    };
}

schema!(
    Decimal,
    "Decimal",
    number(
        "An exact decimal number with at most six decimals, rounded half away from zero: an amount in the site's \
         currency, a ratio (0.25 is 25 %) or a share. Read it as a decimal and not as a binary float where cents count.",
        false
    )
);

schema!(
    Metric,
    "Metric",
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The name of a metric. `GET /v1/metadata` says what each means."))
        .enum_values(Some(Metric::ALL.map(Metric::as_str)))
        .build()
);

schema!(
    Metrics,
    "Metrics",
    object(Metric::ALL.map(|metric| (metric.as_str(), value(metric))), false)
        .description(Some("The metrics of a set of events: all, or those that `metrics` names. A quotient whose denominator is zero is null."))
        .build()
);

schema!(
    Reasons,
    "Reasons",
    object(
        Metric::ALL
            .into_iter()
            .filter(|metric| metric.quotient().is_some())
            .map(|metric| (metric.as_str(), sentence(&format!("why {} is null", metric.as_str())))),
        false
    )
    .description(Some("Why metrics are null, by their names: `no clicks`. Empty where none is."))
    .build()
);

schema!(
    ChangeOfMetrics,
    "ChangeOfMetrics",
    object(
        Metric::ALL.map(|metric| (metric.as_str(), RefOr::Ref(Ref::from_schema_name(Change::name())))),
        false
    )
    .description(Some("How every metric changed against the days of the comparison."))
    .build(),
    Change
);

schema!(
    ShareOfMetrics,
    "ShareOfMetrics",
    object(
        Metric::ALL.into_iter().filter(|metric| metric.quotient().is_none()).map(|metric| {
            let schema = number(&format!("share of the total {}", metric.as_str()), true);
            (metric.as_str(), RefOr::T(Schema::Object(schema)))
        }),
        false
    )
    .description(Some("The share of the total, of every metric that adds up; null where the total is zero."))
    .build()
);

/// The head of every report, without what is told as of a past time alone.
fn head_of_present() -> Object {
    let RefOr::T(Schema::Object(mut head)) = Head::schema() else { return Object::new() };
    head.properties.retain(|name, _| !["sealed_through", "left_out"].contains(&name.as_str()));
    head.description = Some("The head of a report that is never told as of a past time.".to_owned());
    head
}

schema!(HeadOfPresent, "HeadOfPresent", head_of_present(), Head<'static>);

schema!(
    ByDimension,
    "ByDimension",
    object(
        Dimension::ALL.map(|dimension| (
            dimension.as_str(),
            sentence(&format!(
                "the row's {}, where it is grouped by it",
                dimension.as_str().replace('_', " ")
            ))
        )),
        false
    )
    .description(Some(
        "The row's value in each dimension that it is grouped by; empty where events have none."
    ))
    .build()
);

schema!(
    Filters,
    "Filters",
    object(
        Dimension::ALL.map(|dimension| {
            let values = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
            (dimension.as_str(), RefOr::T(Schema::Array(values.build())))
        }),
        false
    )
    .description(Some("The values allowed, by dimension: any of those named, in every dimension at once."))
    .build()
);
