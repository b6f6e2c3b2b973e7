//! `healthflow audit`.

use std::path::Path;

use super::told;
use crate::audit::chain::AuditKey;
use crate::audit::key;
use crate::audit::reading::{Export, Filter};
use crate::audit::store::AuditStore;
use crate::audit::verify::{self, Report};
use crate::cli::AuditCommand;
use crate::config::Config;
use crate::wiring::Stores;

/// Does `command`.
///
/// # Errors
/// That something is not as it was written, or why that is not known.
pub async fn run(config: &Config, command: AuditCommand) -> Result<(), String> {
    let key = key::of(&config.store)?;
    let store = AuditStore::new(Stores::open(config).await?.client, &config.store);
    match command {
        AuditCommand::Verify { expect } => verify(&store, &key, expect.as_deref()).await,
        AuditCommand::Export { from, to, who, patient, of_clinic, action, denied } => {
            let filter = Filter { from, to, who, patient, clinic: of_clinic, action, denied };
            export(store, key, filter).await
        }
    }
}

async fn verify(store: &AuditStore, key: &AuditKey, expect: Option<&Path>) -> Result<(), String> {
    let kept = match expect {
        None => Vec::new(),
        Some(file) => {
            let name = file.display();
            let text = std::fs::read_to_string(file);
            let text = text.map_err(|error| format!("Cannot read {name}: {error}."))?;
            verify::from_kept(key, &text).map_err(|why| format!("{name}: {why}"))?
        }
    };
    let report = verify::verify(store, key, &kept).await.map_err(told)?;
    let Report { verdict, strange, blocks, entries, rows } = &report;
    let chains = verdict.heads.len();
    tell!("{entries} entries in {blocks} blocks of {chains} chains, and {rows} index rows.");
    for finding in &verdict.findings {
        tell!("found  {finding}");
    }
    for what in strange {
        tell!("found  {what}, which HealthFlow never wrote");
    }
    match report.faults() {
        0 => {
            let upto = if expect.is_some() { " Nothing that was kept is missing." } else { "" };
            tell!("All is as it was written.{upto} Keep these lines elsewhere, for --expect:");
            tell!("{}", verify::to_keep(key, &verdict.heads).trim_end());
            Ok(())
        }
        faults => Err(format!(
            "The audit log is not as it was written: {faults} findings. Leave the database as it \
             is, and compare it with a backup."
        )),
    }
}

async fn export(store: AuditStore, key: AuditKey, filter: Filter) -> Result<(), String> {
    let mut export = Export::new(store, key, filter);
    while let Some(entries) = export.next().await.map_err(told)? {
        for entry in entries {
            tell!("{}", serde_json::to_string(&entry).map_err(|error| error.to_string())?);
        }
    }
    match export.left_out() {
        0 => Ok(()),
        count => Err(format!(
            "{count} blocks were left out, because they are not as they were written: run \
             `healthflow audit verify`."
        )),
    }
}
