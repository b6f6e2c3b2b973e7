//! Who may do what: the one place that says so. Whatever no rule here allows is denied.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sends and sees their own observations.
    Patient,
    /// Sees the alerts and patients of their clinic.
    Clinician,
    /// Looks after the accounts of their clinic's staff; sees no health data.
    ClinicAdministrator,
    /// Reads who did what in their clinic; sees no health data.
    Auditor,
    /// A program, such as a gateway of devices: sends observations of the clinic's patients.
    Service,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Patient, Self::Clinician, Self::ClinicAdministrator, Self::Auditor, Self::Service];

    /// The role's name on the wire.
    #[must_use]
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Clinician => "clinician",
            Self::ClinicAdministrator => "clinic_administrator",
            Self::Auditor => "auditor",
            Self::Service => "service",
        }
    }

    /// Whether people of this role may open another clinic's record in an emergency.
    #[must_use]
    pub fn opens_records_in_emergency(self) -> bool {
        self == Self::Clinician
    }

    /// Whether accounts of this role are made by a clinic's administrator. Administrators are made
    /// by the operator, patients by themselves.
    #[must_use]
    pub fn is_made_by_administrators(self) -> bool {
        matches!(self, Self::Clinician | Self::Auditor | Self::Service)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire_name())
    }
}

