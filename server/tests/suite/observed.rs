//! Observations as they are stored, for tests of what lies behind the API.

use domain::event::{Envelope, Event};
use domain::ids::{CorrelationId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::ObservationSubmitted;
use healthflow::clock::{Clock, SystemClock};

/// A symptom score that a patient called anna, of whom nothing else is known, has sent.
pub(crate) fn scored(score: u8) -> ObservationSubmitted {
    ObservationSubmitted {
        observation_id: ObservationId(SystemClock.fresh_uuid()),
        patient_id: PatientId(SystemClock.fresh_uuid()),
        patient_login: "anna".to_owned(),
        clinic_id: "demo".parse().unwrap(),
        measurement: Measurement::SymptomScore(score),
        effective_at: None,
        time_doubt: None,
        note: None,
        submitted_by: None,
    }
}

/// `submitted` as the first event of its stream, taken in just now.
pub(crate) fn taken_in(submitted: ObservationSubmitted) -> Envelope {
    let recorded = SystemClock.recorded(CorrelationId(SystemClock.fresh_uuid()), None);
    Envelope::new(Event::ObservationSubmitted(submitted), 1, recorded)
}
