//! The schemas of what is written by the name of a model or a place.

use std::borrow::Cow;

use reckon_core::contract::{object, sentence};
use reckon_core::domain::attribution::Model;
use reckon_core::domain::rollup::Place;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::attribution::Shown as Credit;
use crate::explain::Credited as CreditOfPath;

/// What rows may be parted by where that is the channel alone.
pub(crate) struct ByChannel;

/// The place of a row, under the name of what the rows are by.
pub(crate) struct PlaceOfRow;

/// Credits by the names of models.
pub(crate) struct CreditByModel;

/// What each model makes of one path.
pub(crate) struct CreditsByModel;

/// Gives a type a name and a schema.
macro_rules! schema {
    ($type:ident, $schema:expr $(, $also:ty)?) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object($schema.build()))
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($type))
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                let _ = &schemas;
                $(
                    schemas.push((<$also>::name().into_owned(), <$also>::schema()));
                    <$also>::schemas(schemas);
                )?
            }
        }
    };
}

schema!(
    ByChannel,
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).enum_values(Some(["channel"]))
);

schema!(
    PlaceOfRow,
    object(
        Place::ALL.map(|place| (
            place.as_str(),
            sentence(&format!("the {}, by which the rows are", place.as_str()))
        )),
        false
    )
);

schema!(
    CreditByModel,
    object(Model::ALL.map(|model| (model.name(), RefOr::Ref(Ref::from_schema_name("Credit")))), false)
        .description(Some("What each model that was asked for credits.")),
    Credit
);

schema!(
    CreditsByModel,
    object(Model::ALL.map(|model| (model.name(), RefOr::Ref(Ref::from_schema_name("CreditOfPath")))), true)
        .description(Some("What each model credits.")),
    CreditOfPath
);
