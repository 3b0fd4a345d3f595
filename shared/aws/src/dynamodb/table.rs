use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    CancellationReason, DeleteRequest, KeysAndAttributes, PutRequest, ReturnValue,
    ReturnValuesOnConditionCheckFailure, TransactWriteItem, WriteRequest,
};
use patchbay_app::ports::{Clock, Order, PortResult, Removed};
use patchbay_domain::Timestamp;

use super::item::{Item, key_attributes, number_of, string, text_of};
use super::key::{Collection, Index, Key, PK, SK, TTL};
use super::transaction::incomplete;
use crate::error::{Refusal, corrupt, unavailable};

/// The largest number of writes in one batch.
const BATCH: usize = 25;
/// The largest number of items that are read at once.
const GET_BATCH: usize = 100;
/// How often a write is repeated that met another one, or a limit, and the first pause before.
const REPEATS: u32 = 6;
const PAUSE: Duration = Duration::from_millis(25);

/// A write's condition did not hold; with the item that stands there, if there is one.
#[derive(Debug)]
pub(crate) struct Refused(pub(crate) Option<Item>);

/// The items with one partition key whose sort keys lie between two, both included.
pub(crate) struct Span {
    pub(crate) pk: String,
    pub(crate) low: String,
    pub(crate) high: String,
}

pub(crate) struct Table {
    client: Client,
    name: String,
    clock: Arc<dyn Clock>,
}

