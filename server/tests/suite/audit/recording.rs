//! Recording, and finding again what was recorded.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::join_all;
use healthflow::audit::entry::{Access, Entry};
use healthflow::audit::log::AuditError;
use healthflow::audit::reading::Filter;
use healthflow::clock::{Clock, SystemClock};
use healthflow::store::{client, cursor, tables};

use super::companions::whoever_cannot_come_along_spoils_nothing;
use super::{Setup, by, clinic, denied, own, patient, words};
use crate::{localstack, test_app};

async fn contract(setup: &Setup) {
    what_is_recorded_is_there(setup).await;
    the_clinic_and_the_patient_find_what_others_did(setup).await;
    a_list_comes_in_parts(setup).await;
    an_access_to_many_patients_is_found_by_each(setup).await;
    whoever_cannot_come_along_spoils_nothing(setup).await;
    assert_eq!(words(&setup.verified(&[]).await), "");
}

async fn what_is_recorded_is_there(setup: &Setup) {
    let (log, _) = setup.open().await;
    let accesses = [by("ben", &[1]), own(1), denied(1), by("ben", &[])];
    for access in accesses.clone() {
        log.record(access).await.unwrap();
    }
    let exported = setup.exported(Filter::default()).await;
    assert_eq!(
        exported.iter().map(|entry| &entry.access).collect::<Vec<_>>(),
        Vec::from_iter(&accesses)
    );
    let only_denied = Filter { denied: true, ..Filter::default() };
    assert_eq!(setup.exported(only_denied).await, [exported[2].clone()]);
    let between =
        Filter { from: Some(exported[0].at), to: Some(exported[0].at), ..Filter::default() };
    assert_eq!(setup.exported(between).await, []);
}

async fn the_clinic_and_the_patient_find_what_others_did(setup: &Setup) {
    let (log, _) = setup.open().await;
    for access in [by("carla", &[21]), own(21), denied(21), by("ben", &[22])] {
        log.record(access).await.unwrap();
    }
    let who = |found: Vec<Entry>| {
        found.into_iter().map(|entry| entry.access.who.unwrap()).collect::<Vec<_>>()
    };
    let (reader, any) = (setup.reader(), Filter::default());
    let found = reader.of_patient(patient(21), &any, 10, None).await.unwrap();
    assert_eq!(
        (who(found.items), found.next_cursor),
        (vec!["mallory".into(), "carla".into()], None)
    );
    let by_carla = Filter { who: Some("Carla".to_owned()), ..any.clone() };
    let found = reader.of_clinic(&clinic(), SystemClock.now(), &by_carla, 10, None).await.unwrap();
    assert_eq!(who(found.items), ["carla"]);
    let to_22 = Filter { patient: Some(patient(22)), ..any.clone() };
    let found = reader.of_clinic(&clinic(), SystemClock.now(), &to_22, 10, None).await.unwrap();
    assert_eq!(who(found.items), ["ben"]);
    let south = "south".parse().unwrap();
    let found = reader.of_clinic(&south, SystemClock.now(), &to_22, 10, None).await.unwrap();
    assert_eq!(found.items, []);
}

async fn a_list_comes_in_parts(setup: &Setup) {
    let (log, _) = setup.open().await;
    let accesses = (0..7).map(|n| log.record(by(&format!("c{n}"), &[30])));
    assert!(join_all(accesses).await.iter().all(Result::is_ok));
    let (reader, by_action) = (setup.reader(), Filter::default());
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let after = cursor.map(|cursor| cursor::decode(&cursor).unwrap());
        let after = after.as_deref();
        let page = reader.of_patient(patient(30), &by_action, 3, after).await.unwrap();
        assert!(page.items.len() <= 3);
        found.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let mut who: Vec<_> = found.iter().map(|entry| entry.access.who.clone().unwrap()).collect();
    assert!(found.is_sorted_by(|a, b| (a.at, a.id) > (b.at, b.id)));
    who.sort();
    assert_eq!(who, ["c0", "c1", "c2", "c3", "c4", "c5", "c6"]);
}

async fn an_access_to_many_patients_is_found_by_each(setup: &Setup) {
    let (log, _) = setup.open().await;
    let many: Vec<u128> = (1_000..1_200).collect();
    log.record(by("dora", &many)).await.unwrap();
    for n in [1_000, 1_199] {
        let filter = Filter::default();
        let found = setup.reader().of_patient(patient(n), &filter, 10, None).await.unwrap();
        assert_eq!(found.items.len(), 1);
        assert_eq!(found.items[0].access.whose, [patient(n)]);
    }
}

#[tokio::test]
async fn embedded() {
    contract(&Setup::embedded().await).await;
}

