//! The observation aggregate: one thing that was measured, sent once, and put right by its sender
//! where it was wrong. What was sent stays in its history.

use serde::{Deserialize, Serialize};

use crate::access::{Role, SentBy};
use crate::aggregate::Aggregate;
use crate::event::Event;
use crate::field_error::FieldError;
use crate::ids::{ClinicId, CorrectionId, ObservationId, PatientId};
use crate::measurement::Measurement;
use crate::observation_time::TimeDoubt;
use crate::timestamp::Timestamp;

/// So often one observation can be corrected: streams are read as a whole.
pub const CORRECTIONS_MAX: usize = 20;
/// The longest reason for withdrawing, in characters.
pub const REASON_MAX_CHARS: usize = 500;

/// Who sent or changed an observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// The name they sign in with.
    pub login: String,
    /// What their account is for.
    pub role: Role,
}

/// An observation was taken in. Wire name `ObservationSubmitted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationSubmitted {
    /// The observation.
    pub observation_id: ObservationId,
    /// Whose it is.
    pub patient_id: PatientId,
    /// The name that patient signs in with.
    pub patient_login: String,
    /// The patient's clinic.
    pub clinic_id: ClinicId,
    /// What was measured: `kind` with `score`, `value` or `systolic` and `diastolic`.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// When it was measured, if the sender said; else the event's own time stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Timestamp>,
    /// Why that time cannot be believed, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// What the sender wrote beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who sent it, where that was not the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Sender>,
}

impl ObservationSubmitted {
    /// Who sent it.
    #[must_use]
    pub fn sender(&self) -> Sender {
        let patient = || Sender { login: self.patient_login.clone(), role: Role::Patient };
        self.submitted_by.clone().unwrap_or_else(patient)
    }

    /// Whether it was sent by somebody with this login and role.
    #[must_use]
    pub fn sent_by(&self, by: &Sender) -> SentBy {
        let is_sender = match &self.submitted_by {
            Some(sender) => sender == by,
            // Their own, whatever they were called then: access to the record is judged elsewhere.
            None => by.role == Role::Patient,
        };
        if is_sender { SentBy::Subject } else { SentBy::Another }
    }

    /// Whether `other` asks for the same once more. A time that was doubted may be believed by then.
    fn is_repeated_by(&self, other: &Self) -> bool {
        let readable = |doubt: Option<TimeDoubt>| doubt == Some(TimeDoubt::Unreadable);
        let same_time = Self { time_doubt: other.time_doubt, ..self.clone() };
        same_time == *other && readable(self.time_doubt) == readable(other.time_doubt)
    }
}

/// An observation was corrected; it now says all of this. Wire name `ObservationCorrected`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationCorrected {
    /// The observation.
    pub observation_id: ObservationId,
    /// Whose it is.
    pub patient_id: PatientId,
    /// The patient's clinic.
    pub clinic_id: ClinicId,
    /// Which correction it is: a repeat of the same one changes nothing.
    pub correction_id: CorrectionId,
    /// What was measured.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// When it was measured, if the sender said; else the time of the submission stands for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Timestamp>,
    /// Why that time cannot be believed, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// What the sender wrote beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who corrected it.
    pub corrected_by: Sender,
}

/// An observation was withdrawn: it was never true. Wire name `ObservationWithdrawn`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationWithdrawn {
    /// The observation.
    pub observation_id: ObservationId,
    /// Whose it is.
    pub patient_id: PatientId,
    /// The patient's clinic.
    pub clinic_id: ClinicId,
    /// Why, in the sender's words.
    pub reason: String,
    /// Who withdrew it.
    pub withdrawn_by: Sender,
}

/// What is to be changed; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What was measured.
    pub measurement: Option<Measurement>,
    /// When it was measured, with the doubt about it.
    pub effective_at: Option<(Timestamp, Option<TimeDoubt>)>,
    /// What the sender wrote beside it; an inner `None` takes the note away.
    pub note: Option<Option<String>>,
}

/// What an observation can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservationCommand {
    /// Take it in.
    Submit(ObservationSubmitted),
    /// Put it right.
    Correct {
        /// Which correction it is.
        correction_id: CorrectionId,
        /// What is to be changed.
        change: Change,
        /// Which version of the observation it was made upon, if that is known: at another version
        /// it would undo what somebody else did meanwhile.
        based_on: Option<u64>,
        /// Who asks.
        by: Sender,
    },
    /// Take it back.
    Withdraw {
        /// Why.
        reason: String,
        /// As of a correction.
        based_on: Option<u64>,
        /// Who asks.
        by: Sender,
    },
}

