//! Reading the log stream by stream.

use std::time::{Duration, Instant};

use domain::event::Envelope;

use crate::store::client::StoreError;
use crate::store::event_store::{EventStore, LogPosition, Segment, StoredEvent};

/// Reads one segment of the log, whole streams at a time.
pub struct LogStreams<'a> {
    store: &'a dyn EventStore,
    segment: Segment,
    after: Option<LogPosition>,
    /// Events of the stream that the last part may have torn.
    torn: Vec<StoredEvent>,
    at_end: bool,
}

/// Whole streams, each with all its events in their order.
pub struct Streams {
    /// The streams.
    pub streams: Vec<Vec<Envelope>>,
    /// The last event of the last of them: reading can go on behind it.
    pub behind: Option<LogPosition>,
    /// How many events they have together.
    pub events: u64,
    /// How long the store took to give them.
    pub reading: Duration,
    /// How long it took to understand them.
    pub decoding: Duration,
}

impl<'a> LogStreams<'a> {
    /// Begins behind `after`, which must be the last event of its stream.
    pub fn new(store: &'a dyn EventStore, segment: Segment, after: Option<LogPosition>) -> Self {
        Self { store, segment, after, torn: Vec::new(), at_end: false }
    }

    /// The next streams; `None` at the end.
    ///
    /// # Errors
    /// When the store fails. [`StoreError::Undecodable`] names an event that cannot be understood:
    /// nothing is skipped.
    pub async fn next(&mut self) -> Result<Option<Streams>, StoreError> {
        if self.at_end {
            return Ok(None);
        }
        let begun = Instant::now();
        let page = self.store.read_log(self.segment, self.after.as_ref()).await?;
        let reading = begun.elapsed();
        self.after = page.next;
        self.at_end = self.after.is_none();
        let mut events = std::mem::take(&mut self.torn);
        events.extend(page.events);
        if !self.at_end {
            // The next part may have more of the last stream.
            let last = events.last().map(|event| event.stream_id.clone());
            let whole = events.iter().position(|event| Some(&event.stream_id) == last.as_ref());
            self.torn = events.split_off(whole.unwrap_or(0));
        }
        let behind = events.last().map(|event| LogPosition {
            stream_id: event.stream_id.clone(),
            stream_version: event.stream_version,
        });
        let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
        let begun = Instant::now();
        let mut streams: Vec<Vec<Envelope>> = Vec::new();
        for event in &events {
            let envelope = event.decode()?;
            match streams.last_mut() {
                Some(stream) if stream[0].stream_id == envelope.stream_id => stream.push(envelope),
                _ => streams.push(vec![envelope]),
            }
        }
        let decoding = begun.elapsed();
        Ok(Some(Streams { streams, behind, events: count, reading, decoding }))
    }
}
