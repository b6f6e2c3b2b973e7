//! Secrets that are made once and kept in the data folder, where none is configured.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::embedded::engine::make_private_dir;
use crate::hex::hex;

/// The shortest secret accepted, in bytes: the size of SHA-256.
const MIN_BYTES: usize = 32;

/// So much chance that nobody guesses it: 32 bytes, in hexadecimal digits.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn fresh() -> Result<String, String> {
    let mut random = [0_u8; MIN_BYTES];
    getrandom::fill(&mut random).map_err(|error| format!("There is no randomness: {error}."))?;
    Ok(hex(&random))
}

/// Checks a secret that the setting of this name gives.
///
/// # Errors
/// One that is too short.
pub fn check(setting: &str, secret: &str) -> Result<(), String> {
    if secret.len() >= MIN_BYTES {
        return Ok(());
    }
    Err(format!(
        "{setting} has {} bytes: give at least {MIN_BYTES}, for instance from \
         `openssl rand -hex 32`, or leave it out to have one made.",
        secret.len()
    ))
}

/// A file in the data folder that holds a secret.
pub struct SecretFile {
    path: PathBuf,
    setting: &'static str,
}

impl SecretFile {
    /// The file `name` in `data_dir`, of which `setting` is the alternative.
    #[must_use]
    pub fn new(data_dir: &Path, name: &str, setting: &'static str) -> Self {
        Self { path: data_dir.join(name), setting }
    }

    /// What it holds; a fresh secret, kept from now on, where there is no such file.
    ///
    /// # Errors
    /// A file that cannot be read or written. One that cannot be read just now is never replaced.
    pub fn read_or_make(&self) -> Result<String, String> {
        if let Some(folder) = self.path.parent() {
            make_private_dir(folder)?;
        }
        match std::fs::read_to_string(&self.path) {
            Ok(kept) => return Ok(kept),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(self.cannot(&error)),
        }
        let made = fresh()?;
        let beside = self.write_beside(&made)?;
        // Unlike renaming, linking leaves alone what somebody quicker has made.
        let linked = std::fs::hard_link(&beside, &self.path);
        let removed = std::fs::remove_file(&beside);
        match linked {
            Ok(()) => removed.map(|()| made).map_err(|error| self.cannot(&error)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                std::fs::read_to_string(&self.path).map_err(|error| self.cannot(&error))
            }
            Err(error) => Err(self.cannot(&error)),
        }
    }

    /// Puts `text` in the place of what it holds.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn replace(&self, text: &str) -> Result<(), String> {
        let beside = self.write_beside(text)?;
        std::fs::rename(beside, &self.path).map_err(|error| self.cannot(&error))
    }

    /// Written beside and moved, so that no reader finds half of it.
    fn write_beside(&self, text: &str) -> Result<PathBuf, String> {
        let cannot = |error: std::io::Error| self.cannot(&error);
        let beside = self.path.with_extension(std::process::id().to_string());
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut created = options.open(&beside).map_err(cannot)?;
        created.write_all(text.as_bytes()).map_err(cannot)?;
        created.sync_all().map_err(cannot)?;
        Ok(beside)
    }

    fn cannot(&self, error: &std::io::Error) -> String {
        format!("Cannot keep a secret in {}: {error}. Set {}.", self.path.display(), self.setting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_is_kept_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = SecretFile::new(folder.path(), "a-key", "A_KEY");
        let made = file.read_or_make().expect("made");
        assert_eq!(check("A_KEY", &made), Ok(()));
        assert_eq!(file.read_or_make(), Ok(made));
        assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
    }

    #[test]
    fn what_cannot_be_read_is_never_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a-key");
        std::fs::write(&path, [0xff, 0xfe]).expect("written");
        let refused = SecretFile::new(folder.path(), "a-key", "A_KEY").read_or_make();
        assert!(refused.expect_err("no text").contains("A_KEY"));
        assert_eq!(std::fs::read(&path).expect("readable"), [0xff, 0xfe]);
    }
}
