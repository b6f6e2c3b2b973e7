//! The port to the event store: streams of events, appended under a condition; each append is its
//! own outbox.
//!
//! An event counts as unsent until a bus has taken it over. There is no second write that could be
//! lost between storing and publishing.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use domain::event::{Envelope, StreamId};
use domain::ids::EventId;

use super::client::StoreError;

/// Over so many partitions the outbox is spread, so that none gets hot.
pub const OUTBOX_SHARDS: u64 = 32;
/// The most events in one append.
pub const APPEND_MAX_EVENTS: usize = 100;

/// An event as text, with what is needed to send and settle it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// The event.
    pub event_id: EventId,
    /// Its wire name, the EventBridge `DetailType`.
    pub event_type: String,
    /// Its stream.
    pub stream_id: String,
    /// Its place in the stream.
    pub stream_version: u64,
    /// The envelope as JSON.
    pub json: String,
}

impl StoredEvent {
    /// Writes the envelope down.
    ///
    /// # Errors
    /// [`StoreError::Undecodable`], should an envelope not be expressible as JSON.
    pub fn from_envelope(envelope: &Envelope) -> Result<Self, StoreError> {
        let json =
            serde_json::to_string(envelope).map_err(|e| StoreError::Undecodable(e.to_string()))?;
        Ok(Self {
            event_id: envelope.event_id,
            event_type: envelope.event.wire_name().to_owned(),
            stream_id: envelope.stream_id.to_string(),
            stream_version: envelope.stream_version,
            json,
        })
    }

    /// When it was recorded, in milliseconds since 1970, as its identifier says.
    #[must_use]
    pub fn recorded_ms(&self) -> Option<u64> {
        let (seconds, nanoseconds) = self.event_id.0.get_timestamp()?.to_unix();
        Some(seconds * 1_000 + u64::from(nanoseconds) / 1_000_000)
    }

    /// Reads the envelope.
    ///
    /// # Errors
    /// [`StoreError::Undecodable`] names the event and why it cannot be understood.
    pub fn decode(&self) -> Result<Envelope, StoreError> {
        Envelope::decode(&self.json).map_err(|error| {
            let (id, stream, version) = (self.event_id, &self.stream_id, self.stream_version);
            StoreError::Undecodable(format!("event {id} ({stream}, version {version}): {error}"))
        })
    }
}

/// Why nothing was appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Somebody else wrote this version of the stream first: read again and decide again.
    #[error("the stream {0} has moved on")]
    Conflict(String),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Refuses events of which two want the same place: the second cannot be there any more.
///
/// # Errors
/// [`AppendError::Conflict`] names the stream.
pub fn check_places(events: &[Arc<StoredEvent>]) -> Result<(), AppendError> {
    let mut places = HashSet::with_capacity(events.len());
    match events.iter().find(|event| !places.insert((&event.stream_id, event.stream_version))) {
        Some(second) => Err(AppendError::Conflict(second.stream_id.clone())),
        None => Ok(()),
    }
}

/// One of several equal parts of the log, which are read side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Which part, from 0.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

/// A place in a segment of the log: behind this event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPosition {
    /// The event's stream.
    pub stream_id: String,
    /// The event's place in it.
    pub stream_version: u64,
}

/// A part of a segment: the events of a stream stand together, in their order.
#[derive(Clone, Debug, Default)]
pub struct LogPage {
    /// The events.
    pub events: Vec<StoredEvent>,
    /// Where the next part begins; `None` at the end.
    pub next: Option<LogPosition>,
}

/// Streams of events.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Appends events to one or several streams, each at its version, all or nothing; at most
    /// [`APPEND_MAX_EVENTS`].
    ///
    /// A repeat of the very same single event (as after a lost answer) succeeds and adds nothing.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] names the first stream in which another event holds the version.
    async fn append(&self, envelopes: &[Envelope]) -> Result<Vec<Arc<StoredEvent>>, AppendError>;

    /// All events of a stream, oldest first, as they are now, however many.
    ///
    /// # Errors
    /// [`StoreError::Undecodable`] when one of them cannot be read: none is skipped.
    async fn load(&self, stream: &StreamId) -> Result<Vec<Envelope>, StoreError>;

    /// The next events in one shard of the outbox, oldest first, from behind `after`: a part of
    /// them, and none only at the end.
    ///
    /// # Errors
    /// When the store fails, or holds an item that is no event.
    async fn unsent(
        &self,
        shard: u64,
        after: Option<EventId>,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Takes events out of the outbox, because a bus has taken them over.
    ///
    /// # Errors
    /// When the store fails; what is still in the outbox then is sent again.
    async fn settle(&self, events: &[Arc<StoredEvent>]) -> Result<(), StoreError>;

    /// The next part of a segment of the log, from behind `after`. Order is promised within each
    /// stream; every event that was appended before the call is in it.
    ///
    /// # Errors
    /// When the store fails, or holds an item that is no event.
    async fn read_log(
        &self,
        segment: Segment,
        after: Option<&LogPosition>,
    ) -> Result<LogPage, StoreError>;

    /// Appends one event: [`EventStore::append`].
    ///
    /// # Errors
    /// As [`EventStore::append`].
    async fn append_one(&self, envelope: &Envelope) -> Result<Arc<StoredEvent>, AppendError> {
        let appended = self.append(std::slice::from_ref(envelope)).await?;
        let missing = || StoreError::Failed("the store appended nothing".to_owned()).into();
        appended.into_iter().next().ok_or_else(missing)
    }

    /// Appends events that do not depend on each other: together when all of them fit, else each
    /// by itself. One result per event, in their order.
    async fn append_each(
        &self,
        envelopes: &[Envelope],
    ) -> Vec<Result<Arc<StoredEvent>, AppendError>> {
        let mut results = Vec::with_capacity(envelopes.len());
        for chunk in envelopes.chunks(APPEND_MAX_EVENTS) {
            if chunk.len() > 1
                && let Ok(stored) = self.append(chunk).await
            {
                results.extend(stored.into_iter().map(Ok));
                continue;
            }
            for envelope in chunk {
                results.push(self.append_one(envelope).await);
            }
        }
        results
    }
}
