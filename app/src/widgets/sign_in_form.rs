//! The form with which people of either app sign in.

use leptos::form::ActionForm;
use leptos::prelude::*;

use super::fault::{ErrorSummary, Faults, fault_lines};
use super::field::{SubmitButton, TextField};
use super::texts;
use crate::functions::session::SignIn;

/// Asks for user name and password.
#[component]
pub fn SignInForm(
    /// What a refusal means.
    fault_title: &'static str,
) -> impl IntoView {
    let sign_in = ServerAction::<SignIn>::new();
    let faults = Faults::new(move || match sign_in.value().get() {
        Some(Err(error)) => {
            fault_lines(&error, &["username", "password"], |fault| fault.message.clone())
        }
        _ => Vec::new(),
    });
    view! {
        <ErrorSummary faults title=fault_title />
        <ActionForm action=sign_in attr:class="form" attr:novalidate="">
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
                busy=sign_in.pending()
            />
        </ActionForm>
    }
}
