//! The embedded bus: the outbox in the event store is the durable queue, memory only its front.
//!
//! An event stays in the outbox until every queue that takes it has acknowledged it or put it
//! among the dead letters. No message is ever written twice, and none can be lost with the
//! process: after a restart the outbox is sent again, and consumers tolerate repeats.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::dead_letters::{DeadLetter, NO_REASON, REDRIVE_WITHIN, event_id_in};
use super::embedded_queue_state::QueueState;
use super::topology::Subscription;
use super::{Bus, Depth, Destination, Handover, Message, Queue, QueueError};
use crate::clock::Clock;
use crate::metrics;
use crate::store::client::StoreError;
use crate::store::event_store::StoredEvent;

/// What the bus and its queues are in traces: none of the systems that OpenTelemetry has a name for.
const SYSTEM: &str = "healthflow";
/// The bus in traces.
const BUS: &str = "healthflow-bus";
/// How soon a dead letter that could not be written is tried again.
const WRITE_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Where dead letters are kept.
#[async_trait]
pub trait LetterStore: Send + Sync + 'static {
    /// Keeps a letter of this queue; one that is there already is replaced.
    async fn put(&self, queue: &str, letter: &DeadLetter) -> Result<(), StoreError>;

    /// The letters that an operator wants sent again.
    async fn to_redrive(&self, queue: &str) -> Result<Vec<DeadLetter>, StoreError>;

    /// Forgets a letter.
    async fn remove(&self, queue: &str, id: &str) -> Result<(), StoreError>;
}

/// One event on its way; counts the queues that are not done with it yet.
#[derive(Debug)]
pub(super) struct Delivery {
    body: Arc<str>,
    open_queues: AtomicUsize,
    /// Whether it became a dead letter in some queue.
    buried: AtomicBool,
    done: Mutex<Option<oneshot::Sender<()>>>,
}

impl Delivery {
    fn new(body: Arc<str>, queues: usize) -> (Arc<Self>, oneshot::Receiver<()>) {
        let (done, when_done) = oneshot::channel();
        let delivery = Self {
            body,
            open_queues: AtomicUsize::new(queues),
            buried: AtomicBool::new(false),
            done: Mutex::new(Some(done)),
        };
        (Arc::new(delivery), when_done)
    }

    fn one_queue_is_done(&self) {
        if self.open_queues.fetch_sub(1, Ordering::AcqRel) == 1
            && let Some(done) = lock(&self.done).take()
        {
            // The relay may have gone with the process's end; the outbox then sends again.
            let _ = done.send(());
        }
    }
}

/// A panic elsewhere cannot leave these small states half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The bus inside this process.
pub struct EmbeddedBus {
    queues: Vec<Arc<EmbeddedQueue>>,
    letters: Arc<dyn LetterStore>,
    /// Letters that were sent again and are under way, by queue.
    redriven: Mutex<HashSet<(&'static str, String)>>,
}

impl EmbeddedBus {
    /// A bus with a queue for each of `subscriptions`.
    pub fn new(
        subscriptions: &[Subscription],
        letters: Arc<dyn LetterStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let queue = |subscription: &Subscription| {
            Arc::new(EmbeddedQueue {
                subscription: *subscription,
                state: Mutex::default(),
                arrived: Notify::new(),
                letters: Arc::clone(&letters),
                clock: Arc::clone(&clock),
            })
        };
        let queues = subscriptions.iter().map(queue).collect();
        Self { queues, letters, redriven: Mutex::default() }
    }

    /// The queue of this subscription.
    #[must_use]
    pub fn queue(&self, subscription: &Subscription) -> Option<Arc<EmbeddedQueue>> {
        self.queues.iter().find(|queue| queue.subscription == *subscription).cloned()
    }

    /// Sends again, for ever, what an operator marked among the dead letters.
    pub async fn redrive_marked(self: Arc<Self>) {
        loop {
            for queue in &self.queues {
                if let Err(error) = self.redrive(queue).await {
                    tracing::warn!(%error, "the dead letters cannot be read; trying again");
                }
            }
            tokio::time::sleep(REDRIVE_WITHIN).await;
        }
    }

    async fn redrive(self: &Arc<Self>, queue: &Arc<EmbeddedQueue>) -> Result<(), StoreError> {
        let name = queue.subscription.queue;
        for letter in self.letters.to_redrive(name).await? {
            if !lock(&self.redriven).insert((name, letter.id.clone())) {
                continue;
            }
            let (delivery, when_done) = Delivery::new(Arc::from(letter.body.as_str()), 1);
            queue.push(Arc::clone(&delivery));
            let bus = Arc::clone(self);
            tokio::spawn(async move {
                let done = when_done.await.is_ok();
                // Buried again, the letter was replaced by a new one.
                if done
                    && !delivery.buried.load(Ordering::Acquire)
                    && let Err(error) = bus.letters.remove(name, &letter.id).await
                {
                    tracing::warn!(%error, "a dead letter that was handled is still there");
                }
                lock(&bus.redriven).remove(&(name, letter.id));
            });
        }
        Ok(())
    }
}

#[async_trait]
impl Bus for EmbeddedBus {
    async fn publish(&self, events: &[Arc<StoredEvent>]) -> Vec<Handover> {
        let handed = events.iter().map(|event| {
            let takers: Vec<_> =
                self.queues.iter().filter(|q| q.subscription.takes(&event.event_type)).collect();
            if takers.is_empty() {
                return Handover::Taken;
            }
            let (delivery, when_done) = Delivery::new(Arc::from(event.json.as_str()), takers.len());
            for queue in takers {
                queue.push(Arc::clone(&delivery));
            }
            Handover::WhenDone(when_done)
        });
        handed.collect()
    }

