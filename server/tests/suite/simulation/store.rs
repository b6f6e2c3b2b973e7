//! The event store and the read models in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::event::{Envelope, StreamId};
use domain::ids::EventId;
use healthflow::projections::{Projection, Row};
use healthflow::store::client::StoreError;
use healthflow::store::event_store::{
    AppendError, EventStore, LogPage, LogPosition, OUTBOX_SHARDS, Segment, StoredEvent,
    check_places,
};
use healthflow::store::read_models::ReadModels;

use super::chaos::Chaos;

/// How many events one part of the log has: few, so that streams are torn between parts.
const LOG_PAGE: usize = 7;

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
        Ok(events.take(LOG_PAGE).collect())
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
        let log = self.log.lock().unwrap();
        let behind = after.map(|at| (at.stream_id.clone(), at.stream_version));
        let own = log.events.iter().filter(|((stream, _), _)| {
            shard_of(stream) % u64::from(segment.of) == u64::from(segment.number)
        });
        let mut rest = own.filter(|(key, _)| Some(*key) > behind.as_ref());
        let events: Vec<_> = rest.by_ref().take(LOG_PAGE).map(|(_, event)| event.clone()).collect();
        let last = events.last().filter(|_| events.len() == LOG_PAGE);
        let next = last.map(|event| LogPosition {
            stream_id: event.stream_id.clone(),
            stream_version: event.stream_version,
        });
        Ok(LogPage { events, next })
    }
}

/// Rows by read model and identity.
pub(crate) type Rows = BTreeMap<(&'static str, Vec<String>), Row>;

/// The read models in memory, with an eye on how they are written.
#[derive(Clone)]
pub(crate) struct MemoryReadModels {
    rows: Arc<Mutex<Rows>>,
    steps_back: Arc<Mutex<Vec<String>>>,
    chaos: Chaos,
    /// A fault that the simulation must find.
    pub(crate) takes_whatever_comes: bool,
}

impl MemoryReadModels {
    pub(crate) fn new(chaos: Chaos) -> Self {
        let (rows, steps_back) = (Arc::default(), Arc::default());
        Self { rows, steps_back, chaos, takes_whatever_comes: false }
    }

    pub(crate) fn rows(&self) -> Rows {
        self.rows.lock().unwrap().clone()
    }

    /// Rows that were replaced by an earlier version.
    pub(crate) fn steps_back(&self) -> Vec<String> {
        self.steps_back.lock().unwrap().clone()
    }

    async fn write(&self, model: &'static Projection, row: &Row) -> Result<bool, StoreError> {
        self.chaos.on_the_way_there("write row").await?;
        let changed = {
            let mut rows = self.rows.lock().unwrap();
            let key = (model.name, row.identity(model));
            let held = rows.get(&key).map(|held| held.version);
            let newer = held.is_none_or(|held| held < row.version);
            if newer || self.takes_whatever_comes {
                if held.is_some_and(|held| held > row.version) {
                    self.steps_back.lock().unwrap().push(format!("{key:?}"));
                }
                rows.insert(key, row.clone());
            }
            newer
        };
        self.chaos.on_the_way_back("write row").await?;
        Ok(changed)
    }
}

#[async_trait]
impl ReadModels for MemoryReadModels {
    async fn write_each(
        &self,
        model: &'static Projection,
        rows: &[Row],
    ) -> Vec<Result<bool, StoreError>> {
        let mut results = Vec::new();
        for row in rows {
            results.push(self.write(model, row).await);
        }
        results
    }
}
