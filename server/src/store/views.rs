//! The read models: what projections write and callers read.
//!
//! Every item carries the stream version it reflects, and is only ever replaced by a later one:
//! a delivery that comes twice, or late, changes nothing.

use app::wire::{AlertItem, ObservationItem, Page};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::event::Envelope;
use domain::ids::{ClinicId, PatientId};
use domain::patient::PatientCreated;
use serde::de::DeserializeOwned;

use super::client::StoreError;
use super::cursor;
use super::events::TRANSACTION_MAX_ITEMS;
use super::item::{Item, number, text, text_of};
use super::tables::ALERTS_BY_CLINIC_INDEX;
use crate::config::StoreConfig;

/// The most items a caller gets at once.
pub const PAGE_MAX: u32 = 100;
/// How many items a caller gets who does not say.
pub const PAGE_DEFAULT: u32 = 50;

/// One item for a view: the whole of it as JSON beside the keys.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewItem {
    table: String,
    partition: &'static str,
    attributes: Item,
    version: u64,
}

/// The read models in their tables.
#[derive(Clone, Debug)]
pub struct DynamoViews {
    client: Client,
    patients: String,
    observations: String,
    alerts: String,
}

impl DynamoViews {
    /// The views in the configured tables.
    pub fn new(client: Client, store: &StoreConfig) -> Self {
        Self {
            client,
            patients: store.patients_table.clone(),
            observations: store.observations_table.clone(),
            alerts: store.alerts_table.clone(),
        }
    }

    /// A patient for the patient view.
    #[must_use]
    pub fn patient_item(&self, patient: &PatientCreated, version: u64) -> ViewItem {
        let id = patient.patient_id.to_string();
        view_item(&self.patients, "patient_id", version, patient, [("patient_id", id)])
    }

    /// An observation for the observation view.
    #[must_use]
    pub fn observation_item(&self, observation: &ObservationItem, version: u64) -> ViewItem {
        let sort = sort_key(observation.effective_at, &observation.observation_id);
        let patient = observation.patient_id.to_string();
        let keys = [("patient_id", patient), ("effective", sort)];
        view_item(&self.observations, "patient_id", version, observation, keys)
    }

    /// An alert for the alert view.
    #[must_use]
    pub fn alert_item(&self, clinic: &ClinicId, alert: &AlertItem, version: u64) -> ViewItem {
        let id = alert.alert_id.to_string();
        let keys = [
            ("alert_id", id),
            ("clinic_status", open_alerts(clinic)),
            ("raised", alert_cursor_key(alert)),
        ];
        view_item(&self.alerts, "alert_id", version, alert, keys)
    }

    /// Writes items, in one transaction when all of them are new, else each by itself. One result
    /// per item, in their order: whether it changed the view.
    pub async fn write_each(&self, items: &[ViewItem]) -> Vec<Result<bool, StoreError>> {
        let mut results = Vec::with_capacity(items.len());
        for chunk in items.chunks(TRANSACTION_MAX_ITEMS) {
            if chunk.len() > 1 && self.write_together(chunk).await.is_ok() {
                results.extend(chunk.iter().map(|_| Ok(true)));
                continue;
            }
            for item in chunk {
                results.push(self.write_one(item).await);
            }
        }
        results
    }

    async fn write_together(&self, items: &[ViewItem]) -> Result<(), StoreError> {
        let puts = items.iter().map(|item| {
            let put = Put::builder()
                .table_name(&item.table)
                .set_item(Some(item.attributes.clone()))
                .condition_expression(newer_condition(item))
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", number(item.version))
                .build()
                .map_err(|e| StoreError::Failed(e.to_string()))?;
            Ok(TransactWriteItem::builder().put(put).build())
        });
        let puts = puts.collect::<Result<Vec<_>, StoreError>>()?;
        let sent = self.client.transact_write_items().set_transact_items(Some(puts)).send().await;
        sent.map(|_| ()).map_err(StoreError::from_sdk)
    }

