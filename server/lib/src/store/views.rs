//! The read models as callers read them.

use app::wire::{AlertItem, ObservationItem, Page};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use domain::ids::{AlertId, ClinicId, PatientId};
use domain::patient::PatientCreated;
use futures::future::try_join_all;
use serde::de::DeserializeOwned;

use super::client::StoreError;
use super::cursor;
use super::dynamo_read_models::{DynamoReadModels, MOVED};
use super::generations::Generations;
use super::item::{Item, text, text_of};
use super::tables::ALERTS_BY_CLINIC_INDEX;
use crate::projections::{ALERTS, OBSERVATIONS, PATIENTS, Projection, alert_place, clinic_shards};

/// The most items a caller gets at once.
pub const PAGE_MAX: u32 = 100;
/// How many items a caller gets who does not say.
pub const PAGE_DEFAULT: u32 = 50;

/// The read models, as callers see them.
#[derive(Clone)]
pub struct DynamoViews {
    client: Client,
    models: DynamoReadModels,
    generations: Generations,
}

impl DynamoViews {
    /// The active ones of the `generations` of `models`.
    pub fn new(client: Client, models: DynamoReadModels, generations: Generations) -> Self {
        Self { client, models, generations }
    }

    /// The table to read `model` from.
    async fn active_table(&self, model: &'static Projection) -> Result<String, StoreError> {
        let state = self.generations.known(model).await?;
        Ok(self.models.table(model, state.active))
    }

    /// A patient, as the patient view knows them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn patient(&self, id: PatientId) -> Result<Option<PatientCreated>, StoreError> {
        self.one(&PATIENTS, "patient_id", id.to_string()).await
    }

    /// An alert of whatever clinic, as the alert view knows it.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn alert(&self, id: AlertId) -> Result<Option<AlertItem>, StoreError> {
        self.one(&ALERTS, "alert_id", id.to_string()).await
    }

    async fn one<T: DeserializeOwned>(
        &self,
        model: &'static Projection,
        key: &str,
        value: String,
    ) -> Result<Option<T>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(self.active_table(model).await?)
            .key(key, text(value))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::of_reading)?;
        got.item().map(read).transpose()
    }

    /// The observations of a patient, newest first, from behind `after`.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn observations(
        &self,
        patient: PatientId,
        limit: u32,
        after: Option<&str>,
    ) -> Result<Page<ObservationItem>, StoreError> {
        let table = self.active_table(&OBSERVATIONS).await?;
        let query = self.client.query().table_name(table);
        let partition = ("patient_id", patient.to_string());
        let found = part(query, partition, "effective", limit, after).await?;
        page(found, "effective", limit)
    }

    /// The alerts of a clinic, newest first, from behind `after`.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn alerts(
        &self,
        clinic: &ClinicId,
        limit: u32,
        after: Option<&str>,
    ) -> Result<Page<AlertItem>, StoreError> {
        let table = self.active_table(&ALERTS).await?;
        let parts = clinic_shards(clinic).map(|shard| {
            let query = self.client.query().table_name(&table).index_name(ALERTS_BY_CLINIC_INDEX);
            part(query, ("clinic_shard", shard), "raised", limit, after)
        });
        let mut found = try_join_all(parts).await?.concat();
        found.sort_by(|a, b| text_of(b, "raised").cmp(&text_of(a, "raised")));
        page(found, "raised", limit)
    }

    /// The alerts of a clinic raised after the sort key `since`, oldest first, all of them.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn alerts_since(
        &self,
        clinic: &ClinicId,
        since: &str,
    ) -> Result<Vec<AlertItem>, StoreError> {
        let table = self.active_table(&ALERTS).await?;
        let parts = clinic_shards(clinic).map(|shard| self.shard_since(&table, shard, since));
        let mut alerts = try_join_all(parts).await?.concat();
        alerts.sort_by_key(alert_place);
        Ok(alerts)
    }

    async fn shard_since(
        &self,
        table: &str,
        shard: String,
        since: &str,
    ) -> Result<Vec<AlertItem>, StoreError> {
        let mut pages = self
            .client
            .query()
            .table_name(table)
            .index_name(ALERTS_BY_CLINIC_INDEX)
            .key_condition_expression("clinic_shard = :shard AND raised > :since")
            .expression_attribute_values(":shard", text(shard))
            .expression_attribute_values(":since", text(since))
            .into_paginator()
            .send();
        let mut alerts = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page.map_err(StoreError::of_reading)?.items() {
                alerts.push(read(item)?);
            }
        }
        Ok(alerts)
    }
}

/// The newest items of one partition, from behind `after`: one more than wanted, if there are.
async fn part(
    query: QueryFluentBuilder,
    (partition, value): (&str, String),
    sort: &str,
    limit: u32,
    after: Option<&str>,
) -> Result<Vec<Item>, StoreError> {
    let condition = if after.is_some() { " AND #sort < :after" } else { "" };
    let mut query = query
        .key_condition_expression(format!("#partition = :partition{condition}"))
        .expression_attribute_names("#partition", partition)
        .expression_attribute_values(":partition", text(value))
        .expression_attribute_names("#moved", MOVED)
        .filter_expression("attribute_not_exists(#moved)")
        .scan_index_forward(false);
    if let Some(after) = after {
        query = query
            .expression_attribute_names("#sort", sort)
            .expression_attribute_values(":after", text(after));
    }
    let wanted = wanted(limit);
    let page_size = i32::try_from(wanted + 1).unwrap_or(i32::MAX);
    let mut pages = query.limit(page_size).into_paginator().send();
    let mut found: Vec<Item> = Vec::new();
    while found.len() <= wanted
        && let Some(page) = pages.next().await
    {
        found.extend(page.map_err(StoreError::of_reading)?.items.unwrap_or_default());
    }
    Ok(found)
}

/// The first of what was found, newest first; what is more than wanted tells that there is a next
/// part.
fn page<T: DeserializeOwned>(
    mut found: Vec<Item>,
    sort: &str,
    limit: u32,
) -> Result<Page<T>, StoreError> {
    let wanted = wanted(limit);
    let more = found.len() > wanted;
    found.truncate(wanted);
    let last = found.last().and_then(|item| text_of(item, sort));
    let next_cursor = last.filter(|_| more).map(cursor::encode);
    let items = found.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor })
}

fn wanted(limit: u32) -> usize {
    usize::try_from(limit.clamp(1, PAGE_MAX)).unwrap_or(1)
}

fn read<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    let json = text_of(item, "body")
        .ok_or_else(|| StoreError::Undecodable("a view item without `body`".to_owned()))?;
    serde_json::from_str(json).map_err(|error| StoreError::Undecodable(error.to_string()))
}
