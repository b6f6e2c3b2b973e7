//! Delivery: a bus that takes events over, and one queue per consumer behind it.
//!
//! Two adapters pass one contract suite: [`embedded`], where the outbox in the event store itself
//! is the durable queue, and [`aws`], EventBridge with SQS.

pub mod aws;
pub mod aws_dead_letters;
pub mod aws_provision;
pub mod dead_letters;
pub mod embedded;
mod embedded_queue_state;
pub mod topology;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::store::event_store::StoredEvent;

/// Where events are sent to, or received from, as traces name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination<'a> {
    /// The kind of messaging system, such as `aws_sqs`.
    pub system: &'static str,
    /// The name of the bus or queue.
    pub name: &'a str,
}

/// What became of one event handed to a bus.
#[derive(Debug)]
pub enum Handover {
    /// The bus keeps it durably; it may leave the outbox.
    Taken,
    /// The bus relies on the outbox until every queue is done with it; then this resolves.
    WhenDone(oneshot::Receiver<()>),
    /// The bus did not take it, for this reason: send it again.
    Refused(String),
}

/// Takes events over and fans them out to the queues.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Hands over at most [`Bus::batch_max`] events; one answer per event, in their order.
    async fn publish(&self, events: &[Arc<StoredEvent>]) -> Vec<Handover>;

    /// How many events one call takes.
    fn batch_max(&self) -> usize;

    /// What it is in traces.
    fn destination(&self) -> Destination<'_>;
}

/// One delivery of an event to one consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The envelope as JSON.
    pub body: Arc<str>,
    /// Names this very delivery.
    pub receipt: String,
    /// How often it was delivered, this time included.
    pub receive_count: u32,
}

/// A queue did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the queue failed: {0}")]
pub struct QueueError(pub String);

/// How full a queue is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that wait to be received.
    pub waiting: u64,
    /// Messages that were received and are not done with.
    pub in_flight: u64,
    /// How long the oldest waiting message has waited, where the queue knows.
    pub oldest: Option<Duration>,
}

/// The queue of one consumer. What is received and not acknowledged comes again after the
/// visibility time-out; after [`topology::MAX_RECEIVE_COUNT`] times it goes to the dead letters.
#[async_trait]
pub trait Queue: Send + Sync + 'static {
    /// Waits up to `wait` for messages; gives as many as are there, at most `max`.
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>, QueueError>;

    /// These are done with.
    async fn acknowledge(&self, receipts: &[String]) -> Result<(), QueueError>;

    /// This one failed: it comes again after `delay`.
    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<(), QueueError>;

    /// These are still being worked on: they stay invisible for `time` from now.
    async fn extend(&self, receipts: &[String], time: Duration) -> Result<(), QueueError>;

    /// This one is given up: it goes to the dead letters at once, with the reason.
    async fn bury(&self, message: &Message, reason: &str) -> Result<(), QueueError>;

    /// How full the queue is.
    async fn depth(&self) -> Result<Depth, QueueError>;

    /// How many messages one receive can give.
    fn batch_max(&self) -> usize;

    /// What it is in traces.
    fn destination(&self) -> Destination<'_>;
}
