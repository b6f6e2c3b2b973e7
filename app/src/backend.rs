//! What the server functions need of the server, and who calls them.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ids::{ClinicId, CorrelationId, ObservationId, PatientId};
use domain::measurement::RawMeasurement;
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;

use crate::error::AppError;
use crate::wire::{AlertItem, ObservationItem, Page, Receipt, Role};

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
}

/// One request: who asks, and what joins all it causes.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks; `None` for a stranger.
    pub principal: Option<Principal>,
    /// Joins everything this request causes.
    pub correlation_id: CorrelationId,
}

/// The app a request came in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audience {
    /// The role that app is for.
    pub role: Role,
    /// Whether its cookie may travel over TLS alone.
    pub secure_cookies: bool,
}

impl Audience {
    /// The name of the app's session cookie. Cookies know no ports, so each app has its own.
    #[must_use]
    pub fn cookie_name(self) -> &'static str {
        match self.role {
            Role::Patient => "healthflow_patient",
            Role::Clinician => "healthflow_clinician",
        }
    }

    /// The `Set-Cookie` value that holds `token` for `max_age_s` seconds; an empty token and 0
    /// take it away.
    #[must_use]
    pub fn set_cookie(self, token: &str, max_age_s: u64) -> String {
        let name = self.cookie_name();
        let secure = if self.secure_cookies { "; Secure" } else { "" };
        format!("{name}={token}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}")
    }
}

/// A new session.
#[derive(Clone, Debug)]
pub struct Session {
    /// The bearer token.
    pub token: String,
    /// How long it holds, in seconds.
    pub expires_in_s: u64,
    /// Whose session it is.
    pub principal: Principal,
    /// Whether the account was made by this very sign-in.
    pub new_user: bool,
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
    /// Proves who somebody is.
    async fn sign_in(
        &self,
        role: Role,
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

    /// Takes in an observation.
    async fn submit_observation(
        &self,
        caller: &Caller,
        submission: Submission,
    ) -> Result<Receipt, AppError>;

    /// One observation, as soon as it was accepted.
    async fn observation(
        &self,
        caller: &Caller,
        id: ObservationId,
    ) -> Result<ObservationItem, AppError>;

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
    known.unwrap_or_else(|| Caller {
        principal: None,
        correlation_id: CorrelationId(uuid::Uuid::now_v7()),
    })
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

/// Gives the browser its session, or takes it away.
pub(crate) fn set_session_cookie(token: &str, max_age_s: u64) {
    if let Some(response) = use_context::<ResponseOptions>()
        && let Ok(value) = audience().set_cookie(token, max_age_s).parse()
    {
        response.append_header(http::header::SET_COOKIE, value);
    }
}
