use domain::ids::SessionId;
use uuid::Uuid;

use super::*;
use crate::clock::HandClock;

fn lane() -> (Lane, Arc<HandClock>) {
    let time = Arc::new(HandClock::default());
    (Lane::new(AlertPolicy { symptom_score_above: 7 }, Arc::clone(&time) as _), time)
}

fn user(number: u8) -> Holder {
    Holder::User([number; 32])
}

#[test]
fn what_cannot_wait_is_critical_in_both_forms() {
    let (lane, _) = lane();
    let pressure = r#"{"kind":"blood_pressure","systolic":200,"diastolic":130,"unit":"mm[Hg]"}"#;
    for (body, critical) in [
        (r#"{"score":9}"#, true),
        ("\u{feff}{\"score\":9}", true),
        (r#"{"score":5}"#, false),
        (pressure, true),
        (r#"{"kind":"oxygen_saturation","value":93,"unit":"%"}"#, false),
        (r#"{"score":99}"#, false),
        ("not JSON", false),
        ("", false),
    ] {
        let found = lane.critical_in(Written::Json, body.as_bytes());
        assert_eq!(found.is_some(), critical, "{body}");
    }
    for (body, critical) in [
        ("kind=symptom_score&score=9&idempotency_key=k&note=", true),
        ("kind=symptom_score&score=5", false),
        ("kind=temperature&value=39%2C4&unit=Cel&score=", true),
        ("kind=temperature&value=36.9&unit=Cel", false),
        ("", false),
    ] {
        let found = lane.critical_in(Written::Form, body.as_bytes());
        assert_eq!(found.is_some(), critical, "{body}");
    }
}

#[test]
fn so_many_stand_at_the_door_at_once() {
    let (lane, _) = lane();
    let mut standing: Vec<_> = (0..AT_THE_DOOR * 2).filter_map(|_| lane.knock()).collect();
    assert_eq!(standing.len(), AT_THE_DOOR);
    standing.pop();
    assert!(lane.knock().is_some(), "whoever left made room");
}

#[test]
fn whoever_holds_their_places_leaves_the_others_theirs() {
    let (lane, _) = lane();
    let of_one: Vec<_> = (0..AT_ONCE).filter_map(|_| lane.enter(user(1))).collect();
    assert_eq!(of_one.len(), AT_ONCE_OF_USER);
    let of_others: Vec<_> = (2..=u8::MAX).filter_map(|number| lane.enter(user(number))).collect();
    assert_eq!(of_others.len(), AT_ONCE - AT_ONCE_OF_USER);
    drop(of_one);
    assert!(lane.enter(user(1)).is_some(), "what ended gave its place back");
}

fn patient(number: u32) -> Whose {
    Whose::Patient(PatientId(Uuid::from_u128(number.into())))
}

#[test]
fn one_patient_cannot_fill_the_lane_of_who_sends_their_values() {
    let (lane, time) = lane();
    let taken = (0..500).filter(|_| lane.take(user(1), patient(1))).count();
    assert_eq!(taken, PER_MINUTE_OF_PATIENT as usize);
    assert!(lane.take(user(1), patient(2)), "another patient of the same gateway");
    assert!(lane.take(user(2), patient(1)), "the same patient, sent by somebody else");
    time.pass(MINUTE);
    assert!(lane.take(user(1), patient(1)));
}

#[test]
fn one_user_cannot_fill_the_lane() {
    let (lane, time) = lane();
    let taken = (0..500).filter(|number| lane.take(user(1), patient(*number))).count();
    assert_eq!(taken, PER_MINUTE_OF_USER as usize);
    assert!(lane.take(user(2), Whose::Own));
    time.pass(MINUTE);
    assert!(lane.take(user(1), patient(1)));
}

#[test]
fn all_users_together_have_a_bound() {
    let (lane, _) = lane();
    let taken = (0..=u8::MAX).flat_map(|number| vec![number; 12]);
    let taken = taken.filter(|number| lane.take(user(*number), Whose::Own)).count();
    assert_eq!(taken, PER_MINUTE as usize / 2);
}

#[test]
fn whose_a_value_is_says_the_request_except_for_a_patient() {
    let somebody = |role| Principal {
        login: "anna".to_owned(),
        role,
        clinic_id: "demo".parse().expect("a clinic id"),
        patient_id: None,
        session_id: SessionId(Uuid::from_u128(9)),
        must_change_password: false,
    };
    let (patient, gateway) = (somebody(Role::Patient), somebody(Role::Service));
    let id = Uuid::from_u128(7);
    let (named, path) = (id.to_string(), "/api/observations");
    let correcting = format!("/api/observations/{id}/correct");
    let of = |who, path: &str, named| Whose::sent_by(who, path, named);
    assert_eq!(of(&gateway, path, Some(&named)), Whose::Patient(PatientId(id)));
    assert_eq!(of(&gateway, &correcting, None), Whose::Observation(ObservationId(id)));
    for named in [None, Some("anna")] {
        assert_eq!(of(&gateway, path, named), Whose::Own);
    }
    assert_eq!(of(&patient, path, Some(&named)), Whose::Own);
    assert_eq!(of(&patient, &correcting, None), Whose::Own);
}
