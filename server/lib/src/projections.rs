//! The read models, each a pure function of one stream: what its events say about one row.
//!
//! A row is the work of the whole stream, so it can be built at any time, in any order of streams,
//! as often as one likes, and always comes out the same.

use app::wire::{Acknowledgement, AlertItem, ObservationItem};
use domain::alert::AlertCreated;
use domain::event::{Envelope, Event};
use domain::ids::{AlertId, ClinicId};
use domain::observation::ObservationSubmitted;
use domain::timestamp::Timestamp;
use serde::Serialize;

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
    /// The row that the events of one stream, from its first on, lead to; `None` for a stream that
    /// does not concern this read model.
    pub row: fn(stream: &[Envelope]) -> Option<Row>,
}

/// Registered patients.
pub static PATIENTS: Projection = Projection {
    name: "patients",
    subscription: PATIENT_PROJECTION,
    key_attributes: 1,
    row: patient_row,
};
/// Observations, by patient.
pub static OBSERVATIONS: Projection = Projection {
    name: "observations",
    subscription: OBSERVATION_PROJECTION,
    key_attributes: 2,
    row: observation_row,
};
/// Alerts, by clinic.
pub static ALERTS: Projection = Projection {
    name: "alerts",
    subscription: ALERT_PROJECTION,
    key_attributes: 1,
    row: alert_row,
};

/// Every read model.
pub static PROJECTIONS: [&Projection; 3] = [&PATIENTS, &OBSERVATIONS, &ALERTS];

/// The read model of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Projection> {
    PROJECTIONS.into_iter().find(|projection| projection.name == name)
}

fn patient_row(stream: &[Envelope]) -> Option<Row> {
    let Event::PatientCreated(created) = &stream.first()?.event else { return None };
    row([("patient_id", created.patient_id.to_string())], stream, created)
}

fn observation_row(stream: &[Envelope]) -> Option<Row> {
    let first = stream.first()?;
    let Event::ObservationSubmitted(submitted) = &first.event else { return None };
    let item = observation_item(first, submitted);
    let place = sort_key(item.effective_at, &item.observation_id);
    row([("patient_id", item.patient_id.to_string()), ("effective", place)], stream, &item)
}

fn alert_row(stream: &[Envelope]) -> Option<Row> {
    let first = stream.first()?;
    let Event::AlertCreated(created) = &first.event else { return None };
    let mut item = alert_item(first, created);
    item.acknowledged = acknowledgement(stream);
    let keys = [
        ("alert_id", item.alert_id.to_string()),
        ("clinic_shard", clinic_shard(&created.clinic_id, item.alert_id)),
        ("raised", alert_place(&item)),
    ];
    row(keys, stream, &item)
}

/// Who takes care of the alert with this stream, if somebody does.
#[must_use]
pub fn acknowledgement(stream: &[Envelope]) -> Option<Acknowledgement> {
    stream.iter().rev().find_map(|envelope| match &envelope.event {
        Event::AlertAcknowledged(acknowledged) => {
            let by = acknowledged.acknowledged_by.clone();
            Some(Acknowledgement { by, at: envelope.timestamp })
        }
        _ => None,
    })
}

fn row<const N: usize>(
    keys: [(&'static str, String); N],
    stream: &[Envelope],
    body: &impl Serialize,
) -> Option<Row> {
    // Wire types hold texts and finite numbers only: they always can be written.
    let body = serde_json::to_string(body).unwrap_or_default();
    Some(Row { keys: keys.into(), version: stream.last()?.stream_version, body })
}

/// What the observation view shows of a recorded observation.
#[must_use]
pub fn observation_item(envelope: &Envelope, submitted: &ObservationSubmitted) -> ObservationItem {
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

fn alert_item(envelope: &Envelope, alert: &AlertCreated) -> AlertItem {
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
        acknowledged: None,
    }
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
