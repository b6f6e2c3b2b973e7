//! The patient aggregate: a person whom a clinic looks after.

use serde::{Deserialize, Serialize};

use crate::aggregate::Aggregate;
use crate::event::Event;
use crate::ids::{ClinicId, PatientId};

/// Asks for a patient to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterPatient {
    /// The new patient.
    pub patient_id: PatientId,
    /// The clinic that looks after them.
    pub clinic_id: ClinicId,
    /// The name they sign in with.
    pub patient_login: String,
    /// Where they can be written to, if they said.
    pub email: Option<String>,
}

/// A patient was registered. Wire name `PatientCreated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientCreated {
    /// The patient.
    pub patient_id: PatientId,
    /// The clinic that looks after them.
    pub clinic_id: ClinicId,
    /// The name they sign in with.
    pub patient_login: String,
    /// Where they can be written to, if they said.
    pub email: Option<String>,
}

/// Why a patient was not registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The identifier already belongs to somebody else.
    #[error("this patient is registered with other particulars")]
    RegisteredOtherwise,
}

/// A patient as far as decisions need them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// How they were registered.
    pub created: PatientCreated,
}

impl Aggregate for Patient {
    type Command = RegisterPatient;
    type Rejection = Rejection;

    fn evolve(state: Option<Self>, event: &Event) -> Option<Self> {
        match event {
            Event::PatientCreated(created) => Some(Self { created: created.clone() }),
            _ => state,
        }
    }

    /// Repeating a registration is no event.
    fn decide(state: Option<&Self>, command: &RegisterPatient) -> Result<Option<Event>, Rejection> {
        let RegisterPatient { patient_id, clinic_id, patient_login, email } = command.clone();
        let created = PatientCreated { patient_id, clinic_id, patient_login, email };
        match state {
            None => Ok(Some(Event::PatientCreated(created))),
            Some(existing) if existing.created == created => Ok(None),
            Some(_) => Err(Rejection::RegisteredOtherwise),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn register(login: &str) -> RegisterPatient {
        RegisterPatient {
            patient_id: PatientId(Uuid::from_u128(1)),
            clinic_id: "demo".parse().expect("a clinic id"),
            patient_login: login.to_owned(),
            email: None,
        }
    }

    fn registered(login: &str) -> Patient {
        let event = Patient::decide(None, &register(login)).expect("allowed").expect("an event");
        Patient::fold([&event]).expect("a patient")
    }

    #[test]
    fn registers_a_new_patient() {
        assert_eq!(registered("anna").created.patient_login, "anna");
    }

    #[test]
    fn repeating_a_registration_is_no_event() {
        assert_eq!(Patient::decide(Some(&registered("anna")), &register("anna")), Ok(None));
    }

    #[test]
    fn rejects_registering_a_known_patient_with_other_particulars() {
        let refused = Patient::decide(Some(&registered("anna")), &register("bo"));
        assert_eq!(refused, Err(Rejection::RegisteredOtherwise));
    }
}
