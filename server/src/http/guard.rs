//! What every request passes: who asks, from where, and whether there is room.

use std::sync::Arc;

use app::backend::Caller;
use app::error::AppError;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use domain::ids::CorrelationId;
use tracing::Instrument;

use super::AppState;
use super::problem::Problem;
use crate::identity::tokens::Verified;
use crate::metrics;

/// Names the header that joins everything one request causes.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// When the caller's session ends, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct SessionEnd(pub u64);

/// Refuses work when there is no room for it.
pub async fn bound_the_work(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    match Arc::clone(&state.room).try_acquire_owned() {
        Ok(_place) => next.run(request).await,
        Err(_) => Problem::from(AppError::Overloaded { retry_after_s: 1 }).into_response(),
    }
}

/// Finds out who asks and puts the [`Caller`] into the request. A bearer token counts before the
/// app's cookie; the cookie counts for changes only when the app's own pages send it.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let correlation_id = headers
        .get(CORRELATION_ID)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or_else(|| CorrelationId(state.service.commands.clock.fresh_uuid()));
    if changes_something(request.method()) && comes_from_elsewhere(headers) {
        let title = "This came from another site's page. Open HealthFlow itself and try again.";
        return Problem::new(StatusCode::FORBIDDEN, "cross-site", title).into_response();
    }
    let verified = verified(&state, headers);
    if let Some(verified) = &verified {
        request.extensions_mut().insert(SessionEnd(verified.expires_at_s));
    }
    let principal = verified.map(|verified| verified.principal);
    request.extensions_mut().insert(Caller { principal, correlation_id });
    let method = request.method().clone();
    // The pattern of the route names nobody, and there are few of them.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "none".to_owned());
    let begun = std::time::Instant::now();
    // Every line that is logged on the way carries what joins them.
    let span = tracing::info_span!("request", %correlation_id, %method, route);
    let mut response = next.run(request).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    metrics::request(route, method_name(&method), status, took);
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::debug!(status, took_us, "answered"));
    if let Ok(value) = HeaderValue::from_str(&correlation_id.to_string()) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response
}

fn verified(state: &AppState, headers: &HeaderMap) -> Option<Verified> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
        return scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| state.service.tokens.verify(token.trim()))
            .flatten();
    }
    let jar = CookieJar::from_headers(headers);
    let verified = state.service.tokens.verify(jar.get(state.audience.cookie_name())?.value())?;
    // Belt and braces: a token of another role never opens this app.
    (verified.principal.role == state.audience.role).then_some(verified)
}

/// Methods that nobody defined are one: a label must not grow at a caller's will.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a page of another origin may have sent this. Browsers say where a change comes from;
/// programs that are none say nothing, and carry no cookies that somebody else could make them
/// send. So a cookie without a word about its origin is not believed.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if headers.contains_key(header::ORIGIN) {
        let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
        return origin.is_none_or(|(_, authority)| Some(authority) != text(header::HOST));
    }
    match text(SEC_FETCH_SITE) {
        Some("same-origin" | "none") => false,
        Some(_) => true,
        None => {
            headers.contains_key(header::COOKIE) && !headers.contains_key(header::AUTHORIZATION)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
            })
            .collect()
    }

    #[test]
    fn the_neighbour_app_on_another_port_is_elsewhere() {
        let own = [("host", "localhost:5173"), ("origin", "http://localhost:5173")];
        let neighbour = [("host", "localhost:5173"), ("origin", "http://localhost:5174")];
        assert!(!comes_from_elsewhere(&headers(&own)));
        assert!(comes_from_elsewhere(&headers(&neighbour)));
        assert!(comes_from_elsewhere(&headers(&[("host", "localhost:5173"), ("origin", "null")])));
    }

    #[test]
    fn programs_that_are_no_browsers_are_let_through() {
        assert!(!comes_from_elsewhere(&headers(&[("host", "localhost:5173")])));
        let bearer = [("authorization", "Bearer x"), ("cookie", "theme=dark")];
        assert!(!comes_from_elsewhere(&headers(&bearer)));
    }

    #[test]
    fn a_cookie_must_come_with_a_word_about_its_origin() {
        let cookie = ("cookie", "healthflow_patient=x");
        assert!(comes_from_elsewhere(&headers(&[cookie])));
        for (site, elsewhere) in
            [("same-origin", false), ("none", false), ("same-site", true), ("cross-site", true)]
        {
            let sent = headers(&[cookie, ("sec-fetch-site", site)]);
            assert_eq!(comes_from_elsewhere(&sent), elsewhere, "{site}");
        }
        assert!(comes_from_elsewhere(&headers(&[("sec-fetch-site", "made-up")])));
    }

    #[test]
    fn an_origin_that_cannot_be_read_is_elsewhere() {
        for origin in ["", "localhost:5173", "http://", "null", "https://localhost:5173.evil"] {
            let sent = headers(&[("host", "localhost:5173"), ("origin", origin)]);
            assert!(comes_from_elsewhere(&sent), "{origin}");
        }
    }
}
