//! Forms that come back to whoever sent them without JavaScript: with what was typed and why it was
//! refused, or unread because nobody was signed in any more.
//!
//! With JavaScript the page stays and nothing is needed. Without it the browser loads the page
//! anew, and neither what was typed, health data among it, nor what the page is to say may stand in
//! an address: it travels in a cookie, sealed for the session in which it was typed ([`cookie`]). The
//! address of the page names the form it is about, and says nothing without it: one that somebody
//! made up, or that was served before, shows the page as it is. [`fields_that_come_back`] says what
//! is kept of what was typed.

mod cookie;
mod unsent;

use app::backend::{Audience, CookieKind, set_cookies};
use app::error::AppError;
use app::functions::comes_back::{CAME_BACK, fields_that_come_back};
use app::functions::session::SignOut;
use app::widgets::TypedForm;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use domain::ids::SessionId;
use leptos::prelude::{provide_context, use_context};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;

use self::cookie::Keeper;
pub(super) use self::unsent::lead_to_sign_in;
use super::AppState;
use super::edge::refusal::{Asking, Way, accepts_page};
use super::pages::FORM_MAX_BYTES;
use crate::service::Service;

/// The largest refusal of a server function, in bytes.
const REFUSAL_MAX_BYTES: usize = 64 * 1024;

/// Leads a form that was refused back to its page, with what was typed; and forgets one that has come
/// back as soon as it has gone through.
pub(super) async fn keep(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let function = request.uri().path().to_owned();
    let asking = Asking::by(&request);
    let is_form = asking == Asking::Person(Way::Form);
    if !function.starts_with("/fn/") || !(is_form || asking == Asking::App) {
        return next.run(request).await;
    }
    let keeper = Keeper::of(&state.service, state.audience, request.extensions());
    let kept = keeper.kept(request.headers());
    if !is_form && function != SignOut::PATH {
        let mut response = next.run(request).await;
        if response.status().is_success() {
            kept.forget_served(&mut response, |form| form.function == function);
        }
        return response;
    }
    let (parts, body) = request.into_parts();
    let form = match whole_form(body).await {
        Ok(form) => form,
        Err(error) => return asking.refused(error),
    };
    let (page, fields) = (page_of_form(&parts.headers), typed_fields(&form, &function));
    let left_behind = (function == SignOut::PATH).then(|| unsent::left_behind(&form)).flatten();
    let request = Request::from_parts(parts, Body::from(form));
    let mut response = next.run(request).await;
    if !response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        // Who signs out leaves nothing behind but what they were just entering.
        let is_served = |form: &TypedForm| {
            let is_all = form.refusal.is_some() || function == SignOut::PATH;
            is_all || form.function == function
        };
        kept.forget_served(&mut response, is_served);
        if let Some((owner, form)) = left_behind {
            let form = TypedForm { id: Some(fresh_id(&state)), ..form };
            keeper.put(&mut response, CookieKind::Unsent, owner, form);
        }
        return response;
    }
    if !is_form {
        return response;
    }
    let refusal = refusal_in(response).await;
    match page {
        Some(page) => {
            let (id, is_cut, refusal) = (None, false, Some(refusal));
            let refused = TypedForm { id, page, function, fields, is_cut, refusal };
            let mut response = lead_back(&state, keeper.session, refused);
            // What waited for somebody to sign in has been sent by them.
            if keeper.session.is_some() {
                kept.forget_served(&mut response, |form| form.refusal.is_none());
            }
            response
        }
        // The browser does not say where the form is: the answer says itself why it was refused.
        None => asking.refused(refusal),
    }
}

/// Leads a browser back to the page of a `form` that was refused, which shows it once more.
pub(super) fn lead_back(
    state: &AppState,
    session: Option<SessionId>,
    mut form: TypedForm,
) -> Response {
    form.id = Some(fresh_id(state));
    lead_to(state, session, form)
}

/// Leads a browser to the page of `form`, which shows it.
pub(super) fn lead_to(state: &AppState, session: Option<SessionId>, form: TypedForm) -> Response {
    let mut response = found(&form.place());
    let keeper = Keeper { service: &state.service, audience: state.audience, session };
    keeper.put(&mut response, CookieKind::Typed, String::new(), form);
    response
}

