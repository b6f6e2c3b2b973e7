//! `POST /api/login` and `POST /api/token`.

use app::backend::{Principal, Session};
use app::error::AppError;
use axum::Json;
use axum::extract::{Request, State};
use domain::access::{NotARole, Role};
use domain::field_error::FieldError;
use domain::ids::PatientId;
use serde::Serialize;

use super::{Asking, texts};
use crate::http::AppState;
use crate::http::body::{Fields, read_text};
use crate::http::problem::Problem;
use crate::identity::sessions::Refreshed;
use crate::service::refused_session;

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
    /// Absent where an older release gave the caller the next one a moment ago.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    must_change_password: bool,
}

impl From<Session> for LoggedIn {
    fn from(session: Session) -> Self {
        let Principal { role, patient_id, must_change_password, .. } = session.principal;
        Self {
            token: session.access_token,
            role,
            new_user: session.new_user,
            patient_id,
            expires_in_s: session.expires_in_s,
            refresh_token: session.refresh_token,
            must_change_password,
        }
    }
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
    Ok(Json(session.map_err(refuse)?.into()))
}

/// `POST /api/token`: the next pair of tokens.
pub(super) async fn refresh(
    State(state): State<AppState>,
    request: Request,
) -> Result<Json<LoggedIn>, Problem> {
    let [refresh_token] = texts(request, ["refresh_token"]).await?;
    match state.service.sessions.refresh(&refresh_token).await.map_err(refused_session)? {
        Refreshed::Tokens(session) => Ok(Json(session.into())),
        Refreshed::SignInAgain => Err(AppError::SignInRequired.into()),
    }
}

pub(super) fn parse(text: &str) -> Result<(String, String, Role), Vec<FieldError>> {
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
    let role = role.map(|name| name.trim().parse());
    let role = role.transpose().map_err(|fault: NotARole| {
        faults.push(FieldError::new("role", "unknown", format!("`role` {fault}.")));
    });
    let role = role.ok().flatten();
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
