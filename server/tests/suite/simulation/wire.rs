//! A bus with queues in memory that outlive the processes around them, as EventBridge and SQS do:
//! at least once, in any order, late, and partly refused.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use healthflow::messaging::dead_letters::{DeadLetter, DeadLetters, NO_REASON, event_id_in};
use healthflow::messaging::topology::{MAX_RECEIVE_COUNT, Subscription};
use healthflow::messaging::{Bus, Depth, Destination, Handover, Message, Queue, QueueError};
use healthflow::store::event_store::StoredEvent;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::chaos::Chaos;
use crate::messaging_contract::Messaging;

struct Waiting {
    body: Arc<str>,
    receive_count: u32,
    visible_at: Instant,
    receipt: Option<u64>,
}

#[derive(Default)]
struct QueueState {
    messages: BTreeMap<u64, Waiting>,
    numbers: u64,
    dead: Vec<DeadLetter>,
}

/// The queue of one subscription.
pub(crate) struct MemoryQueue {
    subscription: Subscription,
    state: Mutex<QueueState>,
    changed: Notify,
    chaos: Chaos,
}

impl MemoryQueue {
    fn push(&self, body: Arc<str>, visible_at: Instant) {
        let mut state = self.state.lock().unwrap();
        state.numbers += 1;
        let number = state.numbers;
        state
            .messages
            .insert(number, Waiting { body, receive_count: 0, visible_at, receipt: None });
        self.changed.notify_one();
    }

    /// Whether nothing is in it, nor among its dead letters.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.state.lock().unwrap();
        state.messages.is_empty() && state.dead.is_empty()
    }

    fn take(&self, max: usize, now: Instant) -> Vec<Message> {
        let invisible = Duration::from_secs(self.subscription.visibility_timeout_s.into());
        let mut state = self.state.lock().unwrap();
        let mut visible: Vec<u64> = state
            .messages
            .iter()
            .filter(|(_, waiting)| waiting.visible_at <= now)
            .map(|(number, _)| *number)
            .collect();
        let mut messages = Vec::new();
        while messages.len() < max && !visible.is_empty() {
            // Queues promise no order.
            let at = match self.chaos.strikes("reorder") {
                true => self.chaos.below("reorder", visible.len() as u64),
                false => 0,
            };
            let number = visible.remove(usize::try_from(at).unwrap());
            state.numbers += 1;
            let receipt = state.numbers;
            let waiting = state.messages.get_mut(&number).unwrap();
            if waiting.receive_count >= MAX_RECEIVE_COUNT {
                let waiting = state.messages.remove(&number).unwrap();
                state.dead.push(letter(&waiting.body, NO_REASON));
                continue;
            }
            waiting.receive_count += 1;
            waiting.visible_at = now + invisible;
            waiting.receipt = Some(receipt);
            messages.push(Message {
                body: Arc::clone(&waiting.body),
                receipt: receipt.to_string(),
                receive_count: waiting.receive_count,
            });
        }
        messages
    }

    fn next_visible(&self) -> Option<Instant> {
        self.state.lock().unwrap().messages.values().map(|waiting| waiting.visible_at).min()
    }

    fn change(&self, receipt: &str, change: impl FnOnce(&mut QueueState, u64)) {
        let mut state = self.state.lock().unwrap();
        let receipt = receipt.parse().ok();
        let held = state.messages.iter().find(|(_, waiting)| waiting.receipt == receipt);
        if let Some(number) = held.map(|(number, _)| *number) {
            change(&mut state, number);
        }
        self.changed.notify_one();
    }
}

fn letter(body: &str, reason: &str) -> DeadLetter {
    DeadLetter {
        id: event_id_in(body).unwrap_or_default(),
        body: body.to_owned(),
        reason: reason.to_owned(),
        receive_count: None,
        buried_at_ms: None,
    }
}

fn failed(error: impl ToString) -> QueueError {
    QueueError(error.to_string())
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>, QueueError> {
        self.chaos.on_the_way_there("receive").await.map_err(failed)?;
        let give_up = Instant::now() + wait;
        loop {
            let changed = self.changed.notified();
            let messages = self.take(max.min(self.batch_max()), Instant::now());
            if !messages.is_empty() {
                // The answer may be lost: then they are hidden, and nobody works on them.
                self.chaos.on_the_way_back("receive").await.map_err(failed)?;
                return Ok(messages);
            }
            let wake_at = self.next_visible().map_or(give_up, |at| at.min(give_up));
            let timed_out = tokio::time::timeout_at(wake_at, changed).await.is_err();
            if timed_out && Instant::now() >= give_up {
                return Ok(Vec::new());
            }
        }
    }

    async fn acknowledge(&self, receipts: &[String]) -> Result<(), QueueError> {
        for receipt in receipts {
            self.chaos.on_the_way_there("acknowledge").await.map_err(failed)?;
            self.change(receipt, |state, number| {
                state.messages.remove(&number);
            });
        }
        self.chaos.on_the_way_back("acknowledge").await.map_err(failed)
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        self.extend(&[receipt.to_owned()], delay).await
    }

    async fn extend(&self, receipts: &[String], time: Duration) -> Result<(), QueueError> {
        self.chaos.on_the_way_there("extend").await.map_err(failed)?;
        let until = Instant::now() + time;
        for receipt in receipts {
            self.change(receipt, |state, number| {
                state.messages.get_mut(&number).unwrap().visible_at = until;
            });
        }
        Ok(())
    }

    async fn bury(&self, message: &Message, reason: &str) -> Result<(), QueueError> {
        self.chaos.on_the_way_there("bury").await.map_err(failed)?;
        self.change(&message.receipt, |state, number| {
            let waiting = state.messages.remove(&number).unwrap();
            state.dead.push(letter(&waiting.body, reason));
        });
        Ok(())
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        let now = Instant::now();
        let state = self.state.lock().unwrap();
        let waiting = state.messages.values().filter(|waiting| waiting.visible_at <= now).count();
        let in_flight = state.messages.len() - waiting;
        Ok(Depth { waiting: waiting as u64, in_flight: in_flight as u64, oldest: None })
    }

    fn destination(&self) -> Destination<'_> {
        Destination { system: "memory", name: self.subscription.queue }
    }

    fn batch_max(&self) -> usize {
        10
    }
}

