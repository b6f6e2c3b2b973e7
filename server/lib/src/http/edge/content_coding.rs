//! Bodies come as they are. A compressed one would have to be unpacked within bounds first, and what
//! is sent here is short: it is refused, in words that say what is taken.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;

use super::refusal::Asking;
use crate::http::problem::Problem;

/// The only coding that is taken: none.
const IDENTITY: &str = "identity";

/// Refuses a request whose body is compressed.
pub async fn plain_alone(request: Request, next: Next) -> Response {
    let brings_a_body = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !brings_a_body || is_plain(request.headers()) {
        return next.run(request).await;
    }
    let message = "The body is compressed: send it as it is, without Content-Encoding.";
    let fault = FieldError::new("Content-Encoding", "coding", message);
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    let mut response = match Asking::by(&request) {
        Asking::Program => Problem::unusable(status, fault).into_response(),
        asking => asking.refused(fault.into()),
    };
    *response.status_mut() = status;
    // RFC 9110, 12.5.3: which codings a request's body may have.
    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(IDENTITY));
    response
}

fn is_plain(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    values.into_iter().all(|value| {
        let codings = value.to_str().unwrap_or("unreadable").split(',').map(str::trim);
        codings.into_iter().all(|name| name.is_empty() || name.eq_ignore_ascii_case(IDENTITY))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_no_coding() {
        let plain = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = HeaderValue::from_str(value).expect("a value");
                headers.append(header::CONTENT_ENCODING, value);
            }
            is_plain(&headers)
        };
        for good in [&[][..], &[""], &["identity"], &["Identity, identity"]] {
            assert!(plain(good), "{good:?}");
        }
        for bad in [&["gzip"][..], &["br"], &["identity, gzip"], &["identity", "deflate"], &["x"]] {
            assert!(!plain(bad), "{bad:?}");
        }
    }
}
