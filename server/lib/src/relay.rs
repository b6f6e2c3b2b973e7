//! The relay: takes events out of the outbox and hands them to the bus.
//!
//! Fast path: whoever appended an event offers it at once. The sweeper finds what was not offered
//! or not taken: after a crash, a full channel, refusals. An event leaves the outbox only when
//! the bus has taken it over, so it may be sent twice but never not at all. Of several relays one
//! sweeps at a time: the one that holds the lease.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::ids::EventId;
use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered, StreamExt};
use futures::{FutureExt, Stream};
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::messaging::{Bus, Handover};
use crate::metrics;
use crate::store::client::StoreError;
use crate::store::event_store::{APPEND_MAX_EVENTS, EventStore, OUTBOX_SHARDS, StoredEvent};
use crate::telemetry::message_spans::MessageSpan;

/// So many events may wait for the bus in memory; more stay in the outbox for the sweeper.
const IN_FLIGHT_MAX: usize = 10_000;
/// So many batches are handed to the bus at once.
const BATCHES_AT_ONCE: usize = 8;
/// How long the relay waits for company for an event: one batch costs the store little more than
/// one event, and a clinician does not notice.
const GATHER_TO_PUBLISH: Duration = Duration::from_millis(3);
/// The same for leaving the outbox, which nobody waits for.
const GATHER_TO_SETTLE: Duration = Duration::from_millis(100);
/// How often the sweeper looks.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// How long the lease of the sweeper holds: three looks.
pub const LEASE_TIME: Duration = Duration::from_secs(15);
/// The sweeper leaves younger events to the fast path, in milliseconds.
const FAST_PATH_HEAD_START_MS: u64 = 2_000;
/// So often a refused event is sent again by itself before it is left to the sweeper.
const REFUSALS_MAX: u32 = 4;
/// The shortest pause before that. It doubles with every refusal, and chance adds up to as much,
/// so that several relays do not come back at once.
const BACK_OFF_MIN: Duration = Duration::from_millis(200);

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

/// The right to sweep, which one relay has at a time.
#[async_trait]
pub trait SweepLease: Send + Sync + 'static {
    /// Takes or keeps the lease for [`LEASE_TIME`]; whether it is held now.
    async fn hold(&self) -> Result<bool, StoreError>;
}

/// What a relay works with.
#[derive(Clone)]
pub struct RelayParts {
    /// Where the outbox is.
    pub store: Arc<dyn EventStore>,
    /// Where events go.
    pub bus: Arc<dyn Bus>,
    /// When, and after which pause.
    pub clock: Arc<dyn Clock>,
    /// Whose turn it is to sweep; `None` where there is one relay only.
    pub lease: Option<Arc<dyn SweepLease>>,
}

/// The work of a relay, which whoever made it runs for as long as the process lives.
pub struct RelayTasks {
    /// Takes offers, hands them to the bus, and takes out of the outbox what the bus has taken
    /// over.
    pub fast_path: BoxFuture<'static, ()>,
    /// Offers what was left behind.
    pub sweeping: BoxFuture<'static, ()>,
}

/// A relay: where events are offered to it, and its work.
#[must_use]
pub fn relay(parts: RelayParts) -> (Outbox, RelayTasks) {
    let (offers, offered) = mpsc::channel(IN_FLIGHT_MAX);
    let (settled, to_settle) = mpsc::channel(IN_FLIGHT_MAX);
    let relay = Arc::new(Relay { parts, in_flight: Mutex::default(), settled });
    let publishing = Arc::clone(&relay).publish_offers(offered);
    let settling = Arc::clone(&relay).settle_taken(to_settle);
    let fast_path = async move {
        futures::join!(publishing, settling);
    };
    let sweeping = relay.sweep(offers.clone()).boxed();
    (Outbox { offers }, RelayTasks { fast_path: fast_path.boxed(), sweeping })
}

/// Moves events from the outbox to the bus.
struct Relay {
    parts: RelayParts,
    /// What is under way.
    in_flight: Mutex<HashSet<EventId>>,
    settled: mpsc::Sender<Arc<StoredEvent>>,
}

/// What one of the things under way came to.
enum Step {
    /// The bus answered, after so many earlier refusals.
    Answered { events: Vec<Arc<StoredEvent>>, handovers: Vec<Handover>, refusals: u32 },
    /// Every queue is done with it, or, if not `done`, will never be in this process.
    Finished { event: Arc<StoredEvent>, done: bool },
    /// Its pause is over.
    Again { event: Arc<StoredEvent>, refusals: u32 },
}

type Pending = FuturesUnordered<BoxFuture<'static, Step>>;

impl Relay {
    async fn publish_offers(self: Arc<Self>, offered: mpsc::Receiver<Arc<StoredEvent>>) {
        let mut batches =
            std::pin::pin!(gather(offered, self.parts.bus.batch_max(), GATHER_TO_PUBLISH));
        let mut pending = Pending::new();
        let mut at_the_bus = 0;
        loop {
            tokio::select! {
                biased;
                Some(step) = pending.next() => {
                    at_the_bus -= usize::from(matches!(step, Step::Answered { .. }));
                    at_the_bus += self.go_on(step, &mut pending).await;
                }
                batch = batches.next(), if at_the_bus < BATCHES_AT_ONCE => {
                    let Some(batch) = batch else { return };
                    let events: Vec<_> = batch.into_iter().filter(|e| self.begin(e)).collect();
                    if !events.is_empty() {
                        at_the_bus += 1;
                        pending.push(self.publish(events, 0));
                    }
                }
            }
        }
    }