/// A bus with a queue for each subscription.
#[derive(Clone)]
pub(crate) struct MemoryBus {
    queues: Vec<Arc<MemoryQueue>>,
    chaos: Chaos,
}

impl MemoryBus {
    pub(crate) fn new(subscriptions: &[Subscription], chaos: Chaos) -> Self {
        let queue = |subscription: &Subscription| {
            Arc::new(MemoryQueue {
                subscription: *subscription,
                state: Mutex::default(),
                changed: Notify::new(),
                chaos: chaos.clone(),
            })
        };
        Self { queues: subscriptions.iter().map(queue).collect(), chaos }
    }

    pub(crate) fn queues(&self) -> &[Arc<MemoryQueue>] {
        &self.queues
    }

    pub(crate) fn find(&self, subscription: &Subscription) -> Arc<MemoryQueue> {
        let named = |queue: &&Arc<MemoryQueue>| queue.subscription.queue == subscription.queue;
        Arc::clone(self.queues.iter().find(named).unwrap())
    }

    /// What an operator does who has mended the cause: everything is sent again.
    pub(crate) fn redrive_all(&self) {
        for queue in &self.queues {
            let dead = std::mem::take(&mut queue.state.lock().unwrap().dead);
            for letter in dead {
                queue.push(Arc::from(letter.body.as_str()), Instant::now());
            }
        }
    }

    fn deliver(&self, event: &StoredEvent) {
        let takers = self.queues.iter().filter(|q| q.subscription.takes(&event.event_type));
        for queue in takers {
            let body: Arc<str> = Arc::from(event.json.as_str());
            let copies = 1 + u64::from(self.chaos.strikes("duplicate"));
            for _ in 0..copies {
                let late = match self.chaos.strikes("delay") {
                    true => self.chaos.below("delay", 20_000),
                    false => 0,
                };
                queue.push(Arc::clone(&body), Instant::now() + Duration::from_millis(late));
            }
        }
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, events: &[Arc<StoredEvent>]) -> Vec<Handover> {
        if let Err(error) = self.chaos.on_the_way_there("publish").await {
            return events.iter().map(|_| Handover::Refused(error.to_string())).collect();
        }
        let mut handed = Vec::new();
        for event in events {
            if self.chaos.strikes("refuse entry") {
                handed.push(Handover::Refused("simulated".to_owned()));
                continue;
            }
            self.deliver(event);
            handed.push(Handover::Taken);
        }
        match self.chaos.on_the_way_back("publish").await {
            Ok(()) => handed,
            Err(error) => events.iter().map(|_| Handover::Refused(error.to_string())).collect(),
        }
    }

    fn destination(&self) -> Destination<'_> {
        Destination { system: "memory", name: "bus" }
    }

    fn batch_max(&self) -> usize {
        10
    }
}

impl Messaging for MemoryBus {
    fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(self.clone())
    }

    fn queue(&self, subscription: &Subscription) -> Arc<dyn Queue> {
        self.find(subscription)
    }

    fn dead_letters(&self) -> Arc<dyn DeadLetters> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl DeadLetters for MemoryBus {
    async fn list(&self, queue: &str) -> Result<Vec<DeadLetter>, QueueError> {
        let queue = self.queues.iter().find(|known| known.subscription.queue == queue).unwrap();
        Ok(queue.state.lock().unwrap().dead.clone())
    }

    async fn redrive(&self, queue: &str, ids: &[String]) -> Result<usize, QueueError> {
        let queue = self.queues.iter().find(|known| known.subscription.queue == queue).unwrap();
        let dead = std::mem::take(&mut queue.state.lock().unwrap().dead);
        let (chosen, kept): (Vec<_>, Vec<_>) =
            dead.into_iter().partition(|letter| ids.contains(&letter.id));
        queue.state.lock().unwrap().dead = kept;
        for letter in &chosen {
            queue.push(Arc::from(letter.body.as_str()), Instant::now());
        }
        Ok(chosen.len())
    }

    async fn discard(&self, queue: &str, ids: &[String]) -> Result<usize, QueueError> {
        let queue = self.queues.iter().find(|known| known.subscription.queue == queue).unwrap();
        let mut state = queue.state.lock().unwrap();
        let before = state.dead.len();
        state.dead.retain(|letter| !ids.contains(&letter.id));
        Ok(before - state.dead.len())
    }
}
