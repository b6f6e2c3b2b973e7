//! The secrets that sign access tokens: the one in use, and the one before it, which is still
//! believed so that a change of keys signs nobody out.

use std::io::Write;
use std::path::Path;

use crate::config::AuthConfig;
use crate::embedded::engine::make_private_dir;

/// The shortest secret accepted, in bytes: the size of the HS256 hash.
const SECRET_MIN_BYTES: usize = 32;
/// In the data folder: the secret in use, and below it the one before.
const FILE: &str = "jwt-secret";

/// The secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKeys {
    /// Signs, and is believed.
    pub current: String,
    /// Is believed.
    pub previous: Option<String>,
}

impl SigningKeys {
    /// The configured secrets, or those in the data folder, where one is made if there is none.
    ///
    /// # Errors
    /// A secret that is too short, or a file that cannot be read or written.
    pub fn load(config: &AuthConfig, data_dir: &Path) -> Result<Self, String> {
        let keys = match &config.jwt_secret {
            Some(current) => {
                Self { current: current.clone(), previous: config.jwt_secret_previous.clone() }
            }
            None => Self::kept(data_dir)?,
        };
        for (name, secret) in
            [("JWT_SECRET", Some(&keys.current)), ("JWT_SECRET_PREVIOUS", keys.previous.as_ref())]
        {
            if let Some(secret) = secret.filter(|secret| secret.len() < SECRET_MIN_BYTES) {
                return Err(format!(
                    "{name} has {} bytes: give at least {SECRET_MIN_BYTES}, for instance from \
                     `openssl rand -hex 32`, or leave it out to have one made.",
                    secret.len()
                ));
            }
        }
        Ok(keys)
    }

    fn kept(data_dir: &Path) -> Result<Self, String> {
        make_private_dir(data_dir)?;
        let file = data_dir.join(FILE);
        if let Ok(text) = std::fs::read_to_string(&file) {
            let mut lines = text.lines().map(|line| line.trim().to_owned());
            let current = lines.next().unwrap_or_default();
            return Ok(Self { current, previous: lines.next().filter(|line| !line.is_empty()) });
        }
        let keys = Self { current: fresh_secret()?, previous: None };
        keys.keep(&file)?;
        Ok(keys)
    }

    fn keep(&self, file: &Path) -> Result<(), String> {
        let cannot = |error: std::io::Error| {
            let shown = file.display();
            format!("Cannot keep the signing secret in {shown}: {error}. Set JWT_SECRET.")
        };
        // Written beside and moved, so that no reader finds half of it.
        let beside = file.with_extension("new");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut created = options.open(&beside).map_err(cannot)?;
        let lines = [Some(self.current.as_str()), self.previous.as_deref()];
        let lines: Vec<&str> = lines.into_iter().flatten().collect();
        created.write_all(lines.join("\n").as_bytes()).map_err(cannot)?;
        created.sync_all().map_err(cannot)?;
        std::fs::rename(&beside, file).map_err(cannot)
    }
}

/// Puts a fresh secret into the place of the one in the data folder, which becomes the previous
/// one.
///
/// # Errors
/// When the secret is configured, or the file cannot be read or written.
pub fn rotate(config: &AuthConfig, data_dir: &Path) -> Result<(), String> {
    if config.jwt_secret.is_some() {
        return Err("The signing secret is configured: put the present JWT_SECRET into \
                    JWT_SECRET_PREVIOUS and a new one into JWT_SECRET."
            .to_owned());
    }
    let kept = SigningKeys::kept(data_dir)?;
    let next = SigningKeys { current: fresh_secret()?, previous: Some(kept.current) };
    next.keep(&data_dir.join(FILE))
}

/// So much chance that nobody guesses it: 32 bytes, in hexadecimal digits.
///
/// # Errors
/// When the machine has no randomness to give.
pub fn fresh_secret() -> Result<String, String> {
    let mut random = [0_u8; SECRET_MIN_BYTES];
    getrandom::fill(&mut random).map_err(|error| format!("There is no randomness: {error}."))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn auth() -> AuthConfig {
        crate::cli::Cli::parse_from(["healthflow"]).config.auth
    }

    #[test]
    fn a_made_secret_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = SigningKeys::load(&auth(), folder.path()).map(|keys| keys.current);
        assert_eq!(SigningKeys::load(&auth(), folder.path()).map(|keys| keys.current), first);
    }

    #[test]
    fn a_change_of_keys_keeps_the_one_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = SigningKeys::load(&auth(), folder.path()).expect("made");
        rotate(&auth(), folder.path()).expect("rotated");
        let second = SigningKeys::load(&auth(), folder.path()).expect("kept");
        assert_ne!(second.current, first.current);
        assert_eq!(second.previous, Some(first.current));
    }

    #[test]
    fn rejects_a_short_secret() {
        let folder = tempfile::tempdir().expect("a folder");
        let short = AuthConfig { jwt_secret: Some("short".to_owned()), ..auth() };
        assert!(SigningKeys::load(&short, folder.path()).is_err());
    }
}
