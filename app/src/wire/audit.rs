//! Who did what with whose data: for auditors, and for patients about their own.

use domain::access::Role;
use domain::field_error::FieldError;
use domain::ids::{AuditEntryId, ClinicId, CorrelationId, PatientId, SessionId};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Which entries of the audit log somebody looks for, as typed; what is empty does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditQuery {
    /// By the person of this login.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub who: String,
    /// To the data of the patient of this user name or identifier.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub patient: String,
    /// With this action, or those whose names begin so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// From this day (UTC) or moment on.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// Up to the end of this day (UTC), or before this moment.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// `true`: only what was denied.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub denied: String,
}

impl AuditQuery {
    /// Its fields, by their names in forms.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, &str); 6] {
        let Self { who, patient, action, from, to, denied } = self;
        [
            ("who", who),
            ("patient", patient),
            ("action", action),
            ("from", from),
            ("to", to),
            ("denied", denied),
        ]
    }
}

/// What an auditor looks for, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFindings {
    /// What they look for.
    pub query: AuditQuery,
    /// What was found, or why nothing can be looked for in this way.
    pub found: Result<AuditPage, Vec<FieldError>>,
}

/// Whether somebody was let.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// They were let.
    Allowed,
    /// They were not.
    Denied,
}

/// One access, as the auditor of the clinic sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditItem {
    /// Which entry it is.
    pub entry_id: AuditEntryId,
    /// When it was decided.
    pub at: Timestamp,
    /// The login of whoever asked; `None` for a stranger.
    pub who: Option<String>,
    /// Their role.
    pub role: Option<Role>,
    /// The clinic they belong to.
    pub who_clinic: Option<ClinicId>,
    /// What they did, by its stable name: see [`crate::access_words`].
    pub action: String,
    /// Whose data it was; empty if nobody's.
    pub whose: Vec<PatientId>,
    /// The address they came from.
    pub from: Option<String>,
    /// The purpose they gave.
    pub why: Option<String>,
    /// Whether they were let.
    pub outcome: Outcome,
    /// Which of their sessions it was.
    pub session_id: Option<SessionId>,
    /// Joins the entry with all that the same request caused.
    pub correlation_id: CorrelationId,
}

/// A part of a clinic's audit log, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The clinic.
    pub clinic_id: ClinicId,
    /// The entries.
    pub entries: Vec<AuditItem>,
    /// The names of patients they are about, as far as there are not too many.
    pub patients: Vec<NamedPatient>,
    /// Where the next part begins; `None` at the end.
    pub next_cursor: Option<String>,
}

/// A patient's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedPatient {
    /// Who it is.
    pub patient_id: PatientId,
    /// The name they sign in with.
    pub patient_login: String,
}

/// That somebody opened a patient's record, or tried to, as the patient sees it. What the same
/// person did repeatedly within an hour is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisclosureItem {
    /// When; the last time, if it was done repeatedly.
    pub at: Timestamp,
    /// How often.
    pub times: u32,
    /// The login of whoever did it; `None` where that would be another patient's.
    pub who: Option<String>,
    /// Their role.
    pub role: Option<Role>,
    /// The clinic they belong to, if it is not the patient's own.
    pub other_clinic: Option<ClinicId>,
    /// What they did, by its stable name: see [`crate::access_words`].
    pub action: String,
    /// Why, in their words, if it was an emergency.
    pub emergency_reason: Option<String>,
    /// Whether they were let.
    pub outcome: Outcome,
}
