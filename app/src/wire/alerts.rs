//! Alerts, and what became of them.

use domain::alert::ReassessmentCause;
use domain::alert_limits::Severity;
use domain::ids::{AlertId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation_time::{TimeDoubt, believed, is_late};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What the patient wrote beside the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was raised.
    pub created_at: Timestamp,
    /// When the observation was measured.
    pub effective_at: Timestamp,
    /// Why that time cannot be believed, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// When the observation was received; alerts of earlier releases do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// Who takes care of it, if somebody does.
    pub acknowledged: Option<Acknowledgement>,
    /// When it was given back last, or needed somebody anew, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Timestamp>,
    /// What became of it when its observation was corrected or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reassessed: Option<Reassessment>,
}

impl AlertItem {
    /// When something became of it last: of two that tell of one alert, the later one counts.
    #[must_use]
    pub fn changed_at(&self) -> Timestamp {
        let taken_at = self.acknowledged.as_ref().map(|taken| taken.at);
        let reassessed_at = self.reassessed.as_ref().map(|reassessed| reassessed.at);
        let changes = [taken_at, self.released_at, reassessed_at];
        changes.into_iter().flatten().fold(self.created_at, Timestamp::max)
    }

    /// When the observation was received; where nobody knows, when the alert was raised.
    #[must_use]
    pub fn received(&self) -> Timestamp {
        self.received_at.unwrap_or(self.created_at)
    }

    /// When the value counts as measured: where its own time is doubted, when it was received.
    #[must_use]
    pub fn believed_at(&self) -> Timestamp {
        believed(Some(self.effective_at), self.time_doubt, self.received())
    }

    /// Whether it is news about the past: the value arrived long after it was measured.
    #[must_use]
    pub fn is_late(&self) -> bool {
        is_late(self.believed_at(), self.received())
    }

    /// Whether it still stands: nothing that raised it was taken back.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.reassessed.as_ref().is_none_or(|reassessed| reassessed.stands)
    }

    /// Whether somebody is needed: it stands, and nobody takes care of it.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.stands() && self.acknowledged.is_none()
    }
}

/// What became of an alert when its observation was corrected or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reassessment {
    /// When.
    pub at: Timestamp,
    /// What made it be judged again.
    pub cause: ReassessmentCause,
    /// Whether the observation is still dangerous in the same way.
    pub stands: bool,
    /// What the observation said before.
    pub before: PastValue,
    /// Why it was withdrawn, in the sender's words, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who took care of the alert until then, if it needs somebody anew: it stands again after it was
    /// lifted, or is more urgent than what they have seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_from: Option<String>,
}

/// What an observation said before the last change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastValue {
    /// What was said to be measured.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// What the sender wrote beside it, where that is no longer what they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Who has seen an alert and takes care of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The name that clinician signs in with.
    pub by: String,
    /// When they said so.
    pub at: Timestamp,
}
