//! Dead letters in SQS: each queue's dead-letter queue, with the reason as a message attribute.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};

use super::QueueError;
use super::aws::{BATCH_MAX, REASON, body_around, envelope_in, failed, find_queue};
use super::dead_letters::{DeadLetter, DeadLetters, NO_REASON, event_id_in};
use super::topology::Subscription;
use crate::config::MessagingConfig;

/// SQS shows messages only by handing them out; for so long they are hidden from a second look,
/// unless they are given back before.
const HIDDEN_FOR: Duration = Duration::from_secs(30);

/// The dead-letter queues of subscriptions.
#[derive(Clone, Debug)]
pub struct SqsDeadLetters {
    client: aws_sdk_sqs::Client,
    names: MessagingConfig,
    subscriptions: &'static [Subscription],
}

/// A letter with what is needed to move it.
struct Found {
    letter: DeadLetter,
    receipt: String,
}

impl SqsDeadLetters {
    /// The dead-letter queues of `subscriptions`.
    pub fn new(
        client: aws_sdk_sqs::Client,
        names: &MessagingConfig,
        subscriptions: &'static [Subscription],
    ) -> Self {
        Self { client, names: names.clone(), subscriptions }
    }

    async fn url(&self, queue: &str, dead: bool) -> Result<String, QueueError> {
        let known = self.subscriptions.iter().find(|subscription| subscription.queue == queue);
        let known = known.ok_or_else(|| QueueError(format!("there is no queue {queue}")))?;
        let name = if dead { known.dead_letter_queue() } else { known.queue.to_owned() };
        let name = format!("{}{name}", self.names.queue_prefix);
        find_queue(&self.client, &name).await.map_err(QueueError)
    }

    /// Everything in a dead-letter queue, hidden from other lookers until it is given back.
    async fn look(&self, url: &str) -> Result<Vec<Found>, QueueError> {
        let mut found: HashMap<String, Found> = HashMap::new();
        loop {
            let received = self
                .client
                .receive_message()
                .queue_url(url)
                .max_number_of_messages(i32::try_from(BATCH_MAX).unwrap_or(10))
                .visibility_timeout(i32::try_from(HIDDEN_FOR.as_secs()).unwrap_or(30))
                .wait_time_seconds(1)
                .message_attribute_names(REASON)
                .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
                .send()
                .await
                .map_err(failed)?;
            let messages = received.messages.unwrap_or_default();
            let before = found.len();
            for message in messages {
                let id = message.message_id.clone().unwrap_or_default();
                found.insert(id, letter(message));
            }
            if found.len() == before {
                return Ok(found.into_values().collect());
            }
        }
    }

    /// The letters with these identifiers; all others are given back.
    async fn choose(&self, url: &str, ids: &[String]) -> Result<Vec<Found>, QueueError> {
        let found = self.look(url).await?.into_iter();
        let (chosen, others): (Vec<_>, Vec<_>) =
            found.partition(|found| ids.contains(&found.letter.id));
        for other in &others {
            self.give_back(url, other).await?;
        }
        Ok(chosen)
    }

    /// Lets others see it again.
    async fn give_back(&self, url: &str, found: &Found) -> Result<(), QueueError> {
        let change = self.client.change_message_visibility().queue_url(url);
        let change = change.receipt_handle(&found.receipt).visibility_timeout(0);
        change.send().await.map(|_| ()).map_err(failed)
    }

    async fn delete(&self, url: &str, receipt: &str) -> Result<(), QueueError> {
        let deletion = self.client.delete_message().queue_url(url).receipt_handle(receipt);
        deletion.send().await.map(|_| ()).map_err(failed)
    }
}

fn letter(message: Message) -> Found {
    let reason = message.message_attributes.as_ref().and_then(|all| all.get(REASON));
    let reason = reason.and_then(|value| value.string_value.clone());
    let sent = message.attributes.as_ref();
    let sent = sent.and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let body = envelope_in(message.body.as_deref().unwrap_or_default()).to_owned();
    let id = event_id_in(&body).or(message.message_id).unwrap_or_default();
    let letter = DeadLetter {
        id,
        body,
        reason: reason.unwrap_or_else(|| NO_REASON.to_owned()),
        receive_count: None,
        buried_at_ms: sent.and_then(|text| text.parse().ok()),
    };
    Found { letter, receipt: message.receipt_handle.unwrap_or_default() }
}

#[async_trait]
impl DeadLetters for SqsDeadLetters {
    async fn list(&self, queue: &str) -> Result<Vec<DeadLetter>, QueueError> {
        let url = self.url(queue, true).await?;
        let found = self.look(&url).await?;
        for letter in &found {
            self.give_back(&url, letter).await?;
        }
        let mut letters: Vec<DeadLetter> = found.into_iter().map(|found| found.letter).collect();
        letters.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(letters)
    }

    async fn redrive(&self, queue: &str, ids: &[String]) -> Result<usize, QueueError> {
        let (from, to) = (self.url(queue, true).await?, self.url(queue, false).await?);
        let chosen = self.choose(&from, ids).await?;
        for found in &chosen {
            let body = body_around(&found.letter.body);
            let sending = self.client.send_message().queue_url(&to).message_body(body);
            sending.send().await.map_err(failed)?;
            // Should this fail, it is delivered and still a dead letter: never neither.
            self.delete(&from, &found.receipt).await?;
        }
        Ok(chosen.len())
    }

    async fn discard(&self, queue: &str, ids: &[String]) -> Result<usize, QueueError> {
        let from = self.url(queue, true).await?;
        let chosen = self.choose(&from, ids).await?;
        for found in &chosen {
            self.delete(&from, &found.receipt).await?;
        }
        Ok(chosen.len())
    }
}
