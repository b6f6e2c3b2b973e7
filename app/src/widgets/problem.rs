//! What a page or a list shows when it has nothing to show: not yet, not at all, or not now.

use domain::access::Role;
use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;

use super::account::visitor_role;
use super::heading::{PageHeading, PageTitle};
use super::icon::{Icon, Symbol};
use super::texts;
use crate::error::AppError;
use crate::places::{SIGN_IN_PATH, account_path, start_path};

/// Where somebody of this `role` is led instead of being told of `error` at `path`.
fn led_on(error: &AppError, role: Option<Role>, path: &str) -> Option<&'static str> {
    match error {
        AppError::PasswordChangeRequired => role.map(account_path),
        // Every way home leads here, whatever one's role.
        AppError::Forbidden if path == "/" => role.map(start_path).filter(|start| *start != path),
        _ => None,
    }
}

/// Tells the browser how it went; strangers it sends to the sign-in page.
#[cfg(feature = "ssr")]
fn answer_with(error: &AppError) {
    use leptos_axum::ResponseOptions;
    if *error == AppError::SignInRequired {
        leptos_axum::redirect(SIGN_IN_PATH);
    } else if let (Some(response), Ok(status)) =
        (use_context::<ResponseOptions>(), http::StatusCode::from_u16(error.status()))
    {
        response.set_status(status);
    }
}

/// A part of a page that cannot be shown: what happened, what is safe, what to do.
#[component]
pub fn Problem(
    /// Why it cannot be shown.
    error: AppError,
) -> impl IntoView {
    let here = use_location().pathname.get_untracked();
    if let Some(path) = led_on(&error, visitor_role(), &here) {
        return view! { <Redirect path /> }.into_any();
    }
    #[cfg(feature = "ssr")]
    answer_with(&error);
    view! { <ProblemPanel error /> }.into_any()
}

/// [`Problem`] without telling the browser: for showing one.
#[component]
pub(crate) fn ProblemPanel(
    /// Why it cannot be shown.
    error: AppError,
) -> impl IntoView {
    let words = texts::problem(&error);
    // `external`, so that the page is loaded anew, even if it is the one already shown.
    let way_out = match error {
        AppError::SignInRequired | AppError::Forbidden => {
            view! { <a class="button" href=SIGN_IN_PATH>{texts::TO_SIGN_IN}</a> }.into_any()
        }
        AppError::PasswordChangeRequired => {
            let path = account_path(visitor_role().unwrap_or(Role::Patient));
            view! { <a class="button" href=path>{texts::TO_ACCOUNT}</a> }.into_any()
        }
        AppError::NotFound => {
            view! { <a class="button" href="/">{texts::TO_START_PAGE}</a> }.into_any()
        }
        // What the address asks for cannot be used: the same again would not help.
        AppError::Invalid(faults) => {
            let messages = faults.into_iter().map(|fault| view! { <li>{fault.message}</li> });
            view! { <ul class="state__faults">{messages.collect_view()}</ul> }.into_any()
        }
        _ => view! { <a class="button" href="" rel="external">{texts::TRY_AGAIN}</a> }.into_any(),
    };
    view! {
        <div class="state state--problem" role="alert">
            <Icon symbol=Symbol::Info />
            <h2 class="state__title">{words.title}</h2>
            <p class="state__text">{words.text}</p>
            {way_out}
        </div>
    }
}

/// A list without entries: what would be here, and how it gets here.
#[component]
pub fn EmptyState(
    /// What it shows.
    symbol: Symbol,
    /// What there is none of.
    title: &'static str,
    /// How one gets here.
    text: &'static str,
    /// What to do, if there is something.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="state">
            <Icon symbol />
            <h2 class="state__title">{title}</h2>
            <p class="state__text">{text}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// The shape of a list that is on its way.
#[component]
pub fn Skeleton(
    /// How many entries it hints at.
    #[prop(default = 4)]
    rows: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <span class="visually-hidden">{texts::LOADING}</span>
            {(0..rows).map(|_| view! { <span class="skeleton__row"></span> }).collect_view()}
        </div>
    }
}

/// The page of a wrong address.
#[component]
pub fn NothingHere() -> impl IntoView {
    #[cfg(feature = "ssr")]
    answer_with(&AppError::NotFound);
    view! {
        <PageTitle text=texts::NOTHING_HERE_TITLE />
        <div class="state state--page">
            <PageHeading>{texts::NOTHING_HERE_TITLE}</PageHeading>
            <p class="state__text">{texts::NOTHING_HERE_TEXT}</p>
            <a class="button button--primary" href="/">
                {texts::TO_START_PAGE}
            </a>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_one_time_password_leads_to_the_account() {
        let error = AppError::PasswordChangeRequired;
        assert_eq!(led_on(&error, Some(Role::Patient), "/history"), Some("/me"));
        assert_eq!(led_on(&error, Some(Role::Clinician), "/"), Some("/account"));
    }

    #[test]
    fn the_way_home_leads_everybody_to_where_they_begin() {
        let from = |role, path| led_on(&AppError::Forbidden, Some(role), path);
        assert_eq!(from(Role::ClinicAdministrator, "/"), Some("/staff"));
        assert_eq!(from(Role::ClinicAdministrator, "/emergency"), None);
        assert_eq!(from(Role::Clinician, "/"), None, "it would lead here again");
    }
}
