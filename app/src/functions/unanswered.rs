//! What somebody learns whose form was sent and never answered. The way there may have failed, or
//! the way back: what the form was for may have been done.

use leptos::server_fn::ServerFn;

use super::clinician::{
    AcknowledgeAlert, BreakerHold, BreakerReset, DisableStaff, FindInAudit, ReleaseAlert,
};
use super::patient::{CorrectObservation, CreateAccount, SubmitObservation, WithdrawObservation};
use super::session::{EndSession, SignIn, SignOut, SignOutEverywhere};
use crate::error::AppError;

/// The forms after which there is nothing new to look for.
const SAVES_NOTHING: [&str; 2] = [SignIn::PATH, FindInAudit::PATH];

/// The forms that may be sent again: by a key, or by what they say, twice is once. An account made
/// before is signed in to.
const COUNTS_ONCE: [&str; 12] = [
    SubmitObservation::PATH,
    CorrectObservation::PATH,
    WithdrawObservation::PATH,
    CreateAccount::PATH,
    AcknowledgeAlert::PATH,
    ReleaseAlert::PATH,
    DisableStaff::PATH,
    BreakerHold::PATH,
    BreakerReset::PATH,
    EndSession::PATH,
    SignOut::PATH,
    SignOutEverywhere::PATH,
];

/// What `error` means for a form that went to the server function at `path`.
pub(crate) fn of_form(path: &str, error: AppError) -> AppError {
    match error {
        AppError::Connection if !SAVES_NOTHING.contains(&path) => {
            AppError::NoAnswer { again_counts_once: COUNTS_ONCE.contains(&path) }
        }
        error => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::session::ChangePassword;

    #[test]
    fn a_form_without_an_answer_may_have_been_done() {
        let words = |path| of_form(path, AppError::Connection).to_string();
        assert!(words(SubmitObservation::PATH).contains("Send it again"));
        assert!(words(ChangePassword::PATH).contains("look before you send it again"));
        assert_eq!(of_form(SignIn::PATH, AppError::Connection), AppError::Connection);
        let refused = AppError::Overloaded { retry_after_s: 2 };
        assert_eq!(of_form(ChangePassword::PATH, refused.clone()), refused);
    }
}
