//! Whether the server lives, and whether it can do its work.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::AppState;
use super::problem::Problem;
use crate::service::Service;

/// For so long an answer of the store is good. Nothing else limits how often health is asked for,
/// so a flood of questions must not become one of reads.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// `GET /health/live` and `GET /health/ready`.
pub fn router() -> Router<AppState> {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready))
}

/// Whether the store answered when it was last asked.
#[derive(Debug, Default)]
pub struct Readiness {
    last: Mutex<Option<(Instant, bool)>>,
}

impl Readiness {
    /// Whether the store answers, as of a second ago at most. One asks it, the others wait for what
    /// that one hears.
    async fn look(&self, service: &Service) -> bool {
        let mut last = self.last.lock().await;
        if let Some((_, ready)) = last.filter(|(at, _)| at.elapsed() < LOOK_EVERY) {
            return ready;
        }
        let reached = service.can_reach_the_store().await;
        if let Err(error) = &reached {
            tracing::warn!(%error, "not ready");
        }
        *last = Some((Instant::now(), reached.is_ok()));
        reached.is_ok()
    }
}

async fn live() -> Json<Value> {
    Json(json!({ "status": "live" }))
}

async fn ready(State(state): State<AppState>) -> Result<Json<Value>, Problem> {
    if state.edge.readiness.look(&state.service).await {
        return Ok(Json(json!({ "status": "ready" })));
    }
    let title = "The event store does not answer.";
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", title))
}
