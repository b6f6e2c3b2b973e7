//! The names and passwords people sign in with.

use std::str::FromStr;

use crate::field_error::FieldError;

/// The longest login name, in characters.
pub const LOGIN_MAX_CHARS: usize = 64;
/// The shortest password for a new account, in characters (OWASP ASVS 5.0, 6.2.1).
pub const PASSWORD_MIN_CHARS: usize = 8;
/// The longest password, in characters: long enough for any phrase, short enough to hash.
pub const PASSWORD_MAX_CHARS: usize = 128;

/// A login name: what the person typed, trimmed, and the key under which it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    shown: String,
}

impl Login {
    /// Checks a login name.
    ///
    /// # Errors
    /// An empty or overlong name, or one with control characters.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let shown = text.trim();
        let fault = |code, message: String| Err(FieldError::new("username", code, message));
        if shown.is_empty() {
            return fault("required", "Enter a user name.".to_owned());
        }
        if shown.chars().count() > LOGIN_MAX_CHARS {
            return fault(
                "too_long",
                format!("A user name has at most {LOGIN_MAX_CHARS} characters: shorten it."),
            );
        }
        if shown.chars().any(char::is_control) {
            return fault("characters", "A user name has no control characters.".to_owned());
        }
        Ok(Self { shown: shown.to_owned() })
    }

    /// As the person wrote it.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The key of the account: capital letters do not matter, because a phone puts them in by
    /// itself.
    #[must_use]
    pub fn key(&self) -> String {
        self.shown.to_lowercase()
    }
}

impl FromStr for Login {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        Self::parse(text)
    }
}

/// Checks the password of a new account.
///
/// # Errors
/// A password shorter than [`PASSWORD_MIN_CHARS`] or longer than [`PASSWORD_MAX_CHARS`].
pub fn check_new_password(password: &str) -> Result<(), FieldError> {
    let chars = password.chars().count();
    if chars < PASSWORD_MIN_CHARS {
        let message = format!(
            "A password has at least {PASSWORD_MIN_CHARS} characters; 15 or more are better."
        );
        return Err(FieldError::new("password", "too_short", message));
    }
    if chars > PASSWORD_MAX_CHARS {
        let message =
            format!("A password has at most {PASSWORD_MAX_CHARS} characters: shorten it.");
        return Err(FieldError::new("password", "too_long", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capital_letter_makes_no_second_account() {
        let key = |text| Login::parse(text).map(|login| login.key());
        assert_eq!(key(" Anna "), key("anna"));
    }

    #[test]
    fn refuses_names_nobody_could_type_again() {
        for bad in ["", "   ", "a\u{0}b", &"x".repeat(65)] {
            assert!(Login::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn counts_password_characters_not_bytes() {
        assert!(check_new_password("ääääääää").is_ok());
        assert!(check_new_password("äääääää").is_err());
        assert!(check_new_password(&"ä".repeat(128)).is_ok());
        assert!(check_new_password(&"ä".repeat(129)).is_err());
    }
}
