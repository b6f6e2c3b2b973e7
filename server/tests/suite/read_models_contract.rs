//! What every adapter of the read models must do.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use healthflow::clock::{Clock, SystemClock};
use healthflow::config::StoreConfig;
use healthflow::embedded::engine::Engine;
use healthflow::projections::{OBSERVATIONS, PATIENTS, Row};
use healthflow::store::client::{self, StoreError};
use healthflow::store::dynamo_read_models::DynamoReadModels;
use healthflow::store::generations::ModelState;
use healthflow::store::read_models::{Identity, ReadModels};
use healthflow::store::tables;

use crate::{localstack, test_app};

/// A row of the observation view that is there once.
fn row(version: u64, body: &str) -> Row {
    let patient_id = SystemClock.fresh_uuid().to_string();
    let keys = vec![("patient_id", patient_id), ("effective", "2026-11-21T08:00:00Z#1".to_owned())];
    Row { keys, version, body: body.to_owned(), has_moved: false }
}

fn at_version(row: &Row, version: u64) -> Row {
    Row { version, ..row.clone() }
}

async fn all(models: &dyn ReadModels, generation: u32) -> Vec<(Identity, String)> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = models.scan(&OBSERVATIONS, generation, after.as_ref()).await.unwrap();
        rows.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

/// What is there of `row`.
async fn found(models: &dyn ReadModels, generation: u32, row: &Row) -> Option<String> {
    let rows = all(models, generation).await;
    let identity = row.identity(&OBSERVATIONS);
    rows.into_iter().find(|(of, _)| *of == identity).map(|(_, text)| text)
}

async fn write(models: &dyn ReadModels, generation: u32, rows: &[Row]) -> Vec<bool> {
    let written = models.write_each(&OBSERVATIONS, generation, rows).await;
    written.into_iter().map(Result::unwrap).collect()
}

/// The contract of every adapter of the read models; it finds them empty.
pub(crate) async fn contract(models: &dyn ReadModels) {
    a_row_gives_way_to_a_later_version_only(models).await;
    rows_that_come_late_keep_no_others_back(models).await;
    generations_do_not_know_of_each_other(models).await;
    a_scan_gives_every_row_once(models).await;
    what_is_noted_changes_for_those_alone_who_know_it(models).await;
}

async fn a_row_gives_way_to_a_later_version_only(models: &dyn ReadModels) {
    let second = row(2, "second");
    assert_eq!(write(models, 1, std::slice::from_ref(&second)).await, [true]);
    for late in [at_version(&second, 1), Row { body: "other".to_owned(), ..second.clone() }] {
        assert_eq!(write(models, 1, &[late]).await, [false]);
        assert_eq!(found(models, 1, &second).await, Some(models.canonical(&second)));
    }
    let third = at_version(&second, 3);
    assert_eq!(write(models, 1, std::slice::from_ref(&third)).await, [true]);
    assert_eq!(found(models, 1, &second).await, Some(models.canonical(&third)));
}

async fn rows_that_come_late_keep_no_others_back(models: &dyn ReadModels) {
    let held = row(2, "held");
    write(models, 1, std::slice::from_ref(&held)).await;
    // More than one transaction takes.
    let mut rows: Vec<Row> = (0..150).map(|_| row(1, "fresh")).collect();
    rows[120] = at_version(&held, 1);
    let expected: Vec<bool> = (0..150).map(|at| at != 120).collect();
    let written = write(models, 1, &rows).await;
    // Rows that were written together count as changed together.
    assert_eq!(written[100..], expected[100..]);
    for row in [&rows[0], &rows[119], &rows[149]] {
        assert_eq!(found(models, 1, row).await, Some(models.canonical(row)));
    }
    assert_eq!(found(models, 1, &held).await, Some(models.canonical(&held)));
}

async fn generations_do_not_know_of_each_other(models: &dyn ReadModels) {
    let here = row(1, "here");
    let absent = models.write_each(&OBSERVATIONS, 2, std::slice::from_ref(&here)).await;
    assert!(absent[0].as_ref().is_err_and(StoreError::is_transient), "{absent:?}");
    assert!(models.scan(&OBSERVATIONS, 2, None).await.is_err());
    models.provision(&OBSERVATIONS, 2).await.unwrap();
    assert_eq!(all(models, 2).await, []);
    assert_eq!(write(models, 2, std::slice::from_ref(&here)).await, [true]);
    assert_eq!(found(models, 1, &here).await, None);
    // Made again, it keeps its rows.
    models.provision(&OBSERVATIONS, 2).await.unwrap();
    assert_eq!(all(models, 2).await.len(), 1);
    let before = all(models, 1).await.len();
    models.delete(&OBSERVATIONS, 2).await.unwrap();
    models.delete(&OBSERVATIONS, 2).await.unwrap();
    assert!(models.scan(&OBSERVATIONS, 2, None).await.is_err());
    assert_eq!(all(models, 1).await.len(), before);
}

async fn a_scan_gives_every_row_once(models: &dyn ReadModels) {
    models.provision(&OBSERVATIONS, 3).await.unwrap();
    // More than the 1 MB of one page.
    let body = "x".repeat(10_000);
    let rows: Vec<Row> = (0..150).map(|_| row(1, &body)).collect();
    assert!(write(models, 3, &rows).await.into_iter().all(|changed| changed));
    let scanned = all(models, 3).await;
    let expected: BTreeSet<(Identity, String)> =
        rows.iter().map(|row| (row.identity(&OBSERVATIONS), models.canonical(row))).collect();
    assert_eq!(scanned.len(), rows.len());
    assert_eq!(scanned.into_iter().collect::<BTreeSet<_>>(), expected);
}

async fn what_is_noted_changes_for_those_alone_who_know_it(models: &dyn ReadModels) {
    assert_eq!(models.state(&OBSERVATIONS).await.unwrap(), (ModelState::default(), 0));
    let first = ModelState { kept: vec![1, 2], ..ModelState::default() };
    assert!(models.replace_state(&OBSERVATIONS, &first, 0).await.unwrap());
    assert_eq!(models.state(&OBSERVATIONS).await.unwrap(), (first.clone(), 1));
    let second = ModelState { active: 2, ..first.clone() };
    assert!(!models.replace_state(&OBSERVATIONS, &second, 0).await.unwrap());
    assert_eq!(models.state(&OBSERVATIONS).await.unwrap(), (first, 1));
    assert!(models.replace_state(&OBSERVATIONS, &second, 1).await.unwrap());
    assert_eq!(models.state(&OBSERVATIONS).await.unwrap(), (second, 2));
    // Each read model has its own.
    assert_eq!(models.state(&PATIENTS).await.unwrap(), (ModelState::default(), 0));
}

async fn dynamo(client: Client, change: impl FnOnce(&mut StoreConfig)) -> DynamoReadModels {
    let mut config = test_app::config(&tempfile::tempdir().unwrap()).store;
    change(&mut config);
    tables::provision(&client, &config).await.unwrap();
    DynamoReadModels::new(client, &config)
}

#[tokio::test]
async fn embedded_in_memory() {
    let engine = Engine::in_memory().unwrap();
    contract(&dynamo(client::embedded(&engine), |_| {}).await).await;
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
    contract(&dynamo(clients.dynamodb, own_tables).await).await;
}
