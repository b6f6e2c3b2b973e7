//! EventBridge and SQS, of AWS or LocalStack.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
};
use serde_json::value::RawValue;

use super::topology::{EVENT_SOURCE, Subscription};
use super::{Bus, Depth, Destination, Handover, Message, Queue, QueueError};
use crate::config::MessagingConfig;
use crate::store::event_store::StoredEvent;

/// The most entries in one `PutEvents`, and messages in one `ReceiveMessage`.
pub(super) const BATCH_MAX: usize = 10;
/// The longest poll SQS offers, in seconds.
pub(super) const LONG_POLL_MAX_S: u64 = 20;
/// The message attribute under which a dead letter keeps why it is one.
pub(super) const REASON: &str = "reason";

/// The EventBridge bus.
#[derive(Clone, Debug)]
pub struct EventBridgeBus {
    client: aws_sdk_eventbridge::Client,
    bus_name: String,
}

impl EventBridgeBus {
    /// The bus of this name.
    pub fn new(client: aws_sdk_eventbridge::Client, bus_name: impl Into<String>) -> Self {
        Self { client, bus_name: bus_name.into() }
    }
}

#[async_trait]
impl Bus for EventBridgeBus {
    async fn publish(&self, events: &[Arc<StoredEvent>]) -> Vec<Handover> {
        let entries = events.iter().map(|event| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.bus_name)
                .source(EVENT_SOURCE)
                .detail_type(&event.event_type)
                .detail(&event.json)
                .build()
        });
        let sent = self.client.put_events().set_entries(Some(entries.collect())).send().await;
        match sent {
            // Each entry succeeds or fails by itself, whatever the call says as a whole.
            Ok(output) => (0..events.len())
                .map(|at| match output.entries().get(at) {
                    Some(entry) if entry.event_id().is_some() => Handover::Taken,
                    Some(entry) => {
                        Handover::Refused(entry.error_code().unwrap_or("no reason").to_owned())
                    }
                    None => Handover::Refused("no answer for this entry".to_owned()),
                })
                .collect(),
            Err(error) => {
                let reason = aws_sdk_eventbridge::Error::from(error).to_string();
                events.iter().map(|_| Handover::Refused(reason.clone())).collect()
            }
        }
    }

    fn destination(&self) -> Destination<'_> {
        Destination { system: "aws_eventbridge", name: &self.bus_name }
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }
}

/// The SQS queue of one consumer, with its dead-letter queue.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: aws_sdk_sqs::Client,
    name: String,
    url: String,
    dead_letters_url: String,
}

/// What EventBridge puts into a queue; the envelope is its `detail`.
#[derive(serde::Deserialize)]
struct Delivered<'a> {
    #[serde(borrow)]
    detail: &'a RawValue,
}

/// The envelope in a message's body.
pub(super) fn envelope_in(body: &str) -> &str {
    serde_json::from_str::<Delivered<'_>>(body).map_or(body, |delivered| delivered.detail.get())
}

