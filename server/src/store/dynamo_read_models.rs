//! The read models in DynamoDB: one table per read model and generation.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};

use super::client::{StoreError, written};
use super::event_store::APPEND_MAX_EVENTS;
use super::generations::Generations;
use super::item::{Item, number, text, text_of};
use super::read_models::ReadModels;
use super::tables;
use crate::config::StoreConfig;
use crate::projections::{Projection, Row};

/// The read models' tables.
#[derive(Clone, Debug)]
pub struct DynamoReadModels {
    client: Client,
    config: StoreConfig,
    /// Which of them are written and read.
    pub generations: Generations,
}

impl DynamoReadModels {
    /// The read models in the configured tables.
    pub fn new(client: Client, config: &StoreConfig) -> Self {
        let generations = Generations::new(client.clone(), &config.read_models_table);
        Self { client, config: config.clone(), generations }
    }

    /// The table of one generation of `model`.
    #[must_use]
    pub fn table(&self, model: &Projection, generation: u32) -> String {
        tables::of_generation(tables::of_model(&self.config, model), generation)
    }

    /// The table to read `model` from.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn active_table(&self, model: &'static Projection) -> Result<String, StoreError> {
        let state = self.generations.known(model).await?;
        Ok(self.table(model, state.active))
    }

    /// Makes the table of one generation, if it is missing.
    ///
    /// # Errors
    /// What could not be done and why.
    pub async fn provision(&self, model: &Projection, generation: u32) -> Result<(), String> {
        tables::provision_generation(&self.client, &self.config, model, generation).await
    }

    /// Deletes the table of one generation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn delete_table(
        &self,
        model: &Projection,
        generation: u32,
    ) -> Result<(), StoreError> {
        let deletion = self.client.delete_table().table_name(self.table(model, generation));
        deletion.send().await.map(|_| ()).map_err(StoreError::from_sdk)
    }

    /// A part of one generation's rows, each with its identity and its [canonical] text, from
    /// behind `after`; and where the next part begins.
    ///
    /// [canonical]: DynamoReadModels::canonical
    ///
    /// # Errors
    /// When the store fails.
    pub async fn scan(
        &self,
        model: &Projection,
        generation: u32,
        after: Option<Item>,
    ) -> Result<(Vec<(Vec<String>, String)>, Option<Item>), StoreError> {
        let scan = self.client.scan().table_name(self.table(model, generation));
        let scan = scan.set_exclusive_start_key(after).consistent_read(true);
        let page = scan.send().await.map_err(StoreError::from_sdk)?;
        let names = tables::key_names_of(&self.config, model);
        let rows = page.items().iter().map(|item| {
            let value = |name| text_of(item, name).unwrap_or_default().to_owned();
            (names.iter().map(|name| value(*name)).collect(), canonical_text(item))
        });
        let rows = rows.collect();
        Ok((rows, page.last_evaluated_key))
    }

    /// A row's text by which it is compared: all its attributes in the order of their names.
    #[must_use]
    pub fn canonical(row: &Row) -> String {
        canonical_text(&item_of(row))
    }

    /// Writes rows into one generation alone: [`ReadModels::write_each`].
    pub async fn write_generation(
        &self,
        model: &Projection,
        generation: u32,
        rows: &[Row],
    ) -> Vec<Result<bool, StoreError>> {
        let table = self.table(model, generation);
        let mut results = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(APPEND_MAX_EVENTS) {
            if chunk.len() > 1 && self.write_together(&table, chunk).await.is_ok() {
                results.extend(chunk.iter().map(|_| Ok(true)));
                continue;
            }
            for row in chunk {
                results.push(self.write_one(&table, row).await);
            }
        }
        results
    }

    async fn write_together(&self, table: &str, rows: &[Row]) -> Result<(), StoreError> {
        let puts = rows.iter().map(|row| {
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item_of(row)))
                .condition_expression(is_newer(row))
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", number(row.version))
                .build()
                .map_err(|e| StoreError::Failed(e.to_string()))?;
            Ok(TransactWriteItem::builder().put(put).build())
        });
        let puts = puts.collect::<Result<Vec<_>, StoreError>>()?;
        let sent = self.client.transact_write_items().set_transact_items(Some(puts)).send().await;
        sent.map(|_| ()).map_err(StoreError::from_sdk)
    }

    async fn write_one(&self, table: &str, row: &Row) -> Result<bool, StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(item_of(row)))
            .condition_expression(is_newer(row))
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(row.version))
            .send()
            .await;
        written(sent)
    }
}

#[async_trait]
impl ReadModels for DynamoReadModels {
    async fn write_each(
        &self,
        model: &'static Projection,
        rows: &[Row],
    ) -> Vec<Result<bool, StoreError>> {
        let state = match self.generations.known(model).await {
            Ok(state) => state,
            Err(error) => return rows.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut results = self.write_generation(model, state.active, rows).await;
        for generation in state.kept.iter().filter(|kept| **kept != state.active) {
            let beside = self.write_generation(model, *generation, rows).await;
            for (result, beside) in results.iter_mut().zip(beside) {
                // A row counts as written only when it is in every generation.
                if let (Ok(_), Err(error)) = (&result, beside) {
                    *result = Err(error);
                }
            }
        }
        results
    }
}

fn item_of(row: &Row) -> Item {
    let keys = row.keys.iter().map(|(name, value)| ((*name).to_owned(), text(value)));
    let mut item: Item = keys.collect::<HashMap<_, _>>();
    item.insert("version".to_owned(), number(row.version));
    item.insert("body".to_owned(), text(&row.body));
    item
}

fn canonical_text(item: &Item) -> String {
    let attributes: BTreeMap<&String, String> =
        item.iter().map(|(name, value)| (name, format!("{value:?}"))).collect();
    format!("{attributes:?}")
}

/// The condition under which `row` may replace what is there.
fn is_newer(row: &Row) -> String {
    let partition = row.keys.first().map_or("", |(name, _)| name);
    format!("attribute_not_exists({partition}) OR #version < :version")
}
