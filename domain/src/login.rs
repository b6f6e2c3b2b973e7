//! The names and passwords people sign in with, by RFC 8265 (PRECIS): what looks the same on two
//! keyboards is the same. A name is a `UsernameCaseMapped`, a password an `OpaqueString`.
//!
//! The profiles bring large tables, so this is for the server alone: no page asks for it.

mod password;

use std::str::FromStr;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

pub use password::{
    PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, check_new_password, password_chars, prepared_password,
};

use crate::field_error::FieldError;

/// The longest login name, in characters.
pub const LOGIN_MAX_CHARS: usize = 64;
/// After so many passes a name has to stay as it is (RFC 8264, 7).
const PASSES_MAX: usize = 4;

/// The login name of an account: what its owner typed, and the key under which it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    shown: String,
    key: String,
}

impl Login {
    /// Checks a name for a new account: words of letters, digits and signs, with single spaces
    /// between them.
    ///
    /// # Errors
    /// An empty or overlong name, one with characters that are not seen or turn the direction of
    /// writing, or one with signs that no name has.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let typed = checked(text)?;
        let shown: String = words_of(typed).collect::<Vec<_>>().join(" ").nfc().collect();
        if shown.chars().any(is_unseen) {
            return Err(fault(
                "unseen",
                "A user name has no invisible characters, and none that turn the direction of \
                 writing: type it anew.",
            ));
        }
        let key = profile_key(&shown).ok_or_else(|| {
            fault(
                "characters",
                "A user name has letters, digits and signs such as . _ - and @, and no others; one \
                 with letters from right to left has no letters from left to right in the same \
                 word. Leave out what does not belong.",
            )
        })?;
        Ok(Self { shown, key })
    }

    /// Checks a name for a new account of a clinic's staff: one that everybody can type and read
    /// out, whatever their keyboard.
    ///
    /// # Errors
    /// As [`Login::parse`], and a name with anything else than `a` to `z`, `0` to `9`, `.`, `_` and
    /// `-`.
    pub fn parse_of_staff(text: &str) -> Result<Self, FieldError> {
        let typed = checked(text)?;
        let is_narrow = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if typed.chars().all(is_narrow) {
            return Self::parse(typed);
        }
        Err(fault(
            "characters",
            "The user name of a member of staff has the letters a to z, digits, and . _ - only, \
             without spaces and accents.",
        ))
    }

    /// The name of an account as it is kept. What was taken in before the rules of today stays.
    #[must_use]
    pub fn kept(shown: &str, key: &str) -> Self {
        Self { shown: shown.to_owned(), key: key.to_owned() }
    }

    /// As the person wrote it.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The key of the account: capital letters do not matter, because a phone puts them in by
    /// itself, nor does how a keyboard composes an accent.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for Login {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        Self::parse(text)
    }
}

/// A name that somebody typed to find the account it belongs to.
///
/// Accounts made before names were prepared by RFC 8265 are kept under what was typed then, in small
/// letters. So an account is looked for under the name as it is typed, under its prepared form, and
/// under both ways in which keyboards compose accents. New accounts are kept under the prepared form
/// alone, and only where none of these is taken: so no second one that looks the same arises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoughtLogin {
    keys: Vec<String>,
}

impl SoughtLogin {
    /// Reads a name to look for.
    ///
    /// # Errors
    /// An empty or overlong name, or one with control characters: nobody has one like that.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = checked(text)?;
        let prepared = profile_key(&words_of(text).collect::<Vec<_>>().join(" "));
        let typed = text.to_lowercase();
        let composed: String = typed.nfc().collect();
        let decomposed: String = typed.nfd().collect();
        let mut keys = vec![typed];
        for key in prepared.into_iter().chain([composed, decomposed]) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Ok(Self { keys })
    }

    /// The keys under which the account may be kept, the likeliest first.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// What stands for the name where there is no such account.
    #[must_use]
    pub fn key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    /// Whether `shown`, the name of an account, is what was typed.
    #[must_use]
    pub fn is(&self, shown: &str) -> bool {
        Self::parse(shown).is_ok_and(|other| self.keys.iter().any(|key| other.keys.contains(key)))
    }
}

/// What any name must be, without the spaces around it.
fn checked(text: &str) -> Result<&str, FieldError> {
    let typed = text.trim();
    if typed.is_empty() {
        return Err(fault("required", "Enter a user name."));
    }
    if typed.chars().count() > LOGIN_MAX_CHARS {
        let message = format!("A user name has at most {LOGIN_MAX_CHARS} characters: shorten it.");
        return Err(fault("too_long", &message));
    }
    if typed.chars().any(char::is_control) {
        return Err(fault("characters", "A user name has no control characters."));
    }
    Ok(typed)
}

/// The parts of a name between its spaces, of which RFC 8265 knows one kind.
fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(char::is_whitespace).filter(|word| !word.is_empty())
}

/// The name as the profile has it, if it takes it: each of its words by itself, over and over until
/// it stays as it is.
fn profile_key(name: &str) -> Option<String> {
    let mut key = name.to_owned();
    for _ in 0..PASSES_MAX {
        let words = key.split(' ').map(|word| {
            let begins_well = !word.starts_with(is_combining_mark);
            let word = begins_well.then(|| UsernameCaseMapped::enforce(word).ok()).flatten();
            word.map(|word| of_one_capital(&word))
        });
        let next = words.collect::<Option<Vec<_>>>()?.join(" ");
        if next == key {
            return Some(key).filter(|key| !key.chars().any(is_unseen));
        }
        key = next;
    }
    None
}

/// `word`, in small letters, with those as one that share a capital letter: RFC 8265 maps capitals to
/// small letters one by one, and has no way back. Σ is σ, and ς at the end of a word; a phone that writes
/// Turkish begins a word with İ or I where its owner typed i or ı.
fn of_one_capital(word: &str) -> String {
    word.replace('ς', "σ").replace('ı', "i").replace("i\u{307}", "i")
}

/// Characters that are not seen, or turn the direction of what stands around them. The profile takes
/// two of them in some places of some scripts; names that differ in nothing else look alike.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

fn fault(code: &str, message: &str) -> FieldError {
    FieldError::new("username", code, message)
}

#[cfg(test)]
mod tests;
