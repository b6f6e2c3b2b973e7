//! Turning a request away before it reaches its route, in a form that its sender understands.

mod page;

use app::error::AppError;
use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub use page::{SentAsItIs, Way};

use crate::http::problem::Problem;

/// Where somebody is led whose value was saved.
const RECEIPTS: &str = "/sent/";

/// What is waiting for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// A program, by the API.
    Program,
    /// The app in the browser, by a server function.
    App,
    /// A person, in front of a browser that shows what it gets.
    Person(Way),
}

impl Asking {
    /// What waits for the answer to `request`.
    #[must_use]
    pub fn by(request: &Request) -> Self {
        let wants_page = accepts_page(request.headers());
        let path = request.uri().path();
        match (path.starts_with("/api/"), path.starts_with("/fn/")) {
            (false, _) if wants_page && request.method().is_safe() => {
                Self::Person(if path.starts_with(RECEIPTS) { Way::Receipt } else { Way::Address })
            }
            (false, _) if wants_page => Self::Person(Way::Form),
            (false, true) => Self::App,
            _ => Self::Program,
        }
    }

    /// The answer that says `error`.
    #[must_use]
    pub fn refused(self, error: AppError) -> Response {
        let problem = Problem::from(error.clone());
        let body = match self {
            Self::Program => return problem.into_response(),
            Self::App => Json(&error).into_response(),
            Self::Person(way) => page::answer(way, &error, problem.retry_after_s()),
        };
        let status = StatusCode::from_u16(error.status()).unwrap_or_default();
        let mut response = (status, body).into_response();
        if let Some(seconds) = problem.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Whether a browser asks for something to show.
pub fn accepts_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(method: &str, path: &str, accept: &str) -> Asking {
        let request = Request::builder().method(method).uri(path).header(header::ACCEPT, accept);
        Asking::by(&request.body(axum::body::Body::empty()).expect("a request"))
    }

    #[test]
    fn everybody_is_refused_in_their_own_language() {
        const BROWSER: &str = "text/html,application/xhtml+xml";
        const SIGN_IN: &str = "/fn/session/sign_in";
        assert_eq!(asking("GET", "/", BROWSER), Asking::Person(Way::Address));
        assert_eq!(asking("GET", "/sent/1", BROWSER), Asking::Person(Way::Receipt));
        assert_eq!(asking("POST", SIGN_IN, BROWSER), Asking::Person(Way::Form));
        assert_eq!(asking("POST", SIGN_IN, "application/json"), Asking::App);
        assert_eq!(asking("POST", "/api/observations", BROWSER), Asking::Program);
        assert_eq!(asking("GET", "/api/observations", "*/*"), Asking::Program);
    }

    #[test]
    fn every_form_carries_status_and_time() {
        let people = [Way::Address, Way::Receipt, Way::Form].map(Asking::Person);
        for asking in people.into_iter().chain([Asking::App, Asking::Program]) {
            let busy = asking.refused(AppError::Overloaded { retry_after_s: 3 });
            assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(busy.headers()[header::RETRY_AFTER], "3");
            let much = asking.refused(AppError::TooManyRequests { retry_after_s: 60 });
            assert_eq!(much.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(much.headers()[header::RETRY_AFTER], "60");
        }
    }
}
