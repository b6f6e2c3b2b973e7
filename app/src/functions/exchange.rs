//! The browser's end of a server function: a form's fields go out, JSON comes back.

use js_sys::futures::JsFuture;
use leptos::prelude::window;
use leptos::server_fn::redirect::{REDIRECT_HEADER, call_redirect_hook};
use leptos::wasm_bindgen::{JsCast, JsValue};
use send_wrapper::SendWrapper;
use serde_json::value::RawValue;
use web_sys::{Headers, RequestInit, Response};

use super::ask::RawAnswer;
use crate::error::AppError;
use crate::widgets::browser::go_to;

/// The server functions after which somebody else may be signed in, or nobody: the page is loaded
/// anew, so that nothing of who was there before stays in it.
const CHANGES_WHO_IS_HERE: [&str; 2] = ["/fn/session/", "/fn/patient/create_account"];

/// Posts `fields`, url-encoded, to the server function at `path`, and goes where it redirects to.
pub(crate) fn exchange(
    path: &'static str,
    fields: String,
) -> impl Future<Output = RawAnswer> + Send {
    // The browser has one thread, to which the promises below are bound.
    SendWrapper::new(async move {
        let Ok((response, text)) = post(path, &fields).await else {
            return Err(AppError::Connection);
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

async fn post(path: &str, fields: &str) -> Result<(Response, String), JsValue> {
    let headers = Headers::new()?;
    headers.set("Accept", "application/json")?;
    headers.set("Content-Type", "application/x-www-form-urlencoded")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(fields));
    let answered = JsFuture::from(window().fetch_with_str_and_init(path, &init)).await?;
    let response: Response = answered.unchecked_into();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response, text.as_string().unwrap_or_default()))
}
