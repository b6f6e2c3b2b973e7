//! The alert aggregate: a dangerous observation that a clinician must see.

use serde::{Deserialize, Serialize};

use crate::alert_limits::{AlertPolicy, Severity};
use crate::ids::{AlertId, ClinicId, ObservationId, PatientId};
use crate::measurement::Measurement;
use crate::observation::ObservationSubmitted;
use crate::timestamp::Timestamp;

/// An alert was raised. Wire name `AlertCreated`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// When it was measured, if the sender said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Timestamp>,
    /// The rule that raised it.
    pub rule: String,
    /// How urgent it is.
    pub severity: Severity,
    /// Why, in plain words.
    pub message: String,
}

/// An alert as far as decisions need it.
pub type Alert = AlertCreated;

/// Judges an observation: the alert it must raise, if it is dangerous.
#[must_use]
pub fn raised_by(policy: &AlertPolicy, observation: &ObservationSubmitted) -> Option<AlertCreated> {
    let finding = policy.assess(&observation.measurement)?;
    Some(AlertCreated {
        alert_id: AlertId::for_rule(observation.observation_id, finding.rule),
        clinic_id: observation.clinic_id.clone(),
        patient_id: observation.patient_id,
        patient_login: observation.patient_login.clone(),
        observation_id: observation.observation_id,
        measurement: observation.measurement,
        effective_at: observation.effective_at,
        rule: finding.rule.to_owned(),
        severity: finding.severity,
        message: finding.message,
    })
}

/// Decides on raising an alert: one that exists is not raised again, whatever the limits say now.
#[must_use]
pub fn decide(state: Option<&Alert>, raise: AlertCreated) -> Option<AlertCreated> {
    state.is_none().then_some(raise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn observed(score: u8) -> ObservationSubmitted {
        ObservationSubmitted {
            observation_id: ObservationId(Uuid::from_u128(1)),
            patient_id: PatientId(Uuid::from_u128(2)),
            patient_login: "anna".to_owned(),
            clinic_id: "demo".parse().expect("a clinic id"),
            measurement: Measurement::SymptomScore(score),
            effective_at: None,
            note: None,
        }
    }

    #[test]
    fn a_dangerous_observation_raises_one_alert_for_its_patient() {
        let alert = raised_by(&AlertPolicy::default(), &observed(8)).expect("an alert");
        assert_eq!(alert.patient_id, PatientId(Uuid::from_u128(2)));
        assert_eq!(alert.message, "Score above threshold (7)");
        assert_eq!(raised_by(&AlertPolicy::default(), &observed(7)), None);
    }

    #[test]
    fn an_alert_that_exists_is_not_raised_again() {
        let alert = raised_by(&AlertPolicy::default(), &observed(9)).expect("an alert");
        assert!(decide(None, alert.clone()).is_some());
        assert_eq!(decide(Some(&alert.clone()), alert), None);
    }
}
