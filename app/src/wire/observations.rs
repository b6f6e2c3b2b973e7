//! Observations, and what is answered to whoever sends them.

use domain::alert_limits::{AlertPolicy, Severity};
use domain::field_error::FieldError;
use domain::ids::{EventId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::Sender;
use domain::observation_time::{TimeDoubt, believed, is_late};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::Page;

/// One observation as it stands: as it was taken in, or as it was corrected since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationItem {
    /// The observation.
    pub observation_id: ObservationId,
    /// Which version of it this is, from 1: each correction and the withdrawal makes another one.
    #[serde(default = "first_version")]
    pub version: u64,
    /// Whose it is.
    pub patient_id: PatientId,
    /// The name that patient signs in with.
    pub patient_login: String,
    /// What was measured.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// When it was measured; when it was sent, if nobody said.
    pub effective_at: Timestamp,
    /// Why that time cannot be believed, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// When the server took it in.
    pub submitted_at: Timestamp,
    /// Who sent it, where that was not the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Sender>,
    /// What the sender wrote beside it.
    pub note: Option<String>,
    /// How urgent it is by the clinic's limits of today; `None` where it is not dangerous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What it said before it was corrected, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<EarlierVersion>,
    /// That it was withdrawn, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

/// Rows of earlier releases say none: nothing could be corrected then.
fn first_version() -> u64 {
    1
}

impl ObservationItem {
    /// When it counts as measured: where its own time is doubted, when it was sent.
    #[must_use]
    pub fn believed_at(&self) -> Timestamp {
        believed(Some(self.effective_at), self.time_doubt, self.submitted_at)
    }

    /// Whether it arrived so long after it was measured that both times matter.
    #[must_use]
    pub fn is_late(&self) -> bool {
        is_late(self.believed_at(), self.submitted_at)
    }
}

/// What an observation said before it was corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierVersion {
    /// What was measured.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// When it was measured; when it was sent, if nobody said.
    pub effective_at: Timestamp,
    /// Why that time could not be believed, if it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// What the sender wrote beside it.
    pub note: Option<String>,
    /// When it was corrected.
    pub corrected_at: Timestamp,
    /// Who corrected it.
    pub corrected_by: Sender,
}

/// That an observation was withdrawn: it was never true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When.
    pub at: Timestamp,
    /// Who withdrew it.
    pub by: Sender,
    /// Why, in their words.
    pub reason: String,
}

/// A part of a patient's record, as a clinician sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPart {
    /// What the patient sent.
    pub observations: Page<ObservationItem>,
    /// Until when the record is open because of an emergency, if that is why.
    pub open_until: Option<Timestamp>,
}

/// What is answered when an observation was accepted, corrected or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The observation.
    pub observation_id: ObservationId,
    /// The event that records it.
    pub event_id: EventId,
    /// The version of the observation that this made, from 1.
    pub version: u64,
    /// What around the value could not be kept as it was sent: it was taken in all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<FieldError>,
}

/// An observation of one's own, with what is known of it by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationReceipt {
    /// The observation.
    pub item: ObservationItem,
    /// Where its alert is, if it is dangerous.
    pub alert: AlertProgress,
    /// What the form for correcting it begins with, where who asks has sent it and it stands.
    pub correction: Option<BlankForm>,
}

/// How far the alert of an observation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertProgress {
    /// It raises none.
    NotNeeded,
    /// It is dangerous, and not on the clinic's list yet.
    OnItsWay,
    /// It is on the clinic's list.
    OnTheList,
    /// Somebody at the clinic takes care of it.
    TakenCareOf,
}

/// What the form for an observation begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlankForm {
    /// Makes sending it twice count once.
    pub idempotency_key: String,
    /// What counts as dangerous in the clinic.
    pub alert_policy: AlertPolicy,
}
