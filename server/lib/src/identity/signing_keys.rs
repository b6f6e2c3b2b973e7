//! The secrets that sign access tokens: the one in use, and the one before it, which is still
//! believed so that a change of keys signs nobody out.

use std::path::Path;

use crate::config::AuthConfig;
use crate::kept_secret::{self, SecretFile};

const SETTING: &str = "JWT_SECRET";
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
        kept_secret::check(SETTING, &keys.current)?;
        if let Some(previous) = &keys.previous {
            kept_secret::check("JWT_SECRET_PREVIOUS", previous)?;
        }
        Ok(keys)
    }

    /// The secrets that are believed, the one in use first.
    pub fn believed(&self) -> impl Iterator<Item = &str> {
        [Some(self.current.as_str()), self.previous.as_deref()].into_iter().flatten()
    }

    fn kept(data_dir: &Path) -> Result<Self, String> {
        let text = file(data_dir).read_or_make()?;
        let mut lines = text.lines().map(|line| line.trim().to_owned());
        let current = lines.next().unwrap_or_default();
        Ok(Self { current, previous: lines.next().filter(|line| !line.is_empty()) })
    }
}

fn file(data_dir: &Path) -> SecretFile {
    SecretFile::new(data_dir, FILE, SETTING)
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
    file(data_dir).replace(&format!("{}\n{}", kept_secret::fresh()?, kept.current))
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
