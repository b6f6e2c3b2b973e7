//! The event store: streams of events, appended under a condition; each append is its own outbox.
//!
//! An event's item carries the sparse attribute `outbox` until a bus has taken the event over.
//! There is no second write that could be lost between storing and publishing.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

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

use super::client::StoreError;
use super::item::{Item, number, text, text_of};
use super::tables::OUTBOX_INDEX;

/// Over so many partitions the outbox index is spread, so that none gets hot.
pub const OUTBOX_SHARDS: u64 = 32;
/// The most events in one look into a shard.
const UNSENT_PAGE_MAX: i32 = 500;
/// The most items in one transaction.
pub const TRANSACTION_MAX_ITEMS: usize = 100;

/// An event as text, with what is needed to send and settle it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// The event.
    pub event_id: EventId,
    /// Its wire name, the EventBridge `DetailType`.
    pub event_type: String,
    /// Its stream.
    pub stream_id: String,
    /// Its place in the stream.
    pub stream_version: u64,
    /// The envelope as JSON.
    pub json: String,
}

impl StoredEvent {
    /// Writes the envelope down.
    ///
    /// # Errors
    /// [`StoreError::Undecodable`], should an envelope not be expressible as JSON.
    pub fn from_envelope(envelope: &Envelope) -> Result<Self, StoreError> {
        let json =
            serde_json::to_string(envelope).map_err(|e| StoreError::Undecodable(e.to_string()))?;
        Ok(Self {
            event_id: envelope.event_id,
            event_type: envelope.event.wire_name().to_owned(),
            stream_id: envelope.stream_id.to_string(),
            stream_version: envelope.stream_version,
            json,
        })
    }

    fn outbox_shard(&self) -> String {
        shard_name(shard_of(&self.stream_id))
    }

    fn into_item(self) -> Item {
        let outbox = self.outbox_shard();
        HashMap::from([
            ("stream_id".to_owned(), text(self.stream_id)),
            ("version".to_owned(), number(self.stream_version)),
            ("event_id".to_owned(), text(self.event_id.to_string())),
            ("type".to_owned(), text(self.event_type)),
            ("envelope".to_owned(), text(self.json)),
            ("outbox".to_owned(), text(outbox)),
        ])
    }

    fn from_item(item: &Item) -> Result<Self, StoreError> {
        let missing = |name: &str| StoreError::Undecodable(format!("an event without `{name}`"));
        let attribute = |name: &str| text_of(item, name).ok_or_else(|| missing(name));
        let version = item.get("version").and_then(|v| v.as_n().ok()?.parse().ok());
        Ok(Self {
            event_id: attribute("event_id")?.parse().map_err(|_| missing("event_id"))?,
            event_type: attribute("type")?.to_owned(),
            stream_id: attribute("stream_id")?.to_owned(),
            stream_version: version.ok_or_else(|| missing("version"))?,
            json: attribute("envelope")?.to_owned(),
        })
    }
}

fn shard_of(stream_id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    stream_id.hash(&mut hasher);
    hasher.finish() % OUTBOX_SHARDS
}

fn shard_name(shard: u64) -> String {
    format!("outbox-{shard:02}")
}

