//! The browser's end of a server function: a form's fields go out, JSON comes back.

use js_sys::futures::JsFuture;
use leptos::prelude::window;
use leptos::server_fn::redirect::{REDIRECT_HEADER, call_redirect_hook};
use leptos::wasm_bindgen::{JsCast, JsValue};
use send_wrapper::SendWrapper;
use serde_json::value::RawValue;
use web_sys::{Headers, RequestInit, Response};

use super::ask::RawAnswer;
use super::bound::Bound;
use crate::error::AppError;
use crate::widgets::browser::go_to;

/// The server functions after which somebody else may be signed in, or nobody: the page is loaded
/// anew, so that nothing of who was there before stays in it.
const CHANGES_WHO_IS_HERE: [&str; 2] = ["/fn/session/", "/fn/patient/create_account"];

/// Marks what a page asks by itself: no sign of life, and no use of the refresh token.
const BACKGROUND: &str = "X-Background";

/// Posts `fields`, url-encoded, to the server function at `path`, and goes where it redirects to.
/// `in_background` says that nobody has done anything to ask for it.
pub(crate) fn exchange(
    path: &'static str,
    fields: String,
    in_background: bool,
) -> impl Future<Output = RawAnswer> + Send {
    // The browser has one thread, to which the promises below are bound.
    SendWrapper::new(async move {
        let init = RequestInit::new();
        let bound = Bound::set_to(&init);
        let Ok((response, text)) = post(path, &fields, in_background, &init).await else {
            let gave_up = bound.is_some_and(|bound| bound.is_over());
            return Err(if gave_up { AppError::TimedOut } else { AppError::Connection });
        };
        if !response.ok() {
            return Err(serde_json::from_str(&text).unwrap_or(AppError::Connection));
        }
        let headers = response.headers();
        if let (Ok(Some(_)), Ok(Some(place))) =
            (headers.get(REDIRECT_HEADER), headers.get("Location"))
        {
            if CHANGES_WHO_IS_HERE.iter().any(|those| path.starts_with(those)) {
                go_to(&place);
            } else {
                call_redirect_hook(&place);
            }
        }
        RawValue::from_string(text).map_err(|_| AppError::Connection)
    })
}

async fn post(
    path: &str,
    fields: &str,
    in_background: bool,
    init: &RequestInit,
) -> Result<(Response, String), JsValue> {
    let headers = Headers::new()?;
    headers.set("Accept", "application/json")?;
    headers.set("Content-Type", "application/x-www-form-urlencoded")?;
    if in_background {
        headers.set(BACKGROUND, "1")?;
    }
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(fields));
    let answered = JsFuture::from(window().fetch_with_str_and_init(path, init)).await?;
    let response: Response = answered.unchecked_into();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response, text.as_string().unwrap_or_default()))
}
