//! The API's description and a page to try it.
//!
//! The page is our own: the usual ones need inline styles or a network, which the content
//! security policy here allows to nobody.

use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use axum::{Json, Router};

use super::AppState;
use super::openapi;

const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                           connect-src 'self'; base-uri 'none'; form-action 'none'; \
                           frame-ancestors 'none'";

/// `GET /api/openapi.json` and the page at `/api/docs`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/api/openapi.json", get(|| async { Json(openapi::document()) }))
        .route("/api/docs", get(page))
        .route(
            "/api/docs/try.js",
            get(|| asset("text/javascript; charset=utf-8", include_str!("docs/try.js"))),
        )
        .route(
            "/api/docs/try.css",
            get(|| asset("text/css; charset=utf-8", include_str!("docs/try.css"))),
        )
}

async fn page() -> impl IntoResponse {
    ([(header::CONTENT_SECURITY_POLICY, PAGE_POLICY)], Html(include_str!("docs/page.html")))
}

async fn asset(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 2] =
        [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-cache")];
    (headers, text)
}
