//! The alert aggregate: a dangerous observation that a clinician must see.

use serde::{Deserialize, Serialize};

use crate::aggregate::Aggregate;
use crate::alert_limits::{AlertPolicy, Severity};
use crate::event::Event;
use crate::ids::{AlertId, ClinicId, ObservationId, PatientId};
use crate::measurement::Measurement;
use crate::observation::ObservationSubmitted;
use crate::timestamp::Timestamp;

/// An alert was raised. Wire name `AlertCreated`, version 2.
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
    /// When it was measured; when it was sent, if the sender did not say. Version 1 left it out
    /// then.
    pub effective_at: Timestamp,
    /// The rule that raised it.
    pub rule: String,
    /// How urgent it is.
    pub severity: Severity,
    /// Why, in plain words.
    pub message: String,
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

/// What an alert can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum AlertCommand {
    /// Raise it.
    Raise(AlertCreated),
    /// Note that somebody takes care of it.
    Acknowledge {
        /// The name that clinician signs in with.
        by: String,
    },
}

/// Why an alert does not do as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such alert.
    #[error("there is no such alert")]
    NotRaised,
}

/// An alert as far as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// How it was raised.
    pub created: AlertCreated,
    /// Who takes care of it, if somebody does.
    pub acknowledged_by: Option<String>,
}

impl Aggregate for Alert {
    type Command = AlertCommand;
    type Rejection = Rejection;

    fn evolve(state: Option<Self>, event: &Event) -> Option<Self> {
        match event {
            Event::AlertCreated(created) => {
                Some(Self { created: created.clone(), acknowledged_by: None })
            }
            Event::AlertAcknowledged(acknowledged) => state.map(|alert| Self {
                acknowledged_by: Some(acknowledged.acknowledged_by.clone()),
                ..alert
            }),
            _ => state,
        }
    }

    /// An alert that exists is not raised again, whatever the limits say now; one that somebody
    /// takes care of stays with the first who said so.
    fn decide(state: Option<&Self>, command: &AlertCommand) -> Result<Option<Event>, Rejection> {
        match (state, command) {
            (None, AlertCommand::Raise(created)) => Ok(Some(Event::AlertCreated(created.clone()))),
            (None, AlertCommand::Acknowledge { .. }) => Err(Rejection::NotRaised),
            (Some(_), AlertCommand::Raise(_)) => Ok(None),
            (Some(alert), AlertCommand::Acknowledge { .. }) if alert.acknowledged_by.is_some() => {
                Ok(None)
            }
            (Some(alert), AlertCommand::Acknowledge { by }) => {
                Ok(Some(Event::AlertAcknowledged(AlertAcknowledged {
                    alert_id: alert.created.alert_id,
                    clinic_id: alert.created.clinic_id.clone(),
                    acknowledged_by: by.clone(),
                })))
            }
        }
    }
}

/// Judges an observation that was sent at `submitted_at`: the alert it must raise, if it is
/// dangerous.
#[must_use]
pub fn raised_by(
    policy: &AlertPolicy,
    observation: &ObservationSubmitted,
    submitted_at: Timestamp,
) -> Option<AlertCreated> {
    let finding = policy.assess(&observation.measurement)?;
    Some(AlertCreated {
        alert_id: AlertId::for_rule(observation.observation_id, finding.rule),
        clinic_id: observation.clinic_id.clone(),
        patient_id: observation.patient_id,
        patient_login: observation.patient_login.clone(),
        observation_id: observation.observation_id,
        measurement: observation.measurement,
        effective_at: observation.effective_at.unwrap_or(submitted_at),
        rule: finding.rule.to_owned(),
        severity: finding.severity,
        message: finding.message,
    })
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

    fn judge(observation: &ObservationSubmitted) -> Option<AlertCreated> {
        let sent_at = "2026-11-21T08:00:00Z".parse().expect("a timestamp");
        raised_by(&AlertPolicy::default(), observation, sent_at)
    }

    fn raise() -> AlertCommand {
        AlertCommand::Raise(judge(&observed(9)).expect("an alert"))
    }

    fn acknowledge(by: &str) -> AlertCommand {
        AlertCommand::Acknowledge { by: by.to_owned() }
    }

    /// The alert after these commands, each of which changes something.
    fn after(commands: &[AlertCommand]) -> Alert {
        let alert = commands.iter().fold(None, |state, command| {
            let event = Alert::decide(state.as_ref(), command).expect("allowed").expect("an event");
            Alert::evolve(state, &event)
        });
        alert.expect("an alert")
    }

    #[test]
    fn a_dangerous_observation_raises_one_alert_for_its_patient() {
        let alert = judge(&observed(8)).expect("an alert");
        assert_eq!(alert.patient_id, PatientId(Uuid::from_u128(2)));
        assert_eq!(alert.message, "Score above threshold (7)");
        assert_eq!(judge(&observed(7)), None);
    }

    #[test]
    fn the_time_of_sending_stands_for_a_time_of_measuring_that_was_not_given() {
        let alert = judge(&observed(8)).expect("an alert");
        assert_eq!(alert.effective_at.to_string(), "2026-11-21T08:00:00Z");
        let given = "2026-11-21T07:30:00+01:00".parse().ok();
        let alert = judge(&ObservationSubmitted { effective_at: given, ..observed(8) });
        assert_eq!(alert.map(|alert| alert.effective_at), given);
    }

    #[test]
    fn an_alert_that_exists_is_not_raised_again() {
        assert_eq!(Alert::decide(Some(&after(&[raise()])), &raise()), Ok(None));
    }

    #[test]
    fn an_alert_stays_with_the_first_who_acknowledged_it() {
        let alert = after(&[raise(), acknowledge("nurse1")]);
        assert_eq!(alert.acknowledged_by.as_deref(), Some("nurse1"));
        assert_eq!(Alert::decide(Some(&alert), &acknowledge("nurse2")), Ok(None));
    }

    #[test]
    fn rejects_acknowledging_an_alert_that_was_never_raised() {
        assert_eq!(Alert::decide(None, &acknowledge("nurse1")), Err(Rejection::NotRaised));
    }
}
