//! From the schemas in which events were once written to those of today.
//!
//! Every version that was ever stored stays readable: an upcast leads from one version of a
//! payload to the next, and a golden file of each version proves it. What is stored is never
//! rewritten.

use serde_json::{Map, Value};

use crate::event::{
    ALERT_ACKNOWLEDGED, ALERT_CREATED, ALERT_REASSESSED, ALERT_RELEASED, OBSERVATION_CORRECTED,
    OBSERVATION_SUBMITTED, OBSERVATION_WITHDRAWN, PATIENT_CREATED,
};

/// The version of each type's payload that is written today.
pub const CURRENT_VERSIONS: [(&str, u32); 8] = [
    (PATIENT_CREATED, 1),
    (OBSERVATION_SUBMITTED, 1),
    (OBSERVATION_CORRECTED, 1),
    (OBSERVATION_WITHDRAWN, 1),
    (ALERT_CREATED, 2),
    (ALERT_ACKNOWLEDGED, 1),
    (ALERT_RELEASED, 1),
    (ALERT_REASSESSED, 1),
];

/// One step, from one version of one type's payload to the next.
struct Upcast {
    event_type: &'static str,
    from: u32,
    /// Changes the payload; the envelope around it is there to be read.
    apply: fn(payload: &mut Map<String, Value>, envelope: &Map<String, Value>),
}

const UPCASTS: [Upcast; 1] = [
    // Version 1 left `effective_at` out when the sender had not said; the worker raised the alert
    // moments after the observation was sent, so its own time stands for it.
    Upcast {
        event_type: ALERT_CREATED,
        from: 1,
        apply: |payload, envelope| {
            if let Some(timestamp) = envelope.get("timestamp") {
                payload.entry("effective_at").or_insert_with(|| timestamp.clone());
            }
        },
    },
];

/// Why a stored event has no meaning to this program. Nothing of its content is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is not what an event looks like.
    #[error("it is no event: malformed at line {line}, column {column}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 where the fault has no place of its own.
        column: usize,
    },
    /// Nothing of this type was ever written by this program.
    #[error("its type `{0}` is unknown: it may come from a newer version of HealthFlow")]
    UnknownType(String),
    /// A newer program wrote it.
    #[error("its schema version {version} of `{event_type}` is newer than this HealthFlow")]
    NewerSchema {
        /// The type.
        event_type: String,
        /// The version it was written in.
        version: u32,
    },
}

impl From<serde_json::Error> for DecodeError {
    fn from(error: serde_json::Error) -> Self {
        // Its own text can quote the input.
        Self::Malformed { line: error.line(), column: error.column() }
    }
}

/// The version in which events of this type are written today.
pub(crate) fn current_version(event_type: &str) -> Option<u32> {
    CURRENT_VERSIONS.iter().find(|(name, _)| *name == event_type).map(|(_, version)| *version)
}

/// Brings an envelope of an older version to today's.
pub(crate) fn upcast(envelope: &mut Map<String, Value>, event_type: &str, written: u32) {
    let Some(Value::Object(mut payload)) = envelope.remove("payload") else { return };
    let current = current_version(event_type).unwrap_or(written);
    for from in written..current {
        let steps = UPCASTS.iter().filter(|step| step.event_type == event_type);
        for step in steps.filter(|step| step.from == from) {
            (step.apply)(&mut payload, envelope);
        }
    }
    envelope.insert("payload".to_owned(), Value::Object(payload));
    envelope.insert("schema_version".to_owned(), Value::from(current));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_older_version_of_every_type_has_its_step() {
        for (event_type, current) in CURRENT_VERSIONS {
            for from in 1..current {
                let steps = UPCASTS
                    .iter()
                    .filter(|step| step.event_type == event_type && step.from == from);
                assert_eq!(steps.count(), 1, "{event_type} from version {from}");
            }
        }
    }
}
