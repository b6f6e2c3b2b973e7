//! What every request passes: who asks, and from where.

use app::backend::{Audience, Caller, CookieKind, Principal};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use domain::ids::CorrelationId;
use tracing::Instrument;

use super::AppState;
use super::api::STREAM_PATH;
use super::client_addr::ClientAddr;
use super::problem::Problem;
use crate::identity::sessions::{Refreshed, SessionError};
use crate::metrics;
use crate::service::refused_session;

/// Names the header that joins everything one request causes.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
/// Marks what a page asks by itself.
const BACKGROUND: HeaderName = HeaderName::from_static("x-background");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// When the caller's bearer token ends, in seconds since 1970. Cookies are renewed by use.
#[derive(Clone, Copy, Debug)]
pub struct TokenEnd(pub u64);

/// Finds out who asks and puts the [`Caller`] into the request. A bearer token counts before the
/// app's cookie; the cookie counts for changes only when the app's own pages send it.
pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let correlation_id = headers
        .get(CORRELATION_ID)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or_else(|| CorrelationId(state.service.commands.clock.fresh_uuid()));
    if changes_something(request.method()) && comes_from_elsewhere(headers) {
        tracing::warn!(%correlation_id, "a change that came from another site's page was refused");
        let title = "This came from another site's page. Open HealthFlow itself and try again.";
        return Problem::new(StatusCode::FORBIDDEN, "cross-site", title).into_response();
    }
    let asking = match who_asks(&state, headers, request.uri().path()).await {
        Ok(asking) => asking,
        Err(error) => return Problem::from(refused_session(error)).into_response(),
    };
    let caller = Caller {
        principal: asking.principal,
        correlation_id,
        address: request.extensions().get::<ClientAddr>().map(|addr| addr.0),
        user_agent: text_of(headers, &header::USER_AGENT),
        device_token: cookie(&state, headers, CookieKind::Device),
        is_past_limits: false,
    };
    if let Some(ends_at_s) = asking.token_ends_at_s {
        request.extensions_mut().insert(TokenEnd(ends_at_s));
    }
    request.extensions_mut().insert(caller);
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
    give(&mut response, state.audience, asking.cookies);
    response
}

/// What the request's credentials prove.
#[derive(Default)]
struct Asking {
    principal: Option<Principal>,
    token_ends_at_s: Option<u64>,
    /// What the browser is to keep.
    cookies: Vec<String>,
}

async fn who_asks(
    state: &AppState,
    headers: &HeaderMap,
    path: &str,
) -> Result<Asking, SessionError> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        return by_bearer(state, authorization).await;
    }
    let is_background = path == STREAM_PATH || headers.contains_key(BACKGROUND);
    by_cookies(state, headers, is_background).await
}

async fn by_bearer(state: &AppState, authorization: &HeaderValue) -> Result<Asking, SessionError> {
    let text = authorization.to_str().unwrap_or_default();
    let token = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let sessions = &state.service.sessions;
    let verified = token.and_then(|(_, token)| sessions.verify(token.trim()));
    let Some(verified) = verified else { return Ok(Asking::default()) };
    let Some(standing) = sessions.standing(verified.session_id).await? else {
        return Ok(Asking::default());
    };
    sessions.touch(&standing).await?;
    Ok(Asking {
        principal: Some(standing.principal()),
        token_ends_at_s: Some(verified.expires_at_s),
        cookies: Vec::new(),
    })
}

/// The session in the app's cookies. Where the access token has expired, the refresh token brings
/// the next pair, which the answer carries. What a page does by itself (`is_background`) neither
/// uses a refresh token nor keeps the session alive.
async fn by_cookies(
    state: &AppState,
    headers: &HeaderMap,
    is_background: bool,
) -> Result<Asking, SessionError> {
    let (sessions, audience) = (&state.service.sessions, state.audience);
    // Belt and braces: a session of another role never opens this app.
    let admitted = |principal: Principal| Some(principal).filter(|p| audience.app.admits(p.role));
    let asking = |principal| Asking { principal: admitted(principal), ..Asking::default() };
    let access = cookie(state, headers, CookieKind::Access);
    if let Some(verified) = access.as_deref().and_then(|token| sessions.verify(token))
        && let Some(standing) = sessions.standing(verified.session_id).await?
    {
        if !is_background {
            sessions.touch(&standing).await?;
        }
        return Ok(asking(standing.principal()));
    }
    let Some(refresh) = cookie(state, headers, CookieKind::Refresh) else {
        return Ok(Asking::default());
    };
    if is_background {
        let standing = sessions.peek(&refresh).await?;
        return Ok(standing.map(|standing| asking(standing.principal())).unwrap_or_default());
    }
    match sessions.refresh(&refresh).await? {
        Refreshed::Tokens(session) => {
            Ok(Asking { cookies: audience.cookies_of(&session), ..asking(session.principal) })
        }
        Refreshed::SignInAgain => {
            Ok(Asking { cookies: audience.no_session(), ..Asking::default() })
        }
    }
}

fn cookie(state: &AppState, headers: &HeaderMap, kind: CookieKind) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    let found = jar.get(&state.audience.cookie_name(kind))?;
    Some(found.value().to_owned()).filter(|value| !value.is_empty())
}

fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Puts cookies into an answer, unless the answer itself says what becomes of the session.
fn give(response: &mut Response, audience: Audience, cookies: Vec<String>) {
    let access = format!("{}=", audience.cookie_name(CookieKind::Access));
    let says_so = |cookie: &HeaderValue| cookie.as_bytes().starts_with(access.as_bytes());
    if response.headers().get_all(header::SET_COOKIE).iter().any(says_so) {
        return;
    }
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
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
