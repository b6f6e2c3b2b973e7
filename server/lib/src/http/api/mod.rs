//! The REST API, the same on both addresses.

mod alerts;
mod audit;
mod breaker;
mod emergencies;
mod login;
mod observations;
pub mod parsers;
mod sessions;
mod staff;
mod stream;

pub use stream::{ACKNOWLEDGED, ALERT, BEAT, CHANGED, READER};

use app::backend::{Caller, PageRequest};
use app::error::AppError;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use domain::field_error::FieldError;

pub(in crate::http) use observations::measurement_in;

use super::AppState;
use super::body::{Fields, read_text};
use super::endpoints::UNKNOWN_API_PATH;
use super::problem::Problem;

/// The path of the live stream.
pub const STREAM_PATH: &str = "/api/alerts/stream";

/// The routes of the API. Each is described in [`super::openapi`] and listed, with who may call it,
/// in [`super::endpoints`]: what is not listed there is not served.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/login", post(login::login))
        .route("/api/observations", post(observations::submit).get(observations::list))
        .route("/api/observations/{observation_id}/correct", post(observations::correct))
        .route("/api/observations/{observation_id}/withdraw", post(observations::withdraw))
        .route("/api/alerts", get(alerts::list))
        .route("/api/token", post(login::refresh))
        .route("/api/logout", post(sessions::sign_out))
        .route("/api/password", post(sessions::change_password))
        .route("/api/sessions", get(sessions::list))
        .route("/api/sessions/{session_id}/end", post(sessions::end))
        .route("/api/staff", get(staff::list).post(staff::create))
        .route("/api/staff/disable", post(staff::disable))
        .route("/api/staff/enable", post(staff::enable))
        .route("/api/staff/reset", post(staff::reset))
        .route("/api/emergencies", get(emergencies::list).post(emergencies::open))
        .route("/api/breaker", get(breaker::state))
        .route("/api/breaker/hold", post(breaker::hold))
        .route("/api/breaker/reset", post(breaker::reset))
        .route("/api/audit/search", post(audit::search))
        .route("/api/audit/export", post(audit::export))
        .route("/api/disclosures", get(audit::disclosures))
        .route(STREAM_PATH, get(stream::stream))
        .route("/api/alerts/{alert_id}/acknowledge", post(alerts::acknowledge))
        .route("/api/alerts/{alert_id}/release", post(alerts::release))
        .route(UNKNOWN_API_PATH, any(unknown))
        .method_not_allowed_fallback(wrong_method)
}

async fn unknown() -> Problem {
    let title = "There is no such path in the API: see /api/openapi.json.";
    Problem::new(StatusCode::NOT_FOUND, "not-found", title)
}

async fn wrong_method() -> Problem {
    let title = "This path does not take this method: see /api/openapi.json.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", title)
}

/// Tells a proxy to hand an answer on as it comes. nginx would by default keep it back until some
/// kilobytes are there, the head included, and put what is longer into a file of its own.
fn pass_at_once(headers: &mut HeaderMap) {
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
}

/// Who asks, as the guard found out.
type Asking = Extension<Caller>;

/// The parameters of a query, each at most once and none unknown.
fn query(request: &Request, known: &[&str]) -> Result<Vec<(String, String)>, Problem> {
    parameters(request.uri().query().unwrap_or_default(), known)
}

fn parameters(text: &str, known: &[&str]) -> Result<Vec<(String, String)>, Problem> {
    let bad = |fault| Problem::unusable(StatusCode::BAD_REQUEST, fault);
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        let shown: String = name.chars().take(40).collect();
        if !known.contains(&name.as_ref()) {
            let message = format!("Unknown parameter: leave it out. Known: {}.", known.join(", "));
            return Err(bad(FieldError::new(&shown, "unknown", message)));
        }
        if found.iter().any(|(earlier, _)| *earlier == name) {
            return Err(bad(FieldError::new(&shown, "duplicate", "Send this parameter once.")));
        }
        found.push((name.into_owned(), value.into_owned()));
    }
    Ok(found)
}

/// The field that says why something is done.
const REASON: &str = "reason";

/// The texts of a body with exactly these fields, none of them empty.
async fn texts<const N: usize>(request: Request, names: [&str; N]) -> Result<[String; N], Problem> {
    let text = read_text(request).await?;
    let fields = Fields::parse(&text, &names).map_err(AppError::Invalid)?;
    texts_of(&fields, names)
}

/// The same of a body that may say why, too.
async fn texts_and_reason<const N: usize>(
    request: Request,
    names: [&str; N],
) -> Result<([String; N], Option<String>), Problem> {
    let text = read_text(request).await?;
    let known: Vec<&str> = names.into_iter().chain([REASON]).collect();
    let fields = Fields::parse(&text, &known).map_err(AppError::Invalid)?;
    Ok((texts_of(&fields, names)?, fields.text(REASON).map_err(AppError::from)?))
}

/// The reason in a body that may say why, and nothing else. There may be no body at all.
async fn reason_alone(request: Request) -> Result<Option<String>, Problem> {
    if !request.headers().contains_key(CONTENT_TYPE) {
        return Ok(None);
    }
    let text = read_text(request).await?;
    if matches!(text.trim(), "" | "null") {
        return Ok(None);
    }
    let fields = Fields::parse(&text, &[REASON]).map_err(AppError::Invalid)?;
    Ok(fields.text(REASON).map_err(AppError::from)?)
}

fn texts_of<const N: usize>(fields: &Fields<'_>, names: [&str; N]) -> Result<[String; N], Problem> {
    let mut faults = Vec::new();
    let found = names.map(|name| match fields.text(name) {
        Ok(Some(text)) if !text.trim().is_empty() => text,
        Ok(_) => {
            let message = format!("`{name}` is missing or empty.");
            faults.push(FieldError::new(name, "required", message));
            String::new()
        }
        Err(fault) => {
            faults.push(fault);
            String::new()
        }
    });
    if faults.is_empty() { Ok(found) } else { Err(AppError::Invalid(faults).into()) }
}

fn parameter(parameters: &[(String, String)], name: &str) -> Option<String> {
    parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
}

fn page_request(parameters: &[(String, String)]) -> Result<PageRequest, Problem> {
    let limit = parameter(parameters, "limit").map(|text| text.parse()).transpose();
    let limit = limit.map_err(|_| {
        let message = "`limit` must be a whole number from 1 to 100.";
        let fault = FieldError::new("limit", "not_a_number", message);
        Problem::unusable(StatusCode::BAD_REQUEST, fault)
    })?;
    Ok(PageRequest { limit, cursor: parameter(parameters, "cursor") })
}
