//! The audit log in DynamoDB: blocks are only ever added.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Put, TransactWriteItem};
use uuid::Uuid;

use super::chain::{Block, Head, SealedHead};
use super::hash::Hash;
use super::index::Row;
use super::items::{
    Strange, block_of, hash_or_nothing, head_of, item_of_block, item_of_head, item_of_row, row_of,
};
use crate::config::StoreConfig;
use crate::store::client::{StoreError, put_in_transaction};
use crate::store::dynamo_events::refused_positions;
use crate::store::item::{Item, number, text};
use crate::store::writing::write;

/// The most items of one transaction, which DynamoDB sets.
const TRANSACTION_MAX: usize = 100;
/// The most items that fit beside a block and its head.
pub const BESIDE_MAX: usize = TRANSACTION_MAX - 2;
/// The most items of one `BatchGetItem`, which DynamoDB sets.
const BATCH_MAX: usize = 100;

/// How many bytes of its item a block's body takes; its writing costs accordingly.
#[must_use]
pub fn kept_bytes(block: &Block) -> usize {
    let item = item_of_block(block);
    match item.get("body") {
        Some(AttributeValue::B(packed)) => packed.as_ref().len(),
        _ => block.body.len(),
    }
}

/// The tables of the audit log.
#[derive(Clone, Debug)]
pub struct AuditStore {
    client: Client,
    blocks: String,
    heads: String,
    index: String,
}

/// Why a block was not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddError {
    /// What was to be written beside it, in these places, cannot be; nothing was written.
    Beside(Vec<usize>),
    /// The store did not take it.
    Store(StoreError),
}

impl From<StoreError> for AddError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<AddError> for StoreError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Store(error) => error,
            // Nothing was written, and another try may go through.
            AddError::Beside(_) => Self::Throttled,
        }
    }
}

/// A part of a table, and where the next part begins.
#[derive(Debug)]
pub struct Part<T> {
    /// What it holds.
    pub items: Vec<T>,
    /// Where to go on; `None` at the end.
    pub next: Option<Item>,
}

impl AuditStore {
    /// The configured tables.
    #[must_use]
    pub fn new(client: Client, store: &StoreConfig) -> Self {
        Self {
            client,
            blocks: store.audit_table.clone(),
            heads: store.audit_heads_table.clone(),
            index: store.audit_index_table.clone(),
        }
    }

    /// Adds a block to its chain, which ends at `end` so far: block, head, rows and `beside`, or
    /// nothing.
    ///
    /// # Errors
    /// [`AddError::Beside`] when what was to be written beside it cannot be.
    /// [`StoreError::OutcomeUnknown`] when it may have been written; else it was not.
    pub async fn add(
        &self,
        block: &Block,
        head: &SealedHead,
        end: Option<Head>,
        rows: &[Row],
        beside: Vec<TransactWriteItem>,
    ) -> Result<(), AddError> {
        let mut items = vec![
            put_in_transaction(
                Put::builder()
                    .table_name(&self.blocks)
                    .set_item(Some(item_of_block(block)))
                    .condition_expression("attribute_not_exists(chain)"),
            )?,
            self.head_put(head, end)?,
        ];
        for row in rows {
            let row = Put::builder().table_name(&self.index).set_item(Some(item_of_row(row)));
            items.push(put_in_transaction(
                row.condition_expression("attribute_not_exists(#scope)")
                    .expression_attribute_names("#scope", "scope"),
            )?);
        }
        let own = items.len();
        items.extend(beside);
        let sent = self
            .client
            .transact_write_items()
            // Makes the SDK's own repeats of this request harmless.
            .client_request_token(Uuid::new_v4().to_string())
            .set_transact_items(Some(items))
            .send();
        let Err(failed) = write(sent).await else { return Ok(()) };
        let Some(refused) = refused_positions(failed.as_service_error()) else {
            return Err(AddError::Store(failed.into()));
        };
        if !refused.is_empty() && refused.iter().all(|(at, _)| *at >= own) {
            return Err(AddError::Beside(refused.iter().map(|(at, _)| at - own).collect()));
        }
        // After a lost answer it may be this very block that stands there.
        if !failed.is_in_doubt()
            && refused.iter().any(|(at, by_condition)| *at < own && *by_condition)
        {
            return Err(AddError::Store(StoreError::Failed(format!(
                "somebody else wrote to the chain {} of the audit log at {}",
                block.chain, block.seq
            ))));
        }
        // Cancelled by contention, not by a condition.
        let contended = if failed.is_in_doubt() { failed.into() } else { StoreError::Throttled };
        Err(AddError::Store(contended))
    }

