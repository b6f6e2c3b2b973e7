//! Whether somebody works in the table.

use app::widgets::browser::now;
use domain::timestamp::Timestamp;

/// How long rows are held for a hand that does not move, in milliseconds. A mouse left on the table
/// must not keep alerts back for ever.
const HOLD_MS: i64 = 30_000;

/// The hand of whoever works in the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hand {
    /// The mouse is on the table.
    pointer_inside: bool,
    /// The focus is in the table.
    focus_inside: bool,
    /// When something was last moved or pressed there.
    moved_at: Option<Timestamp>,
}

impl Hand {
    /// The mouse comes to the table or leaves it.
    pub(crate) fn point(&mut self, inside: bool) {
        self.pointer_inside = inside;
        self.stir();
    }

    /// The focus comes into the table or leaves it.
    pub(crate) fn focus(&mut self, inside: bool) {
        self.focus_inside = inside;
        self.stir();
    }

    /// The mouse moves on the table, or a key is pressed in it.
    pub(crate) fn stir(&mut self) {
        self.moved_at = now();
    }

    /// Whether the rows must stay where they are at `now`.
    pub(crate) fn holds(self, now: Option<Timestamp>) -> bool {
        let rests = self
            .moved_at
            .zip(now)
            .is_some_and(|(moved_at, now)| now.unix_ms() - moved_at.unix_ms() >= HOLD_MS);
        (self.pointer_inside || self.focus_inside) && !rests
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(unix_ms: i64) -> Option<Timestamp> {
        Timestamp::from_unix_ms(1_700_000_000_000 + unix_ms)
    }

    #[test]
    fn holds_for_as_long_as_it_moves() {
        let hand = Hand { pointer_inside: true, moved_at: at(0), ..Hand::default() };
        assert!(hand.holds(at(HOLD_MS - 1)));
        assert!(!hand.holds(at(HOLD_MS)));
        assert!(Hand { moved_at: at(HOLD_MS), ..hand }.holds(at(HOLD_MS)));
    }

    #[test]
    fn holds_nothing_outside_the_table() {
        let mut hand = Hand::default();
        hand.focus(true);
        assert!(hand.holds(now()));
        hand.focus(false);
        assert!(!hand.holds(now()));
    }
}