    fn destination(&self) -> Destination<'_> {
        Destination { system: SYSTEM, name: BUS }
    }

    fn batch_max(&self) -> usize {
        100
    }
}

/// The queue of one consumer inside this process.
pub struct EmbeddedQueue {
    subscription: Subscription,
    state: Mutex<QueueState>,
    arrived: Notify,
    letters: Arc<dyn LetterStore>,
    clock: Arc<dyn Clock>,
}

impl EmbeddedQueue {
    fn push(&self, delivery: Arc<Delivery>) {
        lock(&self.state).push(delivery, Instant::now());
        self.arrived.notify_one();
    }

    /// Only once the dead letter is written may the outbox forget the event.
    async fn write_letter(
        &self,
        delivery: &Arc<Delivery>,
        receive_count: u32,
        reason: &str,
    ) -> Result<(), QueueError> {
        let queue = self.subscription.queue;
        let now = self.clock.unix_ms();
        let letter = DeadLetter {
            id: event_id_in(&delivery.body).unwrap_or_else(|| self.clock.fresh_uuid().to_string()),
            body: delivery.body.to_string(),
            reason: reason.to_owned(),
            receive_count: Some(receive_count),
            buried_at_ms: Some(now),
        };
        self.letters.put(queue, &letter).await.map_err(|error| QueueError(error.to_string()))?;
        metrics::dead_letter(queue);
        tracing::error!(queue, event_id = letter.id, reason, "a message is now a dead letter");
        delivery.buried.store(true, Ordering::Release);
        delivery.one_queue_is_done();
        Ok(())
    }

    async fn bury_exhausted(&self, delivery: Arc<Delivery>, receive_count: u32) {
        if let Err(error) = self.write_letter(&delivery, receive_count, NO_REASON).await {
            tracing::error!(%error, "a dead letter could not be written; it is tried again");
            let until = Instant::now() + WRITE_AGAIN_AFTER;
            lock(&self.state).put_back(delivery, receive_count, until);
        }
    }
}

#[async_trait]
impl Queue for EmbeddedQueue {
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>, QueueError> {
        let give_up = Instant::now() + wait;
        let invisible = Duration::from_secs(self.subscription.visibility_timeout_s.into());
        loop {
            // Registered before looking, so that an arrival in between is not slept through.
            let arrived = self.arrived.notified();
            let now = Instant::now();
            let (received, exhausted) = lock(&self.state).take_ready(max, now, now + invisible);
            for (delivery, receive_count) in exhausted {
                self.bury_exhausted(delivery, receive_count).await;
            }
            if !received.is_empty() {
                let messages = received.into_iter().map(|(receipt, (delivery, receive_count))| {
                    let body = Arc::clone(&delivery.body);
                    Message { body, receipt: receipt.to_string(), receive_count }
                });
                return Ok(messages.collect());
            }
            let next = lock(&self.state).next_deadline();
            let wake_at = next.map_or(give_up, |at| at.min(give_up));
            let timed_out = tokio::time::timeout_at(wake_at, arrived).await.is_err();
            if timed_out && Instant::now() >= give_up {
                return Ok(Vec::new());
            }
        }
    }

    async fn acknowledge(&self, receipts: &[String]) -> Result<(), QueueError> {
        let taken: Vec<_> = {
            let mut state = lock(&self.state);
            let receipts = receipts.iter().filter_map(|receipt| receipt.parse().ok());
            receipts.filter_map(|receipt| state.take(receipt)).collect()
        };
        for (delivery, _) in taken {
            delivery.one_queue_is_done();
        }
        Ok(())
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        self.extend(&[receipt.to_owned()], delay).await?;
        self.arrived.notify_one();
        Ok(())
    }

    async fn extend(&self, receipts: &[String], time: Duration) -> Result<(), QueueError> {
        let until = Instant::now() + time;
        let mut state = lock(&self.state);
        for receipt in receipts.iter().filter_map(|receipt| receipt.parse().ok()) {
            state.hide_until(receipt, until);
        }
        Ok(())
    }

    async fn bury(&self, message: &Message, reason: &str) -> Result<(), QueueError> {
        let Ok(receipt) = message.receipt.parse() else { return Ok(()) };
        // Looked up, not taken: should writing the letter fail or this process end, the message
        // comes again after its time-out.
        let found = lock(&self.state).in_flight(receipt);
        let Some((delivery, receive_count)) = found else { return Ok(()) };
        self.write_letter(&delivery, receive_count, reason).await?;
        lock(&self.state).take(receipt);
        Ok(())
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        Ok(lock(&self.state).depth(Instant::now()))
    }

    fn destination(&self) -> Destination<'_> {
        Destination { system: SYSTEM, name: self.subscription.queue }
    }

    fn batch_max(&self) -> usize {
        100
    }
}
