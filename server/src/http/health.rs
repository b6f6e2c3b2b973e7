//! Whether the server lives, and whether it can do its work.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::AppState;
use super::problem::Problem;

/// `GET /health/live` and `GET /health/ready`.
pub fn router() -> Router<AppState> {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready))
}

async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

async fn ready(State(state): State<AppState>) -> Result<Json<Value>, Problem> {
    match state.service.can_reach_the_store().await {
        Ok(()) => Ok(Json(json!({ "status": "ready" }))),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let title = "The event store does not answer.";
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", title))
        }
    }
}
