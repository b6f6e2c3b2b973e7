//! What the server functions need of the server, and who calls them.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use domain::access::{Role, Subject};
use domain::field_error::FieldError;
use domain::ids::{AlertId, ClinicId, CorrelationId, ObservationId, PatientId, SessionId};
use domain::measurement::RawMeasurement;
use domain::timestamp::Timestamp;
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

use crate::error::AppError;
use crate::wire::{
    Acknowledgement, AlertItem, AuditFindings, AuditQuery, BlankForm, BreakerItem, DisclosureItem,
    EmergencyItem, NewStaff, ObservationItem, ObservationReceipt, OneTimePassword, Page, Receipt,
    SessionItem, SignedInUser, StaffItem,
};

/// Somebody whose identity was proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The name they sign in with.
    pub login: String,
    /// What they may do.
    pub role: Role,
    /// The clinic they belong to.
    pub clinic_id: ClinicId,
    /// Which patient they are, if they are one.
    pub patient_id: Option<PatientId>,
    /// The session in which they ask.
    pub session_id: SessionId,
    /// Whether they must choose a new password before anything else.
    pub must_change_password: bool,
}

impl Principal {
    /// Who asks, as far as the rules of access need to know.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            role: self.role,
            clinic_id: &self.clinic_id,
            patient_id: self.patient_id,
            must_change_password: self.must_change_password,
        }
    }
}

/// One request: who asks, from where, and what joins all it causes.
#[derive(Clone)]
pub struct Caller {
    /// Who asks; `None` for a stranger.
    pub principal: Option<Principal>,
    /// Joins everything this request causes.
    pub correlation_id: CorrelationId,
    /// The address they ask from, if it is known.
    pub address: Option<IpAddr>,
    /// What their browser or program calls itself.
    pub user_agent: Option<String>,
    /// What proves that this device has signed in before.
    pub device_token: Option<String>,
    /// Whether a limit was due, and what they send is let in because it cannot wait. They cannot be
    /// asked anything: the page that asks may not be served to them.
    pub is_past_limits: bool,
}

/// Without the device token: what is printed for debugging may end up in a log.
impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Caller");
        shown.field("principal", &self.principal).field("correlation_id", &self.correlation_id);
        shown.finish_non_exhaustive()
    }
}

impl Caller {
    /// Somebody of whom nothing is known.
    #[must_use]
    pub fn stranger(correlation_id: CorrelationId) -> Self {
        Self {
            principal: None,
            correlation_id,
            address: None,
            user_agent: None,
            device_token: None,
            is_past_limits: false,
        }
    }
}

/// One of the two web apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebApp {
    /// The Patient web app.
    Patient,
    /// The Clinician dashboard, for all of a clinic's staff.
    Clinician,
}

impl WebApp {
    /// Whether people of this role sign in to this app.
    #[must_use]
    pub fn admits(self, role: Role) -> bool {
        match self {
            Self::Patient => role == Role::Patient,
            Self::Clinician => {
                matches!(role, Role::Clinician | Role::ClinicAdministrator | Role::Auditor)
            }
        }
    }

    /// The app's name in cookies and paths.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Clinician => "clinician",
        }
    }
}

/// The app a request came in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Which one.
    pub app: WebApp,
    /// Whether its cookies may travel over TLS alone.
    pub secure_cookies: bool,
}

/// What a cookie of an app holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// The access token of the session.
    Access,
    /// The refresh token of the session.
    Refresh,
    /// The proof that this device has signed in before.
    Device,
    /// What was typed into a form that was refused.
    Typed,
    /// What of that no single cookie holds.
    TypedRest,
    /// What was typed into a form that was sent when nobody was signed in any more.
    Unsent,
    /// What of that no single cookie holds.
    UnsentRest,
}

impl Audience {
    /// The name of a cookie of the app. Cookies know no ports, so each app has its own. Over TLS
    /// the prefix `__Host-` makes the browser refuse one that another host has set.
    #[must_use]
    pub fn cookie_name(self, kind: CookieKind) -> String {
        let prefix = if self.secure_cookies { "__Host-" } else { "" };
        let suffix = match kind {
            CookieKind::Access => "",
            CookieKind::Refresh => "_refresh",
            CookieKind::Device => "_device",
            CookieKind::Typed => "_typed",
            CookieKind::TypedRest => "_typed_rest",
            CookieKind::Unsent => "_unsent",
            CookieKind::UnsentRest => "_unsent_rest",
        };
        format!("{prefix}healthflow_{}{suffix}", self.app.name())
    }

    /// The `Set-Cookie` value that holds `value` for `max_age_s` seconds; an empty value and 0
    /// take it away.
    #[must_use]
    pub fn set_cookie(self, kind: CookieKind, value: &str, max_age_s: u64) -> String {
        let name = self.cookie_name(kind);
        let secure = if self.secure_cookies { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}")
    }

    /// The `Set-Cookie` values that give a browser its session.
    #[must_use]
    pub fn cookies_of(self, session: &Session) -> Vec<String> {
        let mut cookies =
            vec![self.set_cookie(CookieKind::Access, &session.access_token, session.expires_in_s)];
        if let Some(token) = &session.refresh_token {
            let max_age_s = session.refresh_expires_in_s;
            cookies.push(self.set_cookie(CookieKind::Refresh, token, max_age_s));
        }
        if let Some(token) = &session.device_token {
            cookies.push(self.set_cookie(CookieKind::Device, token, DEVICE_COOKIE_S));
        }
        cookies
    }

    /// The `Set-Cookie` values that take a session away.
    #[must_use]
    pub fn no_session(self) -> Vec<String> {
        [CookieKind::Access, CookieKind::Refresh].map(|kind| self.set_cookie(kind, "", 0)).into()
    }
}

/// A form that was sent when its owner was signed out. Who signs in finds it as a context, and what it
/// holds is shown to its owner alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingForm {
    /// The login of whoever its page was rendered for.
    pub owner: String,
    /// The address at which it is shown again.
    pub place: String,
}

/// How long a device is known for having signed in, in seconds: 90 days.
const DEVICE_COOKIE_S: u64 = 90 * 24 * 3_600;

/// A session's tokens.
#[derive(Clone)]
pub struct Session {
    /// The bearer token.
    pub access_token: String,
    /// How long it holds, in seconds.
    pub expires_in_s: u64,
    /// What the next pair of tokens is asked for with, once; `None` where the caller has a good
    /// one already.
    pub refresh_token: Option<String>,
    /// How long that can be done at most, in seconds.
    pub refresh_expires_in_s: u64,
    /// What proves that this device has signed in, after a sign-in.
    pub device_token: Option<String>,
    /// Whose session it is.
    pub principal: Principal,
    /// Whether the account was made by this very sign-in.
    pub new_user: bool,
}

/// Without the tokens: what is printed for debugging may end up in a log.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        shown.field("principal", &self.principal).field("new_user", &self.new_user);
        shown.finish_non_exhaustive()
    }
}

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
