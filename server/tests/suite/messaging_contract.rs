//! What every bus with its queues must do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::ids::EventId;
use healthflow::clock;
use healthflow::config::MessagingConfig;
use healthflow::embedded::engine::Engine;
use healthflow::messaging::aws::{EventBridgeBus, Provisioner, SqsQueue};
use healthflow::messaging::embedded::EmbeddedBus;
use healthflow::messaging::topology::{MAX_RECEIVE_COUNT, Subscription};
use healthflow::messaging::{Bus, Handover, Message, Queue};
use healthflow::store::client;
use healthflow::store::events::StoredEvent;
use healthflow::store::item::text;
use healthflow::store::tables;

use crate::{localstack, test_app};

const BOTH: Subscription =
    Subscription { queue: "both", event_types: &["Red", "Blue"], visibility_timeout_s: 2 };
const RED: Subscription =
    Subscription { queue: "red", event_types: &["Red"], visibility_timeout_s: 2 };

/// A bus with its queues, and a look at the dead letters.
#[async_trait]
trait Messaging {
    fn bus(&self) -> Arc<dyn Bus>;
    fn queue(&self, subscription: &Subscription) -> Arc<dyn Queue>;
    async fn dead_letters(&self, subscription: &Subscription) -> Vec<String>;
}

fn event(event_type: &str) -> Arc<StoredEvent> {
    let event_id = EventId(clock::fresh_uuid());
    Arc::new(StoredEvent {
        event_id,
        event_type: event_type.to_owned(),
        stream_id: format!("stream-{event_id}"),
        stream_version: 1,
        json: format!(r#"{{"event_id":"{event_id}","text":"ä \"quoted\""}}"#),
    })
}

async fn receive(queue: &Arc<dyn Queue>, wait_s: u64) -> Vec<Message> {
    queue.receive(10, Duration::from_secs(wait_s)).await.unwrap()
}

/// Receives until so many have come.
async fn receive_all(queue: &Arc<dyn Queue>, count: usize) -> Vec<Message> {
    let mut all = Vec::new();
    for _ in 0..30 {
        all.extend(receive(queue, 1).await);
        if all.len() >= count {
            return all;
        }
    }
    panic!("{} of {count} messages came", all.len());
}

async fn acknowledge(queue: &Arc<dyn Queue>, messages: &[Message]) {
    let receipts: Vec<String> = messages.iter().map(|m| m.receipt.clone()).collect();
    queue.acknowledge(&receipts).await.unwrap();
}

fn bodies(messages: &[Message]) -> Vec<serde_json::Value> {
    let mut bodies: Vec<_> =
        messages.iter().map(|m| serde_json::from_str(&m.body).unwrap()).collect();
    bodies.sort_by_key(serde_json::Value::to_string);
    bodies
}

fn body(event: &StoredEvent) -> serde_json::Value {
    serde_json::from_str(&event.json).unwrap()
}

async fn contract(messaging: impl Messaging) {
    delivers_to_each_queue_what_its_rule_takes(&messaging).await;
    what_is_acknowledged_does_not_come_again(&messaging).await;
    what_is_not_acknowledged_comes_again_after_the_time_out(&messaging).await;
    what_is_put_off_comes_again_after_its_rest(&messaging).await;
    what_fails_every_time_becomes_a_dead_letter(&messaging).await;
    many_events_all_arrive(&messaging).await;
    holds_on_to_an_event_until_every_queue_is_done(&messaging).await;
}

async fn publish(messaging: &impl Messaging, events: &[Arc<StoredEvent>]) -> Vec<Handover> {
    let handovers = messaging.bus().publish(events).await;
    assert_eq!(handovers.len(), events.len());
    assert!(!handovers.iter().any(|handover| matches!(handover, Handover::Refused(_))));
    handovers
}

async fn delivers_to_each_queue_what_its_rule_takes(messaging: &impl Messaging) {
    let (red, blue, grey) = (event("Red"), event("Blue"), event("Grey"));
    let _handovers = publish(messaging, &[red.clone(), blue.clone(), grey]).await;
    let (both_queue, red_queue) = (messaging.queue(&BOTH), messaging.queue(&RED));
    let both = receive_all(&both_queue, 2).await;
    let mut expected = vec![body(&red), body(&blue)];
    expected.sort_by_key(serde_json::Value::to_string);
    assert_eq!(bodies(&both), expected);
    assert!(both.iter().all(|message| message.receive_count == 1));
    let only_red = receive_all(&red_queue, 1).await;
    assert_eq!(bodies(&only_red), [body(&red)]);
    acknowledge(&both_queue, &both).await;
    acknowledge(&red_queue, &only_red).await;
}

async fn what_is_acknowledged_does_not_come_again(messaging: &impl Messaging) {
    let queue = messaging.queue(&BOTH);
    let _handovers = publish(messaging, &[event("Blue")]).await;
    let messages = receive_all(&queue, 1).await;
    acknowledge(&queue, &messages).await;
    assert_eq!(receive(&queue, 3).await, []);
}

async fn what_is_not_acknowledged_comes_again_after_the_time_out(messaging: &impl Messaging) {
    let queue = messaging.queue(&BOTH);
    let _handovers = publish(messaging, &[event("Blue")]).await;
    let first = receive_all(&queue, 1).await;
    assert_eq!(receive(&queue, 0).await, [], "it is invisible meanwhile");
    let second = receive_all(&queue, 1).await;
    assert_eq!(bodies(&second), bodies(&first));
    assert_eq!(second[0].receive_count, 2);
    acknowledge(&queue, &second).await;
}

async fn what_is_put_off_comes_again_after_its_rest(messaging: &impl Messaging) {
    let queue = messaging.queue(&BOTH);
    let _handovers = publish(messaging, &[event("Blue")]).await;
    let first = receive_all(&queue, 1).await;
    queue.retry_after(&first[0].receipt, Duration::from_secs(1)).await.unwrap();
    let second = receive_all(&queue, 1).await;
    assert_eq!(second[0].receive_count, 2);
    acknowledge(&queue, &second).await;
}

async fn what_fails_every_time_becomes_a_dead_letter(messaging: &impl Messaging) {
    let queue = messaging.queue(&BOTH);
    let poison = event("Blue");
    let _handovers = publish(messaging, std::slice::from_ref(&poison)).await;
    for time in 1..=MAX_RECEIVE_COUNT {
        let messages = receive_all(&queue, 1).await;
        assert_eq!(messages[0].receive_count, time);
        queue.retry_after(&messages[0].receipt, Duration::ZERO).await.unwrap();
    }
    assert_eq!(receive(&queue, 2).await, []);
    let dead = messaging.dead_letters(&BOTH).await;
    let dead: Vec<serde_json::Value> =
        dead.iter().map(|letter| serde_json::from_str(letter).unwrap()).collect();
    assert_eq!(dead, [body(&poison)]);
}

async fn many_events_all_arrive(messaging: &impl Messaging) {
    let queue = messaging.queue(&BOTH);
    let events: Vec<_> = (0..25).map(|_| event("Blue")).collect();
    let mut handovers = Vec::new();
    for chunk in events.chunks(messaging.bus().batch_max().min(10)) {
        handovers.extend(publish(messaging, chunk).await);
    }
    let messages = receive_all(&queue, events.len()).await;
    let mut expected: Vec<_> = events.iter().map(|event| body(event)).collect();
    expected.sort_by_key(serde_json::Value::to_string);
    assert_eq!(bodies(&messages), expected);
    acknowledge(&queue, &messages).await;
}

async fn holds_on_to_an_event_until_every_queue_is_done(messaging: &impl Messaging) {
    let mut handovers = publish(messaging, &[event("Red")]).await;
    let (both_queue, red_queue) = (messaging.queue(&BOTH), messaging.queue(&RED));
    let both = receive_all(&both_queue, 1).await;
    acknowledge(&both_queue, &both).await;
    // A bus that has taken the event over needs the outbox no more; the others do until the end.
    let Some(Handover::WhenDone(mut done)) = handovers.pop() else {
        let red = receive_all(&red_queue, 1).await;
        return acknowledge(&red_queue, &red).await;
    };
    assert!(done.try_recv().is_err());
    let red = receive_all(&red_queue, 1).await;
    assert!(done.try_recv().is_err());
    acknowledge(&red_queue, &red).await;
    assert_eq!(done.try_recv(), Ok(()));
}

struct Embedded {
    bus: Arc<EmbeddedBus>,
    client: aws_sdk_dynamodb::Client,
    dead_letters_table: String,
}

#[async_trait]
impl Messaging for Embedded {
    fn bus(&self) -> Arc<dyn Bus> {
        Arc::clone(&self.bus) as Arc<dyn Bus>
    }

    fn queue(&self, subscription: &Subscription) -> Arc<dyn Queue> {
        self.bus.queue(subscription).unwrap()
    }

    async fn dead_letters(&self, subscription: &Subscription) -> Vec<String> {
        let found = self
            .client
            .query()
            .table_name(&self.dead_letters_table)
            .key_condition_expression("queue = :queue")
            .expression_attribute_values(":queue", text(subscription.dead_letter_queue()))
            .send()
            .await
            .unwrap();
        found.items().iter().map(|item| item["envelope"].as_s().unwrap().clone()).collect()
    }
}

#[tokio::test]
async fn embedded() {
    let config = test_app::config(&tempfile::tempdir().unwrap()).store;
    let client = client::embedded(&Engine::in_memory().unwrap());
    tables::provision(&client, &config).await.unwrap();
    let dead_letters_table = config.dead_letters_table;
    let bus = Arc::new(EmbeddedBus::new(&[BOTH, RED], &client, &dead_letters_table));
    contract(Embedded { bus, client, dead_letters_table }).await;
}

struct Aws {
    bus: Arc<EventBridgeBus>,
    sqs: aws_sdk_sqs::Client,
    queues: Vec<(Subscription, Arc<SqsQueue>)>,
    queue_prefix: String,
}

#[async_trait]
impl Messaging for Aws {
    fn bus(&self) -> Arc<dyn Bus> {
        Arc::clone(&self.bus) as Arc<dyn Bus>
    }

    fn queue(&self, subscription: &Subscription) -> Arc<dyn Queue> {
        let found = self.queues.iter().find(|(of, _)| of == subscription).unwrap();
        Arc::clone(&found.1) as Arc<dyn Queue>
    }

    async fn dead_letters(&self, subscription: &Subscription) -> Vec<String> {
        let name = format!("{}{}", self.queue_prefix, subscription.dead_letter_queue());
        let dead = SqsQueue::find(self.sqs.clone(), &name).await.unwrap();
        let found = dead.receive(10, Duration::from_secs(5)).await.unwrap();
        found.into_iter().map(|message| message.body.to_string()).collect()
    }
}

#[tokio::test]
#[ignore = "needs LocalStack: run tools/test"]
async fn eventbridge_and_sqs_of_localstack() {
    let clients = client::aws_clients(&localstack::endpoints()).await;
    let names = MessagingConfig {
        event_bus_name: localstack::unique("bus"),
        queue_prefix: localstack::unique(""),
    };
    let (events, queues) = (clients.eventbridge.clone(), clients.sqs.clone());
    let provisioner = Provisioner { events, queues, names: names.clone() };
    provisioner.provision(&[BOTH, RED]).await.unwrap();
    let mut queues = Vec::new();
    for subscription in [BOTH, RED] {
        let name = format!("{}{}", names.queue_prefix, subscription.queue);
        let queue = SqsQueue::find(clients.sqs.clone(), &name).await.unwrap();
        queues.push((subscription, Arc::new(queue)));
    }
    let bus = Arc::new(EventBridgeBus::new(clients.eventbridge, names.event_bus_name));
    contract(Aws { bus, sqs: clients.sqs, queues, queue_prefix: names.queue_prefix }).await;
}