    fn head_put(
        &self,
        head: &SealedHead,
        end: Option<Head>,
    ) -> Result<TransactWriteItem, StoreError> {
        let new = Put::builder().table_name(&self.heads).set_item(Some(item_of_head(head)));
        match end {
            None => put_in_transaction(new.condition_expression("attribute_not_exists(chain)")),
            Some(end) => put_in_transaction(
                new.condition_expression("#seq = :seq AND #hash = :hash")
                    .expression_attribute_names("#seq", "seq")
                    .expression_attribute_names("#hash", "hash")
                    .expression_attribute_values(":seq", number(end.seq))
                    .expression_attribute_values(":hash", text(end.hash.to_string())),
            ),
        }
    }

    /// Where all chains end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn heads(&self) -> Result<Vec<Result<SealedHead, Strange>>, StoreError> {
        let scan = self.client.scan().table_name(&self.heads).consistent_read(true);
        let mut pages = scan.into_paginator().send();
        let mut heads = Vec::new();
        while let Some(page) = pages.next().await {
            heads.extend(page.map_err(StoreError::of_reading)?.items().iter().map(head_of));
        }
        Ok(heads)
    }

    /// A part of all blocks, from behind `after`; those of one chain come in their order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn blocks(
        &self,
        after: Option<Item>,
    ) -> Result<Part<Result<Block, Strange>>, StoreError> {
        let scan = self.client.scan().table_name(&self.blocks).consistent_read(true);
        let page = scan.set_exclusive_start_key(after).send().await;
        let page = page.map_err(StoreError::of_reading)?;
        Ok(Part {
            items: page.items().iter().map(block_of).collect(),
            next: page.last_evaluated_key,
        })
    }

    /// The hash that a block has, if it is there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hash_of(&self, chain: Uuid, seq: u64) -> Result<Option<Hash>, StoreError> {
        let get = self.client.get_item().table_name(&self.blocks);
        let get = get.key("chain", text(chain.to_string())).key("seq", number(seq));
        let got = get.consistent_read(true).send().await.map_err(StoreError::of_reading)?;
        Ok(got.item().map(|item| hash_or_nothing(item, "hash")))
    }

    /// Those of `wanted` that are kept, in no order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn kept_rows(&self, wanted: &[Row]) -> Result<Vec<Row>, StoreError> {
        let mut kept = Vec::with_capacity(wanted.len());
        for chunk in wanted.chunks(BATCH_MAX) {
            let keys = chunk.iter().map(|row| {
                let Row { scope, place, .. } = row;
                HashMap::from([
                    ("scope".to_owned(), text(scope)),
                    ("place".to_owned(), text(place)),
                ])
            });
            let mut keys: Vec<Item> = keys.collect();
            while !keys.is_empty() {
                let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
                let asked = asked.build().map_err(|e| StoreError::Failed(e.to_string()))?;
                let batch = self.client.batch_get_item().request_items(&self.index, asked);
                let got = batch.send().await.map_err(StoreError::of_reading)?;
                let of_index = |of: &HashMap<String, Vec<Item>>| of.get(&self.index).cloned();
                let items = got.responses().and_then(of_index).unwrap_or_default();
                kept.extend(items.iter().map(row_of));
                let rest = got.unprocessed_keys().and_then(|rest| rest.get(&self.index));
                keys = rest.map(|rest| rest.keys().to_vec()).unwrap_or_default();
            }
        }
        Ok(kept)
    }

    /// A part of all rows, and where the next part begins.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn all_rows(&self, after: Option<Item>) -> Result<Part<Row>, StoreError> {
        let scan = self.client.scan().table_name(&self.index);
        let page = scan.set_exclusive_start_key(after).send().await;
        let page = page.map_err(StoreError::of_reading)?;
        Ok(Part { items: page.items().iter().map(row_of).collect(), next: page.last_evaluated_key })
    }

    /// The newest rows of `scope` from `from` to before `before`, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rows(
        &self,
        scope: &str,
        from: &str,
        before: &str,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.index)
            // BETWEEN includes its end: so one more is read, and the end left out.
            .key_condition_expression("#scope = :scope AND #place BETWEEN :from AND :before")
            .expression_attribute_names("#scope", "scope")
            .expression_attribute_names("#place", "place")
            .expression_attribute_values(":scope", text(scope))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":before", text(before))
            .scan_index_forward(false)
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .into_paginator()
            .send();
        let mut rows: Vec<Row> = Vec::new();
        while rows.len() <= limit
            && let Some(page) = pages.next().await
        {
            rows.extend(page.map_err(StoreError::of_reading)?.items().iter().map(row_of));
        }
        rows.retain(|row| row.place.as_str() < before);
        rows.truncate(limit);
        Ok(rows)
    }
}
