//! The browser's end of a server function: a form's fields go out, JSON comes back.

use js_sys::encode_uri_component;
use js_sys::futures::JsFuture;
use leptos::prelude::window;
use leptos::server_fn::redirect::{REDIRECT_HEADER, call_redirect_hook};
use leptos::wasm_bindgen::{JsCast, JsValue};
use send_wrapper::SendWrapper;
use serde_json::value::RawValue;
use web_sys::{Headers, RequestInit, Response};

use super::ask::RawAnswer;
use super::bound::Bound;
use super::page_of::PAGE_OF;
use crate::error::AppError;
use crate::widgets::browser::{go_to, load_anew, since_page_began_ms, tell_page};
use crate::widgets::server_time::heard_from_server;
use crate::widgets::{SOMEBODY_ELSE_IS_HERE, owner_of_page};

/// The server functions after which somebody else may be signed in, or nobody: the page is loaded
/// anew, so that nothing of who was there before stays in it.
const CHANGES_WHO_IS_HERE: [&str; 2] = ["/fn/session/", "/fn/patient/create_account"];

/// Marks what a page asks by itself: no sign of life, and no use of the refresh token.
const BACKGROUND: &str = "X-Background";

/// Posts `fields`, url-encoded, to the server function at `path`, and goes where it redirects to.
/// `in_background` says that nobody has done anything to ask for it. It says whose page this is, and
/// where somebody else is signed in by now the page hears of it.
pub(crate) fn exchange(
    path: &'static str,
    fields: String,
    in_background: bool,
) -> impl Future<Output = RawAnswer> + Send {
    // The browser has one thread, to which the promises below are bound.
    SendWrapper::new(async move {
        let owner = owner_of_page();
        let fields = with_owner(&fields, &owner);
        let sent_ms = since_page_began_ms();
        let init = RequestInit::new();
        let bound = Bound::set_to(&init);
        let Ok((response, text)) = post(path, &fields, in_background, &init).await else {
            let gave_up = bound.is_some_and(|bound| bound.is_over());
            return Err(if gave_up { AppError::TimedOut } else { AppError::Connection });
        };
        if let Ok(Some(date)) = response.headers().get("Date") {
            heard_from_server(&date, sent_ms);
        }
        if !response.ok() {
            let refusal = serde_json::from_str(&text).unwrap_or(AppError::Connection);
            if refusal == AppError::AnotherPerson {
                make_way(&owner);
            }
            return Err(refusal);
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

/// `fields` with the name of whoever the page was rendered for.
fn with_owner(fields: &str, owner: &str) -> String {
    let join = if fields.is_empty() { "" } else { "&" };
    format!("{fields}{join}{PAGE_OF}={}", encode_uri_component(owner))
}

/// Somebody else is signed in than the page was rendered for. A stranger's page holds nothing that
/// could be lost; on everybody else's the page says so itself.
fn make_way(owner: &str) {
    if owner.is_empty() {
        load_anew();
    } else {
        tell_page(SOMEBODY_ELSE_IS_HERE);
    }
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
