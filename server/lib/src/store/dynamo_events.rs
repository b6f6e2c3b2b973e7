//! The event store in DynamoDB. An event's item carries the sparse attribute `outbox`, the key of
//! an index, until a bus has taken the event over.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};
use domain::event::{Envelope, StreamId};
use domain::ids::EventId;
use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::client::{StoreError, put_in_transaction};
use super::event_store::{
    APPEND_MAX_EVENTS, AppendError, EventStore, LogPage, LogPosition, OUTBOX_SHARDS, Segment,
    StoredEvent, check_places,
};
use super::item::{Item, number, text, text_of};
use super::tables::OUTBOX_INDEX;
use super::writing::write;

/// The most events in one look into a shard.
const UNSENT_PAGE_MAX: i32 = 500;
/// The condition of every append: this version of the stream is free.
const VERSION_IS_FREE: &str = "attribute_not_exists(stream_id)";

/// Streams of events in the events table.
#[derive(Clone, Debug)]
pub struct DynamoEventStore {
    client: Client,
    table: String,
}

impl DynamoEventStore {
    /// The store in `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Appends one event and writes `beside` it, both or neither; `None` when the condition of
    /// `beside` does not hold.
    ///
    /// # Errors
    /// As [`EventStore::append`].
    pub async fn append_with(
        &self,
        envelope: &Envelope,
        beside: TransactWriteItem,
    ) -> Result<Option<Arc<StoredEvent>>, AppendError> {
        let stored = Arc::new(StoredEvent::from_envelope(envelope)?);
        let events = [Arc::clone(&stored)];
        match self.transact(&events, Some(beside)).await? {
            Written::All => Ok(Some(stored)),
            Written::Refused(0) => Err(AppendError::Conflict(stored.stream_id.clone())),
            Written::Refused(_) => Ok(None),
        }
    }

    /// The part of a transaction that appends this event, if its place is free.
    ///
    /// # Errors
    /// [`StoreError::Failed`], should it not be expressible.
    pub fn item_to_append(&self, event: &StoredEvent) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item_of(event)))
            .condition_expression(VERSION_IS_FREE);
        put_in_transaction(put)
    }

    /// Puts an event into the outbox again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unsettle(&self, event: &StoredEvent) -> Result<(), StoreError> {
        let key = key_of(&event.stream_id, event.stream_version);
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key));
        let update = update.update_expression("SET outbox = :shard");
        let shard = outbox_key(&event.stream_id);
        let update = update.expression_attribute_values(":shard", text(shard));
        write(update.send()).await.map(|_| ()).map_err(StoreError::from)
    }

    /// How many events there are, as DynamoDB estimates it every few hours.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn approximate_count(&self) -> Result<u64, StoreError> {
        let described = self.client.describe_table().table_name(&self.table).send().await;
        let table = described.map_err(StoreError::of_reading)?.table;
        let count = table.and_then(|table| table.item_count).unwrap_or(0);
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn put(&self, event: &Arc<StoredEvent>) -> Result<(), AppendError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item_of(event)))
            .condition_expression(VERSION_IS_FREE)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send();
        let Err(error) = write(sent).await else { return Ok(()) };
        if let Some(PutItemError::ConditionalCheckFailedException(failed)) =
            error.as_service_error()
        {
            let holder = failed.item().and_then(|item| text_of(item, "event_id"));
            if holder == Some(event.event_id.to_string().as_str()) {
                return Ok(());
            }
            return Err(AppendError::Conflict(event.stream_id.clone()));
        }
        Err(StoreError::from(error).into())
    }

    async fn transact(
        &self,
        events: &[Arc<StoredEvent>],
        beside: Option<TransactWriteItem>,
    ) -> Result<Written, StoreError> {
        let appended = events.iter().map(|event| self.item_to_append(event));
        let mut items = appended.collect::<Result<Vec<_>, _>>()?;
        items.extend(beside);
        // Makes the SDK's own repeats of this request harmless.
        let token = events.first().map(|event| event.event_id.to_string());
        let transaction = self.client.transact_write_items().set_client_request_token(token);
        let sent = transaction.set_transact_items(Some(items)).send();
        let Err(failed) = write(sent).await else { return Ok(Written::All) };
        let Some(refused) = refused_positions(failed.as_service_error()) else {
            return Err(failed.into());
        };
        match refused.iter().find(|(_, by_condition)| *by_condition) {
            Some((position, _)) => Ok(Written::Refused(*position)),
            None if failed.is_in_doubt() => Err(failed.into()),
            // Cancelled by contention, not by a condition.
            None => Err(StoreError::Throttled),
        }
    }

    async fn settle_together(&self, events: &[Arc<StoredEvent>]) -> Result<(), StoreError> {
        let items = events.iter().map(|event| {
            let update = Update::builder()
                .table_name(&self.table)
                .set_key(Some(key_of(&event.stream_id, event.stream_version)))
                .update_expression("REMOVE outbox")
                .build()
                .map_err(|e| StoreError::Failed(e.to_string()))?;
            Ok(TransactWriteItem::builder().update(update).build())
        });
        let items = items.collect::<Result<Vec<_>, StoreError>>()?;
        let transaction = self.client.transact_write_items().set_transact_items(Some(items));
        write(transaction.send()).await.map(|_| ()).map_err(StoreError::from)
    }

    async fn settle_one(&self, event: &StoredEvent) -> Result<(), StoreError> {
        let key = key_of(&event.stream_id, event.stream_version);
        let update = self.client.update_item().table_name(&self.table).set_key(Some(key));
        let update = update.update_expression("REMOVE outbox");
        write(update.send()).await.map(|_| ()).map_err(StoreError::from)
    }
}

