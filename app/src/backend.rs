//! What the server functions need of the server, and who calls them.

mod audience;
mod caller;

use std::sync::Arc;

use async_trait::async_trait;
use domain::field_error::FieldError;
use domain::ids::{AlertId, CorrelationId, ObservationId, PatientId, SessionId};
use domain::measurement::RawMeasurement;
use domain::timestamp::Timestamp;
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

pub use self::audience::{Audience, CookieKind, WaitingForm, WebApp};
pub use self::caller::{Caller, Principal, Session};
use crate::error::AppError;
use crate::wire::{
    Acknowledgement, AlertItem, AuditFindings, AuditQuery, BlankForm, BreakerItem, DisclosureItem,
    EmergencyItem, NewStaff, ObservationItem, ObservationReceipt, OneTimePassword, Page, Receipt,
    SessionItem, SignedInUser, StaffItem,
};

/// An observation from outside, unchecked.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// Whose it is; `None` for the caller's own.
    pub patient_id: Option<String>,
    /// What was measured.
    pub measurement: RawMeasurement,
    /// When it was measured, RFC 3339 with offset.
    pub effective_at: Option<String>,
    /// What the sender wrote beside it.
    pub note: Option<String>,
    /// Under this key a repeat finds the first.
    pub idempotency_key: Option<String>,
    /// What is wrong with it that does not touch the measurement: it refuses an ordinary value, and
    /// none that cannot wait.
    pub faults_around: Vec<FieldError>,
    /// What the person who entered it has seen when they were asked whether a dangerous value is right;
    /// empty before that. `None` from a program, which is not asked.
    pub seen: Option<String>,
}

/// What is to be changed in an observation, unchecked; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    /// What was measured, if any of its fields is there.
    pub measurement: Option<RawMeasurement>,
    /// When it was measured.
    pub effective_at: Option<String>,
    /// What the sender wrote beside it; an empty text takes the note away.
    pub note: Option<String>,
    /// Under this key a repeat finds the first.
    pub idempotency_key: Option<String>,
    /// The version of the observation that was corrected, if the sender knows: nothing is changed where
    /// there is another one by now.
    pub based_on: Option<u64>,
    /// As in [`Submission::faults_around`].
    pub faults_around: Vec<FieldError>,
    /// As in [`Submission::seen`].
    pub seen: Option<String>,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// At most so many items; the server has a default and a bound.
    pub limit: Option<u32>,
    /// Where to begin, from [`Page::next_cursor`].
    pub cursor: Option<String>,
}

