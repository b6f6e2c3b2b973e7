//! Signing in, and who is signed in.

use app::error::AppError;
use app::functions::session::current_user;
use app::widgets::{PageHeading, PageTitle, Problem, SignInForm, Skeleton};
use leptos::prelude::*;

use crate::frame::{Frame, Part};
use crate::texts;

/// Asks who somebody is.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    view! {
        <Frame alone=true>
            <PageTitle text=texts::SIGN_IN_TITLE />
            <PageHeading>{texts::SIGN_IN_TITLE}</PageHeading>
            <p class="lead">{texts::SIGN_IN_LEAD}</p>
            <SignInForm fault_title=texts::SIGN_IN_FAULT />
        </Frame>
    }
}

/// Who is signed in.
#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    let user = Resource::new_blocking(|| (), |()| current_user());
    view! {
        <Frame part=Part::Account>
            <PageTitle text=texts::ACCOUNT />
            <PageHeading>{texts::ACCOUNT}</PageHeading>
            <Suspense fallback=|| {
                view! { <Skeleton rows=1 /> }
            }>
                {move || Suspend::new(async move {
                    match user.await {
                        Ok(Some(user)) => view! { <Account login=user.login /> }.into_any(),
                        Ok(None) => view! { <Problem error=AppError::SignInRequired /> }.into_any(),
                        Err(error) => view! { <Problem error /> }.into_any(),
                    }
                })}
            </Suspense>
        </Frame>
    }
}

#[component]
fn Account(login: String) -> impl IntoView {
    view! {
        <div class="card account">
            <p>
                <span class="quiet">{texts::SIGNED_IN_AS}</span>
                <strong class="account__name">{login}</strong>
            </p>
            <p class="quiet">{texts::SESSION_TEXT}</p>
        </div>
    }
}
