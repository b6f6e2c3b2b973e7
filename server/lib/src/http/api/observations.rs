//! `POST` and `GET /api/observations`, and putting one right.

use app::backend::{Backend, Caller, Correction, Submission};
use app::error::AppError;
use app::wire::{ObservationItem, Receipt};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use domain::field_error::FieldError;
use domain::ids::ObservationId;
use domain::measurement::RawMeasurement;
use serde::Serialize;

use super::{Asking, page_request, parameter, query, texts};
use crate::http::AppState;
use crate::http::body::{Fields, read_observation};
use crate::http::problem::{Problem, version_tag};
use crate::service::gate;

/// The fields of a submission: whose it is, what was measured, and what stands around that.
const FIELDS: &[&str] = &[
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
/// Those that leave no doubt whose it is and what was measured.
const DECISIVE_FIELDS: &[&str] = FIELDS.split_at(7).0;
/// The fields of a correction: whose it is does not change.
const CORRECTION_FIELDS: &[&str] = FIELDS.split_at(1).1;
/// The parameters of the list.
pub(super) const LIST_PARAMETERS: [&str; 3] = ["patient_id", "limit", "cursor"];
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// More digits no version will ever have.
const VERSION_MAX_DIGITS: usize = 18;
const SEED_DETAIL: &str = "Invalid observation";
const SEED_DETAIL_OF_SCORE: &str = "Invalid score";

/// `POST /api/observations`.
pub(super) async fn submit(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Answered, Problem> {
    gate::principal(&asking)?;
    let Read { idempotency_key, content, faults } = read(request, parse).await?;
    let faults_around = [faults, content.faults_around].concat();
    let submission = Submission { idempotency_key, faults_around, ..content };
    let receipt = state.service.submit_observation(&asking.0, submission).await;
    receipt.map(answered).map_err(refuse)
}

/// `POST /api/observations/{observation_id}/correct`.
pub(super) async fn correct(
    State(state): State<AppState>,
    asking: Asking,
    Path(observation_id): Path<String>,
    request: Request,
) -> Result<Answered, Problem> {
    let id = named(&asking, &observation_id)?;
    let based_on = based_on(request.headers());
    let Read { idempotency_key, content, mut faults } = read(request, parse_correction).await?;
    let based_on = based_on.map_err(|fault| faults.push(fault)).ok().flatten();
    let faults_around = [faults, content.faults_around].concat();
    let correction = Correction { idempotency_key, based_on, faults_around, ..content };
    let receipt = state.service.correct_observation(&asking.0, id, correction).await;
    receipt.map(answered).map_err(refuse)
}

/// `POST /api/observations/{observation_id}/withdraw`.
pub(super) async fn withdraw(
    State(state): State<AppState>,
    asking: Asking,
    Path(observation_id): Path<String>,
    request: Request,
) -> Result<Answered, Problem> {
    let id = named(&asking, &observation_id)?;
    let based_on = based_on(request.headers()).map_err(AppError::from)?;
    let [reason] = texts(request, ["reason"]).await?;
    let receipt = state.service.withdraw_observation(&asking.0, id, &reason, based_on).await?;
    Ok(answered(receipt))
}

/// A receipt, with the version that was made where HTTP has it.
type Answered = ([(HeaderName, HeaderValue); 1], Json<Receipt>);

fn answered(receipt: Receipt) -> Answered {
    ([(header::ETAG, version_tag(receipt.version))], Json(receipt))
}

/// The version in `If-Match` that a change was made upon, if there is one.
///
/// # Errors
/// A header that is none of ours.
pub(super) fn based_on(headers: &HeaderMap) -> Result<Option<u64>, FieldError> {
    let malformed = || {
        let message = "`If-Match` has one version, as `ETag` and `version` tell it: \"3\".";
        FieldError::new("If-Match", "malformed", message)
    };
    let mut values = headers.get_all(header::IF_MATCH).iter();
    let (Some(value), more) = (values.next(), values.next()) else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| more.is_none()).ok_or_else(malformed)?;
    if text == "*" {
        return Ok(None);
    }
    // Proxies that compress an answer mark its tag as weak, and senders give it back so.
    let tag = text.strip_prefix("W/").unwrap_or(text);
    let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    let is_number = |digits: &str| {
        digits.len() <= VERSION_MAX_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let version = version.filter(|digits| is_number(digits));
    version.and_then(|digits| digits.parse().ok()).map(Some).ok_or_else(malformed)
}

/// Which observation a path names; strangers are told to sign in before anything about it.
fn named(asking: &Caller, observation_id: &str) -> Result<ObservationId, Problem> {
    gate::principal(asking)?;
    Ok(observation_id.parse().map_err(|_| AppError::NotFound)?)
}

/// A request that brings an observation or a correction.
struct Read<T> {
    /// Its key, if it has one.
    idempotency_key: Option<String>,
    /// What its body says.
    content: T,
    /// What is wrong with how the body is written.
    faults: Vec<FieldError>,
}

/// Reads a request, of which `parse` reads the body's text.
async fn read<T>(
    request: Request,
    parse: fn(&str) -> Result<T, Vec<FieldError>>,
) -> Result<Read<T>, Problem> {
    let idempotency_key = idempotency_key(request.headers());
    let read = read_observation(request).await;
    let (text, faults) = read.map_err(|problem| problem.with_detail(SEED_DETAIL))?;
    match parse(&text) {
        Ok(content) => Ok(Read { idempotency_key, content, faults }),
        Err(more) => Err(refuse(AppError::Invalid([faults, more].concat()))),
    }
}

/// The key, if there is one. What is wrong with it is found with all the rest.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(IDEMPOTENCY_KEY)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// What a body says, unjudged.
struct Said {
    patient_id: Option<String>,
    measurement: RawMeasurement,
    effective_at: Option<String>,
    note: Option<String>,
    faults_around: Vec<FieldError>,
}

pub(super) fn parse(text: &str) -> Result<Submission, Vec<FieldError>> {
    let Said { patient_id, measurement, effective_at, note, faults_around } = said(text, FIELDS)?;
    let rest = Submission::default();
    Ok(Submission { patient_id, measurement, effective_at, note, faults_around, ..rest })
}

pub(super) fn parse_correction(text: &str) -> Result<Correction, Vec<FieldError>> {
    let Said { measurement, effective_at, note, faults_around, .. } =
        said(text, CORRECTION_FIELDS)?;
    let measurement = Some(measurement).filter(|raw| *raw != RawMeasurement::default());
    Ok(Correction { measurement, effective_at, note, faults_around, ..Correction::default() })
}

/// Reads a body with the fields `known`. A fault that leaves open what was measured or whose it is
/// refuses it, with all others; the rest is for whoever judges the measurement.
fn said(text: &str, known: &[&str]) -> Result<Said, Vec<FieldError>> {
    let (fields, faults) = Fields::read(text, known)?;
    let is_decisive = |fault: &FieldError| DECISIVE_FIELDS.contains(&fault.field.as_str());
    let (mut faults, mut faults_around): (Vec<_>, Vec<_>) =
        faults.into_iter().partition(is_decisive);
    let patient_id = text_in(&fields, "patient_id", &mut faults);
    let measurement = raw_of(&fields, |name| text_in(&fields, name, &mut faults));
    let effective_at = text_in(&fields, "effective_at", &mut faults_around);
    let note = text_in(&fields, "note", &mut faults_around);
    if faults.is_empty() {
        Ok(Said { patient_id, measurement, effective_at, note, faults_around })
    } else {
        Err([faults, faults_around].concat())
    }
}

/// The text in a field, if there is one; `faults` get what is wrong with it.
fn text_in(fields: &Fields<'_>, name: &str, faults: &mut Vec<FieldError>) -> Option<String> {
    fields.text(name).map_err(|fault| faults.push(fault)).ok().flatten()
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

/// The measurement in the body `text`, unjudged, whatever stands around it, and whose it is where that
/// is said; `None` where the body is no object.
pub(in crate::http) fn measurement_in(text: &str) -> Option<(RawMeasurement, Option<String>)> {
    let (fields, _) = Fields::read(text, FIELDS).ok()?;
    let text = |name: &str| fields.text(name).ok().flatten();
    Some((raw_of(&fields, text), text("patient_id")))
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