    async fn write_one(&self, item: &ViewItem) -> Result<bool, StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&item.table)
            .set_item(Some(item.attributes.clone()))
            .condition_expression(newer_condition(item))
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(item.version))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::from_sdk(error)),
        }
    }

    /// A patient, as the patient view knows them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn patient(&self, id: PatientId) -> Result<Option<PatientCreated>, StoreError> {
        let got = self
            .client
            .get_item()
            .table_name(&self.patients)
            .key("patient_id", text(id.to_string()))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::from_sdk)?;
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
        let query = self.client.query().table_name(&self.observations);
        self.page(query, ("patient_id", &patient.to_string()), "effective", limit, after).await
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
        let query = self.client.query().table_name(&self.alerts).index_name(ALERTS_BY_CLINIC_INDEX);
        self.page(query, ("clinic_status", &open_alerts(clinic)), "raised", limit, after).await
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
        let mut pages = self
            .client
            .query()
            .table_name(&self.alerts)
            .index_name(ALERTS_BY_CLINIC_INDEX)
            .key_condition_expression("clinic_status = :clinic AND raised > :since")
            .expression_attribute_values(":clinic", text(open_alerts(clinic)))
            .expression_attribute_values(":since", text(since))
            .into_paginator()
            .send();
        let mut alerts = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page.map_err(StoreError::from_sdk)?.items() {
                alerts.push(read(item)?);
            }
        }
        Ok(alerts)
    }

    async fn page<T: DeserializeOwned>(
        &self,
        query: QueryFluentBuilder,
        (partition, value): (&str, &str),
        sort: &str,
        limit: u32,
        after: Option<&str>,
    ) -> Result<Page<T>, StoreError> {
        let condition = if after.is_some() { " AND #sort < :after" } else { "" };
        let mut query = query
            .key_condition_expression(format!("#partition = :partition{condition}"))
            .expression_attribute_names("#partition", partition)
            .expression_attribute_values(":partition", text(value))
            .scan_index_forward(false);
        if let Some(after) = after {
            query = query
                .expression_attribute_names("#sort", sort)
                .expression_attribute_values(":after", text(after));
        }
        let wanted = usize::try_from(limit.clamp(1, PAGE_MAX)).unwrap_or(1);
        // One more than wanted tells whether there is a next part.
        let page_size = i32::try_from(wanted + 1).unwrap_or(i32::MAX);
        let mut pages = query.limit(page_size).into_paginator().send();
        let mut found: Vec<Item> = Vec::new();
        while found.len() <= wanted
            && let Some(page) = pages.next().await
        {
            found.extend(page.map_err(StoreError::from_sdk)?.items.unwrap_or_default());
        }
        let more = found.len() > wanted;
        found.truncate(wanted);
        let last = found.last().and_then(|item| text_of(item, sort));
        let next_cursor = last.filter(|_| more).map(cursor::encode);
        let items = found.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Page { items, next_cursor })
    }
}

/// The place of an alert in its clinic's order: also the `id` of its live event.
#[must_use]
pub fn alert_cursor_key(alert: &AlertItem) -> String {
    sort_key(alert.created_at, &alert.alert_id)
}

/// What the observation view shows of a recorded observation.
#[must_use]
pub fn observation_view(
    envelope: &Envelope,
    submitted: &domain::observation::ObservationSubmitted,
) -> ObservationItem {
    ObservationItem {
        observation_id: submitted.observation_id,
        patient_id: submitted.patient_id,
        patient_login: submitted.patient_login.clone(),
        measurement: submitted.measurement,
        effective_at: submitted.effective_at.unwrap_or(envelope.timestamp),
        submitted_at: envelope.timestamp,
        note: submitted.note.clone(),
    }
}

/// What the alert view shows of a recorded alert.
#[must_use]
pub fn alert_view(envelope: &Envelope, alert: &domain::alert::AlertCreated) -> AlertItem {
    AlertItem {
        alert_id: alert.alert_id,
        patient_id: alert.patient_id,
        patient_login: alert.patient_login.clone(),
        observation_id: alert.observation_id,
        measurement: alert.measurement,
        severity: alert.severity,
        rule: alert.rule.clone(),
        message: alert.message.clone(),
        created_at: envelope.timestamp,
        effective_at: alert.effective_at,
    }
}

fn sort_key(at: domain::timestamp::Timestamp, id: &impl std::fmt::Display) -> String {
    format!("{}#{id}", at.sort_key())
}

/// The index partition of a clinic's open alerts: never one for all clinics.
fn open_alerts(clinic: &ClinicId) -> String {
    format!("{clinic}#open")
}

fn newer_condition(item: &ViewItem) -> String {
    format!("attribute_not_exists({}) OR #version < :version", item.partition)
}

fn view_item<const N: usize>(
    table: &str,
    partition: &'static str,
    version: u64,
    body: &impl serde::Serialize,
    keys: [(&str, String); N],
) -> ViewItem {
    // Wire types hold texts and finite numbers only: they always can be written.
    let json = serde_json::to_string(body).unwrap_or_default();
    let mut attributes: Item =
        keys.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect();
    attributes.insert("version".to_owned(), number(version));
    attributes.insert("body".to_owned(), text(json));
    ViewItem { table: table.to_owned(), partition, attributes, version }
}

fn read<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    let json = text_of(item, "body")
        .ok_or_else(|| StoreError::Undecodable("a view item without `body`".to_owned()))?;
    serde_json::from_str(json).map_err(|error| StoreError::Undecodable(error.to_string()))
}
