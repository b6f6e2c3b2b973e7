//! What every event store must do, whatever DynamoDB is behind it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::event::{Envelope, StreamId};
use domain::ids::ObservationId;
use domain::observation::ObservationSubmitted;
use healthflow::clock::{Clock, SystemClock};
use healthflow::config::StoreConfig;
use healthflow::embedded::engine::Engine;
use healthflow::store::client;
use healthflow::store::dynamo_events::DynamoEventStore;
use healthflow::store::event_store::{
    AppendError, EventStore, LogPosition, OUTBOX_SHARDS, Segment, StoredEvent,
};
use healthflow::store::tables;

use crate::observed::{scored, taken_in};
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

pub(crate) fn observation(note_chars: usize) -> Envelope {
    let note = (note_chars > 0).then(|| "x".repeat(note_chars));
    taken_in(ObservationSubmitted { note, ..scored(9) })
}

fn at_version(envelope: &Envelope, version: u64) -> Envelope {
    let recorded = SystemClock.recorded(envelope.correlation_id, None);
    Envelope::new(envelope.event.clone(), version, recorded)
}

/// The contract of every event store.
pub(crate) async fn contract(store: &dyn EventStore) {
    loads_what_was_appended(store).await;
    refuses_a_version_that_is_taken(store).await;
    a_repeat_of_the_same_event_adds_nothing(store).await;
    one_of_many_writers_wins(store).await;
    appends_all_or_nothing(store).await;
    appends_to_several_streams_at_once(store).await;
    refuses_two_events_for_one_place(store).await;
    appends_what_it_can_of_independent_events(store).await;
    reads_streams_of_any_length(store).await;
    keeps_events_in_the_outbox_until_settled(store).await;
    the_segments_of_the_log_hold_every_event_once_and_in_order(store).await;
}

async fn dynamo_contract(setup: Setup) {
    contract(&setup.store).await;
    tells_a_failed_condition_from_a_conflict(&setup).await;
}

async fn loads_what_was_appended(store: &dyn EventStore) {
    let first = observation(0);
    store.append_one(&first).await.unwrap();
    let second = at_version(&first, 2);
    store.append_one(&second).await.unwrap();
    assert_eq!(store.load(&first.stream_id).await.unwrap(), [first, second]);
    let nobody = StreamId::observation(ObservationId(SystemClock.fresh_uuid()));
    assert_eq!(store.load(&nobody).await.unwrap(), []);
}

async fn refuses_a_version_that_is_taken(store: &dyn EventStore) {
    let first = observation(0);
    store.append_one(&first).await.unwrap();
    let rival = at_version(&first, 1);
    let refused = store.append_one(&rival).await;
    assert_eq!(refused, Err(AppendError::Conflict(first.stream_id.to_string())));
    assert_eq!(store.load(&first.stream_id).await.unwrap(), [first]);
}

async fn a_repeat_of_the_same_event_adds_nothing(store: &dyn EventStore) {
    let event = observation(0);
    store.append_one(&event).await.unwrap();
    store.append_one(&event).await.unwrap();
    assert_eq!(store.load(&event.stream_id).await.unwrap().len(), 1);
}

