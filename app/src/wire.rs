//! The types both web apps and the REST API exchange.

use domain::alert_limits::Severity;
use domain::ids::{AlertId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sends and sees their own observations.
    Patient,
    /// Sees the alerts and patients of their clinic.
    Clinician,
}

impl Role {
    /// The role's name on the wire.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Clinician => "clinician",
        }
    }
}

/// Who is signed in, as far as a page needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedInUser {
    /// The name they sign in with.
    pub login: String,
    /// What they may do.
    pub role: Role,
}

/// One observation as it was taken in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservationItem {
    /// The observation.
    pub observation_id: ObservationId,
    /// Whose it is.
    pub patient_id: PatientId,
    /// The name that patient signs in with.
    pub patient_login: String,
    /// What was measured.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// When it was measured; when it was sent, if nobody said.
    pub effective_at: Timestamp,
    /// When the server took it in.
    pub submitted_at: Timestamp,
    /// What the sender wrote beside it.
    pub note: Option<String>,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertItem {
    /// The alert.
    pub alert_id: AlertId,
    /// Whose observation raised it.
    pub patient_id: PatientId,
    /// The name that patient signs in with.
    pub patient_login: String,
    /// The observation that raised it.
    pub observation_id: ObservationId,
    /// What was measured: with a symptom score, `score`.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// How urgent it is.
    pub severity: Severity,
    /// The rule that raised it.
    pub rule: String,
    /// Why, in plain words.
    pub message: String,
    /// When it was raised.
    pub created_at: Timestamp,
    /// When the observation was measured.
    pub effective_at: Timestamp,
    /// Who takes care of it, if somebody does.
    pub acknowledged: Option<Acknowledgement>,
}

/// Who has seen an alert and takes care of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The name that clinician signs in with.
    pub by: String,
    /// When they said so.
    pub at: Timestamp,
}

/// A part of a list, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next part begins; `None` at the end.
    pub next_cursor: Option<String>,
}

/// What is answered when an observation was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The observation.
    pub observation_id: ObservationId,
    /// The event that records it.
    pub event_id: domain::ids::EventId,
}
