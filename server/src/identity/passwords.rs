//! Passwords: hashed with Argon2id, a few at a time.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use app::error::AppError;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Memory per hash, in KiB (OWASP Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Hashes that may be computed at once: each costs 19 MiB and a core.
const AT_ONCE: usize = 2;
/// How long a sign-in waits for its turn before it is told to come back.
const TURN_WAIT: Duration = Duration::from_secs(5);

/// Stands in for the hash of an unknown user, so that both cost the same time. Its password is
/// nobody's.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now(&uuid::Uuid::new_v4().to_string()).unwrap_or_default());

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// The PHC text of a new password.
    ///
    /// # Errors
    /// [`AppError::Overloaded`] when too many sign in at once.
    pub async fn hash(&self, password: &str) -> Result<String, AppError> {
        let password = password.to_owned();
        self.in_turn(move || hash_now(&password)).await?
    }

    /// Whether the password is the one behind `hash`; without a hash it takes as long and is not.
    ///
    /// # Errors
    /// [`AppError::Overloaded`] when too many sign in at once.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, AppError> {
        let password = password.to_owned();
        let known = hash.map(str::to_owned);
        self.in_turn(move || {
            let is_known = known.is_some();
            let hash = known.unwrap_or_else(|| NOBODY.clone());
            let verified = PasswordHash::new(&hash)
                .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok());
            is_known && verified
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AppError> {
        let turn = tokio::time::timeout(TURN_WAIT, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(AppError::Overloaded { retry_after_s: 5 }) };
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| AppError::Unavailable)
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> Result<String, AppError> {
    let hash = argon2().hash_password(password.as_bytes()).map_err(|_| AppError::Unavailable)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn verifies_the_password_it_hashed_and_no_other() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse").await.expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(passwords.verify("correct horse", Some(&hash)).await, Ok(true));
        assert_eq!(passwords.verify("battery staple", Some(&hash)).await, Ok(false));
    }

    #[tokio::test]
    async fn nobody_is_verified_without_a_hash() {
        assert_eq!(Passwords::default().verify("", None).await, Ok(false));
    }
}
