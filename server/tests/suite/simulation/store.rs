//! The event store in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::event::{Envelope, StreamId};
use domain::ids::EventId;
use healthflow::store::client::StoreError;
use healthflow::store::event_store::{
    AppendError, EventStore, LogPage, LogPosition, OUTBOX_SHARDS, Segment, StoredEvent,
    check_places,
};

use super::chaos::Chaos;

/// How many events one look into the outbox gives.
const UNSENT_PAGE: usize = 7;
/// The most events in one part of the log: few, so that streams are torn between parts.
const LOG_PAGE_MAX: u64 = 4;
/// The longest it takes to read one, in milliseconds: as if the log were a long one.
const LOG_PAGE_MAX_MS: u64 = 800;

#[derive(Default)]
struct Log {
    events: BTreeMap<(String, u64), StoredEvent>,
    outbox: BTreeSet<(u64, EventId, String, u64)>,
}

/// Streams of events in memory.
#[derive(Clone)]
pub(crate) struct MemoryEventStore {
    log: Arc<Mutex<Log>>,
    chaos: Chaos,
    /// A fault that the simulation must find.
    pub(crate) forgets: bool,
}

fn shard_of(text: &str) -> u64 {
    text.bytes().fold(7, |sum, byte| (sum * 31 + u64::from(byte)) % OUTBOX_SHARDS)
}

impl MemoryEventStore {
    pub(crate) fn new(chaos: Chaos) -> Self {
        Self { log: Arc::default(), chaos, forgets: false }
    }

    /// Every event, by stream and version.
    pub(crate) fn all(&self) -> Vec<Envelope> {
        self.log.lock().unwrap().events.values().map(|event| event.decode().unwrap()).collect()
    }

    pub(crate) fn unsent_count(&self) -> usize {
        self.log.lock().unwrap().outbox.len()
    }

    fn commit(&self, events: &[Arc<StoredEvent>]) -> Result<(), AppendError> {
        check_places(events)?;
        let mut log = self.log.lock().unwrap();
        let key = |event: &StoredEvent| (event.stream_id.clone(), event.stream_version);
        if let [event] = events
            && log.events.get(&key(event)).is_some_and(|held| held.event_id == event.event_id)
        {
            return Ok(());
        }
        if let Some(taken) = events.iter().find(|event| log.events.contains_key(&key(event))) {
            return Err(AppendError::Conflict(taken.stream_id.clone()));
        }
        for event in events {
            let shard = shard_of(&event.stream_id);
            let (stream, version) = key(event);
            log.outbox.insert((shard, event.event_id, stream, version));
            log.events.insert(key(event), StoredEvent::clone(event));
        }
        Ok(())
    }
}

#[async_trait]
impl EventStore for MemoryEventStore {
    async fn append(&self, envelopes: &[Envelope]) -> Result<Vec<Arc<StoredEvent>>, AppendError> {
        self.chaos.on_the_way_there("append").await?;
        let events: Vec<_> =
            envelopes.iter().map(|e| Arc::new(StoredEvent::from_envelope(e).unwrap())).collect();
        self.commit(&events)?;
        self.chaos.on_the_way_back("append").await?;
        Ok(events)
    }

    async fn load(&self, stream: &StreamId) -> Result<Vec<Envelope>, StoreError> {
        self.chaos.on_the_way_there("load").await?;
        let found: Vec<StoredEvent> = {
            let log = self.log.lock().unwrap();
            let own = (stream.to_string(), 0)..=(stream.to_string(), u64::MAX);
            log.events.range(own).map(|(_, event)| event.clone()).collect()
        };
        self.chaos.on_the_way_back("load").await?;
        found.iter().map(StoredEvent::decode).collect()
    }

    async fn unsent(
        &self,
        shard: u64,
        after: Option<EventId>,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        // Most shards are empty most of the time: looking there is not worth a step.
        if self.log.lock().unwrap().outbox.iter().any(|(of, ..)| *of == shard) {
            self.chaos.on_the_way_there("unsent").await?;
        }
        let log = self.log.lock().unwrap();
        let waiting = log.outbox.iter().filter(|(of, id, ..)| *of == shard && Some(*id) > after);
        let events = waiting.filter_map(|(_, _, stream, version)| {
            log.events.get(&(stream.clone(), *version)).cloned()
        });
        Ok(events.take(UNSENT_PAGE).collect())
    }

    async fn settle(&self, events: &[Arc<StoredEvent>]) -> Result<(), StoreError> {
        if !self.forgets {
            self.chaos.on_the_way_there("settle").await?;
        }
        {
            let mut log = self.log.lock().unwrap();
            if self.forgets {
                log.outbox.clear();
            }
            log.outbox.retain(|(_, id, ..)| !events.iter().any(|event| event.event_id == *id));
        }
        self.chaos.on_the_way_back("settle").await
    }

    async fn read_log(
        &self,
        segment: Segment,
        after: Option<&LogPosition>,
    ) -> Result<LogPage, StoreError> {
        self.chaos.on_the_way_there("read log").await?;
        let time_ms = self.chaos.below("time to read log", LOG_PAGE_MAX_MS);
        tokio::time::sleep(Duration::from_millis(time_ms)).await;
        let page_size = usize::try_from(1 + self.chaos.below("log page", LOG_PAGE_MAX)).unwrap();
        let log = self.log.lock().unwrap();
        let behind = after.map(|at| (at.stream_id.clone(), at.stream_version));
        let own = log.events.iter().filter(|((stream, _), _)| {
            shard_of(stream) % u64::from(segment.of) == u64::from(segment.number)
        });
        let mut rest = own.filter(|(key, _)| Some(*key) > behind.as_ref());
        let events: Vec<_> =
            rest.by_ref().take(page_size).map(|(_, event)| event.clone()).collect();
        let last = events.last().filter(|_| events.len() == page_size);
        let next = last.map(|event| LogPosition {
            stream_id: event.stream_id.clone(),
            stream_version: event.stream_version,
        });
        Ok(LogPage { events, next })
    }
}
