//! What an entry of the audit log says. Its JSON is kept for years: fields may be added, never
//! renamed or given another meaning.

use std::borrow::Cow;
use std::net::IpAddr;

pub use app::wire::Outcome;
use domain::ids::{ClinicId, CorrelationId, PatientId, SessionId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most patients one entry names, so that it and its index rows fit into one transaction.
pub const PATIENTS_MAX: usize = 90;

/// One access, or one attempt, as the one who decides about it knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The login of whoever asked; `None` for a stranger.
    pub who: Option<String>,
    /// Their role's stable name.
    pub role: Option<Cow<'static, str>>,
    /// The clinic they belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who_clinic: Option<ClinicId>,
    /// Which patient they are, if they are one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<PatientId>,
    /// Which of their sessions it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// What they did: a stable name such as `observations.read`.
    pub action: Cow<'static, str>,
    /// Whose data it is; empty if nobody's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub whose: Vec<PatientId>,
    /// The clinic that answers for the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic_id: Option<ClinicId>,
    /// The address they came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// The purpose they gave, such as the reason for an emergency access. No health data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether they were let.
    pub outcome: Outcome,
    /// Joins the entry with all that the same request caused.
    pub correlation_id: CorrelationId,
}

impl Access {
    /// Whether a patient was let at what is their own and nobody else's.
    #[must_use]
    pub fn is_to_own_record(&self) -> bool {
        let own = self.patient.filter(|_| self.outcome == Outcome::Allowed);
        own.is_some_and(|own| self.whose.iter().all(|patient| *patient == own))
    }

    /// The same access in parts that name at most [`PATIENTS_MAX`] patients each.
    #[must_use]
    pub fn in_parts(self) -> Vec<Self> {
        if self.whose.len() <= PATIENTS_MAX {
            return vec![self];
        }
        let part = |whose: &[PatientId]| Self { whose: whose.to_vec(), ..self.clone() };
        self.whose.chunks(PATIENTS_MAX).map(part).collect()
    }
}

/// An access as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Which entry it is; later ones sort after earlier ones (UUID version 7).
    pub id: Uuid,
    /// When it was decided.
    pub at: Timestamp,
    /// What was decided.
    #[serde(flatten)]
    pub access: Access,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn access(whose: &[u128]) -> Access {
        Access {
            who: Some("clinician1".to_owned()),
            role: Some("clinician".into()),
            who_clinic: None,
            patient: None,
            session_id: None,
            action: "observations.read".into(),
            whose: whose.iter().map(|n| PatientId(Uuid::from_u128(*n))).collect(),
            clinic_id: "north".parse().ok(),
            from: None,
            why: None,
            outcome: Outcome::Allowed,
            correlation_id: CorrelationId(Uuid::from_u128(7)),
        }
    }

    #[test]
    fn a_kept_entry_is_read_for_ever() {
        let kept = r#"{"id":"00000000-0000-0000-0000-000000000001","at":"2026-11-21T08:00:00Z","who":"clinician1","role":"clinician","session_id":"00000000-0000-0000-0000-000000000003","action":"observations.read","whose":["00000000-0000-0000-0000-000000000002"],"clinic_id":"north","from":"192.0.2.7","why":"emergency: no other clinician on duty","outcome":"denied","correlation_id":"00000000-0000-0000-0000-000000000007"}"#;
        let entry: Entry = serde_json::from_str(kept).expect("readable");
        let expected = Access {
            session_id: Some(SessionId(Uuid::from_u128(3))),
            from: "192.0.2.7".parse().ok(),
            why: Some("emergency: no other clinician on duty".to_owned()),
            outcome: Outcome::Denied,
            ..access(&[2])
        };
        assert_eq!(entry.access, expected);
        assert_eq!(serde_json::to_string(&entry).expect("JSON"), kept);
    }

    #[test]
    fn only_what_is_a_patients_own_and_allowed_is_to_their_own_record() {
        let own = PatientId(Uuid::from_u128(1));
        let by_patient = |whose: &[u128]| Access { patient: Some(own), ..access(whose) };
        assert!(by_patient(&[1]).is_to_own_record());
        assert!(by_patient(&[]).is_to_own_record());
        assert!(!by_patient(&[1, 2]).is_to_own_record());
        assert!(!Access { outcome: Outcome::Denied, ..by_patient(&[1]) }.is_to_own_record());
        assert!(!access(&[1]).is_to_own_record());
    }

    #[test]
    fn an_access_to_many_is_kept_in_parts_that_name_each_of_them_once() {
        let many: Vec<u128> = (0..200).collect();
        let parts = access(&many).in_parts();
        assert!(parts.iter().all(|part| part.whose.len() <= PATIENTS_MAX));
        let named: Vec<PatientId> = parts.into_iter().flat_map(|part| part.whose).collect();
        assert_eq!(named, access(&many).whose);
        assert_eq!(access(&[]).in_parts(), [access(&[])]);
    }
}
