use uuid::Uuid;

use super::*;
use crate::decimal::whole;
use crate::vital::{ObservationKind, Unit};

fn anna() -> Sender {
    Sender { login: "anna".to_owned(), role: Role::Patient }
}

/// Anna's first observation.
pub(crate) fn scored(score: u8) -> ObservationSubmitted {
    ObservationSubmitted {
        observation_id: ObservationId(Uuid::from_u128(1)),
        patient_id: PatientId(Uuid::from_u128(2)),
        patient_login: "anna".to_owned(),
        clinic_id: "demo".parse().expect("a clinic id"),
        measurement: Measurement::SymptomScore(score),
        effective_at: None,
        time_doubt: None,
        note: None,
        submitted_by: None,
    }
}

pub(crate) fn submit(score: u8) -> ObservationCommand {
    ObservationCommand::Submit(scored(score))
}

pub(crate) fn to(score: u8) -> Change {
    Change { measurement: Some(Measurement::SymptomScore(score)), ..Change::default() }
}

pub(crate) fn correct(number: u128, change: Change) -> ObservationCommand {
    ObservationCommand::Correct {
        correction_id: CorrectionId(Uuid::from_u128(number)),
        change,
        based_on: None,
        by: anna(),
    }
}

pub(crate) fn withdraw(reason: &str) -> ObservationCommand {
    ObservationCommand::Withdraw { reason: reason.to_owned(), based_on: None, by: anna() }
}

/// The same change, made upon this version.
fn upon(version: u64, mut command: ObservationCommand) -> ObservationCommand {
    match &mut command {
        ObservationCommand::Correct { based_on, .. }
        | ObservationCommand::Withdraw { based_on, .. } => *based_on = Some(version),
        ObservationCommand::Submit(_) => {}
    }
    command
}

/// The observation after these commands, each of which changes something.
pub(crate) fn after(commands: &[ObservationCommand]) -> Observation {
    let observation = commands.iter().fold(None, |state, command| {
        let event =
            Observation::decide(state.as_ref(), command).expect("allowed").expect("an event");
        Observation::evolve(state, &event)
    });
    observation.expect("an observation")
}

fn decide(state: &Observation, command: &ObservationCommand) -> Result<Option<Event>, Rejection> {
    Observation::decide(Some(state), command)
}

#[test]
fn takes_in_a_new_observation() {
    assert_eq!(after(&[submit(9)]).content().measurement, Measurement::SymptomScore(9));
}

#[test]
fn repeating_a_submission_is_no_event() {
    assert_eq!(decide(&after(&[submit(9)]), &submit(9)), Ok(None));
}

#[test]
fn a_submission_whose_time_is_believed_by_now_is_the_same() {
    let at = "2026-11-21T08:16:00Z".parse().ok();
    let sent = |time_doubt| {
        ObservationCommand::Submit(ObservationSubmitted {
            effective_at: at,
            time_doubt,
            ..scored(9)
        })
    };
    assert_eq!(decide(&after(&[sent(Some(TimeDoubt::Ahead))]), &sent(None)), Ok(None));
}

#[test]
fn rejects_the_same_key_with_another_body() {
    let refused = decide(&after(&[submit(9)]), &submit(8));
    assert_eq!(refused, Err(Rejection::KeyUsedForAnother));
    let corrected = after(&[submit(9), correct(1, to(3))]);
    assert_eq!(decide(&corrected, &correct(1, to(4))), Err(Rejection::KeyUsedForAnother));
}

#[test]
fn a_correction_changes_what_it_names_and_keeps_the_rest() {
    let noted = Change { note: Some(Some("dizzy".to_owned())), ..Change::default() };
    let corrected = after(&[submit(9), correct(1, noted), correct(2, to(6))]);
    let content = corrected.content();
    assert_eq!(content.measurement, Measurement::SymptomScore(6));
    assert_eq!(content.note.as_deref(), Some("dizzy"));
    let bare =
        after(&[submit(9), correct(1, to(6)), correct(2, Change { note: Some(None), ..to(5) })]);
    assert_eq!(bare.content().note, None);
    assert_eq!(bare.corrections.len(), 2, "nothing of the history is lost");
}

#[test]
fn repeating_a_correction_is_no_event_even_after_a_later_one() {
    let corrected = after(&[submit(9), correct(1, to(3)), correct(2, to(9))]);
    assert_eq!(decide(&corrected, &correct(1, to(3))), Ok(None));
    assert_eq!(corrected.content().measurement, Measurement::SymptomScore(9));
}

