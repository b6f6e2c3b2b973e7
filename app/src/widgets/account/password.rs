//! Changing one's own password.

use leptos::prelude::*;

use super::texts;
use crate::functions::session::ChangePassword;
use crate::widgets::fault::{ErrorSummary, Faults};
use crate::widgets::field::{SubmitButton, TextField};
use crate::widgets::post_form::{PostForm, Posting};

/// Asks for the present and the new password, folded away unless it is what to do now.
#[component]
pub(super) fn ChangePasswordForm(
    /// Whose password it is, for whatever keeps passwords.
    login: String,
    /// Whether it stands open from the start.
    is_open: bool,
) -> impl IntoView {
    let posting = Posting::to::<ChangePassword>();
    let faults = Faults::of_refusal(posting.refusal(), &["current_password", "new_password"]);
    view! {
        <details class="fold" open=move || is_open || !faults.is_empty()>
            <summary class="fold__title">{texts::CHANGE_PASSWORD}</summary>
            <div class="account__password">
                <ErrorSummary faults title=texts::CHANGE_PASSWORD_FAULT />
                <PostForm posting class=Some("form")>
                    <input type="text" autocomplete="username" value=login hidden readonly />
                    <TextField
                        name="current_password"
                        label=texts::PRESENT_PASSWORD
                        error=faults.of("current_password")
                        kind="password"
                        autocomplete="current-password"
                    />
                    <TextField
                        name="new_password"
                        label=texts::NEW_PASSWORD
                        hint=texts::NEW_PASSWORD_HINT
                        error=faults.of("new_password")
                        kind="password"
                        autocomplete="new-password"
                    />
                    <SubmitButton
                        label=texts::CHANGE_PASSWORD
                        busy_label=texts::CHANGING_PASSWORD
                        busy=posting.is_busy()
                    />
                </PostForm>
            </div>
        </details>
    }
}
