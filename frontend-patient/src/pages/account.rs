//! Signing in, and making an account.

use app::functions::patient::CreateAccount;
use app::widgets::texts as shared;
use app::widgets::{
    ErrorSummary, Faults, PageHeading, PageTitle, PostForm, Posting, SignInForm, SubmitButton,
    TextField,
};
use leptos::prelude::*;

use crate::frame::Frame;
use crate::texts;

/// Asks who somebody is.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    view! {
        <Frame>
            <SignInForm lead=texts::SIGN_IN_LEAD />
            <p class="aside">
                {texts::NEW_HERE}" "<a href="/sign-up">{texts::CREATE_ACCOUNT_LINK}</a>
            </p>
        </Frame>
    }
}

/// Makes an account.
#[component]
pub(crate) fn CreateAccountPage() -> impl IntoView {
    view! {
        <Frame>
            <PageTitle text=texts::CREATE_ACCOUNT_TITLE />
            <PageHeading>{texts::CREATE_ACCOUNT_TITLE}</PageHeading>
            <CreateAccountForm />
            <p class="aside">
                {texts::KNOWN_HERE}" "<a href="/sign-in">{shared::SIGN_IN}</a>
            </p>
        </Frame>
    }
}

#[component]
fn CreateAccountForm() -> impl IntoView {
    let posting = Posting::to::<CreateAccount>();
    let faults = Faults::of_refusal(posting.refusal(), &["username", "password", "email"]);
    view! {
        <ErrorSummary faults title=texts::CREATE_ACCOUNT_FAULT />
        <PostForm posting class=Some("form")>
            <TextField
                name="username"
                label=shared::USERNAME
                hint=texts::USERNAME_HINT
                error=faults.of("username")
                autocomplete="username"
            />
            <TextField
                name="password"
                label=shared::PASSWORD
                hint=texts::PASSWORD_HINT
                error=faults.of("password")
                kind="password"
                autocomplete="new-password"
            />
            <TextField
                name="email"
                label=texts::EMAIL
                hint=texts::EMAIL_HINT
                error=faults.of("email")
                kind="email"
                keyboard="email"
                autocomplete="email"
            />
            <SubmitButton
                label=texts::CREATE_ACCOUNT
                busy_label=texts::CREATING_ACCOUNT
                busy=posting.is_busy()
            />
        </PostForm>
    }
}
