//! `/api/breaker`: the circuit breaker of the process that answers, for administrators.

use app::backend::Backend;
use app::wire::BreakerItem;
use axum::Json;
use axum::extract::{Request, State};

use super::{Asking, reason_alone};
use crate::http::AppState;
use crate::http::problem::Problem;

pub(super) async fn state(
    State(state): State<AppState>,
    asking: Asking,
) -> Result<Json<BreakerItem>, Problem> {
    Ok(Json(state.service.breaker(&asking.0).await?))
}

pub(super) async fn hold(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<BreakerItem>, Problem> {
    let reason = reason_alone(request).await?;
    Ok(Json(state.service.operate_breaker(&asking.0, true, reason.as_deref()).await?))
}

pub(super) async fn reset(
    State(state): State<AppState>,
    asking: Asking,
    request: Request,
) -> Result<Json<BreakerItem>, Problem> {
    let reason = reason_alone(request).await?;
    Ok(Json(state.service.operate_breaker(&asking.0, false, reason.as_deref()).await?))
}
