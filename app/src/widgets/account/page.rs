//! The page of one's own account.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::password::ChangePasswordForm;
use super::sessions::OwnSessions;
use super::sign_in::SignOutForm;
use super::texts;
use crate::functions::session::CurrentUser;
use crate::widgets::icon::{Icon, Symbol};
use crate::widgets::isolated::Isolated;
use crate::widgets::loaded::Loaded;
use crate::widgets::notice::{Notice, NoticeKind};
use crate::wire::SignedInUser;

/// Who is signed in, their password and their sessions.
#[component]
pub fn Account(
    /// What to know about the session.
    note: &'static str,
) -> impl IntoView {
    let query = use_query_map();
    let is_changed = move || query.with(|query| query.get_str("changed").is_some());
    view! {
        {move || {
            is_changed()
                .then(|| {
                    view! {
                        <Notice kind=NoticeKind::Done title=texts::PASSWORD_CHANGED />
                    }
                })
        }}
        <Loaded
            question=|_| CurrentUser {}
            show=move |_, user| view! { <OwnAccount user note /> }.into_any()
            rows=2
        />
    }
}

#[component]
fn OwnAccount(user: SignedInUser, note: &'static str) -> impl IntoView {
    let must_change = user.must_change_password;
    let login = user.login.clone();
    view! {
        {must_change
            .then(|| {
                view! {
                    <Notice kind=NoticeKind::Attention title=texts::MUST_CHANGE_TITLE>
                        <p>{texts::MUST_CHANGE_TEXT}</p>
                    </Notice>
                    <ChangePasswordForm login=login.clone() is_open=true />
                }
            })}
        <div class="card account">
            <p>
                <span class="quiet">{texts::SIGNED_IN_AS}</span>
                <strong class="account__name">
                    <Isolated text=user.login.clone() />
                </strong>
                <span class="chip chip--role">
                    <Icon symbol=Symbol::Person />
                    {texts::role_name(user.role)}
                </span>
            </p>
            <SignOutForm button="button" />
            <p class="quiet">{note}</p>
        </div>
        {(!must_change)
            .then(|| {
                view! { <ChangePasswordForm login=user.login is_open=false /> }
            })}
        <OwnSessions />
    }
}
