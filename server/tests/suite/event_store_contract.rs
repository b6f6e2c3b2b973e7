//! What every event store must do, whatever DynamoDB is behind it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::event::{Envelope, Event, StreamId};
use domain::ids::{CorrelationId, ObservationId, PatientId};
use domain::measurement::Measurement;
use domain::observation::ObservationSubmitted;
use healthflow::clock;
use healthflow::config::StoreConfig;
use healthflow::embedded::engine::Engine;
use healthflow::store::client;
use healthflow::store::events::{AppendError, DynamoEventStore, OUTBOX_SHARDS, StoredEvent};
use healthflow::store::tables;

use crate::{localstack, test_app};

struct Setup {
    client: Client,
    store: DynamoEventStore,
    users_table: String,
}

async fn setup(client: Client, change: impl FnOnce(&mut StoreConfig)) -> Setup {
    let mut config = test_app::config(&tempfile::tempdir().unwrap()).store;
    change(&mut config);
    tables::provision(&client, &config).await.unwrap();
    let store = DynamoEventStore::new(client.clone(), &config.events_table);
    Setup { client, store, users_table: config.users_table }
}

fn observation(note_chars: usize) -> Envelope {
    let submitted = ObservationSubmitted {
        observation_id: ObservationId(clock::fresh_uuid()),
        patient_id: PatientId(clock::fresh_uuid()),
        patient_login: "anna".to_owned(),
        clinic_id: "demo".parse().unwrap(),
        measurement: Measurement::SymptomScore(9),
        effective_at: None,
        note: (note_chars > 0).then(|| "x".repeat(note_chars)),
    };
    let recorded = clock::recorded(CorrelationId(clock::fresh_uuid()), None);
    Envelope::new(Event::ObservationSubmitted(submitted), 1, recorded)
}

fn at_version(envelope: &Envelope, version: u64) -> Envelope {
    let recorded = clock::recorded(envelope.correlation_id, None);
    Envelope::new(envelope.event.clone(), version, recorded)
}

async fn contract(setup: Setup) {
    loads_what_was_appended(&setup.store).await;
    refuses_a_version_that_is_taken(&setup.store).await;
    a_repeat_of_the_same_event_adds_nothing(&setup.store).await;
    one_of_many_writers_wins(&setup.store).await;
    appends_all_or_nothing(&setup.store).await;
    appends_what_it_can_of_independent_events(&setup.store).await;
    tells_a_failed_condition_from_a_conflict(&setup).await;
    reads_streams_of_any_length(&setup.store).await;
    keeps_events_in_the_outbox_until_settled(&setup.store).await;
}

async fn loads_what_was_appended(store: &DynamoEventStore) {
    let first = observation(0);
    store.append(&first).await.unwrap();
    let second = at_version(&first, 2);
    store.append(&second).await.unwrap();
    assert_eq!(store.load(&first.stream_id).await.unwrap(), [first, second]);
    let nobody = StreamId::observation(ObservationId(clock::fresh_uuid()));
    assert_eq!(store.load(&nobody).await.unwrap(), []);
}

async fn refuses_a_version_that_is_taken(store: &DynamoEventStore) {
    let first = observation(0);
    store.append(&first).await.unwrap();
    let rival = at_version(&first, 1);
    let refused = store.append(&rival).await;
    assert_eq!(refused, Err(AppendError::Conflict(first.stream_id.to_string())));
    assert_eq!(store.load(&first.stream_id).await.unwrap(), [first]);
}

async fn a_repeat_of_the_same_event_adds_nothing(store: &DynamoEventStore) {
    let event = observation(0);
    store.append(&event).await.unwrap();
    store.append(&event).await.unwrap();
    assert_eq!(store.load(&event.stream_id).await.unwrap().len(), 1);
}

