//! `GET /api/alerts`, and taking care of one.

use app::backend::Backend;
use app::error::AppError;
use app::wire::AlertItem;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use domain::ids::AlertId;
use serde::Serialize;

use super::{Asking, page_request, query};
use crate::http::AppState;
use crate::http::problem::Problem;
use crate::service::gate;

#[derive(Serialize)]
pub(super) struct Alerts {
    alerts: Vec<AlertItem>,
    next_cursor: Option<String>,
}

pub(super) async fn list(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<Alerts>, Problem> {
    gate::principal(&asking)?;
    let parameters = query(&request, &["limit", "cursor"])?;
    let page = state.service.alerts(&asking.0, page_request(&parameters)?).await?;
    Ok(Json(Alerts { alerts: page.items, next_cursor: page.next_cursor }))
}

/// Takes no body: who acknowledges is who asks. Whoever comes second is told who was first.
pub(super) async fn acknowledge(
    State(state): State<AppState>,
    asking: Asking,
    Path(alert_id): Path<String>,
) -> Result<StatusCode, Problem> {
    gate::principal(&asking)?;
    let alert_id = alert_id.parse().map_err(|_| AppError::NotFound)?;
    let done = state.service.acknowledge_alert(&asking.0, alert_id).await;
    answered(&state, alert_id, done).await
}

/// Takes no body: whoever asks takes care of the alert no longer. Of somebody else's they are told
/// whose it is.
pub(super) async fn release(
    State(state): State<AppState>,
    asking: Asking,
    Path(alert_id): Path<String>,
) -> Result<StatusCode, Problem> {
    gate::principal(&asking)?;
    let alert_id = alert_id.parse().map_err(|_| AppError::NotFound)?;
    let done = state.service.release_alert(&asking.0, alert_id).await;
    answered(&state, alert_id, done).await
}

/// What came of it: where somebody else takes care of the alert, who that is.
async fn answered(
    state: &AppState,
    alert_id: AlertId,
    done: Result<(), AppError>,
) -> Result<StatusCode, Problem> {
    match done {
        Err(AppError::TakenAlready) => {
            let holder = state.service.holder_of(alert_id).await?;
            Err(Problem::from(AppError::TakenAlready).with_holder(holder))
        }
        done => Ok(done.map(|()| StatusCode::NO_CONTENT)?),
    }
}
