//! An observation as its stream tells it.

use app::wire::{EarlierVersion, ObservationItem, Withdrawal};
use domain::event::{Envelope, Event};
use domain::observation::Content;

/// What the observation view shows of the observation with this stream; `None` for another stream.
#[must_use]
pub fn observation_item(stream: &[Envelope]) -> Option<ObservationItem> {
    let (first, later) = stream.split_first()?;
    let Event::ObservationSubmitted(submitted) = &first.event else { return None };
    let received_at = first.timestamp;
    let mut content = Content::from(submitted);
    let mut history = Vec::new();
    let mut withdrawn = None;
    for envelope in later {
        match &envelope.event {
            Event::ObservationCorrected(corrected) => {
                history.push(EarlierVersion {
                    measurement: content.measurement,
                    effective_at: content.effective_at.unwrap_or(received_at),
                    time_doubt: content.time_doubt,
                    note: content.note.take(),
                    corrected_at: envelope.timestamp,
                    corrected_by: corrected.corrected_by.clone(),
                });
                content = Content::from(corrected);
            }
            Event::ObservationWithdrawn(event) => {
                withdrawn = Some(Withdrawal {
                    at: envelope.timestamp,
                    by: event.withdrawn_by.clone(),
                    reason: event.reason.clone(),
                });
            }
            _ => {}
        }
    }
    Some(ObservationItem {
        observation_id: submitted.observation_id,
        version: stream.last().unwrap_or(first).stream_version,
        patient_id: submitted.patient_id,
        patient_login: submitted.patient_login.clone(),
        measurement: content.measurement,
        effective_at: content.effective_at.unwrap_or(received_at),
        time_doubt: content.time_doubt,
        submitted_at: received_at,
        submitted_by: submitted.submitted_by.clone(),
        note: content.note,
        // By the limits of whoever reads it: a row does not change when they do.
        severity: None,
        history,
        withdrawn,
    })
}
