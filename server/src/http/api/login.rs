//! `POST /api/login`.

use app::error::AppError;
use app::wire::Role;
use axum::Json;
use axum::extract::{Request, State};
use domain::field_error::FieldError;
use domain::ids::PatientId;
use serde::Serialize;

use super::Asking;
use crate::http::AppState;
use crate::http::body::{Fields, read_text};
use crate::http::problem::Problem;

const FIELDS: [&str; 3] = ["username", "password", "role"];
const SEED_DETAIL: &str = "Invalid login data";

#[derive(Serialize)]
pub(super) struct LoggedIn {
    token: String,
    role: Role,
    new_user: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<PatientId>,
    expires_in_s: u64,
}

pub(super) async fn login(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<LoggedIn>, Problem> {
    let text = read_text(request).await.map_err(|problem| problem.with_detail(SEED_DETAIL))?;
    let (username, password, role) =
        parse(&text).map_err(|faults| refuse(AppError::Invalid(faults)))?;
    let service = &state.service;
    let session = service.sign_in_or_register(&asking.0, role, &username, &password).await;
    let session = session.map_err(refuse)?;
    Ok(Json(LoggedIn {
        token: session.token,
        role: session.principal.role,
        new_user: session.new_user,
        patient_id: session.principal.patient_id,
        expires_in_s: session.expires_in_s,
    }))
}

fn parse(text: &str) -> Result<(String, String, Role), Vec<FieldError>> {
    let fields = Fields::parse(text, &FIELDS)?;
    let mut faults = Vec::new();
    let mut required = |name: &str| {
        let missing =
            || FieldError::new(name, "required", format!("`{name}` is missing or empty."));
        let text = fields
            .text(name)
            .and_then(|text| text.filter(|text| !text.trim().is_empty()).ok_or_else(missing));
        text.map_err(|fault| faults.push(fault)).ok()
    };
    let (username, password, role) = (required("username"), required("password"), required("role"));
    let role = match role.as_deref().map(str::trim) {
        Some("patient") => Some(Role::Patient),
        Some("clinician") => Some(Role::Clinician),
        Some(_) => {
            let message = "`role` must be patient or clinician.";
            faults.push(FieldError::new("role", "unknown", message));
            None
        }
        None => None,
    };
    match (username, password, role) {
        (Some(username), Some(password), Some(role)) => Ok((username, password, role)),
        _ => Err(faults),
    }
}

fn refuse(error: AppError) -> Problem {
    let is_input = matches!(error, AppError::Invalid(_));
    let problem = Problem::from(error);
    if is_input { problem.with_detail(SEED_DETAIL) } else { problem }
}
