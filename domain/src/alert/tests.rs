use uuid::Uuid;

use super::*;
use crate::access::Role;
use crate::alert_limits::SYMPTOM_SCORE_ABOVE;
use crate::ids::CorrectionId;
use crate::observation::{Change, ObservationCommand, Sender};

const POLICY: AlertPolicy = AlertPolicy { symptom_score_above: SYMPTOM_SCORE_ABOVE };

fn sent_at() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().expect("a timestamp")
}

fn observed(score: u8) -> ObservationSubmitted {
    ObservationSubmitted {
        observation_id: ObservationId(Uuid::from_u128(1)),
        patient_id: PatientId(Uuid::from_u128(2)),
        patient_login: "anna".to_owned(),
        clinic_id: "demo".parse().expect("a clinic id"),
        measurement: Measurement::SymptomScore(score),
        effective_at: None,
        time_doubt: None,
        note: Some("chest feels tight".to_owned()),
        submitted_by: None,
    }
}

fn judge(observation: &ObservationSubmitted) -> Option<AlertCreated> {
    Judged::as_submitted(observation, sent_at()).raises(&POLICY)
}

fn raise() -> AlertCommand {
    AlertCommand::Raise(judge(&observed(9)).expect("an alert"))
}

fn acknowledge(by: &str) -> AlertCommand {
    AlertCommand::Acknowledge { by: by.to_owned() }
}

fn release(by: &str) -> AlertCommand {
    AlertCommand::Release { by: by.to_owned() }
}

/// What becomes of the alert when its observation is changed to `score` by its `version`.
fn reassess(score: u8, version: u64) -> AlertCommand {
    let submitted = observed(9);
    let content = Content::from(&observed(score));
    let judged = Judged {
        submitted: &submitted,
        received_at: sent_at(),
        content,
        is_withdrawn: false,
        version,
    };
    AlertCommand::Reassess(judged.reassesses(&POLICY, "symptom-score-high"))
}

/// The alert after these commands, each of which changes something.
fn after(commands: &[AlertCommand]) -> Alert {
    let alert = commands.iter().fold(None, |state, command| {
        let event = Alert::decide(state.as_ref(), command).expect("allowed").expect("an event");
        Alert::evolve(state, &event)
    });
    alert.expect("an alert")
}

#[test]
fn a_dangerous_observation_raises_one_alert_for_its_patient_with_their_words() {
    let alert = judge(&observed(8)).expect("an alert");
    assert_eq!(alert.patient_id, PatientId(Uuid::from_u128(2)));
    assert_eq!(alert.message, "Score above threshold (7)");
    assert_eq!(alert.note.as_deref(), Some("chest feels tight"));
    assert_eq!(judge(&observed(7)), None);
}

#[test]
fn the_time_of_sending_stands_for_a_time_of_measuring_that_was_not_given() {
    let alert = judge(&observed(8)).expect("an alert");
    assert_eq!(alert.effective_at, sent_at());
    let given = "2026-11-21T07:30:00+01:00".parse().ok();
    let alert = judge(&ObservationSubmitted { effective_at: given, ..observed(8) });
    assert_eq!(alert.map(|alert| alert.effective_at), given);
}

#[test]
fn a_doubted_time_is_kept_with_its_doubt_and_when_it_was_received() {
    let (given, doubt) = ("2021-01-01T00:00:00Z".parse().ok(), Some(TimeDoubt::LongAgo));
    let doubted = ObservationSubmitted { effective_at: given, time_doubt: doubt, ..observed(9) };
    let alert = judge(&doubted).expect("an alert");
    assert_eq!((Some(alert.effective_at), alert.time_doubt), (given, doubt));
    assert_eq!(alert.received_at, Some(sent_at()));
}

#[test]
fn an_alert_that_exists_is_not_raised_again() {
    assert_eq!(Alert::decide(Some(&after(&[raise()])), &raise()), Ok(None));
}

