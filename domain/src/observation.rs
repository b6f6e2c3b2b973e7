//! The observation aggregate: one thing that was measured, sent once.

use serde::{Deserialize, Serialize};

use crate::aggregate::Aggregate;
use crate::event::Event;
use crate::field_error::FieldError;
use crate::ids::{ClinicId, ObservationId, PatientId};
use crate::measurement::Measurement;
use crate::timestamp::Timestamp;

/// The longest note beside an observation, in characters.
pub const NOTE_MAX_CHARS: usize = 1000;
/// How far a device's clock may run ahead, in minutes.
pub const CLOCK_AHEAD_MAX_MINUTES: i64 = 10;
/// How old an observation may be when it is sent, in minutes: one year.
pub const AGE_MAX_MINUTES: i64 = 366 * 24 * 60;

/// Asks for an observation to be taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct SubmitObservation {
    /// The new observation.
    pub observation_id: ObservationId,
    /// Whose it is.
    pub patient_id: PatientId,
    /// The name that patient signs in with, for those who read the event.
    pub patient_login: String,
    /// The patient's clinic.
    pub clinic_id: ClinicId,
    /// What was measured.
    pub measurement: Measurement,
    /// When it was measured, if the sender said.
    pub effective_at: Option<Timestamp>,
    /// What the sender wrote beside it.
    pub note: Option<String>,
}

/// An observation was taken in. Wire name `ObservationSubmitted`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// What the sender wrote beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Why an observation was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The same idempotency key came with another body before.
    #[error("this Idempotency-Key was used for another observation: send a new key")]
    KeyUsedForAnother,
}

/// An observation as far as decisions need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// What was taken in.
    pub submitted: ObservationSubmitted,
}

impl Aggregate for Observation {
    type Command = SubmitObservation;
    type Rejection = Rejection;

    fn evolve(state: Option<Self>, event: &Event) -> Option<Self> {
        match event {
            Event::ObservationSubmitted(submitted) => Some(Self { submitted: submitted.clone() }),
            _ => state,
        }
    }

    /// Repeating a submission is no event; under the same identity something else is refused.
    fn decide(
        state: Option<&Self>,
        command: &SubmitObservation,
    ) -> Result<Option<Event>, Rejection> {
        let submitted = ObservationSubmitted {
            observation_id: command.observation_id,
            patient_id: command.patient_id,
            patient_login: command.patient_login.clone(),
            clinic_id: command.clinic_id.clone(),
            measurement: command.measurement,
            effective_at: command.effective_at,
            note: command.note.clone(),
        };
        match state {
            None => Ok(Some(Event::ObservationSubmitted(submitted))),
            Some(existing) if existing.submitted == submitted => Ok(None),
            Some(_) => Err(Rejection::KeyUsedForAnother),
        }
    }
}

/// Checks when something is said to have been measured, against the time `now` of its arrival.
///
/// # Errors
/// A time ahead of `now` by more than a clock runs wrong, or more than a year before it.
pub fn check_effective_at(at: Timestamp, now: Timestamp) -> Result<Timestamp, FieldError> {
    let fault =
        |message: &str| Err(FieldError::new("effective_at", "out_of_range", message.to_owned()));
    if at > now.plus_minutes(CLOCK_AHEAD_MAX_MINUTES) {
        return fault("The time of measuring lies in the future: check date, time and offset.");
    }
    if at < now.plus_minutes(-AGE_MAX_MINUTES) {
        return fault("The time of measuring is more than a year ago: check the date.");
    }
    Ok(at)
}

/// Checks a note: trimmed, nothing when empty.
///
/// # Errors
/// A note longer than [`NOTE_MAX_CHARS`], or with control characters other than line breaks.
pub fn check_note(text: &str) -> Result<Option<String>, FieldError> {
    let note = text.trim().replace("\r\n", "\n");
    if note.chars().count() > NOTE_MAX_CHARS {
        let message = format!("A note has at most {NOTE_MAX_CHARS} characters: shorten it.");
        return Err(FieldError::new("note", "too_long", message));
    }
    if note.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(FieldError::new("note", "characters", "A note has no control characters."));
    }
    Ok((!note.is_empty()).then_some(note))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn submit(score: u8) -> SubmitObservation {
        SubmitObservation {
            observation_id: ObservationId(Uuid::from_u128(1)),
            patient_id: PatientId(Uuid::from_u128(2)),
            patient_login: "anna".to_owned(),
            clinic_id: "demo".parse().expect("a clinic id"),
            measurement: Measurement::SymptomScore(score),
            effective_at: None,
            note: None,
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn submitted(score: u8) -> Observation {
        let event = Observation::decide(None, &submit(score)).expect("allowed").expect("an event");
        Observation::fold([&event]).expect("an observation")
    }

    #[test]
    fn takes_in_a_new_observation() {
        assert_eq!(submitted(9).submitted.measurement, Measurement::SymptomScore(9));
    }

    #[test]
    fn repeating_a_submission_is_no_event() {
        assert_eq!(Observation::decide(Some(&submitted(9)), &submit(9)), Ok(None));
    }

    #[test]
    fn rejects_the_same_key_with_another_body() {
        let refused = Observation::decide(Some(&submitted(9)), &submit(8));
        assert_eq!(refused, Err(Rejection::KeyUsedForAnother));
    }

    #[test]
    fn allows_a_clock_ten_minutes_ahead_and_no_more() {
        let now = at("2026-11-21T08:00:00Z");
        assert!(check_effective_at(at("2026-11-21T08:10:00Z"), now).is_ok());
        assert!(check_effective_at(at("2026-11-21T08:10:00.001Z"), now).is_err());
        assert!(check_effective_at(at("2026-11-21T09:05:00+01:00"), now).is_ok());
    }

    #[test]
    fn refuses_what_was_measured_more_than_a_year_ago() {
        let now = at("2026-11-21T08:00:00Z");
        assert!(check_effective_at(at("2025-11-21T08:00:00Z"), now).is_ok());
        assert!(check_effective_at(at("2025-11-19T08:00:00Z"), now).is_err());
    }

    #[test]
    fn an_empty_note_is_no_note() {
        assert_eq!(check_note("  \r\n "), Ok(None));
        assert_eq!(check_note(" dizzy\r\ntoday "), Ok(Some("dizzy\ntoday".to_owned())));
        assert!(check_note(&"x".repeat(1001)).is_err());
        assert!(check_note("a\u{0}b").is_err());
    }
}