/// Why nothing was appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody else wrote this version of the stream first: read again and decide again.
    #[error("the stream {0} has moved on")]
    Conflict(String),
    /// A further condition of the same transaction does not hold.
    #[error("a condition beside the events does not hold")]
    ConditionFailed,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

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

    /// Appends one event at its version, if that version is still free.
    ///
    /// A repeat of the very same event (as after a lost answer) succeeds and adds nothing.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] when another event holds the version.
    pub async fn append(&self, envelope: &Envelope) -> Result<Arc<StoredEvent>, AppendError> {
        let stored = Arc::new(StoredEvent::from_envelope(envelope)?);
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(StoredEvent::clone(&stored).into_item()))
            .condition_expression("attribute_not_exists(stream_id)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = sent else { return Ok(stored) };
        if let Some(PutItemError::ConditionalCheckFailedException(failed)) =
            error.as_service_error()
        {
            let holder = failed.item().and_then(|item| text_of(item, "event_id"));
            if holder == Some(stored.event_id.to_string().as_str()) {
                return Ok(stored);
            }
            return Err(AppendError::Conflict(stored.stream_id.clone()));
        }
        Err(StoreError::from_sdk(error).into())
    }

    /// Appends events, and writes `beside` them, all or nothing.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] names the first stream that has moved on;
    /// [`AppendError::ConditionFailed`] when a condition of `beside` does not hold.
    pub async fn append_all(
        &self,
        envelopes: &[Envelope],
        beside: Vec<TransactWriteItem>,
    ) -> Result<Vec<Arc<StoredEvent>>, AppendError> {
        let stored: Vec<Arc<StoredEvent>> = envelopes
            .iter()
            .map(|envelope| StoredEvent::from_envelope(envelope).map(Arc::new))
            .collect::<Result<_, _>>()?;
        let Some(first) = stored.first() else { return Ok(stored) };
        let mut items = Vec::with_capacity(stored.len() + beside.len());
        for event in &stored {
            let put = Put::builder()
                .table_name(&self.table)
                .set_item(Some(StoredEvent::clone(event).into_item()))
                .condition_expression("attribute_not_exists(stream_id)")
                .build()
                .map_err(|e| StoreError::Failed(e.to_string()))?;
            items.push(TransactWriteItem::builder().put(put).build());
        }
        items.extend(beside);
        let sent = self
            .client
            .transact_write_items()
            .client_request_token(first.event_id.to_string())
            .set_transact_items(Some(items))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(stored),
            Err(error) => Err(match failed_positions(error.as_service_error()) {
                Some(positions) => match positions.first().map(|at| stored.get(*at)) {
                    Some(Some(event)) => AppendError::Conflict(event.stream_id.clone()),
                    Some(None) => AppendError::ConditionFailed,
                    // Cancelled by contention, not by a condition.
                    None => StoreError::Throttled.into(),
                },
                None => StoreError::from_sdk(error).into(),
            }),
        }
    }

    /// Appends events that do not depend on each other: in one transaction when all of them fit,
    /// else each by itself. One result per event, in their order.
    pub async fn append_each(
        &self,
        envelopes: &[Envelope],
    ) -> Vec<Result<Arc<StoredEvent>, AppendError>> {
        let mut results = Vec::with_capacity(envelopes.len());
        for chunk in envelopes.chunks(TRANSACTION_MAX_ITEMS) {
            if chunk.len() > 1
                && let Ok(stored) = self.append_all(chunk, Vec::new()).await
            {
                results.extend(stored.into_iter().map(Ok));
                continue;
            }
            for envelope in chunk {
                results.push(self.append(envelope).await);
            }
        }
        results
    }

    /// All events of a stream, oldest first, as they are now.
    ///
    /// # Errors
    /// [`StoreError::Undecodable`] when one of them cannot be read: none is skipped.
    pub async fn load(&self, stream: &StreamId) -> Result<Vec<Envelope>, StoreError> {
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
            for item in page.map_err(StoreError::from_sdk)?.items() {
                let stored = StoredEvent::from_item(item)?;
                let envelope = serde_json::from_str(&stored.json).map_err(|error| {
                    StoreError::Undecodable(format!("event {}: {error}", stored.event_id))
                })?;
                events.push(envelope);
            }
        }
        Ok(events)
    }

    /// The next events in one shard of the outbox, oldest first, from behind `after`: a part of
    /// them, and none only at the end.
    ///
    /// # Errors
    /// When the store fails, or holds an item that is no event.
    pub async fn unsent(
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
            .map_err(StoreError::from_sdk)?;
        page.items().iter().map(StoredEvent::from_item).collect()
    }

    /// Takes events out of the outbox, because a bus has taken them over.
    ///
    /// # Errors
    /// When the store fails; the events then stay in the outbox and are sent again.
    pub async fn settle(&self, events: &[Arc<StoredEvent>]) -> Result<(), StoreError> {
        for chunk in events.chunks(TRANSACTION_MAX_ITEMS) {
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

    async fn settle_together(&self, events: &[Arc<StoredEvent>]) -> Result<(), StoreError> {
        let items = events.iter().map(|event| {
            let update = Update::builder()
                .table_name(&self.table)
                .set_key(Some(key_of(event)))
                .update_expression("REMOVE outbox")
                .build()
                .map_err(|e| StoreError::Failed(e.to_string()))?;
            Ok(TransactWriteItem::builder().update(update).build())
        });
        let items = items.collect::<Result<Vec<_>, StoreError>>()?;
        let sent = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        sent.map(|_| ()).map_err(StoreError::from_sdk)
    }

    async fn settle_one(&self, event: &StoredEvent) -> Result<(), StoreError> {
        let update = self.client.update_item().table_name(&self.table);
        let update = update.set_key(Some(key_of(event))).update_expression("REMOVE outbox");
        update.send().await.map(|_| ()).map_err(StoreError::from_sdk)
    }
}

fn key_of(event: &StoredEvent) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("stream_id".to_owned(), text(event.stream_id.clone())),
        ("version".to_owned(), number(event.stream_version)),
    ])
}

/// Which items of a cancelled transaction failed their condition; `None` when it was not
/// cancelled at all.
fn failed_positions(error: Option<&TransactWriteItemsError>) -> Option<Vec<usize>> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error else {
        return None;
    };
    let reasons = cancelled.cancellation_reasons().iter().enumerate();
    Some(
        reasons
            .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
            .map(|(position, _)| position)
            .collect(),
    )
}
