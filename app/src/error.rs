//! What can go wrong for a caller, in the form in which a caller gets to know it.

use domain::field_error::FieldError;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// A refusal or a failure. It carries no personal or health data: a form sent without JavaScript
/// gets it back in an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// Nobody is signed in, or the session has ended.
    #[error("Sign in to go on.")]
    SignInRequired,
    /// User name, password or role do not fit together.
    #[error("User name or password is wrong.")]
    WrongCredentials,
    /// Signed in, but not allowed to do this.
    #[error("You may not do this with your account.")]
    Forbidden,
    /// Signed in with a one-time password; another one must be chosen first.
    #[error("Choose a new password first: open your account.")]
    PasswordChangeRequired,
    /// There is no such thing, or none that this person may know of.
    #[error("There is nothing here.")]
    NotFound,
    /// The input is wrong; nothing was stored.
    #[error("Some of what was entered cannot be used.")]
    Invalid(Vec<FieldError>),
    /// The input is right in itself but contradicts what is stored.
    #[error("{0}")]
    Conflict(String),
    /// Too much at once; nothing was stored.
    #[error("Too busy just now. Nothing was saved: try again in {retry_after_s} s.")]
    Overloaded {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// Too much from this person or address; nothing was stored.
    #[error("Too many attempts. Nothing was saved: try again in {retry_after_s} s.")]
    TooManyRequests {
        /// When to try again, in seconds.
        retry_after_s: u32,
    },
    /// It took too long and was given up; it may have been stored.
    #[error("This took too long and was given up. Look whether it was done before you try again.")]
    TimedOut,
    /// It is not known whether it was stored: the store may have written before it went silent, or a
    /// part of it was written. The same again, under the same key, finds out.
    #[error("It is not known whether this was saved. Look before you send it again.")]
    OutcomeUnknown,
    /// The page was opened in the session of somebody else; nothing was stored.
    #[error("This page was opened by somebody else. Nothing was saved: load the page again.")]
    AnotherPerson,
    /// Somebody else takes care of this alert already; nothing was changed.
    #[error("Somebody else takes care of this alert already.")]
    TakenAlready,
    /// The observation was withdrawn and cannot be corrected any more; nothing was changed.
    #[error("This value was withdrawn. Nothing was changed: send it as a new one.")]
    Withdrawn,
    /// The observation was changed since the version that this change was made upon; nothing was
    /// stored. What it says now has to be looked at first.
    #[error("This value was changed meanwhile. Nothing was saved: look at what it says now.")]
    Changed {
        /// The version it is at now.
        version: u64,
    },
    /// The server could not do it and did not store it.
    #[error("HealthFlow cannot do this just now. Nothing was saved: try again in a minute.")]
    Unavailable,
    /// The browser could not reach the server, or the answer was garbled.
    #[error("No connection to HealthFlow. Check the connection and try again.")]
    Connection,
    /// A form was sent, and no answer came that can be read: it may have been stored.
    #[error("No connection to HealthFlow. This may have been saved all the same: {}", again(*.again_counts_once))]
    NoAnswer {
        /// Whether the same form sent again adds nothing.
        again_counts_once: bool,
    },
}

fn again(counts_once: bool) -> &'static str {
    match counts_once {
        true => "it counts once. Send it again when the connection is back.",
        false => "look before you send it again.",
    }
}

impl AppError {
    /// The faults of the field `field`, for showing them beside it.
    #[must_use]
    pub fn of_field(&self, field: &str) -> Option<String> {
        let Self::Invalid(faults) = self else { return None };
        faults.iter().find(|fault| fault.field == field).map(|fault| fault.message.clone())
    }

    /// Whether it is this fault of this field, among others.
    #[must_use]
    pub fn has_fault(&self, field: &str, code: &str) -> bool {
        let Self::Invalid(faults) = self else { return false };
        faults.iter().any(|fault| fault.field == field && fault.code == code)
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::SignInRequired | Self::WrongCredentials => 401,
            Self::Forbidden | Self::PasswordChangeRequired => 403,
            Self::NotFound => 404,
            Self::TimedOut => 408,
            Self::Invalid(_) => 400,
            Self::AnotherPerson | Self::TakenAlready | Self::Withdrawn => 409,
            Self::Changed { .. } => 412,
            Self::Conflict(_) => 422,
            Self::TooManyRequests { .. } => 429,
            Self::Overloaded { .. } | Self::Unavailable | Self::OutcomeUnknown => 503,
            Self::Connection | Self::NoAnswer { .. } => 502,
        }
    }
}

impl From<FieldError> for AppError {
    fn from(fault: FieldError) -> Self {
        Self::Invalid(vec![fault])
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                let message = "The form was sent incompletely: load the page again and resend.";
                FieldError::new("body", "malformed", message).into()
            }
            _ => Self::Connection,
        }
    }
}
