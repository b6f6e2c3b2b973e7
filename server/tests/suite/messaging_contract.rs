//! What every bus with its queues must do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ids::EventId;
use healthflow::clock::{Clock, SystemClock};
use healthflow::config::MessagingConfig;
use healthflow::embedded::engine::Engine;
use healthflow::messaging::aws::{EventBridgeBus, SqsQueue};
use healthflow::messaging::aws_dead_letters::SqsDeadLetters;
use healthflow::messaging::aws_provision::Provisioner;
use healthflow::messaging::dead_letters::{DeadLetter, DeadLetters, NO_REASON};
use healthflow::messaging::embedded::{EmbeddedBus, LetterStore};
use healthflow::messaging::topology::{MAX_RECEIVE_COUNT, Subscription};
use healthflow::messaging::{Bus, Depth, Handover, Message, Queue};
use healthflow::store::client;
use healthflow::store::dead_letters::DynamoDeadLetters;
use healthflow::store::event_store::StoredEvent;
use healthflow::store::tables;

use crate::{localstack, test_app};

pub(crate) const BOTH: Subscription =
    Subscription { queue: "both", event_types: &["Red", "Blue"], visibility_timeout_s: 2 };
pub(crate) const RED: Subscription =
    Subscription { queue: "red", event_types: &["Red"], visibility_timeout_s: 2 };

/// A bus with its queues and their dead letters.
pub(crate) trait Messaging {
    fn bus(&self) -> Arc<dyn Bus>;
    fn queue(&self, subscription: &Subscription) -> Arc<dyn Queue>;
    fn dead_letters(&self) -> Arc<dyn DeadLetters>;
}

fn event(event_type: &str) -> Arc<StoredEvent> {
    let event_id = EventId(SystemClock.fresh_uuid());
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

pub(crate) async fn contract(messaging: impl Messaging) {
    delivers_to_each_queue_what_its_rule_takes(&messaging).await;
    what_is_acknowledged_does_not_come_again(&messaging).await;
    what_is_not_acknowledged_comes_again_after_the_time_out(&messaging).await;
    what_is_put_off_comes_again_after_its_rest(&messaging).await;
    what_is_extended_stays_hidden(&messaging).await;
    what_fails_every_time_becomes_a_dead_letter(&messaging).await;
    what_is_given_up_keeps_its_reason_and_can_be_sent_again(&messaging).await;
    tells_how_full_a_queue_is(&messaging).await;
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
    let asked = Instant::now();
    let first = receive_all(&queue, 1).await;
    let meanwhile = receive(&queue, 0).await;
    // On a machine that stood still for longer than the time-out this says nothing.
    if asked.elapsed() < Duration::from_secs(BOTH.visibility_timeout_s.into()) {
        assert_eq!(meanwhile, [], "it is invisible meanwhile");
    }
    let second = if meanwhile.is_empty() { receive_all(&queue, 1).await } else { meanwhile };
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
    let letters = dead_letters(messaging, 1).await;
    assert_eq!(letters[0].id, poison.event_id.to_string());
    assert_eq!(letters[0].reason, NO_REASON);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&letters[0].body).unwrap(), body(&poison));
    let ids = [letters[0].id.clone()];
    assert_eq!(messaging.dead_letters().discard(BOTH.queue, &ids).await.unwrap(), 1);
    assert_eq!(dead_letters(messaging, 0).await, []);
}

