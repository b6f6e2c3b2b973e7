//! What follows from events: one consumer per queue, each harmless when an event comes twice.

pub mod alert_worker;
pub mod projector;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::event::Envelope;
use tracing::Instrument;

use crate::clock::Clock;
use crate::messaging::topology::{MAX_RECEIVE_COUNT, Subscription};
use crate::messaging::{Message, Queue};
use crate::metrics;
use crate::store::client::StoreError;
use crate::telemetry::message_spans::MessageSpan;

/// How long one receive waits for messages.
const LONG_POLL: Duration = Duration::from_secs(20);
/// How long a message rests after its first failure; the second rest is twice as long.
const FIRST_REST: Duration = Duration::from_secs(1);

/// Why a message was not handled. Nothing of its content is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandleError {
    /// It is not what this consumer subscribed to.
    #[error("an event of another type came to this queue")]
    WrongType,
    /// It was delivered before the store shows it.
    #[error("the store does not show this event yet")]
    AheadOfTheStore,
    /// The store did not do its part.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl HandleError {
    /// What kind of failure it is, of a few.
    fn kind(&self) -> &'static str {
        match self {
            Self::WrongType => "wrong_type",
            Self::AheadOfTheStore => "ahead_of_the_store",
            Self::Store(_) => "store",
        }
    }

    /// Whether another try can help.
    fn is_final(&self) -> bool {
        matches!(self, Self::WrongType | Self::Store(StoreError::Undecodable(_)))
    }
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
pub async fn run(consumer: Arc<dyn Consumer>, queue: Arc<dyn Queue>, clock: Arc<dyn Clock>) {
    let subscription = consumer.subscription();
    let feeder = Feeder { consumer, queue, clock, subscription };
    loop {
        match feeder.queue.receive(feeder.queue.batch_max(), LONG_POLL).await {
            Ok(messages) if messages.is_empty() => {}
            Ok(messages) => {
                let (queue, count) = (subscription.queue, messages.len());
                let span = tracing::info_span!("consume", queue, count);
                feeder.handle(messages).instrument(span).await;
            }
            Err(error) => {
                tracing::warn!(queue = subscription.queue, %error, "cannot receive; trying again");
                tokio::time::sleep(FIRST_REST + feeder.clock.jitter(FIRST_REST)).await;
            }
        }
    }
}

struct Feeder {
    consumer: Arc<dyn Consumer>,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    subscription: Subscription,
}

impl Feeder {
    async fn handle(&self, messages: Vec<Message>) {
        let name = self.subscription.queue;
        let (mut readable, mut events) = (Vec::new(), Vec::new());
        for message in messages {
            match Envelope::decode(&message.body) {
                Ok(envelope) => {
                    events.push(envelope);
                    readable.push(message);
                }
                Err(error) => {
                    // No second look makes it readable: it is quarantined at once, and loudly.
                    tracing::error!(queue = name, %error, "a message cannot be understood");
                    self.give_up(&message, &format!("it cannot be understood: {error}")).await;
                }
            }
        }
        let from = self.queue.destination();
        let spans: Vec<_> =
            events.iter_mut().map(|event| MessageSpan::processing(event, from)).collect();
        let results = self.handle_once_the_store_works(&readable, &events).await;
        let mut done = Vec::with_capacity(readable.len());
        for (((message, event), span), result) in
            readable.iter().zip(&events).zip(spans).zip(results)
        {
            if let Err(error) = &result {
                span.failed(error.kind(), error.to_string());
            }
            match result {
                Ok(()) => {
                    metrics::handled(name, self.age(event));
                    tracing::debug!(event_id = %event.event_id,
                        correlation_id = %event.correlation_id, "handled");
                    done.push(message.receipt.clone());
                }
                Err(error) => self.fail(message, event, &error).await,
            }
        }
        if !done.is_empty()
            && let Err(error) = self.queue.acknowledge(&done).await
        {
            tracing::warn!(queue = name, %error, "handled messages will come again");
        }
    }

    /// While nothing at all can be done it is the store that fails, not a message: nothing is put
    /// off, and so nothing becomes a dead letter, until it works again.
    async fn handle_once_the_store_works(
        &self,
        messages: &[Message],
        events: &[Envelope],
    ) -> Vec<Result<(), HandleError>> {
        let mut pause = FIRST_REST;
        loop {
            let results = self.handle_and_keep_hidden(messages, events).await;
            let hopeless = |result: &Result<(), HandleError>| matches!(result, Err(HandleError::Store(error)) if error.is_transient());
            if results.is_empty() || !results.iter().all(hopeless) {
                return results;
            }
            tracing::warn!(
                queue = self.subscription.queue,
                pause_s = pause.as_secs(),
                "the store does not work; waiting for it"
            );
            self.keep_hidden(messages).await;
            tokio::time::sleep(pause + self.clock.jitter(pause)).await;
            pause = (pause * 2).min(self.visibility() / 4);
        }
    }

    fn visibility(&self) -> Duration {
        Duration::from_secs(self.subscription.visibility_timeout_s.into())
    }

    async fn keep_hidden(&self, messages: &[Message]) {
        let receipts: Vec<_> = messages.iter().map(|message| message.receipt.clone()).collect();
        if let Err(error) = self.queue.extend(&receipts, self.visibility()).await {
            tracing::warn!(queue = self.subscription.queue, %error,
                "messages under work may come a second time");
        }
    }

    /// While the work lasts, its messages stay hidden from other consumers of the same queue.
    async fn handle_and_keep_hidden(
        &self,
        messages: &[Message],
        events: &[Envelope],
    ) -> Vec<Result<(), HandleError>> {
        let mut work = std::pin::pin!(self.consumer.handle(events));
        loop {
            tokio::select! {
                biased;
                results = &mut work => return results,
                () = tokio::time::sleep(self.visibility() / 2) => self.keep_hidden(messages).await,
            }
        }
    }

    async fn fail(&self, message: &Message, event: &Envelope, error: &HandleError) {
        let name = self.subscription.queue;
        metrics::failed(name);
        tracing::warn!(queue = name, event_id = %event.event_id,
            correlation_id = %event.correlation_id, %error,
            receive_count = message.receive_count, "an event could not be handled");
        if error.is_final() || message.receive_count >= MAX_RECEIVE_COUNT {
            return self.give_up(message, &error.to_string()).await;
        }
        let rest = FIRST_REST * message.receive_count;
        if let Err(error) = self.queue.retry_after(&message.receipt, rest).await {
            tracing::warn!(queue = name, %error, "a failed message comes again at its time-out");
        }
    }

    async fn give_up(&self, message: &Message, reason: &str) {
        if let Err(error) = self.queue.bury(message, reason).await {
            tracing::error!(queue = self.subscription.queue, %error,
                "a message could not be given up; it comes again at its time-out");
        }
    }

    fn age(&self, event: &Envelope) -> Duration {
        let now_ms = i64::try_from(self.clock.unix_ms()).unwrap_or(i64::MAX);
        let age_ms = now_ms.saturating_sub(event.timestamp.unix_ms());
        Duration::from_millis(u64::try_from(age_ms).unwrap_or(0))
    }
}
