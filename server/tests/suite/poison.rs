//! A message that cannot be handled, among many that can.

use std::sync::Arc;
use std::time::Duration;

use app::wire::Page;
use domain::ids::PatientId;
use domain::observation::ObservationSubmitted;
use healthflow::clock::{Clock, SystemClock};
use healthflow::config::StoreConfig;
use healthflow::consumers;
use healthflow::consumers::projector::Projector;
use healthflow::embedded::engine::Engine;
use healthflow::messaging::Bus;
use healthflow::messaging::dead_letters::DeadLetters;
use healthflow::messaging::embedded::EmbeddedBus;
use healthflow::messaging::topology::OBSERVATION_PROJECTION;
use healthflow::projections::OBSERVATIONS;
use healthflow::store::client;
use healthflow::store::dead_letters::DynamoDeadLetters;
use healthflow::store::dynamo_events::DynamoEventStore;
use healthflow::store::dynamo_read_models::DynamoReadModels;
use healthflow::store::event_store::StoredEvent;
use healthflow::store::generations::Generations;
use healthflow::store::tables;
use healthflow::store::views::DynamoViews;
use tokio::time::Instant;

use crate::observed::{scored, taken_in};
use crate::test_app;

const GOOD: usize = 1_000;

struct Setup {
    bus: Arc<EmbeddedBus>,
    letters: Arc<DynamoDeadLetters>,
    views: DynamoViews,
}

/// The observation projection behind its queue, and nothing else.
async fn setup() -> Setup {
    let config: StoreConfig = test_app::config(&tempfile::tempdir().unwrap()).store;
    let client = client::embedded(&Engine::in_memory().unwrap());
    tables::provision(&client, &config).await.unwrap();
    let letters = Arc::new(DynamoDeadLetters::new(client.clone(), &config.dead_letters_table));
    let kept = Arc::clone(&letters) as Arc<_>;
    let clock = Arc::new(SystemClock);
    let bus = Arc::new(EmbeddedBus::new(&[OBSERVATION_PROJECTION], kept, clock));
    tokio::spawn(Arc::clone(&bus).redrive_marked());
    let models = DynamoReadModels::new(client.clone(), &config);
    let generations = Generations::new(Arc::new(models.clone()));
    let projector = Projector {
        projection: &OBSERVATIONS,
        store: Arc::new(DynamoEventStore::new(client.clone(), &config.events_table)),
        models: generations.clone(),
        listener: None,
    };
    let queue = bus.queue(&OBSERVATION_PROJECTION).unwrap();
    tokio::spawn(consumers::run(Arc::new(projector), queue, Arc::new(SystemClock)));
    Setup { bus, letters, views: DynamoViews::new(client, models, generations) }
}

fn observation(patient_id: PatientId) -> Arc<StoredEvent> {
    let envelope = taken_in(ObservationSubmitted { patient_id, ..scored(3) });
    Arc::new(StoredEvent::from_envelope(&envelope).unwrap())
}

async fn count(setup: &Setup, patient: PatientId) -> usize {
    let (mut count, mut after) = (0, None);
    loop {
        let after_key: Option<String> =
            after.map(|cursor: String| healthflow::store::cursor::decode(&cursor).unwrap());
        let page: Page<_> =
            setup.views.observations(patient, 100, after_key.as_deref()).await.unwrap();
        count += page.items.len();
        after = page.next_cursor;
        if after.is_none() {
            return count;
        }
    }
}

async fn until_there_are(setup: &Setup, patient: PatientId, wanted: usize) -> Duration {
    let begun = Instant::now();
    while count(setup, patient).await < wanted {
        assert!(begun.elapsed() < Duration::from_secs(60), "they do not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    begun.elapsed()
}

async fn until_there_are_letters(setup: &Setup, wanted: usize) {
    for _ in 0..200 {
        if setup.letters.list(OBSERVATION_PROJECTION.queue).await.unwrap().len() == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("there are not {wanted} dead letters");
}

/// An event that a newer version wrote: this one cannot understand it.
fn poison(patient: PatientId) -> Arc<StoredEvent> {
    let good = observation(patient);
    let json = good.json.replace(r#""schema_version":1"#, r#""schema_version":99"#);
    assert_ne!(json, good.json);
    Arc::new(StoredEvent { json, ..StoredEvent::clone(&good) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_message_among_a_thousand_delays_only_itself() {
    let setup = setup().await;
    let patient = PatientId(SystemClock.fresh_uuid());
    let poison = poison(patient);
    let mut events: Vec<_> = (0..GOOD).map(|_| observation(patient)).collect();
    events.insert(GOOD / 2, Arc::clone(&poison));
    // Without a bad message, for comparison: a thousand more of another patient.
    let other = PatientId(SystemClock.fresh_uuid());
    let all_good: Vec<_> = (0..GOOD).map(|_| observation(other)).collect();
    for chunk in all_good.chunks(100) {
        setup.bus.publish(chunk).await;
    }
    let without = until_there_are(&setup, other, GOOD).await;
    for chunk in events.chunks(100) {
        setup.bus.publish(chunk).await;
    }
    let with = until_there_are(&setup, patient, GOOD).await;
    println!("{GOOD} messages: {without:?}; with a bad one among them: {with:?}");
    until_there_are_letters(&setup, 1).await;
    let letters = setup.letters.list(OBSERVATION_PROJECTION.queue).await.unwrap();
    assert_eq!(letters[0].id, poison.event_id.to_string());
    assert!(letters[0].reason.contains("newer than this HealthFlow"), "{}", letters[0].reason);
    assert!(with < without * 3 + Duration::from_secs(1), "the good ones were delayed");
    assert_eq!(count(&setup, patient).await, GOOD);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_takes_effect_once_it_is_sent_again_after_the_fix() {
    let setup = setup().await;
    let patient = PatientId(SystemClock.fresh_uuid());
    let poison = poison(patient);
    setup.bus.publish(std::slice::from_ref(&poison)).await;
    until_there_are_letters(&setup, 1).await;
    let queue = OBSERVATION_PROJECTION.queue;
    let ids = [poison.event_id.to_string()];
    // Sent again before the fix it comes back.
    setup.letters.redrive(queue, &ids).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    until_there_are_letters(&setup, 1).await;
    // The fix: a program that understands it. Here the letter itself becomes understandable.
    use healthflow::messaging::embedded::LetterStore;
    let mut letter = setup.letters.list(queue).await.unwrap().remove(0);
    letter.body = letter.body.replace(r#""schema_version":99"#, r#""schema_version":1"#);
    setup.letters.put(queue, &letter).await.unwrap();
    setup.letters.redrive(queue, &ids).await.unwrap();
    until_there_are(&setup, patient, 1).await;
    until_there_are_letters(&setup, 0).await;
}
