//! `/api/emergencies`: records opened in an emergency.

use app::backend::Backend;
use app::wire::EmergencyItem;
use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;

use super::{Asking, texts};
use crate::http::AppState;
use crate::http::problem::Problem;

#[derive(Serialize)]
pub(super) struct Emergencies {
    emergencies: Vec<EmergencyItem>,
}

/// Those that concern the administrator's clinic.
pub(super) async fn list(
    State(state): State<AppState>,
    asking: Asking,
) -> Result<Json<Emergencies>, Problem> {
    Ok(Json(Emergencies { emergencies: state.service.emergencies(&asking.0).await? }))
}

/// Opens the record of another clinic's patient.
pub(super) async fn open(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<EmergencyItem>, Problem> {
    let [patient, reason] = texts(request, ["patient", "reason"]).await?;
    Ok(Json(state.service.open_in_emergency(&asking.0, &patient, &reason).await?))
}
