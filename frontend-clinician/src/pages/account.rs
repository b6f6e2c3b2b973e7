//! Signing in, and who is signed in.

use app::widgets::{Account, PageHeading, PageTitle, SignInForm};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::frame::{Frame, Part};
use crate::live::{TabIcon, show_icon};
use crate::texts;

/// Asks who somebody is.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let after = use_query_map().with_untracked(|query| query.get("after"));
    // Of a dashboard that nobody looks at, the tab is all that can be seen.
    Effect::new(move || {
        if after.is_some() {
            show_icon(TabIcon::NotLive);
        }
    });
    view! {
        <Frame alone=true>
            <SignInForm lead=texts::SIGN_IN_LEAD stopped=texts::ALERTS_STOPPED />
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
