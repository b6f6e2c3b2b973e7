//! Where every request passes the circuit breaker, before anything is done about it.

use app::error::AppError;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::breaker::Verdict;
use super::components::Component;
use super::lane;
use super::refusal::Asking;
use crate::http::AppState;

/// Turns requests away while the breaker refuses. What may be a critical observation goes on into
/// the reserved lane, where it is looked at.
pub async fn pass(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    if Component::of(request.method(), request.uri().path()).terms().passes_breaker {
        return next.run(request).await;
    }
    let Verdict::Refuse { retry_after_s } = state.edge.breaker.admit() else {
        return next.run(request).await;
    };
    let refusal = AppError::Overloaded { retry_after_s };
    let Some(at_the_door) = state.edge.lane.knock() else {
        return Asking::by(&request).refused(refusal);
    };
    request.extensions_mut().insert(at_the_door);
    lane::unless_critical(refusal, request, next).await
}