/// Hands what was kept to the page that is rendered now, if that is the page of the form and its
/// address names it. On any other page it has served, and is taken away; what waits for somebody to
/// sign in again waits for that.
pub(super) fn hand_back(service: &Service, audience: Audience) {
    let Some(parts) = use_context::<Parts>() else { return };
    let keeper = Keeper::of(service, audience, &parts.extensions);
    let kept = keeper.kept(&parts.headers);
    unsent::tell(&parts, kept.unsent.as_ref());
    // What a page loads beside itself, such as an icon that is not there, changes nothing.
    if parts.method != Method::GET || !accepts_page(&parts.headers) {
        return;
    }
    let own = kept.unsent.as_ref().filter(|kept| unsent::is_of(kept, &parts));
    let mut has_served = Vec::new();
    for (kind, form) in [(CookieKind::Typed, kept.typed.as_ref()), (CookieKind::Unsent, own)] {
        match form.filter(|kept| is_shown_at(&kept.form, &parts.uri)) {
            Some(kept) => provide_context(kept.form.clone()),
            None if kind == CookieKind::Unsent && keeper.session.is_none() => {}
            None => has_served.extend(kept.taken_away(kind)),
        }
    }
    set_cookies(has_served);
}

/// Whether a page at this address shows `form`.
fn is_shown_at(form: &TypedForm, place: &Uri) -> bool {
    let query = form_urlencoded::parse(place.query().unwrap_or_default().as_bytes());
    let named = query.into_iter().find(|(name, _)| name == CAME_BACK).map(|(_, id)| id);
    form.page == place.path() && (form.id.is_none() || form.id.as_deref() == named.as_deref())
}

/// Names a form in the address of its page.
fn fresh_id(state: &AppState) -> String {
    state.service.commands.clock.fresh_uuid().to_string()
}

/// All of a form.
async fn whole_form(body: Body) -> Result<Bytes, AppError> {
    to_bytes(body, FORM_MAX_BYTES).await.map_err(|_| {
        let message = "The form is too large: shorten what you entered.";
        FieldError::new("body", "too_large", message).into()
    })
}

/// What of a form that goes to `function` comes back, each field once.
fn typed_fields(form: &[u8], function: &str) -> Vec<(String, String)> {
    let names = fields_that_come_back(function);
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, text) in form_urlencoded::parse(form) {
        let is_new = !fields.iter().any(|(earlier, _)| *earlier == name);
        if is_new && names.contains(&&*name) && !text.is_empty() {
            fields.push((name.into_owned(), text.into_owned()));
        }
    }
    fields
}

/// The path of the page with the form that a browser has sent.
pub(super) fn page_of_form(headers: &HeaderMap) -> Option<String> {
    page_here(headers.get(header::REFERER)?.to_str().ok()?)
}

/// The path of a page of this server, out of its address.
fn page_here(address: &str) -> Option<String> {
    let page: Uri = address.parse().ok()?;
    let path = page.path();
    // Two slashes would lead to another server; browsers read both kinds.
    let is_here = path.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']));
    is_here.then(|| path.to_owned())
}

/// Why a server function refused a form.
async fn refusal_in(answer: Response) -> AppError {
    let refusal = to_bytes(answer.into_body(), REFUSAL_MAX_BYTES).await.ok();
    let refusal = refusal.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    refusal.unwrap_or(AppError::OutcomeUnknown)
}

pub(super) fn found(place: &str) -> Response {
    let place = HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::FOUND, [(header::LOCATION, place)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_form_the_named_fields_are_kept_each_once() {
        let form = b"value=39%2C4&password=secret&value=2&note=&unit=Cel";
        let fields = typed_fields(form, "/fn/patient/submit_observation");
        let expected = [("value", "39,4"), ("unit", "Cel")];
        assert_eq!(fields, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn the_way_back_stays_on_this_server() {
        let page = |referer: &str| {
            let referer = HeaderValue::from_str(referer).expect("a header");
            page_of_form(&HeaderMap::from_iter([(header::REFERER, referer)]))
        };
        assert_eq!(page("http://h:1/send/weight?a=b").as_deref(), Some("/send/weight"));
        for elsewhere in ["http://h:1//evil.example/", "/\\evil.example/", "//evil.example/"] {
            assert_eq!(page(elsewhere), None, "{elsewhere}");
        }
        assert_eq!(page("nonsense elsewhere"), None);
        assert_eq!(page("*"), None);
    }

    #[test]
    fn the_address_that_names_a_form_shows_it_and_no_other() {
        let form = |id: Option<&str>| TypedForm {
            id: id.map(str::to_owned),
            page: "/send/weight".to_owned(),
            function: "/fn/patient/submit_observation".to_owned(),
            fields: Vec::new(),
            is_cut: false,
            refusal: None,
        };
        let shown = |id, place: &str| is_shown_at(&form(id), &place.parse().expect("an address"));
        assert!(shown(Some("a"), "/send/weight?came_back=a"));
        for other in ["/send/weight", "/send/weight?came_back=b", "/send/glucose?came_back=a"] {
            assert!(!shown(Some("a"), other), "{other}");
        }
        assert!(shown(None, "/send/weight") && !shown(None, "/"));
    }
}
