//! Failures as problem details (RFC 9457), the one mapping of errors to HTTP.

use app::error::AppError;
use app::wire::Acknowledgement;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use serde::Serialize;

/// The media type of problem details.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A version of an observation as HTTP has it: `"3"`.
pub(super) fn version_tag(version: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// A failure on its way to the caller.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    /// The seed's short text, which existing clients compare with.
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// What stood in the way.
    #[serde(flatten)]
    found: Option<Box<Found>>,
    #[serde(skip)]
    retry_after_s: Option<u32>,
}

/// What stood in the way of a change, in a member of its own.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Found {
    /// Who takes care of an alert already.
    Holder(Acknowledgement),
    /// Which version of an observation there is by now.
    Version(u64),
}

impl Problem {
    /// A failure of this status, with a stable word and a sentence for people.
    #[must_use]
    pub fn new(status: StatusCode, word: &str, title: &str) -> Self {
        Self {
            kind: format!("urn:healthflow:problem:{word}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: title.to_owned(),
            errors: Vec::new(),
            found: None,
            retry_after_s: None,
        }
    }

    /// The same with another short text.
    #[must_use]
    pub fn with_detail(mut self, detail: &str) -> Self {
        detail.clone_into(&mut self.detail);
        self
    }

    /// The same with who takes care of an alert already.
    #[must_use]
    pub fn with_holder(mut self, holder: Option<Acknowledgement>) -> Self {
        self.found = holder.map(Found::Holder).map(Box::new);
        self
    }

    /// When to try again, in seconds, if that is known.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u32> {
        self.retry_after_s
    }

    /// Input that cannot be used at all.
    #[must_use]
    pub fn unusable(status: StatusCode, fault: FieldError) -> Self {
        let mut problem = Self::new(status, "invalid", "The request cannot be used.");
        problem.errors.push(fault);
        problem
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or_default();
        let title = error.to_string();
        let problem = |word| Self::new(status, word, &title);
        match error {
            AppError::SignInRequired => problem("sign-in-required"),
            AppError::WrongCredentials => problem("credentials").with_detail("Invalid credentials"),
            AppError::Forbidden => problem("forbidden"),
            AppError::PasswordChangeRequired => problem("password-change-required"),
            AppError::NotFound => problem("not-found"),
            AppError::TimedOut => problem("timeout"),
            AppError::Invalid(errors) => Self { errors, ..problem("invalid") },
            AppError::Conflict(_) => problem("conflict"),
            AppError::AnotherPerson => problem("another-person"),
            AppError::TakenAlready => problem("taken-already"),
            AppError::Withdrawn => problem("withdrawn"),
            AppError::Changed { version } => {
                Self { found: Some(Box::new(Found::Version(version))), ..problem("changed") }
            }
            AppError::OutcomeUnknown | AppError::NoAnswer { .. } => {
                Self { retry_after_s: Some(10), ..problem("outcome-unknown") }
            }
            AppError::Overloaded { retry_after_s } => {
                Self { retry_after_s: Some(retry_after_s), ..problem("overloaded") }
            }
            AppError::TooManyRequests { retry_after_s } => {
                Self { retry_after_s: Some(retry_after_s), ..problem("too-many-requests") }
            }
            AppError::Unavailable | AppError::Connection => {
                Self { retry_after_s: Some(10), ..problem("unavailable") }
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after_s = self.retry_after_s;
        let version = match self.found.as_deref() {
            Some(Found::Version(version)) => Some(*version),
            _ => None,
        };
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(version) = version {
            headers.insert(header::ETAG, version_tag(version));
        }
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
