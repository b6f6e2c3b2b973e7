//! The page that a person sees who is turned away. It holds all it needs, because files are refused
//! as well, and costs next to nothing: a few texts put together, and one short hash.

use std::sync::LazyLock;

use app::error::AppError;
use app::widgets::texts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Has the browser ask again by itself, without a script.
const REFRESH: HeaderName = HeaderName::from_static("refresh");
/// The product's look, in the colours of `style/tokens.css`.
const STYLE: &str = include_str!("page.css");
static STYLE_HASH: LazyLock<String> = LazyLock::new(|| hash(STYLE));
/// The mark, as `Symbol::Pulse` draws it.
const MARK: &str = "<p class=\"mark\"><svg viewBox=\"0 0 24 24\" aria-hidden=\"true\">\
                    <path d=\"M2 12.5h4l2.5-7 5 13 3-8 1.5 2h4\"/></svg>HealthFlow</p>";

/// Marks an answer that is not to be compressed: that would cost more than all the rest of it.
#[derive(Clone, Copy, Debug)]
pub struct SentAsItIs;

/// How a person came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By an address: the browser may ask for it again by itself.
    Address,
    /// By the address of a receipt, where only somebody is led whose value was saved.
    Receipt,
    /// By a form, which nobody but that person may send again.
    Form,
}

/// The answer that shows `error`; what passes by itself does so in `retry_after_s`.
pub(super) fn answer(way: Way, error: &AppError, retry_after_s: Option<u32>) -> Response {
    let wait_s = retry_after_s.filter(|_| passes_by_itself(error));
    let count = wait_s.map(|wait_s| format!(":root{{--wait:{wait_s}}}"));
    let body = page(way, error, wait_s, count.as_deref());
    let mut response = Html(body).into_response();
    response.extensions_mut().insert(SentAsItIs);
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(count.as_deref())) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let (Way::Address | Way::Receipt, Some(wait_s)) = (way, wait_s) {
        headers.insert(REFRESH, HeaderValue::from(wait_s));
    }
    response
}

/// Whether to wait is all there is to do, because nothing was even begun.
fn passes_by_itself(error: &AppError) -> bool {
    matches!(error, AppError::Overloaded { .. } | AppError::TooManyRequests { .. })
}

/// Lets these styles in and nothing else.
fn policy(count: Option<&str>) -> String {
    let count = count.map(|style| format!(" '{}'", hash(style))).unwrap_or_default();
    let style = &*STYLE_HASH;
    format!("default-src 'none'; style-src '{style}'{count}; frame-ancestors 'none'")
}

fn hash(style: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(style)))
}

fn page(way: Way, error: &AppError, wait_s: Option<u32>, count: Option<&str>) -> String {
    let words = texts::problem(error);
    let count = count.map(|style| format!("<style>{style}</style>")).unwrap_or_default();
    let text = match wait_s {
        Some(wait_s) => waiting(way, wait_s),
        None => format!("<p>{error}</p><p>{}</p>", words.text),
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title} – {product}</title><style>{STYLE}</style>{count}</head>\
         <body><main>{MARK}<h1>{title}</h1>{text}<p class=\"help\">{emergency}</p></main></body>\
         </html>",
        title = words.title,
        product = texts::PRODUCT,
        emergency = texts::EMERGENCY,
    )
}

