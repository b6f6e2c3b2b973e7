//! Forms that were sent when nobody was signed in any more: nothing was done, and what was typed
//! waits for whoever the page was rendered for. Nobody else sees it, and nothing is sent by itself.

use app::backend::{Caller, CookieKind, WaitingForm};
use app::functions::comes_back::{UNSENT_ON, UNSENT_TO};
use app::functions::session::SignIn;
use app::places::SIGN_IN_PATH;
use app::widgets::{TypedForm, UnsentForm};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::response::Response;
use leptos::prelude::provide_context;
use leptos::server_fn::ServerFn;

use super::cookie::{Keeper, Kept};
use super::{found, fresh_id, page_here, page_of_form, typed_fields, whole_form};
use crate::http::AppState;
use crate::http::edge::refusal::{Asking, Way};
use crate::http::page_of::owners_in;

/// Leads a browser without JavaScript to the page on which to sign in, which says that nothing was
/// saved. What was typed is kept for the owner of its page.
pub(in crate::http) async fn lead_to_sign_in(state: &AppState, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = match whole_form(body).await {
        Ok(form) => form,
        Err(error) => return Asking::Person(Way::Form).refused(error),
    };
    let function = parts.uri.path().to_owned();
    let (fields, page) = (typed_fields(&form, &function), page_of_form(&parts.headers));
    let owner = owner_in(&form);
    // Without a page to come back to, or an owner, that nothing was saved is all there is to keep.
    let keeps = page.is_some() && !owner.is_empty();
    let form = TypedForm {
        id: Some(fresh_id(state)),
        page: page.unwrap_or_default(),
        function,
        fields: if keeps { fields } else { Vec::new() },
        is_cut: false,
        refusal: None,
    };
    let mut response = found(SIGN_IN_PATH);
    let keeper = Keeper { service: &state.service, audience: state.audience, session: None };
    keeper.put(&mut response, CookieKind::Unsent, owner, form);
    response
}

/// For whom the page was rendered, if it says so once.
fn owner_in(form: &[u8]) -> String {
    let mut owners = owners_in(form);
    owners.pop().filter(|_| owners.is_empty()).unwrap_or_default()
}

/// What a page with JavaScript says was entered on it and not sent, when the time of a session is up:
/// for its owner, who is signed out by this `form`.
pub(super) fn left_behind(form: &[u8]) -> Option<(String, TypedForm)> {
    let text = |name: &str| {
        let found = form_urlencoded::parse(form).find(|(own, _)| own == name);
        found.map(|(_, text)| text.into_owned()).filter(|text| !text.is_empty())
    };
    let (function, owner) = (text(UNSENT_TO)?, owner_in(form));
    let page = page_here(&text(UNSENT_ON)?)?;
    let fields = typed_fields(form, &function);
    let keeps = !owner.is_empty() && !fields.is_empty();
    let form = TypedForm { id: None, page, function, fields, is_cut: false, refusal: None };
    keeps.then_some((owner, form))
}

/// Tells the page on which to sign in that a form waits, and whoever signs in where it is.
pub(super) fn tell(parts: &Parts, unsent: Option<&Kept>) {
    let Some(Kept { owner, form, .. }) = unsent else { return };
    match parts.uri.path() {
        SIGN_IN_PATH => provide_context(UnsentForm { comes_back: !form.fields.is_empty() }),
        SignIn::PATH if !owner.is_empty() && !form.page.is_empty() => {
            provide_context(WaitingForm { owner: owner.clone(), place: form.place() });
        }
        _ => {}
    }
}

/// Whether who asks is the one for whom it waits.
pub(super) fn is_of(kept: &Kept, parts: &Parts) -> bool {
    let here = parts.extensions.get::<Caller>().and_then(|caller| caller.principal.as_ref());
    here.is_some_and(|principal| principal.login == kept.owner)
}
