//! Whatever is done to the tables is found.

use aws_sdk_dynamodb::types::AttributeValue;
use healthflow::audit::chain::AuditKey;
use healthflow::audit::reading::Filter;
use healthflow::audit::verify;

use super::{Setup, by, patient, text, words};

#[tokio::test]
async fn whatever_is_done_to_the_tables_is_found() {
    let setup = Setup::embedded().await;
    let (log, writing) = setup.open().await;
    for n in 1..=3 {
        log.record(by("ben", &[n])).await.unwrap();
    }
    drop(log);
    writing.await.unwrap();
    let (blocks, heads) = (&setup.config.audit_table, &setup.config.audit_heads_table);
    let items = setup.items(blocks).await;
    let [genesis, first, second, third] = &items[..] else { panic!("{} blocks", items.len()) };

    let found = setup.found_after(blocks, second, "body", first["body"].clone()).await;
    assert!(found.contains("block 3: it was changed"), "{found}");
    let found = setup.found_after(blocks, second, "prev", genesis["hash"].clone()).await;
    assert!(found.contains("block 3: it does not follow"), "{found}");
    for name in ["hash", "body", "prev"] {
        let found =
            setup.found_after(blocks, third, name, AttributeValue::S("nonsense".to_owned())).await;
        assert!(found.contains("block 4: it was changed"), "{found}");
    }

    setup.delete(blocks, first, &["chain", "seq"]).await;
    let found = words(&setup.verified(&[]).await);
    assert!(found.contains("block 3: the blocks from 2 to before it are gone"), "{found}");
    setup.put(blocks, first).await;

    setup.delete(blocks, third, &["chain", "seq"]).await;
    let found = words(&setup.verified(&[]).await);
    assert!(found.contains("its end is gone; it had 4 blocks"), "{found}");
    setup.put(blocks, third).await;

    let head = &setup.items(heads).await[0];
    setup.delete(heads, head, &["chain"]).await;
    assert!(words(&setup.verified(&[]).await).contains("its head is gone"));
    setup.put(heads, head).await;
    let found = setup.found_after(heads, head, "hash", genesis["hash"].clone()).await;
    assert!(found.contains("its head was changed"), "{found}");

    let mut strange = third.clone();
    strange.insert("chain".to_owned(), AttributeValue::S("x".to_owned()));
    setup.put(blocks, &strange).await;
    assert!(words(&setup.verified(&[]).await).contains(r#"an item under the key "x""#));
    setup.delete(blocks, &strange, &["chain", "seq"]).await;
    assert_eq!(words(&setup.verified(&[]).await), "");
}

#[tokio::test]
async fn whatever_is_done_to_the_lists_is_found_and_not_shown() {
    let setup = Setup::embedded().await;
    let (log, _) = setup.open().await;
    log.record(by("ben", &[1])).await.unwrap();
    let index = &setup.config.audit_index_table;
    let rows = setup.items(index).await;
    let row = rows.iter().find(|row| text(row, "scope").starts_with("patient#")).unwrap();
    let forged = text(row, "body").replace("ben", "eve");
    let found = setup.found_after(index, row, "body", AttributeValue::S(forged.clone())).await;
    assert!(found.contains("missing or changed in the list of patient#"), "{found}");

    let mut edited = row.clone();
    edited.insert("body".to_owned(), AttributeValue::S(forged));
    setup.put(index, &edited).await;
    let shown = setup.reader().of_patient(patient(1), &Filter::default(), 10, None).await;
    assert!(shown.unwrap_err().to_string().contains("is not as it was written"));

    setup.delete(index, row, &["scope", "place"]).await;
    let found = words(&setup.verified(&[]).await);
    assert!(found.contains("missing or changed in the list of patient#"), "{found}");
    setup.put(index, row).await;

    let mut added = row.clone();
    added.insert("place".to_owned(), AttributeValue::S("2026#1".to_owned()));
    setup.put(index, &added).await;
    assert!(words(&setup.verified(&[]).await).contains("a row in the list of patient#"));
}

#[tokio::test]
async fn a_chain_that_is_gone_is_missed_by_the_next_and_by_what_was_kept() {
    let setup = Setup::embedded().await;
    let (log, _) = setup.open().await;
    log.record(by("ben", &[1])).await.unwrap();
    let kept = setup.verified(&[]).await.verdict.heads;
    let (_next, _) = setup.open().await;
    let with_next = setup.verified(&kept).await;
    assert_eq!(words(&with_next), "");

    let (blocks, heads) = (&setup.config.audit_table, &setup.config.audit_heads_table);
    let gone = kept[0].chain.to_string();
    for item in setup.items(blocks).await.iter().filter(|item| text(item, "chain") == gone) {
        setup.delete(blocks, item, &["chain", "seq"]).await;
    }
    for item in setup.items(heads).await.iter().filter(|item| text(item, "chain") == gone) {
        setup.delete(heads, item, &["chain"]).await;
    }
    let found = words(&setup.verified(&kept).await);
    let next = with_next.verdict.heads[1].chain;
    assert!(found.contains(&format!("it is gone; the chain {next} names it")), "{found}");
    assert!(found.contains("it is gone; the text kept from an earlier run names it"), "{found}");
}

#[tokio::test]
async fn a_changed_key_believes_what_the_one_before_it_sealed_and_no_other() {
    let mut setup = Setup::embedded().await;
    let old = setup.key.clone();
    let (log, writing) = setup.open().await;
    log.record(by("ben", &[1])).await.unwrap();
    drop(log);
    writing.await.unwrap();
    let kept = verify::to_keep(&old, &setup.verified(&[]).await.verdict.heads);

    setup.key = AuditKey::new(b"the next one").after(old);
    let (log, _) = setup.open().await;
    log.record(by("carla", &[1])).await.unwrap();
    let heads = verify::from_kept(&setup.key, &kept).unwrap();
    let report = setup.verified(&heads).await;
    assert_eq!((words(&report), report.entries, report.rows), (String::new(), 2, 4));
    let found = setup.reader().of_patient(patient(1), &Filter::default(), 10, None).await.unwrap();
    assert_eq!(found.items.len(), 2);

    setup.key = AuditKey::new(b"the next one");
    assert!(words(&setup.verified(&[]).await).contains("sealed with another key"));
    assert!(setup.reader().of_patient(patient(1), &Filter::default(), 10, None).await.is_err());
}
