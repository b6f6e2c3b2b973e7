//! The key that seals the audit log: made once, and kept outside the database.

use super::chain::AuditKey;
use crate::config::StoreConfig;
use crate::kept_secret::{self, SecretFile};

const KEY_FILE: &str = "audit-key";
const SETTING: &str = "HEALTHFLOW_AUDIT_KEY";

/// The configured key, or one that is made once and kept in the data folder; with the one before
/// it, if that is configured.
///
/// # Errors
/// A key that is too short, or a file that cannot be read or written.
pub fn of(store: &StoreConfig) -> Result<AuditKey, String> {
    let secret = match &store.audit_key {
        Some(secret) => secret.clone(),
        None => SecretFile::new(&store.data_dir, KEY_FILE, SETTING).read_or_make()?,
    };
    let key = key_of(SETTING, secret.trim())?;
    match &store.audit_key_previous {
        Some(secret) => Ok(key.after(key_of("HEALTHFLOW_AUDIT_KEY_PREVIOUS", secret)?)),
        None => Ok(key),
    }
}

fn key_of(setting: &str, secret: &str) -> Result<AuditKey, String> {
    kept_secret::check(setting, secret)?;
    Ok(AuditKey::new(secret.as_bytes()))
}
