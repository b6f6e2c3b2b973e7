//! The patient aggregate: a person whom a clinic looks after.

use serde::{Deserialize, Serialize};

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
pub type Patient = PatientCreated;

/// Decides on a registration. Repeating one is no event.
///
/// # Errors
/// [`Rejection::RegisteredOtherwise`] when the patient exists with other particulars.
pub fn decide(
    state: Option<&Patient>,
    command: RegisterPatient,
) -> Result<Option<PatientCreated>, Rejection> {
    let RegisterPatient { patient_id, clinic_id, patient_login, email } = command;
    let created = PatientCreated { patient_id, clinic_id, patient_login, email };
    match state {
        None => Ok(Some(created)),
        Some(existing) if *existing == created => Ok(None),
        Some(_) => Err(Rejection::RegisteredOtherwise),
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

    #[test]
    fn registers_a_new_patient() {
        let event = decide(None, register("anna")).expect("allowed").expect("an event");
        assert_eq!(event.patient_login, "anna");
    }

    #[test]
    fn repeating_a_registration_is_no_event() {
        let state = decide(None, register("anna")).expect("allowed").expect("an event");
        assert_eq!(decide(Some(&state), register("anna")), Ok(None));
    }

    #[test]
    fn rejects_registering_a_known_patient_with_other_particulars() {
        let state = decide(None, register("anna")).expect("allowed").expect("an event");
        assert_eq!(decide(Some(&state), register("bo")), Err(Rejection::RegisteredOtherwise));
    }
}
