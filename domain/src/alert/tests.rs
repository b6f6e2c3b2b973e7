use uuid::Uuid;

use super::*;
use crate::alert_limits::SYMPTOM_SCORE_ABOVE;
use crate::observation::tests as observation;
use crate::observation::tests::scored;

const POLICY: AlertPolicy = AlertPolicy { symptom_score_above: SYMPTOM_SCORE_ABOVE };

fn sent_at() -> Timestamp {
    "2026-11-21T08:00:00Z".parse().expect("a timestamp")
}

fn judge(observation: &ObservationSubmitted) -> Option<AlertCreated> {
    Judged::as_submitted(observation, sent_at()).raises(&POLICY)
}

fn raise() -> AlertCommand {
    AlertCommand::Raise(judge(&scored(9)).expect("an alert"))
}

fn acknowledge(by: &str) -> AlertCommand {
    AlertCommand::Acknowledge { by: by.to_owned() }
}

fn release(by: &str) -> AlertCommand {
    AlertCommand::Release { by: by.to_owned() }
}

/// What becomes of the alert when its observation is changed to `score` by its `version`.
fn reassess(score: u8, version: u64) -> AlertCommand {
    let submitted = scored(9);
    let content = Content::from(&scored(score));
    let judged =
        Judged { submitted: &submitted, received_at: sent_at(), content, withdrawn: None, version };
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
    let note = Some("chest feels tight".to_owned());
    let alert = judge(&ObservationSubmitted { note, ..scored(8) }).expect("an alert");
    assert_eq!(alert.patient_id, PatientId(Uuid::from_u128(2)));
    assert_eq!(alert.message, "Score above threshold (7)");
    assert_eq!(alert.note.as_deref(), Some("chest feels tight"));
    assert_eq!(judge(&scored(7)), None);
}

#[test]
fn the_time_of_sending_stands_for_a_time_of_measuring_that_was_not_given() {
    let alert = judge(&scored(8)).expect("an alert");
    assert_eq!(alert.effective_at, sent_at());
    let given = "2026-11-21T07:30:00+01:00".parse().ok();
    let alert = judge(&ObservationSubmitted { effective_at: given, ..scored(8) });
    assert_eq!(alert.map(|alert| alert.effective_at), given);
}

#[test]
fn a_doubted_time_is_kept_with_its_doubt_and_when_it_was_received() {
    let (given, doubt) = ("2021-01-01T00:00:00Z".parse().ok(), Some(TimeDoubt::LongAgo));
    let doubted = ObservationSubmitted { effective_at: given, time_doubt: doubt, ..scored(9) };
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
fn nobody_gives_back_what_somebody_else_takes_care_of() {
    let taken = after(&[raise(), acknowledge("nurse1")]);
    assert_eq!(Alert::decide(Some(&taken), &release("nurse2")), Err(Rejection::TakenAlready));
    let free = after(&[raise()]);
    assert_eq!(Alert::decide(Some(&free), &release("nurse2")), Ok(None));
}

/// The same change, where what it says now is so urgent.
fn at_severity(severity: Severity, command: AlertCommand) -> AlertCommand {
    let AlertCommand::Reassess(reassessed) = command else { unreachable!() };
    let still = reassessed.still.clone().map(|still| StillDangerous { severity, ..still });
    AlertCommand::Reassess(AlertReassessed { still, ..reassessed })
}

#[test]
fn an_alert_that_stands_again_or_is_more_urgent_needs_somebody_anew() {
    let taken = [raise(), acknowledge("nurse1")];
    let stands_again = [&taken[..], &[reassess(3, 2), reassess(9, 3)]].concat();
    let rises = [&taken[..], &[at_severity(Severity::Critical, reassess(10, 2))]].concat();
    for commands in [stands_again, rises] {
        let alert = after(&commands);
        assert_eq!((alert.acknowledged_by.as_deref(), alert.stands), (None, true));
        let before = after(&commands[..commands.len() - 1]);
        let Ok(Some(Event::AlertReassessed(event))) =
            Alert::decide(Some(&before), &commands[commands.len() - 1])
        else {
            panic!("an event")
        };
        assert_eq!(event.released_from.as_deref(), Some("nurse1"));
        let next = after(&[&commands[..], &[acknowledge("nurse2")]].concat());
        assert_eq!(next.acknowledged_by.as_deref(), Some("nurse2"));
    }
}

#[test]
fn an_alert_that_is_no_worse_stays_with_whoever_took_it() {
    let taken = [raise(), acknowledge("nurse1")];
    for changes in [
        vec![reassess(10, 2)],
        vec![reassess(3, 2)],
        vec![
            at_severity(Severity::Watch, reassess(8, 2)),
            at_severity(Severity::Watch, reassess(9, 3)),
        ],
    ] {
        let alert = after(&[&taken[..], &changes].concat());
        assert_eq!(alert.acknowledged_by.as_deref(), Some("nurse1"));
    }
    let lower_then_higher =
        [at_severity(Severity::Watch, reassess(8, 2)), at_severity(Severity::High, reassess(9, 3))];
    assert_eq!(after(&[&taken[..], &lower_then_higher].concat()).acknowledged_by, None);
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
    let withdrawn =
        observation::after(&[observation::submit(9), observation::withdraw("not mine")]);
    let judged = Judged::now(&withdrawn, sent_at(), 2);
    assert_eq!(judged.raises(&POLICY), None);
    let reassessed = judged.reassesses(&POLICY, "symptom-score-high");
    assert_eq!((reassessed.still, reassessed.cause), (None, ReassessmentCause::Withdrawn));
    assert_eq!(reassessed.reason.as_deref(), Some("not mine"));
}

#[test]
fn a_correction_that_is_dangerous_by_another_rule_raises_an_alert_of_its_own() {
    let to_ten = observation::correct(5, observation::to(10));
    let corrected = observation::after(&[observation::submit(9), to_ten]);
    let judged = Judged::now(&corrected, sent_at(), 2);
    assert_eq!(judged.raises(&POLICY).map(|raised| raised.observation_version), Some(2));
    let other = judged.reassesses(&POLICY, "another-rule");
    assert_eq!(other.still, None, "only its own rule keeps an alert standing");
}