/// What is safe, when it goes on, and who has to do something for that. The number is there once to
/// be read out, and once to be seen counting down.
fn waiting(way: Way, wait_s: u32) -> String {
    let unit = if wait_s == 1 { "second" } else { "seconds" };
    let count = format!("<b aria-hidden=\"true\"></b><span class=\"said\">{wait_s}</span> {unit}");
    let safe = texts::EARLIER_IS_SAFE;
    match way {
        Way::Receipt => format!(
            "<p><strong>What you sent just now was received, and it is safe.</strong> Only the \
             page that shows it has to wait. Values that cannot wait reach your clinic even now.</p>\
             <p class=\"wait\">This page tries again by itself in {count}.</p>\
             <p><a href=\"\">Try again now</a></p>"
        ),
        Way::Address => format!(
            "<p class=\"wait\">This page tries again by itself in {count}.</p>\
             <p>You need not do anything. {safe}</p>\
             <p><a href=\"\">Try again now</a></p>"
        ),
        Way::Form => format!(
            "<p><strong>Nothing was saved of what you entered just now.</strong> {safe}</p>\
             <p class=\"wait\">You can send it again in {count}.</p>\
             <p>Leave this page open until then. Then reload it: your browser asks whether to send \
             the form again, and what you entered goes along. Values that cannot wait get through \
             even now.</p>\
             <p class=\"now\" role=\"status\">Now you can reload this page.</p>"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shown(way: Way, error: AppError, retry_after_s: Option<u32>) -> (Response, String) {
        let (parts, body) = answer(way, &error, retry_after_s).into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (Response::from_parts(parts, axum::body::Body::empty()), text)
    }

    fn busy(retry_after_s: u32) -> AppError {
        AppError::Overloaded { retry_after_s }
    }

    #[tokio::test]
    async fn only_what_an_address_asked_for_is_asked_for_again() {
        let (page, text) = shown(Way::Address, busy(42), Some(42)).await;
        assert_eq!(page.headers()[REFRESH], "42");
        assert!(text.contains("tries again by itself"), "{text}");
        let (form, text) = shown(Way::Form, busy(42), Some(42)).await;
        assert!(!form.headers().contains_key(REFRESH));
        assert!(text.contains("Nothing was saved"), "{text}");
        let (receipt, text) = shown(Way::Receipt, busy(42), Some(42)).await;
        assert_eq!(receipt.headers()[REFRESH], "42");
        assert!(text.contains("was received"), "{text}");
    }

    #[tokio::test]
    async fn no_number_but_the_one_time_is_said() {
        for way in [Way::Address, Way::Receipt, Way::Form] {
            let (page, text) = shown(way, busy(42), Some(42)).await;
            let body = text.split_once("<main>").expect("a body").1;
            let body = body.split_once("</svg>").expect("a mark").1;
            let words: Vec<_> = body.split(|c: char| !c.is_ascii_digit()).collect();
            let numbers: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
            // One of them is the 1 of `h1`, twice.
            assert_eq!(numbers, ["1", "1", "42"], "{body}");
            assert!(text.contains("<style>:root{--wait:42}</style>"));
            assert!(!body.contains("a minute") && !body.contains("few seconds"), "{body}");
            assert!(page.status().is_success());
        }
    }

    #[tokio::test]
    async fn its_styles_are_the_only_thing_its_policy_lets_in() {
        let (page, text) = shown(Way::Address, busy(7), Some(7)).await;
        let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
        let styles: Vec<_> = text
            .split("<style>")
            .skip(1)
            .map(|rest| rest.split_once("</style>").expect("an end").0)
            .collect();
        assert_eq!(styles.len(), 2);
        for style in styles {
            assert!(policy.contains(&format!("'{}'", hash(style))), "{policy}");
        }
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(!text.contains("style=") && !text.contains("<script"), "{text}");
    }

    #[tokio::test]
    async fn nothing_is_promised_of_what_may_have_been_saved() {
        for error in [AppError::TimedOut, AppError::OutcomeUnknown] {
            let (page, text) = shown(Way::Form, error, Some(10)).await;
            assert!(!text.contains("Nothing was saved"), "{text}");
            assert!(!text.contains("send the form again"), "{text}");
            assert!(!page.headers().contains_key(REFRESH));
        }
    }

    #[tokio::test]
    async fn whoever_is_unwell_is_told_whom_to_call_and_it_stays_small() {
        for way in [Way::Address, Way::Receipt, Way::Form] {
            let (_, text) = shown(way, busy(42), Some(42)).await;
            assert!(text.contains("call your emergency number"), "{text}");
            assert!(text.len() < 4_096, "{} bytes", text.len());
        }
    }

    #[test]
    fn its_colours_are_those_of_the_apps() {
        let tokens = include_str!("../../../../../../style/tokens.css");
        let colours: Vec<_> = STYLE.split('#').skip(1).filter_map(|rest| rest.get(..6)).collect();
        assert!(colours.len() > 10);
        for colour in colours {
            assert!(tokens.contains(&format!("#{colour}")), "#{colour} is none of the tokens");
        }
    }
}