/// A body as EventBridge would have delivered it.
pub(super) fn body_around(envelope: &str) -> String {
    // What is no JSON at all cannot stand inside of any.
    match serde_json::from_str::<&RawValue>(envelope) {
        Ok(_) => format!(r#"{{"detail":{envelope}}}"#),
        Err(_) => envelope.to_owned(),
    }
}

/// The address of the queue of this name.
pub(super) async fn find_queue(client: &aws_sdk_sqs::Client, name: &str) -> Result<String, String> {
    let found = client.get_queue_url().queue_name(name).send().await;
    let url = found.map_err(aws_sdk_sqs::Error::from).map(|f| f.queue_url.unwrap_or_default());
    url.map_err(|error| {
        let error = DisplayErrorContext(error);
        format!("The queue {name} cannot be used: {error}. Run `healthflow provision` first.")
    })
}

impl SqsQueue {
    /// Finds the queue of `subscription`.
    ///
    /// # Errors
    /// When there is none: provision first.
    pub async fn find(
        client: aws_sdk_sqs::Client,
        names: &MessagingConfig,
        subscription: &Subscription,
    ) -> Result<Self, String> {
        let prefix = &names.queue_prefix;
        let name = format!("{prefix}{}", subscription.queue);
        let url = find_queue(&client, &name).await?;
        let dead_letters = format!("{prefix}{}", subscription.dead_letter_queue());
        let dead_letters_url = find_queue(&client, &dead_letters).await?;
        Ok(Self { client, name, url, dead_letters_url })
    }
}

pub(super) fn failed(error: impl Into<aws_sdk_sqs::Error>) -> QueueError {
    QueueError(error.into().to_string())
}

fn unbuildable(error: impl std::fmt::Display) -> QueueError {
    QueueError(error.to_string())
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}

#[async_trait]
impl Queue for SqsQueue {
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>, QueueError> {
        let received = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(max.min(BATCH_MAX)).unwrap_or(1))
            .wait_time_seconds(seconds(wait.min(Duration::from_secs(LONG_POLL_MAX_S))))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send()
            .await
            .map_err(failed)?;
        let messages = received.messages.unwrap_or_default().into_iter().map(|message| {
            let body = message.body.unwrap_or_default();
            let count = message
                .attributes
                .as_ref()
                .and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount))
                .and_then(|count| count.parse().ok());
            Message {
                body: Arc::from(envelope_in(&body)),
                receipt: message.receipt_handle.unwrap_or_default(),
                receive_count: count.unwrap_or(1),
            }
        });
        Ok(messages.collect())
    }

    async fn acknowledge(&self, receipts: &[String]) -> Result<(), QueueError> {
        for chunk in receipts.chunks(BATCH_MAX) {
            let entries = chunk.iter().enumerate().map(|(at, receipt)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(at.to_string());
                entry.receipt_handle(receipt).build().map_err(unbuildable)
            });
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let deletion = self.client.delete_message_batch().queue_url(&self.url);
            let deleted = deletion.set_entries(Some(entries)).send().await.map_err(failed)?;
            if let Some(first) = deleted.failed().first() {
                return Err(QueueError(format!("not deleted: {}", first.code())));
            }
        }
        Ok(())
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        let change = self.client.change_message_visibility().queue_url(&self.url);
        let change = change.receipt_handle(receipt).visibility_timeout(seconds(delay));
        change.send().await.map(|_| ()).map_err(failed)
    }

    async fn extend(&self, receipts: &[String], time: Duration) -> Result<(), QueueError> {
        for chunk in receipts.chunks(BATCH_MAX) {
            let entries = chunk.iter().enumerate().map(|(at, receipt)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(at.to_string());
                let entry = entry.receipt_handle(receipt).visibility_timeout(seconds(time));
                entry.build().map_err(unbuildable)
            });
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let change = self.client.change_message_visibility_batch().queue_url(&self.url);
            change.set_entries(Some(entries)).send().await.map_err(failed)?;
        }
        Ok(())
    }

    async fn bury(&self, message: &Message, reason: &str) -> Result<(), QueueError> {
        let value = MessageAttributeValue::builder().data_type("String").string_value(reason);
        let sending = self.client.send_message().queue_url(&self.dead_letters_url);
        sending
            .message_body(body_around(&message.body))
            .message_attributes(REASON, value.build().map_err(unbuildable)?)
            .send()
            .await
            .map_err(failed)?;
        // Should this fail, the letter may be there twice, but never not at all.
        self.acknowledge(std::slice::from_ref(&message.receipt)).await
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        use QueueAttributeName as Name;
        let get = self.client.get_queue_attributes().queue_url(&self.url);
        let get = get.attribute_names(Name::ApproximateNumberOfMessages);
        let get = get.attribute_names(Name::ApproximateNumberOfMessagesNotVisible);
        let attributes = get.send().await.map_err(failed)?.attributes.unwrap_or_default();
        let number = |name| attributes.get(&name).and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Depth {
            waiting: number(Name::ApproximateNumberOfMessages),
            in_flight: number(Name::ApproximateNumberOfMessagesNotVisible),
            // CloudWatch alone knows.
            oldest: None,
        })
    }

    fn destination(&self) -> Destination<'_> {
        Destination { system: "aws_sqs", name: &self.name }
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }
}
