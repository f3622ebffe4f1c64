//! The table, as `template.yaml` makes it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, StreamSpecification,
    StreamViewType, TimeToLiveSpecification,
};

/// Why the table could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the table could not be made")]
pub struct TableError(#[source] Box<dyn std::error::Error + Send + Sync>);

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> TableError {
    TableError(Box::new(error))
}

/// Makes the table, unless it is there.
pub async fn create(client: &Client, name: &str) -> Result<(), TableError> {
    let attribute = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
    };
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::KeysOnly)
        .build();
    let made = client
        .create_table()
        .table_name(name)
        .attribute_definitions(attribute("pk").map_err(failed)?)
        .attribute_definitions(attribute("sk").map_err(failed)?)
        .key_schema(key("pk", KeyType::Hash).map_err(failed)?)
        .key_schema(key("sk", KeyType::Range).map_err(failed)?)
        .billing_mode(BillingMode::PayPerRequest)
        .stream_specification(stream.map_err(failed)?)
        .send()
        .await;
    match made {
        Ok(_) => {}
        Err(error)
            if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) =>
        {
            return Ok(());
        }
        Err(error) => return Err(failed(error)),
    }
    let expiry = TimeToLiveSpecification::builder().enabled(true).attribute_name("expires_at").build();
    let ttl =
        client.update_time_to_live().table_name(name).time_to_live_specification(expiry.map_err(failed)?);
    ttl.send().await.map_err(failed)?;
    Ok(())
}
