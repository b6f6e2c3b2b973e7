//! EventBridge and SQS, of AWS or LocalStack.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageSystemAttributeName, QueueAttributeName,
};
use serde_json::{json, value::RawValue};

use super::topology::{DEAD_LETTER_RETENTION_S, EVENT_SOURCE, MAX_RECEIVE_COUNT, Subscription};
use super::{Bus, Handover, Message, Queue, QueueError};
use crate::config::MessagingConfig;
use crate::store::events::StoredEvent;

/// The most entries in one `PutEvents`, and messages in one `ReceiveMessage`.
const BATCH_MAX: usize = 10;
/// The longest poll SQS offers, in seconds.
const LONG_POLL_MAX_S: u64 = 20;

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

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }
}

/// The SQS queue of one consumer.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

/// What EventBridge puts into a queue; the envelope is its `detail`.
#[derive(serde::Deserialize)]
struct Delivered<'a> {
    #[serde(borrow)]
    detail: &'a RawValue,
}

impl SqsQueue {
    /// Finds the queue of this name.
    ///
    /// # Errors
    /// When there is none: provision first.
    pub async fn find(client: aws_sdk_sqs::Client, name: &str) -> Result<Self, String> {
        let found = client.get_queue_url().queue_name(name).send().await;
        let url = found.map_err(aws_sdk_sqs::Error::from).map(|f| f.queue_url.unwrap_or_default());
        let url = url.map_err(|error| {
            let error = DisplayErrorContext(error);
            format!("The queue {name} cannot be used: {error}. Run `healthflow provision` first.")
        })?;
        Ok(Self { client, url })
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>, QueueError> {
        let received = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(i32::try_from(max.min(BATCH_MAX)).unwrap_or(1))
            .wait_time_seconds(i32::try_from(wait.as_secs().min(LONG_POLL_MAX_S)).unwrap_or(0))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .send()
            .await
            .map_err(|error| QueueError(aws_sdk_sqs::Error::from(error).to_string()))?;
        let messages = received.messages.unwrap_or_default().into_iter().map(|message| {
            let body = message.body.unwrap_or_default();
            let envelope = serde_json::from_str::<Delivered<'_>>(&body)
                .map_or(body.as_str(), |delivered| delivered.detail.get());
            let count = message
                .attributes
                .as_ref()
                .and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount))
                .and_then(|count| count.parse().ok());
            Message {
                body: Arc::from(envelope),
                receipt: message.receipt_handle.unwrap_or_default(),
                receive_count: count.unwrap_or(1),
            }
        });
        Ok(messages.collect())
    }

    async fn acknowledge(&self, receipts: &[String]) -> Result<(), QueueError> {
        let failed = |error: String| QueueError(error);
        for chunk in receipts.chunks(BATCH_MAX) {
            let entries = chunk.iter().enumerate().map(|(at, receipt)| {
                let entry = DeleteMessageBatchRequestEntry::builder();
                entry
                    .id(at.to_string())
                    .receipt_handle(receipt)
                    .build()
                    .map_err(|e| failed(e.to_string()))
            });
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let deletion = self.client.delete_message_batch().queue_url(&self.url);
            let deleted = deletion
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(|error| failed(aws_sdk_sqs::Error::from(error).to_string()))?;
            if let Some(first) = deleted.failed().first() {
                return Err(failed(format!("not deleted: {}", first.code())));
            }
        }
        Ok(())
    }

    async fn retry_after(&self, receipt: &str, delay: Duration) -> Result<(), QueueError> {
        let change = self.client.change_message_visibility().queue_url(&self.url);
        change
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(delay.as_secs()).unwrap_or(i32::MAX))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| QueueError(aws_sdk_sqs::Error::from(error).to_string()))
    }

    fn batch_max(&self) -> usize {
        BATCH_MAX
    }
}

/// What makes the bus and the queues.
#[derive(Clone, Debug)]
pub struct Provisioner {
    /// EventBridge.
    pub events: aws_sdk_eventbridge::Client,
    /// SQS.
    pub queues: aws_sdk_sqs::Client,
    /// The bus's name, and what stands before the queues' names.
    pub names: MessagingConfig,
}