/// The text names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is none of patient, clinician, clinic_administrator, auditor and service")]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    fn from_str(text: &str) -> Result<Self, NotARole> {
        Self::ALL.into_iter().find(|role| role.wire_name() == text).ok_or(NotARole)
    }
}

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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn clinic(n: u8) -> ClinicId {
        format!("clinic-{n}").parse().expect("a clinic id")
    }

    fn patient(n: u8) -> PatientId {
        PatientId(Uuid::from_u128(u128::from(n)))
    }

    fn somebody(role: Role, clinic_id: &ClinicId) -> Subject<'_> {
        let patient_id = (role == Role::Patient).then(|| patient(1));
        Subject { role, clinic_id, patient_id, must_change_password: false }
    }

    /// Every action on the data of `patient` and `clinic`.
    fn every_action(patient_id: PatientId, clinic_id: &ClinicId) -> Vec<Action<'_>> {
        let record = Record { patient_id, clinic_id };
        let mut all = vec![
            Action::SubmitObservation(record),
            Action::CorrectObservation(record, SentBy::Subject),
            Action::WithdrawObservation(record, SentBy::Subject),
            Action::ReadObservations(record),
            Action::ReadAlerts(clinic_id),
            Action::AcknowledgeAlert(clinic_id),
            Action::ReleaseAlert(clinic_id),
            Action::OpenInEmergency(record),
            Action::ReadOwnDisclosures(patient_id),
            Action::ReadAuditLog(clinic_id),
            Action::ReadStaff(clinic_id),
            Action::OperateBreaker,
            Action::ManageOwnAccount,
        ];
        all.extend(Role::ALL.map(|role| Action::ManageStaff(clinic_id, role)));
        all
    }

    /// The rules once more, as a table: what each role may do in its own clinic, with its own data.
    fn expected(role: Role) -> &'static [&'static str] {
        match role {
            Role::Patient => &[
                "observation.submit",
                "observation.correct",
                "observation.withdraw",
                "observations.read",
                "disclosures.read",
                "account.manage",
            ],
            Role::Clinician => &[
                "observation.submit",
                "observation.correct",
                "observation.withdraw",
                "observations.read",
                "alerts.read",
                "alert.acknowledge",
                "alert.release",
                "account.manage",
            ],
            Role::ClinicAdministrator => {
                &["staff.read", "breaker.operate", "account.manage", "staff.manage"]
            }
            Role::Auditor => &["audit-log.read", "account.manage"],
            Role::Service => &[
                "observation.submit",
                "observation.correct",
                "observation.withdraw",
                "account.manage",
            ],
        }
    }

    #[test]
    fn each_role_may_do_what_the_table_says_and_nothing_else() {
        let own = clinic(1);
        for role in Role::ALL {
            let mut allowed: Vec<&str> = every_action(patient(1), &own)
                .iter()
                .filter(|action| allows(&somebody(role, &own), action, false))
                .map(Action::name)
                .collect();
            allowed.dedup();
            assert_eq!(allowed, expected(role), "{role}");
        }
    }

    #[test]
    fn every_action_is_named_in_the_list() {
        let own = clinic(1);
        let mut names: Vec<&str> =
            every_action(patient(1), &own).iter().map(Action::name).collect();
        names.dedup();
        let (mut listed, mut named) = (ACTION_NAMES.to_vec(), names);
        listed.sort_unstable();
        named.sort_unstable();
        assert_eq!(listed, named);
    }

    #[test]
    fn administrators_make_neither_administrators_nor_patients() {
        let own = clinic(1);
        let administrator = somebody(Role::ClinicAdministrator, &own);
        for role in Role::ALL {
            let made = allows(&administrator, &Action::ManageStaff(&own, role), false);
            assert_eq!(made, role.is_made_by_administrators(), "{role}");
        }
    }

    #[test]
    fn emergencies_are_for_other_clinics_patients() {
        let (own, other) = (clinic(1), clinic(2));
        let clinician = somebody(Role::Clinician, &own);
        let open = |clinic_id| {
            let record = Record { patient_id: patient(9), clinic_id };
            allows(&clinician, &Action::OpenInEmergency(record), false)
        };
        assert!(open(&other));
        assert!(!open(&own), "it needs no emergency");
    }

    #[test]
    fn what_belongs_to_another_clinic_is_hidden_from_those_who_do_such_things_at_home() {
        let (own, other) = (clinic(1), clinic(2));
        let elsewhere = Record { patient_id: patient(9), clinic_id: &other };
        let decided = |role, action| decide(&somebody(role, &own), &action, false);
        let read = Action::ReadObservations(elsewhere);
        assert_eq!(decided(Role::Clinician, read), Decision::Hidden);
        assert_eq!(decided(Role::Auditor, read), Decision::Denied);
        assert_eq!(decided(Role::Patient, read), Decision::Denied);
        assert_eq!(decided(Role::Clinician, Action::AcknowledgeAlert(&other)), Decision::Hidden);
        assert_eq!(decided(Role::Clinician, Action::AcknowledgeAlert(&own)), Decision::Allowed);
    }

    #[test]
    fn what_somebody_sent_nobody_else_puts_right() {
        let (own, other) = (clinic(1), clinic(2));
        let record = Record { patient_id: patient(1), clinic_id: &own };
        for action in [
            Action::CorrectObservation(record, SentBy::Another),
            Action::WithdrawObservation(record, SentBy::Another),
        ] {
            for role in Role::ALL {
                let decision = decide(&somebody(role, &own), &action, false);
                assert_eq!(decision, Decision::Denied, "{role} {action:?}");
            }
            let elsewhere = decide(&somebody(Role::Clinician, &other), &action, false);
            assert_eq!(elsewhere, Decision::Hidden);
        }
    }

    #[test]
    fn roles_are_found_by_their_wire_name() {
        for role in Role::ALL {
            assert_eq!(role.wire_name().parse(), Ok(role));
        }
        assert_eq!("admin".parse::<Role>(), Err(NotARole));
    }

    proptest! {
        #[test]
        fn nobody_reaches_into_another_clinic(role in 0..5_usize, of in 1..4_u8) {
            let (own, other) = (clinic(0), clinic(of));
            let subject = somebody(Role::ALL[role], &own);
            for action in every_action(patient(2), &other) {
                let may = allows(&subject, &action, false);
                let harmless = matches!(
                    action,
                    Action::ManageOwnAccount | Action::OperateBreaker | Action::OpenInEmergency(_)
                );
                prop_assert!(!may || harmless, "{} {action:?}", subject.role);
            }
        }

        #[test]
        fn an_emergency_opens_one_thing_to_clinicians_alone(role in 0..5_usize, of in 0..3_u8) {
            let (own, other) = (clinic(0), clinic(of));
            let subject = somebody(Role::ALL[role], &own);
            for action in every_action(patient(2), &other) {
                let (with, without) =
                    (allows(&subject, &action, true), allows(&subject, &action, false));
                prop_assert!(with || !without, "an emergency takes nothing away");
                if with != without {
                    prop_assert_eq!(subject.role, Role::Clinician);
                    prop_assert!(matches!(action, Action::ReadObservations(_)));
                }
            }
        }

        #[test]
        fn a_patient_reaches_nobody_else(whose in 2..9_u8, of in 0..2_u8) {
            let (own, other) = (clinic(0), clinic(of));
            for action in every_action(patient(whose), &other) {
                let may = allows(&somebody(Role::Patient, &own), &action, true);
                prop_assert!(!may || action == Action::ManageOwnAccount, "{action:?}");
            }
        }

        #[test]
        fn who_must_choose_a_password_may_do_nothing_else(role in 0..5_usize) {
            let own = clinic(0);
            let subject =
                Subject { must_change_password: true, ..somebody(Role::ALL[role], &own) };
            for action in every_action(patient(1), &own) {
                prop_assert_eq!(
                    allows(&subject, &action, true),
                    action == Action::ManageOwnAccount
                );
            }
        }
    }
}