async fn one_of_many_writers_wins(store: &DynamoEventStore) {
    let first = observation(0);
    let rivals: Vec<Envelope> = (0..8).map(|_| at_version(&first, 1)).collect();
    let results = futures::future::join_all(rivals.iter().map(|rival| store.append(rival))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(store.load(&first.stream_id).await.unwrap().len(), 1);
}

async fn appends_all_or_nothing(store: &DynamoEventStore) {
    let taken = observation(0);
    store.append(&taken).await.unwrap();
    let fresh = observation(0);
    let refused = store.append_all(&[fresh.clone(), at_version(&taken, 1)], Vec::new()).await;
    assert_eq!(refused, Err(AppendError::Conflict(taken.stream_id.to_string())));
    assert_eq!(store.load(&fresh.stream_id).await.unwrap(), []);
}

async fn appends_what_it_can_of_independent_events(store: &DynamoEventStore) {
    let taken = observation(0);
    store.append(&taken).await.unwrap();
    let (one, other) = (observation(0), observation(0));
    let results = store.append_each(&[one.clone(), at_version(&taken, 1), other.clone()]).await;
    assert!(results[0].is_ok() && results[2].is_ok());
    assert_eq!(results[1], Err(AppendError::Conflict(taken.stream_id.to_string())));
    assert_eq!(store.load(&other.stream_id).await.unwrap(), [other]);
}

async fn tells_a_failed_condition_from_a_conflict(setup: &Setup) {
    let put = Put::builder()
        .table_name(&setup.users_table)
        .item("login_key", AttributeValue::S("contract".to_owned()))
        .condition_expression("attribute_not_exists(login_key)")
        .build()
        .unwrap();
    let beside = || vec![TransactWriteItem::builder().put(put.clone()).build()];
    setup.store.append_all(&[observation(0)], beside()).await.unwrap();
    let second = observation(0);
    let refused = setup.store.append_all(std::slice::from_ref(&second), beside()).await;
    assert_eq!(refused, Err(AppendError::ConditionFailed));
    assert_eq!(setup.store.load(&second.stream_id).await.unwrap(), []);
    let users = setup.client.scan().table_name(&setup.users_table).send().await.unwrap();
    assert_eq!(users.count(), 1);
}

async fn reads_streams_of_any_length(store: &DynamoEventStore) {
    // More than the 1 MB of one query's page.
    let first = observation(20_000);
    let events: Vec<Envelope> = (1..=70).map(|version| at_version(&first, version)).collect();
    for event in &events {
        store.append(event).await.unwrap();
    }
    assert_eq!(store.load(&first.stream_id).await.unwrap(), events);
}

async fn unsent(store: &DynamoEventStore) -> Vec<StoredEvent> {
    let mut all = Vec::new();
    for shard in 0..OUTBOX_SHARDS {
        let mut after = None;
        loop {
            let events = store.unsent(shard, after).await.unwrap();
            let Some(last) = events.last() else { break };
            after = Some(last.event_id);
            all.extend(events);
        }
    }
    all
}

async fn keeps_events_in_the_outbox_until_settled(store: &DynamoEventStore) {
    let (one, other) = (observation(0), observation(0));
    let stored = [store.append(&one).await.unwrap(), store.append(&other).await.unwrap()];
    let waiting = unsent(store).await;
    assert!(stored.iter().all(|event| waiting.contains(event)));
    store.settle(&stored).await.unwrap();
    store.settle(&stored).await.unwrap();
    let waiting = unsent(store).await;
    assert!(stored.iter().all(|event| !waiting.contains(event)));
    assert_eq!(store.load(&one.stream_id).await.unwrap(), [one]);
}

#[tokio::test]
async fn embedded_in_memory() {
    let engine = Engine::in_memory().unwrap();
    contract(setup(client::embedded(&engine), |_| {}).await).await;
}

#[tokio::test]
async fn embedded_in_a_file_that_survives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.sqlite");
    let event = observation(0);
    {
        let engine = Engine::open(&file).unwrap();
        let setup = setup(client::embedded(&engine), |_| {}).await;
        setup.store.append(&event).await.unwrap();
        contract(setup).await;
    }
    let engine = Engine::open(&file).unwrap();
    let setup = setup(client::embedded(&engine), |_| {}).await;
    assert_eq!(setup.store.load(&event.stream_id).await.unwrap(), [event]);
}

#[tokio::test]
#[ignore = "needs LocalStack: run tools/test"]
async fn dynamodb_beside_localstack() {
    let clients = client::aws_clients(&localstack::endpoints()).await;
    let own_tables = |store: &mut StoreConfig| {
        for table in [
            &mut store.events_table,
            &mut store.users_table,
            &mut store.patients_table,
            &mut store.observations_table,
            &mut store.alerts_table,
            &mut store.dead_letters_table,
        ] {
            *table = localstack::unique(table);
        }
    };
    contract(setup(clients.dynamodb, own_tables).await).await;
}
