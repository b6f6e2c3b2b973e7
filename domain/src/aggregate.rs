//! How every aggregate decides: the state follows from the events of its stream, a command is
//! judged against the state, and what comes out is more events (the decider pattern).

use crate::event::Event;

/// The unit of decision: one stream of events, and the rules about what may follow.
pub trait Aggregate: Sized {
    /// What it can be asked for.
    type Command;
    /// Why it may refuse.
    type Rejection;

    /// The state after `event`. An event that does not concern this aggregate changes nothing.
    fn evolve(state: Option<Self>, event: &Event) -> Option<Self>;

    /// What happens when `command` meets `state`; nothing, when it has already happened.
    ///
    /// # Errors
    /// Why it may not happen; then nothing changes.
    fn decide(
        state: Option<&Self>,
        command: &Self::Command,
    ) -> Result<Option<Event>, Self::Rejection>;

    /// The state that `events` lead to, from the first on.
    fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Self> {
        events.into_iter().fold(None, Self::evolve)
    }
}
