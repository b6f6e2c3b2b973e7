//! What a caller may do: the one place that says so. Whatever is not allowed here is denied.

use app::backend::{Caller, Principal};
use app::error::AppError;
use app::wire::Role;
use domain::ids::{ClinicId, PatientId};

/// Something a caller wants to do, with whose data it concerns.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Send an observation of this patient, or see theirs.
    UseObservations {
        /// Whose observations.
        patient_id: PatientId,
        /// The clinic that looks after them.
        clinic_id: &'a ClinicId,
    },
    /// See the alerts of this clinic, or take care of one.
    HandleAlerts {
        /// Whose alerts.
        clinic_id: &'a ClinicId,
    },
}

/// Who asks, if anybody is signed in.
///
/// # Errors
/// [`AppError::SignInRequired`] for a stranger.
pub fn principal(caller: &Caller) -> Result<&Principal, AppError> {
    caller.principal.as_ref().ok_or(AppError::SignInRequired)
}

/// Decides.
///
/// # Errors
/// [`AppError::Forbidden`] unless a rule allows it.
pub fn check(principal: &Principal, action: Action<'_>) -> Result<(), AppError> {
    let allowed = match action {
        Action::UseObservations { patient_id, clinic_id } => match principal.role {
            Role::Patient => principal.patient_id == Some(patient_id),
            Role::Clinician => principal.clinic_id == *clinic_id,
        },
        Action::HandleAlerts { clinic_id } => {
            principal.role == Role::Clinician && principal.clinic_id == *clinic_id
        }
    };
    if allowed { Ok(()) } else { Err(AppError::Forbidden) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn clinic(name: &str) -> ClinicId {
        name.parse().expect("a clinic id")
    }

    fn patient_id(n: u128) -> PatientId {
        PatientId(Uuid::from_u128(n))
    }

    fn somebody(role: Role, patient: Option<u128>) -> Principal {
        let patient_id = patient.map(patient_id);
        Principal { login: "x".to_owned(), role, clinic_id: clinic("north"), patient_id }
    }

    fn allows(who: &Principal, action: Action<'_>) -> bool {
        check(who, action).is_ok()
    }

    #[test]
    fn patients_use_their_own_observations_and_nobody_elses() {
        let patient = somebody(Role::Patient, Some(1));
        let north = clinic("north");
        let observations =
            |n| Action::UseObservations { patient_id: patient_id(n), clinic_id: &north };
        assert!(allows(&patient, observations(1)));
        assert!(!allows(&patient, observations(2)));
    }

    #[test]
    fn clinicians_stay_within_their_clinic() {
        let clinician = somebody(Role::Clinician, None);
        for (name, expected) in [("north", true), ("south", false)] {
            let clinic_id = &clinic(name);
            let observations = Action::UseObservations { patient_id: patient_id(1), clinic_id };
            assert_eq!(allows(&clinician, observations), expected);
            assert_eq!(allows(&clinician, Action::HandleAlerts { clinic_id }), expected);
        }
    }

    #[test]
    fn rejects_a_patient_who_reads_the_alerts_of_their_clinic() {
        let patient = somebody(Role::Patient, Some(1));
        assert!(!allows(&patient, Action::HandleAlerts { clinic_id: &clinic("north") }));
    }
}
