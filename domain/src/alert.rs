//! The alert aggregate: a dangerous observation that a clinician must see.

use serde::{Deserialize, Serialize};

use crate::aggregate::Aggregate;
use crate::alert_limits::{AlertPolicy, Finding, Severity};
use crate::event::Event;
use crate::ids::{AlertId, ClinicId, ObservationId, PatientId};
use crate::measurement::Measurement;
use crate::observation::{Content, Observation, ObservationSubmitted};
use crate::observation_time::TimeDoubt;
use crate::timestamp::Timestamp;

/// An alert was raised. Wire name `AlertCreated`, version 2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCreated {
    /// The alert; derived from the observation and the rule.
    pub alert_id: AlertId,
    /// The clinic that must see it.
    pub clinic_id: ClinicId,
    /// Whose observation raised it.
    pub patient_id: PatientId,
    /// The name that patient signs in with.
    pub patient_login: String,
    /// The observation that raised it.
    pub observation_id: ObservationId,
    /// What was measured.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// When it was measured; when it was sent, if the sender did not say. Version 1 left it out
    /// then.
    pub effective_at: Timestamp,
    /// Why that time cannot be believed, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// When the server took the observation in; alerts of earlier releases do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// What the patient wrote beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Which version of the observation raised it; the first, unless it says otherwise.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub observation_version: u64,
    /// The rule that raised it.
    pub rule: String,
    /// How urgent it is.
    pub severity: Severity,
    /// Why, in plain words.
    pub message: String,
}

fn first() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands references over")]
fn is_first(version: &u64) -> bool {
    *version == first()
}

/// A clinician has seen an alert and takes care of it. Wire name `AlertAcknowledged`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertAcknowledged {
    /// The alert.
    pub alert_id: AlertId,
    /// The clinic it belongs to.
    pub clinic_id: ClinicId,
    /// The name that clinician signs in with.
    pub acknowledged_by: String,
}

/// Nobody takes care of an alert any more. Wire name `AlertReleased`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertReleased {
    /// The alert.
    pub alert_id: AlertId,
    /// The clinic it belongs to.
    pub clinic_id: ClinicId,
    /// The name that the clinician who gave it back signs in with.
    pub released_by: String,
}

/// What made an alert be judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReassessmentCause {
    /// The observation was corrected.
    Corrected,
    /// The observation was withdrawn.
    Withdrawn,
}

/// An alert was judged again. Wire name `AlertReassessed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertReassessed {
    /// The alert.
    pub alert_id: AlertId,
    /// The clinic it belongs to.
    pub clinic_id: ClinicId,
    /// The version of the observation it was judged by.
    pub observation_version: u64,
    /// What made it be judged again.
    pub cause: ReassessmentCause,
    /// What the observation says now, or said before it was withdrawn.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// When it was measured, as [`AlertCreated::effective_at`].
    pub effective_at: Timestamp,
    /// Why that time cannot be believed, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// What the patient wrote beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why the observation was withdrawn, in the sender's words, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why it is still dangerous by the alert's rule; absent where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still: Option<StillDangerous>,
    /// Who took care of the alert until now: it needs somebody anew, because it stands again after it
    /// was lifted, or is more urgent than what they have seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_from: Option<String>,
}

/// Why an alert still stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StillDangerous {
    /// How urgent it is.
    pub severity: Severity,
    /// Why, in plain words.
    pub message: String,
}

/// What an alert can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertCommand {
    /// Raise it.
    Raise(AlertCreated),
    /// Note that somebody takes care of it.
    Acknowledge {
        /// The name that clinician signs in with.
        by: String,
    },
    /// Note that nobody takes care of it any more.
    Release {
        /// The name that the clinician who says so signs in with.
        by: String,
    },
    /// Note what became of it when its observation was corrected or withdrawn.
    Reassess(AlertReassessed),
}

/// Why an alert does not do as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such alert.
    #[error("there is no such alert")]
    NotRaised,
    /// Somebody else takes care of it.
    #[error("somebody else takes care of it")]
    TakenAlready,
}

/// An alert as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// How it was raised.
    pub created: AlertCreated,
    /// Who takes care of it, if somebody does.
    pub acknowledged_by: Option<String>,
    /// The version of the observation it was judged by last.
    pub observation_version: u64,
    /// Whether it stood then.
    pub stands: bool,
    /// How urgent it was when it stood last.
    pub severity: Severity,
}

impl Alert {
    /// `judged` as it becomes part of the alert: nobody takes care of what they have not seen.
    fn reassessed(&self, judged: &AlertReassessed) -> AlertReassessed {
        let needs_somebody_anew = judged
            .still
            .as_ref()
            .is_some_and(|still| !self.stands || still.severity > self.severity);
        let released_from = self.acknowledged_by.clone().filter(|_| needs_somebody_anew);
        AlertReassessed { released_from, ..judged.clone() }
    }
}

impl Aggregate for Alert {
    type Command = AlertCommand;
    type Rejection = Rejection;

