//! What an operator does with the audit log.

use std::process::{Command, Output};

use aws_sdk_dynamodb::types::AttributeValue;
use healthflow::audit::entry::{Access, Entry};
use healthflow::audit::key;
use healthflow::config::StoreConfig;
use healthflow::embedded::engine::Engine;
use healthflow::store::client;

use super::{Setup, by, denied};
use crate::test_app;

fn healthflow(config: &StoreConfig, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healthflow"));
    command.args(arguments).env("HEALTHFLOW_DATA_DIR", &config.data_dir).output().unwrap()
}

#[tokio::test]
async fn an_operator_verifies_keeps_and_exports_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = test_app::config(&folder).store;
    let record = async |access: Access| {
        let engine = Engine::open(&config.data_dir.join("dynamodb.sqlite")).unwrap();
        let mut setup = Setup::on(client::embedded(&engine), config.clone()).await;
        setup.key = key::of(&config).unwrap();
        let (log, _) = setup.open().await;
        log.record(access).await.unwrap();
        setup
    };
    record(by("ben", &[1])).await;
    let first = healthflow(&config, &["audit", "verify"]);
    assert!(first.status.success(), "{first:?}");
    let kept = folder.path().join("kept");
    std::fs::write(&kept, &first.stdout).unwrap();

    let setup = record(denied(2)).await;
    let expect = ["audit", "verify", "--expect", kept.to_str().unwrap()];
    let again = healthflow(&config, &expect);
    assert!(again.status.success(), "{again:?}");
    assert!(String::from_utf8_lossy(&again.stdout).contains("Nothing that was kept is missing."));

    let exported = healthflow(&config, &["audit", "export", "--denied"]);
    assert!(exported.status.success(), "{exported:?}");
    let lines = String::from_utf8(exported.stdout).unwrap();
    let entries: Vec<Entry> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        entries.iter().map(|entry| entry.access.who.as_deref()).collect::<Vec<_>>(),
        [Some("mallory")]
    );

    let mut edited = setup.items(&config.audit_table).await.remove(1);
    edited.insert("body".to_owned(), AttributeValue::S("{}".to_owned()));
    setup.put(&config.audit_table, &edited).await;
    for arguments in [&expect[..], &["audit", "verify"], &["audit", "export"]] {
        let refused = healthflow(&config, arguments);
        assert!(!refused.status.success(), "{refused:?}");
    }
}
