//! The texts of one's own account.

use domain::access::Role;
use domain::timestamp::Timestamp;

use super::log_off::TimeUp;
use crate::widgets::isolated::isolated;
use crate::widgets::typed_form::UnsentForm;

pub(super) const SIGNED_IN_AS: &str = "Signed in as";

// The password.
pub(super) const PASSWORD_CHANGED: &str = "Password changed. Other devices are signed out.";
pub(super) const MUST_CHANGE_TITLE: &str = "Choose a password of your own";
pub(super) const MUST_CHANGE_TEXT: &str =
    "You signed in with a one-time password. Until you have chosen another, nothing else opens.";
pub(super) const CHANGE_PASSWORD: &str = "Change password";
pub(super) const CHANGING_PASSWORD: &str = "Changing…";
pub(super) const CHANGE_PASSWORD_FAULT: &str = "Your password was not changed yet";
pub(super) const PRESENT_PASSWORD: &str = "Present password";
pub(super) const NEW_PASSWORD: &str = "New password";
pub(super) const NEW_PASSWORD_HINT: &str =
    "At least 8 characters; 15 or more are better. Any characters will do.";

// The sessions.
pub(super) const SESSIONS: &str = "Where you are signed in";
pub(super) const THIS_DEVICE: &str = "This device";
pub(super) const SIGN_OUT_EVERYWHERE: &str = "Sign out everywhere";
pub(super) const SIGN_OUT_EVERYWHERE_WORDS: &str = "You are signed out on every device, on this one too. What is being filled in there and was not \
     sent is lost.";
pub(super) const SIGN_OUT_EVERYWHERE_CONFIRM: &str = "Yes, sign out everywhere";
pub(super) const END_SESSION_CONFIRM: &str = "Yes, sign it out";
pub(super) const END_SESSION_FAULT: &str = "The device is not signed out yet";
pub(super) const SIGNED_IN_AT: &str = "Signed in: ";
pub(super) const LAST_USED_AT: &str = "Last used: ";

/// The name of a button that ends the session on `device`, for those who do not see where it is.
pub(super) fn sign_out_of(
    device: &str,
    signed_in_at: Timestamp,
    last_used_at: Timestamp,
) -> String {
    let (signed_in, last_used) = (signed_in_at.in_words_utc(), last_used_at.in_words_utc());
    let device = isolated(device);
    format!("Sign out {device}. {SIGNED_IN_AT}{signed_in}. {LAST_USED_AT}{last_used}")
}

/// What ending the session on `device` does.
pub(super) fn end_session_words(device: &str) -> String {
    format!(
        "{device} is signed out at once. What is being filled in there and was not sent is lost."
    )
}

// The end of a session.
pub(super) const STAY: &str = "Stay signed in";
pub(super) const GO_ON: &str = "Go on until then";

/// The words of the dialog before the session ends.
pub(super) fn warning(because: TimeUp) -> (&'static str, &'static str) {
    match because {
        TimeUp::Idle => (
            "Are you still there?",
            "Nothing was done here for a while. For safety you will be signed out.",
        ),
        TimeUp::Whole => (
            "Your session ends soon",
            "For safety no session lasts longer, however busy. Finish what you are doing, then \
             sign in again.",
        ),
    }
}

/// How much time is left, in steps, so that it is not said aloud every second.
pub(super) fn time_left(left_s: u32) -> &'static str {
    match left_s {
        0..=10 => "Less than 10 seconds left.",
        11..=30 => "Less than 30 seconds left.",
        31..=60 => "Less than a minute left.",
        _ => "Less than 2 minutes left.",
    }
}

/// Why somebody finds themselves at the sign-in page.
pub(super) fn signed_out(because: TimeUp) -> &'static str {
    match because {
        TimeUp::Idle => {
            "You were signed out because nothing was done for a while. What you sent is safe; what \
             you entered and did not send was not saved."
        }
        TimeUp::Whole => {
            "You were signed out because no session lasts longer. What you sent is safe; what you \
             entered and did not send was not saved."
        }
    }
}

/// What somebody learns who sent a form when they were signed out.
pub(super) fn sent_signed_out(form: UnsentForm) -> &'static str {
    match form.comes_back {
        true => {
            "You were signed out: what you entered was not saved. Sign in again as the same person \
             within ten minutes, and it comes back for you to send."
        }
        false => {
            "You were signed out: what you did last was not done, and nothing was saved. Sign in \
             again, then do it once more."
        }
    }
}

// A page that was opened by somebody else.
pub(super) const SOMEBODY_ELSE_TITLE: &str = "Somebody else is signed in here now";
pub(super) const LOAD_ANEW: &str = "Load the page again";
pub(super) const NOBODY_HERE_TITLE: &str = "You are signed out here";
pub(super) const FORM_OF_SOMEBODY: &str =
    "That page was opened by somebody else. Nothing was saved.";

/// Whose page is covered, where somebody else is signed in.
pub(super) fn opened_by(owner: &str) -> String {
    format!(
        "This page was opened by {}. You are signed in as somebody else now: nothing was saved.",
        isolated(owner)
    )
}

/// Whose page is covered, where nobody is signed in any more.
pub(super) fn signed_out_page_of(owner: &str) -> String {
    format!(
        "This page was opened by {}. What was entered stays on it, and comes back after signing in \
         as {} again.",
        isolated(owner),
        isolated(owner)
    )
}

/// Whose form it was that came from the session of somebody else: of `here`.
pub(super) fn form_of(owner: &str, here: Option<String>) -> String {
    let here = here.map_or_else(|| "somebody else".to_owned(), |here| isolated(&here));
    format!(
        "This page was opened by {}. You are signed in as {here} now: nothing was saved.",
        isolated(owner)
    )
}

/// A role in words.
#[must_use]
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Patient => "Patient",
        Role::Clinician => "Clinician",
        Role::ClinicAdministrator => "Clinic administrator",
        Role::Auditor => "Auditor",
        Role::Service => "Service",
    }
}
