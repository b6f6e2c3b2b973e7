//! `/api/staff`: the accounts of a clinic's staff, for its administrator.

use app::backend::Backend;
use app::wire::{NewStaff, OneTimePassword, StaffItem};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::Serialize;

use super::{Asking, texts, texts_and_reason};
use crate::http::AppState;
use crate::http::problem::Problem;

#[derive(Serialize)]
pub(super) struct Staff {
    staff: Vec<StaffItem>,
}

pub(super) async fn list(
    State(state): State<AppState>,
    asking: Asking,
) -> Result<Json<Staff>, Problem> {
    Ok(Json(Staff { staff: state.service.staff(&asking.0).await? }))
}

pub(super) async fn create(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<OneTimePassword>, Problem> {
    let [username, role] = texts(request, ["username", "role"]).await?;
    Ok(Json(state.service.create_staff(&asking.0, NewStaff { username, role }).await?))
}

pub(super) async fn disable(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<StatusCode, Problem> {
    let ([username], reason) = texts_and_reason(request, ["username"]).await?;
    state.service.disable_staff(&asking.0, &username, true, reason.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn enable(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<StatusCode, Problem> {
    let ([username], reason) = texts_and_reason(request, ["username"]).await?;
    state.service.disable_staff(&asking.0, &username, false, reason.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn reset(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<OneTimePassword>, Problem> {
    let ([username], reason) = texts_and_reason(request, ["username"]).await?;
    Ok(Json(state.service.reset_staff(&asking.0, &username, reason.as_deref()).await?))
}