async fn one_of_many_writers_wins(store: &dyn EventStore) {
    let first = observation(0);
    let rivals: Vec<Envelope> = (0..8).map(|_| at_version(&first, 1)).collect();
    let results =
        futures::future::join_all(rivals.iter().map(|rival| store.append_one(rival))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(store.load(&first.stream_id).await.unwrap().len(), 1);
}

async fn appends_all_or_nothing(store: &dyn EventStore) {
    let taken = observation(0);
    store.append_one(&taken).await.unwrap();
    let fresh = observation(0);
    let refused = store.append(&[fresh.clone(), at_version(&taken, 1)]).await;
    assert_eq!(refused, Err(AppendError::Conflict(taken.stream_id.to_string())));
    assert_eq!(store.load(&fresh.stream_id).await.unwrap(), []);
}

async fn appends_what_it_can_of_independent_events(store: &dyn EventStore) {
    let taken = observation(0);
    store.append_one(&taken).await.unwrap();
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
    let beside = || TransactWriteItem::builder().put(put.clone()).build();
    let first = observation(0);
    assert!(setup.store.append_with(&first, beside()).await.unwrap().is_some());
    let second = observation(0);
    assert_eq!(setup.store.append_with(&second, beside()).await, Ok(None));
    assert_eq!(setup.store.load(&second.stream_id).await.unwrap(), []);
    let taken = setup.store.append_with(&at_version(&first, 1), beside()).await;
    assert_eq!(taken, Err(AppendError::Conflict(first.stream_id.to_string())));
    let users = setup.client.scan().table_name(&setup.users_table).send().await.unwrap();
    assert_eq!(users.count(), 1);
}

async fn refuses_two_events_for_one_place(store: &dyn EventStore) {
    let (first, other) = (observation(0), observation(0));
    let rivals = [first.clone(), other.clone(), at_version(&first, 1)];
    let refused = store.append(&rivals).await;
    assert_eq!(refused, Err(AppendError::Conflict(first.stream_id.to_string())));
    let results = store.append_each(&rivals).await;
    assert!(results[0].is_ok() && results[1].is_ok());
    assert_eq!(results[2], Err(AppendError::Conflict(first.stream_id.to_string())));
    assert_eq!(store.load(&first.stream_id).await.unwrap(), [first]);
}

async fn appends_to_several_streams_at_once(store: &dyn EventStore) {
    let (one, other) = (observation(0), observation(0));
    let later = at_version(&one, 2);
    store.append(&[one.clone(), other.clone(), later.clone()]).await.unwrap();
    assert_eq!(store.load(&one.stream_id).await.unwrap(), [one, later]);
    assert_eq!(store.load(&other.stream_id).await.unwrap(), [other]);
}

async fn the_segments_of_the_log_hold_every_event_once_and_in_order(store: &dyn EventStore) {
    let first = observation(0);
    let own: Vec<Envelope> = (1..=5).map(|version| at_version(&first, version)).collect();
    for event in &own {
        store.append_one(event).await.unwrap();
    }
    let mut found: Vec<StoredEvent> = Vec::new();
    for number in 0..3 {
        let mut after: Option<LogPosition> = None;
        loop {
            let page = store.read_log(Segment { number, of: 3 }, after.as_ref()).await.unwrap();
            found.extend(page.events);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    let ids: std::collections::HashSet<_> = found.iter().map(|event| event.event_id).collect();
    assert_eq!(ids.len(), found.len(), "no event stands in two segments");
    let of_stream: Vec<Envelope> = found
        .iter()
        .filter(|event| event.stream_id == first.stream_id.as_str())
        .map(|event| event.decode().unwrap())
        .collect();
    assert_eq!(of_stream, own);
}

async fn reads_streams_of_any_length(store: &dyn EventStore) {
    // More than the 1 MB of one query's page.
    let first = observation(20_000);
    let events: Vec<Envelope> = (1..=70).map(|version| at_version(&first, version)).collect();
    for event in &events {
        store.append_one(event).await.unwrap();
    }
    assert_eq!(store.load(&first.stream_id).await.unwrap(), events);
}

async fn unsent(store: &dyn EventStore) -> Vec<StoredEvent> {
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

async fn keeps_events_in_the_outbox_until_settled(store: &dyn EventStore) {
    let (one, other) = (observation(0), observation(0));
    let stored = [store.append_one(&one).await.unwrap(), store.append_one(&other).await.unwrap()];
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
    dynamo_contract(setup(client::embedded(&engine), |_| {}).await).await;
}

#[tokio::test]
async fn embedded_in_a_file_that_survives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data.sqlite");
    let event = observation(0);
    {
        let engine = Engine::open(&file).unwrap();
        let setup = setup(client::embedded(&engine), |_| {}).await;
        setup.store.append_one(&event).await.unwrap();
        dynamo_contract(setup).await;
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
        for table in store.tables_mut() {
            *table = localstack::unique(table);
        }
    };
    dynamo_contract(setup(clients.dynamodb, own_tables).await).await;
}