#[test]
fn an_alert_stays_with_the_first_who_acknowledged_it() {
    let alert = after(&[raise(), acknowledge("nurse1")]);
    assert_eq!(alert.acknowledged_by.as_deref(), Some("nurse1"));
    assert_eq!(Alert::decide(Some(&alert), &acknowledge("nurse1")), Ok(None));
    let second = Alert::decide(Some(&alert), &acknowledge("nurse2"));
    assert_eq!(second, Err(Rejection::TakenAlready));
}

#[test]
fn an_alert_that_was_released_is_for_whoever_comes_next() {
    let released = after(&[raise(), acknowledge("nurse1"), release("nurse1")]);
    assert_eq!(released.acknowledged_by, None);
    assert_eq!(Alert::decide(Some(&released), &release("nurse1")), Ok(None));
    let taken = after(&[raise(), acknowledge("nurse1"), release("nurse1"), acknowledge("nurse2")]);
    assert_eq!(taken.acknowledged_by.as_deref(), Some("nurse2"));
}

#[test]
fn rejects_whatever_is_asked_of_an_alert_that_was_never_raised() {
    for command in [acknowledge("nurse1"), release("nurse1"), reassess(3, 2)] {
        assert_eq!(Alert::decide(None, &command), Err(Rejection::NotRaised));
    }
}

#[test]
fn a_correction_says_whether_the_alert_still_stands() {
    let AlertCommand::Reassess(lower) = reassess(8, 2) else { unreachable!() };
    assert_eq!(lower.still.map(|still| still.severity), Some(Severity::High));
    let AlertCommand::Reassess(harmless) = reassess(3, 2) else { unreachable!() };
    assert_eq!((harmless.still, harmless.cause), (None, ReassessmentCause::Corrected));
}

#[test]
fn an_older_version_of_the_observation_says_nothing_new() {
    let alert = after(&[raise(), reassess(3, 3)]);
    assert_eq!(Alert::decide(Some(&alert), &reassess(8, 2)), Ok(None));
    assert_eq!(Alert::decide(Some(&alert), &reassess(3, 3)), Ok(None));
    assert!(Alert::decide(Some(&alert), &reassess(9, 4)).is_ok_and(|event| event.is_some()));
}

#[test]
fn a_withdrawn_observation_raises_nothing_and_lifts_its_alert() {
    let by = Sender { login: "anna".to_owned(), role: Role::Patient };
    let commands = [
        ObservationCommand::Submit(observed(9)),
        ObservationCommand::Withdraw { reason: "not mine".to_owned(), by },
    ];
    let observation = commands.iter().fold(None, |state: Option<Observation>, command| {
        let event =
            Observation::decide(state.as_ref(), command).expect("allowed").expect("an event");
        Observation::evolve(state, &event)
    });
    let observation = observation.expect("an observation");
    let judged = Judged::now(&observation, sent_at(), 2);
    assert_eq!(judged.raises(&POLICY), None);
    let reassessed = judged.reassesses(&POLICY, "symptom-score-high");
    assert_eq!((reassessed.still, reassessed.cause), (None, ReassessmentCause::Withdrawn));
}

#[test]
fn a_correction_that_is_dangerous_by_another_rule_raises_an_alert_of_its_own() {
    let submitted = observed(9);
    let by = Sender { login: "anna".to_owned(), role: Role::Patient };
    let change = Change { measurement: Some(Measurement::SymptomScore(10)), ..Change::default() };
    let correction_id = CorrectionId(Uuid::from_u128(5));
    let commands = [
        ObservationCommand::Submit(submitted.clone()),
        ObservationCommand::Correct { correction_id, change, by },
    ];
    let observation = commands.iter().fold(None, |state: Option<Observation>, command| {
        let event =
            Observation::decide(state.as_ref(), command).expect("allowed").expect("an event");
        Observation::evolve(state, &event)
    });
    let observation = observation.expect("an observation");
    let raised = Judged::now(&observation, sent_at(), 2).raises(&POLICY).expect("an alert");
    assert_eq!(raised.observation_version, 2);
    let other = Judged::now(&observation, sent_at(), 2).reassesses(&POLICY, "another-rule");
    assert_eq!(other.still, None, "only its own rule keeps an alert standing");
}
