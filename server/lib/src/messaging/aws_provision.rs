//! Makes the bus, the rules and the queues from the one declaration.

use std::collections::HashMap;

use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::Target;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::json;

use super::aws::LONG_POLL_MAX_S;
use super::topology::{DEAD_LETTER_RETENTION_S, EVENT_SOURCE, MAX_RECEIVE_COUNT, Subscription};
use crate::config::MessagingConfig;

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
