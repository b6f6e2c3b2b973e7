//! The embedded backend's dead letters, in a table.

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use super::client::StoreError;
use super::item::{Item, number, text, text_of};
use super::writing::{write, written};
use crate::messaging::QueueError;
use crate::messaging::dead_letters::{DeadLetter, DeadLetters};
use crate::messaging::embedded::LetterStore;

/// The table of dead letters.
#[derive(Clone, Debug)]
pub struct DynamoDeadLetters {
    client: Client,
    table: String,
}

impl DynamoDeadLetters {
    /// The dead letters in `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    async fn all(&self, queue: &str) -> Result<Vec<Item>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("queue = :queue")
            .expression_attribute_values(":queue", text(queue))
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut items = Vec::new();
        while let Some(page) = pages.next().await {
            items.extend(page.map_err(StoreError::of_reading)?.items.unwrap_or_default());
        }
        Ok(items)
    }
}

#[async_trait]
impl LetterStore for DynamoDeadLetters {
    async fn put(&self, queue: &str, letter: &DeadLetter) -> Result<(), StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("queue", text(queue))
            .item("event_id", text(&letter.id))
            .item("envelope", text(&letter.body))
            .item("reason", text(&letter.reason))
            .item("receive_count", number(letter.receive_count.unwrap_or_default().into()))
            .item("buried_at_ms", number(letter.buried_at_ms.unwrap_or_default()))
            .send();
        write(sent).await.map(|_| ()).map_err(StoreError::from)
    }

    async fn to_redrive(&self, queue: &str) -> Result<Vec<DeadLetter>, StoreError> {
        let items = self.all(queue).await?;
        Ok(items.iter().filter(|item| item.contains_key("redrive")).map(letter).collect())
    }

    async fn remove(&self, queue: &str, id: &str) -> Result<(), StoreError> {
        let deletion = self.client.delete_item().table_name(&self.table);
        let deletion = deletion.key("queue", text(queue)).key("event_id", text(id));
        write(deletion.send()).await.map(|_| ()).map_err(StoreError::from)
    }
}

#[async_trait]
impl DeadLetters for DynamoDeadLetters {
    async fn list(&self, queue: &str) -> Result<Vec<DeadLetter>, QueueError> {
        let items = self.all(queue).await.map_err(failed)?;
        Ok(items.iter().map(letter).collect())
    }

    /// Marks them; the server finds the mark and sends them. A letter leaves the table only when
    /// its consumer is done with it.
    async fn redrive(&self, queue: &str, ids: &[String]) -> Result<usize, QueueError> {
        let mut marked = 0;
        for id in ids {
            let update = self.client.update_item().table_name(&self.table);
            let sent = update
                .key("queue", text(queue))
                .key("event_id", text(id))
                .update_expression("SET redrive = :yes")
                .condition_expression("attribute_exists(queue)")
                .expression_attribute_values(":yes", AttributeValue::Bool(true))
                .send();
            marked += usize::from(written(sent).await.map_err(failed)?);
        }
        Ok(marked)
    }

    async fn discard(&self, queue: &str, ids: &[String]) -> Result<usize, QueueError> {
        let known = self.list(queue).await?;
        let known: Vec<_> = known.iter().filter(|letter| ids.contains(&letter.id)).collect();
        for letter in &known {
            self.remove(queue, &letter.id).await.map_err(failed)?;
        }
        Ok(known.len())
    }
}

fn failed(error: StoreError) -> QueueError {
    QueueError(error.to_string())
}

fn letter(item: &Item) -> DeadLetter {
    let of = |name: &str| text_of(item, name).unwrap_or_default().to_owned();
    let count = |name: &str| item.get(name).and_then(|value| value.as_n().ok()?.parse().ok());
    DeadLetter {
        id: of("event_id"),
        body: of("envelope"),
        reason: of("reason"),
        receive_count: count("receive_count").and_then(|count: u64| u32::try_from(count).ok()),
        buried_at_ms: count("buried_at_ms"),
    }
}