    fn publish(&self, events: Vec<Arc<StoredEvent>>, refusals: u32) -> BoxFuture<'static, Step> {
        let bus = Arc::clone(&self.parts.bus);
        async move {
            let spans: Vec<_> =
                events.iter().map(|event| MessageSpan::sending(event, bus.destination())).collect();
            let handovers = bus.publish(&events).await;
            for (span, handover) in spans.iter().zip(&handovers) {
                if let Handover::Refused(reason) = handover {
                    span.failed("refused", reason.clone());
                }
            }
            Step::Answered { events, handovers, refusals }
        }
        .boxed()
    }

    /// Does what a step asks for; gives how many batches went to the bus.
    async fn go_on(&self, step: Step, pending: &mut Pending) -> usize {
        match step {
            Step::Answered { events, handovers, refusals } => {
                for (event, handover) in events.into_iter().zip(handovers) {
                    self.take_note(event, handover, refusals, pending).await;
                }
                0
            }
            Step::Finished { event, done: true } => {
                let _ = self.settled.send(event).await;
                0
            }
            Step::Finished { event, done: false } => {
                self.end(&event);
                0
            }
            Step::Again { event, refusals } => {
                pending.push(self.publish(vec![event], refusals));
                1
            }
        }
    }

    async fn take_note(
        &self,
        event: Arc<StoredEvent>,
        handover: Handover,
        refusals: u32,
        pending: &mut Pending,
    ) {
        if !matches!(handover, Handover::Refused(_)) {
            metrics::published(self.age(&event));
        }
        match handover {
            Handover::Taken => {
                let _ = self.settled.send(event).await;
            }
            Handover::WhenDone(done) => {
                let waiting = async move {
                    let done = done.await.is_ok();
                    Step::Finished { event, done }
                };
                pending.push(waiting.boxed());
            }
            Handover::Refused(reason) => {
                metrics::publish_refused();
                let refusals = refusals + 1;
                tracing::warn!(event_id = %event.event_id, refusals, reason,
                    "the bus refused an event; it is sent again");
                if refusals > REFUSALS_MAX {
                    return self.end(&event);
                }
                let pause = BACK_OFF_MIN.saturating_mul(1 << refusals);
                let pause = pause + self.parts.clock.jitter(pause);
                let waiting = async move {
                    tokio::time::sleep(pause).await;
                    Step::Again { event, refusals }
                };
                pending.push(waiting.boxed());
            }
        }
    }

    async fn settle_taken(self: Arc<Self>, taken: mpsc::Receiver<Arc<StoredEvent>>) {
        let mut batches = std::pin::pin!(gather(taken, APPEND_MAX_EVENTS, GATHER_TO_SETTLE));
        while let Some(batch) = batches.next().await {
            if let Err(error) = self.parts.store.settle(&batch).await {
                tracing::warn!(%error, "events could not leave the outbox; they are sent again");
            }
            for event in batch {
                self.end(&event);
            }
        }
    }

    async fn sweep(self: Arc<Self>, offers: mpsc::Sender<Arc<StoredEvent>>) {
        loop {
            if let Err(error) = self.sweep_once(&offers).await {
                tracing::warn!(%error, "the outbox cannot be read; it is tried again");
            }
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    }

    async fn sweep_once(&self, offers: &mpsc::Sender<Arc<StoredEvent>>) -> Result<(), StoreError> {
        for shard in 0..OUTBOX_SHARDS {
            // Asked for each shard: a long sweep must not outlive its lease.
            if let Some(lease) = &self.parts.lease
                && !lease.hold().await?
            {
                return Ok(());
            }
            self.sweep_shard(shard, offers).await?;
        }
        Ok(())
    }

    async fn sweep_shard(
        &self,
        shard: u64,
        offers: &mpsc::Sender<Arc<StoredEvent>>,
    ) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let events = self.parts.store.unsent(shard, after).await?;
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
        let is_old = self.age(event) >= Duration::from_millis(FAST_PATH_HEAD_START_MS);
        is_old && !self.lock().contains(&event.event_id)
    }

    /// How long ago the event was recorded.
    fn age(&self, event: &StoredEvent) -> Duration {
        let recorded_ms = event.recorded_ms().unwrap_or(0);
        Duration::from_millis(self.parts.clock.unix_ms().saturating_sub(recorded_ms))
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

/// Batches of at most `max`: a full one at once, else what comes within `wait`.
fn gather(
    events: mpsc::Receiver<Arc<StoredEvent>>,
    max: usize,
    wait: Duration,
) -> impl Stream<Item = Vec<Arc<StoredEvent>>> {
    stream::unfold(events, move |mut events| async move {
        let mut batch = vec![events.recv().await?];
        if batch.len() + events.len() < max {
            tokio::time::sleep(wait).await;
        }
        while batch.len() < max
            && let Ok(event) = events.try_recv()
        {
            batch.push(event);
        }
        Some((batch, events))
    })
}

/// Runs `work` until it ends or `stop` turns true.
pub async fn until(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stop.wait_for(|stopped| *stopped) => {}
    }
}
