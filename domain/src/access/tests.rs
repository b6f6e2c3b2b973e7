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
        Role::Service => {
            &["observation.submit", "observation.correct", "observation.withdraw", "account.manage"]
        }
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
    let mut names: Vec<&str> = every_action(patient(1), &own).iter().map(Action::name).collect();
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