/// Why an observation does not do as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The same idempotency key came with another body before.
    #[error("this Idempotency-Key was used for another observation: send a new key")]
    KeyUsedForAnother,
    /// There is no such observation.
    #[error("there is no such observation")]
    NotThere,
    /// It was withdrawn.
    #[error("this observation was withdrawn: send it as a new one")]
    Withdrawn,
    /// A correction would make it another kind of observation.
    #[error("a correction keeps the kind: withdraw this observation and send the other one")]
    OtherKind,
    /// It was changed since the version that the change was made upon.
    #[error("this observation was changed meanwhile: look at what it says now")]
    Changed {
        /// The version it is at now.
        version: u64,
    },
    /// It was corrected too often.
    #[error(
        "an observation is corrected at most {CORRECTIONS_MAX} times: withdraw it and send it anew"
    )]
    TooManyCorrections,
}

/// What an observation says at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What was measured.
    pub measurement: Measurement,
    /// When it was measured, if the sender said.
    pub effective_at: Option<Timestamp>,
    /// Why that time cannot be believed, if it cannot.
    pub time_doubt: Option<TimeDoubt>,
    /// What the sender wrote beside it.
    pub note: Option<String>,
}

impl From<&ObservationSubmitted> for Content {
    fn from(event: &ObservationSubmitted) -> Self {
        let ObservationSubmitted { measurement, effective_at, time_doubt, note, .. } = event;
        let (effective_at, time_doubt) = (*effective_at, *time_doubt);
        Self { measurement: *measurement, effective_at, time_doubt, note: note.clone() }
    }
}

impl From<&ObservationCorrected> for Content {
    fn from(event: &ObservationCorrected) -> Self {
        let ObservationCorrected { measurement, effective_at, time_doubt, note, .. } = event;
        let (effective_at, time_doubt) = (*effective_at, *time_doubt);
        Self { measurement: *measurement, effective_at, time_doubt, note: note.clone() }
    }
}

impl Content {
    /// The same after `change`.
    #[must_use]
    pub fn changed(&self, change: &Change) -> Self {
        let (effective_at, time_doubt) = match change.effective_at {
            Some((at, doubt)) => (Some(at), doubt),
            None => (self.effective_at, self.time_doubt),
        };
        Self {
            measurement: change.measurement.unwrap_or(self.measurement),
            effective_at,
            time_doubt,
            note: change.note.clone().unwrap_or_else(|| self.note.clone()),
        }
    }
}

/// An observation as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was taken in.
    pub submitted: ObservationSubmitted,
    /// What it was corrected to, one after the other.
    pub corrections: Vec<ObservationCorrected>,
    /// That it was withdrawn, if it was.
    pub withdrawn: Option<ObservationWithdrawn>,
}

impl Observation {
    /// What it says now.
    #[must_use]
    pub fn content(&self) -> Content {
        let last = self.corrections.last().map(Content::from);
        last.unwrap_or_else(|| Content::from(&self.submitted))
    }