#[async_trait]
impl EventStore for DynamoEventStore {
    async fn append(&self, envelopes: &[Envelope]) -> Result<Vec<Arc<StoredEvent>>, AppendError> {
        let stored: Vec<Arc<StoredEvent>> = envelopes
            .iter()
            .map(|envelope| StoredEvent::from_envelope(envelope).map(Arc::new))
            .collect::<Result<_, _>>()?;
        match stored.as_slice() {
            [] => {}
            [one] => self.put(one).await?,
            many => {
                check_places(many)?;
                if let Written::Refused(at) = self.transact(many, None).await? {
                    let stream = many.get(at).map(|event| event.stream_id.clone());
                    return Err(AppendError::Conflict(stream.unwrap_or_default()));
                }
            }
        }
        Ok(stored)
    }

    async fn load(&self, stream: &StreamId) -> Result<Vec<Envelope>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("stream_id = :stream")
            .expression_attribute_values(":stream", text(stream.as_str()))
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page.map_err(StoreError::of_reading)?.items() {
                events.push(event_of(item)?.decode()?);
            }
        }
        Ok(events)
    }

    async fn unsent(
        &self,
        shard: u64,
        after: Option<EventId>,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let after = after.map_or_else(|| "0".to_owned(), |id| id.to_string());
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(OUTBOX_INDEX)
            .key_condition_expression("outbox = :shard AND event_id > :after")
            .expression_attribute_values(":shard", text(shard_name(shard)))
            .expression_attribute_values(":after", text(after))
            .limit(UNSENT_PAGE_MAX)
            .send()
            .await
            .map_err(StoreError::of_reading)?;
        page.items().iter().map(event_of).collect()
    }

    async fn settle(&self, events: &[Arc<StoredEvent>]) -> Result<(), StoreError> {
        for chunk in events.chunks(APPEND_MAX_EVENTS) {
            if chunk.len() > 1 && self.settle_together(chunk).await.is_ok() {
                continue;
            }
            let mut singles: FuturesUnordered<_> =
                chunk.iter().map(|event| self.settle_one(event)).collect();
            while let Some(settled) = singles.next().await {
                settled?;
            }
        }
        Ok(())
    }

    async fn read_log(
        &self,
        segment: Segment,
        after: Option<&LogPosition>,
    ) -> Result<LogPage, StoreError> {
        let start = after.map(|after| key_of(&after.stream_id, after.stream_version));
        let page = self
            .client
            .scan()
            .table_name(&self.table)
            .segment(i32::try_from(segment.number).unwrap_or(i32::MAX))
            .total_segments(i32::try_from(segment.of).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::of_reading)?;
        let next = page.last_evaluated_key().map(position_of).transpose()?;
        let events = page.items().iter().map(event_of).collect::<Result<_, _>>()?;
        Ok(LogPage { events, next })
    }
}

/// What became of a transaction.
enum Written {
    /// Everything was written.
    All,
    /// Nothing was: the condition of the item in this place does not hold.
    Refused(usize),
}

fn shard_of(stream_id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    stream_id.hash(&mut hasher);
    hasher.finish() % OUTBOX_SHARDS
}

/// The partition of the outbox index in which a stream's events wait.
#[must_use]
pub fn outbox_key(stream_id: &str) -> String {
    shard_name(shard_of(stream_id))
}

fn shard_name(shard: u64) -> String {
    format!("outbox-{shard:02}")
}

fn item_of(event: &StoredEvent) -> Item {
    HashMap::from([
        ("stream_id".to_owned(), text(&event.stream_id)),
        ("version".to_owned(), number(event.stream_version)),
        ("event_id".to_owned(), text(event.event_id.to_string())),
        ("type".to_owned(), text(&event.event_type)),
        ("envelope".to_owned(), text(&event.json)),
        ("outbox".to_owned(), text(outbox_key(&event.stream_id))),
    ])
}

fn event_of(item: &Item) -> Result<StoredEvent, StoreError> {
    let missing = |name: &str| StoreError::Undecodable(format!("an event without `{name}`"));
    let attribute = |name: &str| text_of(item, name).ok_or_else(|| missing(name));
    let LogPosition { stream_id, stream_version } = position_of(item)?;
    Ok(StoredEvent {
        event_id: attribute("event_id")?.parse().map_err(|_| missing("event_id"))?,
        event_type: attribute("type")?.to_owned(),
        stream_id,
        stream_version,
        json: attribute("envelope")?.to_owned(),
    })
}

fn key_of(stream_id: &str, version: u64) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("stream_id".to_owned(), text(stream_id)),
        ("version".to_owned(), number(version)),
    ])
}

fn position_of(key: &Item) -> Result<LogPosition, StoreError> {
    let stream_id = text_of(key, "stream_id").map(str::to_owned);
    let version = key.get("version").and_then(|v| v.as_n().ok()?.parse().ok());
    match (stream_id, version) {
        (Some(stream_id), Some(stream_version)) => Ok(LogPosition { stream_id, stream_version }),
        _ => Err(StoreError::Undecodable("an event without its key".to_owned())),
    }
}

/// Which items of a cancelled transaction are the reason, and whether it was their condition;
/// `None` when it was not cancelled at all.
pub(crate) fn refused_positions(
    error: Option<&TransactWriteItemsError>,
) -> Option<Vec<(usize, bool)>> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error else {
        return None;
    };
    let reasons = cancelled.cancellation_reasons().iter().enumerate();
    let refused = reasons.filter_map(|(position, reason)| match reason.code() {
        None | Some("None") => None,
        code => Some((position, code == Some("ConditionalCheckFailed"))),
    });
    Some(refused.collect())
}
