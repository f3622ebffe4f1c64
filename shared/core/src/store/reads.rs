//! The calls that read items, strongly, each metered.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity, Select};

use super::Store;
use super::error::StoreError;
use super::item::{Item, attributes};
use super::keys::Key;
use super::meter::note_read;
use crate::guard::{Guard, stands};

/// Which sort keys of a partition to read, and how.
pub(crate) struct Range<'a> {
    /// The first and the last, both included.
    pub(crate) between: Option<(&'a str, &'a str)>,
    /// The attributes to fetch; all where `None`.
    pub(crate) only: Option<&'a str>,
    /// The most items to fetch; all where `None`.
    pub(crate) limit: Option<i32>,
    /// Whether the greatest sort key comes first.
    pub(crate) newest: bool,
}

/// The whole partition.
pub(crate) const ALL: Range<'static> = Range { between: None, only: None, limit: None, newest: false };

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

    /// Reads a range of a partition, strongly, in the order that the range asks for, however many pages it takes.
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
                .set_scan_index_forward(range.newest.then_some(false))
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
}