/// What the server does for its callers. Every method decides by itself whether `caller` may.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Proves who somebody is, for one of the apps.
    async fn sign_in(
        &self,
        caller: &Caller,
        app: WebApp,
        username: &str,
        password: &str,
    ) -> Result<Session, AppError>;

    /// Makes an account for a new patient.
    async fn create_account(
        &self,
        caller: &Caller,
        username: &str,
        password: &str,
        email: &str,
    ) -> Result<Session, AppError>;

    /// Ends the session in which the caller asks, or all of theirs.
    async fn sign_out(&self, caller: &Caller, everywhere: bool) -> Result<(), AppError>;

    /// Changes the caller's password. All their sessions end; the answer is a new one.
    async fn change_password(
        &self,
        caller: &Caller,
        current: &str,
        new: &str,
    ) -> Result<Session, AppError>;

    /// The caller's sessions that have not ended, newest first.
    async fn my_sessions(&self, caller: &Caller) -> Result<Vec<SessionItem>, AppError>;

    /// Ends one of the caller's sessions.
    async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<(), AppError>;

    /// The accounts of the clinic's staff.
    async fn staff(&self, caller: &Caller) -> Result<Vec<StaffItem>, AppError>;

    /// Makes an account for somebody of the clinic's staff.
    async fn create_staff(
        &self,
        caller: &Caller,
        new: NewStaff,
    ) -> Result<OneTimePassword, AppError>;

    /// Forbids an account of the clinic's staff to sign in and ends its sessions, or allows it
    /// again. The `reason` is kept in the audit log.
    async fn disable_staff(
        &self,
        caller: &Caller,
        username: &str,
        is_disabled: bool,
        reason: Option<&str>,
    ) -> Result<(), AppError>;

    /// Gives an account of the clinic's staff a one-time password and ends its sessions. The
    /// `reason` is kept in the audit log.
    async fn reset_staff(
        &self,
        caller: &Caller,
        username: &str,
        reason: Option<&str>,
    ) -> Result<OneTimePassword, AppError>;

    /// Opens the record of another clinic's patient, named by user name or identifier, for a
    /// limited time.
    async fn open_in_emergency(
        &self,
        caller: &Caller,
        patient: &str,
        reason: &str,
    ) -> Result<EmergencyItem, AppError>;

    /// The records opened in an emergency that concern the caller's clinic, newest first.
    async fn emergencies(&self, caller: &Caller) -> Result<Vec<EmergencyItem>, AppError>;

    /// How many records of the patients of the caller's clinic are open in an emergency now.
    async fn open_emergencies(&self, caller: &Caller) -> Result<u32, AppError>;

    /// Until when the caller sees this patient's record because of an emergency, if they do.
    async fn emergency_until(
        &self,
        caller: &Caller,
        patient_id: PatientId,
    ) -> Result<Option<Timestamp>, AppError>;

    /// A text that stands for `query` in an address: it names nobody, and can be read in the
    /// caller's session alone.
    fn seal_audit_query(&self, caller: &Caller, query: &AuditQuery) -> Result<String, AppError>;

    /// What was done in the caller's clinic, newest first: as far as the `sealed` query looks for
    /// it, or else to the data of `patient`, or all of it.
    async fn audit_log(
        &self,
        caller: &Caller,
        sealed: Option<String>,
        patient: Option<PatientId>,
        page: PageRequest,
    ) -> Result<AuditFindings, AppError>;

    /// Who opened the caller's own record, newest first; without what they did themself.
    async fn disclosures(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<DisclosureItem>, AppError>;

    /// Who the caller is, and when their session ends.
    async fn signed_in_user(&self, caller: &Caller) -> Result<SignedInUser, AppError>;

    /// How the circuit breaker of the process that answers stands.
    async fn breaker(&self, caller: &Caller) -> Result<BreakerItem, AppError>;

    /// Holds that breaker open, or resets it. The `reason` is kept in the audit log.
    async fn operate_breaker(
        &self,
        caller: &Caller,
        holds: bool,
        reason: Option<&str>,
    ) -> Result<BreakerItem, AppError>;

    /// Takes in an observation.
    async fn submit_observation(
        &self,
        caller: &Caller,
        submission: Submission,
    ) -> Result<Receipt, AppError>;

    /// Corrects an observation that the caller has sent.
    async fn correct_observation(
        &self,
        caller: &Caller,
        id: ObservationId,
        correction: Correction,
    ) -> Result<Receipt, AppError>;

    /// Withdraws an observation that the caller has sent, for this reason; with `based_on` as in
    /// [`Correction::based_on`].
    async fn withdraw_observation(
        &self,
        caller: &Caller,
        id: ObservationId,
        reason: &str,
        based_on: Option<u64>,
    ) -> Result<Receipt, AppError>;

    /// What the form for an observation of the caller's begins with.
    fn form_start(&self, caller: &Caller) -> Result<BlankForm, AppError>;

    /// One observation as soon as it was accepted, and how far its alert has come.
    async fn observation(
        &self,
        caller: &Caller,
        id: ObservationId,
    ) -> Result<ObservationReceipt, AppError>;

    /// The observations of a patient, the caller's own if none is named, newest first.
    async fn observations(
        &self,
        caller: &Caller,
        patient_id: Option<PatientId>,
        page: PageRequest,
    ) -> Result<Page<ObservationItem>, AppError>;

    /// The alerts of the caller's clinic, newest first.
    async fn alerts(&self, caller: &Caller, page: PageRequest)
    -> Result<Page<AlertItem>, AppError>;

    /// Notes that the caller takes care of an alert; it stays with the first. Answers who does.
    async fn acknowledge_alert(
        &self,
        caller: &Caller,
        id: AlertId,
    ) -> Result<Acknowledgement, AppError>;

    /// Notes that nobody takes care of an alert any more.
    async fn release_alert(&self, caller: &Caller, id: AlertId) -> Result<(), AppError>;
}

/// The server behind the current request.
#[must_use]
pub fn backend() -> Arc<dyn Backend> {
    expect_context()
}

/// Who made the current request, as the server found out; a stranger if it did not.
#[must_use]
pub fn caller() -> Caller {
    let parts = use_context::<http::request::Parts>();
    let known = parts.and_then(|parts| parts.extensions.get::<Caller>().cloned());
    known.unwrap_or_else(|| Caller::stranger(CorrelationId(uuid::Uuid::now_v7())))
}

/// The app the current request came in on.
#[must_use]
pub fn audience() -> Audience {
    expect_context()
}

/// Sets the HTTP status of a failed server function. Not when a form without JavaScript waits for
/// its redirect, and not while a page is rendered, which says by itself what went wrong.
pub(crate) fn answered<T>(result: Result<T, AppError>) -> Result<T, AppError> {
    if let Err(error) = &result
        && use_context::<http::request::Parts>().is_some_and(|parts| is_call_by_script(&parts))
        && let Some(response) = use_context::<ResponseOptions>()
        && let Ok(status) = http::StatusCode::from_u16(error.status())
    {
        response.set_status(status);
    }
    result
}

fn is_call_by_script(parts: &http::request::Parts) -> bool {
    let accept = parts.headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok());
    let wants_page = accept.is_some_and(|accept| accept.contains("text/html"));
    parts.uri.path().starts_with("/fn/") && !wants_page
}

/// Gives the browser these cookies.
pub fn set_cookies(cookies: Vec<String>) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    for cookie in cookies {
        if let Ok(value) = cookie.parse() {
            response.append_header(http::header::SET_COOKIE, value);
        }
    }
}
