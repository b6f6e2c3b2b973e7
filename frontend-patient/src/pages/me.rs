//! The account.

use app::error::AppError;
use app::functions::session::{SignOut, current_user};
use app::widgets::{PageHeading, PageTitle, Problem, Skeleton};
use leptos::form::ActionForm;
use leptos::prelude::*;

use crate::frame::{Frame, Tab};
use crate::texts;

/// Who is signed in, and the way out.
#[component]
pub(crate) fn MePage() -> impl IntoView {
    let user = Resource::new_blocking(|| (), |()| current_user());
    view! {
        <Frame tab=Tab::Me>
            <PageTitle text=texts::ME_TITLE />
            <PageHeading>{texts::ME_TITLE}</PageHeading>
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
    let sign_out = ServerAction::<SignOut>::new();
    view! {
        <div class="card account">
            <p>
                <span class="quiet">{texts::SIGNED_IN_AS}</span>
                <strong class="account__name">{login}</strong>
            </p>
            <ActionForm action=sign_out>
                <button class="button" type="submit">
                    {move || {
                        if sign_out.pending().get() { texts::SIGNING_OUT } else { texts::SIGN_OUT }
                    }}
                </button>
            </ActionForm>
            <p class="quiet">{texts::SIGN_OUT_TEXT}</p>
        </div>
    }
}
