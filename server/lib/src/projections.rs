//! The read models, each a pure function of one stream: what its events say about one row.
//!
//! A row is the work of the whole stream, so it can be built at any time, in any order of streams,
//! as often as one likes, and always comes out the same.

use app::wire::{AlertItem, ObservationItem};
use domain::event::{Envelope, Event};
use domain::ids::{AlertId, ClinicId};
use domain::timestamp::Timestamp;
use serde::Serialize;

mod alert_fold;
mod observation_fold;

pub use alert_fold::{acknowledgement, alert_item};
pub use observation_fold::observation_item;

use crate::messaging::topology::{
    ALERT_PROJECTION, OBSERVATION_PROJECTION, PATIENT_PROJECTION, Subscription,
};

/// One row of a read model: the whole of it as JSON beside the keys it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key attributes, the partition key first.
    pub keys: Vec<(&'static str, String)>,
    /// The version of the stream that it reflects.
    pub version: u64,
    /// What callers read.
    pub body: String,
    /// Whether the row has another place now, and stands here only so that an older event, coming
    /// late, does not bring it back. Readers pass over it.
    pub has_moved: bool,
}

impl Row {
    /// What tells it from all other rows of its read model: the table's key.
    #[must_use]
    pub fn identity(&self, model: &Projection) -> Vec<String> {
        self.keys.iter().take(model.key_attributes).map(|(_, value)| value.clone()).collect()
    }
}

/// A read model.
#[derive(Debug)]
pub struct Projection {
    /// Its name, for operators.
    pub name: &'static str,
    /// Its queue.
    pub subscription: Subscription,
    /// How many of a row's keys are the table's own; the others belong to an index.
    pub key_attributes: usize,
    /// The row that the events of one stream, from its first on, lead to, and behind it the places
    /// where it stood before; none for a stream that does not concern this read model.
    pub rows: fn(stream: &[Envelope]) -> Vec<Row>,
}

/// Registered patients.
pub static PATIENTS: Projection = Projection {
    name: "patients",
    subscription: PATIENT_PROJECTION,
    key_attributes: 1,
    rows: patient_rows,
};
/// Observations, by patient.
pub static OBSERVATIONS: Projection = Projection {
    name: "observations",
    subscription: OBSERVATION_PROJECTION,
    key_attributes: 2,
    rows: observation_rows,
};
/// Alerts, by clinic.
pub static ALERTS: Projection = Projection {
    name: "alerts",
    subscription: ALERT_PROJECTION,
    key_attributes: 1,
    rows: alert_rows,
};

/// Every read model.
pub static PROJECTIONS: [&Projection; 3] = [&PATIENTS, &OBSERVATIONS, &ALERTS];

/// The read model of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Projection> {
    PROJECTIONS.into_iter().find(|projection| projection.name == name)
}

fn patient_rows(stream: &[Envelope]) -> Vec<Row> {
    let Some(Event::PatientCreated(created)) = stream.first().map(|first| &first.event) else {
        return Vec::new();
    };
    row([("patient_id", created.patient_id.to_string())], stream, created).into_iter().collect()
}

fn observation_rows(stream: &[Envelope]) -> Vec<Row> {
    let Some(item) = observation_item(stream) else { return Vec::new() };
    let keys = |item: &ObservationItem| {
        let place = sort_key(item.believed_at(), &item.observation_id);
        [("patient_id", item.patient_id.to_string()), ("effective", place)]
    };
    let Some(current) = row(keys(&item), stream, &item) else { return Vec::new() };
    let mut rows = vec![current];
    // A corrected time is another place in the patient's order.
    for length in 1..stream.len() {
        let Some(earlier) = observation_item(&stream[..length]) else { continue };
        let keys = Vec::from(keys(&earlier));
        if rows.iter().all(|row| row.keys != keys) {
            let version = rows[0].version;
            rows.push(Row { keys, version, body: String::new(), has_moved: true });
        }
    }
    rows
}

fn alert_rows(stream: &[Envelope]) -> Vec<Row> {
    let Some((clinic_id, item)) = alert_item(stream) else { return Vec::new() };
    let keys = [
        ("alert_id", item.alert_id.to_string()),
        ("clinic_shard", clinic_shard(clinic_id, item.alert_id)),
        ("raised", alert_place(&item)),
    ];
    row(keys, stream, &item).into_iter().collect()
}

fn row<const N: usize>(
    keys: [(&'static str, String); N],
    stream: &[Envelope],
    body: &impl Serialize,
) -> Option<Row> {
    // Wire types hold texts and finite numbers only: they always can be written.
    let body = serde_json::to_string(body).unwrap_or_default();
    let version = stream.last()?.stream_version;
    Some(Row { keys: keys.into(), version, body, has_moved: false })
}

/// The place of an alert in its clinic's order: also the `id` of its live event.
#[must_use]
pub fn alert_place(alert: &AlertItem) -> String {
    sort_key(alert.created_at, &alert.alert_id)
}

/// Over so many index partitions the alerts of one clinic are spread: DynamoDB takes 1,000 writes
/// a second in one.
pub const CLINIC_SHARDS: u8 = 8;

/// The index partitions of a clinic's alerts: never one for all clinics.
pub fn clinic_shards(clinic: &ClinicId) -> impl Iterator<Item = String> + use<'_> {
    (0..CLINIC_SHARDS).map(move |shard| format!("{clinic}#{shard}"))
}

fn clinic_shard(clinic: &ClinicId, alert: AlertId) -> String {
    format!("{clinic}#{}", alert.0.as_u128() % u128::from(CLINIC_SHARDS))
}

fn sort_key(at: Timestamp, id: &impl std::fmt::Display) -> String {
    format!("{}#{id}", at.sort_key())
}
