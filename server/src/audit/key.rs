//! The key that seals the audit log: made once, and kept outside the database.

use std::io::Write;
use std::path::Path;

use crate::config::StoreConfig;
use crate::embedded::engine::make_private_dir;
use crate::identity::signing_keys::fresh_secret;

use super::chain::AuditKey;

const KEY_FILE: &str = "audit-key";
/// The shortest key accepted, in bytes: the size of the hash.
const KEY_MIN_BYTES: usize = 32;

/// The configured key, or one that is made once and kept in the data folder; with the one before
/// it, if that is configured.
///
/// # Errors
/// A key that is too short, or a file that cannot be read or written.
pub fn of(store: &StoreConfig) -> Result<AuditKey, String> {
    let secret = match &store.audit_key {
        Some(secret) => secret.clone(),
        None => kept(&store.data_dir)?,
    };
    let key = key_of("HEALTHFLOW_AUDIT_KEY", &secret)?;
    match &store.audit_key_previous {
        Some(secret) => Ok(key.after(key_of("HEALTHFLOW_AUDIT_KEY_PREVIOUS", secret)?)),
        None => Ok(key),
    }
}

fn key_of(setting: &str, secret: &str) -> Result<AuditKey, String> {
    if secret.len() < KEY_MIN_BYTES {
        return Err(format!(
            "{setting} has {} bytes: give at least {KEY_MIN_BYTES}, for instance from \
             `openssl rand -hex 32`, or leave it out.",
            secret.len()
        ));
    }
    Ok(AuditKey::new(secret.as_bytes()))
}

fn kept(data_dir: &Path) -> Result<String, String> {
    make_private_dir(data_dir)?;
    let file = data_dir.join(KEY_FILE);
    let cannot = |error: std::io::Error| {
        let name = file.display();
        format!("Cannot keep the audit log's key in {name}: {error}. Set HEALTHFLOW_AUDIT_KEY.")
    };
    match std::fs::read_to_string(&file) {
        Ok(kept) => return Ok(kept.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        // Never make another key beside one that cannot be read just now.
        Err(error) => return Err(cannot(error)),
    }
    let made = fresh_secret()?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut created = options.open(&file).map_err(cannot)?;
    created.write_all(made.as_bytes()).map_err(cannot)?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_key_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = kept(folder.path()).expect("made");
        assert!(first.len() >= KEY_MIN_BYTES);
        assert_eq!(kept(folder.path()), Ok(first));
    }
}
