//! The embedded bus: the outbox in the event store is the durable queue, memory only its front.
//!
//! An event stays in the outbox until every queue that takes it has acknowledged it or put it
//! among the dead letters. No message is ever written twice, and none can be lost with the
//! process: after a restart the outbox is sent again, and consumers tolerate repeats.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::topology::{MAX_RECEIVE_COUNT, Subscription};
use super::{Bus, Handover, Message, Queue, QueueError};
use crate::clock;
use crate::store::events::StoredEvent;
use crate::store::item::{number, text};

/// Counts the queues that are not done with an event yet; tells the outbox when none is left.
#[derive(Debug)]
struct Delivery {
    event: Arc<StoredEvent>,
    body: Arc<str>,
    open_queues: AtomicUsize,
    done: Mutex<Option<oneshot::Sender<()>>>,
}

impl Delivery {
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
#[derive(Debug)]
pub struct EmbeddedBus {
    queues: Vec<Arc<EmbeddedQueue>>,
}

impl EmbeddedBus {
    /// A bus with a queue for each of `subscriptions`; dead letters go to the table named.
    pub fn new(subscriptions: &[Subscription], client: &Client, dead_letters_table: &str) -> Self {
        let queue = |subscription: &Subscription| {
            Arc::new(EmbeddedQueue {
                subscription: *subscription,
                state: Mutex::default(),
                arrived: Notify::new(),
                client: client.clone(),
                dead_letters_table: dead_letters_table.to_owned(),
            })
        };
        Self { queues: subscriptions.iter().map(queue).collect() }
    }

    /// The queue of this subscription.
    #[must_use]
    pub fn queue(&self, subscription: &Subscription) -> Option<Arc<EmbeddedQueue>> {
        self.queues.iter().find(|queue| queue.subscription == *subscription).cloned()
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
            let (done, when_done) = oneshot::channel();
            let delivery = Arc::new(Delivery {
                event: Arc::clone(event),
                body: Arc::from(event.json.as_str()),
                open_queues: AtomicUsize::new(takers.len()),
                done: Mutex::new(Some(done)),
            });
            for queue in takers {
                queue.push(Waiting { delivery: Arc::clone(&delivery), receive_count: 0 });
            }
            Handover::WhenDone(when_done)
        });
        handed.collect()
    }

    fn batch_max(&self) -> usize {
        100
    }
}

#[derive(Debug)]
struct Waiting {
    delivery: Arc<Delivery>,
    receive_count: u32,
}

#[derive(Debug, Default)]
struct QueueState {
    ready: VecDeque<Waiting>,
    /// Received and not acknowledged, by receipt.
    in_flight: HashMap<u64, (Waiting, Instant)>,
    /// When each of those becomes visible again.
    deadlines: BTreeMap<(Instant, u64), ()>,
    receipts_given: u64,
}

impl QueueState {
    /// Makes those visible again whose time is over.
    fn wake(&mut self, now: Instant) {
        while let Some((&(deadline, receipt), ())) = self.deadlines.first_key_value()
            && deadline <= now
        {
            self.deadlines.pop_first();
            if let Some((waiting, _)) = self.in_flight.remove(&receipt) {
                self.ready.push_back(waiting);
            }
        }
    }

    fn hide(&mut self, receipt: u64, waiting: Waiting, until: Instant) {
        self.deadlines.insert((until, receipt), ());
        self.in_flight.insert(receipt, (waiting, until));
    }

    fn take(&mut self, receipt: u64) -> Option<Waiting> {
        let (waiting, until) = self.in_flight.remove(&receipt)?;
        self.deadlines.remove(&(until, receipt));
        Some(waiting)
    }
}

/// The queue of one consumer inside this process.
#[derive(Debug)]
pub struct EmbeddedQueue {
    subscription: Subscription,
    state: Mutex<QueueState>,
    arrived: Notify,
    client: Client,
    dead_letters_table: String,
}