    fn evolve(state: Option<Self>, event: &Event) -> Option<Self> {
        match (state, event) {
            (_, Event::AlertCreated(created)) => Some(Self {
                created: created.clone(),
                acknowledged_by: None,
                observation_version: created.observation_version,
                stands: true,
                severity: created.severity,
            }),
            (Some(alert), Event::AlertAcknowledged(acknowledged)) => {
                let by = acknowledged.acknowledged_by.clone();
                Some(Self { acknowledged_by: Some(by), ..alert })
            }
            (Some(alert), Event::AlertReleased(_)) => Some(Self { acknowledged_by: None, ..alert }),
            (Some(alert), Event::AlertReassessed(reassessed)) => {
                let still = reassessed.still.as_ref();
                let is_held = reassessed.released_from.is_none();
                Some(Self {
                    acknowledged_by: alert.acknowledged_by.filter(|_| is_held),
                    observation_version: reassessed.observation_version,
                    stands: still.is_some(),
                    severity: still.map_or(alert.severity, |still| still.severity),
                    ..alert
                })
            }
            (state, _) => state,
        }
    }

    /// An alert that exists is not raised again, whatever the limits say now. One that somebody takes
    /// care of stays with them until they give it back, or it needs somebody anew.
    fn decide(state: Option<&Self>, command: &AlertCommand) -> Result<Option<Event>, Rejection> {
        let Some(alert) = state else {
            return match command {
                AlertCommand::Raise(created) => Ok(Some(Event::AlertCreated(created.clone()))),
                _ => Err(Rejection::NotRaised),
            };
        };
        let (alert_id, clinic_id) = (alert.created.alert_id, alert.created.clinic_id.clone());
        Ok(match command {
            AlertCommand::Raise(_) => None,
            AlertCommand::Acknowledge { by } => match &alert.acknowledged_by {
                Some(holder) if holder != by => return Err(Rejection::TakenAlready),
                Some(_) => None,
                None => Some(Event::AlertAcknowledged(AlertAcknowledged {
                    alert_id,
                    clinic_id,
                    acknowledged_by: by.clone(),
                })),
            },
            AlertCommand::Release { by } => match &alert.acknowledged_by {
                Some(holder) if holder != by => return Err(Rejection::TakenAlready),
                Some(_) => Some(Event::AlertReleased(AlertReleased {
                    alert_id,
                    clinic_id,
                    released_by: by.clone(),
                })),
                None => None,
            },
            // What is known already, or older than what is known, says nothing new.
            AlertCommand::Reassess(reassessed) => (reassessed.observation_version
                > alert.observation_version)
                .then(|| Event::AlertReassessed(alert.reassessed(reassessed))),
        })
    }
}

/// An observation as it stands at one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    /// How it was taken in.
    pub submitted: &'a ObservationSubmitted,
    /// When the server took it in.
    pub received_at: Timestamp,
    /// What it says.
    pub content: Content,
    /// Why it was withdrawn, if it was.
    pub withdrawn: Option<&'a str>,
    /// Which version says so, from 1.
    pub version: u64,
}

impl<'a> Judged<'a> {
    /// As it was taken in.
    #[must_use]
    pub fn as_submitted(submitted: &'a ObservationSubmitted, received_at: Timestamp) -> Self {
        let content = Content::from(submitted);
        Self { submitted, received_at, content, withdrawn: None, version: 1 }
    }

    /// As it is at `version`, its last.
    #[must_use]
    pub fn now(observation: &'a Observation, received_at: Timestamp, version: u64) -> Self {
        Self {
            submitted: &observation.submitted,
            received_at,
            content: observation.content(),
            withdrawn: observation.withdrawn.as_ref().map(|withdrawn| withdrawn.reason.as_str()),
            version,
        }
    }

    /// Why it is dangerous, if it is.
    #[must_use]
    pub fn finding(&self, policy: &AlertPolicy) -> Option<Finding> {
        if self.withdrawn.is_some() { None } else { policy.assess(&self.content.measurement) }
    }

    /// The alert it must raise, if it is dangerous.
    #[must_use]
    pub fn raises(&self, policy: &AlertPolicy) -> Option<AlertCreated> {
        let finding = self.finding(policy)?;
        let submitted = self.submitted;
        Some(AlertCreated {
            alert_id: AlertId::for_rule(submitted.observation_id, finding.rule),
            clinic_id: submitted.clinic_id.clone(),
            patient_id: submitted.patient_id,
            patient_login: submitted.patient_login.clone(),
            observation_id: submitted.observation_id,
            measurement: self.content.measurement,
            effective_at: self.effective_at(),
            time_doubt: self.content.time_doubt,
            received_at: Some(self.received_at),
            note: self.content.note.clone(),
            observation_version: self.version,
            rule: finding.rule.to_owned(),
            severity: finding.severity,
            message: finding.message,
        })
    }

    /// What it means for the alert that `rule` raised before.
    #[must_use]
    pub fn reassesses(&self, policy: &AlertPolicy, rule: &str) -> AlertReassessed {
        let finding = self.finding(policy).filter(|finding| finding.rule == rule);
        AlertReassessed {
            alert_id: AlertId::for_rule(self.submitted.observation_id, rule),
            clinic_id: self.submitted.clinic_id.clone(),
            observation_version: self.version,
            cause: match self.withdrawn {
                Some(_) => ReassessmentCause::Withdrawn,
                None => ReassessmentCause::Corrected,
            },
            measurement: self.content.measurement,
            effective_at: self.effective_at(),
            time_doubt: self.content.time_doubt,
            note: self.content.note.clone(),
            reason: self.withdrawn.map(str::to_owned),
            released_from: None,
            still: finding.map(|finding| StillDangerous {
                severity: finding.severity,
                message: finding.message,
            }),
        }
    }

    fn effective_at(&self) -> Timestamp {
        self.content.effective_at.unwrap_or(self.received_at)
    }
}

#[cfg(test)]
mod tests;
