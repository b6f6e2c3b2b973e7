//! Signing in, and who is signed in.

use app::widgets::{Account, PageHeading, PageTitle, SignInForm};
use leptos::prelude::*;

use crate::frame::{Frame, Part};
use crate::texts;

/// Asks who somebody is.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    view! {
        <Frame alone=true>
            <SignInForm lead=texts::SIGN_IN_LEAD />
        </Frame>
    }
}

/// Who is signed in.
#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    view! {
        <Frame part=Part::Account>
            <PageTitle text=texts::ACCOUNT />
            <PageHeading>{texts::ACCOUNT}</PageHeading>
            <Account note=texts::SESSION_TEXT />
        </Frame>
    }
}
