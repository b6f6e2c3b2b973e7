//! Stored events are a published format: every version that was ever written stays readable, and
//! today's is written exactly as its golden file says.
#![allow(clippy::expect_used, clippy::unwrap_used)]

use domain::access::Role;
use domain::alert::{
    AlertAcknowledged, AlertCreated, AlertReassessed, AlertReleased, ReassessmentCause,
    StillDangerous,
};
use domain::alert_limits::Severity;
use domain::decimal::exact;
use domain::event::{Envelope, Event, Recorded};
use domain::ids::{AlertId, CorrectionId, CorrelationId, EventId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::{
    ObservationCorrected, ObservationSubmitted, ObservationWithdrawn, Sender,
};
use domain::observation_time::TimeDoubt;
use domain::patient::PatientCreated;
use domain::upcast::DecodeError;
use domain::vital::{ObservationKind, Unit};
use serde_json::Value;
use uuid::Uuid;

fn recorded() -> Recorded {
    Recorded {
        event_id: EventId(Uuid::from_u128(0xe)),
        timestamp: "2026-11-21T07:40:00.123Z".parse().unwrap(),
        correlation_id: CorrelationId(Uuid::from_u128(0xc)),
        causation_id: None,
        trace_parent: None,
    }
}

fn submitted(measurement: Measurement) -> ObservationSubmitted {
    ObservationSubmitted {
        observation_id: ObservationId(Uuid::from_u128(2)),
        patient_id: PatientId(Uuid::from_u128(1)),
        patient_login: "anna".to_owned(),
        clinic_id: "demo".parse().unwrap(),
        measurement,
        effective_at: None,
        time_doubt: None,
        note: None,
        submitted_by: None,
    }
}

fn single(kind: ObservationKind, value: &str, unit: Unit) -> Measurement {
    Measurement::Single { kind, value: exact(value).unwrap(), unit }
}

fn pressure(systolic: &str, diastolic: &str) -> Measurement {
    let (systolic, diastolic) = (exact(systolic).unwrap(), exact(diastolic).unwrap());
    Measurement::BloodPressure { systolic, diastolic, unit: Unit::MmHg }
}

fn gateway() -> Sender {
    Sender { login: "gateway-3".to_owned(), role: Role::Service }
}

fn assert_is_golden(name: &str, golden: &str, event: Event, recorded: Recorded) {
    let envelope = Envelope::new(event, 1, recorded);
    let decoded = Envelope::decode(golden).expect(name);
    assert_eq!(decoded, envelope, "{name} is read as what it was written from");
    let golden: Value = serde_json::from_str(golden).expect(name);
    let written = serde_json::to_value(&envelope).expect(name);
    assert_eq!(written, golden, "{name} is written as it always was");
}

macro_rules! golden {
    ($file:literal, $event:expr) => {
        golden!($file, $event, recorded())
    };
    ($file:literal, $event:expr, $recorded:expr) => {
        assert_is_golden($file, include_str!(concat!("../golden/", $file)), $event, $recorded)
    };
}

#[test]
fn patient_created() {
    let created = PatientCreated {
        patient_id: PatientId(Uuid::from_u128(1)),
        clinic_id: "demo".parse().unwrap(),
        patient_login: "anna".to_owned(),
        email: Some("anna@example.org".to_owned()),
    };
    golden!("patient-created.v1.json", Event::PatientCreated(created.clone()));
    let without_email = PatientCreated { email: None, ..created };
    golden!("patient-created.no-email.v1.json", Event::PatientCreated(without_email));
}

#[test]
fn observation_submitted() {
    let event = |measurement| Event::ObservationSubmitted(submitted(measurement));
    golden!("observation-submitted.symptom-score.v1.json", event(Measurement::SymptomScore(9)));
    golden!("observation-submitted.blood-pressure.v1.json", event(pressure("185", "95")));
    golden!(
        "observation-submitted.temperature.v1.json",
        Event::ObservationSubmitted(ObservationSubmitted {
            effective_at: Some("2026-11-21T08:30:00+01:00".parse().unwrap()),
            note: Some("dizzy\ntoday".to_owned()),
            ..submitted(single(ObservationKind::Temperature, "39.1", Unit::Celsius))
        })
    );
}

/// With every digit of what a device converted, and the clock that it was doubted for.
#[test]
fn observation_submitted_by_a_gateway_with_a_wrong_clock() {
    golden!(
        "observation-submitted.gateway.v1.json",
        Event::ObservationSubmitted(ObservationSubmitted {
            effective_at: Some("2021-01-01T00:00:00Z".parse().unwrap()),
            time_doubt: Some(TimeDoubt::LongAgo),
            submitted_by: Some(gateway()),
            ..submitted(single(ObservationKind::Weight, "72.50", Unit::Kilogram))
        })
    );
}

#[test]
fn observation_corrected() {
    golden!(
        "observation-corrected.v1.json",
        Event::ObservationCorrected(ObservationCorrected {
            observation_id: ObservationId(Uuid::from_u128(2)),
            patient_id: PatientId(Uuid::from_u128(1)),
            clinic_id: "demo".parse().unwrap(),
            correction_id: CorrectionId(Uuid::from_u128(7)),
            measurement: pressure("118.00000000000001", "80"),
            effective_at: Some("2026-11-21T08:30:00+01:00".parse().unwrap()),
            time_doubt: None,
            note: Some("read the wrong line".to_owned()),
            corrected_by: gateway(),
        })
    );
}

#[test]
fn observation_withdrawn() {
    golden!(
        "observation-withdrawn.v1.json",
        Event::ObservationWithdrawn(ObservationWithdrawn {
            observation_id: ObservationId(Uuid::from_u128(2)),
            patient_id: PatientId(Uuid::from_u128(1)),
            clinic_id: "demo".parse().unwrap(),
            reason: "my husband's value".to_owned(),
            withdrawn_by: Sender { login: "anna".to_owned(), role: Role::Patient },
        })
    );
}

#[test]
fn an_event_that_was_traced() {
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let traced = Recorded { trace_parent: traceparent.parse().ok(), ..recorded() };
    let event = Event::ObservationSubmitted(submitted(Measurement::SymptomScore(9)));
    golden!("observation-submitted.traced.v1.json", event.clone(), traced);
    let golden = include_str!("../golden/observation-submitted.traced.v1.json");
    let other = golden.replace(traceparent, "of another format");
    let decoded = Envelope::decode(&other).expect("no event is given up for want of its trace");
    assert_eq!(decoded, Envelope::new(event, 1, recorded()));
}

fn alert() -> AlertCreated {
    let measured = submitted(Measurement::SymptomScore(9));
    AlertCreated {
        alert_id: AlertId(Uuid::from_u128(3)),
        clinic_id: measured.clinic_id,
        patient_id: measured.patient_id,
        patient_login: measured.patient_login,
        observation_id: measured.observation_id,
        measurement: measured.measurement,
        effective_at: "2026-11-21T07:39:59Z".parse().unwrap(),
        time_doubt: None,
        received_at: None,
        note: None,
        observation_version: 1,
        rule: "symptom-score-high".to_owned(),
        severity: Severity::High,
        message: "Score above threshold (7)".to_owned(),
    }
}

fn caused() -> Recorded {
    Recorded { causation_id: Some(EventId(Uuid::from_u128(0xd))), ..recorded() }
}

#[test]
fn alert_created() {
    golden!("alert-created.v2.json", Event::AlertCreated(alert()), caused());
}

#[test]
fn alert_created_with_the_patients_words() {
    golden!(
        "alert-created.words.v2.json",
        Event::AlertCreated(AlertCreated {
            time_doubt: Some(TimeDoubt::Ahead),
            received_at: Some(recorded().timestamp),
            note: Some("chest feels tight".to_owned()),
            observation_version: 2,
            ..alert()
        }),
        caused()
    );
}

/// Version 1 had no `effective_at` when the sender had not said when it was measured.
#[test]
fn alert_created_in_version_1_is_still_read() {
    let decoded = Envelope::decode(include_str!("../golden/alert-created.v1.json")).unwrap();
    let raised = AlertCreated { effective_at: recorded().timestamp, ..alert() };
    assert_eq!(decoded, Envelope::new(Event::AlertCreated(raised), 1, caused()));
}

#[test]
fn alert_acknowledged() {
    let acknowledged = AlertAcknowledged {
        alert_id: AlertId(Uuid::from_u128(3)),
        clinic_id: "demo".parse().unwrap(),
        acknowledged_by: "nurse1".to_owned(),
    };
    golden!("alert-acknowledged.v1.json", Event::AlertAcknowledged(acknowledged));
}

#[test]
fn alert_released() {
    let released = AlertReleased {
        alert_id: AlertId(Uuid::from_u128(3)),
        clinic_id: "demo".parse().unwrap(),
        released_by: "nurse1".to_owned(),
    };
    golden!("alert-released.v1.json", Event::AlertReleased(released));
}

#[test]
fn alert_reassessed() {
    let reassessed = AlertReassessed {
        alert_id: AlertId(Uuid::from_u128(3)),
        clinic_id: "demo".parse().unwrap(),
        observation_version: 2,
        cause: ReassessmentCause::Corrected,
        measurement: Measurement::SymptomScore(8),
        effective_at: "2026-11-21T07:39:59Z".parse().unwrap(),
        time_doubt: None,
        note: None,
        reason: None,
        still: Some(StillDangerous {
            severity: Severity::High,
            message: "Score above threshold (7)".to_owned(),
        }),
        released_from: Some("nurse1".to_owned()),
    };
    golden!("alert-reassessed.v1.json", Event::AlertReassessed(reassessed.clone()), caused());
    let lifted = AlertReassessed {
        cause: ReassessmentCause::Withdrawn,
        reason: Some("my husband's value".to_owned()),
        still: None,
        released_from: None,
        ..reassessed
    };
    golden!("alert-reassessed.lifted.v1.json", Event::AlertReassessed(lifted), caused());
}

#[test]
fn what_a_newer_program_wrote_is_refused_by_name() {
    let golden = include_str!("../golden/patient-created.v1.json");
    let mut later: Value = serde_json::from_str(golden).unwrap();
    later["schema_version"] = Value::from(9);
    let newer = DecodeError::NewerSchema { event_type: "PatientCreated".to_owned(), version: 9 };
    assert_eq!(Envelope::decode(&later.to_string()), Err(newer));
    later["type"] = Value::from("PatientMerged");
    let unknown = DecodeError::UnknownType("PatientMerged".to_owned());
    assert_eq!(Envelope::decode(&later.to_string()), Err(unknown));
}

#[test]
fn what_is_broken_is_refused_without_quoting_it() {
    for broken in ["", "{}", "null", r#"{"type":"PatientCreated","schema_version":1}"#] {
        let refused = Envelope::decode(broken);
        assert!(matches!(refused, Err(DecodeError::Malformed { .. })), "{broken}");
    }
}

#[test]
fn a_reader_tolerates_fields_that_a_later_version_adds() {
    let golden = include_str!("../golden/patient-created.v1.json");
    let mut later: Value = serde_json::from_str(golden).unwrap();
    later["payload"]["added_later"] = Value::from(1);
    later["added_later"] = Value::from(true);
    assert!(Envelope::decode(&later.to_string()).is_ok());
}