impl Provisioner {
    /// Creates the bus, and each subscription's rule, queue and dead-letter queue, where missing.
    /// Running it again changes nothing.
    ///
    /// # Errors
    /// What could not be created and why.
    pub async fn provision(&self, subscriptions: &[Subscription]) -> Result<(), String> {
        let bus = &self.names.event_bus_name;
        let created = self.events.create_event_bus().name(bus).send().await;
        match created.map_err(aws_sdk_eventbridge::Error::from) {
            Ok(_) | Err(aws_sdk_eventbridge::Error::ResourceAlreadyExistsException(_)) => {}
            Err(error) => {
                return Err(format!("Cannot create the bus {bus}: {}", DisplayErrorContext(error)));
            }
        }
        for subscription in subscriptions {
            let rule_arn = self.put_rule(subscription).await?;
            let queue_arn = self.create_queues(subscription, &rule_arn).await?;
            self.put_target(subscription, &queue_arn).await?;
        }
        Ok(())
    }

    async fn put_rule(&self, subscription: &Subscription) -> Result<String, String> {
        let name = subscription.queue;
        let pattern = json!({ "source": [EVENT_SOURCE], "detail-type": subscription.event_types });
        let rule = self.events.put_rule().name(name).event_bus_name(&self.names.event_bus_name);
        let put = rule.event_pattern(pattern.to_string()).send().await;
        let put = put.map_err(|error| {
            format!("Cannot create the rule {name}: {}", DisplayErrorContext(error))
        })?;
        put.rule_arn.ok_or_else(|| format!("The rule {name} has no ARN."))
    }

    async fn put_target(&self, subscription: &Subscription, queue_arn: &str) -> Result<(), String> {
        let name = subscription.queue;
        let cannot = |why: String| format!("Cannot lead the rule {name} to its queue: {why}");
        let target = Target::builder().id(name).arn(queue_arn).build();
        let target = target.map_err(|error| cannot(error.to_string()))?;
        let put = self.events.put_targets().rule(name).event_bus_name(&self.names.event_bus_name);
        let put = put.targets(target).send().await;
        let put = put.map_err(|error| cannot(DisplayErrorContext(error).to_string()))?;
        match put.failed_entries().first() {
            Some(entry) => Err(cannot(entry.error_code().unwrap_or("no reason").to_owned())),
            None => Ok(()),
        }
    }

    /// Creates a consumer's queue and its dead-letter queue; gives the queue's ARN.
    async fn create_queues(
        &self,
        subscription: &Subscription,
        rule_arn: &str,
    ) -> Result<String, String> {
        use QueueAttributeName as Name;
        let prefix = &self.names.queue_prefix;
        let retention = (Name::MessageRetentionPeriod, DEAD_LETTER_RETENTION_S.to_string());
        let dlq = format!("{prefix}{}", subscription.dead_letter_queue());
        let (_, dlq_arn) = self.create_queue(&dlq, HashMap::from([retention])).await?;
        let redrive =
            json!({ "deadLetterTargetArn": dlq_arn, "maxReceiveCount": MAX_RECEIVE_COUNT });
        let attributes = HashMap::from([
            (Name::VisibilityTimeout, subscription.visibility_timeout_s.to_string()),
            (Name::ReceiveMessageWaitTimeSeconds, LONG_POLL_MAX_S.to_string()),
            (Name::RedrivePolicy, redrive.to_string()),
        ]);
        let name = format!("{prefix}{}", subscription.queue);
        let (url, arn) = self.create_queue(&name, attributes).await?;
        // Without this AWS's EventBridge may not send to the queue, and says nothing.
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Service": "events.amazonaws.com" },
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": { "ArnEquals": { "aws:SourceArn": rule_arn } },
            }],
        });
        let set = self.queues.set_queue_attributes().queue_url(url);
        set.attributes(Name::Policy, policy.to_string()).send().await.map_err(|error| {
            let error = DisplayErrorContext(error);
            format!("Cannot let the bus send to the queue {name}: {error}")
        })?;
        Ok(arn)
    }

    async fn create_queue(
        &self,
        name: &str,
        attributes: HashMap<QueueAttributeName, String>,
    ) -> Result<(String, String), String> {
        let cannot = |error: aws_sdk_sqs::Error| {
            format!("Cannot create the queue {name}: {}", DisplayErrorContext(error))
        };
        let creation = self.queues.create_queue().queue_name(name);
        let created = creation.set_attributes(Some(attributes)).send().await;
        let created = created.map_err(|error| cannot(error.into()))?;
        let url = created.queue_url.ok_or_else(|| format!("The queue {name} has no URL."))?;
        let get = self.queues.get_queue_attributes().queue_url(&url);
        let got = get.attribute_names(QueueAttributeName::QueueArn).send().await;
        let attributes = got.map_err(|error| cannot(error.into()))?.attributes;
        let arn = attributes.and_then(|mut all| all.remove(&QueueAttributeName::QueueArn));
        let arn = arn.ok_or_else(|| format!("The queue {name} has no ARN."))?;
        Ok((url, arn))
    }
}
