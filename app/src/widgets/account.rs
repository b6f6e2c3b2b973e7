//! Signing in, who is signed in, and signing out.

use leptos::prelude::*;

use super::fault::{ErrorSummary, Faults};
use super::field::{SubmitButton, TextField};
use super::heading::{PageHeading, PageTitle};
use super::loaded::Loaded;
use super::post_form::{PostForm, Posting};
use super::texts;
use crate::functions::session::{CurrentUser, SignIn, SignOut};

/// Asks for user name and password, under the heading of the page.
#[component]
pub fn SignInForm(
    /// For whom the app is.
    lead: &'static str,
) -> impl IntoView {
    let posting = Posting::to::<SignIn>();
    let faults = Faults::of_refusal(posting.refusal(), &["username", "password"]);
    view! {
        <PageTitle text=texts::SIGN_IN />
        <PageHeading>{texts::SIGN_IN}</PageHeading>
        <p class="lead">{lead}</p>
        <ErrorSummary faults title=texts::SIGN_IN_FAULT />
        <PostForm posting class=Some("form")>
            <TextField
                name="username"
                label=texts::USERNAME
                error=faults.of("username")
                autocomplete="username"
            />
            <TextField
                name="password"
                label=texts::PASSWORD
                error=faults.of("password")
                kind="password"
                autocomplete="current-password"
            />
            <SubmitButton
                label=texts::SIGN_IN
                busy_label=texts::SIGNING_IN
                busy=posting.is_busy()
            />
        </PostForm>
    }
}

/// Who is signed in.
#[component]
pub fn Account(
    /// What to know about the session.
    note: &'static str,
    /// The way out, if it is here.
    #[prop(optional)]
    children: Option<ChildrenFn>,
) -> impl IntoView {
    let card = move |login: String| {
        view! {
            <div class="card account">
                <p>
                    <span class="quiet">{texts::SIGNED_IN_AS}</span>
                    <strong class="account__name">{login}</strong>
                </p>
                {children.as_ref().map(|children| children())}
                <p class="quiet">{note}</p>
            </div>
        }
        .into_any()
    };
    view! { <Loaded question=|_| CurrentUser {} show=move |_, user| card(user.login) rows=1 /> }
}

/// Signs out.
#[component]
pub fn SignOutForm(
    /// The class of the form.
    #[prop(optional)]
    class: Option<&'static str>,
    /// The class of its button.
    button: &'static str,
    /// What stands before the words.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let posting = Posting::to::<SignOut>();
    let is_busy = posting.is_busy();
    view! {
        <PostForm posting class>
            <button class=button type="submit">
                {children.map(|children| children())}
                {move || if is_busy.get() { texts::SIGNING_OUT } else { texts::SIGN_OUT }}
            </button>
        </PostForm>
    }
}
