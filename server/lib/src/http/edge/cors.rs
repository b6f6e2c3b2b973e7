//! Pages of other origins: let in to the API alone, where listed, and never with a cookie.

use std::str::FromStr;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::http::AppState;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What a listed page may send.
const SENT: [HeaderName; 6] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("x-correlation-id"),
];
/// What a listed page may read beside the body.
const READ: [HeaderName; 5] = [
    header::ETAG,
    header::RETRY_AFTER,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("x-correlation-id"),
];

/// An origin such as `https://portal.example`: scheme and authority, nothing behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || "give origins such as https://portal.example, separated by commas";
        let uri: Uri = text.parse().map_err(|_| fault())?;
        let (scheme, authority) = uri.scheme_str().zip(uri.authority()).ok_or_else(fault)?;
        let written = format!("{scheme}://{authority}");
        // Browsers send origins in this very form; another one would never match.
        if written != text || !matches!(scheme, "http" | "https") || text.contains(['@', '*']) {
            return Err(fault().to_owned());
        }
        HeaderValue::from_str(text).map(Self).map_err(|_| fault().to_owned())
    }
}

/// Which pages of other origins may use the API.
#[derive(Clone, Debug)]
pub struct Cors {
    origins: Vec<HeaderValue>,
    layer: CorsLayer,
}

impl Cors {
    /// Lets in pages of `origins`; `None` where there are none, and every browser keeps the rule
    /// of the same origin.
    #[must_use]
    pub fn new(origins: &[Origin]) -> Option<Self> {
        let origins: Vec<_> = origins.iter().map(|origin| origin.0.clone()).collect();
        let layer = CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins.clone()))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers(SENT)
            .expose_headers(READ);
        (!origins.is_empty()).then_some(Self { origins, layer })
    }
}

/// Answers what browsers ask on behalf of listed pages. From here on a request of such a page is
/// like that of a program: it has no cookie, and proves by its bearer token alone who sends it.
pub async fn let_in(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let Some(cors) = &state.edge.cors else { return next.run(request).await };
    let is_api = request.uri().path().starts_with("/api/");
    let origin = request.headers().get(header::ORIGIN);
    if !is_api || !origin.is_some_and(|origin| cors.origins.contains(origin)) {
        return next.run(request).await;
    }
    request.headers_mut().remove(header::COOKIE);
    let inner = service_fn(|mut request: Request| {
        request.headers_mut().remove(header::ORIGIN);
        request.headers_mut().remove(SEC_FETCH_SITE);
        let next = next.clone();
        async move { Ok::<_, std::convert::Infallible>(next.run(request).await) }
    });
    let Ok(response) = cors.layer.layer(inner).oneshot(request).await;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_origins_and_nothing_else() {
        for origin in ["https://portal.example", "http://localhost:3000"] {
            assert!(origin.parse::<Origin>().is_ok(), "{origin}");
        }
        for other in [
            "*",
            "null",
            "portal.example",
            "https://portal.example/",
            "https://*.example",
            "https://portal.example/path",
            "https://somebody@portal.example",
            "ftp://portal.example",
            "https://Portal.example:443/",
        ] {
            assert!(other.parse::<Origin>().is_err(), "{other}");
        }
    }

    #[test]
    fn is_closed_unless_origins_are_listed() {
        assert!(Cors::new(&[]).is_none());
    }
}