/// The dead letters, once there are so many.
async fn dead_letters(messaging: &impl Messaging, count: usize) -> Vec<DeadLetter> {
    for _ in 0..20 {
        let letters = messaging.dead_letters().list(BOTH.queue).await.unwrap();
        if letters.len() == count {
            return letters;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("there are not {count} dead letters");
}

async fn what_is_given_up_keeps_its_reason_and_can_be_sent_again(messaging: &impl Messaging) {
    let queue = messaging.queue(&BOTH);
    let poison = event("Blue");
    let mut handovers = publish(messaging, std::slice::from_ref(&poison)).await;
    let messages = receive_all(&queue, 1).await;
    queue.bury(&messages[0], "the value is too long").await.unwrap();
    // A bus that relies on the outbox lets go of what is kept among the dead letters.
    if let Some(Handover::WhenDone(mut done)) = handovers.pop() {
        assert_eq!(done.try_recv(), Ok(()));
    }
    assert_eq!(receive(&queue, 0).await, []);
    let letters = dead_letters(messaging, 1).await;
    assert_eq!(letters[0].reason, "the value is too long");
    let ids = [letters[0].id.clone()];
    assert_eq!(messaging.dead_letters().redrive(BOTH.queue, &ids).await.unwrap(), 1);
    let again = receive_all(&queue, 1).await;
    assert_eq!(bodies(&again), [body(&poison)]);
    assert_eq!(again[0].receive_count, 1);
    acknowledge(&queue, &again).await;
    assert_eq!(dead_letters(messaging, 0).await, []);
}

async fn what_is_extended_stays_hidden(messaging: &impl Messaging) {
    let queue = messaging.queue(&BOTH);
    let _handovers = publish(messaging, &[event("Blue")]).await;
    let first = receive_all(&queue, 1).await;
    queue.extend(&[first[0].receipt.clone()], Duration::from_secs(6)).await.unwrap();
    assert_eq!(receive(&queue, 3).await, [], "longer than its visibility time-out");
    acknowledge(&queue, &first).await;
}

async fn tells_how_full_a_queue_is(messaging: &impl Messaging) {
    let queue = messaging.queue(&BOTH);
    assert_eq!(queue.depth().await.unwrap(), Depth::default());
    let _handovers = publish(messaging, &[event("Blue"), event("Blue"), event("Blue")]).await;
    // The bus hands events to its queues after it has answered, each at a moment of its own.
    becomes_as_deep(&queue, (3, 0)).await;
    let first = queue.receive(1, Duration::from_secs(1)).await.unwrap();
    queue.extend(&[first[0].receipt.clone()], Duration::from_mins(1)).await.unwrap();
    becomes_as_deep(&queue, (2, 1)).await;
    let rest = receive_all(&queue, 2).await;
    acknowledge(&queue, &first).await;
    acknowledge(&queue, &rest).await;
}

/// Waits until so many messages wait and so many are in flight.
async fn becomes_as_deep(queue: &Arc<dyn Queue>, waiting_and_in_flight: (u64, u64)) {
    let mut found = (0, 0);
    for _ in 0..50 {
        let depth = queue.depth().await.unwrap();
        found = (depth.waiting, depth.in_flight);
        if found == waiting_and_in_flight {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("{found:?} messages wait and are in flight, not {waiting_and_in_flight:?}");
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
    letters: Arc<DynamoDeadLetters>,
}

impl Messaging for Embedded {
    fn bus(&self) -> Arc<dyn Bus> {
        Arc::clone(&self.bus) as Arc<dyn Bus>
    }

    fn queue(&self, subscription: &Subscription) -> Arc<dyn Queue> {
        self.bus.queue(subscription).unwrap()
    }

    fn dead_letters(&self) -> Arc<dyn DeadLetters> {
        Arc::clone(&self.letters) as Arc<dyn DeadLetters>
    }
}

#[tokio::test]
async fn embedded() {
    let config = test_app::config(&tempfile::tempdir().unwrap()).store;
    let client = client::embedded(&Engine::in_memory().unwrap());
    tables::provision(&client, &config).await.unwrap();
    let letters = Arc::new(DynamoDeadLetters::new(client, &config.dead_letters_table));
    let kept = Arc::clone(&letters) as Arc<dyn LetterStore>;
    let bus = Arc::new(EmbeddedBus::new(&[BOTH, RED], kept, Arc::new(SystemClock)));
    let redriving = tokio::spawn(Arc::clone(&bus).redrive_marked());
    contract(Embedded { bus, letters }).await;
    redriving.abort();
}

struct Aws {
    bus: Arc<EventBridgeBus>,
    sqs: aws_sdk_sqs::Client,
    queues: Vec<(Subscription, Arc<SqsQueue>)>,
    names: MessagingConfig,
}

impl Messaging for Aws {
    fn bus(&self) -> Arc<dyn Bus> {
        Arc::clone(&self.bus) as Arc<dyn Bus>
    }

    fn queue(&self, subscription: &Subscription) -> Arc<dyn Queue> {
        let found = self.queues.iter().find(|(of, _)| of == subscription).unwrap();
        Arc::clone(&found.1) as Arc<dyn Queue>
    }

    fn dead_letters(&self) -> Arc<dyn DeadLetters> {
        Arc::new(SqsDeadLetters::new(self.sqs.clone(), &self.names, &[BOTH, RED]))
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
        let queue = SqsQueue::find(clients.sqs.clone(), &names, &subscription).await.unwrap();
        queues.push((subscription, Arc::new(queue)));
    }
    let bus = Arc::new(EventBridgeBus::new(clients.eventbridge, &names.event_bus_name));
    contract(Aws { bus, sqs: clients.sqs, queues, names }).await;
}
