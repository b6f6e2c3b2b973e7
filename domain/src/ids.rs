//! Identifiers as types, so that a patient's cannot be passed where an alert's is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The namespace of every identifier that is derived from other facts instead of drawn.
const DERIVED: Uuid = Uuid::from_u128(0x6b1f_4bd2_9d1e_5d0c_8f6a_41c7_05a9_e3f1);

/// The text is not a UUID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a UUID")]
pub struct NotAnId;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::parse_str(text).map(Self).map_err(|_| NotAnId)
            }
        }
    };
}

uuid_id!(
    /// One event; it never changes between deliveries.
    EventId
);
uuid_id!(
    /// One patient.
    PatientId
);
uuid_id!(
    /// One observation.
    ObservationId
);
uuid_id!(
    /// One correction of an observation.
    CorrectionId
);
uuid_id!(
    /// One alert.
    AlertId
);
uuid_id!(
    /// One sign-in on one device, until it ends.
    SessionId
);
uuid_id!(
    /// Joins everything that one request caused, from the browser to the last log line.
    CorrelationId
);

uuid_id!(
    /// One entry of the audit log; later ones sort after earlier ones.
    AuditEntryId
);

impl ObservationId {
    /// The identifier of the observation that a client sends under an idempotency key: the same
    /// patient and key always mean the same observation, so that a repeat finds the first.
    #[must_use]
    pub fn from_idempotency_key(patient: PatientId, key: &str) -> Self {
        Self(derive(&["observation", &patient.to_string(), key]))
    }

    /// The same where another `content` under the key is another observation, and not refused.
    #[must_use]
    pub fn from_key_and_content(patient: PatientId, key: &str, content: &str) -> Self {
        Self(derive(&["observation-form", &patient.to_string(), key, content]))
    }
}

impl CorrectionId {
    /// The identifier of the correction that a client sends under an idempotency key.
    #[must_use]
    pub fn from_idempotency_key(observation: ObservationId, key: &str) -> Self {
        Self(derive(&["correction", &observation.to_string(), key]))
    }

    /// The same where another `content` under the key is another correction, and not refused.
    #[must_use]
    pub fn from_key_and_content(observation: ObservationId, key: &str, content: &str) -> Self {
        Self(derive(&["correction", &observation.to_string(), key, content]))
    }
}

impl AlertId {
    /// The identifier of the alert that `rule` raises for `observation`. Derived, so that judging
    /// the same observation twice names the same alert and cannot raise a second one.
    #[must_use]
    pub fn for_rule(observation: ObservationId, rule: &str) -> Self {
        Self(derive(&["alert", &observation.to_string(), rule]))
    }
}

fn derive(parts: &[&str]) -> Uuid {
    Uuid::new_v5(&DERIVED, parts.join("\u{0}").as_bytes())
}

/// The clinic to which a patient, a clinician and an alert belong: a short slug such as `demo`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClinicId(String);

impl ClinicId {
    /// The longest clinic identifier, in characters.
    pub const MAX_CHARS: usize = 40;
}

impl fmt::Display for ClinicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a clinic's identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a clinic identifier is 1 to 40 lower-case letters, digits or hyphens")]
pub struct NotAClinicId;

impl FromStr for ClinicId {
    type Err = NotAClinicId;

    fn from_str(text: &str) -> Result<Self, NotAClinicId> {
        let fits = (1..=Self::MAX_CHARS).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAClinicId) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_observation_and_rule_name_the_same_alert() {
        let observation = ObservationId(Uuid::from_u128(1));
        assert_eq!(AlertId::for_rule(observation, "a"), AlertId::for_rule(observation, "a"));
        assert_ne!(AlertId::for_rule(observation, "a"), AlertId::for_rule(observation, "b"));
    }

    #[test]
    fn an_idempotency_key_belongs_to_one_patient() {
        let (one, other) = (PatientId(Uuid::from_u128(1)), PatientId(Uuid::from_u128(2)));
        assert_ne!(
            ObservationId::from_idempotency_key(one, "k"),
            ObservationId::from_idempotency_key(other, "k")
        );
    }

    #[test]
    fn rejects_a_clinic_id_that_could_break_an_index_key() {
        for bad in ["", "a#b", "Ward", "a b", &"x".repeat(41)] {
            assert_eq!(bad.parse::<ClinicId>(), Err(NotAClinicId), "{bad:?}");
        }
        assert!("north-2".parse::<ClinicId>().is_ok());
    }
}
