//! What reads requests before anybody decides on them: for the fuzz targets, which hold each of
//! them to its promises.

use app::backend::{Correction, PageRequest, Submission};
use app::wire::Role;
use axum::http::HeaderMap;
use domain::field_error::FieldError;

use super::{audit, login, observations, page_request, parameters, stream};
use crate::http::problem::Problem;

/// User name, password and role in the body of a sign-in.
///
/// # Errors
/// Every fault of it.
pub fn login_body(text: &str) -> Result<(String, String, Role), Vec<FieldError>> {
    login::parse(text)
}

/// The body of a submission, its values still unjudged.
///
/// # Errors
/// Every fault of it.
pub fn observation_body(text: &str) -> Result<Submission, Vec<FieldError>> {
    observations::parse(text)
}

/// The body of a search in the audit log, or of its export, its fields still unjudged.
///
/// # Errors
/// Every fault of its form.
pub fn audit_body(text: &str) -> Result<Vec<(String, String)>, Vec<FieldError>> {
    audit::sought(text, &["limit", "cursor"])
}

/// The part of a list that a query asks for.
///
/// # Errors
/// The first fault, as it is answered.
pub fn page_of_query(text: &str) -> Result<PageRequest, Problem> {
    page_request(&parameters(text, &observations::LIST_PARAMETERS)?)
}

/// The place in `Last-Event-ID`; `None` without that header.
///
/// # Errors
/// The fault, as it is answered.
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    stream::last_event_id(headers)
}

/// The place from which a stream looks for what was missed.
#[must_use]
pub fn look_back_from(place: &str) -> String {
    stream::look_back_from(place)
}

/// The body of a correction, its values still unjudged.
///
/// # Errors
/// Every fault of it.
pub fn correction_body(text: &str) -> Result<Correction, Vec<FieldError>> {
    observations::parse_correction(text)
}

/// The version in the header `If-Match`, if it is there.
///
/// # Errors
/// The fault, as it is answered.
pub fn based_on(headers: &HeaderMap) -> Result<Option<u64>, FieldError> {
    observations::based_on(headers)
}

/// The header `Idempotency-Key`, if it is there.
#[must_use]
pub fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    observations::idempotency_key(headers)
}
