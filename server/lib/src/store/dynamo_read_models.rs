//! The read models in DynamoDB: one table per read model and generation,
//! and a small one that says which there are.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_table::DeleteTableError;
use aws_sdk_dynamodb::types::Put;

use super::client::{StoreError, put_in_transaction};
use super::event_store::APPEND_MAX_EVENTS;
use super::generations::ModelState;
use super::item::{Item, number, number_of, text, text_of};
use super::read_models::{Identity, ReadModels, RowPage};
use super::tables;
use super::writing::{write, written};
use crate::config::StoreConfig;
use crate::projections::{Projection, Row};

/// Marks a row that has another place now: see [`Row::has_moved`].
pub(super) const MOVED: &str = "moved";

/// The read models' tables.
#[derive(Clone, Debug)]
pub struct DynamoReadModels {
    client: Client,
    config: StoreConfig,
}

impl DynamoReadModels {
    /// The read models in the configured tables.
    pub fn new(client: Client, config: &StoreConfig) -> Self {
        Self { client, config: config.clone() }
    }

    /// The table of one generation of `model`.
    #[must_use]
    pub fn table(&self, model: &Projection, generation: u32) -> String {
        tables::of_generation(tables::of_model(&self.config, model), generation)
    }

    async fn write_together(&self, table: &str, rows: &[Row]) -> Result<(), StoreError> {
        let puts = rows.iter().map(|row| {
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item_of(row)))
                .condition_expression(is_newer(row))
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", number(row.version));
            put_in_transaction(put)
        });
        let puts = puts.collect::<Result<Vec<_>, StoreError>>()?;
        let transaction = self.client.transact_write_items().set_transact_items(Some(puts));
        write(transaction.send()).await.map(|_| ()).map_err(StoreError::from)
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
            .send();
        written(sent).await
    }
}

#[async_trait]
impl ReadModels for DynamoReadModels {
    async fn state(&self, model: &'static Projection) -> Result<(ModelState, u64), StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.config.read_models_table)
            .key("model", text(model.name))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::of_reading)?;
        got.item().map_or_else(|| Ok((ModelState::default(), 0)), state_of)
    }

    async fn replace_state(
        &self,
        model: &'static Projection,
        state: &ModelState,
        revision: u64,
    ) -> Result<bool, StoreError> {
        let json =
            serde_json::to_string(state).map_err(|e| StoreError::Undecodable(e.to_string()))?;
        let sent = self
            .client
            .put_item()
            .table_name(&self.config.read_models_table)
            .item("model", text(model.name))
            .item("revision", number(revision + 1))
            .item("state", text(json))
            .condition_expression("attribute_not_exists(model) OR revision = :revision")
            .expression_attribute_values(":revision", number(revision))
            .send();
        written(sent).await
    }

    async fn provision(&self, model: &'static Projection, generation: u32) -> Result<(), String> {
        tables::provision_generation(&self.client, &self.config, model, generation).await
    }

    async fn delete(&self, model: &'static Projection, generation: u32) -> Result<(), StoreError> {
        let deletion = self.client.delete_table().table_name(self.table(model, generation));
        match write(deletion.send()).await {
            Err(error)
                if !error
                    .as_service_error()
                    .is_some_and(DeleteTableError::is_resource_not_found_exception) =>
            {
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    async fn write_each(
        &self,
        model: &'static Projection,
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

    async fn scan(
        &self,
        model: &'static Projection,
        generation: u32,
        after: Option<&Identity>,
    ) -> Result<RowPage, StoreError> {
        let names = tables::key_names_of(&self.config, model);
        let key_of = |identity: &Identity| -> Item {
            let keys = names.iter().zip(identity);
            keys.map(|(name, value)| ((*name).to_owned(), text(value))).collect()
        };
        let identity_of = |item: &Item| -> Identity {
            let value = |name: &&str| text_of(item, name).unwrap_or_default().to_owned();
            names.iter().map(value).collect()
        };
        let scan = self.client.scan().table_name(self.table(model, generation));
        let scan = scan.set_exclusive_start_key(after.map(key_of)).consistent_read(true);
        let page = scan.send().await.map_err(StoreError::of_reading)?;
        let rows = page.items().iter().map(|item| (identity_of(item), canonical_text(item)));
        let rows = rows.collect();
        Ok(RowPage { rows, next: page.last_evaluated_key().map(identity_of) })
    }

    fn canonical(&self, row: &Row) -> String {
        canonical_text(&item_of(row))
    }
}

fn state_of(item: &Item) -> Result<(ModelState, u64), StoreError> {
    let broken = |what: &str| StoreError::Undecodable(format!("a read model's state: {what}"));
    let json = text_of(item, "state").ok_or_else(|| broken("no `state`"))?;
    let state = serde_json::from_str(json).map_err(|error| broken(&error.to_string()))?;
    Ok((state, number_of(item, "revision").ok_or_else(|| broken("no `revision`"))?))
}

fn item_of(row: &Row) -> Item {
    let keys = row.keys.iter().map(|(name, value)| ((*name).to_owned(), text(value)));
    let mut item: Item = keys.collect::<HashMap<_, _>>();
    item.insert("version".to_owned(), number(row.version));
    item.insert("body".to_owned(), text(&row.body));
    if row.has_moved {
        item.insert(MOVED.to_owned(), number(1));
    }
    item
}

/// All attributes in the order of their names.
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
