//! The types both web apps and the REST API exchange.

pub use domain::access::Role;
pub use domain::alert::ReassessmentCause;
use domain::alert_limits::{AlertPolicy, Severity};
use domain::field_error::FieldError;
use domain::ids::{
    AlertId, AuditEntryId, ClinicId, CorrelationId, ObservationId, PatientId, SessionId,
};
use domain::measurement::Measurement;
pub use domain::observation::Sender;
pub use domain::observation_time::TimeDoubt;
use domain::observation_time::{believed, is_late};
use domain::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// Who is signed in, as far as a page needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedInUser {
    /// The name they sign in with.
    pub login: String,
    /// What they may do.
    pub role: Role,
    /// Whether they must choose a new password before anything else.
    pub must_change_password: bool,
    /// After so many seconds without a sign of life the session ends.
    pub idle_timeout_s: u32,
    /// So many seconds are left until the session ends whatever happens.
    pub ends_in_s: u32,
}

/// A session, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionItem {
    /// The session.
    pub session_id: SessionId,
    /// The browser or program, in words.
    pub device: String,
    /// When they signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// An account of a clinic's staff, as its administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffItem {
    /// The name they sign in with.
    pub login: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may not sign in.
    pub is_disabled: bool,
    /// Whether they have yet to choose a password.
    pub must_change_password: bool,
}

/// Somebody new on a clinic's staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStaff {
    /// The name they will sign in with.
    pub username: String,
    /// What they may do, by its wire name.
    pub role: String,
}

/// A password that opens an account once, to choose another. It is shown once and kept nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimePassword {
    /// Whose account it opens.
    pub login: String,
    /// The password.
    pub password: String,
}

/// A record that was opened in an emergency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyItem {
    /// Whose record.
    pub patient_id: PatientId,
    /// The name that patient signs in with.
    pub patient_login: String,
    /// Who opened it.
    pub opened_by: String,
    /// The clinic they belong to.
    pub opened_from: ClinicId,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub opened_at: Timestamp,
    /// Until when it stays open.
    pub until: Timestamp,
}

/// How a server's circuit breaker stands, as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerItem {
    /// What it does: `closed` (everything is let in), `recovering` (a part is), `open` (nothing
    /// but critical observations is) or `held` (the same until it is reset).
    pub phase: String,
    /// How much of the limit it lets in, in percent.
    pub lets_in_percent: u32,
    /// How many requests came within the last minute, served and refused.
    pub requests_last_minute: u64,
    /// How many may come; 0 for no limit.
    pub requests_per_minute_max: u32,
}

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

/// One observation as it stands: as it was taken in, or as it was corrected since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationItem {
    /// The observation.
    pub observation_id: ObservationId,
    /// Which version of it this is, from 1: each correction and the withdrawal makes another one.
    #[serde(default = "first_version")]
    pub version: u64,
    /// Whose it is.
    pub patient_id: PatientId,
    /// The name that patient signs in with.
    pub patient_login: String,
    /// What was measured.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// When it was measured; when it was sent, if nobody said.
    pub effective_at: Timestamp,
    /// Why that time cannot be believed, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// When the server took it in.
    pub submitted_at: Timestamp,
    /// Who sent it, where that was not the patient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_by: Option<Sender>,
    /// What the sender wrote beside it.
    pub note: Option<String>,
    /// How urgent it is by the clinic's limits of today; `None` where it is not dangerous.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What it said before it was corrected, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<EarlierVersion>,
    /// That it was withdrawn, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

/// Rows of earlier releases say none: nothing could be corrected then.
fn first_version() -> u64 {
    1
}

impl ObservationItem {
    /// When it counts as measured: where its own time is doubted, when it was sent.
    #[must_use]
    pub fn believed_at(&self) -> Timestamp {
        believed(Some(self.effective_at), self.time_doubt, self.submitted_at)
    }

    /// Whether it arrived so long after it was measured that both times matter.
    #[must_use]
    pub fn is_late(&self) -> bool {
        is_late(self.believed_at(), self.submitted_at)
    }
}

/// What an observation said before it was corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierVersion {
    /// What was measured.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// When it was measured; when it was sent, if nobody said.
    pub effective_at: Timestamp,
    /// Why that time could not be believed, if it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// What the sender wrote beside it.
    pub note: Option<String>,
    /// When it was corrected.
    pub corrected_at: Timestamp,
    /// Who corrected it.
    pub corrected_by: Sender,
}

