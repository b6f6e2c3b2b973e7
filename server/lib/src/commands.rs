//! How a command becomes events: read, decide, append; and once more when somebody was quicker.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::aggregate::Aggregate;
use domain::event::{Envelope, Recorded, StreamId};
use domain::ids::{CorrelationId, EventId};

use crate::clock::Clock;
use crate::metrics;
use crate::relay::Outbox;
use crate::store::client::StoreError;
use crate::store::event_store::{AppendError, EventStore, StoredEvent};
use crate::telemetry::trace_context;

/// How often a command is decided before it is given up: the stream would have to be overtaken
/// so often in a row.
const ATTEMPTS_MAX: u32 = 8;
/// The longest pause before the second attempt; it doubles from attempt to attempt.
const FIRST_PAUSE_MAX: Duration = Duration::from_millis(10);

/// What is known about the stream before the first attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Most likely it does not exist yet: the first attempt saves the reading.
    New,
    /// It has to be read.
    Existing,
}

/// What became of a command.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was done, and this event says so.
    Recorded(Arc<StoredEvent>),
    /// It had been done before; these are the stream's events.
    AlreadySo(Vec<Envelope>),
}

/// Why a command was not done; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError<R> {
    /// The rules forbid it.
    #[error("the command was rejected")]
    Rejected(R),
    /// Others kept writing to the stream.
    #[error("the stream {0} was overtaken {ATTEMPTS_MAX} times")]
    Contended(String),
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How an event is appended.
#[async_trait]
pub trait Append: Send {
    /// Appends one event, if its place in the stream is free.
    ///
    /// # Errors
    /// As [`EventStore::append`].
    async fn append(&mut self, envelope: &Envelope) -> Result<Arc<StoredEvent>, AppendError>;
}

/// By itself.
struct Alone<'a>(&'a dyn EventStore);

#[async_trait]
impl Append for Alone<'_> {
    async fn append(&mut self, envelope: &Envelope) -> Result<Arc<StoredEvent>, AppendError> {
        self.0.append_one(envelope).await
    }
}

/// Decides on commands.
#[derive(Clone)]
pub struct Commands {
    /// Where streams are kept.
    pub store: Arc<dyn EventStore>,
    /// Where events are sent from.
    pub outbox: Outbox,
    /// When and under which identity they are recorded.
    pub clock: Arc<dyn Clock>,
}

impl Commands {
    /// Does `command` to the aggregate in `stream`. A lost race is decided again on what is there
    /// by then.
    ///
    /// # Errors
    /// When the rules forbid it, others keep being quicker, or the store fails.
    pub async fn handle<A>(
        &self,
        stream: &StreamId,
        expect: Expect,
        command: &A::Command,
        correlation_id: CorrelationId,
        causation_id: Option<EventId>,
    ) -> Result<Outcome, CommandError<A::Rejection>>
    where
        A: Aggregate + Send,
        A::Command: Sync,
        A::Rejection: Send,
    {
        let causes = (correlation_id, causation_id);
        let append = &mut Alone(&*self.store);
        self.handle_by::<A>(stream, expect, command, causes, append).await
    }

    /// [`Commands::handle`], with `causes` in its arguments' order, where what follows is appended
    /// by `append`.
    ///
    /// # Errors
    /// As [`Commands::handle`].
    pub async fn handle_by<A>(
        &self,
        stream: &StreamId,
        expect: Expect,
        command: &A::Command,
        (correlation_id, causation_id): (CorrelationId, Option<EventId>),
        append: &mut dyn Append,
    ) -> Result<Outcome, CommandError<A::Rejection>>
    where
        A: Aggregate + Send,
        A::Command: Sync,
        A::Rejection: Send,
    {
        let mut past = match expect {
            Expect::New => Vec::new(),
            Expect::Existing => self.store.load(stream).await?,
        };
        let mut pause_max = FIRST_PAUSE_MAX;
        for attempt in 1..=ATTEMPTS_MAX {
            let state = A::fold(past.iter().map(|envelope| &envelope.event));
            let decided = A::decide(state.as_ref(), command).map_err(CommandError::Rejected)?;
            let Some(event) = decided else { return Ok(Outcome::AlreadySo(past)) };
            let version = past.last().map_or(1, |last| last.stream_version + 1);
            let recorded = self.clock.recorded(correlation_id, causation_id);
            let recorded = Recorded { trace_parent: trace_context::current(), ..recorded };
            match append.append(&Envelope::new(event, version, recorded)).await {
                Ok(stored) => {
                    self.outbox.offer(Arc::clone(&stored));
                    return Ok(Outcome::Recorded(stored));
                }
                Err(AppendError::Conflict(_)) => metrics::append_conflict(),
                Err(AppendError::Store(error)) => return Err(error.into()),
            }
            // The first loser of an expected `New` reads at once: nobody is racing it by then.
            if attempt > 1 {
                tokio::time::sleep(self.clock.jitter(pause_max)).await;
                pause_max *= 2;
            }
            past = self.store.load(stream).await?;
        }
        Err(CommandError::Contended(stream.to_string()))
    }
}
