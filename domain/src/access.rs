//! Who may do what: the one place that says so. Whatever no rule here allows is denied.

mod role;

pub use self::role::{NotARole, Role};
use crate::ids::{ClinicId, PatientId};

/// How long a clinician may look at another clinic's patient in an emergency, in minutes.
pub const EMERGENCY_ACCESS_MIN: i64 = 60;

/// The stable name of [`Action::OpenInEmergency`].
pub const OPEN_IN_EMERGENCY: &str = "record.open-in-emergency";

/// The stable name of every [`Action`].
pub const ACTION_NAMES: [&str; 14] = [
    "observation.submit",
    "observation.correct",
    "observation.withdraw",
    "observations.read",
    "alerts.read",
    "alert.acknowledge",
    "alert.release",
    OPEN_IN_EMERGENCY,
    "disclosures.read",
    "audit-log.read",
    "staff.read",
    "staff.manage",
    "breaker.operate",
    "account.manage",
];

/// Who asks, as far as the rules need to know.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What the account is for.
    pub role: Role,
    /// The clinic it belongs to.
    pub clinic_id: &'a ClinicId,
    /// Which patient it is, if it is one.
    pub patient_id: Option<PatientId>,
    /// Whether a new password must be chosen before anything else.
    pub must_change_password: bool,
}

