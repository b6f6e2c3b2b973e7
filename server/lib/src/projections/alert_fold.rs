//! An alert as its stream tells it.

use app::wire::{Acknowledgement, AlertItem, PastValue, Reassessment};
use domain::alert::{AlertCreated, AlertReassessed};
use domain::event::{Envelope, Event};
use domain::ids::ClinicId;

/// What the alert view shows of the alert with this stream, and whose it is; `None` for another
/// stream.
#[must_use]
pub fn alert_item(stream: &[Envelope]) -> Option<(&ClinicId, AlertItem)> {
    let (first, later) = stream.split_first()?;
    let Event::AlertCreated(created) = &first.event else { return None };
    let mut item = raised(first, created);
    for envelope in later {
        match &envelope.event {
            Event::AlertAcknowledged(acknowledged) => {
                let by = acknowledged.acknowledged_by.clone();
                item.acknowledged = Some(Acknowledgement { by, at: envelope.timestamp });
            }
            Event::AlertReleased(_) => {
                item.acknowledged = None;
                item.released_at = Some(envelope.timestamp);
            }
            Event::AlertReassessed(reassessed) => reassess(&mut item, envelope, reassessed),
            _ => {}
        }
    }
    Some((&created.clinic_id, item))
}

/// Who takes care of the alert with this stream, if somebody does.
#[must_use]
pub fn acknowledgement(stream: &[Envelope]) -> Option<Acknowledgement> {
    alert_item(stream)?.1.acknowledged
}

fn raised(envelope: &Envelope, alert: &AlertCreated) -> AlertItem {
    AlertItem {
        alert_id: alert.alert_id,
        patient_id: alert.patient_id,
        patient_login: alert.patient_login.clone(),
        observation_id: alert.observation_id,
        measurement: alert.measurement,
        severity: alert.severity,
        rule: alert.rule.clone(),
        message: alert.message.clone(),
        note: alert.note.clone(),
        created_at: envelope.timestamp,
        effective_at: alert.effective_at,
        time_doubt: alert.time_doubt,
        received_at: alert.received_at,
        acknowledged: None,
        released_at: None,
        reassessed: None,
    }
}

fn reassess(item: &mut AlertItem, envelope: &Envelope, event: &AlertReassessed) {
    item.reassessed = Some(Reassessment {
        at: envelope.timestamp,
        cause: event.cause,
        stands: event.still.is_some(),
        before: PastValue {
            measurement: item.measurement,
            note: item.note.take().filter(|note| Some(note) != event.note.as_ref()),
        },
        reason: event.reason.clone(),
        released_from: event.released_from.clone(),
    });
    if event.released_from.is_some() {
        item.acknowledged = None;
        item.released_at = Some(envelope.timestamp);
    }
    item.measurement = event.measurement;
    item.effective_at = event.effective_at;
    item.time_doubt = event.time_doubt;
    item.note.clone_from(&event.note);
    if let Some(still) = &event.still {
        item.severity = still.severity;
        item.message.clone_from(&still.message);
    }
}