impl Table {
    pub(crate) fn new(client: Client, name: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            name: name.to_owned(),
            clock,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn get_item(
        &self,
        operation: &'static str,
        key: &Key,
    ) -> PortResult<Option<Item>> {
        let request = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key_attributes(key)))
            .consistent_read(true);
        let answer = request.send().await.map_err(unavailable(operation))?;
        Ok(answer.item.filter(|item| self.is_alive(item)))
    }

    /// Those of these keys that are there, in no order. Each key at most once.
    pub(crate) async fn get_items(
        &self,
        operation: &'static str,
        keys: &[Key],
    ) -> PortResult<Vec<Item>> {
        let mut found = Vec::new();
        for chunk in keys.chunks(GET_BATCH) {
            let mut left: Vec<_> = chunk.iter().map(key_attributes).collect();
            for repeat in 0.. {
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(true)
                    .build()
                    .map_err(incomplete)?;
                let request = self.client.batch_get_item();
                let request = request.request_items(&self.name, wanted);
                let answer = request.send().await.map_err(unavailable(operation))?;
                let items = answer.responses.unwrap_or_default();
                found.extend(items.into_values().flatten());
                let unprocessed = answer.unprocessed_keys.unwrap_or_default();
                left = unprocessed.into_values().flat_map(|it| it.keys).collect();
                if left.is_empty() {
                    break;
                }
                self.pause(operation, repeat, "Throttled").await?;
            }
        }
        found.retain(|item| self.is_alive(item));
        Ok(found)
    }

    pub(crate) fn put_item(&self, item: Item) -> PutItemFluentBuilder {
        self.client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
    }

    pub(crate) fn update_item(&self, key: &Key) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key_attributes(key)))
    }

    pub(crate) fn delete_item(&self, key: &Key) -> DeleteItemFluentBuilder {
        self.client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key_attributes(key)))
    }

    /// The whole collection, read consistently.
    pub(crate) async fn all(
        &self,
        operation: &'static str,
        collection: &Collection,
    ) -> PortResult<Vec<Item>> {
        let query = self.query(collection, PK, SK).consistent_read(true);
        self.read_all(operation, query).await
    }

    /// The whole collection, by an index, which may lag behind by a moment.
    pub(crate) async fn all_by(
        &self,
        operation: &'static str,
        index: &Index,
        collection: &Collection,
    ) -> PortResult<Vec<Item>> {
        let query = self
            .query(collection, index.pk, index.sk)
            .index_name(index.name);
        self.read_all(operation, query).await
    }

    /// Up to `limit` items after a sort key, read consistently, and whether there are more.
    pub(crate) async fn some(
        &self,
        operation: &'static str,
        collection: &Collection,
        after: Option<String>,
        limit: usize,
    ) -> PortResult<(Vec<Item>, bool)> {
        let start = after.map(|sk| {
            key_attributes(&Key {
                pk: collection.pk.clone(),
                sk,
            })
        });
        let query = self.query(collection, PK, SK).consistent_read(true);
        self.read_some(operation, query, start, limit).await
    }

    /// The items whose sort keys lie between two, both included, read consistently.
    pub(crate) async fn between(
        &self,
        operation: &'static str,
        Span { pk, low, high }: Span,
    ) -> PortResult<Vec<Item>> {
        if low > high {
            return Ok(Vec::new());
        }
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :low AND :high")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", string(pk))
            .expression_attribute_values(":low", string(low))
            .expression_attribute_values(":high", string(high));
        self.read_all(operation, query).await
    }

    /// Up to `limit` items of an index whose sort keys lie between two, both included, after the
    /// one with these keys, and whether there are more. The index may lag behind by a moment.
    pub(crate) async fn some_between(
        &self,
        operation: &'static str,
        index: &Index,
        Span { pk, low, high }: Span,
        order: Order,
        after: Option<Item>,
        limit: usize,
    ) -> PortResult<(Vec<Item>, bool)> {
        if low > high {
            return Ok((Vec::new(), false));
        }
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(index.name)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :low AND :high")
            .expression_attribute_names("#pk", index.pk)
            .expression_attribute_names("#sk", index.sk)
            .expression_attribute_values(":pk", string(pk))
            .expression_attribute_values(":low", string(low))
            .expression_attribute_values(":high", string(high))
            .scan_index_forward(order == Order::OldestFirst);
        self.read_some(operation, query, after, limit).await
    }

    async fn read_some(
        &self,
        operation: &'static str,
        query: QueryFluentBuilder,
        mut start: Option<Item>,
        limit: usize,
    ) -> PortResult<(Vec<Item>, bool)> {
        let wanted = limit.saturating_add(1);
        let mut items = Vec::new();
        loop {
            let left = i32::try_from(wanted - items.len()).unwrap_or(i32::MAX);
            let query = query.clone().limit(left);
            let query = query.set_exclusive_start_key(start.take());
            let answer = query.send().await.map_err(unavailable(operation))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if items.len() >= wanted || start.is_none() {
                let is_more = items.len() > limit;
                items.truncate(limit);
                return Ok((items, is_more));
            }
        }
    }

    fn query(&self, collection: &Collection, pk: &str, sk: &str) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .expression_attribute_names("#pk", pk)
            .expression_attribute_values(":pk", string(&collection.pk));
        if collection.prefix.is_empty() {
            return query.key_condition_expression("#pk = :pk");
        }
        query
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
            .expression_attribute_names("#sk", sk)
            .expression_attribute_values(":prefix", string(&collection.prefix))
    }

    async fn read_all(
        &self,
        operation: &'static str,
        query: QueryFluentBuilder,
    ) -> PortResult<Vec<Item>> {
        let mut items = Vec::new();
        let mut start = None;
        loop {
            let query = query.clone().set_exclusive_start_key(start.take());
            let answer = query.send().await.map_err(unavailable(operation))?;
            items.extend(answer.items.unwrap_or_default());
            start = answer.last_evaluated_key;
            if start.is_none() {
                items.retain(|item| self.is_alive(item));
                return Ok(items);
            }
        }
    }

    fn is_alive(&self, item: &Item) -> bool {
        number_of::<i64>(item, TTL)
            .is_none_or(|end| self.clock.now() < Timestamp::from_seconds(end))
    }

    /// Any number of writes, in no order, each without a condition.
    pub(crate) async fn batch(
        &self,
        operation: &'static str,
        writes: Vec<WriteRequest>,
    ) -> PortResult<()> {
        for chunk in writes.chunks(BATCH) {
            let mut left = chunk.to_vec();
            for repeat in 0.. {
                let request = self
                    .client
                    .batch_write_item()
                    .request_items(&self.name, left);
                let answer = request.send().await.map_err(unavailable(operation))?;
                let unprocessed = answer.unprocessed_items.unwrap_or_default();
                left = unprocessed.into_values().flatten().collect();
                if left.is_empty() {
                    break;
                }
                self.pause(operation, repeat, "Throttled").await?;
            }
        }
        Ok(())
    }

    /// Deletes up to `limit` items of a collection, whatever becomes of them meanwhile.
    pub(crate) async fn remove_first(
        &self,
        operation: &'static str,
        collection: &Collection,
        limit: usize,
    ) -> PortResult<Removed> {
        let (items, is_more) = self.some(operation, collection, None, limit).await?;
        let deletes = items.iter().filter_map(|item| {
            let (pk, sk) = text_of(item, PK).zip(text_of(item, SK))?;
            let (pk, sk) = (pk.to_owned(), sk.to_owned());
            Some(delete_request(&Key { pk, sk }))
        });
        let deletes: PortResult<Vec<_>> = deletes.collect();
        self.batch(operation, deletes?).await?;
        Ok(if is_more { Removed::Some } else { Removed::All })
    }

    /// Deletes a whole collection, to which nobody adds any more.
    pub(crate) async fn delete_all(
        &self,
        operation: &'static str,
        collection: &Collection,
    ) -> PortResult<()> {
        while self.remove_first(operation, collection, BATCH).await? == Removed::Some {}
        Ok(())
    }

    /// All of the writes or none. What each condition found, if any did not hold.
    pub(crate) async fn transact(
        &self,
        operation: &'static str,
        writes: Vec<TransactWriteItem>,
    ) -> PortResult<Result<(), Vec<Option<Refused>>>> {
        for repeat in 0.. {
            let request = self.client.transact_write_items();
            let answer = request
                .set_transact_items(Some(writes.clone()))
                .send()
                .await;
            let reasons =
                match answer.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
                    Ok(_) => return Ok(Ok(())),
                    Err(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                        cancelled.cancellation_reasons.unwrap_or_default()
                    }
                    Err(error) => return Err(unavailable(operation)(error)),
                };
            let is_refused = |reason: &CancellationReason| {
                reason.code.as_deref() == Some("ConditionalCheckFailed")
            };
            if reasons.iter().any(is_refused) {
                let refused = reasons
                    .into_iter()
                    .map(|reason| is_refused(&reason).then_some(Refused(reason.item)));
                return Ok(Err(refused.collect()));
            }
            let code = reasons.into_iter().filter_map(|reason| reason.code);
            let code = code
                .filter(|code| code != "None")
                .last()
                .unwrap_or_default();
            match code.as_str() {
                "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => {
                    self.pause(operation, repeat, &code).await?;
                }
                _ => {
                    return Err(corrupt(
                        operation,
                        format!("a transaction is cancelled: {code}"),
                    ));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Waits longer and longer, and in the end no more.
    async fn pause(&self, operation: &'static str, repeat: u32, code: &str) -> PortResult<()> {
        if repeat >= REPEATS {
            let message = format!("after {repeat} repeats");
            return Err(unavailable(operation)(Refusal {
                code: code.to_owned(),
                message,
            }));
        }
        tokio::time::sleep(PAUSE * 2_u32.pow(repeat)).await;
        Ok(())
    }
}

pub(crate) fn put_request(item: Item) -> PortResult<WriteRequest> {
    let put = PutRequest::builder().set_item(Some(item)).build();
    let put = put.map_err(incomplete)?;
    Ok(WriteRequest::builder().put_request(put).build())
}

pub(crate) fn delete_request(key: &Key) -> PortResult<WriteRequest> {
    let delete = DeleteRequest::builder()
        .set_key(Some(key_attributes(key)))
        .build();
    let delete = delete.map_err(incomplete)?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

/// Sends a conditional put.
pub(crate) async fn put_if(
    operation: &'static str,
    put: PutItemFluentBuilder,
) -> PortResult<Result<(), Refused>> {
    let put =
        put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match put
        .send()
        .await
        .map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)
    {
        Ok(_) => Ok(Ok(())),
        Err(PutItemError::ConditionalCheckFailedException(failed)) => Ok(Err(Refused(failed.item))),
        Err(error) => Err(unavailable(operation)(error)),
    }
}

/// Sends a conditional update; yields the item as it is afterwards.
pub(crate) async fn update_if(
    operation: &'static str,
    update: UpdateItemFluentBuilder,
) -> PortResult<Result<Item, Refused>> {
    let update = update
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match update
        .send()
        .await
        .map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)
    {
        Ok(answer) => Ok(Ok(answer.attributes.unwrap_or_default())),
        Err(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            Ok(Err(Refused(failed.item)))
        }
        Err(error) => Err(unavailable(operation)(error)),
    }
}

/// Sends a delete, conditional or not; whether its condition held.
pub(crate) async fn delete_if(
    operation: &'static str,
    delete: DeleteItemFluentBuilder,
) -> PortResult<bool> {
    match delete
        .send()
        .await
        .map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)
    {
        Ok(_) => Ok(true),
        Err(DeleteItemError::ConditionalCheckFailedException(_)) => Ok(false),
        Err(error) => Err(unavailable(operation)(error)),
    }
}