#[tokio::test]
#[ignore = "needs LocalStack: run tools/test"]
async fn dynamodb_beside_localstack() {
    let clients = client::aws_clients(&localstack::endpoints()).await;
    let mut config = test_app::config(&tempfile::tempdir().unwrap()).store;
    for table in config.tables_mut() {
        *table = localstack::unique(table);
    }
    contract(&Setup::on(clients.dynamodb, config).await).await;
}

#[tokio::test]
async fn a_thousand_who_wait_together_cost_a_few_writes() {
    let setup = Setup::embedded().await;
    let (log, _) = setup.open().await;
    let recorded = join_all((0..1_000).map(|n| log.record(own(n)))).await;
    assert!(recorded.iter().all(Result::is_ok));
    let report = setup.verified(&[]).await;
    assert_eq!((report.entries, report.rows, words(&report)), (1_000, 0, String::new()));
    assert!(report.blocks <= 4, "{} blocks", report.blocks);
}

#[tokio::test]
async fn a_writer_that_dies_leaves_a_chain_that_verifies() {
    let setup = Setup::embedded().await;
    let mut answered = Vec::new();
    for steps in 0..8 {
        let (log, writing) = setup.open().await;
        let record = |access: Access| {
            let (id, recorded) = (access.correlation_id, log.record(access));
            tokio::spawn(async move { recorded.await.map(|()| id) })
        };
        let before: Vec<_> = (0..50).map(|n| record(by("ben", &[n]))).collect();
        answered.extend(join_all(before).await.into_iter().map(|answer| answer.unwrap().unwrap()));
        let waiting: Vec<_> = (0..150).map(|n| record(by("ben", &[n]))).collect();
        // So many steps of the writer, which may end in the middle of a write.
        for _ in 0..steps {
            tokio::task::yield_now().await;
        }
        writing.abort();
        let last = join_all(waiting).await;
        answered.extend(last.into_iter().filter_map(|answer| answer.unwrap().ok()));
    }
    // What was on its way when its writer died is there whole, or not at all.
    assert_eq!(words(&setup.verified(&[]).await), "");
    let kept = setup.exported(Filter::default()).await;
    let kept: HashSet<_> = kept.iter().map(|entry| entry.access.correlation_id).collect();
    assert!(answered.len() >= 400 && answered.iter().all(|id| kept.contains(id)));
}

#[tokio::test]
async fn while_the_store_is_away_nothing_counts_as_recorded() {
    let setup = Setup::embedded().await;
    let (log, _) = setup.open().await;
    log.record(own(1)).await.unwrap();
    let kept = setup.items(&setup.config.audit_table).await;
    setup.client.delete_table().table_name(&setup.config.audit_table).send().await.unwrap();
    let refused = log.record(own(2)).await;
    assert!(matches!(refused, Err(AuditError::Store(_))), "{refused:?}");

    tables::provision(&setup.client, &setup.config).await.unwrap();
    for item in &kept {
        setup.put(&setup.config.audit_table, item).await;
    }
    log.record(own(3)).await.unwrap();
    let report = setup.verified(&[]).await;
    assert_eq!((words(&report), report.entries), (String::new(), 2));
    // It was not sure what had become of the first chain.
    assert_eq!(report.verdict.heads.len(), 2);
}

#[tokio::test]
async fn a_writer_whose_chain_is_written_to_by_another_leaves_it() {
    let setup = Setup::embedded().await;
    let (log, _) = setup.open().await;
    let mut forged = setup.items(&setup.config.audit_table).await.remove(0);
    forged.insert("seq".to_owned(), AttributeValue::N("2".to_owned()));
    setup.put(&setup.config.audit_table, &forged).await;
    assert!(log.record(own(1)).await.is_err());
    log.record(own(2)).await.unwrap();
    let report = setup.verified(&[]).await;
    assert!(words(&report).contains("block 2: it was changed"), "{report:?}");
    assert_eq!(report.entries, 1);
}

#[tokio::test]
async fn more_than_can_wait_are_refused() {
    let setup = Setup::embedded().await;
    let (log, _) = setup.open().await;
    // The writer has no turn until something is awaited.
    let recorded: Vec<_> = (0..5_000).map(|n| log.record(own(n))).collect();
    let answers = join_all(recorded).await;
    let refused = answers.iter().filter(|answer| **answer == Err(AuditError::Full)).count();
    assert_eq!(refused, 5_000 - 4_096);
    let report = setup.verified(&[]).await;
    assert_eq!((report.entries, words(&report)), (4_096, String::new()));
    let long = Access { why: Some("x".repeat(20_000)), ..own(1) };
    assert!(matches!(log.record(long).await, Err(AuditError::TooLong(_))));
}
