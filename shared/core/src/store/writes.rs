//! The calls that write items, each metered.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};

use super::Store;
use super::error::StoreError;
use super::item::{Item, attributes};
use super::keys::Key;
use super::meter::note_write;
use crate::guard::{Guard, stands};

/// A write that holds only under a condition.
#[derive(Debug)]
pub(crate) enum Put {
    /// Written.
    Done,
    /// The condition does not hold; the item that stands there, where DynamoDB gave it.
    Refused(Item),
}

/// A condition, the numbers that it compares with, and attributes whose names DynamoDB reserves.
pub(crate) struct Condition<'a> {
    pub(crate) expression: &'a str,
    pub(crate) numbers: &'a [(&'a str, String)],
    pub(crate) names: &'a [(&'a str, &'a str)],
}

/// The condition that no item stands there yet.
pub(crate) const ABSENT: Condition<'static> =
    Condition { expression: "attribute_not_exists(pk)", numbers: &[], names: &[] };

impl Store {
    /// Writes one item, whatever stands there.
    pub(crate) async fn put(&self, operation: &'static str, item: Item) -> Result<(), StoreError> {
        let output = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(item.0))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::of(operation, error))?;
        note_write(&output.consumed_capacity);
        Ok(())
    }

    /// Writes one item under a condition on what stands there.
    pub(crate) async fn put_if(
        &self,
        operation: &'static str,
        item: Item,
        condition: Condition<'_>,
    ) -> Result<Put, StoreError> {
        let mut request = self
            .client
            .put_item()
            .table_name(&*self.table)
            .set_item(Some(item.0))
            .condition_expression(condition.expression)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        for (name, attribute) in condition.names {
            request = request.expression_attribute_names(*name, *attribute);
        }
        for (name, number) in condition.numbers {
            request = request.expression_attribute_values(*name, AttributeValue::N(number.clone()));
        }
        match request.send().await {
            Ok(output) => {
                note_write(&output.consumed_capacity);
                Ok(Put::Done)
            }
            Err(error) => {
                if let Some(PutItemError::ConditionalCheckFailedException(failed)) = error.as_service_error()
                {
                    return Ok(Put::Refused(Item(failed.item.clone().unwrap_or_default())));
                }
                Err(StoreError::of(operation, error))
            }
        }
    }

    /// Raises a number of an item to at least `number`. Numbers there only rise.
    pub(crate) async fn raise(
        &self,
        operation: &'static str,
        key: &Key,
        name: &str,
        number: i64,
    ) -> Result<(), StoreError> {
        let rises = if stands(Guard::OnlyRise) {
            "attribute_exists(pk) AND (attribute_not_exists(#name) OR #name < :number)"
        } else {
            "attribute_exists(pk)"
        };
        let result = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(attributes(key)))
            .update_expression("SET #name = :number")
            .condition_expression(rises)
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":number", AttributeValue::N(number.to_string()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match result {
            Ok(output) => {
                note_write(&output.consumed_capacity);
                Ok(())
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(StoreError::of(operation, error)),
        }
    }

    /// Adds one to a number of an item that exists, and answers the sum.
    pub(crate) async fn increment(
        &self,
        operation: &'static str,
        key: &Key,
        name: &str,
    ) -> Result<Item, StoreError> {
        let output = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(attributes(key)))
            .update_expression("ADD #name :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::of(operation, error))?;
        note_write(&output.consumed_capacity);
        Ok(Item(output.attributes.unwrap_or_default()))
    }

    /// Deletes one item; one that is absent is no error.
    pub(crate) async fn delete(&self, operation: &'static str, key: &Key) -> Result<(), StoreError> {
        let output = self
            .client
            .delete_item()
            .table_name(&*self.table)
            .set_key(Some(attributes(key)))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::of(operation, error))?;
        note_write(&output.consumed_capacity);
        Ok(())
    }
}
