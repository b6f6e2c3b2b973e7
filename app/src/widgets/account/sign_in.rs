//! Signing in and signing out.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use super::log_off::TimeUp;
use super::texts::{sent_signed_out, signed_out};
use crate::functions::session::{SignIn, SignOut};
use crate::widgets::fault::{ErrorSummary, Faults};
use crate::widgets::field::{SubmitButton, TextField};
use crate::widgets::heading::{PageHeading, PageTitle};
use crate::widgets::notice::{Notice, NoticeKind};
use crate::widgets::post_form::{PostForm, Posting};
use crate::widgets::texts;
use crate::widgets::typed_form::unsent_form;

/// Asks for user name and password, under the heading of the page.
#[component]
pub fn SignInForm(
    /// For whom the app is.
    lead: &'static str,
    /// What else has stopped where somebody was signed out because the time was up.
    #[prop(optional)]
    stopped: &'static str,
) -> impl IntoView {
    let posting = Posting::to::<SignIn>();
    let faults = Faults::of_refusal(posting.refusal(), &["username", "password"]);
    let query = use_query_map();
    let named = |query: &ParamsMap| query.get_str("after").and_then(TimeUp::named);
    let time_up = move || query.with(named);
    // The server writes the title when the page's signals may be gone.
    let was_time_up = query.with_untracked(named).is_some();
    let title = if was_time_up { texts::SIGNED_OUT } else { texts::SIGN_IN };
    let unsent = unsent_form();
    let why_here = move || match unsent {
        Some(unsent) => Some((NoticeKind::Attention, sent_signed_out(unsent))),
        None => time_up().map(|because| (NoticeKind::Info, signed_out(because))),
    };
    view! {
        <PageTitle text=title />
        <PageHeading>{texts::SIGN_IN}</PageHeading>
        <p class="lead">{lead}</p>
        {move || {
            why_here()
                .map(|(kind, title)| {
                    let stopped = time_up().map(|_| stopped);
                    view! { <Notice kind title>{stopped}</Notice> }
                })
        }}
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
