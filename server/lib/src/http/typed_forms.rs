//! What somebody typed into a form that was refused, kept for the page that they are led back to.
//!
//! With JavaScript the page stays and nothing is needed. Without it the browser loads the page
//! anew, and what was typed, health data among it, may stand in no address: it travels in a cookie,
//! sealed for the session in which it was typed. [`fields_that_come_back`] says what is kept.

use app::backend::{Audience, Caller, CookieKind, set_cookies};
use app::functions::comes_back::fields_that_come_back;
use app::places::NOT_YOURS_PATH;
use app::widgets::TypedForm;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::CookieJar;
use domain::field_error::FieldError;
use domain::ids::SessionId;
use leptos::prelude::{provide_context, use_context};
use serde::{Deserialize, Serialize};

use super::AppState;
use super::edge::refusal::{Asking, Way, accepts_page};
use super::pages::FORM_MAX_BYTES;
use crate::identity::sealed::{Purpose, Sealer};
use crate::service::Service;

/// How long what was typed is kept, in seconds: long enough to read what is wrong.
const KEPT_S: u64 = 10 * 60;
/// The longest value of the cookie, in bytes: with its name and attributes it stays below the 4,096
/// that every browser keeps.
const COOKIE_MAX_BYTES: usize = 3_800;
/// What the address of a page carries that a form without JavaScript is led back to.
const REFUSAL: &str = "__err";

/// What the cookie holds, sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Until when it may be shown, in milliseconds since 1970.
    until_ms: u64,
    form: TypedForm,
}

/// Keeps what was typed into a form whose answer leads back to its page with a refusal.
pub(super) async fn keep(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let names = fields_that_come_back(request.uri().path());
    let is_form = Asking::by(&request) == Asking::Person(Way::Form);
    if names.is_empty() || !is_form {
        return next.run(request).await;
    }
    let (function, session) = (request.uri().path().to_owned(), session_of(request.extensions()));
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, FORM_MAX_BYTES).await else {
        let message = "The form is too large: shorten what you entered.";
        return Asking::Person(Way::Form)
            .refused(FieldError::new("body", "too_large", message).into());
    };
    let fields = typed_fields(&bytes, names);
    let mut response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    if let Some(page) = page_of_refusal(response.headers()) {
        put(&mut response, &state, session, TypedForm { page, function, fields });
    }
    response
}

/// Lets the browser keep `form` for its page, sealed in `session`.
pub(super) fn put(
    response: &mut Response,
    state: &AppState,
    session: Option<SessionId>,
    form: TypedForm,
) {
    let until_ms = state.service.commands.clock.unix_ms() + KEPT_S * 1_000;
    let value = sealed(&state.service.sealer, session, Kept { until_ms, form });
    let cookie = value.map(|value| state.audience.set_cookie(CookieKind::Typed, &value, KEPT_S));
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Hands what was kept to the page that is rendered now, if that is the page of the form and still
/// says why it was refused. On any other page it has served, and is taken away.
pub(super) fn hand_back(service: &Service, audience: Audience) {
    let Some(parts) = use_context::<Parts>() else { return };
    let jar = CookieJar::from_headers(&parts.headers);
    let name = audience.cookie_name(CookieKind::Typed);
    let Some(cookie) = jar.get(&name) else { return };
    // What a page loads beside itself, such as an icon that is not there, changes nothing.
    if parts.method != Method::GET || !accepts_page(&parts.headers) {
        return;
    }
    let now_ms = service.commands.clock.unix_ms();
    let form = opened(&service.sealer, session_of(&parts.extensions), cookie.value(), now_ms);
    let is_for = |uri: &Uri| says_refusal(uri) || uri.path() == NOT_YOURS_PATH;
    match form.filter(|form| form.page == parts.uri.path() && is_for(&parts.uri)) {
        Some(form) => provide_context(form),
        None => set_cookies(vec![audience.set_cookie(CookieKind::Typed, "", 0)]),
    }
}

fn session_of(extensions: &Extensions) -> Option<SessionId> {
    extensions.get::<Caller>()?.principal.as_ref().map(|principal| principal.session_id)
}

/// The `names`d fields of a form, each once.
fn typed_fields(form: &[u8], names: &[&str]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (name, text) in form_urlencoded::parse(form) {
        let is_new = !fields.iter().any(|(earlier, _)| *earlier == name);
        if is_new && names.contains(&&*name) && !text.is_empty() {
            fields.push((name.into_owned(), text.into_owned()));
        }
    }
    fields
}

/// The path of the page that an answer leads back to with a refusal, if it does.
fn page_of_refusal(answer: &HeaderMap) -> Option<String> {
    let place: Uri = answer.get(header::LOCATION)?.to_str().ok()?.parse().ok()?;
    says_refusal(&place).then(|| place.path().to_owned())
}

fn says_refusal(place: &Uri) -> bool {
    let query = place.query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == REFUSAL)
}

