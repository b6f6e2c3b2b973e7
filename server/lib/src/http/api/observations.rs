//! `POST` and `GET /api/observations`.

use app::backend::{Backend, Submission};
use app::error::AppError;
use app::wire::{ObservationItem, Receipt};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use domain::field_error::FieldError;
use domain::measurement::RawMeasurement;
use serde::Serialize;

use super::{Asking, page_request, parameter, query};
use crate::http::AppState;
use crate::http::body::{Fields, read_text};
use crate::http::problem::Problem;
use crate::service::gate;

/// The fields of the body.
const FIELDS: [&str; 9] = [
    "patient_id",
    "score",
    "kind",
    "value",
    "systolic",
    "diastolic",
    "unit",
    "effective_at",
    "note",
];
/// The parameters of the list.
pub(super) const LIST_PARAMETERS: [&str; 3] = ["patient_id", "limit", "cursor"];
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const SEED_DETAIL: &str = "Invalid observation";
const SEED_DETAIL_OF_SCORE: &str = "Invalid score";

pub(super) async fn submit(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<Receipt>, Problem> {
    gate::principal(&asking)?;
    let key = idempotency_key(request.headers())?;
    let text = read_text(request).await.map_err(|problem| problem.with_detail(SEED_DETAIL))?;
    let submission = parse(&text).map_err(|faults| refuse(AppError::Invalid(faults)))?;
    let submission = Submission { idempotency_key: key, ..submission };
    let receipt = state.service.submit_observation(&asking.0, submission).await;
    receipt.map(Json).map_err(refuse)
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    value.to_str().map(|key| Some(key.to_owned())).map_err(|_| {
        let message = "An Idempotency-Key has visible ASCII characters only; a UUID is a good one.";
        let fault = FieldError::new("Idempotency-Key", "malformed", message);
        Problem::unusable(StatusCode::BAD_REQUEST, fault)
    })
}

pub(super) fn parse(text: &str) -> Result<Submission, Vec<FieldError>> {
    let fields = Fields::parse(text, &FIELDS)?;
    let mut faults = Vec::new();
    let mut text =
        |name: &str| fields.text(name).map_err(|fault| faults.push(fault)).ok().flatten();
    let submission = Submission {
        patient_id: text("patient_id"),
        measurement: measurement_of(&fields, &mut text),
        effective_at: text("effective_at"),
        note: text("note"),
        idempotency_key: None,
        seen: None,
    };
    if faults.is_empty() { Ok(submission) } else { Err(faults) }
}

/// The measurement in `fields`, each text of which `text` gives.
fn measurement_of(
    fields: &Fields<'_>,
    mut text: impl FnMut(&str) -> Option<String>,
) -> RawMeasurement {
    RawMeasurement {
        kind: text("kind"),
        score: fields.number("score"),
        value: fields.number("value"),
        systolic: fields.number("systolic"),
        diastolic: fields.number("diastolic"),
        unit: text("unit"),
    }
}

/// The measurement in the body `text`, unjudged, whatever stands around it.
pub(in crate::http) fn measurement_in(text: &str) -> Option<RawMeasurement> {
    let fields = Fields::read(text).ok()?;
    Some(measurement_of(&fields, |name| fields.text(name).ok().flatten()))
}

fn refuse(error: AppError) -> Problem {
    let detail = match &error {
        AppError::Invalid(faults) if faults.iter().any(|fault| fault.field == "score") => {
            Some(SEED_DETAIL_OF_SCORE)
        }
        AppError::Invalid(_) => Some(SEED_DETAIL),
        _ => None,
    };
    let problem = Problem::from(error);
    match detail {
        Some(detail) => problem.with_detail(detail),
        None => problem,
    }
}

#[derive(Serialize)]
pub(super) struct Observations {
    observations: Vec<ObservationItem>,
    next_cursor: Option<String>,
}

pub(super) async fn list(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<Observations>, Problem> {
    gate::principal(&asking)?;
    let parameters = query(&request, &LIST_PARAMETERS)?;
    let patient_id = parameter(&parameters, "patient_id").map(|text| text.parse()).transpose();
    let patient_id = patient_id.map_err(|_| {
        let fault = FieldError::new("patient_id", "malformed", "`patient_id` must be a UUID.");
        Problem::unusable(StatusCode::BAD_REQUEST, fault)
    })?;
    let page = page_request(&parameters)?;
    let page = state.service.observations(&asking.0, patient_id, page).await?;
    Ok(Json(Observations { observations: page.items, next_cursor: page.next_cursor }))
}
