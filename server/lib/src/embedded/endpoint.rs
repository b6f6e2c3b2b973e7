//! The engine on a loopback port, so that AWS tools can look inside.
//!
//! It asks for no password. So it listens on loopback alone, and turns browsers away: a page from
//! anywhere could otherwise read it across origins, or by a name that resolves to this machine.

use std::future::Future;
use std::net::IpAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;

use super::engine::Engine;
use super::lanes::Lane;
use super::operations::Tokens;

/// DynamoDB takes bodies of up to 16 MiB.
const BODY_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Serves DynamoDB's JSON protocol on `listener` until `stop` resolves.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    engine: Engine,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/", get(|| async { "healthy: dynamodb\n" }))
        .route("/", post(operate))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .with_state(engine);
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

async fn operate(State(engine): State<Engine>, headers: HeaderMap, body: Bytes) -> Response {
    if headers.contains_key(header::ORIGIN) || !names_loopback(&headers) {
        return (StatusCode::FORBIDDEN, "Browsers and other hosts are not served here.\n")
            .into_response();
    }
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let Some(operation) = target.and_then(|target| target.strip_prefix("DynamoDB_20120810."))
    else {
        return (StatusCode::BAD_REQUEST, "This is a DynamoDB endpoint: use an AWS tool.\n")
            .into_response();
    };
    match engine.call(Lane::Foreground, Tokens::Kept, operation, body.to_vec()).await {
        Ok(answer) => (
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            [(header::CONTENT_TYPE, "application/x-amz-json-1.0")],
            answer.body,
        )
            .into_response(),
        Err(stopped) => (StatusCode::SERVICE_UNAVAILABLE, stopped.to_string()).into_response(),
    }
}

fn names_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
