//! The headers that protect every answer, whatever it is and whoever gave it.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Response, header};

/// What every answer says, the same each time.
const FIXED: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), \
         publickey-credentials-get=(), screen-wake-lock=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
/// What an answer says that says nothing of its own. Pages bring their own policy, with a nonce;
/// nothing else runs anything. Answers hold personal data unless they say otherwise.
const UNLESS_SAID: [(HeaderName, &str); 2] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::CACHE_CONTROL, "no-store"),
];
/// Two years, as browsers' own lists of such sites ask for.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// Puts these headers on an answer; `by_tls_alone` tells browsers never to come without TLS again.
pub async fn protect<B>(
    State(by_tls_alone): State<bool>,
    mut response: Response<B>,
) -> Response<B> {
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in UNLESS_SAID {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if by_tls_alone {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
}