#[test]
fn correcting_to_what_is_there_is_no_event() {
    assert_eq!(decide(&after(&[submit(9)]), &correct(1, to(9))), Ok(None));
    assert_eq!(decide(&after(&[submit(9)]), &correct(1, Change::default())), Ok(None));
}

#[test]
fn rejects_a_correction_to_another_kind() {
    let pulse = Measurement::Single {
        kind: ObservationKind::HeartRate,
        value: whole(72),
        unit: Unit::PerMinute,
    };
    let change = Change { measurement: Some(pulse), ..Change::default() };
    assert_eq!(decide(&after(&[submit(9)]), &correct(1, change)), Err(Rejection::OtherKind));
}

#[test]
fn rejects_correcting_what_was_withdrawn() {
    let withdrawn = after(&[submit(9), withdraw("not mine")]);
    assert_eq!(decide(&withdrawn, &correct(1, to(3))), Err(Rejection::Withdrawn));
}

#[test]
fn withdrawing_twice_is_once() {
    let withdrawn = after(&[submit(9), withdraw("not mine")]);
    assert_eq!(decide(&withdrawn, &withdraw("another reason")), Ok(None));
}

#[test]
fn a_change_made_upon_what_is_no_longer_said_changes_nothing() {
    let corrected = after(&[submit(3), upon(1, correct(1, to(9)))]);
    assert_eq!(corrected.version(), 2);
    let noted = Change { note: Some(Some("dizzy".to_owned())), ..to(3) };
    let stale = Err(Rejection::Changed { version: 2 });
    for basis in [1, 3, 0] {
        assert_eq!(decide(&corrected, &upon(basis, correct(2, noted.clone()))), stale);
        assert_eq!(decide(&corrected, &upon(basis, withdraw("not mine"))), stale);
    }
    for change in [correct(2, noted), withdraw("not mine")] {
        assert!(decide(&corrected, &upon(2, change)).is_ok_and(|event| event.is_some()));
    }
}

#[test]
fn what_was_done_already_is_no_event_whatever_it_was_made_upon() {
    let corrected = after(&[submit(3), correct(1, to(9)), correct(2, to(5))]);
    assert_eq!(decide(&corrected, &upon(1, correct(1, to(9)))), Ok(None), "the same once more");
    assert_eq!(decide(&corrected, &upon(1, correct(7, to(5)))), Ok(None), "it is said already");
    let withdrawn = after(&[submit(3), correct(1, to(9)), withdraw("not mine")]);
    assert_eq!(withdrawn.version(), 3);
    assert_eq!(decide(&withdrawn, &upon(1, withdraw("not mine"))), Ok(None));
    assert_eq!(decide(&withdrawn, &upon(1, correct(2, to(3)))), Err(Rejection::Withdrawn));
}

#[test]
fn rejects_changing_what_was_never_sent() {
    for command in [correct(1, to(3)), withdraw("not mine")] {
        assert_eq!(Observation::decide(None, &command), Err(Rejection::NotThere));
    }
}

#[test]
fn rejects_corrections_without_end() {
    let mut commands = vec![submit(9)];
    for number in 0..CORRECTIONS_MAX {
        let score = if number % 2 == 0 { 3 } else { 4 };
        commands.push(correct(u128::try_from(number).expect("small"), to(score)));
    }
    let full = after(&commands);
    assert_eq!(decide(&full, &correct(999, to(9))), Err(Rejection::TooManyCorrections));
    assert!(decide(&full, &withdraw("enough")).is_ok_and(|event| event.is_some()));
}

#[test]
fn only_who_sent_it_is_its_sender() {
    let gateway = Sender { login: "gate".to_owned(), role: Role::Service };
    let by_gateway = ObservationSubmitted { submitted_by: Some(gateway.clone()), ..scored(5) };
    assert_eq!(by_gateway.sent_by(&gateway), SentBy::Subject);
    assert_eq!(by_gateway.sent_by(&anna()), SentBy::Another);
    assert_eq!(scored(5).sent_by(&anna()), SentBy::Subject);
    assert_eq!(scored(5).sent_by(&gateway), SentBy::Another);
}

#[test]
fn a_reason_is_a_few_words_in_one_line() {
    assert!(check_reason(" \n ").is_err());
    assert!(check_reason(&"x".repeat(501)).is_err());
    assert_eq!(check_reason(" wrong\nperson "), Ok("wrong person".to_owned()));
}
