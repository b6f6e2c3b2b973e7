//! Whose page a form or a question comes from. Browsers send the session of whoever is signed in
//! now; a page was rendered for whoever was signed in then, and says so in what it sends
//! ([`PAGE_OF`]). Where these are two people nothing is done: no value stands in another's record,
//! nobody acts in another's name, and nobody's data are shown on another's page.
//!
//! A bearer token is no such session: whoever sends it says by it who they are.

use app::backend::{Caller, Principal};
use app::error::AppError;
use app::functions::page_of::{PAGE_OF, RETURN_PATH, is_for_owner_of_page};
use app::places::NOT_YOURS_PATH;
use app::widgets::TypedForm;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::field_error::FieldError;
use domain::login::SoughtLogin;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};

use super::AppState;
use super::edge::refusal::{Asking, accepts_page};
use super::pages::FORM_MAX_BYTES;
use super::problem::Problem;
use super::{endpoints, typed_forms};

/// Turns away what a page sends to a server function while somebody else is signed in than the page
/// was rendered for. Behind the guard, which knows who asks, and before anything of a form is kept: it
/// may be somebody else's.
pub(super) async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let principal = principal_of_session(request.headers(), request.extensions().get::<Caller>());
    let (Some(function), Some(_)) = (function_called(&state, &request), principal) else {
        return next.run(request).await;
    };
    let asking = Asking::by(&request);
    let (parts, body) = request.into_parts();
    let Ok(form) = to_bytes(body, FORM_MAX_BYTES).await else {
        let message = "The form is too large: shorten what you entered.";
        return asking.refused(FieldError::new("body", "too_large", message).into());
    };
    let caller = parts.extensions.get::<Caller>();
    let sent = Sent { headers: &parts.headers, caller, path: &function, form: &form };
    match sent.refused(&state, asking).await {
        Some(refusal) => refusal,
        None => next.run(Request::from_parts(parts, Body::from(form))).await,
    }
}

/// The path of the server function that `request` calls for the owner of its page, if it calls one
/// that this address serves.
fn function_called(state: &AppState, request: &Request) -> Option<String> {
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    let is_one = request.method() == Method::POST
        && path.starts_with("/fn/")
        && is_for_owner_of_page(path)
        && endpoints::find(&Method::POST, path, state.audience.app).is_some();
    is_one.then(|| path.to_owned())
}

/// What a page sent.
pub(super) struct Sent<'a> {
    pub(super) headers: &'a HeaderMap,
    pub(super) caller: Option<&'a Caller>,
    /// Where to, as it is routed.
    pub(super) path: &'a str,
    /// The fields, url-encoded.
    pub(super) form: &'a [u8],
}

impl Sent<'_> {
    /// The answer to what may not be done for whoever is signed in, if that is so. It is recorded
    /// like every access that is denied.
    pub(super) async fn refused(&self, state: &AppState, asking: Asking) -> Option<Response> {
        let principal = principal_of_session(self.headers, self.caller)?;
        let owners = owners_in(self.form);
        let refusal = refusal(&owners, principal)?;
        let called = format!("POST {} from a page of somebody else", self.path);
        if let Some(caller) = self.caller
            && let Err(error) = state.service.record_refusal(caller, &called).await
        {
            return Some(Problem::from(error).into_response());
        }
        let led_on = accepts_page(self.headers).then(|| match refusal {
            AppError::AnotherPerson => Some(self.led_to_notice(state, principal, &owners)),
            _ => self.led_back(state, principal, &refusal),
        });
        Some(led_on.flatten().unwrap_or_else(|| asking.refused(refusal)))
    }

    /// Leads a browser without JavaScript to the page that says whose form it was. The name travels
    /// sealed, in the session of whoever is here; what was typed does not travel at all.
    fn led_to_notice(&self, state: &AppState, here: &Principal, owners: &[String]) -> Response {
        let owner = owners.iter().find(|owner| !is_same_account(owner, &here.login));
        let owner = owner.filter(|owner| SoughtLogin::parse(owner).is_ok());
        let page = typed_forms::page_of_form(self.headers);
        let named = [(PAGE_OF, owner.cloned()), (RETURN_PATH, page)];
        let fields = named.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
        let form = TypedForm {
            id: None,
            page: NOT_YOURS_PATH.to_owned(),
            function: self.path.to_owned(),
            fields: fields.collect(),
            is_cut: false,
            refusal: Some(AppError::AnotherPerson),
        };
        typed_forms::lead_to(state, Some(here.session_id), form)
    }

    /// Leads a browser without JavaScript back to its page, which says why it was refused.
    fn led_back(&self, state: &AppState, here: &Principal, refusal: &AppError) -> Option<Response> {
        let form = TypedForm {
            id: None,
            page: typed_forms::page_of_form(self.headers)?,
            function: self.path.to_owned(),
            fields: Vec::new(),
            is_cut: false,
            refusal: Some(refusal.clone()),
        };
        Some(typed_forms::lead_back(state, Some(here.session_id), form))
    }
}

/// Who is signed in, if the browser's session says so.
fn principal_of_session<'a>(
    headers: &HeaderMap,
    caller: Option<&'a Caller>,
) -> Option<&'a Principal> {
    let by_bearer = headers.contains_key(header::AUTHORIZATION);
    caller.filter(|_| !by_bearer)?.principal.as_ref()
}

/// For whom the page was rendered, as often as the form says so.
pub(super) fn owners_in(form: &[u8]) -> Vec<String> {
    let fields = form_urlencoded::parse(form).filter(|(name, _)| name == PAGE_OF);
    fields.map(|(_, owner)| owner.into_owned()).collect()
}

/// Why nothing may be done for `here` that comes from a page of these `owners`, if that is so.
fn refusal(owners: &[String], here: &Principal) -> Option<AppError> {
    if owners.is_empty() {
        let missing = ServerFnErrorErr::MissingArg(PAGE_OF.to_owned());
        return Some(AppError::from_server_fn_error(missing));
    }
    let is_theirs = owners.iter().all(|owner| is_same_account(owner, &here.login));
    (!is_theirs).then_some(AppError::AnotherPerson)
}

/// Whether both logins are of one account.
fn is_same_account(one: &str, other: &str) -> bool {
    one == other || SoughtLogin::parse(one).is_ok_and(|sought| sought.is(other))
}

#[cfg(test)]
mod tests {
    use domain::access::Role;
    use domain::ids::SessionId;
    use uuid::Uuid;

    use super::*;

    fn refused(form: &str) -> Option<AppError> {
        let here = Principal {
            login: "Anna & Bo".to_owned(),
            role: Role::Patient,
            clinic_id: "demo".parse().expect("a clinic"),
            patient_id: None,
            session_id: SessionId(Uuid::nil()),
            must_change_password: false,
        };
        refusal(&owners_in(form.as_bytes()), &here)
    }

    #[test]
    fn what_comes_from_a_page_of_the_same_account_is_done() {
        for form in ["page_of=Anna+%26+Bo", "value=7&page_of=anna%20%26%20bo&unit=kg"] {
            assert_eq!(refused(form), None, "{form}");
        }
    }

    #[test]
    fn what_comes_from_a_page_of_somebody_else_or_of_nobody_is_not() {
        for form in ["page_of=carla", "page_of=", "page_of=Anna+%26+Bo&page_of=carla"] {
            assert_eq!(refused(form), Some(AppError::AnotherPerson), "{form}");
        }
    }

    #[test]
    fn what_does_not_say_where_it_comes_from_is_incomplete() {
        assert!(matches!(refused("value=7"), Some(AppError::Invalid(_))));
    }
}