    /// How often something became of it: the version that its stream is at.
    #[must_use]
    pub fn version(&self) -> u64 {
        let changes = self.corrections.len() + usize::from(self.withdrawn.is_some());
        u64::try_from(changes).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Refuses a change that was made upon another version than there is now.
    fn check_basis(&self, based_on: Option<u64>) -> Result<(), Rejection> {
        let version = self.version();
        match based_on {
            Some(basis) if basis != version => Err(Rejection::Changed { version }),
            _ => Ok(()),
        }
    }

    fn correct(
        &self,
        correction_id: CorrectionId,
        change: &Change,
        based_on: Option<u64>,
        by: &Sender,
    ) -> Result<Option<Event>, Rejection> {
        let repeated = self.corrections.iter().position(|past| past.correction_id == correction_id);
        if let Some(at) = repeated {
            let past = Content::from(&self.corrections[at]);
            // What it said before does not matter: a repeat asks for what is there already.
            let same = Content { time_doubt: None, ..past.changed(change) }
                == Content { time_doubt: None, ..past };
            return if same { Ok(None) } else { Err(Rejection::KeyUsedForAnother) };
        }
        if self.withdrawn.is_some() {
            return Err(Rejection::Withdrawn);
        }
        let (now, then) = (self.content(), self.content().changed(change));
        if then.measurement.kind() != now.measurement.kind() {
            return Err(Rejection::OtherKind);
        }
        // Whatever it was made upon: what is asked for is there.
        if then == now {
            return Ok(None);
        }
        self.check_basis(based_on)?;
        if self.corrections.len() >= CORRECTIONS_MAX {
            return Err(Rejection::TooManyCorrections);
        }
        let Content { measurement, effective_at, time_doubt, note } = then;
        Ok(Some(Event::ObservationCorrected(ObservationCorrected {
            observation_id: self.submitted.observation_id,
            patient_id: self.submitted.patient_id,
            clinic_id: self.submitted.clinic_id.clone(),
            correction_id,
            measurement,
            effective_at,
            time_doubt,
            note,
            corrected_by: by.clone(),
        })))
    }

    fn withdraw(
        &self,
        reason: &str,
        based_on: Option<u64>,
        by: &Sender,
    ) -> Result<Option<Event>, Rejection> {
        if self.withdrawn.is_some() {
            return Ok(None);
        }
        self.check_basis(based_on)?;
        Ok(Some(Event::ObservationWithdrawn(ObservationWithdrawn {
            observation_id: self.submitted.observation_id,
            patient_id: self.submitted.patient_id,
            clinic_id: self.submitted.clinic_id.clone(),
            reason: reason.to_owned(),
            withdrawn_by: by.clone(),
        })))
    }
}

impl Aggregate for Observation {
    type Command = ObservationCommand;
    type Rejection = Rejection;

    fn evolve(state: Option<Self>, event: &Event) -> Option<Self> {
        match (state, event) {
            (_, Event::ObservationSubmitted(submitted)) => Some(Self {
                submitted: submitted.clone(),
                corrections: Vec::new(),
                withdrawn: None,
            }),
            (Some(mut state), Event::ObservationCorrected(corrected)) => {
                state.corrections.push(corrected.clone());
                Some(state)
            }
            (Some(state), Event::ObservationWithdrawn(withdrawn)) => {
                Some(Self { withdrawn: Some(withdrawn.clone()), ..state })
            }
            (state, _) => state,
        }
    }

    /// Repeating a submission, a correction or a withdrawal is no event; under the same identity
    /// something else is refused, and so is a change made upon what is no longer said.
    fn decide(
        state: Option<&Self>,
        command: &ObservationCommand,
    ) -> Result<Option<Event>, Rejection> {
        match (state, command) {
            (None, ObservationCommand::Submit(submitted)) => {
                Ok(Some(Event::ObservationSubmitted(submitted.clone())))
            }
            (None, _) => Err(Rejection::NotThere),
            (Some(existing), ObservationCommand::Submit(submitted)) => {
                match existing.submitted.is_repeated_by(submitted) {
                    true => Ok(None),
                    false => Err(Rejection::KeyUsedForAnother),
                }
            }
            (
                Some(existing),
                ObservationCommand::Correct { correction_id, change, based_on, by },
            ) => existing.correct(*correction_id, change, *based_on, by),
            (Some(existing), ObservationCommand::Withdraw { reason, based_on, by }) => {
                existing.withdraw(reason, *based_on, by)
            }
        }
    }
}

/// The field of the key of a form.
pub const KEY_FIELD: &str = "idempotency_key";

/// Says that a form was sent before: its page came back, and what it holds is saved already.
#[must_use]
pub fn sent_already() -> FieldError {
    let message = "This was sent from this page already, and is saved. If you measured again, send it \
                   once more.";
    FieldError::new(KEY_FIELD, "sent_already", message)
}

/// Checks why an observation is withdrawn.
///
/// # Errors
/// No reason, or one longer than [`REASON_MAX_CHARS`].
pub fn check_reason(text: &str) -> Result<String, FieldError> {
    let reason: String =
        text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if reason.is_empty() {
        let message = "Say in a few words why this is withdrawn.";
        return Err(FieldError::new("reason", "required", message));
    }
    if reason.chars().count() > REASON_MAX_CHARS {
        let message = format!("A reason has at most {REASON_MAX_CHARS} characters: shorten it.");
        return Err(FieldError::new("reason", "too_long", message));
    }
    Ok(reason)
}

#[cfg(test)]
pub(crate) mod tests;
