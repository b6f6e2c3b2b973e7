//! What somebody typed, a name, a note or a reason, among words of ours. Letters that are written
//! from right to left, and characters that turn the direction of writing, are to turn nothing
//! around them: neither a value beside a name nor the next person's row.

use leptos::prelude::*;

/// Shows what somebody typed.
#[component]
pub fn Isolated(
    /// It.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <bdi>{without_turns(text)}</bdi> }
}

/// What somebody typed, for a text that is no element: a title, a label, an announcement.
#[must_use]
pub fn isolated(text: &str) -> String {
    // Such letters turn nothing, and most names have no others.
    if text.is_ascii() {
        return text.to_owned();
    }
    format!("\u{2068}{}\u{2069}", without_turns(text.to_owned()))
}

/// Without what opens or ends a stretch of another direction: an end too many would end ours.
fn without_turns(mut text: String) -> String {
    text.retain(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_turns_what_stands_around_it() {
        assert_eq!(isolated("anna"), "anna");
        assert_eq!(isolated("José"), "\u{2068}José\u{2069}");
        assert_eq!(isolated("a\u{202e}b\u{2069}\u{202d}c"), "\u{2068}abc\u{2069}");
    }
}