/// That an observation was withdrawn: it was never true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// When.
    pub at: Timestamp,
    /// Who withdrew it.
    pub by: Sender,
    /// Why, in their words.
    pub reason: String,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertItem {
    /// The alert.
    pub alert_id: AlertId,
    /// Whose observation raised it.
    pub patient_id: PatientId,
    /// The name that patient signs in with.
    pub patient_login: String,
    /// The observation that raised it.
    pub observation_id: ObservationId,
    /// What was measured: with a symptom score, `score`.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// How urgent it is.
    pub severity: Severity,
    /// The rule that raised it.
    pub rule: String,
    /// Why, in plain words.
    pub message: String,
    /// What the patient wrote beside the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// When it was raised.
    pub created_at: Timestamp,
    /// When the observation was measured.
    pub effective_at: Timestamp,
    /// Why that time cannot be believed, if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_doubt: Option<TimeDoubt>,
    /// When the observation was received; alerts of earlier releases do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// Who takes care of it, if somebody does.
    pub acknowledged: Option<Acknowledgement>,
    /// When it was given back last, or needed somebody anew, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Timestamp>,
    /// What became of it when its observation was corrected or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reassessed: Option<Reassessment>,
}

impl AlertItem {
    /// When something became of it last: of two that tell of one alert, the later one counts.
    #[must_use]
    pub fn changed_at(&self) -> Timestamp {
        let taken_at = self.acknowledged.as_ref().map(|taken| taken.at);
        let reassessed_at = self.reassessed.as_ref().map(|reassessed| reassessed.at);
        let changes = [taken_at, self.released_at, reassessed_at];
        changes.into_iter().flatten().fold(self.created_at, Timestamp::max)
    }

    /// When the observation was received; where nobody knows, when the alert was raised.
    #[must_use]
    pub fn received(&self) -> Timestamp {
        self.received_at.unwrap_or(self.created_at)
    }

    /// When the value counts as measured: where its own time is doubted, when it was received.
    #[must_use]
    pub fn believed_at(&self) -> Timestamp {
        believed(Some(self.effective_at), self.time_doubt, self.received())
    }

    /// Whether it is news about the past: the value arrived long after it was measured.
    #[must_use]
    pub fn is_late(&self) -> bool {
        is_late(self.believed_at(), self.received())
    }

    /// Whether it still stands: nothing that raised it was taken back.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.reassessed.as_ref().is_none_or(|reassessed| reassessed.stands)
    }

    /// Whether somebody is needed: it stands, and nobody takes care of it.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.stands() && self.acknowledged.is_none()
    }
}

/// What became of an alert when its observation was corrected or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reassessment {
    /// When.
    pub at: Timestamp,
    /// What made it be judged again.
    pub cause: ReassessmentCause,
    /// Whether the observation is still dangerous in the same way.
    pub stands: bool,
    /// What the observation said before.
    pub before: PastValue,
    /// Why it was withdrawn, in the sender's words, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who took care of the alert until then, if it needs somebody anew: it stands again after it was
    /// lifted, or is more urgent than what they have seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_from: Option<String>,
}

/// What an observation said before the last change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastValue {
    /// What was said to be measured.
    #[serde(flatten)]
    pub measurement: Measurement,
    /// What the sender wrote beside it, where that is no longer what they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Who has seen an alert and takes care of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The name that clinician signs in with.
    pub by: String,
    /// When they said so.
    pub at: Timestamp,
}

/// A part of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next part begins; `None` at the end.
    pub next_cursor: Option<String>,
}

/// A part of a patient's record, as a clinician sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPart {
    /// What the patient sent.
    pub observations: Page<ObservationItem>,
    /// Until when the record is open because of an emergency, if that is why.
    pub open_until: Option<Timestamp>,
}

/// What is answered when an observation was accepted, corrected or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The observation.
    pub observation_id: ObservationId,
    /// The event that records it.
    pub event_id: domain::ids::EventId,
    /// The version of the observation that this made, from 1.
    pub version: u64,
    /// What around the value could not be kept as it was sent: it was taken in all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<FieldError>,
}

/// An observation of one's own, with what is known of it by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationReceipt {
    /// The observation.
    pub item: ObservationItem,
    /// Where its alert is, if it is dangerous.
    pub alert: AlertProgress,
    /// What the form for correcting it begins with, where who asks has sent it and it stands.
    pub correction: Option<BlankForm>,
}

/// How far the alert of an observation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertProgress {
    /// It raises none.
    NotNeeded,
    /// It is dangerous, and not on the clinic's list yet.
    OnItsWay,
    /// It is on the clinic's list.
    OnTheList,
    /// Somebody at the clinic takes care of it.
    TakenCareOf,
}

/// What the form for an observation begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlankForm {
    /// Makes sending it twice count once.
    pub idempotency_key: String,
    /// What counts as dangerous in the clinic.
    pub alert_policy: AlertPolicy,
}
