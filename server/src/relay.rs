//! The relay: takes events out of the outbox and hands them to the bus.
//!
//! Fast path: whoever appended an event offers it at once. The sweeper finds what was not offered
//! or not taken: after a crash, a full channel, a refusal. An event leaves the outbox only when
//! the bus has taken it over, so it may be sent twice but never not at all.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ids::EventId;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::clock;
use crate::messaging::{Bus, Handover};
use crate::store::client::StoreError;
use crate::store::events::{DynamoEventStore, OUTBOX_SHARDS, StoredEvent, TRANSACTION_MAX_ITEMS};

/// So many events may wait for the bus in memory; more stay in the outbox for the sweeper.
const IN_FLIGHT_MAX: usize = 10_000;
/// How long the relay waits for company for an event: one batch costs the store little more than
/// one event, and a clinician does not notice.
const GATHER_TO_PUBLISH: Duration = Duration::from_millis(3);
/// The same for leaving the outbox, which nobody waits for.
const GATHER_TO_SETTLE: Duration = Duration::from_millis(100);
/// How often the sweeper looks.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// The sweeper leaves younger events to the fast path, in milliseconds.
const FAST_PATH_HEAD_START_MS: u64 = 2_000;
/// The shortest pause before the sweeper may take a refused event again, in milliseconds; chance
/// adds up to as much, so that several relays do not come back at once.
const BACK_OFF_MIN_MS: u64 = 500;

/// Where freshly appended events are offered.
#[derive(Clone, Debug)]
pub struct Outbox {
    offers: mpsc::Sender<Arc<StoredEvent>>,
}

impl Outbox {
    /// Offers an event to the relay. When it has its hands full the event simply stays in the
    /// outbox, where the sweeper finds it.
    pub fn offer(&self, event: Arc<StoredEvent>) {
        let _ = self.offers.try_send(event);
    }
}

/// Moves events from the outbox to the bus.
pub struct Relay {
    store: DynamoEventStore,
    bus: Arc<dyn Bus>,
    in_flight: Mutex<HashSet<EventId>>,
    settled: mpsc::Sender<Arc<StoredEvent>>,
}

impl Relay {
    /// Starts a relay; it ends when `stop` turns true.
    pub fn start(
        store: DynamoEventStore,
        bus: Arc<dyn Bus>,
        stop: watch::Receiver<bool>,
    ) -> (Outbox, Vec<tokio::task::JoinHandle<()>>) {
        let (offers, offered) = mpsc::channel(IN_FLIGHT_MAX);
        let (settled, to_settle) = mpsc::channel(IN_FLIGHT_MAX);
        let relay = Arc::new(Self { store, bus, in_flight: Mutex::default(), settled });
        let tasks = vec![
            tokio::spawn(until(stop.clone(), Arc::clone(&relay).publish_offers(offered))),
            tokio::spawn(until(stop.clone(), Arc::clone(&relay).settle_taken(to_settle))),
            tokio::spawn(until(stop, relay.sweep(offers.clone()))),
        ];
        (Outbox { offers }, tasks)
    }

    async fn publish_offers(self: Arc<Self>, mut offered: mpsc::Receiver<Arc<StoredEvent>>) {
        while let Some(batch) = gather(&mut offered, self.bus.batch_max(), GATHER_TO_PUBLISH).await
        {
            let events: Vec<_> = batch.into_iter().filter(|event| self.begin(event)).collect();
            if events.is_empty() {
                continue;
            }
            let handovers = self.bus.publish(&events).await;
            for (event, handover) in events.into_iter().zip(handovers) {
                self.take_note(event, handover).await;
            }
        }
    }

    async fn take_note(self: &Arc<Self>, event: Arc<StoredEvent>, handover: Handover) {
        match handover {
            Handover::Taken => {
                let _ = self.settled.send(event).await;
            }
            Handover::WhenDone(done) => {
                let relay = Arc::clone(self);
                tokio::spawn(async move {
                    if done.await.is_ok() {
                        let _ = relay.settled.send(event).await;
                    } else {
                        relay.end(&event);
                    }
                });
            }
            Handover::Refused(reason) => {
                tracing::warn!(event_id = %event.event_id, reason, "the bus refused an event; it is sent again");
                let relay = Arc::clone(self);
                tokio::spawn(async move {
                    let pause = BACK_OFF_MIN_MS + fastrand::u64(0..=BACK_OFF_MIN_MS);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    relay.end(&event);
                });
            }
        }
    }

    async fn settle_taken(self: Arc<Self>, mut taken: mpsc::Receiver<Arc<StoredEvent>>) {
        while let Some(batch) = gather(&mut taken, TRANSACTION_MAX_ITEMS, GATHER_TO_SETTLE).await {
            if let Err(error) = self.store.settle(&batch).await {
                tracing::warn!(%error, "events could not leave the outbox; they are sent again");
            }
            for event in batch {
                self.end(&event);
            }
        }
    }

    async fn sweep(self: Arc<Self>, offers: mpsc::Sender<Arc<StoredEvent>>) {
        loop {
            for shard in 0..OUTBOX_SHARDS {
                if let Err(error) = self.sweep_shard(shard, &offers).await {
                    tracing::warn!(%error, "the outbox cannot be read; it is tried again");
                    break;
                }
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }

    async fn sweep_shard(
        &self,
        shard: u64,
        offers: &mpsc::Sender<Arc<StoredEvent>>,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let events = self.store.unsent(shard, after).await?;
            let Some(last) = events.last() else { return Ok(()) };
            after = Some(last.event_id);
            for event in events {
                // No receiver means that the relay is being stopped.
                if self.is_left_behind(&event) && offers.send(Arc::new(event)).await.is_err() {
                    return Ok(());
                }
            }
        }
    }

    fn is_left_behind(&self, event: &StoredEvent) -> bool {
        let recorded_ms = event.event_id.0.get_timestamp().map_or(0, |at| {
            let (seconds, nanoseconds) = at.to_unix();
            seconds * 1_000 + u64::from(nanoseconds) / 1_000_000
        });
        let is_old = recorded_ms + FAST_PATH_HEAD_START_MS <= clock::unix_ms();
        is_old && !self.lock().contains(&event.event_id)
    }

    /// Notes that an event is under way; false when it was already.
    fn begin(&self, event: &StoredEvent) -> bool {
        self.lock().insert(event.event_id)
    }

    fn end(&self, event: &StoredEvent) {
        self.lock().remove(&event.event_id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<EventId>> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next events, at most `max`: a full batch at once, else what comes within `wait`. `None` at
/// the end.
async fn gather(
    events: &mut mpsc::Receiver<Arc<StoredEvent>>,
    max: usize,
    wait: Duration,
) -> Option<Vec<Arc<StoredEvent>>> {
    let mut batch = vec![events.recv().await?];
    if batch.len() + events.len() < max {
        tokio::time::sleep(wait).await;
    }
    while batch.len() < max
        && let Ok(event) = events.try_recv()
    {
        batch.push(event);
    }
    Some(batch)
}

/// Runs `work` until it ends or `stop` turns true.
pub async fn until(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stop.wait_for(|stopped| *stopped) => {}
    }
}
