//! How long a request may take. One that takes longer is given up, and its sender told so in a form
//! they understand.

use std::time::Duration;

use app::error::AppError;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use super::refusal::Asking;

/// Gives the request up after `limit`, which counts from its head to the head of the answer.
pub async fn within(limit: Duration, request: Request, next: Next) -> Response {
    let asking = Asking::by(&request);
    let answer = tokio::time::timeout(limit, next.run(request)).await;
    answer.unwrap_or_else(|_| asking.refused(AppError::TimedOut))
}
