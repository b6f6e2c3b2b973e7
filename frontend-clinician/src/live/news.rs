//! What is said aloud of alerts that arrive.

use app::wire::AlertItem;
use domain::alert_limits::Severity;

use crate::texts;

/// What is said: at once, whatever else is being read, and when there is a pause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct News {
    /// Of critical alerts.
    pub(crate) at_once: String,
    /// Of all others.
    pub(crate) politely: String,
}

impl News {
    /// Tells of alerts that arrived.
    pub(crate) fn tell_of(&mut self, arrived: &[AlertItem]) {
        let (critical, others): (Vec<_>, Vec<_>) =
            arrived.iter().partition(|item| item.severity == Severity::Critical);
        say_anew(&mut self.at_once, texts::announcement(&critical));
        say_anew(&mut self.politely, texts::announcement(&others));
    }
}

/// Puts `words` in place of what was said before. Screen readers say what changes, so that the same
/// words need a difference that nobody hears.
fn say_anew(said: &mut String, words: String) {
    if words.is_empty() {
        return;
    }
    let is_same = *said == words;
    *said = words;
    if is_same {
        said.push('\u{a0}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_are_said_again() {
        let mut said = String::new();
        say_anew(&mut said, "New alert".to_owned());
        let first = said.clone();
        say_anew(&mut said, "New alert".to_owned());
        assert_ne!(said, first);
        say_anew(&mut said, String::new());
        assert!(!said.is_empty(), "what was said is not taken back by silence");
    }
}
