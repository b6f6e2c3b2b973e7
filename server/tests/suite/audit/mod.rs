//! The audit log where it is kept: what is recorded is there, and what is done to it is found.

mod companions;
mod operating;
mod recording;
mod requests;
mod tampering;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::{ClinicId, CorrelationId, PatientId, SessionId};
use healthflow::audit::chain::{AuditKey, Head};
use healthflow::audit::entry::{Access, Entry, Outcome};
use healthflow::audit::log::AuditLog;
use healthflow::audit::reading::{AuditReader, Export, Filter};
use healthflow::audit::store::AuditStore;
use healthflow::audit::verify::{self, Report};
use healthflow::clock::{Clock, SystemClock};
use healthflow::config::StoreConfig;
use healthflow::embedded::engine::Engine;
use healthflow::store::item::Item;
use healthflow::store::{client, tables};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::test_app;

pub(super) struct Setup {
    pub(super) client: Client,
    pub(super) config: StoreConfig,
    pub(super) store: AuditStore,
    pub(super) key: AuditKey,
}

impl Setup {
    pub(super) async fn on(client: Client, config: StoreConfig) -> Self {
        tables::provision(&client, &config).await.unwrap();
        let store = AuditStore::new(client.clone(), &config);
        Self { client, config, store, key: AuditKey::new(b"outside the database") }
    }

    pub(super) async fn embedded() -> Self {
        let engine = Engine::in_memory().unwrap();
        let config = test_app::config(&tempfile::tempdir().unwrap()).store;
        Self::on(client::embedded(&engine), config).await
    }

    pub(super) async fn open(&self) -> (AuditLog, JoinHandle<()>) {
        let clock = Arc::new(SystemClock);
        AuditLog::open(self.store.clone(), self.key.clone(), clock).await.unwrap()
    }

    pub(super) fn reader(&self) -> AuditReader {
        AuditReader::new(self.store.clone(), self.key.clone())
    }

    pub(super) async fn verified(&self, kept: &[Head]) -> Report {
        verify::verify(&self.store, &self.key, kept).await.unwrap()
    }

    pub(super) async fn exported(&self, filter: Filter) -> Vec<Entry> {
        let mut export = Export::new(self.store.clone(), self.key.clone(), filter);
        let mut all = Vec::new();
        while let Some(entries) = export.next().await.unwrap() {
            all.extend(entries);
        }
        all
    }

    pub(super) async fn items(&self, table: &str) -> Vec<Item> {
        let scan = self.client.scan().table_name(table).consistent_read(true);
        let mut items = scan.send().await.unwrap().items.unwrap_or_default();
        let order = |item: &Item| (text(item, "chain"), number(item), text(item, "place"));
        items.sort_by_key(order);
        items
    }

    pub(super) async fn put(&self, table: &str, item: &Item) {
        let put = self.client.put_item().table_name(table).set_item(Some(item.clone()));
        put.send().await.unwrap();
    }

    pub(super) async fn delete(&self, table: &str, item: &Item, keys: &[&str]) {
        let key = keys.iter().map(|name| ((*name).to_owned(), item[*name].clone()));
        let deletion = self.client.delete_item().table_name(table);
        deletion.set_key(Some(key.collect::<HashMap<_, _>>())).send().await.unwrap();
    }

    /// What verification says, in words, after `item` was written over.
    pub(super) async fn found_after(
        &self,
        table: &str,
        item: &Item,
        name: &str,
        value: AttributeValue,
    ) -> String {
        let mut edited = item.clone();
        edited.insert(name.to_owned(), value);
        self.put(table, &edited).await;
        let found = words(&self.verified(&[]).await);
        self.put(table, item).await;
        found
    }
}

pub(super) fn text(item: &Item, name: &str) -> String {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

pub(super) fn number(item: &Item) -> u64 {
    item.get("seq").and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default()
}

pub(super) fn words(report: &Report) -> String {
    let findings = report.verdict.findings.iter().map(ToString::to_string);
    let found: Vec<String> = findings.chain(report.strange.iter().cloned()).collect();
    assert_eq!(report.faults(), found.len());
    found.join("\n")
}

pub(super) fn patient(n: u128) -> PatientId {
    PatientId(Uuid::from_u128(n))
}

pub(super) fn clinic() -> ClinicId {
    "north".parse().unwrap()
}

pub(super) fn by(who: &str, whose: &[u128]) -> Access {
    Access {
        who: Some(who.to_owned()),
        role: Some("clinician".into()),
        who_clinic: Some(clinic()),
        patient: None,
        session_id: Some(SessionId(Uuid::from_u128(3))),
        action: "observations.read".into(),
        whose: whose.iter().copied().map(patient).collect(),
        clinic_id: Some(clinic()),
        from: "192.0.2.7".parse().ok(),
        why: None,
        outcome: Outcome::Allowed,
        correlation_id: CorrelationId(SystemClock.fresh_uuid()),
    }
}

pub(super) fn own(n: u128) -> Access {
    Access { role: Some("patient".into()), patient: Some(patient(n)), ..by("anna", &[n]) }
}

pub(super) fn denied(n: u128) -> Access {
    Access { outcome: Outcome::Denied, ..by("mallory", &[n]) }
}
