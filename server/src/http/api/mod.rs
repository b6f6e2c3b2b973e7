//! The REST API, the same on both addresses.

mod alerts;
mod login;
mod observations;
mod stream;

use app::backend::{Caller, PageRequest};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{any, get, post};
use axum::{Extension, Router};
use domain::field_error::FieldError;

use super::AppState;
use super::problem::Problem;

/// The routes of the API. Each is described in [`super::openapi`].
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/login", post(login::login))
        .route("/api/observations", post(observations::submit).get(observations::list))
        .route("/api/alerts", get(alerts::list))
        .route("/api/alerts/stream", get(stream::stream))
        .route("/api/alerts/{alert_id}/acknowledge", post(alerts::acknowledge))
        .route("/api/{*unknown}", any(unknown))
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

/// Who asks, as the guard found out.
type Asking = Extension<Caller>;

/// The parameters of a query, each at most once and none unknown.
fn query(request: &Request, known: &[&str]) -> Result<Vec<(String, String)>, Problem> {
    let text = request.uri().query().unwrap_or_default();
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
