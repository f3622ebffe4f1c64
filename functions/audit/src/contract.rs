//! The schemas of what is written by the name of a level or of a way to differ.

use std::borrow::Cow;

use reckon_core::contract::object;
use reckon_core::domain::decimal::Decimal;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{RefBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::list::Listing;
use crate::show::Level;

/// How each level compares.
pub(crate) struct Levels;

/// All ways in which a list differs from what is counted.
pub(crate) struct Parts;

/// How much each of them adds to the difference.
pub(crate) struct PartsOfDifference;

/// Rows of a list of which nothing is counted in its days, by the reason.
const UNCOUNTED: [(&str, &str); 6] = [
    ("missing", "rows of which nothing is known"),
    ("withdrawn", "rows that were withdrawn"),
    ("robot", "rows that a robot did"),
    ("rejected", "rows that were rejected"),
    ("outside", "rows that are counted on other days"),
    ("expired", "rows that were stored and have expired"),
];
/// Whatever else may differ.
const OTHERS: [(&str, &str); 4] = [
    ("duplicate_in_list", "rows that the list has more than once"),
    ("duplicate_in_reckon", "what is counted more than once"),
    ("extra", "what is counted and not in the list"),
    ("value_differs", "rows whose value or count is another"),
];

/// An object of one type, by these names.
fn by_name<T: ToSchema>(names: impl IntoIterator<Item = (&'static str, &'static str)>) -> RefOr<Schema> {
    let property = |(name, description): (&'static str, &'static str)| {
        let reference =
            RefBuilder::new().ref_location_from_schema_name(T::name()).description(Some(description));
        (name, RefOr::Ref(reference.build()))
    };
    RefOr::T(Schema::Object(object(names.into_iter().map(property), true).build()))
}

/// Gives a type a name and a schema.
macro_rules! schema {
    ($type:ident, $name:literal, $of:ty, $names:expr) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                by_name::<$of>($names)
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                schemas.push((<$of>::name().into_owned(), <$of>::schema()));
                <$of>::schemas(schemas);
            }
        }
    };
}

schema!(
    Levels,
    "RecountedLevels",
    Level,
    [
        ("minute", "the minutes, against their events"),
        ("hour", "the hours, against their minutes"),
        ("day", "the day, against its hours")
    ]
);

schema!(Parts, "ReconciledParts", Listing, UNCOUNTED.into_iter().chain(OTHERS));

schema!(
    PartsOfDifference,
    "ReconciledDifference",
    Decimal,
    UNCOUNTED
        .into_iter()
        .chain(OTHERS)
        .chain([("without_value", "what is counted of rows that name no value")])
);
