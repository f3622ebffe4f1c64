//! Items: their attributes, and the calls that read and write them, each metered.

use crate::guard::{Guard, stands};
use std::collections::HashMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure, Select,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Store;
use super::error::StoreError;
use super::keys::Key;
use super::meter::{note_read, note_write};

/// An item of the table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Item(pub(crate) HashMap<String, AttributeValue>);

impl Item {
    /// An item with nothing but its key.
    pub(crate) fn new(key: &Key) -> Self {
        Self::default().text("pk", &key.pk).text("sk", &key.sk)
    }

    pub(crate) fn text(mut self, name: &str, text: &str) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::S(text.to_owned()));
        self
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers are small, and a reference at each call would be noise"
    )]
    pub(crate) fn number(mut self, name: &str, number: impl ToString) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::N(number.to_string()));
        self
    }

    pub(crate) fn bytes(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.0.insert(name.to_owned(), AttributeValue::B(Blob::new(bytes)));
        self
    }

    /// A document as JSON text.
    pub(crate) fn document(self, document: &impl Serialize) -> Self {
        // Our documents are plain data, which always has a JSON form.
        let json = serde_json::to_string(document).unwrap_or_default();
        self.text("doc", &json)
    }

    /// Its key, for messages.
    pub(crate) fn key(&self) -> String {
        let part = |name| self.0.get(name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
        format!("{} / {}", part("pk"), part("sk"))
    }

    /// The error of an item that we cannot read.
    pub(crate) fn corrupt(&self) -> StoreError {
        StoreError::Corrupt { key: self.key() }
    }

    pub(crate) fn get_text(&self, name: &str) -> Result<&str, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_s().ok());
        value.map(String::as_str).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn get_number<T: std::str::FromStr>(&self, name: &str) -> Result<T, StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_n().ok());
        value.and_then(|digits| digits.parse().ok()).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn get_bytes(&self, name: &str) -> Result<&[u8], StoreError> {
        let value = self.0.get(name).and_then(|value| value.as_b().ok());
        value.map(Blob::as_ref).ok_or_else(|| self.corrupt())
    }

    pub(crate) fn get_document<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_str(self.get_text("doc")?).map_err(|_| self.corrupt())
    }
}

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

/// Which sort keys of a partition to read, and how.
pub(crate) struct Range<'a> {
    /// The first and the last, both included.
    pub(crate) between: Option<(&'a str, &'a str)>,
    /// The attributes to fetch; all where `None`.
    pub(crate) only: Option<&'a str>,
    /// The most items to fetch; all where `None`.
    pub(crate) limit: Option<i32>,
}

/// The whole partition.
pub(crate) const ALL: Range<'static> = Range { between: None, only: None, limit: None };

fn attributes(key: &Key) -> HashMap<String, AttributeValue> {
    Item::new(key).0
}

impl Store {
    /// Reads one item, strongly.
    pub(crate) async fn get(&self, operation: &'static str, key: &Key) -> Result<Option<Item>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(attributes(key)))
            .consistent_read(stands(Guard::StrongGet))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| StoreError::of(operation, error))?;
        note_read(&output.consumed_capacity);
        Ok(output.item.map(Item))
    }

    /// Reads at most 100 items, strongly; those absent are left out.
    pub(crate) async fn get_many(
        &self,
        operation: &'static str,
        keys: &[Key],
    ) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        for chunk in keys.chunks(100) {
            let mut wanted: Vec<_> = chunk.iter().map(attributes).collect();
            while !wanted.is_empty() {
                let request = KeysAndAttributes::builder()
                    .set_keys(Some(wanted))
                    .consistent_read(stands(Guard::StrongBatchGet))
                    .build()
                    .map_err(|error| StoreError::Refused { operation, source: Box::new(error) })?;
                let output = self
                    .client
                    .batch_get_item()
                    .request_items(&*self.table, request)
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .map_err(|error| StoreError::of(operation, error))?;
                note_read(output.consumed_capacity());
                found.extend(output.responses.into_iter().flat_map(HashMap::into_values).flatten().map(Item));
                let unprocessed = output.unprocessed_keys.into_iter().flat_map(HashMap::into_values);
                wanted = unprocessed.flat_map(|left| left.keys).collect();
            }
        }
        Ok(found)
    }

    /// Reads a range of a partition, strongly, in the order of the sort keys, however many pages it takes.
    pub(crate) async fn query(
        &self,
        operation: &'static str,
        pk: &str,
        range: Range<'_>,
    ) -> Result<Vec<Item>, StoreError> {
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let mut request = self
                .client
                .query()
                .table_name(&*self.table)
                .consistent_read(stands(Guard::StrongQuery))
                .set_limit(range.limit)
                .set_exclusive_start_key(start)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()));
            request = match range.between {
                None => request.key_condition_expression("pk = :pk"),
                Some((first, last)) => request
                    .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                    .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
                    .expression_attribute_values(":last", AttributeValue::S(last.to_owned())),
            };
            if let Some(only) = range.only {
                request = request.select(Select::SpecificAttributes).projection_expression(only);
            }
            let output = request.send().await.map_err(|error| StoreError::of(operation, error))?;
            note_read(&output.consumed_capacity);
            items.extend(output.items.into_iter().flatten().map(Item));
            start = output.last_evaluated_key;
            let enough =
                range.limit.is_some_and(|limit| i32::try_from(items.len()).is_ok_and(|got| got >= limit));
            if start.is_none() || enough {
                return Ok(items);
            }
        }
    }

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
