//! `POST` and `GET /api/observations`, and putting one right.

use app::backend::{Backend, Caller, Correction, Submission};
use app::error::AppError;
use app::wire::{ObservationItem, Receipt};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use domain::field_error::FieldError;
use domain::ids::ObservationId;
use domain::measurement::RawMeasurement;
use serde::Serialize;

use super::{Asking, page_request, parameter, query, texts};
use crate::http::AppState;
use crate::http::body::{Fields, read_text};
use crate::http::problem::Problem;
use crate::service::gate;

/// The fields of a measurement.
const MEASUREMENT_FIELDS: [&str; 6] = ["score", "kind", "value", "systolic", "diastolic", "unit"];
/// The fields of a submission.
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
/// The fields of a correction.
const CORRECTION_FIELDS: [&str; 8] =
    ["score", "kind", "value", "systolic", "diastolic", "unit", "effective_at", "note"];
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
    let key = idempotency_key(request.headers());
    let text = read_text(request).await.map_err(|problem| problem.with_detail(SEED_DETAIL))?;
    let submission = parse(&text).map_err(|faults| refuse(AppError::Invalid(faults)))?;
    let submission = Submission { idempotency_key: key, ..submission };
    let receipt = state.service.submit_observation(&asking.0, submission).await;
    receipt.map(Json).map_err(refuse)
}

/// `POST /api/observations/{observation_id}/correct`.
pub(super) async fn correct(
    State(state): State<AppState>,
    asking: Asking,
    Path(observation_id): Path<String>,
    request: Request,
) -> Result<Json<Receipt>, Problem> {
    let id = named(&asking, &observation_id)?;
    let key = idempotency_key(request.headers());
    let text = read_text(request).await.map_err(|problem| problem.with_detail(SEED_DETAIL))?;
    let correction = parse_correction(&text).map_err(|faults| refuse(AppError::Invalid(faults)))?;
    let correction = Correction { idempotency_key: key, ..correction };
    let receipt = state.service.correct_observation(&asking.0, id, correction).await;
    receipt.map(Json).map_err(refuse)
}

/// `POST /api/observations/{observation_id}/withdraw`.
pub(super) async fn withdraw(
    State(state): State<AppState>,
    asking: Asking,
    Path(observation_id): Path<String>,
    request: Request,
) -> Result<Json<Receipt>, Problem> {
    let id = named(&asking, &observation_id)?;
    let [reason] = texts(request, ["reason"]).await?;
    Ok(Json(state.service.withdraw_observation(&asking.0, id, &reason).await?))
}

/// Which observation a path names; strangers are told to sign in before anything about it.
fn named(asking: &Caller, observation_id: &str) -> Result<ObservationId, Problem> {
    gate::principal(asking)?;
    Ok(observation_id.parse().map_err(|_| AppError::NotFound)?)
}

/// The key, if there is one. What is wrong with it is found with all the rest.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(IDEMPOTENCY_KEY)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

pub(super) fn parse(text: &str) -> Result<Submission, Vec<FieldError>> {
    let (fields, faults) = Fields::read(text, &FIELDS)?;
    let (mut faults, mut faults_around) = told_apart(faults);
    let patient_id = fields.text("patient_id").map_err(|fault| faults.push(fault)).ok().flatten();
    let measurement = measurement_of(&fields).map_err(|more| faults.extend(more)).ok();
    let (effective_at, note) = around_of(&fields, &mut faults_around);
    match measurement {
        Some(measurement) if faults.is_empty() => Ok(Submission {
            patient_id,
            measurement,
            effective_at,
            note,
            faults_around,
            ..Submission::default()
        }),
        _ => Err([faults, faults_around].concat()),
    }
}

pub(super) fn parse_correction(text: &str) -> Result<Correction, Vec<FieldError>> {
    let (fields, faults) = Fields::read(text, &CORRECTION_FIELDS)?;
    let (mut faults, mut faults_around) = told_apart(faults);
    let measurement = measurement_of(&fields).map_err(|more| faults.extend(more)).ok();
    let (effective_at, note) = around_of(&fields, &mut faults_around);
    if !faults.is_empty() {
        return Err([faults, faults_around].concat());
    }
    let measurement = measurement.filter(|raw| *raw != RawMeasurement::default());
    Ok(Correction { measurement, effective_at, note, faults_around, ..Correction::default() })
}

/// Faults that leave open what was measured and whose it is, and those around it.
fn told_apart(faults: Vec<FieldError>) -> (Vec<FieldError>, Vec<FieldError>) {
    let touches = |fault: &FieldError| {
        MEASUREMENT_FIELDS.contains(&fault.field.as_str()) || fault.field == "patient_id"
    };
    faults.into_iter().partition(touches)
}

fn measurement_of(fields: &Fields<'_>) -> Result<RawMeasurement, Vec<FieldError>> {
    let mut faults = Vec::new();
    let mut text =
        |name: &str| fields.text(name).map_err(|fault| faults.push(fault)).ok().flatten();
    let raw = raw_of(fields, &mut text);
    if faults.is_empty() { Ok(raw) } else { Err(faults) }
}

/// The measurement in `fields`, each text of which `text` gives.
fn raw_of(fields: &Fields<'_>, mut text: impl FnMut(&str) -> Option<String>) -> RawMeasurement {
    RawMeasurement {
        kind: text("kind"),
        score: fields.number("score"),
        value: fields.number("value"),
        systolic: fields.number("systolic"),
        diastolic: fields.number("diastolic"),
        unit: text("unit"),
    }
}

fn around_of(
    fields: &Fields<'_>,
    faults: &mut Vec<FieldError>,
) -> (Option<String>, Option<String>) {
    let mut text =
        |name: &str| fields.text(name).map_err(|fault| faults.push(fault)).ok().flatten();
    (text("effective_at"), text("note"))
}

/// The measurement in the body `text`, unjudged, if there is one, whatever stands around it.
pub(in crate::http) fn measurement_in(text: &str) -> Option<RawMeasurement> {
    let (fields, _) = Fields::read(text, &FIELDS).ok()?;
    Some(raw_of(&fields, |name| fields.text(name).ok().flatten()))
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
