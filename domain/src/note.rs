//! The words beside an observation, as they are kept.

use crate::field_error::FieldError;

/// The longest note beside an observation, in characters.
pub const NOTE_MAX_CHARS: usize = 1000;
/// Stands behind a note of which only the beginning was kept.
const CUT: &str = " […]";

/// A note as it is kept: trimmed, every kind of line break as one, and without the control
/// characters that pasted texts bring along and nobody sees. Nothing when empty.
///
/// # Errors
/// A note longer than [`NOTE_MAX_CHARS`].
pub fn check_note(text: &str) -> Result<Option<String>, FieldError> {
    let note = clean(text);
    if note.chars().count() > NOTE_MAX_CHARS {
        let message = format!("A note has at most {NOTE_MAX_CHARS} characters: shorten it.");
        return Err(FieldError::new("note", "too_long", message));
    }
    Ok((!note.is_empty()).then_some(note))
}

/// The same, where a note that is too long must not keep its value back: its beginning.
#[must_use]
pub fn cut_note(text: &str) -> Option<String> {
    let note = clean(text);
    if note.chars().count() <= NOTE_MAX_CHARS {
        return (!note.is_empty()).then_some(note);
    }
    let kept = NOTE_MAX_CHARS - CUT.chars().count();
    Some(note.chars().take(kept).chain(CUT.chars()).collect())
}

fn clean(text: &str) -> String {
    let one_break = text.replace("\r\n", "\n");
    let lines = one_break.chars().filter_map(|c| match c {
        '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some('\n'),
        '\n' | '\t' => Some(c),
        c if c.is_control() || c == '\u{FEFF}' => None,
        c => Some(c),
    });
    lines.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_note_is_no_note() {
        assert_eq!(check_note("  \r\n \u{0}"), Ok(None));
        assert_eq!(cut_note(" \u{FEFF} "), None);
    }

    #[test]
    fn every_kind_of_line_break_is_one() {
        for pasted in ["\r\n", "\r", "\n", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}"] {
            let kept = check_note(&format!(" dizzy{pasted}today "));
            assert_eq!(kept, Ok(Some("dizzy\ntoday".to_owned())), "{pasted:?}");
        }
    }

    #[test]
    fn refuses_a_long_note_and_cuts_it_where_it_must_not_be_refused() {
        let long = "x".repeat(1001);
        assert!(check_note(&long).is_err());
        let cut = cut_note(&long).expect("a note");
        assert_eq!((cut.chars().count(), cut.ends_with("x […]")), (1000, true));
        let fits = "ä".repeat(1000);
        assert_eq!(cut_note(&fits), Some(fits.clone()));
        assert_eq!(check_note(&fits), Ok(Some(fits)));
    }

    proptest! {
        #[test]
        fn what_is_kept_is_kept_as_it_is_the_next_time(text in ".{0,200}") {
            let once = cut_note(&text).unwrap_or_default();
            prop_assert_eq!(cut_note(&once).unwrap_or_default(), once.clone());
            prop_assert!(!once.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        }
    }
}
