//! Passwords: as they are typed, but for what a keyboard decides and nobody sees.

use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use unicode_normalization::UnicodeNormalization;

use crate::field_error::FieldError;

/// The shortest password for a new account, in characters (OWASP ASVS 5.0, 6.2.1).
pub const PASSWORD_MIN_CHARS: usize = 8;
/// The longest password, in characters: long enough for any phrase, short enough to hash.
pub const PASSWORD_MAX_CHARS: usize = 128;

/// A password as `OpaqueString` has it: accents composed, every kind of space the same. Nothing else
/// is changed, and nothing is refused: what the profile does not take, such as an emoji that is
/// younger than it, is changed in the same two ways.
#[must_use]
pub fn prepared_password(typed: &str) -> String {
    let by_profile = OpaqueString::enforce(typed).map(std::borrow::Cow::into_owned);
    by_profile.unwrap_or_else(|_| {
        let one_space = |c: char| if c.is_whitespace() && !c.is_control() { ' ' } else { c };
        typed.chars().map(one_space).nfc().collect()
    })
}

/// How long a password is, in characters as people count them.
#[must_use]
pub fn password_chars(typed: &str) -> usize {
    prepared_password(typed).chars().count()
}

/// Checks the password of a new account.
///
/// # Errors
/// A password shorter than [`PASSWORD_MIN_CHARS`] or longer than [`PASSWORD_MAX_CHARS`].
pub fn check_new_password(password: &str) -> Result<(), FieldError> {
    let chars = password_chars(password);
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
    use proptest::prelude::*;

    #[test]
    fn counts_password_characters_not_bytes() {
        assert!(check_new_password("ääääääää").is_ok());
        assert!(check_new_password("äääääää").is_err());
        assert!(check_new_password(&"ä".repeat(128)).is_ok());
        assert!(check_new_password(&"ä".repeat(129)).is_err());
        // Typed on a keyboard that sends letter and accent apart.
        assert!(check_new_password(&"a\u{308}".repeat(7)).is_err());
        assert!(check_new_password(&"a\u{308}".repeat(128)).is_ok());
    }

    #[test]
    fn one_password_is_the_same_on_every_keyboard() {
        assert_eq!(prepared_password("Zoe\u{308} \u{a0}x"), prepared_password("Zoë  x"));
        // In what is seen nothing is changed.
        for typed in ["  Ünder the BRIDGE  ", "ＡＢＣ", "ﬁ", "pass\tword", "🤔🧿 u\u{200d}v"]
        {
            assert_eq!(prepared_password(typed), typed);
        }
        assert_eq!(prepared_password("🤔 e\u{301}\u{3000}"), "🤔 é ");
        assert_ne!(prepared_password("Secret"), prepared_password("secret"));
    }

    proptest! {
        #[test]
        fn what_is_prepared_stays_as_it_is(typed in "\\PC*") {
            let once = prepared_password(&typed);
            prop_assert_eq!(prepared_password(&once), once);
        }

        #[test]
        fn composing_an_accent_makes_no_difference(typed in "\\PC*") {
            let (nfc, nfd): (String, String) = (typed.nfc().collect(), typed.nfd().collect());
            prop_assert_eq!(prepared_password(&nfc), prepared_password(&nfd));
        }
    }
}