/// Something that somebody wants to do, with whose data it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Send an observation of this patient.
    SubmitObservation(Record<'a>),
    /// Correct an observation of this patient.
    CorrectObservation(Record<'a>, SentBy),
    /// Withdraw an observation of this patient.
    WithdrawObservation(Record<'a>, SentBy),
    /// See the observations of this patient.
    ReadObservations(Record<'a>),
    /// See the alerts of this clinic.
    ReadAlerts(&'a ClinicId),
    /// Take care of an alert of this clinic.
    AcknowledgeAlert(&'a ClinicId),
    /// Give back an alert of this clinic that somebody takes care of.
    ReleaseAlert(&'a ClinicId),
    /// Open the record of another clinic's patient in an emergency.
    OpenInEmergency(Record<'a>),
    /// See who opened this patient's record.
    ReadOwnDisclosures(PatientId),
    /// See what was done in this clinic.
    ReadAuditLog(&'a ClinicId),
    /// See the accounts of this clinic's staff, and who opened a record in an emergency.
    ReadStaff(&'a ClinicId),
    /// Make, disable or reset an account of this role in this clinic.
    ManageStaff(&'a ClinicId, Role),
    /// Hold or reset the circuit breaker.
    OperateBreaker,
    /// Change one's own password, see and end one's own sessions.
    ManageOwnAccount,
}

/// Who sent an observation: that alone can put it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentBy {
    /// Whoever asks.
    Subject,
    /// Somebody else.
    Another,
}

/// A patient's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Whose it is.
    pub patient_id: PatientId,
    /// The clinic that looks after them.
    pub clinic_id: &'a ClinicId,
}

impl<'a> Action<'a> {
    /// The same action as if what it concerns belonged to this clinic.
    #[must_use]
    pub fn as_if_in(&self, clinic_id: &'a ClinicId) -> Self {
        let there = |record: &Record<'a>| Record { clinic_id, ..*record };
        // Of another clinic they know nothing, so neither whose work it would be here.
        let sender = |record: &Record<'a>, by: SentBy| match record.clinic_id == clinic_id {
            true => by,
            false => SentBy::Subject,
        };
        match self {
            Self::SubmitObservation(record) => Self::SubmitObservation(there(record)),
            Self::CorrectObservation(record, by) => {
                Self::CorrectObservation(there(record), sender(record, *by))
            }
            Self::WithdrawObservation(record, by) => {
                Self::WithdrawObservation(there(record), sender(record, *by))
            }
            Self::ReadObservations(record) => Self::ReadObservations(there(record)),
            Self::OpenInEmergency(record) => Self::OpenInEmergency(there(record)),
            Self::ReadAlerts(_) => Self::ReadAlerts(clinic_id),
            Self::AcknowledgeAlert(_) => Self::AcknowledgeAlert(clinic_id),
            Self::ReleaseAlert(_) => Self::ReleaseAlert(clinic_id),
            Self::ReadAuditLog(_) => Self::ReadAuditLog(clinic_id),
            Self::ReadStaff(_) => Self::ReadStaff(clinic_id),
            Self::ManageStaff(_, role) => Self::ManageStaff(clinic_id, *role),
            Self::ReadOwnDisclosures(_) | Self::OperateBreaker | Self::ManageOwnAccount => *self,
        }
    }

    /// The action's stable name, for the audit log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SubmitObservation(_) => "observation.submit",
            Self::CorrectObservation(..) => "observation.correct",
            Self::WithdrawObservation(..) => "observation.withdraw",
            Self::ReadObservations(_) => "observations.read",
            Self::ReadAlerts(_) => "alerts.read",
            Self::AcknowledgeAlert(_) => "alert.acknowledge",
            Self::ReleaseAlert(_) => "alert.release",
            Self::OpenInEmergency(_) => OPEN_IN_EMERGENCY,
            Self::ReadOwnDisclosures(_) => "disclosures.read",
            Self::ReadAuditLog(_) => "audit-log.read",
            Self::ReadStaff(_) => "staff.read",
            Self::ManageStaff(..) => "staff.manage",
            Self::OperateBreaker => "breaker.operate",
            Self::ManageOwnAccount => "account.manage",
        }
    }

    /// The patient whose data it concerns, if it is one's.
    #[must_use]
    pub fn patient_id(&self) -> Option<PatientId> {
        match self {
            Self::SubmitObservation(record)
            | Self::CorrectObservation(record, _)
            | Self::WithdrawObservation(record, _)
            | Self::ReadObservations(record)
            | Self::OpenInEmergency(record) => Some(record.patient_id),
            Self::ReadOwnDisclosures(patient_id) => Some(*patient_id),
            _ => None,
        }
    }

    /// The clinic whose data it concerns, if it is one's.
    #[must_use]
    pub fn clinic_id(&self) -> Option<&ClinicId> {
        match self {
            Self::SubmitObservation(record)
            | Self::CorrectObservation(record, _)
            | Self::WithdrawObservation(record, _)
            | Self::ReadObservations(record)
            | Self::OpenInEmergency(record) => Some(record.clinic_id),
            Self::ReadAlerts(clinic_id)
            | Self::AcknowledgeAlert(clinic_id)
            | Self::ReleaseAlert(clinic_id)
            | Self::ReadAuditLog(clinic_id)
            | Self::ReadStaff(clinic_id)
            | Self::ManageStaff(clinic_id, _) => Some(clinic_id),
            Self::ReadOwnDisclosures(_) | Self::OperateBreaker | Self::ManageOwnAccount => None,
        }
    }
}

/// What the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A rule allows it.
    Allowed,
    /// No rule allows it.
    Denied,
    /// No rule allows it, though the subject may do such things in their own clinic: they are not
    /// told whether what they asked for exists.
    Hidden,
}

/// Decides; see [`allows`].
#[must_use]
pub fn decide<'a>(subject: &Subject<'a>, action: &Action<'a>, in_emergency: bool) -> Decision {
    if allows(subject, action, in_emergency) {
        Decision::Allowed
    } else if allows(subject, &action.as_if_in(subject.clinic_id), false) {
        Decision::Hidden
    } else {
        Decision::Denied
    }
}

/// Whether a rule allows `subject` to do `action`. `in_emergency` says that the subject has opened
/// the record concerned in an emergency, not longer ago than [`EMERGENCY_ACCESS_MIN`].
#[must_use]
pub fn allows(subject: &Subject<'_>, action: &Action<'_>, in_emergency: bool) -> bool {
    if subject.must_change_password {
        return matches!(action, Action::ManageOwnAccount);
    }
    let own_clinic = |clinic_id: &ClinicId| subject.clinic_id == clinic_id;
    let is_self = |patient_id: PatientId| subject.patient_id == Some(patient_id);
    match (subject.role, action) {
        (_, Action::ManageOwnAccount) => true,
        (
            Role::Patient,
            Action::SubmitObservation(Record { patient_id, .. })
            | Action::CorrectObservation(Record { patient_id, .. }, SentBy::Subject)
            | Action::WithdrawObservation(Record { patient_id, .. }, SentBy::Subject)
            | Action::ReadObservations(Record { patient_id, .. })
            | Action::ReadOwnDisclosures(patient_id),
        ) => is_self(*patient_id),
        (role, Action::ReadObservations(record)) => {
            let opened = in_emergency && role.opens_records_in_emergency();
            (role == Role::Clinician && own_clinic(record.clinic_id)) || opened
        }
        (
            Role::Clinician | Role::Service,
            Action::SubmitObservation(record)
            | Action::CorrectObservation(record, SentBy::Subject)
            | Action::WithdrawObservation(record, SentBy::Subject),
        ) => own_clinic(record.clinic_id),
        (
            Role::Clinician,
            Action::ReadAlerts(clinic)
            | Action::AcknowledgeAlert(clinic)
            | Action::ReleaseAlert(clinic),
        ) => own_clinic(clinic),
        (role, Action::OpenInEmergency(record)) => {
            role.opens_records_in_emergency() && !own_clinic(record.clinic_id)
        }
        (Role::ClinicAdministrator, Action::ReadStaff(clinic)) => own_clinic(clinic),
        (Role::ClinicAdministrator, Action::ManageStaff(clinic, role)) => {
            own_clinic(clinic) && role.is_made_by_administrators()
        }
        (Role::ClinicAdministrator, Action::OperateBreaker) => true,
        (Role::Auditor, Action::ReadAuditLog(clinic)) => own_clinic(clinic),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
