//! Read models built anew from the log, and compared with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::alert::Judged;
use domain::alert_limits::AlertPolicy;
use domain::event::{Envelope, Event};
use healthflow::clock::{Clock, SystemClock};
use healthflow::config::{Config, StoreConfig};
use healthflow::embedded::engine::Engine;
use healthflow::projections::{ALERTS, OBSERVATIONS, PATIENTS, PROJECTIONS, Projection, Row};
use healthflow::rebuild::{RebuildError, Rebuilder};
use healthflow::store::client::{self, StoreError};
use healthflow::store::dynamo_events::DynamoEventStore;
use healthflow::store::dynamo_read_models::DynamoReadModels;
use healthflow::store::event_store::EventStore;
use healthflow::store::generations::{Generations, ModelState};
use healthflow::store::item::text;
use healthflow::store::read_models::ReadModels;
use healthflow::store::tables;
use healthflow::verify::{Difference, Verdict, verify};
use healthflow::verify_alerts::verify_alerts;
use serde_json::json;
use tokio::sync::Notify;

use crate::observed::{scored, taken_in};
use crate::test_app::{self, TestApp};

struct Setup {
    client: aws_sdk_dynamodb::Client,
    config: StoreConfig,
    events: DynamoEventStore,
    models: DynamoReadModels,
    generations: Generations,
}

impl Setup {
    async fn new() -> Self {
        let config = test_app::config(&tempfile::tempdir().unwrap()).store;
        let client = client::embedded(&Engine::in_memory().unwrap());
        tables::provision(&client, &config).await.unwrap();
        let events = DynamoEventStore::new(client.clone(), &config.events_table);
        let models = DynamoReadModels::new(client.clone(), &config);
        let generations = Generations::new(Arc::new(models.clone()));
        Self { client, config, events, models, generations }
    }

    fn rebuilder(&self) -> Rebuilder<'_> {
        Rebuilder { events: &self.events, models: &self.models }
    }

    async fn verdict(&self) -> Verdict {
        verify(&self.events, &self.models, &OBSERVATIONS).await.unwrap()
    }

    async fn log(&self, count: usize) -> Vec<Envelope> {
        let events: Vec<_> = (0..count).map(|_| observation()).collect();
        let appended = self.events.append_each(&events).await;
        assert!(appended.iter().all(Result::is_ok));
        events
    }

    /// What the live projection does with events.
    async fn project(&self, events: &[Envelope]) {
        let rows: Vec<Row> =
            events.iter().flat_map(|e| (OBSERVATIONS.rows)(std::slice::from_ref(e))).collect();
        let written = self.generations.write_each(&OBSERVATIONS, &rows).await;
        assert!(written.iter().all(Result::is_ok));
    }
}

fn observation() -> Envelope {
    taken_in(scored(3))
}

#[tokio::test]
async fn verifying_finds_the_observation_whose_alert_was_never_raised() {
    let setup = Setup::new().await;
    let policy = AlertPolicy { symptom_score_above: 7 };
    let (judged, forgotten) = (taken_in(scored(9)), taken_in(scored(8)));
    let Event::ObservationSubmitted(submitted) = &judged.event else { unreachable!() };
    let Event::ObservationSubmitted(unjudged) = forgotten.event.clone() else { unreachable!() };
    let created = Judged::as_submitted(submitted, judged.timestamp).raises(&policy).unwrap();
    let recorded = SystemClock.recorded(judged.correlation_id, Some(judged.event_id));
    let alert = Envelope::new(Event::AlertCreated(created), 1, recorded);
    let appended = setup.events.append_each(&[judged, alert, forgotten, taken_in(scored(7))]).await;
    assert!(appended.iter().all(Result::is_ok));
    let verdict = verify_alerts(&setup.events, &policy).await.unwrap();
    assert_eq!(verdict.dangerous, 2);
    assert_eq!(verdict.unraised, [unjudged.observation_id]);
}

