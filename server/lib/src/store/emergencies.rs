//! Records opened in an emergency: who may look at another clinic's patient, until when and why.

use aws_sdk_dynamodb::Client;
use domain::ids::{ClinicId, PatientId};
use domain::timestamp::Timestamp;

use app::wire::EmergencyItem;

use super::client::StoreError;
use super::item::{Item, number, text, text_of};
use super::tables::EMERGENCIES_BY_CLINIC_INDEX;
use super::writing::write;

/// Emergencies in a table of their own.
#[derive(Clone, Debug)]
pub struct DynamoEmergencies {
    client: Client,
    table: String,
}

impl DynamoEmergencies {
    /// The emergencies in `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Keeps one, for the patient's clinic to see. Opening the same record again makes a new one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn keep(&self, of: &ClinicId, opened: &EmergencyItem) -> Result<(), StoreError> {
        let until_s = u64::try_from(opened.until.unix_ms() / 1_000).unwrap_or_default();
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("opened_by_key", text(key_of(&opened.opened_by)))
            .item("patient_and_time", text(sort_key(opened.patient_id, opened.opened_at)))
            .item("clinic_id", text(of.to_string()))
            .item("opened_at", text(opened.opened_at.sort_key()))
            .item("until_s", number(until_s))
            .item("until", text(opened.until.sort_key()))
            .item("patient_id", text(opened.patient_id.to_string()))
            .item("patient_login", text(&opened.patient_login))
            .item("opened_by", text(&opened.opened_by))
            .item("opened_from", text(opened.opened_from.to_string()))
            .item("reason", text(&opened.reason))
            .send();
        write(sent).await.map(|_| ()).map_err(StoreError::from)
    }

    /// The last one in which the account of this name, as it is shown, opened this patient's record.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn last(
        &self,
        opened_by: &str,
        patient_id: PatientId,
    ) -> Result<Option<EmergencyItem>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("opened_by_key = :who AND begins_with(patient_and_time, :of)")
            .expression_attribute_values(":who", text(key_of(opened_by)))
            .expression_attribute_values(":of", text(patient_id.to_string()))
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(1)
            .send()
            .await
            .map_err(StoreError::of_reading)?;
        found.items().first().map(decode).transpose()
    }

    /// The newest in which records of this clinic's patients were opened.
    ///
    /// # Errors
    /// When the store fails or holds something undecodable.
    pub async fn of_clinic(
        &self,
        clinic_id: &ClinicId,
        limit: i32,
    ) -> Result<Vec<EmergencyItem>, StoreError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(EMERGENCIES_BY_CLINIC_INDEX)
            .key_condition_expression("clinic_id = :clinic")
            .expression_attribute_values(":clinic", text(clinic_id.to_string()))
            .scan_index_forward(false)
            .limit(limit)
            .send()
            .await
            .map_err(StoreError::of_reading)?;
        found.items().iter().map(decode).collect()
    }
}

fn key_of(opened_by: &str) -> String {
    opened_by.to_lowercase()
}

fn sort_key(patient_id: PatientId, at: Timestamp) -> String {
    format!("{patient_id}#{}", at.sort_key())
}

fn decode(item: &Item) -> Result<EmergencyItem, StoreError> {
    let broken = |name: &str| StoreError::Undecodable(format!("an emergency without `{name}`"));
    let words = |name: &str| text_of(item, name).ok_or_else(|| broken(name));
    Ok(EmergencyItem {
        patient_id: words("patient_id")?.parse().map_err(|_| broken("patient_id"))?,
        patient_login: words("patient_login")?.to_owned(),
        opened_by: words("opened_by")?.to_owned(),
        opened_from: words("opened_from")?.parse().map_err(|_| broken("opened_from"))?,
        reason: words("reason")?.to_owned(),
        opened_at: words("opened_at")?.parse().map_err(|_| broken("opened_at"))?,
        until: words("until")?.parse().map_err(|_| broken("until"))?,
    })
}