/// The cookie's value. Of what is too long for a cookie the longest fields are left out, whole: half
/// a note, taken for all of it, would be worse than none. `None` where nothing is left.
fn sealed(sealer: &Sealer, session: Option<SessionId>, mut kept: Kept) -> Option<String> {
    while !kept.form.fields.is_empty() {
        let text = serde_json::to_string(&kept).ok()?;
        let value = sealer.seal(Purpose::TypedForm, session, &text).ok()?;
        if value.len() <= COOKIE_MAX_BYTES {
            return Some(value);
        }
        let fields = kept.form.fields.iter().enumerate();
        let (longest, _) = fields.max_by_key(|(_, (_, text))| text.len())?;
        kept.form.fields.remove(longest);
    }
    None
}

/// What the cookie's value holds, if it was sealed in this session and its time is not over.
fn opened(
    sealer: &Sealer,
    session: Option<SessionId>,
    value: &str,
    now_ms: u64,
) -> Option<TypedForm> {
    let text = sealer.open(Purpose::TypedForm, session, value)?;
    let kept: Kept = serde_json::from_str(&text).ok()?;
    (now_ms < kept.until_ms).then_some(kept.form)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::identity::signing_keys::SigningKeys;

    fn sealer() -> Sealer {
        let keys = SigningKeys { current: "a secret".to_owned(), previous: None };
        Sealer::new(&keys).expect("a sealer")
    }

    fn kept(note: &str) -> Kept {
        let field = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let form = TypedForm {
            page: "/send/weight".to_owned(),
            function: "/fn/patient/submit_observation".to_owned(),
            fields: vec![field("value", "70"), field("note", note)],
        };
        Kept { until_ms: 1_000, form }
    }

    #[test]
    fn what_was_typed_comes_back_in_its_session_until_its_time_is_over() {
        let (sealer, session) = (sealer(), Some(SessionId(Uuid::from_u128(1))));
        let value = sealed(&sealer, session, kept("after lunch")).expect("sealed");
        let form = kept("after lunch").form;
        assert_eq!(opened(&sealer, session, &value, 999), Some(form));
        assert_eq!(opened(&sealer, session, &value, 1_000), None);
        assert_eq!(opened(&sealer, None, &value, 999), None);
    }

    #[test]
    fn what_no_cookie_holds_is_left_out_whole() {
        let sealer = sealer();
        let back = |note: &str| {
            let value = sealed(&sealer, None, kept(note)).expect("sealed");
            assert!(value.len() <= COOKIE_MAX_BYTES);
            opened(&sealer, None, &value, 0).expect("opened").fields
        };
        assert_eq!(back(&"a".repeat(1_000)).len(), 2, "a note of the greatest length");
        assert_eq!(back(&"a".repeat(5_000)), [("value".to_owned(), "70".to_owned())]);
        let mut only_long = kept(&"a".repeat(5_000));
        only_long.form.fields.remove(0);
        assert_eq!(sealed(&sealer, None, only_long), None);
    }

    #[test]
    fn of_a_form_the_named_fields_are_kept_each_once() {
        let form = b"value=39%2C4&password=secret&value=2&note=&unit=Cel";
        let fields = typed_fields(form, &["value", "unit", "note"]);
        let expected = [("value", "39,4"), ("unit", "Cel")];
        assert_eq!(fields, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn only_an_answer_that_leads_back_with_a_refusal_keeps_anything() {
        let page = |place: &str| {
            let place = HeaderValue::from_str(place).expect("a header");
            page_of_refusal(&HeaderMap::from_iter([(header::LOCATION, place)]))
        };
        let refused = "http://localhost:5173/send/weight?__path=%2Ffn&__err=e30%3D";
        assert_eq!(page(refused).as_deref(), Some("/send/weight"));
        assert_eq!(page("/sent/1"), None);
        assert_eq!(page("/audit?query=__err"), None);
        assert_eq!(page_of_refusal(&HeaderMap::new()), None);
    }
}