#[tokio::test]
async fn verifying_finds_what_is_missing_too_much_or_different() {
    let setup = Setup::new().await;
    let events = setup.log(5).await;
    setup.project(&events[1..]).await;
    let stranger = observation();
    setup.project(std::slice::from_ref(&stranger)).await;
    let row = |event: &Envelope| (OBSERVATIONS.rows)(std::slice::from_ref(event)).remove(0);
    let changed = row(&events[4]);
    let mut update = setup.client.update_item().table_name(&setup.config.observations_table);
    for (name, value) in &changed.keys {
        update = update.key(*name, text(value));
    }
    let body = AttributeValue::S("{}".to_owned());
    let update = update.update_expression("SET body = :body");
    update.expression_attribute_values(":body", body).send().await.unwrap();
    let found = setup.verdict().await.differences;
    let mut expected = vec![
        (row(&events[0]).identity(&OBSERVATIONS), Difference::Missing),
        (row(&stranger).identity(&OBSERVATIONS), Difference::Surplus),
        (changed.identity(&OBSERVATIONS), Difference::Different),
    ];
    expected.sort();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_rebuild_mends_what_differs_and_the_same_log_has_the_same_hash() {
    let setup = Setup::new().await;
    let events = setup.log(700).await;
    setup.project(&events[..100]).await;
    let before = setup.verdict().await;
    assert_eq!(before.differences.len(), 600);
    let rebuilt = setup.rebuilder().rebuild(&OBSERVATIONS, |_| {}).await.unwrap();
    assert_eq!((rebuilt.generation, rebuilt.events), (2, 700));
    let after = setup.verdict().await;
    assert_eq!((after.rows, after.differences.len()), (700, 0));
    assert_eq!(after.hash, before.hash);
    let dropped = setup.rebuilder().drop_old(&OBSERVATIONS).await.unwrap();
    assert_eq!(dropped, [1]);
    let again = setup.verdict().await;
    assert_eq!((again.hash, again.differences.len()), (after.hash, 0));
    let nothing = setup.rebuilder().drop_old(&OBSERVATIONS).await;
    assert!(matches!(nothing, Err(RebuildError::NothingToDrop)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_come_during_a_rebuild_are_in_both_generations() {
    let setup = Arc::new(Setup::new().await);
    let events = setup.log(300).await;
    setup.project(&events).await;
    let rebuilding = Arc::new(AtomicBool::new(true));
    let live = {
        let (setup, rebuilding) = (Arc::clone(&setup), Arc::clone(&rebuilding));
        tokio::spawn(async move {
            let mut count = 0;
            while rebuilding.load(Ordering::Relaxed) {
                let event = setup.log(1).await;
                setup.project(&event).await;
                count += 1;
            }
            count
        })
    };
    setup.rebuilder().rebuild(&OBSERVATIONS, |_| {}).await.unwrap();
    rebuilding.store(false, Ordering::Relaxed);
    let came = live.await.unwrap();
    assert!(came > 10, "only {came} events came meanwhile");
    let verdict = setup.verdict().await;
    assert_eq!((verdict.rows, verdict.differences.len()), (300 + came, 0));
    // The one before is kept up to date until it is dropped.
    let (first, second) = (rows(&setup, 1).await, rows(&setup, 2).await);
    assert_eq!(first, second);
    assert_eq!(first.len(), 300 + came);
}

async fn rows(setup: &Setup, generation: u32) -> Vec<(Vec<String>, String)> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = setup.models.scan(&OBSERVATIONS, generation, after.as_ref()).await.unwrap();
        all.extend(page.rows);
        after = page.next;
        if after.is_none() {
            all.sort();
            return all;
        }
    }
}

/// Else a reader would see less after a switch than before.
#[tokio::test]
async fn a_row_is_in_every_newer_generation_before_it_is_in_an_older_one() {
    let setup = Setup::new().await;
    // The second generation cannot be written yet: it has no table.
    let state = ModelState { kept: vec![1, 2], ..ModelState::default() };
    assert!(setup.models.replace_state(&OBSERVATIONS, &state, 0).await.unwrap());
    let event = observation();
    let observed = (OBSERVATIONS.rows)(std::slice::from_ref(&event));
    let refused = setup.generations.write_each(&OBSERVATIONS, &observed).await;
    assert!(refused[0].is_err());
    assert_eq!(rows(&setup, 1).await, []);
    setup.models.provision(&OBSERVATIONS, 2).await.unwrap();
    assert_eq!(setup.generations.write_each(&OBSERVATIONS, &observed).await, [Ok(true)]);
    assert_eq!((rows(&setup, 1).await.len(), rows(&setup, 2).await.len()), (1, 1));
}

#[tokio::test]
async fn dropping_that_was_broken_off_goes_on() {
    let setup = Setup::new().await;
    setup.rebuilder().rebuild(&OBSERVATIONS, |_| {}).await.unwrap();
    let (state, revision) = setup.models.state(&OBSERVATIONS).await.unwrap();
    let noted = ModelState { kept: vec![2], dropped: vec![1], ..state };
    assert!(setup.models.replace_state(&OBSERVATIONS, &noted, revision).await.unwrap());
    assert_eq!(setup.rebuilder().drop_old(&OBSERVATIONS).await.unwrap(), [1]);
    assert!(setup.models.scan(&OBSERVATIONS, 1, None).await.is_err());
    let (state, _) = setup.models.state(&OBSERVATIONS).await.unwrap();
    assert_eq!((state.active, state.kept, state.dropped), (2, vec![2], vec![]));
}

#[tokio::test]
async fn a_rebuild_that_was_killed_goes_on_and_leaves_the_live_one_alone_meanwhile() {
    let setup = Setup::new().await;
    // Large enough for several parts of the log.
    let events = setup.log(3_000).await;
    setup.project(&events[..10]).await;
    let (rebuilder, begun) = (setup.rebuilder(), Notify::new());
    tokio::select! {
        biased;
        // Dropped in the middle of its work.
        () = begun.notified() => {}
        done = rebuilder.rebuild(&OBSERVATIONS, |_| begun.notify_one()) => panic!("{done:?}"),
    }
    let (state, _) = setup.models.state(&OBSERVATIONS).await.unwrap();
    assert_eq!((state.active, state.kept.as_slice()), (1, [1, 2].as_slice()));
    assert_eq!(rows(&setup, 1).await.len(), 10);
    let rebuilt = setup.rebuilder().rebuild(&OBSERVATIONS, |_| {}).await.unwrap();
    assert_eq!(rebuilt.generation, 2);
    let verdict = setup.verdict().await;
    assert_eq!((verdict.rows, verdict.differences.len()), (3_000, 0));
}

#[tokio::test]
async fn an_event_that_cannot_be_understood_stops_a_rebuild_and_is_named() {
    let setup = Setup::new().await;
    let events = setup.log(3).await;
    let update = setup.client.update_item().table_name(&setup.config.events_table);
    let update = update.key("stream_id", text(events[1].stream_id.as_str()));
    let update = update.key("version", AttributeValue::N("1".to_owned()));
    let broken = AttributeValue::S("{}".to_owned());
    let update = update.update_expression("SET envelope = :broken");
    update.expression_attribute_values(":broken", broken).send().await.unwrap();
    let refused = setup.rebuilder().rebuild(&OBSERVATIONS, |_| {}).await;
    let Err(RebuildError::Store(StoreError::Undecodable(reason))) = refused else {
        panic!("{refused:?}")
    };
    assert!(reason.contains(&events[1].event_id.to_string()), "{reason}");
    let (state, _) = setup.models.state(&OBSERVATIONS).await.unwrap();
    assert_eq!(state.active, 1);
}

/// Everything that a server wrote is what the log says.
pub(crate) async fn assert_that_every_read_model_is_true(config: &Config) {
    let stores = healthflow::wiring::Stores::open(config).await.unwrap();
    for model in PROJECTIONS {
        let model: &'static Projection = model;
        let verdict = verify(&stores.events, &stores.models, model).await.unwrap();
        assert_eq!(verdict.differences, [], "{}", model.name);
    }
    let alerts = verify_alerts(&stores.events, &config.alert_policy()).await.unwrap();
    assert_eq!(alerts.unraised, [], "of {} dangerous observations", alerts.dangerous);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_reads_the_new_generation_after_the_switch() {
    let app = TestApp::start().await;
    let clinician = app.clinician().await;
    let anna = app.patient("anna").await;
    app.submit(&anna, json!({ "score": 9 })).await;
    app.wait_for_alerts(&clinician, 1).await;
    let endpoint = client::embedded_elsewhere(&app.dynamodb_url());
    let store = &app.config().store;
    let events = DynamoEventStore::new(endpoint.clone(), &store.events_table);
    let models = DynamoReadModels::new(endpoint, store);
    let rebuilder = Rebuilder { events: &events, models: &models };
    for model in [&PATIENTS, &OBSERVATIONS, &ALERTS] {
        rebuilder.rebuild(model, |_| {}).await.unwrap();
        rebuilder.drop_old(model).await.unwrap();
    }
    app.submit(&anna, json!({ "score": 10 })).await;
    assert_eq!(app.wait_for_alerts(&clinician, 2).await.len(), 2);
    for model in PROJECTIONS {
        let verdict = verify(&events, &models, model).await.unwrap();
        assert_eq!(verdict.differences, [], "{}", model.name);
    }
}
