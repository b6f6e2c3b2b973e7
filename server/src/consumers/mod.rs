//! What follows from events: one consumer per queue, each harmless when an event comes twice.

pub mod alert_projection;
pub mod alert_worker;
pub mod observation_projection;
pub mod patient_projection;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::event::Envelope;

use crate::messaging::topology::Subscription;
use crate::messaging::{Message, Queue};
use crate::store::client::StoreError;
use crate::store::views::{DynamoViews, ViewItem};

/// How long one receive waits for messages.
const LONG_POLL: Duration = Duration::from_secs(20);
/// How long a message rests after its first failure; the second rest is twice as long.
const FIRST_REST: Duration = Duration::from_secs(1);

/// Why a message was not handled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// It is not what this consumer subscribed to.
    #[error("an event of another type came to this queue")]
    WrongType,
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A consumer of events.
#[async_trait]
pub trait Consumer: Send + Sync + 'static {
    /// The queue it listens to.
    fn subscription(&self) -> Subscription;

    /// Handles events; one result for each, in their order. A failure concerns its event alone.
    async fn handle(&self, events: &[Envelope]) -> Vec<Result<(), HandleError>>;
}

/// Feeds a consumer from its queue, for ever.
pub async fn run(consumer: Arc<dyn Consumer>, queue: Arc<dyn Queue>) {
    let name = consumer.subscription().queue;
    loop {
        match queue.receive(queue.batch_max(), LONG_POLL).await {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => handle(consumer.as_ref(), queue.as_ref(), messages).await,
            Err(error) => {
                tracing::warn!(queue = name, %error, "cannot receive; trying again");
                tokio::time::sleep(FIRST_REST).await;
            }
        }
    }
}

async fn handle(consumer: &dyn Consumer, queue: &dyn Queue, messages: Vec<Message>) {
    let name = consumer.subscription().queue;
    let (mut readable, mut events) = (Vec::new(), Vec::new());
    for message in messages {
        match serde_json::from_str::<Envelope>(&message.body) {
            Ok(envelope) => {
                events.push(envelope);
                readable.push(message);
            }
            Err(error) => {
                // serde_json's text can quote the input; its position alone is harmless.
                let (line, column) = (error.line(), error.column());
                tracing::error!(queue = name, line, column, "a message is no event");
                put_off(queue, &message).await;
            }
        }
    }
    let results = consumer.handle(&events).await;
    let mut done = Vec::with_capacity(readable.len());
    for ((message, event), result) in readable.iter().zip(&events).zip(results) {
        match result {
            Ok(()) => done.push(message.receipt.clone()),
            Err(error) => {
                tracing::warn!(queue = name, event_id = %event.event_id, correlation_id = %event.correlation_id, %error,
                    receive_count = message.receive_count, "an event could not be handled");
                put_off(queue, message).await;
            }
        }
    }
    if !done.is_empty()
        && let Err(error) = queue.acknowledge(&done).await
    {
        tracing::warn!(queue = name, %error, "handled messages will come again");
    }
}

async fn put_off(queue: &dyn Queue, message: &Message) {
    let rest = FIRST_REST * message.receive_count;
    if let Err(error) = queue.retry_after(&message.receipt, rest).await {
        tracing::warn!(%error, "a failed message comes again at its time-out");
    }
}

/// Writes what events were projected to, and reports for each event whether the view changed.
/// `None` stands for an event that does not belong here.
async fn write_projected(
    views: &DynamoViews,
    projected: Vec<Option<ViewItem>>,
) -> Vec<Result<bool, HandleError>> {
    let items: Vec<ViewItem> = projected.iter().flatten().cloned().collect();
    let mut written = views.write_each(&items).await.into_iter();
    let results = projected.iter().map(|item| match item {
        Some(_) => written.next().unwrap_or(Ok(false)).map_err(HandleError::from),
        None => Err(HandleError::WrongType),
    });
    results.collect()
}