impl EmbeddedQueue {
    fn push(&self, waiting: Waiting) {
        lock(&self.state).ready.push_back(waiting);
        self.arrived.notify_one();
    }

    /// Takes what is ready: deliveries for the consumer, and those that had their chances.
    fn take_ready(&self, max: usize) -> (Vec<Message>, Vec<Waiting>) {
        let now = Instant::now();
        let mut state = lock(&self.state);
        state.wake(now);
        let (mut messages, mut exhausted) = (Vec::new(), Vec::new());
        while messages.len() < max
            && let Some(mut waiting) = state.ready.pop_front()
        {
            if waiting.receive_count >= MAX_RECEIVE_COUNT {
                exhausted.push(waiting);
                continue;
            }
            waiting.receive_count += 1;
            state.receipts_given += 1;
            let receipt = state.receipts_given;
            messages.push(Message {
                body: Arc::clone(&waiting.delivery.body),
                receipt: receipt.to_string(),
                receive_count: waiting.receive_count,
            });
            let visible_again =
                now + Duration::from_secs(self.subscription.visibility_timeout_s.into());
            state.hide(receipt, waiting, visible_again);
        }
        (messages, exhausted)
    }

    fn next_deadline(&self) -> Option<Instant> {
        lock(&self.state).deadlines.first_key_value().map(|((at, _), ())| *at)
    }

    /// Only once the dead letter is written may the outbox forget the event.
    async fn bury(&self, waiting: Waiting) {
        let event = &waiting.delivery.event;
        let written = self
            .client
            .put_item()
            .table_name(&self.dead_letters_table)
            .item("queue", text(self.subscription.dead_letter_queue()))
            .item("event_id", text(event.event_id.to_string()))
            .item("envelope", text(event.json.clone()))
            .item("receive_count", number(waiting.receive_count.into()))
            .item("buried_at_ms", number(clock::unix_ms()))
            .send()
            .await;
        match written {
            Ok(_) => {
                tracing::error!(
                    queue = self.subscription.queue,
                    event_id = %event.event_id,
                    "a message failed {MAX_RECEIVE_COUNT} times and is now a dead letter"
                );
                waiting.delivery.one_queue_is_done();
            }
            Err(error) => {
                tracing::error!(queue = self.subscription.queue, error = %aws_sdk_dynamodb::Error::from(error),
                    "a dead letter could not be written; it is tried again");
                let until = Instant::now() + Duration::from_secs(1);
                let mut state = lock(&self.state);
                state.receipts_given += 1;
                let receipt = state.receipts_given;
                state.hide(receipt, waiting, until);
            }
        }
    }
}

#[async_trait]
impl Queue for EmbeddedQueue {
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>, QueueError> {
        let give_up = Instant::now() + wait;
        loop {
            // Registered before looking, so that an arrival in between is not slept through.
            let arrived = self.arrived.notified();
            let (messages, exhausted) = self.take_ready(max);
            for waiting in exhausted {
                self.bury(waiting).await;
            }
            if !messages.is_empty() {
                return Ok(messages);
            }
            let wake_at = self.next_deadline().map_or(give_up, |at| at.min(give_up));
            let timed_out = tokio::time::timeout_at(wake_at, arrived).await.is_err();
            if timed_out && Instant::now() >= give_up {
                return Ok(Vec::new());
            }
        }
    }

    async fn acknowledge(&self, receipts: &[String]) -> Result<(), QueueError> {
        let taken: Vec<Waiting> = {
            let mut state = lock(&self.state);
            receipts.iter().filter_map(|r| r.parse().ok()).filter_map(|r| state.take(r)).collect()
        };
        for waiting in taken {
            waiting.delivery.one_queue_is_done();
        }
        Ok(())
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        let Ok(receipt) = receipt.parse() else { return Ok(()) };
        let mut state = lock(&self.state);
        if let Some(waiting) = state.take(receipt) {
            state.hide(receipt, waiting, Instant::now() + delay);
        }
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    fn batch_max(&self) -> usize {
        100
    }
}
