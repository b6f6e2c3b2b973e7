//! One's own account: `POST /api/logout`, `POST /api/password`, `/api/sessions`.

use app::backend::Backend;
use app::error::AppError;
use app::wire::SessionItem;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use domain::field_error::FieldError;
use serde::Serialize;

use super::login::LoggedIn;
use super::{Asking, texts};
use crate::http::AppState;
use crate::http::body::{Fields, read_text};
use crate::http::problem::Problem;

/// Ends the session; with `{"everywhere": true}` all of them.
pub(super) async fn sign_out(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<StatusCode, Problem> {
    let text = read_text(request).await?;
    let fields = Fields::parse(&text, &["everywhere"]).map_err(AppError::Invalid)?;
    let everywhere = fields.flag("everywhere").map_err(AppError::from)?.unwrap_or_default();
    state.service.sign_out(&asking.0, everywhere).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the password; all sessions end, the answer is a new one.
pub(super) async fn change_password(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<LoggedIn>, Problem> {
    let [current, new] = texts(request, ["current_password", "new_password"]).await?;
    Ok(Json(state.service.change_password(&asking.0, &current, &new).await?.into()))
}

#[derive(Serialize)]
pub(super) struct Sessions {
    sessions: Vec<SessionItem>,
}

pub(super) async fn list(
    State(state): State<AppState>,
    asking: Asking,
) -> Result<Json<Sessions>, Problem> {
    Ok(Json(Sessions { sessions: state.service.my_sessions(&asking.0).await? }))
}

pub(super) async fn end(
    State(state): State<AppState>,
    asking: Asking,
    Path(session_id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = session_id.parse().map_err(|_| {
        let message = "`session_id` must be a UUID from the list of sessions.";
        let fault = FieldError::new("session_id", "malformed", message);
        Problem::unusable(StatusCode::BAD_REQUEST, fault)
    })?;
    state.service.end_session(&asking.0, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
