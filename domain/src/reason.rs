//! Why somebody does what concerns others. It is kept in the audit log, where those look who ask
//! about it later.

use crate::field_error::FieldError;

/// How long a reason may be, in characters.
pub const REASON_MAX_CHARS: usize = 200;

/// The reason in `text`, on one line.
///
/// # Errors
/// A [`FieldError`] for the field `reason`, which says how to mend it.
pub fn parse_reason(text: &str) -> Result<String, FieldError> {
    let reason = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() {
        return Err(FieldError::new("reason", "required", "Say why, in a few words."));
    }
    if reason.chars().count() > REASON_MAX_CHARS {
        let message = format!("Say why in at most {REASON_MAX_CHARS} characters: shorten it.");
        return Err(FieldError::new("reason", "length", message));
    }
    if reason.chars().any(char::is_control) {
        let message = "There is a character in the reason that cannot be shown: type it anew.";
        return Err(FieldError::new("reason", "characters", message));
    }
    Ok(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(text: &str) -> Option<String> {
        parse_reason(text).err().map(|fault| fault.code)
    }

    #[test]
    fn a_reason_is_one_line_without_space_around_it() {
        assert_eq!(parse_reason("  left the\r\n\tclinic "), Ok("left the clinic".to_owned()));
    }

    #[test]
    fn no_reason_is_none() {
        assert_eq!(code_of("").as_deref(), Some("required"));
        assert_eq!(code_of(" \n ").as_deref(), Some("required"));
    }

    #[test]
    fn a_reason_is_counted_in_characters() {
        let longest = "ü".repeat(REASON_MAX_CHARS);
        assert_eq!(parse_reason(&longest), Ok(longest.clone()));
        assert_eq!(code_of(&format!("{longest}ü")).as_deref(), Some("length"));
    }

    #[test]
    fn a_reason_can_be_shown() {
        assert_eq!(code_of("left\u{1b}[2J").as_deref(), Some("characters"));
    }
}
