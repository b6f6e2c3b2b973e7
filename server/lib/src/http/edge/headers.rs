//! The headers that protect every answer, whatever it is and whoever gave it.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use tower_http::set_header::SetResponseHeaderLayer;

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

/// `router` with these headers on all its answers; `by_tls_alone` tells browsers never to come
/// without TLS again.
pub fn protect<S: Clone + Send + Sync + 'static>(
    mut router: Router<S>,
    by_tls_alone: bool,
) -> Router<S> {
    for (name, value) in FIXED {
        let value = HeaderValue::from_static(value);
        router = router.layer(SetResponseHeaderLayer::overriding(name, value));
    }
    for (name, value) in UNLESS_SAID {
        let value = HeaderValue::from_static(value);
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    if !by_tls_alone {
        return router;
    }
    let hsts = HeaderValue::from_static(HSTS);
    router.layer(SetResponseHeaderLayer::overriding(header::STRICT_TRANSPORT_SECURITY, hsts))
}
